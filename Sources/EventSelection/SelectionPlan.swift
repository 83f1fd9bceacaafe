import Columns
import Dispatch
import Synchronization

/// How a selection is applied to a part of a table: cut by cut, what follows being computed for the events that are left, and each
/// definition when the first cut needs it.
struct SelectionPlan: Sendable {
  /// The largest number of rows of a chunk: their columns, as doubles, stay in the cache of a core.
  static let chunkSize = 1 << 14

  private let selection: Selection
  private let kept: [String]?
  /// For each cut the number of definitions that come before it: up to the last one that it or a cut before it needs.
  private let definedBefore: [Int]

  /// What came of a chunk: the events that pass, and for each event how many cuts it passes before one that it does not.
  struct Chunk: Sendable {
    var table: Table
    var passed: [UInt16]
    var passes: [Bool]
    /// How many pass each cut and those before.
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

  func select(from input: LazyTable) throws -> Chunk {
    var table = input
    for object in selection.objects { try object.add(to: &table) }
    var done = 0
    // The rows that are left in the table (all where not told), and those of them that pass.
    var rows: [Int]?
    var isLeft = Array(repeating: true, count: input.rowCount)
    var passed = [UInt16](repeating: 0, count: input.rowCount)
    var counts: [Int] = []
    for (cut, end) in zip(selection.cuts, definedBefore) {
      for definition in selection.definitions[done..<end] { try table.define(definition) }
      done = end
      let count = isLeft.and(try cut.expression.mask(on: table))
      counts.append(count)
      if let rows {
        passed.withUnsafeMutableBufferPointer { passed in
          for (place, row) in rows.enumerated() { passed[row] &+= isLeft[place] ? 1 : 0 }
        }
      } else {
        passed.add(isLeft)
      }
      // Taking the rows that are left pays where they are few.
      guard 2 * count < isLeft.count else { continue }
      let places = isLeft.truePositions()
      table = table.gathered(rows: places)
      rows = rows.map { rows in places.map { rows[$0] } } ?? places
      isLeft = Array(repeating: true, count: count)
    }
    if let last = counts.last, last < isLeft.count { table = table.gathered(rows: isLeft.truePositions()) }
    for definition in selection.definitions[done...] { try table.define(definition) }
    let all = UInt16(selection.cuts.count)
    return Chunk(
      table: try kept.map { try table.table(of: $0) } ?? table.table(), passed: passed, passes: passed.are(all),
      counts: counts)
  }
}

extension LazyTable {
  mutating func define(_ definition: NamedExpression) throws {
    try add(definition.name, LazyColumn(definition.expression.evaluate(on: self)))
  }
}

extension [UInt16] {
  /// One more where the mask is true.
  fileprivate mutating func add(_ mask: [Bool]) {
    withUnsafeMutableBufferPointer { counts in
      mask.withUnsafeBytes { mask in
        for i in counts.indices { counts[i] &+= UInt16(mask[i]) }
      }
    }
  }

  fileprivate func are(_ value: UInt16) -> [Bool] {
    withUnsafeBufferPointer { numbers in
      [Bool](unsafeUninitializedCapacity: numbers.count) { out, count in
        count = numbers.count
        for i in numbers.indices { out[i] = numbers[i] == value }
      }
    }
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
