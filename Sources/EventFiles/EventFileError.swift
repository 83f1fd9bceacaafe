/// What is wrong with a file of events: the file, the column, what was found, what would have worked.
public struct EventFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    case noSuchFile
    case cannotRead(String)
    case cannotWrite(String)
    case notHDF5
    case truncated(String)
    /// An HDF5 file without the marks of an event table.
    case foreign(String)
    case newerSchema(found: Int, known: Int)
    case noColumn(name: String, nearest: String?, available: [String])
    /// A part of the file that contradicts another or cannot be decoded.
    case damaged(dataset: String, reason: String)
    /// A column whose values no table can hold.
    case unreadableType(dataset: String, reason: String)
    /// A batch that does not fit the columns of the file.
    case mismatch(column: String, reason: String)
    /// The content is not what the seal says.
    case brokenSeal
    case rows(requested: Range<Int>, available: Int)
    case notFinite(column: String, row: Int, value: String)
    /// A text that is no table; `column` counts bytes from 1.
    case inText(line: Int, column: Int?, reason: String)
    case noMatch(pattern: String, available: [String])
    /// A friend whose entries cannot go with those of a table.
    case friend(String, entries: Int, of: String, expected: Int)
    /// A file of no format with a table that is known.
    case unknownFormat(String)
  }

  public var problem: Problem
  public var path: String

  public init(_ problem: Problem, path: String) {
    self.problem = problem
    self.path = path
  }

  public var description: String {
    guard case .inText(let line, let column, let reason) = problem else { return "\(path): \(problem.text)" }
    return "\(path):\(line)\(column.map { ":\($0)" } ?? ""): \(reason)"
  }
}

extension EventFileError.Problem {
  var text: String {
    switch self {
    case .noSuchFile: "no such file"
    case .cannotRead(let reason): "cannot be read: \(reason)"
    case .cannotWrite(let reason): "cannot be written: \(reason)"
    case .notHDF5: "is no HDF5 file; expected an event table as 'searchlight generate' writes it"
    case .truncated(let reason): "is truncated (\(reason)); copy or generate it again"
    case .foreign(let reason):
      "is an HDF5 file but no event table: \(reason). 'searchlight inspect' shows what it holds"
    case .newerSchema(let found, let known):
      "has schema version \(found), this program knows 1 to \(known); use the program that wrote it or a newer one"
    case .noColumn(let name, let nearest, let available):
      "no column '\(name)'\(nearest.map { "; nearest: '\($0)'" } ?? ""). The file has \(available.joined(separator: ", "))"
    case .damaged(let dataset, let reason): "'\(dataset)' is damaged: \(reason); copy or generate the file again"
    case .friend(let friend, let found, let table, let expected):
      "\(friend) has \(found) entries and cannot be a friend of the \(table), which has \(expected)"
    case .unreadableType(let dataset, let reason): "'\(dataset)' cannot be a column: \(reason)"
    case .mismatch(let column, let reason): "column '\(column)' does not fit: \(reason)"
    case .brokenSeal:
      "is damaged: its content does not fit the checksum that it was written with; copy or generate it again"
    case .rows(let requested, let available): "rows \(requested) were asked for, the file has \(available)"
    case .notFinite(let column, let row, let value):
      "column '\(column)' holds \(value) in row \(row); expected finite numbers"
    case .inText(let line, _, let reason): "line \(line): \(reason)"
    case .noMatch(let pattern, let available):
      "no column matches '\(pattern)'. The file has \(available.joined(separator: ", "))"
    case .unknownFormat(let reason): reason
    }
  }
}
