import ArgumentParser
import Foundation
import Records
import Searches

/// `searchlight tune CARD`
struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Search the hyper-parameters of a card's network, as its 'tuning' says.",
    discussion: """
      Trials are kept in a SQLite store: the same command goes on where it stopped, also after a kill, and a larger --trials adds \
      to those that are there. 'searchlight trials STORE' shows them. The best trial's values are printed as they go into the card. \
      Results depend on the card's seed, not on --workers.

      Example:
        searchlight tune Studies/tz-transfer/tuning.yaml --signal tt-1000 --trials 20
      """)

  @Argument(help: "The search or comparison card, with a key 'tuning'.", completion: .file(extensions: ["yaml"]))
  var card: String
  @Option(help: "Of a search: the signal whose network is tuned; the first where not given.") var signal: String?
  @Option(help: "Of a comparison: the file with the events, instead of the card's.", completion: .file())
  var table: String?
  @Option(help: "The run's folder; runs/NAME where not given.") var output: String?
  @Option(help: "The store; tuning/WHAT-STRATEGY.sqlite in the run's folder where not given.", completion: .file())
  var store: String?
  @Option(help: "Trials in all, instead of the card's.") var trials: Int?
  @Option(
    help: "Instead of the card's strategy: \(Tuning.Strategy.words.joined(separator: ", ")), with its usual options.")
  var strategy: String?
  @Option(help: "Trials at the same time; of more than one each is trained by a process of its own.") var workers = 1
  @Option(help: "Of a search: the fraction of each sample's events that is read, above 0 and at most 1.") var scale =
    1.0
  @OptionGroup var placement: DeviceOptions
  /// How a worker is started by the process that it works for.
  @Flag(help: .hidden) var serve = false

  func validate() throws {
    guard workers > 0 else { throw ValidationError("--workers needs a positive number, got \(workers)") }
    guard trials ?? 1 > 0 else { throw ValidationError("--trials needs a positive number, got \(trials ?? 0)") }
    guard scale > 0, scale <= 1 else {
      throw ValidationError("--scale needs a number above 0 and at most 1, got \(scale)")
    }
    if let strategy, Tuning.Strategy(word: strategy) == nil {
      let words = Tuning.Strategy.words
      let near = nearestName(to: strategy, in: words).map { "; nearest: '\($0)'" } ?? ""
      throw ValidationError("--strategy '\(strategy)' is none of \(words.joined(separator: ", "))\(near)")
    }
  }

  mutating func run() async throws {
    try await placement.choose()
    let url = URL(fileURLWithPath: card)
    let subject = TuningSubject(
      card: url, output: URL(fileURLWithPath: try output ?? "runs/\(name(of: url))"), signal: signal, scale: scale,
      table: table.map { URL(fileURLWithPath: $0) }, strategy: strategy.flatMap(Tuning.Strategy.init))
    let options = TuningRun.Options(
      subject: subject, store: store.map { URL(fileURLWithPath: $0) }, trials: trials, workers: workers,
      workerCommand: ["/proc/self/exe"] + CommandLine.arguments.dropFirst() + ["--serve"])
    if serve { return try await TuningRun(options: options).serve() }
    let tuning = TuningRun(
      options: options, progress: ProgressPrinter().handler, cancellation: interruptibleToken())
    let outcome = try await tuning.execute()
    guard let best = outcome.best else {
      remark(
        "none of \(outcome.trials.count) trials is complete; 'searchlight trials \(outcome.store.relativePath)' says why"
      )
      throw ExitCode.failure
    }
    print(outcome.fragment, terminator: "")
    remark(
      "best of \(outcome.trials.count) trials: \(best.number). The store is \(outcome.store.path), the lines above are in "
        + outcome.fragmentURL.path)
  }

  private func name(of url: URL) throws -> String {
    switch try CardKind.of(url) {
    case .search: try SearchCard.read(url).name
    case .comparison: try ComparisonCard.read(url).name
    case .parametrised: try ParametrizedCard.read(url).name
    }
  }
}
