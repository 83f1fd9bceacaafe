import ByteIO
import Columns
import Foundation
import Records

/// Arrays of NumPy as a table: those of an `.npz` file (`numpy.savez`, `numpy.savez_compressed`), or one of an `.npy` file.
///
/// - A flat array is a flat column; of a structured one each member is a column, `<array>_<member>`.
/// - In an `.npz` file an array with more dimensions is a jagged column whose rows are of one length; the two-dimensional array
///   of an `.npy` file is a column for each of its own: `column0`, `column1`, ….
/// - Arrays `<name>` and `<name>.offsets`, the second of whole numbers that begin with 0 and end with the length of the first,
///   are a jagged column: row i has the values `offsets[i] ..< offsets[i + 1]`. So ``NumPyTableWriter`` writes them.
///
/// Values are read in the order of the file; memory is taken for a chunk, and nothing is inflated beforehand.
public struct NumPyTable: TabularSource {
  public let url: URL
  public let columns: [TabularColumn]
  public let unreadable: [UnreadableColumn]
  private let rowCount: Int
  private let layouts: [String: Layout]
  private let isArchive: Bool

  public var kind: String { isArchive ? "NumPy arrays" : "NumPy array" }
  public var entryCount: Int? { rowCount }

  /// An array's place.
  struct ArrayFile: Sendable {
    var name: String
    var header: NumPyHeader
    var open: @Sendable () throws -> any ArrayReader
  }

  /// Where a column's values lie.
  struct Layout: Sendable {
    var values: ArrayFile
    var member: NumPyHeader.Member
    /// Values of the member that one row has, and of these the first that the column takes.
    var width: Int
    var first = 0
    var offsets: ArrayFile?
  }

  /// - Throws: `FileError`; ``EventFileError`` for a file that is no NumPy file, or damaged.
  public init(_ url: URL) throws {
    self.url = url
    var arrays: [ArrayFile] = [], other: [UnreadableColumn] = []
    let file = try MappedFile(url)
    isArchive = !file.bytes.prefix(6).elementsEqual(NumPyHeader.magic)
    if isArchive {
      (arrays, other) = try Self.members(of: ZipArchive(url))
    } else {
      arrays = [try Self.single(file)]
    }
    var table = Builder(isArchive: isArchive, unreadable: other)
    table.add(arrays)
    columns = table.columns
    unreadable = table.unreadable
    layouts = table.layouts
    rowCount = table.rowCount ?? 0
  }

  private static func single(_ file: MappedFile) throws -> ArrayFile {
    do throws(NumPyFault) {
      let header = try NumPyHeader(UnsafeRawBufferPointer(rebasing: file.bytes.prefix(NumPyHeader.longest)))
      guard header.dataBytes <= file.bytes.count - header.length else {
        throw NumPyFault(
          "it has \(file.bytes.count - header.length) bytes of values, but shape \(header.shape) needs \(header.dataBytes)"
        )
      }
      return ArrayFile(name: "", header: header) { MappedArrayReader(file, from: header.length) }
    } catch {
      throw EventFileError(.damaged(dataset: "the array", reason: error.reason), path: file.path)
    }
  }

  private static func members(of archive: ZipArchive) throws -> ([ArrayFile], [UnreadableColumn]) {
    var arrays: [ArrayFile] = [], other: [UnreadableColumn] = []
    for member in archive.members {
      guard member.name.hasSuffix(".npy") else {
        other.append(UnreadableColumn(name: member.name, reason: "it is no array"))
        continue
      }
      let name = String(member.name.dropLast(4))
      let reader = try ZipMemberReader(archive, member)
      let head = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(member.bytes, NumPyHeader.longest), alignment: 8)
      defer { head.deallocate() }
      try reader.read(into: head)
      do throws(NumPyFault) {
        let header = try NumPyHeader(UnsafeRawBufferPointer(head))
        guard header.dataBytes == member.bytes - header.length else {
          throw NumPyFault(
            "it has \(member.bytes - header.length) bytes of values, but shape \(header.shape) needs \(header.dataBytes)"
          )
        }
        arrays.append(
          ArrayFile(name: name, header: header) {
            let reader = ZipArrayReader(try ZipMemberReader(archive, member))
            try reader.skip(header.length)
            return reader
          })
      } catch {
        throw EventFileError(.damaged(dataset: name, reason: error.reason), path: archive.file.path)
      }
    }
    return (arrays, other)
  }

  public func chunks(of size: Int, columns names: [String], entries: Range<Int>?) throws -> any TableChunks {
    let range = try checked(entries)
    let readers = try names.map { name in
      let column = try column(named: name)
      guard let layout = layouts[name] else { preconditionFailure("'\(name)' has no layout") }
      return (name, try NumPyColumnReader(column, layout, path: url.path))
    }
    return RangeChunks(range, size: size) { rows in
      var table = Table()
      for (name, reader) in readers { try table.add(name, try reader.read(rows)) }
      return table
    }
  }

  /// Collects columns; the first array's length is the table's.
  private struct Builder {
    let isArchive: Bool
    var unreadable: [UnreadableColumn]
    var columns: [TabularColumn] = []
    var layouts: [String: Layout] = [:]
    var rowCount: Int?

    mutating func add(_ arrays: [ArrayFile]) {
      let byName = Dictionary(arrays.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      for array in arrays where !array.name.hasSuffix(".offsets") || byName[String(array.name.dropLast(8))] == nil {
        add(array, offsets: byName["\(array.name).offsets"])
      }
    }

    private mutating func add(_ array: ArrayFile, offsets: ArrayFile?) {
      let header = array.header
      guard let length = header.shape.first else { return refuse(array.name, "it is a single value") }
      guard !header.isFortran || header.shape.count < 2 else {
        return refuse(array.name, "it is in Fortran's order; save numpy.ascontiguousarray of it")
      }
      guard header.rowElements > 0, header.stride > 0 else { return refuse(array.name, "its rows have no values") }
      let rows = offsets.map { max(0, ($0.header.shape.first ?? 0) - 1) } ?? length
      guard rowCount == nil || rowCount == rows else {
        return refuse(array.name, "it has \(rows) rows, the table \(rowCount ?? 0)")
      }
      if let offsets {
        let type = offsets.header.members.first?.type
        guard header.shape.count == 1, offsets.header.shape.count == 1, offsets.header.members.count == 1,
          let type, type.kind == .signed || type.kind == .unsigned
        else { return refuse(array.name, "'\(offsets.name)' beside it is no flat array of whole numbers") }
      }
      for member in header.members { add(member, of: array, rows: rows, offsets: offsets) }
    }

    private mutating func add(_ member: NumPyHeader.Member, of array: ArrayFile, rows: Int, offsets: ArrayFile?) {
      let name = [array.name, member.name].filter { !$0.isEmpty }.joined(separator: "_")
      guard let type = member.type, member.count > 0 else {
        return refuse(name, "its type '\(member.typeText)' has no place in a column")
      }
      let width = member.count * array.header.rowElements
      let layout = Layout(values: array, member: member, width: width, offsets: offsets)
      rowCount = rows
      if !isArchive, member.name.isEmpty {
        for index in 0..<min(width, 1 << 16) {
          var part = layout
          part.first = index
          take("column\(index)", type, isJagged: false, part)
        }
      } else {
        take(name.isEmpty ? "column0" : name, type, isJagged: offsets != nil || width > 1, layout)
      }
    }

    private mutating func take(_ name: String, _ type: NumPyType, isJagged: Bool, _ layout: Layout) {
      guard layouts[name] == nil else { return refuse(name, "another array has this name") }
      layouts[name] = layout
      columns.append(TabularColumn(name: name, type: type.column, isJagged: isJagged))
    }

    private mutating func refuse(_ name: String, _ reason: String) {
      unreadable.append(UnreadableColumn(name: name.isEmpty ? "the array" : name, reason: reason))
    }
  }
}

/// The values of an array from front to back.
protocol ArrayReader: AnyObject {
  func read(into room: UnsafeMutableRawBufferPointer) throws
  func skip(_ count: Int) throws
}

final class ZipArrayReader: ArrayReader {
  private let member: ZipMemberReader
  init(_ member: ZipMemberReader) { self.member = member }
  func read(into room: UnsafeMutableRawBufferPointer) throws { try member.read(into: room) }
  func skip(_ count: Int) throws { try member.skip(count) }
}

/// Of a file whose length was checked.
final class MappedArrayReader: ArrayReader {
  private let file: MappedFile
  private var position: Int

  init(_ file: MappedFile, from position: Int) {
    self.file = file
    self.position = position
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws {
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[position..<position + room.count]))
    position += room.count
  }

  func skip(_ count: Int) throws { position += count }
}

/// Reads a column range by range, each behind the one before.
final class NumPyColumnReader {
  private let column: TabularColumn
  private let layout: NumPyTable.Layout
  private let path: String
  private let values: any ArrayReader
  private let offsets: (any ArrayReader)?
  /// Elements of the array that were read or skipped.
  private var position = 0
  private var rowsOfOffsets = 0
  private var lastOffset = 0

  init(_ column: TabularColumn, _ layout: NumPyTable.Layout, path: String) throws {
    self.column = column
    self.layout = layout
    self.path = path
    values = try layout.values.open()
    offsets = try layout.offsets?.open()
  }

  func read(_ rows: Range<Int>) throws -> Column {
    guard let offsets, let header = layout.offsets?.header else {
      let perRow = layout.values.header.rowElements
      let elements = rows.lowerBound * perRow..<rows.upperBound * perRow
      let values = try read(elements: elements)
      guard column.isJagged else { return Column(values) }
      return Column(values, offsets: (0...rows.count).map { $0 * layout.width })
    }
    let bounds = try readOffsets(rows, offsets, header)
    let first = bounds[0]
    let length = layout.values.header.shape[0]
    guard zip(bounds, bounds.dropFirst()).allSatisfy(<=), first >= 0, bounds[bounds.count - 1] <= length else {
      throw damaged("its offsets decrease, or go beyond its \(length) values")
    }
    return Column(try read(elements: first..<bounds[bounds.count - 1]), offsets: bounds.map { $0 - first })
  }

  /// Offsets of the rows and the one behind; each range begins where the one before ended, whose last is kept.
  private func readOffsets(_ rows: Range<Int>, _ reader: any ArrayReader, _ header: NumPyHeader) throws -> [Int] {
    var bounds = [lastOffset]
    if rowsOfOffsets == 0 {
      try reader.skip(rows.lowerBound * header.stride)
      bounds = try numbers(reader, header, count: 1)
      rowsOfOffsets = rows.lowerBound + 1
    }
    precondition(rowsOfOffsets == rows.lowerBound + 1, "rows \(rows) do not follow those before")
    bounds += try numbers(reader, header, count: rows.count)
    rowsOfOffsets = rows.upperBound + 1
    lastOffset = bounds[bounds.count - 1]
    return bounds
  }

  private func numbers(_ reader: any ArrayReader, _ header: NumPyHeader, count: Int) throws -> [Int] {
    guard let member = header.members.first, let type = member.type else { return [] }
    var bytes = [UInt8](repeating: 0, count: count * header.stride)
    try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
    let values = try decoded(bytes, type, stride: header.stride, offset: 0, perElement: 1, first: 0)
    return values.asDoubles().map { Int(max(-1, min($0, 9e15))) }
  }

  private func read(elements: Range<Int>) throws -> ColumnValues {
    let header = layout.values.header
    try values.skip((elements.lowerBound - position) * header.stride)
    var bytes = [UInt8](repeating: 0, count: elements.count * header.stride)
    try bytes.withUnsafeMutableBytes { try values.read(into: $0) }
    position = elements.upperBound
    guard let type = layout.member.type else { preconditionFailure("'\(column.name)' has no type") }
    if column.isJagged || layout.width == layout.member.count {
      return try decoded(
        bytes, type, stride: header.stride, offset: layout.member.offset, perElement: layout.member.count,
        first: 0)
    }
    // One column of a matrix.
    return try decoded(
      bytes, type, stride: header.stride * header.rowElements, offset: layout.first * header.stride, perElement: 1,
      first: 0)
  }

  private func decoded(
    _ bytes: [UInt8], _ type: NumPyType, stride: Int, offset: Int, perElement: Int, first: Int
  ) throws -> ColumnValues {
    let places = Places(
      stride: stride, offset: offset, perElement: perElement, bytes: bytes, isBigEndian: type.isBigEndian)
    switch (type.kind, type.bytes) {
    case (.real, 2): return .float32(places.map(UInt16.self) { Float(Float16(bitPattern: $0)) })
    case (.real, 4): return .float32(places.map(UInt32.self) { Float(bitPattern: $0) })
    case (.real, _): return .float64(places.map(UInt64.self) { Double(bitPattern: $0) })
    case (.signed, 1): return .int32(places.map(UInt8.self) { Int32(Int8(bitPattern: $0)) })
    case (.signed, 2): return .int32(places.map(UInt16.self) { Int32(Int16(bitPattern: $0)) })
    case (.signed, 4): return .int32(places.map(UInt32.self) { Int32(bitPattern: $0) })
    case (.signed, _): return .int64(places.map(UInt64.self) { Int64(bitPattern: $0) })
    case (.unsigned, 1): return .uint8(places.map(UInt8.self) { $0 })
    case (.unsigned, 2): return .int32(places.map(UInt16.self) { Int32($0) })
    case (.unsigned, 4): return .int64(places.map(UInt32.self) { Int64($0) })
    case (.unsigned, _):
      let values = places.map(UInt64.self) { $0 }
      guard values.allSatisfy({ $0 <= UInt64(Int64.max) }) else { throw damaged("it has whole numbers above 2⁶³") }
      return .int64(values.map { Int64($0) })
    case (.truth, _): return .bool(places.map(UInt8.self) { $0 != 0 })
    }
  }

  private func damaged(_ reason: String) -> EventFileError {
    EventFileError(.damaged(dataset: column.name, reason: reason), path: path)
  }
}

/// Words at regular places.
private struct Places {
  let stride: Int
  let offset: Int
  let perElement: Int
  let bytes: [UInt8]
  let isBigEndian: Bool

  @inline(__always)
  func map<Word: FixedWidthInteger, Value>(_ word: Word.Type, _ convert: (Word) -> Value) -> [Value] {
    let elements = bytes.count / stride
    return bytes.withUnsafeBytes { bytes in
      [Value](unsafeUninitializedCapacity: elements * perElement) { out, count in
        for element in 0..<elements {
          for index in 0..<perElement {
            let place = element * stride + offset + index * MemoryLayout<Word>.size
            let raw = bytes.loadUnaligned(fromByteOffset: place, as: Word.self)
            out.initializeElement(at: count, to: convert(isBigEndian ? Word(bigEndian: raw) : Word(littleEndian: raw)))
            count += 1
          }
        }
      }
    }
  }
}
