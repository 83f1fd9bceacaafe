import Records

/// Columns by name, all with the same number of rows; the order of the names is kept.
public struct Table: Hashable, Sendable {
  public private(set) var names: [String] = []
  public private(set) var rowCount: Int
  private(set) var columns: [String: Column] = [:]

  /// An empty table: it takes its number of rows from the first column.
  public init() { rowCount = 0 }

  init(names: [String], rowCount: Int, columns: [String: Column]) {
    self.names = names
    self.rowCount = rowCount
    self.columns = columns
  }

  public init(_ columns: [(String, Column)]) throws {
    self.init()
    for (name, column) in columns { try add(name, column) }
  }

  public func contains(_ name: String) -> Bool { columns[name] != nil }

  /// The column of a name, or `nil`.
  public subscript(_ name: String) -> Column? { columns[name] }

  /// The column of a name.
  /// - Throws: ``TableError/noColumn(name:nearest:available:)``.
  public func column(_ name: String) throws -> Column {
    guard let column = columns[name] else {
      throw TableError.noColumn(name, among: names)
    }
    return column
  }

  /// A flat column's values as doubles.
  public func doubles(_ name: String) throws -> [Double] {
    let column = try column(name)
    guard !column.isJagged else { throw TableError.jagged(name: name) }
    return column.values.asDoubles()
  }

  /// Adds a column, or replaces the one of that name.
  public mutating func add(_ name: String, _ column: Column) throws {
    guard names.isEmpty || column.rowCount == rowCount || names == [name] else {
      throw TableError.rowCount(name: name, found: column.rowCount, expected: rowCount)
    }
    if columns.updateValue(column, forKey: name) == nil { names.append(name) }
    rowCount = column.rowCount
  }

  public mutating func remove(_ name: String) {
    columns[name] = nil
    names.removeAll { $0 == name }
  }

  /// The table with these columns only.
  public func selecting(_ wanted: [String]) throws -> Table {
    try Table(wanted.map { ($0, try column($0)) })
  }

  /// The rows in a range.
  public subscript(rows range: Range<Int>) -> Table { LazyTable(self, rows: range).table() }

  /// The rows at the given positions, in that order.
  public func gathered(rows: [Int]) -> Table { LazyTable(self).gathered(rows: rows).table() }

  /// The rows where the mask is true.
  public func filtered(_ mask: [Bool]) -> Table {
    precondition(mask.count == rowCount, "a mask of \(mask.count) for \(rowCount) rows")
    return gathered(rows: mask.truePositions())
  }

  /// Appends the rows of a table with the same columns of the same types.
  public mutating func append(_ other: Table) throws {
    guard !names.isEmpty else {
      self = other
      return
    }
    guard Set(names) == Set(other.names) else {
      let missing = names.filter { !other.contains($0) } + other.names.filter { !contains($0) }
      throw TableError.differentColumns(missing)
    }
    for name in names {
      guard var column = columns.removeValue(forKey: name), let more = other.columns[name] else { continue }
      guard column.values.type == more.values.type, column.isJagged == more.isJagged else {
        throw TableError.differentColumns([name])
      }
      column.append(more)
      columns[name] = column
    }
    rowCount += other.rowCount
  }
}

extension Table {
  /// The names of the object variations that the table carries: `jes_up` for a column `Jet_pt:jes_up`.
  public var variations: [String] {
    var found = [String]()
    for name in names {
      guard let colon = name.firstIndex(of: ":") else { continue }
      let variation = String(name[name.index(after: colon)...])
      if !found.contains(variation) { found.append(variation) }
    }
    return found
  }

  /// The table as it looks under a variation: `Jet_pt` is what `Jet_pt:jes_up` holds, and so on; no varied columns remain.
  ///
  /// `nominal` gives the table without its varied columns.
  /// - Throws: ``TableError/noVariation(name:available:)``.
  public func variation(_ variation: String) throws -> Table {
    guard variation == "nominal" || variations.contains(variation) else {
      throw TableError.noVariation(name: variation, available: ["nominal"] + variations)
    }
    var result = Table()
    result.rowCount = rowCount
    for name in names where !name.contains(":") {
      result.names.append(name)
      result.columns[name] = columns["\(name):\(variation)"] ?? columns[name]
    }
    // A collection whose content varies has a column for each of its members.
    for name in names where name.hasSuffix(":\(variation)") {
      let base = String(name.dropLast(variation.count + 1))
      if result.columns[base] == nil {
        result.names.append(base)
        result.columns[base] = columns[name]
      }
    }
    return result
  }
}

/// What can be wrong with a table.
public enum TableError: Error, Hashable, Sendable, CustomStringConvertible {
  case noColumn(name: String, nearest: String?, available: [String])
  case noVariation(name: String, available: [String])
  case jagged(name: String)
  case rowCount(name: String, found: Int, expected: Int)
  case differentColumns([String])

  static func noColumn(_ name: String, among names: [String]) -> TableError {
    .noColumn(name: name, nearest: nearestName(to: name, in: names), available: names)
  }

  public var description: String {
    switch self {
    case .noColumn(let name, let nearest, let available):
      "no column '\(name)'\(nearest.map { "; nearest: '\($0)'" } ?? ""). The table has \(available.sorted().joined(separator: ", "))"
    case .noVariation(let name, let available):
      "no variation '\(name)'; the table has \(available.joined(separator: ", "))"
    case .jagged(let name):
      "column '\(name)' has several values a row; reduce it first, for instance with count, max or [0]"
    case .rowCount(let name, let found, let expected):
      "column '\(name)' has \(found) rows, the table has \(expected)"
    case .differentColumns(let names):
      "the tables differ in \(names.joined(separator: ", "))"
    }
  }
}
