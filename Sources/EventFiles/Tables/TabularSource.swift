import Columns
import Foundation
import Records

/// A column that a tabular file offers.
public struct TabularColumn: Hashable, Sendable, Codable {
  public var name: String
  public var type: ColumnType
  /// Whether a row has any number of values.
  public var isJagged: Bool

  public init(name: String, type: ColumnType, isJagged: Bool = false) {
    self.name = name
    self.type = type
    self.isJagged = isJagged
  }
}

/// What a file has beside its columns and no table can hold: texts, variants, and the like.
public struct UnreadableColumn: Hashable, Sendable, Codable {
  public var name: String
  public var reason: String

  public init(name: String, reason: String) {
    self.name = name
    self.reason = reason
  }
}

/// A file that holds a table, whatever its format: event tables and any other table in HDF5, trees and RNTuples of ROOT files,
/// comma-separated values, arrays of NumPy. ``openTable(_:tree:text:namedFriends:)`` finds which.
public protocol TabularSource: Sendable {
  var url: URL { get }
  /// `ROOT tree 'Events'`, for remarks and errors.
  var kind: String { get }
  /// In the order of the file.
  var columns: [TabularColumn] { get }
  /// In the order of the file.
  var unreadable: [UnreadableColumn] { get }
  /// `nil` where only reading to the end would tell.
  var entryCount: Int? { get }

  /// The entries from front to back, at most `size` at a time, in memory for about one chunk.
  /// - Parameters:
  ///   - columns: names among ``columns``.
  ///   - entries: all where not told.
  /// - Throws: an error that names the file if columns or entries are not there.
  func chunks(of size: Int, columns: [String], entries: Range<Int>?) throws -> any TableChunks
}

/// Tables of consecutive rows. One owner at a time.
public protocol TableChunks: AnyObject {
  /// The next rows, or `nil` after the last.
  func next() throws -> Table?
  /// How much of the whole is done, in [0, 1].
  var fractionDone: Double { get }
}

extension TabularSource {
  /// Some columns of some entries in one table; all where not told.
  public func read(columns names: [String]? = nil, entries: Range<Int>? = nil) throws -> Table {
    let wanted = names ?? columns.map(\.name)
    let chunks = try chunks(of: max(1, entries?.count ?? entryCount ?? 1 << 20), columns: wanted, entries: entries)
    var table = Table()
    while let chunk = try chunks.next() { try table.append(chunk) }
    if table.names.isEmpty { for name in wanted { try table.add(name, emptyColumn(try column(named: name))) } }
    return table
  }

  /// The description of a column.
  /// - Throws: ``EventFileError`` with the nearest name, or with the reason where the column is unreadable.
  public func column(named name: String) throws -> TabularColumn {
    if let column = columns.first(where: { $0.name == name }) { return column }
    if let other = unreadable.first(where: { $0.name == name }) {
      throw EventFileError(.unreadableType(dataset: name, reason: other.reason), path: url.path)
    }
    let names = columns.map(\.name)
    throw EventFileError(
      .noColumn(name: name, nearest: nearestName(to: name, in: names), available: names), path: url.path)
  }

  /// The names that match any of some patterns, in the file's order; `*` stands for any text, `?` for one character.
  /// - Throws: ``EventFileError`` for a pattern that matches nothing.
  public func columnNames(matching patterns: [String]) throws -> [String] {
    var chosen = Set<String>()
    for pattern in patterns {
      guard pattern.contains("*") || pattern.contains("?") else {
        chosen.insert(try column(named: pattern).name)
        continue
      }
      let found = columns.map(\.name).filter { matchesGlob($0, pattern) }
      guard !found.isEmpty else {
        throw EventFileError(.noMatch(pattern: pattern, available: columns.map(\.name)), path: url.path)
      }
      chosen.formUnion(found)
    }
    return columns.map(\.name).filter(chosen.contains)
  }

  func checked(_ entries: Range<Int>?) throws -> Range<Int> {
    let available = entryCount ?? 0
    let range = entries ?? 0..<available
    guard range.lowerBound >= 0, range.upperBound <= available else {
      throw EventFileError(.rows(requested: range, available: available), path: url.path)
    }
    return range
  }
}

/// A column of no rows.
func emptyColumn(_ column: TabularColumn) -> Column {
  let values: ColumnValues =
    switch column.type {
    case .float32: .float32([])
    case .float64: .float64([])
    case .int32: .int32([])
    case .int64: .int64([])
    case .uint8: .uint8([])
    case .bool: .bool([])
    }
  return column.isJagged ? Column(values, offsets: [0]) : Column(values)
}

/// The chunks of a file whose rows are reached in any order.
final class RangeChunks: TableChunks {
  private let range: Range<Int>
  private let size: Int
  private var position: Int
  private let read: (Range<Int>) throws -> Table

  init(_ range: Range<Int>, size: Int, read: @escaping (Range<Int>) throws -> Table) {
    precondition(size > 0, "chunks hold at least one row, got \(size)")
    self.range = range
    self.size = size
    position = range.lowerBound
    self.read = read
  }

  func next() throws -> Table? {
    guard position < range.upperBound else { return nil }
    let end = min(position + size, range.upperBound)
    let table = try read(position..<end)
    position = end
    return table
  }

  var fractionDone: Double {
    range.isEmpty ? 1 : Double(position - range.lowerBound) / Double(range.count)
  }
}

/// Whether a name fits a pattern with `*` and `?`.
func matchesGlob(_ name: String, _ pattern: String) -> Bool {
  let text = Array(name.unicodeScalars), glob = Array(pattern.unicodeScalars)
  var t = 0, g = 0
  var star: (glob: Int, text: Int)?
  while t < text.count {
    if g < glob.count, glob[g] == "*" {
      star = (g, t)
      g += 1
    } else if g < glob.count, glob[g] == "?" || glob[g] == text[t] {
      g += 1
      t += 1
    } else if let last = star {
      star = (last.glob, last.text + 1)
      g = last.glob + 1
      t = last.text + 1
    } else {
      return false
    }
  }
  return glob[g...].allSatisfy { $0 == "*" }
}
