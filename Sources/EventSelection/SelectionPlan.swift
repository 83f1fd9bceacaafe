import Columns
import Dispatch
import Synchronization

/// How a selection is applied to a part of a table: cut by cut, what follows being computed for the events that are left, and each
/// definition when the first cut needs it.
struct SelectionPlan: Sendable {
  /// Rows whose columns, as doubles, stay in the cache of a core.
  static let chunkSize = 1 << 13

  private let selection: Selection
  private let kept: [String]?
  /// For each cut the number of definitions that come before it: up to the last one that it or a cut before it needs.
  private let definedBefore: [Int]

  /// What came of a chunk: the events that pass, and for each cut which of the chunk's pass it and those before.
  struct Chunk: Sendable {
    var table: Table
    var passes: [[Bool]]
    /// How many do.
    var counts: [Int]
  }

  init(_ selection: Selection, keeping kept: [String]?) {
    self.selection = selection
    self.kept = kept
    var done = 0
    var definedBefore: [Int] = []
    for cut in selection.cuts {
      let needed = cut.expression.columns
      // The names of counts, `nJet`, stand for columns of their collection.
      let last = selection.definitions.lastIndex { definition in
        needed.contains { name in
          name == definition.name || (name.hasPrefix("n") && definition.name.hasPrefix(name.dropFirst() + "_"))
        }
      }
      done = max(done, last.map { $0 + 1 } ?? 0)
      definedBefore.append(done)
    }
    self.definedBefore = definedBefore
  }

  func select(from input: Table) throws -> Chunk {
    var table = input
    for object in selection.objects { try object.add(to: &table) }
    var done = 0
    // The rows that are left in the table, and those of them that pass.
    var rows = Array(0..<input.rowCount)
    var isLeft = Array(repeating: true, count: rows.count)
    var (steps, counts): ([[Bool]], [Int]) = ([], [])
    for (cut, end) in zip(selection.cuts, definedBefore) {
      for definition in selection.definitions[done..<end] { try define(definition, in: &table) }
      done = end
      let mask = try cut.expression.mask(on: table)
      var count = 0
      for row in isLeft.indices {
        isLeft[row] = isLeft[row] && mask[row]
        count += isLeft[row] ? 1 : 0
      }
      if rows.count == input.rowCount {
        steps.append(isLeft)
      } else {
        var passes = Array(repeating: false, count: input.rowCount)
        for index in rows.indices { passes[rows[index]] = isLeft[index] }
        steps.append(passes)
      }
      counts.append(count)
      // Taking the rows that are left out of all columns pays where they are few.
      guard 2 * count < rows.count else { continue }
      try keep(isLeft, of: &table, done, steps.count)
      rows = zip(rows, isLeft).filter(\.1).map(\.0)
      isLeft = Array(repeating: true, count: count)
    }
    if isLeft.contains(false) { try keep(isLeft, of: &table, done, selection.cuts.count) }
    for definition in selection.definitions[done...] { try define(definition, in: &table) }
    if let kept { table = try table.selecting(kept) }
    return Chunk(table: table, passes: steps, counts: counts)
  }

  /// Keeps rows, of the columns that are still needed.
  private func keep(_ mask: [Bool], of table: inout Table, _ defined: Int, _ cutCount: Int) throws {
    if let kept {
      let named = Set(
        kept + selection.definitions[defined...].flatMap(\.expression.columns)
          + selection.cuts[cutCount...].flatMap(\.expression.columns))
      let counts = named.filter { $0.hasPrefix("n") && !table.contains($0) }.map { $0.dropFirst() + "_" }
      let wanted = table.names.filter { name in named.contains(name) || counts.contains { name.hasPrefix($0) } }
      // A table knows its rows by its columns.
      if !wanted.isEmpty { table = try table.selecting(wanted) }
    }
    table = table.filtered(mask)
  }

  private func define(_ definition: NamedExpression, in table: inout Table) throws {
    try table.add(definition.name, definition.expression.evaluate(on: table))
  }
}

/// The values of `body` for 0 ..< count, computed by all cores, in order.
/// - Throws: the error of the lowest index that failed, so that what is reported does not depend on the threads.
func concurrentlyMapped<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) throws -> Value) throws -> [Value] {
  if count == 1 { return [try body(0)] }
  let results = Mutex([Result<Value, any Error>?](repeating: nil, count: count))
  DispatchQueue.concurrentPerform(iterations: count) { index in
    let result = Result { try body(index) }
    results.withLock { $0[index] = result }
  }
  return try results.withLock { try $0.compactMap { try $0?.get() } }
}
