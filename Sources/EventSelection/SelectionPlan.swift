import Columns
import Dispatch
import Synchronization

/// How a selection is applied to a part of a table: what cuts need first, the rest for the events that pass.
struct SelectionPlan: Sendable {
  /// Rows whose columns, as doubles, stay in the cache of a core.
  static let chunkSize = 1 << 14

  private let selection: Selection
  private let kept: [String]?
  /// Definitions up to the last one that a cut needs; those behind it are computed for the events that pass only.
  private let early: Int

  /// What came of a chunk: the events that pass, and for each cut which of the chunk's pass it and those before.
  struct Chunk: Sendable {
    var table: Table
    var passes: [[Bool]]
  }

  init(_ selection: Selection, keeping kept: [String]?) {
    self.selection = selection
    self.kept = kept
    let needed = Set(selection.cuts.flatMap(\.expression.columns))
    // The names of counts, `nJet`, stand for columns of their collection.
    func isNeeded(_ name: String) -> Bool {
      needed.contains(name) || needed.contains { $0.hasPrefix("n") && name.hasPrefix($0.dropFirst() + "_") }
    }
    early = selection.definitions.lastIndex { isNeeded($0.name) }.map { $0 + 1 } ?? 0
  }

  func select(from input: Table) throws -> Chunk {
    var table = input
    for object in selection.objects { try object.add(to: &table) }
    for definition in selection.definitions[..<early] { try define(definition, in: &table) }
    var passes = Array(repeating: true, count: table.rowCount)
    var steps: [[Bool]] = []
    for cut in selection.cuts {
      let mask = try cut.expression.mask(on: table)
      for row in passes.indices { passes[row] = passes[row] && mask[row] }
      steps.append(passes)
    }
    let late = selection.definitions[early...]
    if let kept { table = try pruned(table, to: kept, late) }
    if !selection.cuts.isEmpty { table = table.filtered(passes) }
    for definition in late { try define(definition, in: &table) }
    if let kept { table = try table.selecting(kept) }
    return Chunk(table: table, passes: steps)
  }

  private func define(_ definition: NamedExpression, in table: inout Table) throws {
    try table.add(definition.name, definition.expression.evaluate(on: table))
  }

  /// The columns that are kept or that definitions still need.
  private func pruned(_ table: Table, to kept: [String], _ late: ArraySlice<NamedExpression>) throws -> Table {
    let named = Set(kept + late.flatMap(\.expression.columns))
    let counts = named.filter { $0.hasPrefix("n") && !table.contains($0) }.map { $0.dropFirst() + "_" }
    let wanted = table.names.filter { name in named.contains(name) || counts.contains { name.hasPrefix($0) } }
    // A table knows its rows by its columns.
    return wanted.isEmpty ? table : try table.selecting(wanted)
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
