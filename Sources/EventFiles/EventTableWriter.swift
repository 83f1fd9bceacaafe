import ByteIO
import Columns
import Foundation
import Records

/// Writes tables of events to an HDF5 file, batch by batch in constant memory.
///
/// The file appears under its name in ``finish(record:)``, whole; until then, and after a kill, there is only a temporary
/// file beside it. Equal events and metadata give equal bytes, however the events were cut into batches.
/// ```swift
/// let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "ttbar"))
/// for batch in batches { try writer.append(batch) }
/// try writer.finish(record: record)
/// ```
/// One owner at a time: not for concurrent use.
public final class EventTableWriter {
  /// Written by ``finish(record:)``; may be changed until then.
  public var metadata: SampleMetadata
  /// Rows so far.
  public private(set) var rowCount = 0

  private let url: URL
  private let temporary: URL
  private let descriptions: [String: ColumnDescription]
  private let compression: Int
  private var file: HDF5File?
  private var isUnfinished = true
  private var columns: [OutputColumn] = []
  private var counts: [String: HDF5Dataset] = [:]
  private var pending = Table()

  /// Begins a file.
  /// - Parameters:
  ///   - url: the final place; its folder is made if it is missing.
  ///   - descriptions: units and titles by column.
  ///   - compression: *(0-9, default 4)*: gzip level; 0 stores plainly.
  /// - Throws: ``EventFileError``, `FileError`.
  public convenience init(
    _ url: URL, metadata: SampleMetadata, descriptions: [String: ColumnDescription] = [:], compression: Int = 4
  ) throws {
    try self.init(
      url, temporary: AtomicFile.temporary(for: url, named: "writing"), metadata: metadata, descriptions: descriptions,
      compression: compression)
  }

  /// The same with the temporary file at a place of the caller's choice, on the same file system.
  init(
    _ url: URL, temporary: URL, metadata: SampleMetadata, descriptions: [String: ColumnDescription], compression: Int
  ) throws {
    precondition((0...9).contains(compression), "gzip levels are 0 to 9, got \(compression)")
    self.url = url
    self.temporary = temporary
    self.metadata = metadata
    self.descriptions = descriptions
    self.compression = compression
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw EventFileError(.cannotWrite("its folder cannot be made: \(error.localizedDescription)"), path: url.path)
    }
    AtomicFile.removeLeftovers(of: url, named: "writing")
    let file = try HDF5File.create(temporary.path, namedInErrors: url.path)
    self.file = file
    try file.createGroup(EventTableLayout.events)
  }

  deinit { abandon() }

  /// Appends events. The first batch sets the columns and their types; the others must have the same.
  /// - Throws: ``EventFileError``; the file is then abandoned.
  public func append(_ batch: Table) throws {
    guard file != nil else { throw EventFileError(.cannotWrite("the file was finished or abandoned"), path: url.path) }
    do {
      if columns.isEmpty { try begin(batch) }
      try check(batch)
      try pending.append(batch)
      rowCount += batch.rowCount
      if pending.rowCount >= EventTableLayout.rowsPerPiece { try writeFullPieces() }
    } catch {
      abandon()
      throw error
    }
  }

  /// Appends all events of another file, with its slices and cut flows.
  public func append(contentsOf reader: EventTableReader) throws {
    if columns.isEmpty, reader.rowCount == 0 { try append(reader.read()) }
    var batches = reader.batches(of: EventTableLayout.rowsPerPiece)
    while let batch = try batches.next() { try append(batch) }
    try metadata.add(reader.metadata)
  }

  /// Writes what is left and the metadata, and gives the file its name.
  /// - Throws: ``EventFileError``, `FileError`; nothing then stands under the name.
  public func finish(record: RunRecord) throws {
    guard let file else { throw EventFileError(.cannotWrite("the file was finished or abandoned"), path: url.path) }
    do {
      try writePiece(pending)
      pending = Table()
      try writeMetadata(to: file, record: record)
      closeDatasets()
      try file.close()
      self.file = nil
      try FileSeal.write(to: temporary.path, namedInErrors: url.path)
      try AtomicFile.replace(url) { place in
        guard rename(temporary.path, place.path) == 0 else {
          throw EventFileError(.cannotWrite(writeFailure(errno)), path: url.path)
        }
      }
      isUnfinished = false
    } catch {
      abandon()
      throw error
    }
  }

  /// Gives up: removes the temporary file. Nothing happens after ``finish(record:)``.
  public func abandon() {
    guard isUnfinished else { return }
    isUnfinished = false
    closeDatasets()
    file = nil
    unlink(temporary.path)
  }

  // MARK: Columns

  private struct OutputColumn {
    var name: String
    var type: ColumnType
    var dataset: HDF5Dataset
    /// The counts column of a jagged one.
    var counts: String?
    var mantissaBits: Int?
  }

  private func begin(_ batch: Table) throws {
    guard let file else { return }
    for name in batch.names {
      guard let column = batch[name] else { continue }
      guard !name.isEmpty, !name.contains("/"), name != "." else {
        throw EventFileError(
          .mismatch(column: name, reason: "a column's name is not empty and has no '/'"), path: url.path)
      }
      let counts = column.isJagged ? EventTableLayout.countsName(of: name) : nil
      if let counts { try beginCounts(counts, for: name, beside: batch) }
      let chunk = column.isJagged ? EventTableLayout.jaggedChunk : EventTableLayout.flatChunk
      let place = EventTableLayout.dataset(name)
      let dataset = try file.createDataset(place, type: column.values.type, chunk: chunk, compression: compression)
      if let counts { try file.setAttribute("counts", of: place, to: counts) }
      try describe(name, at: place)
      columns.append(
        OutputColumn(
          name: name, type: column.values.type, dataset: dataset, counts: counts,
          mantissaBits: descriptions[name]?.mantissaBits))
    }
  }

  private func beginCounts(_ counts: String, for column: String, beside batch: Table) throws {
    guard let file, self.counts[counts] == nil else { return }
    guard !batch.contains(counts) else {
      let reason = "its counts are stored as '\(counts)', which the table uses for another column"
      throw EventFileError(.mismatch(column: column, reason: reason), path: url.path)
    }
    let place = EventTableLayout.dataset(counts)
    self.counts[counts] = try file.createDataset(
      place, type: .int32, chunk: EventTableLayout.flatChunk, compression: compression)
    try file.setAttribute("role", of: place, to: "counts")
  }

  private func describe(_ name: String, at place: String) throws {
    guard let file, let description = descriptions[name] else { return }
    if !description.unit.isEmpty { try file.setAttribute("unit", of: place, to: description.unit) }
    if !description.title.isEmpty { try file.setAttribute("title", of: place, to: description.title) }
    if let bits = description.mantissaBits { try file.setAttribute("mantissa_bits", of: place, to: bits) }
  }

  private func check(_ batch: Table) throws {
    func mismatch(_ column: String, _ reason: String) -> EventFileError {
      EventFileError(.mismatch(column: column, reason: reason), path: url.path)
    }
    for expected in columns {
      guard let column = batch[expected.name] else { throw mismatch(expected.name, "this batch lacks it") }
      guard column.values.type == expected.type, column.isJagged == (expected.counts != nil) else {
        let kind = expected.counts != nil ? "jagged" : "flat"
        let found = column.isJagged ? "jagged" : "flat"
        throw mismatch(expected.name, "the file has \(kind) \(expected.type), the batch \(found) \(column.values.type)")
      }
    }
    if let new = batch.names.first(where: { name in !columns.contains { $0.name == name } }) {
      throw mismatch(new, "the batches before had no such column")
    }
    try checkCollections(batch)
  }

  /// The members of a collection have equally many values in each row.
  private func checkCollections(_ batch: Table) throws {
    var first: [String: (name: String, offsets: [Int])] = [:]
    for column in columns {
      guard let counts = column.counts, let offsets = batch[column.name]?.offsets else { continue }
      guard let known = first[counts] else {
        first[counts] = (column.name, offsets)
        continue
      }
      if known.offsets == offsets { continue }
      let row = zip(known.offsets, offsets).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
      let reason =
        "in row \(rowCount + max(0, row - 1)) it has another number of values than '\(known.name)' of its collection"
      throw EventFileError(.mismatch(column: column.name, reason: reason), path: url.path)
    }
  }

  // MARK: Writing

  private func writeFullPieces() throws {
    let size = EventTableLayout.rowsPerPiece
    var start = 0
    while pending.rowCount - start >= size {
      try writePiece(pending[rows: start..<start + size])
      // After each piece, not each batch: when chunks reach the file decides where they lie in it.
      try file?.flush()
      start += size
    }
    pending = pending[rows: start..<pending.rowCount]
  }

  private func writePiece(_ piece: Table) throws {
    var counted = Set<String>()
    for output in columns {
      guard let column = piece[output.name] else { continue }
      if let counts = output.counts, let offsets = column.offsets, counted.insert(counts).inserted {
        try self.counts[counts]?.append(.int32(zip(offsets, offsets.dropFirst()).map { Int32($1 - $0) }))
      }
      try output.dataset.append(output.mantissaBits.map { rounded(column.values, bits: $0) } ?? column.values)
    }
  }

  private func writeMetadata(to file: HDF5File, record: RunRecord) throws {
    try file.setAttribute("format", of: "/", to: EventTableLayout.format)
    try file.setAttribute("schema_version", of: "/", to: EventTableLayout.schemaVersion)
    try file.setAttribute("program", of: "/", to: "searchlight \(searchlightVersion)")
    try file.setAttribute("rows", of: EventTableLayout.events, to: rowCount)
    try file.createGroup(EventTableLayout.metadata)
    try file.writeText(try canonicalText(metadata), to: EventTableLayout.sample)
    try file.writeText(try canonicalText(record), to: EventTableLayout.record)
    try writeSlices(to: file)
  }

  /// The slices once more as plain columns, for readers without JSON.
  private func writeSlices(to file: HDF5File) throws {
    let slices = metadata.slices
    guard !slices.isEmpty else { return }
    try file.createGroup(EventTableLayout.slices)
    try file.writeTexts(slices.map(\.name), to: "\(EventTableLayout.slices)/name")
    let numbers: [(String, ColumnValues)] = [
      ("tried", .int64(slices.map { Int64($0.tried) })), ("accepted", .int64(slices.map { Int64($0.accepted) })),
      ("sumW", .float64(slices.map(\.sumW))), ("sumW2", .float64(slices.map(\.sumW2))),
      ("crossSection", .float64(slices.map(\.crossSection))),
      ("crossSectionError", .float64(slices.map(\.crossSectionError))),
    ]
    for (name, values) in numbers {
      let place = "\(EventTableLayout.slices)/\(name)"
      let dataset = try file.createDataset(place, type: values.type, chunk: max(1, slices.count), compression: 0)
      defer { dataset.close() }
      try dataset.append(values)
      if name.hasPrefix("crossSection") { try file.setAttribute("unit", of: place, to: "pb") }
    }
    try file.writeTexts(slices.map(\.includes), to: "\(EventTableLayout.slices)/includes")
  }

  private func canonicalText(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder.canonical.encode(value), as: UTF8.self)
  }

  /// In a fixed order, because closing writes the last chunks.
  private func closeDatasets() {
    for column in columns {
      column.dataset.close()
      if let name = column.counts { counts[name]?.close() }
    }
  }
}

/// Float32 values with fewer bits of mantissa, rounded to nearest, ties to even; other types and non-finite values stay.
func rounded(_ values: ColumnValues, bits: Int) -> ColumnValues {
  guard case .float32(let values) = values else { return values }
  let drop = UInt32(23 - bits)
  let half = (UInt32(1) << (drop - 1)) - 1
  return .float32(
    values.map { value in
      guard value.isFinite else { return value }
      let pattern = value.bitPattern
      let result = Float(bitPattern: ((pattern + half + ((pattern >> drop) & 1)) >> drop) << drop)
      return result.isFinite ? result : value
    })
}
