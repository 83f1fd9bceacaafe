import ByteIO
import Columns
import Foundation

/// Writes a table as an `.npz` file that `numpy.load` reads: an array a column, uncompressed, as `numpy.savez` does.
///
/// A jagged column `Jet_pt` is two arrays: `Jet_pt`, the values of all rows one after another, and `Jet_pt.offsets` (int64), of
/// which row i has those from `offsets[i]` to before `offsets[i + 1]`:
/// ```python
/// with numpy.load("events.npz") as file:
///     jets = numpy.split(file["Jet_pt"], file["Jet_pt.offsets"][1:-1])
/// ```
/// Each column is collected in a file of its own in a folder beside the place, which is removed at the end. Equal tables give
/// equal bytes.
public final class NumPyTableWriter: TabularWriter {
  private let url: URL
  private let folder: URL
  private var schema: BatchSchema
  private var parts: [Part] = []
  private var isUnfinished = true

  /// One array on its way.
  private struct Part {
    var name: String
    var type: ColumnType
    var file: URL
    var sink: ByteSink
    var crc = CRC32()
    var count = 0
    var bytes = 0
  }

  /// - Throws: `FileError`.
  public init(_ url: URL) throws {
    self.url = url
    schema = BatchSchema(path: url.path)
    folder = AtomicFile.temporary(for: url, named: "columns")
    try? FileManager.default.removeItem(at: folder)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(.cannotWrite("its folder cannot be made: \(error.localizedDescription)"), path: url.path)
    }
  }

  deinit { if isUnfinished { try? FileManager.default.removeItem(at: folder) } }

  public func append(_ batch: Table) throws {
    let isFirst = schema.columns.isEmpty
    try schema.check(batch)
    if isFirst { try begin() }
    var index = 0
    for name in batch.names {
      guard let column = batch[name] else { continue }
      if let offsets = column.offsets {
        let base = Int64(parts[index].count)
        try write(.int64(offsets.dropFirst().map { Int64($0) + base }), to: index + 1)
      }
      try write(column.values, to: index)
      index += column.isJagged ? 2 : 1
    }
  }

  private func begin() throws {
    for column in schema.columns {
      guard !column.name.hasSuffix(".offsets"), !column.name.contains("\0") else {
        throw EventFileError(
          .mismatch(column: column.name, reason: "names that end with '.offsets' stand for offsets of jagged columns"),
          path: url.path)
      }
      try addPart(column.name, column.type)
      if column.isJagged {
        try addPart("\(column.name).offsets", .int64)
        try write(.int64([0]), to: parts.count - 1)
      }
    }
  }

  private func addPart(_ name: String, _ type: ColumnType) throws {
    let file = folder.appendingPathComponent("\(parts.count)")
    parts.append(Part(name: name, type: type, file: file, sink: try ByteSink(file, namedInErrors: url.path)))
  }

  private func write(_ values: ColumnValues, to index: Int) throws {
    try values.withLittleEndianBytes { bytes in
      try parts[index].sink.write(bytes)
      parts[index].crc.update(bytes)
      parts[index].bytes += bytes.count
    }
    parts[index].count += values.count
  }

  public func finish() throws {
    for part in parts { try part.sink.finish() }
    try AtomicFile.replace(url) { temporary in
      let sink = try ByteSink(temporary, namedInErrors: url.path)
      var archive = ZipWriter(sink: sink)
      for part in parts {
        let header = NumPyHeader.bytes(type: part.type, count: part.count)
        var crc = CRC32()
        header.withUnsafeBytes { crc.update($0) }
        crc.append(part.crc, of: part.bytes)
        try archive.begin("\(part.name).npy", bytes: header.count + part.bytes, crc: crc.value)
        try archive.write(header[...])
        let stream = try ByteStream(part.file)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = try buffer.withUnsafeMutableBytes({ try stream.read(into: $0) }), count > 0 {
          try archive.write(buffer[..<count])
        }
      }
      try archive.end()
      try sink.finish()
    }
    isUnfinished = false
    try? FileManager.default.removeItem(at: folder)
  }
}

/// Members of a zip archive, stored; those beyond 4 GB with the longer fields that NumPy writes too. Dates are those of 1980.
struct ZipWriter {
  let sink: ByteSink
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0

  init(sink: ByteSink) { self.sink = sink }

  /// What comes next are the bytes of a member.
  mutating func begin(_ name: String, bytes: Int, crc: UInt32) throws {
    let isLarge = bytes >= 0xFFFF_FFFF || position >= 0xFFFF_FFFF
    let name = Array(name.utf8)
    func fields(_ extra: Int) -> [UInt8] {
      let size = isLarge ? 0xFFFF_FFFF : bytes
      return Self.words16([isLarge ? 45 : 20, 0x800, 0, 0, 0x21]) + Self.words32([Int(crc), size, size])
        + Self.words16([name.count, extra])
    }
    let sizes = isLarge ? Self.words16([1, 16]) + Self.words64([bytes, bytes]) : []
    let local = Self.words32([0x0403_4B50]) + fields(sizes.count) + name + sizes
    let place = isLarge ? Self.words16([1, 24]) + Self.words64([bytes, bytes, position]) : []
    directory += Self.words32([0x0201_4B50]) + Self.words16([isLarge ? 45 : 20]) + fields(place.count)
    directory += Self.words16([0, 0, 0]) + Self.words32([0, isLarge ? 0xFFFF_FFFF : position]) + name + place
    count += 1
    try write(local[...])
  }

  mutating func write(_ bytes: ArraySlice<UInt8>) throws {
    try sink.write(bytes)
    position += bytes.count
  }

  mutating func end() throws {
    let start = position
    let isLarge = start >= 0xFFFF_FFFF || count >= 0xFFFF
    try write(directory[...])
    if isLarge {
      let end = position
      try write(
        (Self.words32([0x0606_4B50]) + Self.words64([44]) + Self.words16([45, 45]) + Self.words32([0, 0])
          + Self.words64([count, count, directory.count, start]) + Self.words32([0x0706_4B50, 0])
          + Self.words64([end]) + Self.words32([1]))[...])
    }
    let small = isLarge ? [0xFFFF, 0xFFFF] : [count, count]
    try write(
      (Self.words32([0x0605_4B50]) + Self.words16([0, 0] + small)
        + Self.words32([min(directory.count, 0xFFFF_FFFF), min(start, 0xFFFF_FFFF)]) + Self.words16([0]))[...])
  }

  private static func words16(_ values: [Int]) -> [UInt8] { bytes(values.map { UInt16(truncatingIfNeeded: $0) }) }
  private static func words32(_ values: [Int]) -> [UInt8] { bytes(values.map { UInt32(truncatingIfNeeded: $0) }) }
  private static func words64(_ values: [Int]) -> [UInt8] { bytes(values.map { UInt64(truncatingIfNeeded: $0) }) }

  private static func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
    words.flatMap { word in (0..<MemoryLayout<Word>.size).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) } }
  }
}

extension ColumnValues {
  /// The values' bytes, the least significant first.
  func withLittleEndianBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch self {
    case .float32(let values): try values.map { $0.bitPattern.littleEndian }.withUnsafeBytes(body)
    case .float64(let values): try values.map { $0.bitPattern.littleEndian }.withUnsafeBytes(body)
    case .int32(let values): try values.map(\.littleEndian).withUnsafeBytes(body)
    case .int64(let values): try values.map(\.littleEndian).withUnsafeBytes(body)
    case .uint8(let values): try values.withUnsafeBytes(body)
    case .bool(let values): try values.map { $0 ? UInt8(1) : 0 }.withUnsafeBytes(body)
    }
  }
}
