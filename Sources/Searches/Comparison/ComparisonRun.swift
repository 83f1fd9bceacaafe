import ByteIO
import EventFiles
import Foundation
import Learning
import Records

/// A comparison from its card to tables: reads the table, trains what is not in the store, measures.
///
/// read → train and score (inputs, model, repeat) → measures. Every training is a stored result: a run that was stopped goes on
/// with the next one, within a network's training with its next epoch.
public struct ComparisonRun: Sendable {
  public struct Options: Sendable {
    /// The run's folder: tables, figures, report, and the store.
    public var output: URL
    /// Instead of the card's table.
    public var table: URL?
    /// Forget all stored results first.
    public var fresh: Bool

    public init(output: URL, table: URL? = nil, fresh: Bool = false) {
      self.output = output
      self.table = table
      self.fresh = fresh
    }
  }

  /// All that tables, figures and the report are made from.
  public struct Outcome: Sendable {
    public var card: ComparisonCard
    public var tables: ComparisonTables
    public var table: ComparisonTable
    /// By inputs, then by model: one a seed.
    public var diagnostics: [String: [String: [ComparisonDiagnostics]]]
    /// Of the first repeat, by inputs and model.
    var curves: [String: [String: LabelledScores]]
    /// Of the first repeat: what was trained, in words, by inputs and model.
    var descriptions: [String: [String: String]]
    public var record: RunRecord
  }

  public let card: ComparisonCard
  public let cardURL: URL
  public let options: Options
  let store: StepStore
  let progress: ProgressHandler
  let cancellation: CancellationToken

  /// - Throws: `FileError`, `CardError`.
  public init(
    cardURL: URL, options: Options, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) throws {
    card = try ComparisonCard.read(cardURL)
    self.cardURL = cardURL
    self.options = options
    store = StepStore(root: options.output.appendingPathComponent("store"))
    self.progress = progress
    self.cancellation = cancellation
  }

  /// Where the events are: a file, or a pattern of files.
  public var tableURL: URL {
    options.table ?? URL(fileURLWithPath: card.table.file, relativeTo: cardURL.deletingLastPathComponent()).absoluteURL
  }

  /// Runs all trainings that are needed and returns what they gave.
  /// - Throws: `SampleError`, `EventFileError`, `FileError`, `LearningError`, `RecordError` (cancelled), ``RunLockError``.
  public func execute() async throws -> Outcome {
    let lock = try RunLock(folder: options.output)
    defer { withExtendedLifetime(lock) {} }
    if options.fresh { try? FileManager.default.removeItem(at: store.root) }
    let files = try tableFiles(tableURL), digest = try Digest.ofTable(files)
    let table = try ComparisonTable(files, card.table, progress: progress, cancellation: cancellation)
    var libraries: [String: String] = [:]
    for model in card.models { libraries.merge(try await model.method.libraries()) { mine, _ in mine } }
    var measures: [String: [String: [ComparisonMeasure]]] = [:]
    var diagnostics: [String: [String: [ComparisonDiagnostics]]] = [:]
    var curves: [String: [String: LabelledScores]] = [:], descriptions: [String: [String: String]] = [:]
    for inputs in card.inputs {
      let columns = card.columns(of: inputs)
      let (validationLabels, testLabels) = (table.labels(of: .validation), table.labels(of: .test))
      for model in card.models {
        for index in 0..<card.repeats {
          let job = Job(inputs: inputs, columns: columns, model: model, index: index)
          let trained = try await train(job, table, digest)
          let test = LabelledScores(scores: trained.test, labels: testLabels)
          measures[inputs.name, default: [:]][model.name, default: []].append(
            try ComparisonMeasure(
              validation: LabelledScores(scores: trained.validation, labels: validationLabels), test: test,
              discovery: card.discovery, epochs: trained.epochs, validationLoss: trained.validationLoss))
          diagnostics[inputs.name, default: [:]][model.name, default: []].append(try ComparisonDiagnostics(test))
          if index == 0 {
            curves[inputs.name, default: [:]][model.name] = test
            descriptions[inputs.name, default: [:]][model.name] = trained.description
          }
        }
      }
    }
    try store.recordUse(by: "run")
    let tables = ComparisonTables(
      table: tableURL.lastPathComponent,
      rows: Dictionary(uniqueKeysWithValues: Membership.allCases.map { ("\($0)", table.rows(of: $0).count) }),
      discovery: card.discovery, inputs: card.inputs.map(\.name), models: card.models.map(\.name), measures: measures)
    let record = RunRecord(
      command: "searchlight run \(cardURL.lastPathComponent)", seed: card.seed,
      inputs: ["card": try Digest.of(fileAt: cardURL), "table": digest], libraries: libraries)
    return Outcome(
      card: card, tables: tables, table: table, diagnostics: diagnostics, curves: curves, descriptions: descriptions,
      record: record)
  }

  func readTable() throws -> ComparisonTable {
    try ComparisonTable(tableFiles(tableURL), card.table, progress: progress, cancellation: cancellation)
  }

  /// One training.
  struct Job {
    var inputs: ComparisonCard.Inputs
    var columns: [String]
    var model: ComparisonCard.Model
    var index: Int

    var title: String { "\(model.name) on \(inputs.name) \(index + 1)" }
  }

  /// What a training left.
  struct Trained {
    /// Scores of the rows of a part.
    var validation, test: [Float]
    var epochs: Int
    var validationLoss: Double
    var description: String
  }

  private func train(
    _ job: Job, _ table: ComparisonTable, _ digest: Digest
  ) async throws -> Trained {
    let key = StepStore.Key(
      kind: "compare", version: 1,
      configuration: [
        "columns": try StepStore.text(job.columns), "label": card.table.layout.label,
        "model": try StepStore.text(job.model.method),
        "rows": "\(card.table.rows ?? -1)", "test": try StepStore.text(card.table.test),
        "validation": "\(card.table.validation)",
        "key": "\(card.table.key)", "seed": "\(card.seed)",
        "stream": "\(job.inputs.name)/\(job.model.name)/\(job.index)",
        "tree": card.table.tree ?? "",
      ],
      inputs: ["table": digest], libraries: try await job.model.method.libraries())
    let result: StepStore.Result
    if let found = try store.find(key) {
      result = found
    } else {
      let state = try store.scratch(for: key)
      let model = try await job.model.method.train(
        try table.labelled(job.columns, part: .train, name: "the train rows"),
        validation: try table.labelled(job.columns, part: .validation, name: "the validation rows"),
        seed: SeedTree(root: card.seed).child(job.inputs.name).child(job.model.name).child(job.index), state: state,
        name: job.title, progress: progress, cancellation: cancellation)
      var scores: [String: StoredScores] = [:]
      for part in [Membership.validation, .test] {
        scores["\(part)"] = StoredScores(try await model.scores(table.matrix(job.columns, part: part)))
      }
      let parts = scores
      result = try store.result(for: key) { folder in
        try model.save(to: folder)
        try StoredScores.write(parts, to: folder.appendingPathComponent("scores.safetensors"))
      }
      try? FileManager.default.removeItem(at: state)
    }
    let scores = try StoredScores.read(result.file("scores.safetensors"))
    let summary = try job.model.method.summary(of: result.folder)
    guard let validation = scores["validation"], let test = scores["test"] else {
      throw SampleError(
        sample: tableURL.lastPathComponent, problem: "\(result.folder.path) lacks scores; remove the run's store")
    }
    return Trained(
      validation: validation, test: test, epochs: summary.epochs, validationLoss: summary.validationLoss,
      description: summary.text)
  }
}

/// The files of a card's table.
/// - Throws: ``SampleError`` where there is none.
func tableFiles(_ url: URL) throws -> [URL] {
  guard let files = try? filesMatching(url) else {
    throw SampleError(
      sample: url.lastPathComponent,
      problem: "no such file: \(url.path); set the card's table.file, or name one with --table")
  }
  return files
}

extension Digest {
  /// Of a table in some files: of its only file, or of the digests of all.
  static func ofTable(_ files: [URL]) throws -> Digest {
    let digests = try files.map { try Digest.of(fileAt: $0) }
    return digests.count == 1 ? digests[0] : Digest.of(digests.map(\.description).joined(separator: " "))
  }
}

/// Scores in a file of tensors.
struct StoredScores: Sendable {
  var scores: [Float]

  init(_ scores: [Float]) { self.scores = scores }

  static func write(_ parts: [String: StoredScores], to url: URL) throws {
    let data = try Safetensors.encode(parts.mapValues { .init(shape: [$0.scores.count], values: $0.scores) })
    try AtomicFile.write(data, to: url)
  }

  static func read(_ url: URL) throws -> [String: [Float]] {
    try Safetensors.decode(Data(readingFrom: url), path: url.path).mapValues(\.values)
  }
}
