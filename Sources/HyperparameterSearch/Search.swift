import Records

/// Where trials are kept while a search runs, so that a killed one resumes.
public protocol TrialStoring: Sendable {
  /// All trials so far, by number.
  func trials() throws -> [Trial]
  /// Adds a trial, or replaces the one of its number.
  func save(_ trial: Trial) throws
}

/// What a trial can do while it runs.
public protocol TrialReporting: Sendable {
  /// Notes a result on the way; true if the trial is hopeless and should end by returning its value so far.
  func report(step: Int, value: Double) throws -> Bool
}

/// An error that is no result of a trial's point, such as a full disk or a worker that was killed: it ends the search, and the trial is
/// evaluated anew when the search goes on.
public struct TrialInterruption: Error {
  public var cause: any Error

  public init(_ cause: any Error) { self.cause = cause }
}

/// A search over a space: proposes, evaluates, keeps, resumes.
public struct HyperparameterSearch: Sendable {
  public var space: SearchSpace
  public var strategy: any SearchStrategy
  public var direction: SearchDirection
  public var seed: SeedTree
  /// Trials in all.
  public var trialCount: Int
  /// From this step of reports on, a trial that is worse than the median of the complete trials of earlier batches at the
  /// same step is given up; nil never gives up.
  public var pruningStart: Int?

  public init(
    space: SearchSpace, strategy: any SearchStrategy, direction: SearchDirection, seed: SeedTree, trialCount: Int,
    pruningStart: Int? = nil
  ) {
    precondition(trialCount > 0, "need at least one trial, got \(trialCount)")
    self.space = space
    self.strategy = strategy
    self.direction = direction
    self.seed = seed
    self.trialCount = trialCount
    self.pruningStart = pruningStart
  }

  /// The seed of a trial's own random numbers: initial weights, batches.
  public func seed(ofTrial number: Int) -> SeedTree { seed.child("trial").child(number) }

  /// Runs what is missing of the search, a batch at a time.
  ///
  /// - Parameters:
  ///   - workers: trials evaluated at the same time; the trials do not depend on it.
  ///   - progress: told of each finished trial.
  ///   - evaluate: yields the result at a point. An error makes the trial a failed one; a cancellation, a ``TrialInterruption`` (whose
  ///     cause is thrown) and an error of the store end the search.
  /// - Returns: all trials.
  @discardableResult
  public func run(
    store: some TrialStoring, workers: Int = 1, cancellation: CancellationToken? = nil,
    progress: ProgressHandler? = nil,
    evaluate: @escaping @Sendable (Trial, SeedTree, any TrialReporting) async throws -> Double
  ) async throws -> [Trial] {
    precondition(workers > 0, "need at least one worker, got \(workers)")
    var trials = try store.trials()
    var batch = 0
    while batch * strategy.batchSize < trialCount {
      let first = batch * strategy.batchSize
      let numbers = first..<min(first + strategy.batchSize, trialCount)
      let history = Array(trials.prefix(first))
      let finished = Set(trials.filter { $0.status != .running }.map(\.number))
      if !numbers.allSatisfy(finished.contains) {
        var random = seed.child("batch").child(batch).stream()
        let points = strategy.propose(space, history: history, direction: direction, random: &random)
        let missing = numbers.filter { !finished.contains($0) }
          .map { Trial(number: $0, point: points[$0 - first]) }
        trials = trials.filter { finished.contains($0.number) }
        let done = try await evaluateAll(
          missing, history: history, store: store, workers: workers, cancellation: cancellation,
          report: { [trials] in tell(progress, trials + $0) }, evaluate)
        trials = (trials + done).sorted { $0.number < $1.number }
      } else {
        tell(progress, Array(trials.prefix(numbers.upperBound)))
      }
      batch += 1
    }
    return trials
  }

  private func tell(_ progress: ProgressHandler?, _ trials: [Trial]) {
    progress?(
      ProgressUpdate(
        stage: "trials", completed: min(trials.count, trialCount), total: trialCount, unit: "trials",
        detail: trials.best(direction).map { "best \($0.value ?? .nan) of trial \($0.number)" } ?? ""))
  }

  private func evaluateAll(
    _ trials: [Trial], history: [Trial], store: some TrialStoring, workers: Int, cancellation: CancellationToken?,
    report: ([Trial]) -> Void,
    _ evaluate: @escaping @Sendable (Trial, SeedTree, any TrialReporting) async throws -> Double
  ) async throws -> [Trial] {
    try await withThrowingTaskGroup(of: Trial.self) { group in
      var waiting = trials[...]
      var done: [Trial] = []
      func start() throws {
        guard let trial = waiting.popFirst() else { return }
        try cancellation?.check()
        try store.save(trial)
        group.addTask {
          try await finished(trial, history: history, store: store, cancellation: cancellation, evaluate)
        }
      }
      for _ in 0..<min(workers, trials.count) { try start() }
      while let trial = try await group.next() {
        done.append(trial)
        report(done)
        try start()
      }
      return done
    }
  }

  private func finished(
    _ trial: Trial, history: [Trial], store: some TrialStoring, cancellation: CancellationToken?,
    _ evaluate: @Sendable (Trial, SeedTree, any TrialReporting) async throws -> Double
  ) async throws -> Trial {
    var trial = trial
    let reporter = TrialReporter(direction: direction, pruningStart: pruningStart, history: history)
    do {
      let value = try await evaluate(trial, seed(ofTrial: trial.number), reporter)
      (trial.value, trial.status) = (value, reporter.isHopeless ? .pruned : .complete)
      if !value.isFinite { (trial.value, trial.status, trial.failure) = (nil, .failed, "the result is \(value)") }
    } catch let error as RecordError where error == .cancelled {
      throw error
    } catch let interruption as TrialInterruption {
      try cancellation?.check()
      throw interruption.cause
    } catch {
      try cancellation?.check()
      (trial.status, trial.failure) = (.failed, "\(error)")
    }
    trial.reports = reporter.reports
    try store.save(trial)
    return trial
  }
}
