import ByteIO
import Columns
import Foundation

/// Writes a table as text: comma-separated (RFC 4180, rows end in CR LF), or tab-separated (rows end in LF), with a header.
///
/// Numbers are the shortest that read back to the same value; true is 1. A jagged column takes as many fields as its longest
/// row has values: `Jet_pt[0]`, `Jet_pt[1]`, …; fields are empty where a row has fewer.
public final class TextTableWriter: TabularWriter {
  private let url: URL
  private let temporary: URL
  private let sink: ByteSink
  private let delimiter: TextTableOptions.Delimiter
  private let widths: [String: Int]
  private var schema: BatchSchema
  private var isUnfinished = true

  /// - Parameters:
  ///   - delimiter: comma or tab.
  ///   - compression: gzip's level; `nil` writes plainly.
  ///   - widths: the most values of a row, for each jagged column.
  public init(
    _ url: URL, delimiter: TextTableOptions.Delimiter = .comma, compression: Int? = nil, widths: [String: Int] = [:]
  ) throws {
    self.url = url
    self.delimiter = delimiter
    self.widths = widths
    schema = BatchSchema(path: url.path)
    temporary = AtomicFile.temporary(for: url, named: "writing")
    AtomicFile.removeLeftovers(of: url, named: "writing")
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw FileError(.cannotWrite("its folder cannot be made: \(error.localizedDescription)"), path: url.path)
    }
    sink = try ByteSink(temporary, namedInErrors: url.path, compression: compression)
  }

  deinit { if isUnfinished { unlink(temporary.path) } }

  private var separator: UInt8 { delimiter.byte }
  private var lineEnd: [UInt8] { delimiter == .comma ? [13, 10] : [10] }

  public func append(_ batch: Table) throws {
    let isFirst = schema.columns.isEmpty
    try schema.check(batch)
    if isFirst { try writeHeader() }
    let columns = schema.columns.compactMap { batch[$0.name] }
    let limits = try zip(schema.columns, columns).map { try width(of: $0, $1) }
    var line: [UInt8] = []
    let hasOneField = limits.reduce(0, +) == 1
    for row in 0..<batch.rowCount {
      let start = line.count
      for (index, column) in columns.enumerated() {
        if index > 0 { line.append(separator) }
        guard let offsets = column.offsets else {
          column.values.appendText(at: row, to: &line)
          continue
        }
        for field in 0..<limits[index] {
          if field > 0 { line.append(separator) }
          if offsets[row] + field < offsets[row + 1] { column.values.appendText(at: offsets[row] + field, to: &line) }
        }
      }
      // An empty line would be none: a row of one empty field is quoted.
      if hasOneField, line.count == start { line += [34, 34] }
      line += lineEnd
      if line.count > 1 << 16 {
        try sink.write(line)
        line.removeAll(keepingCapacity: true)
      }
    }
    try sink.write(line)
  }

  private func width(of description: TabularColumn, _ column: Column) throws -> Int {
    guard let offsets = column.offsets else { return 1 }
    let width = widths[description.name] ?? 0
    guard zip(offsets, offsets.dropFirst()).allSatisfy({ $1 - $0 <= width }) else {
      throw EventFileError(
        .mismatch(column: description.name, reason: "a row has more values than the \(width) fields of the header"),
        path: url.path)
    }
    return width
  }

  private func writeHeader() throws {
    // A jagged column without any value has no field, and so no place in a row.
    let names = schema.columns.flatMap { column in
      column.isJagged ? (0..<(widths[column.name] ?? 0)).map { "\(column.name)[\($0)]" } : [column.name]
    }
    let quoted = names.map { name in
      // A byte-order mark at the start would not belong to the name.
      let needs =
        name.utf8.contains { $0 == separator || $0 == 34 || $0 == 10 || $0 == 13 }
        || name.utf8.starts(with: "\u{FEFF}".utf8)
      return needs ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
    }
    try sink.write(Array(quoted.joined(separator: String(UnicodeScalar(separator))).utf8) + lineEnd)
  }

  public func finish() throws {
    try sink.finish()
    try AtomicFile.replace(url) { place in
      guard rename(temporary.path, place.path) == 0 else {
        throw FileError(.cannotWrite(writeFailure(errno)), path: url.path)
      }
    }
    isUnfinished = false
  }
}

extension ColumnValues {
  /// The shortest text that reads back to the value.
  @inline(__always)
  fileprivate func appendText(at position: Int, to line: inout [UInt8]) {
    switch self {
    case .float32(let values): line.append(contentsOf: values[position].description.utf8)
    case .float64(let values): line.append(contentsOf: values[position].description.utf8)
    case .int32(let values): line.append(contentsOf: values[position].description.utf8)
    case .int64(let values): line.append(contentsOf: values[position].description.utf8)
    case .uint8(let values): line.append(contentsOf: values[position].description.utf8)
    case .bool(let values): line.append(values[position] ? 49 : 48)
    }
  }
}
