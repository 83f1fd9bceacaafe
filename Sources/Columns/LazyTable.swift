/// Columns that can be found by name: those of a ``Table`` or of a ``LazyTable``.
public protocol ColumnLookup {
  var names: [String] { get }
  var rowCount: Int { get }
  /// The column of a name, or `nil`.
  func lazyColumn(_ name: String) -> LazyColumn?
}

extension Table: ColumnLookup {
  public func lazyColumn(_ name: String) -> LazyColumn? { self[name].map { LazyColumn($0) } }
}

/// A table whose columns are made when they are first asked for: to take rows, and to choose from collections, costs nothing for
/// columns that nobody looks at.
///
/// It is for the one task that makes it, asks it and drops it.
public struct LazyTable: ColumnLookup {
  public private(set) var names: [String]
  public let rowCount: Int
  private var columns: [String: LazyColumn]

  /// The rows of a table in a range; all where not told.
  public init(_ table: Table, rows: Range<Int>? = nil) {
    let range = rows ?? 0..<table.rowCount
    var shared: [UnsafePointer<Int>?: LazyOffsets] = [:]
    columns = table.columns.mapValues { column in
      guard let offsets = column.offsets else {
        return LazyColumn(column.values, range.count == table.rowCount ? nil : range, offsets: nil)
      }
      let isWhole = range.count == table.rowCount
      // Arrays that are one in memory are the offsets of one collection; others are compared by no one.
      let part = shared.offsets(like: offsets.withUnsafeBufferPointer(\.baseAddress)) {
        isWhole
          ? LazyOffsets(checked: offsets) : LazyOffsets(rowCount: range.count) { TakenValues(rows: range, of: offsets) }
      }
      let values = isWhole ? nil : offsets[range.lowerBound]..<offsets[range.upperBound]
      return LazyColumn(column.values, values, offsets: part)
    }
    names = table.names
    rowCount = range.count
  }

  private init(names: [String], rowCount: Int, columns: [String: LazyColumn]) {
    self.names = names
    self.rowCount = rowCount
    self.columns = columns
  }

  public func lazyColumn(_ name: String) -> LazyColumn? { columns[name] }

  /// Adds a column, or replaces the one of that name; columns that were chosen from that one keep their values.
  /// - Throws: ``TableError/rowCount(name:found:expected:)``.
  public mutating func add(_ name: String, _ column: LazyColumn) throws {
    guard column.rowCount == rowCount else {
      throw TableError.rowCount(name: name, found: column.rowCount, expected: rowCount)
    }
    if columns.updateValue(column, forKey: name) == nil { names.append(name) }
  }

  /// The rows at the given positions, in that order.
  public func gathered(rows: [Int]) -> LazyTable {
    var shared: [ObjectIdentifier: LazyOffsets] = [:]
    let taken = columns.mapValues { column in
      guard let offsets = column.offsets else {
        return LazyColumn(column.type, count: rows.count) { column.gathered(at: rows) }
      }
      return column.taken(
        shared.offsets(like: ObjectIdentifier(offsets)) {
          LazyOffsets(rowCount: rows.count, from: offsets) { TakenValues(rows: rows, of: offsets.values) }
        })
    }
    return LazyTable(names: names, rowCount: rows.count, columns: taken)
  }

  /// A table of these columns, in this order.
  /// - Throws: ``TableError/noColumn(name:nearest:available:)``.
  public func table(of wanted: [String]) throws -> Table {
    try Table(
      wanted.map { name in
        guard let column = columns[name] else { throw TableError.noColumn(name, among: names) }
        return (name, column.made)
      })
  }

  /// A table of all columns.
  public func table() -> Table { Table(names: names, rowCount: rowCount, columns: columns.mapValues(\.made)) }
}

extension Dictionary where Value == LazyOffsets {
  /// The offsets of a key, made where there are none.
  fileprivate mutating func offsets(like key: Key, _ make: () -> LazyOffsets) -> LazyOffsets {
    if let known = self[key] { return known }
    let made = make()
    self[key] = made
    return made
  }
}
