import ByteIO
import Foundation
import Learning
import Records
import Tensors

/// A study of parametrised networks from its card to tables: reads or makes the events, trains what is not in the store, tests every
/// model at every point.
///
/// toy (where there is one) → train (points, with θ or without, repeat) → measures. Every training is a stored result: a run that was
/// stopped goes on with the next one, within a training with its next epoch.
public struct ParametrizedRun: Sendable {
  public typealias Options = ComparisonRun.Options

  /// All that tables, figures and the report are made from.
  public struct Outcome: Sendable {
    public var card: ParametrizedCard
    public var tables: ParametrizedTables
    public var events: ParametrizedEvents
    /// Of the first repeat, by model, in the order of the tested points.
    var networks: [String: [FamilyNetwork]]
    /// Scores on test rows of the first repeat, by model, where ROC curves are drawn.
    var curves: [String: [Float: LabelledScores]]
    var response: ResponseCurves?
    public var record: RunRecord
  }

  public let card: ParametrizedCard
  public let cardURL: URL
  public let options: Options
  let store: StepStore
  let progress: ProgressHandler
  let cancellation: CancellationToken

  /// - Throws: `FileError`, `CardError`; ``SampleError`` for a table beside a toy.
  public init(
    cardURL: URL, options: Options, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) throws {
    card = try ParametrizedCard.read(cardURL)
    if case .toy = card.events, let table = options.table {
      throw SampleError(sample: table.lastPathComponent, problem: "the card has a toy, which needs no table")
    }
    self.cardURL = cardURL
    self.options = options
    store = StepStore(root: options.output.appendingPathComponent("store"))
    self.progress = progress
    self.cancellation = cancellation
  }

  /// Runs all trainings that are needed and returns what they gave.
  /// - Throws: `SampleError`, `EventFileError`, `FileError`, `LearningError`, `RecordError` (cancelled), ``RunLockError``.
  public func execute() async throws -> Outcome {
    let lock = try RunLock(folder: options.output)
    defer { withExtendedLifetime(lock) {} }
    if options.fresh { try? FileManager.default.removeItem(at: store.root) }
    let url = try eventsURL(), name = url.lastPathComponent
    let files = try tableFiles(url), digest = try Digest.ofTable(files)
    let table = try ComparisonTable(files, card.source, progress: progress, cancellation: cancellation)
    let events = try ParametrizedEvents(
      table, column: card.parameter.column, features: card.features, name: name)
    let all = card.parameter.train ?? events.points
    try events.check(all, for: "parameter.train", name: name)
    try events.check(card.figures.roc, for: "figures.roc", name: name)
    var tables = ParametrizedTables(
      table: name,
      rows: Dictionary(uniqueKeysWithValues: Membership.allCases.map { ("\($0)", table.rows(of: $0).count) }),
      parameter: card.parameter.column, train: all, points: events.points, models: card.models.map(\.name),
      measures: [:])
    var networks: [String: [FamilyNetwork]] = [:], curves: [String: [Float: LabelledScores]] = [:]
    let libraries = try await TorchRuntime.libraries()
    for model in card.models {
      for point in events.points {
        let points = model.training.points(testedAt: point, all: all)
        try events.check(points, for: "models.\(model.name).trained_on", name: name)
        guard !points.isEmpty else {
          throw SampleError(sample: name, problem: "model '\(model.name)' at \(plainNumber(point)) has no other points")
        }
        var measures: [ParametrizedTables.Measure] = []
        for index in 0..<card.repeats {
          let training = FamilyTraining(points: points, seesParameter: model.seesParameter, index: index)
          let network = try await self.network(training, events, digest, libraries)
          let scores = try await test(network, events, at: point)
          measures.append(try ParametrizedTables.Measure(scores, network.trained.history))
          guard index == 0 else { continue }
          networks[model.name, default: []].append(network)
          if card.figures.roc.contains(point) { curves[model.name, default: [:]][point] = scores }
        }
        tables.measures[model.name, default: []].append(measures)
      }
    }
    try store.recordUse(by: "run")
    let record = RunRecord(
      command: "searchlight run \(cardURL.lastPathComponent)", seed: card.seed,
      inputs: ["card": try Digest.of(fileAt: cardURL), "table": digest], libraries: libraries)
    return Outcome(
      card: card, tables: tables, events: events, networks: networks, curves: curves,
      response: try await ResponseCurves(card, events, networks), record: record)
  }

  /// The file with the events, or a pattern of files; a toy's is made where it is not in the store.
  private func eventsURL() throws -> URL {
    switch card.events {
    case .table(let source):
      return options.table
        ?? URL(fileURLWithPath: source.file, relativeTo: cardURL.deletingLastPathComponent()).absoluteURL
    case .toy(let toy):
      let key = StepStore.Key(
        kind: "toy", version: 1, configuration: ["toy": try StepStore.text(toy), "seed": "\(card.seed)"])
      let result = try store.result(for: key) { folder in
        try toy.write(
          to: folder.appendingPathComponent("events.h5"), seed: SeedTree(root: card.seed).child("toy"),
          record: RunRecord(command: "searchlight run \(cardURL.lastPathComponent)", seed: card.seed))
      }
      return result.file("events.h5")
    }
  }

  private func network(
    _ training: FamilyTraining, _ events: ParametrizedEvents, _ digest: Digest, _ libraries: [String: String]
  ) async throws -> FamilyNetwork {
    let source = card.source
    let key = StepStore.Key(
      kind: "parametrised", version: 1,
      configuration: [
        "columns": try StepStore.text(events.features), "parameter": events.column, "label": source.layout.label,
        "network": try StepStore.text(card.network), "rows": "\(source.rows ?? -1)",
        "test": try StepStore.text(source.test), "validation": "\(source.validation)", "key": "\(source.key)",
        "tree": source.tree ?? "", "seed": "\(card.seed)", "training": "\(training.name)/\(training.index)",
      ],
      inputs: ["table": digest], libraries: libraries)
    if let found = try store.find(key) {
      return try FamilyNetwork(contentsOf: found.folder, seesParameter: training.seesParameter)
    }
    let state = try store.scratch(for: key)
    let network = try await training.train(
      events, configuration: card.network, seed: SeedTree(root: card.seed).child("train"), state: state,
      progress: progress, cancellation: cancellation)
    _ = try store.result(for: key) { folder in try network.save(to: folder) }
    try? FileManager.default.removeItem(at: state)
    return network
  }

  /// Scores of the test rows of the background and of the signal at a point.
  private func test(
    _ network: FamilyNetwork, _ events: ParametrizedEvents, at point: Float
  ) async throws -> LabelledScores {
    try cancellation.check()
    let rows = events.rows(.test, points: [point])
    let scores = try await network.classifier(at: point).scores(events.table.matrix(events.features, rows: rows))
    return LabelledScores(scores: scores, labels: rows.map { events.table.labels[$0] })
  }
}
