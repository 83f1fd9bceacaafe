import ByteIO
import Cards
import Foundation
import HyperparameterSearch
import Records
import TrialStores

/// The tuning of a card's network: proposes trials, has them trained by this process or by others, keeps them in a store.
public struct TuningRun: Sendable {
  public struct Options: Sendable {
    public var subject: TuningSubject
    /// The store; `tuning/<what>-<strategy>.sqlite` in the run's folder where not told.
    public var store: URL?
    /// Trials in all, instead of the card's.
    public var trials: Int?
    /// Trials at the same time; of more than one each is trained by a process of its own.
    public var workers: Int
    /// How this program is started as a worker of the same tuning; needed with more than one.
    public var workerCommand: [String]

    public init(
      subject: TuningSubject, store: URL? = nil, trials: Int? = nil, workers: Int = 1, workerCommand: [String] = []
    ) {
      precondition(workers > 0, "need at least one worker, got \(workers)")
      self.subject = subject
      self.store = store
      self.trials = trials
      self.workers = workers
      self.workerCommand = workerCommand
    }
  }

  public struct Outcome: Sendable {
    public var store: URL
    public var search: StoredSearch
    public var trials: [Trial]
    public var best: Trial?
    /// The best trial's values as they go into the card; empty where no trial is complete.
    public var fragment: String
    /// Where the fragment was written.
    public var fragmentURL: URL
  }

  public let options: Options
  let progress: ProgressHandler
  let cancellation: CancellationToken

  public init(
    options: Options, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) {
    self.options = options
    self.progress = progress
    self.cancellation = cancellation
  }

  /// Runs the trials that are missing. What was saved before is taken as it is.
  /// - Throws: `CardError`, `FileError`, ``TuningError``, ``RunLockError``, `TrialStoreError`, `RecordError`, ``WorkerError``.
  public func execute() async throws -> Outcome {
    let problem = try await TuningProblem.load(
      options.subject, isWorker: false, progress: progress, cancellation: cancellation)
    let url =
      options.store
      ?? options.subject.output.appendingPathComponent(
        "tuning/\(problem.name)-\(problem.tuning.strategy.word).sqlite")
    let stored = try problem.storedSearch()
    let store = try TrialStore(url, of: stored)
    let search = HyperparameterSearch(
      space: problem.tuning.space, strategy: problem.tuning.strategy.strategy, direction: stored.direction,
      seed: problem.seed, trialCount: options.trials ?? problem.tuning.trials, pruningStart: problem.tuning.pruning)
    let trials =
      options.workers == 1
      ? try await search.run(store: store, cancellation: cancellation, progress: progress) {
        [cancellation] trial, seed, reporter in
        try await problem.evaluate(trial, seed, cancellation: cancellation) {
          try reporter.report(step: $0, value: $1)
        }
      } : try await runWithWorkers(search, store, stored)
    let best = trials.best(stored.direction)
    let fragment = try best.map { try self.fragment(of: $0, problem, trials.count) } ?? ""
    let fragmentURL = url.deletingPathExtension().appendingPathExtension("best.yaml")
    if best != nil { try AtomicFile.write(Data(fragment.utf8), to: fragmentURL) }
    return Outcome(
      store: url, search: stored, trials: trials, best: best, fragment: fragment, fragmentURL: fragmentURL)
  }

  private func runWithWorkers(
    _ search: HyperparameterSearch, _ store: TrialStore, _ stored: StoredSearch
  ) async throws -> [Trial] {
    let pool = try WorkerPool(
      command: options.workerCommand, count: options.workers, identity: try WorkerPool.identity(of: stored),
      cancellation: cancellation)
    defer { pool.end() }
    return try await search.run(
      store: store, workers: options.workers, cancellation: cancellation, progress: progress
    ) { trial, _, reporter in
      try await pool.evaluate(trial, reporter)
    }
  }

  private func fragment(of trial: Trial, _ problem: TuningProblem, _ count: Int) throws -> String {
    let value = trial.value ?? .nan
    return "# \(problem.title): trial \(trial.number) of \(count) (\(problem.tuning.strategy.word) search), "
      + "\(problem.tuning.objective.title) \(value)\n"
      + (try TuningFragment(
        place: problem.place, tuning: problem.tuning, point: trial.point,
        configuration: problem.tuning.configuration(problem.card, at: trial.point),
        card: CardValue.read(options.subject.card)
      ).yaml())
  }
}
