import Columns
import Foundation

/// What a file with one table holds: its columns with their types, and its first row.
public struct TableInspection: Hashable, Sendable, Encodable {
  public var file: String
  public var fileBytes: Int
  /// `comma-separated text`, `NumPy arrays`.
  public var kind: String
  public var rows: Int
  public var columns: [TabularColumn]
  /// By column, as text.
  public var firstRow: [String: String]
  public var unreadable: [UnreadableColumn]

  /// Looks into a file; text is read once from front to back.
  /// - Throws: an error that names the file if it holds no table.
  public init(of url: URL, text: TextTableOptions = TextTableOptions()) throws {
    let source = try openTable(url, text: text)
    file = url.path
    fileBytes = (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
    kind = source.kind
    rows = source.entryCount ?? 0
    columns = source.columns
    unreadable = source.unreadable
    firstRow = [:]
    guard rows > 0 else { return }
    let first = try source.read(entries: 0..<1)
    for name in first.names {
      guard let values = first[name]?.values.asDoubles() else { continue }
      let shown = values.prefix(4).map { String(format: "%.9g", $0) }
      firstRow[name] = shown.joined(separator: " ") + (values.count > 4 ? " …" : "")
    }
  }
}

extension TableInspection: CustomStringConvertible {
  /// For a terminal.
  public var description: String {
    var lines = ["\(file): \(kind), \(rows) rows, \(columns.count) columns, \(fileBytes) bytes", ""]
    let width = (columns.map(\.name) + unreadable.map(\.name)).map(\.count).max() ?? 0
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    for column in columns {
      let type = column.isJagged ? "list<\(column.type.rawValue)>" : column.type.rawValue
      lines.append("  \(padded(column.name, width))  \(padded(type, 13))  \(firstRow[column.name] ?? "")")
    }
    for column in unreadable { lines.append("  \(padded(column.name, width))  unreadable: \(column.reason)") }
    return lines.joined(separator: "\n")
  }
}
