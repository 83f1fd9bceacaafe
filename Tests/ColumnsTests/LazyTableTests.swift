import Records
import Testing

@testable import Columns

@Suite struct LazyTableTests {
  /// Rows of few or no objects, each type of values.
  private func sample(_ random: inout RandomStream, rows: Int) throws -> Table {
    let offsets = (0..<rows).reduce(into: [0]) { offsets, _ in
      offsets.append(offsets[offsets.count - 1] + random.integer(below: 4))
    }
    let count = offsets.last ?? 0
    return try Table([
      ("met", Column((0..<rows).map { _ in random.normal() })),
      ("Jet_pt", Column(.float32((0..<count).map { _ in Float(random.uniform()) }), offsets: offsets)),
      ("Jet_charge", Column(.int32((0..<count).map { _ in Int32(random.integer(below: 9)) }), offsets: offsets)),
      ("Jet_btag", Column(.bool((0..<count).map { _ in random.integer(below: 2) == 0 }), offsets: offsets)),
      ("Tau_id", Column(.int64((0..<rows).map(Int64.init)), offsets: Array(0...rows))),
    ])
  }

  private func mask(_ random: inout RandomStream, _ count: Int) -> [Bool] {
    (0..<count).map { _ in random.integer(below: 2) == 0 }
  }

  /// Ranges, rows and objects taken in any order, values looked at in between or not: what is left is what one by one gives.
  @Test(arguments: [UInt64](0..<20)) func takingLaterIsTakingAtOnce(_ seed: UInt64) throws {
    var random = SeedTree(root: seed).child("lazy").stream()
    let whole = try sample(&random, rows: random.integer(below: 60))
    let first = random.integer(below: whole.rowCount + 1)
    let range = first..<first + random.integer(below: whole.rowCount - first + 1)
    var lazy = LazyTable(whole, rows: range)
    var eager: [String: (values: [Double], offsets: [Int]?)] = [:]
    for name in whole.names {
      let column = try whole.column(name)
      let rows = range.map { row in column.offsets.map { $0[row]..<$0[row + 1] } ?? row..<row + 1 }
      let numbers = column.values.asDoubles()
      eager[name] = (
        rows.flatMap { numbers[$0] },
        column.isJagged ? rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) } : nil
      )
    }
    for step in 0..<5 {
      if random.integer(below: 2) == 0 {
        let kept = mask(&random, lazy.rowCount).truePositions()
        lazy = lazy.gathered(rows: kept)
        for (name, column) in eager {
          guard let offsets = column.offsets else {
            eager[name] = (kept.map { column.values[$0] }, nil)
            continue
          }
          eager[name] = (
            kept.flatMap { column.values[offsets[$0]..<offsets[$0 + 1]] },
            kept.reduce(into: [0]) { $0.append($0[$0.count - 1] + offsets[$1 + 1] - offsets[$1]) }
          )
        }
      } else {
        // Of a collection or of one that was chosen before.
        let source =
          ["Jet", "good\(step - 1)", "good\(step - 2)"].first {
            eager["\($0)_pt"] != nil && random.integer(below: 2) == 0
          } ?? "Jet"
        let offsets = try #require(eager["\(source)_pt"]?.offsets)
        let flags = mask(&random, offsets.last ?? 0)
        let chosen = LazyOffsets(where: flags, of: offsets)
        for member in ["pt", "charge", "btag"] {
          let column = try #require(lazy.lazyColumn("\(source)_\(member)"))
          try lazy.add("good\(step)_\(member)", column.taken(chosen))
          let values = try #require(eager["\(source)_\(member)"]?.values)
          eager["good\(step)_\(member)"] = (
            flags.truePositions().map { values[$0] },
            offsets.map { end in flags[..<end].count { $0 } }
          )
        }
      }
      if random.integer(below: 3) == 0, let name = lazy.names.randomElement(using: &random) {
        _ = lazy.lazyColumn(name)?.values
      }
      try checkElements(of: lazy, eager, index: random.integer(below: 5) - 2)
    }
    let made = lazy.table()
    #expect(made.names == lazy.names)
    for (name, expected) in eager {
      #expect(made[name]?.values.asDoubles() == expected.values && made[name]?.offsets == expected.offsets, "\(name)")
      #expect(lazy.lazyColumn(name)?.doubles == expected.values)
    }
  }

  private func checkElements(
    of lazy: LazyTable, _ eager: [String: (values: [Double], offsets: [Int]?)], index: Int
  ) throws {
    for (name, column) in eager {
      guard let offsets = column.offsets else { continue }
      let found = try #require(lazy.lazyColumn(name)).elements(index)
      for row in 0..<lazy.rowCount {
        let values = column.values[offsets[row]..<offsets[row + 1]]
        let place = index >= 0 ? index : values.count + index
        let expected =
          values.indices.contains(values.startIndex + place) && place >= 0 ? values[values.startIndex + place] : nil
        #expect(found.present[row] == (expected != nil) && found.numbers[row] == expected ?? 0, "\(name)[\(index)]")
      }
    }
  }

  @Test func columnsKeepTheirRows() throws {
    var table = LazyTable(try Table([("x", Column([1.0, 2.0]))]))
    #expect(throws: TableError.rowCount(name: "y", found: 1, expected: 2)) {
      try table.add("y", LazyColumn(Column([1.0])))
    }
    #expect(throws: TableError.self) { try table.table(of: ["z"]) }
    // A column that takes another's name leaves those alone that were taken from it.
    try table.add("Jet_pt", LazyColumn(Column(.float32([1, 2, 3]), offsets: [0, 1, 3])))
    let good = try #require(table.lazyColumn("Jet_pt")).taken(LazyOffsets(where: [true, false, true], of: [0, 1, 3]))
    try table.add("Jet_pt", LazyColumn(Column(.float32([7, 8]), offsets: [0, 1, 2])))
    try table.add("good_pt", good)
    #expect(table.table()["good_pt"] == Column(.float32([1, 3]), offsets: [0, 1, 2]))
  }

  @Test func aTableWithoutRowsIsTaken() throws {
    let empty = LazyTable(try Table([("Jet_pt", Column(.float32([]), offsets: [0]))]), rows: 0..<0)
    #expect(empty.gathered(rows: []).table()["Jet_pt"] == Column(.float32([]), offsets: [0]))
    #expect(empty.lazyColumn("Jet_pt")?.elements(0).numbers == [])
  }
}
