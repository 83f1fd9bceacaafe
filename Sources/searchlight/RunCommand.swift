import ArgumentParser
import Figures
import Foundation
import Records
import Searches

/// What `run`, `train` and `report` have in common.
struct RunOptions: ParsableArguments {
  @Argument(help: "The search card.", completion: .file(extensions: ["yaml"])) var card: String
  @Option(help: "The run's folder; runs/NAME where not given.") var output: String?
  @Option(help: "The fraction of each sample's events that is read, above 0 and at most 1.") var scale = 1.0
  @Option(help: "Fits at a time.") var workers = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard scale > 0, scale <= 1 else {
      throw ValidationError("--scale needs a number above 0 and at most 1, got \(scale)")
    }
    guard workers > 0 else { throw ValidationError("--workers needs a positive number, got \(workers)") }
  }

  func run(fresh: Bool, token: CancellationToken) throws -> SearchRun {
    let url = URL(fileURLWithPath: card)
    let name = try SearchCard.read(url).name
    let folder = URL(fileURLWithPath: output ?? "runs/\(name)")
    return try SearchRun(
      cardURL: url, options: .init(output: folder, scale: scale, workers: workers, fresh: fresh),
      progress: ProgressPrinter().handler, cancellation: token)
  }
}

/// `searchlight run CARD`
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a card: a search (select, train, score, fit), a comparison of classifiers, parametrised networks.",
    discussion: """
      Tables, figures and the report are written to the run's folder, where results of steps are kept too: after a kill, or a
      change in the card, only what is missing is made.

      Examples:
        searchlight run Studies/tz-transfer/card.yaml --scale 0.1 --output /tmp/quick
        searchlight run Studies/higgs-benchmark/card.yaml --table HIGGS.csv.gz
        searchlight run Studies/parametrised/toy.yaml --figures png
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup var placement: DeviceOptions
  @Flag(help: "Forget stored results first.") var fresh = false
  @Option(help: "Formats of pictures beside the report, separated by commas: pdf, png, svg.") var figures:
    FigureFormats = .init(formats: [])
  @Option(help: "Of a card with a table: the file with the events, instead of the card's.", completion: .file())
  var table: String?

  mutating func run() async throws {
    try await placement.choose()
    let url = URL(fileURLWithPath: options.card)
    let kind = try CardKind.of(url)
    guard kind == .search || options.scale == 1 else {
      throw ValidationError("--scale is for searches; this card reads fewer events with table.rows")
    }
    let events = table.map { URL(fileURLWithPath: $0) }
    switch kind {
    case .search:
      guard table == nil else {
        throw ValidationError("--table is for comparisons and parametrised networks; a search's events are in its card")
      }
      let search = try options.run(fresh: fresh, token: interruptibleToken())
      let outcome = try await search.execute()
      try finish(outcome, "report.html, tables and workspaces", in: search.options.output)
      for warning in outcome.warnings { remark("warning: \(warning)") }
    case .comparison:
      let folder = URL(fileURLWithPath: try options.output ?? "runs/\(ComparisonCard.read(url).name)")
      let comparison = try ComparisonRun(
        cardURL: url, options: .init(output: folder, table: events, fresh: fresh), progress: ProgressPrinter().handler,
        cancellation: interruptibleToken())
      try finish(try await comparison.execute(), in: folder)
    case .parametrised:
      let folder = URL(fileURLWithPath: try options.output ?? "runs/\(ParametrizedCard.read(url).name)")
      let study = try ParametrizedRun(
        cardURL: url, options: .init(output: folder, table: events, fresh: fresh), progress: ProgressPrinter().handler,
        cancellation: interruptibleToken())
      try finish(try await study.execute(), in: folder)
    }
  }

  private func finish(
    _ outcome: some RunOutcome, _ written: String = "report.html and tables", in folder: URL
  ) throws {
    try outcome.writeTables(to: folder)
    try outcome.writeReport(to: folder, formats: figures.formats)
    print(outcome.text)
    remark("\(written) are in \(folder.path)")
  }
}

/// `searchlight train CARD`
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train the networks of a search card and print how it went.",
    discussion: """
      The networks are kept in the run's folder; `run` takes them up from there.

      Example:
        searchlight train Studies/tz-transfer/card.yaml --signals tt-1000
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup var placement: DeviceOptions
  @Option(help: "The signals to train on, separated by commas; all where not given.") var signals: String?

  mutating func run() async throws {
    try await placement.choose()
    let search = try options.run(fresh: false, token: interruptibleToken())
    let wanted = signals.map { $0.split(separator: ",").map(String.init) } ?? search.card.signals.map(\.name)
    for name in wanted where !search.card.signals.contains(where: { $0.name == name }) {
      let names = search.card.signals.map(\.name)
      let near = nearestName(to: name, in: names).map { "; nearest: '\($0)'" } ?? ""
      throw ValidationError("no signal '\(name)'\(near). The card has \(names.joined(separator: ", "))")
    }
    let networks = try await search.trainNetworks(wanted)
    for name in wanted {
      guard let network = networks[name] else { continue }
      print(
        "\(name)\n\(network.architecture.summary())\nbest of \(network.history.epochs.count) epochs: "
          + String(
            format: "%d, validation loss %.5f\n", network.history.bestEpoch, network.history.bestValidationLoss))
    }
  }
}

/// `searchlight report CARD`
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write the report and the pictures of a run again, from its stored results.",
    discussion: """
      What is missing in the run's folder is made first, as by `run`.

      Example:
        searchlight report Studies/tz-transfer/card.yaml --figures pdf,png
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup var placement: DeviceOptions
  @Option(help: "Formats of pictures beside the report, separated by commas: pdf, png, svg.") var figures:
    FigureFormats = .init(formats: [])

  mutating func run() async throws {
    try await placement.choose()
    let search = try options.run(fresh: false, token: interruptibleToken())
    let outcome = try await search.execute()
    try outcome.writeReport(to: search.options.output, formats: figures.formats)
    print(search.options.output.appendingPathComponent("report.html").path)
  }
}

/// `pdf,png`
struct FigureFormats: ExpressibleByArgument {
  var formats: [FigureFormat]

  init(formats: [FigureFormat]) { self.formats = formats }

  init?(argument: String) {
    formats = []
    for word in argument.split(separator: ",") {
      guard let format = FigureFormat(rawValue: String(word)) else { return nil }
      formats.append(format)
    }
  }

  var defaultValueDescription: String { "none" }
}
