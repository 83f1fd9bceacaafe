import Columns
import EventFiles
import EventSelection
import Foundation
import Histograms
import Records

/// Reads a sample's events, selects, builds features and divides the events: what a run begins with.
struct SamplePreparation {
  let card: SearchCard
  /// The card's path, for errors.
  let cardPath: String
  /// Where relative paths of the card start.
  let folder: URL
  /// The fraction of events that is read, in (0, 1].
  let scale: Double

  /// Raised when prepared samples change for equal inputs.
  static let version = 1
  private static let batchSize = 20_000

  /// The sample's files: one of `events`, or all of `files`.
  /// - Throws: ``SampleError`` for one that is missing.
  func inputs(of sample: SearchCard.Sample) throws -> [URL] {
    if let files = sample.files { return try files.urls(in: folder, sample: sample.name) }
    let events = URL(fileURLWithPath: sample.events ?? "", relativeTo: folder)
    guard FileManager.default.fileExists(atPath: events.path) else {
      let remedy =
        sample.processes.isEmpty
        ? "set its 'events' to the file that holds them"
        : "'searchlight generate \(URL(fileURLWithPath: cardPath).relativePath) --samples \(sample.name)' makes it"
      throw SampleError(sample: sample.name, problem: "no such file: \(events.path); \(remedy)")
    }
    return [events]
  }

  private func source(of sample: SearchCard.Sample, _ inputs: [URL]) throws -> any SampleSource {
    guard let files = sample.files else { return try TableSource(inputs[0]) }
    return try FilesSource(sample, files, urls: inputs, in: folder, card: card, cardPath: cardPath)
  }

  /// The files of friends of a sample's trees, which its events depend on too.
  func friendFiles(of sample: SearchCard.Sample, _ inputs: [URL]) throws -> [URL] {
    try sample.files?.reader(of: inputs, in: folder, sample: sample.name).friendFiles() ?? []
  }

  /// Prepares a sample and writes it to `url` as a table of features, weight, part and baseline.
  func prepare(
    _ sample: SearchCard.Sample, from inputs: [URL], into url: URL, record: RunRecord, cancellation: CancellationToken
  ) throws {
    let reader = try source(of: sample, inputs)
    let schema = try reader.emptyTable()
    let selection = try card.compiledSelection(file: cardPath, schema: schema)
    let features = try card.compiledFeatures(file: cardPath, schema: selection.derived(from: schema))
    let baseline = try ColumnExpression(parsing: card.fit.baseline.observable)
    let assign = card.split.membership(sample: sample.name)
    let keep = scaleFilter(sample.name)

    var flow = CutFlow()
    var output = Table()
    var (allWeights, keptWeights) = (0.0, 0.0)
    try reader.forEachBatch(of: Self.batchSize) { whole in
      var batch = whole
      try cancellation.check()
      let weights = try batch.doubles("weight")
      allWeights += weights.reduce(0, +)
      if let keep {
        batch = batch.filtered(try identities(of: batch).map(keep))
        keptWeights += try batch.doubles("weight").reduce(0, +)
      }
      let outcome = try selection.apply(to: batch)
      try flow.add(outcome.cutFlow)
      try output.append(try rows(of: outcome.table, features, baseline, assign))
    }
    guard allWeights > 0, allWeights.isFinite else {
      throw SampleError(
        sample: sample.name, problem: "the sum of weights is \(allWeights) in \(reader.path); it must be positive")
    }
    // Expected events: pb × 1000 fb/pb × fb⁻¹, and what stands for the events that were not read.
    var factor = 1000 * card.luminosity
    if keep != nil {
      guard keptWeights > 0 else {
        throw SampleError(sample: sample.name, problem: "no event is left at --scale \(scale); use a larger fraction")
      }
      factor *= allWeights / keptWeights
    }
    try output.add("weight", Column(try output.doubles("weight").map { $0 * factor }))
    var metadata = SampleMetadata(name: sample.name, kind: reader.metadata.kind, slices: reader.metadata.slices)
    metadata.cutFlows = reader.metadata.cutFlows.filter { $0.key == "nominal" }.mapValues {
      $0.scaled(by: 1000 * card.luminosity)
    }
    metadata.cutFlows["card"] = flow.scaled(by: factor)
    // Events of others were made without a selection: there is no other flow to show.
    if sample.files != nil { metadata.cutFlows["nominal"] = metadata.cutFlows["card"] }
    metadata.notes = reader.metadata.notes
    metadata.notes["warning"] = warning(of: sample, madeWith: reader.metadata)
    let writer = try EventTableWriter(url, metadata: metadata, compression: 1)
    try writer.append(output)
    try writer.finish(record: record)
  }

  /// Events that a cut removed when the file was made cannot come back by leaving it out or loosening it.
  private func warning(of sample: SearchCard.Sample, madeWith metadata: SampleMetadata) -> String? {
    let cuts = Set(card.selection.cuts.map(\.expression))
    let missing = (metadata.cutFlows["nominal"]?.steps ?? []).filter {
      !$0.expression.isEmpty && !cuts.contains($0.expression)
    }
    guard !missing.isEmpty else { return nil }
    return "\(sample.name): its events were made with "
      + missing.map { "'\($0.name)' (\($0.expression))" }.joined(separator: ", ")
      + ", which the card's cuts do not repeat; what that removed is not in the file. If a cut was loosened, generate again"
  }

  private func rows(
    of table: Table, _ features: FeatureSet, _ baseline: ColumnExpression, _ assign: (EventIdentity) -> Membership
  ) throws -> Table {
    let matrix = try features.matrix(of: table)
    let count = features.features.count
    var output = Table()
    for (column, name) in features.names.enumerated() {
      try output.add("feature_\(name)", Column((0..<table.rowCount).map { matrix[$0 * count + column] }))
    }
    try output.add("baseline", Column(try baseline.numbers(on: table)))
    try output.add("weight", Column(try table.doubles("weight")))
    try output.add("part", Column(.uint8(try identities(of: table).map { assign($0).rawValue })))
    return output
  }

  private func identities(of table: Table) throws -> [EventIdentity] {
    let slice = try table.doubles("event_slice")
    let block = try table.doubles("event_block")
    let index = try table.doubles("event_index")
    return slice.indices.map {
      EventIdentity(slice: Int32(slice[$0]), block: Int32(block[$0]), index: Int32(index[$0]))
    }
  }

  /// Which events are read at a scale below 1: by a hash of their identity, so that 0.1 is part of 0.2.
  private func scaleFilter(_ sample: String) -> ((EventIdentity) -> Bool)? {
    guard scale < 1 else { return nil }
    let split = SearchCard.Split(train: scale, validation: 0, key: -1)
    let assign = split.membership(sample: sample)
    return { assign($0) == .train }
  }
}

extension PreparedSample {
  /// Reads what ``SamplePreparation`` wrote.
  /// - Throws: `EventFileError`, `TableError`; ``SampleError`` where no event is left.
  init(contentsOf url: URL) throws {
    let reader = try EventTableReader(url)
    let table = try reader.read(check: .required)
    let prefix = "feature_"
    featureNames = table.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    name = reader.metadata.name
    guard table.rowCount > 0 else {
      throw SampleError(sample: reader.metadata.name, problem: "no event passes the selection")
    }
    var matrix = [Float](repeating: 0, count: table.rowCount * featureNames.count)
    for (column, name) in featureNames.enumerated() {
      guard case .float32(let values) = try table.column(prefix + name).values else {
        throw SampleError(sample: reader.metadata.name, problem: "feature '\(name)' is not stored as float32")
      }
      for row in values.indices { matrix[row * featureNames.count + column] = values[row] }
    }
    features = matrix
    weights = try table.doubles("weight")
    baseline = try table.doubles("baseline")
    parts = try table.doubles("part").map { Membership(rawValue: UInt8($0)) ?? .test }
  }
}
