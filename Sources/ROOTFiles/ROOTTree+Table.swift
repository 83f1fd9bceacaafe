import Columns

extension ROOTTree {
  /// A table of the branches that match any of the patterns, in the tree's order; `*` stands for any text, `?` for one character.
  ///
  /// Names: the last part of the path, with `_` for `.`: the branch `Jet/Jet.PT` becomes the column `Jet_PT`.
  /// Values: int8, int16 and uint16 become int32; uint32 and uint64 become int64. Arrays of fixed size are jagged columns whose
  /// rows are of one length. Records become a column for each member, `Jet_P4_fE`. Lists of lists become two columns: the
  /// values of an entry one after another, and `<name>_count` with the length of each inner list.
  /// Branches that match a pattern with `*` or `?` but have no place in a table (texts, deeper lists, unreadable classes) are left out;
  /// ``tableBranches(_:)`` tells which and why. A branch that is named in full is an error instead.
  /// - Throws: ``ROOTFileError``.
  public func table(_ patterns: [String] = ["*"], entries: Range<Int>? = nil) throws -> Table {
    let selection = try tableBranches(patterns)
    let arrays = try arrays(of: selection.chosen, entries: entries)
    var result = Table()
    for (branch, array) in zip(selection.chosen, arrays) {
      do {
        for (name, column) in try columns(of: array, named: columnName(branch)) { try result.add(name, column) }
      } catch let error as ROOTFileError where selection.named.contains(branch.path) {
        throw error.locating(path: file.path, object: "\(path): \(branch.path)")
      } catch is ROOTFileError {
        continue
      }
    }
    return result
  }

  /// Which branches a table of these patterns has, and which match but cannot be read, with the reason.
  public func tableBranches(
    _ patterns: [String]
  ) throws -> (chosen: [ROOTBranch], named: Set<String>, left: [(branch: ROOTBranch, reason: String)]) {
    var wanted = Set<String>()
    var named = Set<String>()
    for pattern in patterns {
      if pattern.contains("*") || pattern.contains("?") {
        let found = branches.filter {
          globMatches(pattern, $0.path) || globMatches(pattern, $0.name) || globMatches(pattern, columnName($0))
        }
        wanted.formUnion(found.map(\.path))
      } else {
        let branch = try branches.first { columnName($0) == pattern && $0.isReadable } ?? branch(pattern)
        wanted.insert(branch.path)
        named.insert(branch.path)
      }
    }
    let all = branches.filter { wanted.contains($0.path) }
    for branch in all where named.contains(branch.path) { _ = try read(branch, 0..<0) }
    let left = all.compactMap { branch in
      branch.problem.map { (branch: branch, reason: $0) }
    }
    return (all.filter { $0.problem == nil && (!$0.isGroup || named.contains($0.path)) }, named, left)
  }

  private func read(_ branch: ROOTBranch, _ range: Range<Int>) throws -> ROOTArray {
    try arrays(of: [branch], entries: range)[0]
  }

  /// The name of a branch's column: `Jet_PT` for the branch `Jet.PT`, without dimensions.
  ///
  /// Where several branches have one name, the names of the branches above them stand before it.
  public func columnName(_ branch: ROOTBranch) -> String {
    var name = Self.plainName(hasSiblingOfItsName(branch) ? branch.path : branch.name)
    while name.hasSuffix("_"), name.count > 1 { name.removeLast() }
    return name
  }

  private static func plainName(_ name: String) -> String {
    String(name.prefix { $0 != "[" }.map { $0 == "." || $0 == "/" ? "_" : $0 })
  }
}

/// Whether a text fits a pattern with `*` and `?`.
func globMatches(_ glob: String, _ name: String) -> Bool {
  let pattern = Array(glob.utf8), text = Array(name.utf8)
  var p = 0, t = 0
  var star: Int?
  var mark = 0
  while t < text.count {
    if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
      star = p
      mark = t
      p += 1
    } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
      p += 1
      t += 1
    } else if let last = star {
      p = last + 1
      mark += 1
      t = mark
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
}

/// The columns that hold an array: one, or several for records and lists of lists.
///
/// `rows` says which elements of `array` belong to each row of the table; `nil`: one each.
/// - Throws: ``ROOTFileError`` for texts, variants and lists of more than two levels.
func columns(of array: ROOTArray, named name: String, rows: [Int]? = nil, depth: Int = 0) throws -> [(String, Column)] {
  switch array {
  case .numbers(let numbers):
    let values = try columnValues(numbers)
    return [(name, rows.map { Column(values, offsets: $0) } ?? Column(values))]
  case .strings: throw unfit("text")
  case .variant: throw unfit("variants")
  case .record(let fields, _):
    // A name within an object (as of a TRefArray) does not keep its numbers out.
    let numeric = fields.filter { if case .strings = $0.values { false } else { true } }
    guard !numeric.isEmpty else { throw unfit("text") }
    return try numeric.flatMap { try columns(of: $0.values, named: "\(name)_\($0.name)", rows: rows, depth: depth) }
  case .fixed(let size, let content, let count):
    let inner = (rows ?? Array(0...count)).map { $0 * size }
    return try columns(of: content, named: name, rows: inner, depth: depth)
  case .list(let offsets, let content):
    guard depth < 2 else { throw unfit("lists deeper than two") }
    guard let rows else { return try columns(of: content, named: name, rows: offsets, depth: 1) }
    let lengths = zip(offsets, offsets.dropFirst()).map { Int32(truncatingIfNeeded: $1 - $0) }
    return try columns(of: content, named: name, rows: rows.map { offsets[$0] }, depth: 2)
      + [("\(name)_count", Column(.int32(lengths), offsets: rows))]
  }
}

private func unfit(_ what: String) -> ROOTFileError {
  ROOTFileError(.unreadable(className: what, reason: "a table has no column for it"))
}

/// Numbers in the types that columns have.
private func columnValues(_ numbers: ROOTNumbers) throws -> ColumnValues {
  switch numbers {
  case .int8(let values): return .int32(values.map(Int32.init))
  case .uint8(let values): return .uint8(values)
  case .int16(let values): return .int32(values.map(Int32.init))
  case .uint16(let values): return .int32(values.map(Int32.init))
  case .int32(let values): return .int32(values)
  case .uint32(let values): return .int64(values.map(Int64.init))
  case .int64(let values): return .int64(values)
  case .uint64(let values):
    guard values.allSatisfy({ $0 <= UInt64(Int64.max) }) else { throw unfit("integers above 2⁶³") }
    return .int64(values.map(Int64.init))
  case .float32(let values): return .float32(values)
  case .float64(let values): return .float64(values)
  case .bool(let values): return .bool(values)
  }
}
