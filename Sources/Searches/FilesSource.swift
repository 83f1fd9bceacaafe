import Cards
import Columns
import EventFiles
import EventSchemas
import EventSelection
import Foundation
import ROOTFiles
import Records

/// ROOT files of others, read by a schema: only the columns that the card's expressions need.
///
/// An event weighs σ w f/Σw, where w is the generator's weight, Σw its sum over all generated events and f the card's
/// `weight_factor`. Its identity is its file's position and its entry.
struct FilesSource: SampleSource {
  let metadata: SampleMetadata
  private let reader: SchemaReader
  /// What is read: the columns that expressions name, and members of collections that others are made from.
  private let columns: [String]
  private let factor: ColumnExpression?
  private let scale: Double

  /// - Throws: `CardError` for an expression that needs what the files lack, ``SampleError`` for a missing cross-section or a sum
  ///   of weights that is not positive, and the errors of reading.
  init(
    _ sample: SearchCard.Sample, _ source: SearchCard.Files, urls: [URL], in folder: URL, card: SearchCard,
    cardPath: String
  ) throws {
    reader = try source.reader(of: urls, in: folder, sample: sample.name)
    factor = try source.weightFactor.map { try ColumnExpression(parsing: $0) }
    let needs = CardColumns(card: card, cardPath: cardPath)
    try needs.check(sample: sample.name, lacking: reader.lacking)
    var wanted = try reader.known(among: needs.columns)
    for column in factor?.columns ?? [] where !wanted.contains(column) { wanted.append(column) }
    if wanted.isEmpty { wanted = Array(reader.columnNames.prefix(1)) }
    columns = wanted
    let sums = try reader.generatedSums()
    let slice = try Self.slice(sample, source.generated, sums, reader)
    scale = slice.crossSection / slice.sumW
    var metadata = SampleMetadata(
      name: sample.name, parameters: sample.mass.map { ["mass": $0] } ?? [:], slices: [slice])
    metadata.notes = ["schema": reader.schema.name, "reference": sample.reference]
    self.metadata = metadata
  }

  private static func slice(
    _ sample: SearchCard.Sample, _ generated: SearchCard.Generated, _ sums: GeneratedSums, _ reader: SchemaReader
  ) throws -> SampleSlice {
    guard let sigma = generated.crossSection ?? sample.crossSection ?? sums.crossSection else {
      throw SampleError(
        sample: sample.name,
        problem:
          "its files state no cross-section; write 'generated: {cross_section: … pb}', that of the events in them")
    }
    let events = generated.events ?? sums.events
    guard events >= reader.entryCount else {
      throw SampleError(
        sample: sample.name, problem: "'generated.events' is \(events), but its files hold \(reader.entryCount)")
    }
    let sum = generated.sumOfWeights ?? sums.sumW
    guard sum > 0, sum.isFinite else {
      throw SampleError(
        sample: sample.name, problem: "the sum of the generator's weights is \(sum) in its files; it must be positive")
    }
    return SampleSlice(
      name: sample.name, tried: events, accepted: events, sumW: sum, sumW2: sums.sumW2, crossSection: sigma,
      crossSectionError: 0, includes: "as in the files")
  }

  var path: String {
    let first = reader.files[0].path
    return reader.files.count == 1 ? first : "\(first) and \(reader.files.count - 1) more"
  }

  func emptyTable() throws -> Table {
    try complete(reader.emptyTable(columns), file: 0, firstEntry: 0, generatorWeights: [])
  }

  func forEachBatch(of size: Int, _ body: (Table) throws -> Void) throws {
    var batches = reader.batches(of: size, columns: columns)
    while let batch = try batches.next() {
      try checkFinite(batch)
      try body(
        complete(
          batch.table, file: batch.file, firstEntry: batch.firstEntry, generatorWeights: batch.generatorWeights))
    }
  }

  /// Entries of a block: with more, the index would not fit its column.
  private static let entriesPerBlock = 1 << 30

  private func complete(_ table: Table, file: Int, firstEntry: Int, generatorWeights: [Double]) throws -> Table {
    var table = table
    let count = generatorWeights.count
    let factors = try factor?.numbers(on: table)
    let weights = generatorWeights.indices.map { scale * generatorWeights[$0] * (factors?[$0] ?? 1) }
    if let bad = weights.firstIndex(where: { !$0.isFinite }) {
      throw EventFileError(
        .notFinite(column: "weight_factor", row: firstEntry + bad, value: "\(weights[bad])"),
        path: reader.files[file].path)
    }
    let entries = (0..<count).map { firstEntry + $0 }
    try table.add("weight", Column(weights))
    try table.add("event_slice", Column(.int32(Array(repeating: Int32(file), count: count))))
    try table.add("event_block", Column(.int32(entries.map { Int32($0 / Self.entriesPerBlock) })))
    try table.add("event_index", Column(.int32(entries.map { Int32($0 % Self.entriesPerBlock) })))
    return table
  }

  private func checkFinite(_ batch: SchemaBatches.Batch) throws {
    for name in batch.table.names {
      guard let column = batch.table[name] else { continue }
      let bad: (position: Int, value: String)? =
        switch column.values {
        case .float32(let values): values.firstIndex { !$0.isFinite }.map { ($0, "\(values[$0])") }
        case .float64(let values): values.firstIndex { !$0.isFinite }.map { ($0, "\(values[$0])") }
        default: nil
        }
      guard let bad else { continue }
      let row = column.offsets.map { offsets in (offsets.firstIndex { $0 > bad.position } ?? 1) - 1 } ?? bad.position
      throw EventFileError(
        .notFinite(column: name, row: batch.firstEntry + row, value: bad.value), path: reader.files[batch.file].path)
    }
  }
}

extension SearchCard.Files {
  /// The files, those of a pattern by name.
  /// - Throws: ``SampleError`` for a pattern or path without a file.
  func urls(in folder: URL, sample: String) throws -> [URL] {
    try paths.flatMap { try Self.matching($0, key: "files", in: folder, sample: sample) }
  }

  private static func matching(_ path: String, key: String, in folder: URL, sample: String) throws -> [URL] {
    let url = URL(fileURLWithPath: path, relativeTo: folder)
    guard let found = try? filesMatching(url) else {
      throw SampleError(
        sample: sample,
        problem: url.lastPathComponent.contains { "*?".contains($0) }
          ? "no file fits \(url.path)" : "no such file: \(url.path); set its '\(key)' to those that hold it")
    }
    return found
  }

  /// A reader of the files, with the friends of each.
  /// - Throws: ``SampleError`` for a friend without a file for each of the sample's; the errors of reading.
  func reader(of urls: [URL], in folder: URL, sample: String) throws -> SchemaReader {
    var all = urls.map { _ in [ROOTFriend]() }
    for text in friends ?? [] {
      var rest = Substring(text)
      let alias = rest.firstIndex(of: "=").map { String(rest[..<$0]) }
      if let equals = rest.firstIndex(of: "=") { rest = rest[rest.index(after: equals)...] }
      var names = urls.map { _ in "" }
      if let colon = rest.lastIndex(of: ":") {
        names = try Self.matching(String(rest[..<colon]), key: "friends", in: folder, sample: sample).map(\.path)
        rest = rest[rest.index(after: colon)...]
      }
      guard names.count == urls.count, !rest.isEmpty else {
        throw SampleError(
          sample: sample,
          problem: rest.isEmpty
            ? "'friends' needs TREE, FILE:TREE or ALIAS=FILE:TREE, found '\(text)'"
            : "its friend '\(text)' is of \(names.count) files, the sample of \(urls.count); one for each is needed")
      }
      for index in urls.indices {
        all[index].append(ROOTFriend(alias: alias, treePath: String(rest), fileName: names[index]))
      }
    }
    return try SchemaReader(urls, schema: schema, tree: tree, friends: all)
  }
}
