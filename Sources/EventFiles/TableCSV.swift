import ByteIO
import Columns
import Foundation

extension EventTableReader {
  /// Writes columns as comma-separated values (RFC 4180, a header line, rows end in CR LF) in constant memory.
  ///
  /// Jagged columns take as many fields as the longest row of the file has values: `Jet_pt[0]`, `Jet_pt[1]`, …; fields are
  /// empty where a row has fewer. Numbers are the shortest that read back to the same value.
  /// - Throws: ``EventFileError``, `FileError`.
  public func writeCSV(to url: URL, columns names: [String]? = nil, batchSize: Int = 10_000) throws {
    let wanted = try (names ?? columnNames).map(column(named:))
    let widths = try wanted.map { try $0.isJagged ? longestRow(of: $0, batchSize: batchSize) : nil }
    try AtomicFile.replace(url) { temporary in
      guard FileManager.default.createFile(atPath: temporary.path, contents: nil),
        let handle = FileHandle(forWritingAtPath: temporary.path)
      else { throw EventFileError(.cannotWrite(String(cString: strerror(errno))), path: url.path) }
      defer { try? handle.close() }
      let header = zip(wanted, widths).flatMap { column, width in
        width.map { width in (0..<width).map { "\(column.name)[\($0)]" } } ?? [column.name]
      }
      try write(header.map(Self.quoted).joined(separator: ",") + "\r\n", to: handle, url)
      var batches = batches(of: batchSize, columns: wanted.map(\.name))
      while let batch = try batches.next() {
        let fields = try wanted.map { try batch.column($0.name) }
        var text = ""
        for row in 0..<batch.rowCount {
          text +=
            zip(fields, widths).flatMap { Self.fields(of: $0, row: row, width: $1) }.joined(separator: ",") + "\r\n"
        }
        try write(text, to: handle, url)
      }
    }
  }

  private func longestRow(of column: EventColumn, batchSize: Int) throws -> Int {
    var longest = 0
    var batches = batches(of: batchSize, columns: [column.name])
    while let batch = try batches.next() {
      let offsets = try batch.column(column.name).offsets ?? [0]
      longest = zip(offsets, offsets.dropFirst()).reduce(longest) { max($0, $1.1 - $1.0) }
    }
    return longest
  }

  private func write(_ text: String, to handle: FileHandle, _ url: URL) throws {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw EventFileError(.cannotWrite(error.localizedDescription), path: url.path)
    }
  }

  private static func fields(of column: Column, row: Int, width: Int?) -> [String] {
    guard let width, let offsets = column.offsets else { return [column.values.text(at: row)] }
    let count = offsets[row + 1] - offsets[row]
    return (0..<width).map { $0 < count ? column.values.text(at: offsets[row] + $0) : "" }
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"\(field.replacing("\"", with: "\"\""))\""
  }
}

extension ColumnValues {
  fileprivate func text(at position: Int) -> String {
    switch self {
    case .float32(let values): "\(values[position])"
    case .float64(let values): "\(values[position])"
    case .int32(let values): "\(values[position])"
    case .int64(let values): "\(values[position])"
    case .uint8(let values): "\(values[position])"
    case .bool(let values): values[position] ? "1" : "0"
    }
  }
}
