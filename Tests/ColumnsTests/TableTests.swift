import Testing

@testable import Columns

@Suite struct TableTests {
  private func sample() throws -> Table {
    try Table([
      ("weight", Column([1.0, 2.0, 3.0])),
      ("Jet_pt", Column(.float32([50, 40, 30]), offsets: [0, 2, 2, 3])),
      ("Jet_pt:jes_up", Column(.float32([55, 44, 33, 22]), offsets: [0, 2, 3, 4])),
      ("MissingET_MET", Column(.float32([10, 20, 30]))),
    ])
  }

  @Test func rowsAreKeptTogether() throws {
    let table = try sample().filtered([true, false, true])
    #expect(table.rowCount == 2)
    #expect(table["Jet_pt"] == Column(.float32([50, 40, 30]), offsets: [0, 2, 3]))
    #expect(try table.doubles("weight") == [1, 3])
  }

  @Test func piecesJoinToTheWhole() throws {
    let whole = try sample()
    var joined = whole[rows: 0..<1]
    try joined.append(whole[rows: 1..<1])
    try joined.append(whole[rows: 1..<3])
    #expect(joined == whole)
  }

  @Test func aVariationReplacesWhatItVaries() throws {
    let up = try sample().variation("jes_up")
    #expect(up.names == ["weight", "Jet_pt", "MissingET_MET"])
    #expect(up["Jet_pt"]?.values == .float32([55, 44, 33, 22]))
    #expect(try sample().variation("nominal")["Jet_pt"]?.values == .float32([50, 40, 30]))
    #expect(try sample().variations == ["jes_up"])
    #expect(throws: TableError.self) { try sample().variation("jer") }
  }

  @Test func errorsSayWhatWouldHaveWorked() throws {
    let table = try sample()
    #expect(throws: TableError.jagged(name: "Jet_pt")) { try table.doubles("Jet_pt") }
    do {
      _ = try table.column("Jet_ptt")
      Issue.record("found a column that is not there")
    } catch {
      #expect("\(error)".contains("nearest: 'Jet_pt'"))
    }
    var short = table
    #expect(throws: TableError.rowCount(name: "x", found: 1, expected: 3)) { try short.add("x", Column([1.0])) }
    #expect(throws: TableError.self) { try short.append(Table([("weight", Column([1.0]))])) }
  }
}
