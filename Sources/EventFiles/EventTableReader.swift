import Columns
import Foundation
import Records
import Synchronization

/// A column of a file.
public struct EventColumn: Hashable, Sendable, Codable {
  public var name: String
  public var type: ColumnType
  /// The counts column beside a jagged one (`nJet`); `nil` for a flat column.
  public var counts: String?
  public var unit: String
  public var title: String
  /// Values of all rows together.
  public var valueCount: Int
  /// On disk, after compression.
  public var storedBytes: Int

  public var isJagged: Bool { counts != nil }
}

/// What a reader does about NaN and infinities.
public enum FiniteCheck: Hashable, Sendable {
  case none
  /// They are an error that names the column and the row.
  case required
}

/// Reads tables of events from HDF5 files, whole or in batches.
///
/// Any thread may read; the library's calls run one after another.
public final class EventTableReader: Sendable {
  public let url: URL
  /// In the order of the file.
  public let columns: [EventColumn]
  public let rowCount: Int
  public let metadata: SampleMetadata
  public let record: RunRecord
  public let schemaVersion: Int

  private let file: HDF5File
  private struct State {
    var datasets: [String: HDF5Dataset] = [:]
    /// Values before row k·`checkpointRows`, by counts column.
    var checkpoints: [String: [Int]] = [:]
  }
  private let state = Mutex(State())
  static let checkpointRows = 8192

  /// Opens a file and checks its marks; events are read later.
  /// - Throws: ``EventFileError`` for a missing, truncated, foreign or newer file.
  public init(_ url: URL) throws {
    self.url = url
    let file = try HDF5File.open(url.path)
    self.file = file
    schemaVersion = try Self.checkMarks(of: file)
    (columns, rowCount) = try Self.readColumns(of: file)
    metadata = try Self.decode(SampleMetadata.self, from: EventTableLayout.sample, of: file)
    record = try Self.decode(RunRecord.self, from: EventTableLayout.record, of: file)
  }

  public var columnNames: [String] { columns.map(\.name) }

  /// The types and kinds of the columns as a table of no rows.
  public func emptyTable(columns names: [String]? = nil) throws -> Table { try read(columns: names, rows: 0..<0) }

  /// Reads some columns of some rows; all where not told.
  /// - Throws: ``EventFileError``.
  public func read(columns names: [String]? = nil, rows: Range<Int>? = nil, check: FiniteCheck = .none) throws -> Table
  {
    let rows = rows ?? 0..<rowCount
    guard rows.lowerBound >= 0, rows.upperBound <= rowCount else {
      throw EventFileError(.rows(requested: rows, available: rowCount), path: url.path)
    }
    let wanted = try (names ?? columnNames).map(column(named:))
    var offsets: [String: (positions: Range<Int>, local: [Int])] = [:]
    var table = Table()
    for column in wanted {
      let read: Column
      if let counts = column.counts {
        let known = try offsets[counts] ?? positions(of: counts, rows: rows)
        offsets[counts] = known
        guard known.positions.upperBound <= column.valueCount else { throw tooFew(column, counts: counts) }
        read = Column(try dataset(column.name).read(column.type, known.positions), offsets: known.local)
      } else {
        read = Column(try dataset(column.name).read(column.type, rows))
      }
      if check == .required { try checkFinite(read, name: column.name, firstRow: rows.lowerBound) }
      try table.add(column.name, read)
    }
    return table
  }

  /// The rows in batches of at most `size`, in constant memory.
  /// ```swift
  /// var batches = reader.batches(of: 10_000, columns: ["Jet_pt", "weight"])
  /// while let batch = try batches.next() { … }
  /// ```
  public func batches(of size: Int, columns: [String]? = nil, rows: Range<Int>? = nil, check: FiniteCheck = .none)
    -> EventTableBatches
  {
    precondition(size > 0, "batches hold at least one row, got \(size)")
    return EventTableBatches(reader: self, size: size, columns: columns, rows: rows ?? 0..<rowCount, check: check)
  }

  /// The description of a column.
  /// - Throws: ``EventFileError`` with the nearest name.
  public func column(named name: String) throws -> EventColumn {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw EventFileError(
        .noColumn(name: name, nearest: nearestName(to: name, in: columnNames), available: columnNames), path: url.path)
    }
    return column
  }

  // MARK: Opening

  private static func checkMarks(of file: HDF5File) throws -> Int {
    guard let format = file.textAttribute("format", of: "/") else {
      throw EventFileError(.foreign("it has no attribute 'format'"), path: file.path)
    }
    guard format == EventTableLayout.format else {
      let reason = "its format is '\(format)', expected '\(EventTableLayout.format)'"
      throw EventFileError(.foreign(reason), path: file.path)
    }
    guard let version = file.integerAttribute("schema_version", of: "/"), version >= 1 else {
      throw EventFileError(.foreign("it has no attribute 'schema_version'"), path: file.path)
    }
    guard version <= EventTableLayout.schemaVersion else {
      throw EventFileError(.newerSchema(found: version, known: EventTableLayout.schemaVersion), path: file.path)
    }
    guard file.kind(of: EventTableLayout.events) == .group else {
      throw EventFileError(.foreign("it has no group 'events'"), path: file.path)
    }
    return version
  }

  private static func readColumns(of file: HDF5File) throws -> ([EventColumn], rowCount: Int) {
    var columns = [EventColumn]()
    var rowCount = file.integerAttribute("rows", of: EventTableLayout.events)
    var countsLengths: [String: Int] = [:]
    for name in try file.names(in: EventTableLayout.events) {
      let place = EventTableLayout.dataset(name)
      let info = try file.openDataset(place).info()
      guard info.shape.count == 1, let type = info.type else {
        let found = info.shape.count == 1 ? "its element type" : "its shape \(info.shape)"
        let reason = "\(found) is none of one-dimensional float32, float64, int32, int64, uint8, bool"
        throw EventFileError(.unreadableType(dataset: place, reason: reason), path: file.path)
      }
      guard info.isPlausible else {
        let reason = "it claims \(info.shape[0]) values, but only \(info.storedBytes) bytes are stored"
        throw EventFileError(.damaged(dataset: place, reason: reason), path: file.path)
      }
      if file.textAttribute("role", of: place) == "counts" {
        countsLengths[name] = info.shape[0]
        rowCount = rowCount ?? info.shape[0]
        continue
      }
      let counts = file.textAttribute("counts", of: place)
      if counts == nil { rowCount = rowCount ?? info.shape[0] }
      columns.append(
        EventColumn(
          name: name, type: type, counts: counts, unit: file.textAttribute("unit", of: place) ?? "",
          title: file.textAttribute("title", of: place) ?? "", valueCount: info.shape[0], storedBytes: info.storedBytes)
      )
    }
    let rows = rowCount ?? 0
    try checkLengths(of: columns, countsLengths: countsLengths, rows: rows, file: file)
    return (columns, rows)
  }

  private static func checkLengths(
    of columns: [EventColumn], countsLengths: [String: Int], rows: Int, file: HDF5File
  ) throws {
    func damaged(_ name: String, _ reason: String) -> EventFileError {
      EventFileError(.damaged(dataset: EventTableLayout.dataset(name), reason: reason), path: file.path)
    }
    for (name, length) in countsLengths where length != rows {
      throw damaged(name, "it has \(length) rows, the table \(rows)")
    }
    for column in columns {
      if let counts = column.counts {
        guard countsLengths[counts] != nil else {
          throw damaged(column.name, "its counts column '\(counts)' is missing")
        }
      } else if column.valueCount != rows {
        throw damaged(column.name, "it has \(column.valueCount) rows, the table \(rows)")
      }
    }
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, from place: String, of file: HDF5File) throws
    -> Value
  {
    guard file.kind(of: place) == .dataset else {
      throw EventFileError(.foreign("it has no '\(place)'"), path: file.path)
    }
    let text = try file.readText(place)
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw EventFileError(.damaged(dataset: place, reason: "\(error)"), path: file.path)
    }
  }

  // MARK: Reading

  private func dataset(_ column: String) throws -> HDF5Dataset {
    try state.withLock { state in
      if let open = state.datasets[column] { return open }
      let dataset = try file.openDataset(EventTableLayout.dataset(column))
      state.datasets[column] = dataset
      return dataset
    }
  }

  /// Where the values of the rows lie, and their offsets from there.
  private func positions(of counts: String, rows: Range<Int>) throws -> (positions: Range<Int>, local: [Int]) {
    let checkpoints = try checkpoints(of: counts)
    let checkpoint = rows.lowerBound / Self.checkpointRows
    let from = checkpoint * Self.checkpointRows
    var start = checkpoints[checkpoint]
    let numbers = try read(counts, rows: from..<rows.upperBound)
    for number in numbers[..<(rows.lowerBound - from)] { start += Int(number) }
    var local = [0]
    local.reserveCapacity(rows.count + 1)
    var sum = 0
    for number in numbers[(rows.lowerBound - from)...] {
      sum += Int(number)
      local.append(sum)
    }
    return (start..<start + sum, local)
  }

  /// Made at first use, by one pass over the counts: 8 bytes for 8192 rows.
  private func checkpoints(of counts: String) throws -> [Int] {
    if let known = state.withLock({ $0.checkpoints[counts] }) { return known }
    var checkpoints = [0]
    var row = 0
    while row < rowCount {
      let next = min(row + Self.checkpointRows, rowCount)
      let sum = try read(counts, rows: row..<next).reduce(0) { $0 + Int($1) }
      checkpoints.append((checkpoints.last ?? 0) + sum)
      row = next
    }
    let total = checkpoints.last ?? 0
    for column in columns where column.counts == counts && column.valueCount != total {
      throw EventFileError(
        .damaged(
          dataset: EventTableLayout.dataset(column.name),
          reason: "it has \(column.valueCount) values, '\(counts)' counts \(total)"), path: url.path)
    }
    let made = checkpoints
    state.withLock { $0.checkpoints[counts] = made }
    return made
  }

  private func read(_ counts: String, rows: Range<Int>) throws -> [Int32] {
    guard case .int32(let numbers) = try dataset(counts).read(.int32, rows) else { return [] }
    if let negative = numbers.firstIndex(where: { $0 < 0 }) {
      let reason = "row \(rows.lowerBound + negative) counts \(numbers[negative]) values"
      throw EventFileError(.damaged(dataset: EventTableLayout.dataset(counts), reason: reason), path: url.path)
    }
    return numbers
  }

  private func tooFew(_ column: EventColumn, counts: String) -> EventFileError {
    let reason = "it has \(column.valueCount) values, fewer than '\(counts)' counts"
    return EventFileError(.damaged(dataset: EventTableLayout.dataset(column.name), reason: reason), path: url.path)
  }

  private func checkFinite(_ column: Column, name: String, firstRow: Int) throws {
    let bad: (position: Int, value: String)? =
      switch column.values {
      case .float32(let values): values.firstIndex { !$0.isFinite }.map { ($0, "\(values[$0])") }
      case .float64(let values): values.firstIndex { !$0.isFinite }.map { ($0, "\(values[$0])") }
      default: nil
      }
    guard let bad else { return }
    let row = column.offsets.map { offsets in (offsets.firstIndex { $0 > bad.position } ?? 1) - 1 } ?? bad.position
    throw EventFileError(.notFinite(column: name, row: firstRow + row, value: bad.value), path: url.path)
  }
}

/// The batches of a file, one after another.
public struct EventTableBatches: Sendable {
  let reader: EventTableReader
  let size: Int
  let columns: [String]?
  var rows: Range<Int>
  let check: FiniteCheck

  /// The next batch, or `nil` after the last.
  public mutating func next() throws -> Table? {
    guard !rows.isEmpty else { return nil }
    let end = min(rows.lowerBound + size, rows.upperBound)
    let table = try reader.read(columns: columns, rows: rows.lowerBound..<end, check: check)
    rows = end..<rows.upperBound
    return table
  }
}
