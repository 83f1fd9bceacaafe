import ByteIO
import Columns
import Foundation
import Records
import TestSupport
import Testing

@testable import EventFiles

@Suite struct TextTableTests {
  private func table(
    _ text: String, named name: String = "a.csv", _ change: (inout TextTableOptions) -> Void = { _ in }
  ) throws -> Table {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: url)
      var options = TextTableOptions()
      change(&options)
      return try TextTable(url, options: options).read()
    }
  }

  private func complaint(_ text: String, _ change: (inout TextTableOptions) -> Void = { _ in }) -> String {
    do {
      _ = try table(text, change)
      return "no complaint"
    } catch { return "\(error)".replacing(/^.*a\.csv/, with: "") }
  }

  @Test func headersAndTypes() throws {
    let t = try table("n,x,ok,word\n1,2.5,true,a\n-3,,False,b\n")
    #expect(t.names == ["n", "x", "ok"])
    #expect(t["n"]?.values == .int64([1, -3]))
    #expect(t["ok"]?.values == .bool([true, false]))
    #expect(try t.doubles("x")[0] == 2.5 && t.doubles("x")[1].isNaN)
    #expect(try table("1,2\n3,4\n").names == ["column0", "column1"])
    #expect(try table("a,b\n1,2\n") { $0.names = ["u", "v"] }.names == ["u", "v"])
    // Whole numbers with a gap, or beyond 64 bits, are real numbers.
    #expect(try table("n\n1\nNA\n")["n"]?.values.type == .float64)
    #expect(try table("n\n1\n92233720368547758080\n").doubles("n")[1] == 92_233_720_368_547_758_080)
    #expect(try table("0,1\n") { $0.header = .present }.names == ["0", "1"])
  }

  @Test func delimiters() throws {
    for text in [
      "a;b\n1;2\n", "a\tb\n1\t2\n", "a b\n  1   2 \n", "a,b\r\n1,2\r\n", "a,b\n1,2", "\u{FEFF}a,b\n\n1, 2 \n\n",
    ] {
      let t = try table(text)
      #expect(t.names == ["a", "b"] && t["a"]?.values == .int64([1]) && t["b"]?.values == .int64([2]), "\(text)")
    }
    #expect(try table("# about\na,b\n# more\n1,2\n").rowCount == 1)
    #expect(try table("a\n1\n") { $0.delimiter = .tab }.names == ["a"])
  }

  /// A carriage return alone ends a row as a line feed does, the header's too: there may be more rows than lines.
  @Test func carriageReturnsEndRows() throws {
    let t = try table("a,b\r1,2\r3,4\r\n5,6\r\r7,8\n9,10\r")
    #expect(try t.doubles("a") == [1, 3, 5, 7, 9])
    #expect(try t.doubles("b") == [2, 4, 6, 8, 10])
    let many = try table("n,x\r" + (0..<20_000).map { "\($0),\(Double($0) / 4)\r" }.joined())
    #expect(try many.doubles("n") == (0..<20_000).map(Double.init))
    #expect(try many.doubles("x") == (0..<20_000).map { Double($0) / 4 })
  }

  @Test func quotes() throws {
    let t = try table("\"a, b\",\"say \"\"hi\"\"\",\"two\nlines\"\n\"1\",\"2.5\",3\n\"4\",5,6\n")
    #expect(t.names == ["a, b", "say \"hi\"", "two\nlines"])
    #expect(try t.doubles("a, b") == [1, 4])
    #expect(try t.doubles("two\nlines") == [3, 6])
  }

  @Test func indexedColumnsAreJagged() throws {
    let t = try table("w,Jet_pt[0],Jet_pt[1],m[0]\n1,10,20.5,7\n2,,,8\n3,30,,9\n")
    #expect(t["Jet_pt"] == Column(.float64([10, 20.5, 30]), offsets: [0, 2, 2, 3]))
    #expect(t["m"] == Column(.int64([7, 8, 9]), offsets: [0, 1, 2, 3]))
    #expect(
      complaint("a[0],a[1]\n1,2\n,3\n").contains(":3:2: column 'a[1]' has a value, but the one before it has none"))
    // Not where the name is another column's.
    let taken = try table("x[0],x,x[1]\n1,2,3\n")
    #expect(taken.names == ["x[0]", "x", "x[1]"] && taken["x[0]"] == Column(.int64([1])))
    // Texts are no column.
    let beside = try table("x,x[0]\nred,2\n")
    #expect(beside.names == ["x"] && beside["x"] == Column(.int64([2]), offsets: [0, 1]))
  }

  /// A mark at the start of a file says that it is UTF-8; in a name it stays.
  @Test func aNameMayBeginWithAByteOrderMark() throws {
    let t = try table("\u{FEFF}\u{FEFF}x\n1\n")
    #expect(t.names == ["\u{FEFF}x"])
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      let writer = try TextTableWriter(url)
      try writer.append(t)
      try writer.finish()
      #expect(try TextTable(url).read() == t)
    }
  }

  /// A row whose only field is empty is no empty line.
  @Test func aRowWithoutValuesIsARow() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      let column = Column(.float64([10, 30]), offsets: [0, 1, 1, 2])
      let writer = try TextTableWriter(url, widths: ["m": 1])
      try writer.append(Table([("m", column)]))
      try writer.finish()
      #expect(try String(decoding: Data(contentsOf: url), as: UTF8.self) == "m[0]\r\n10.0\r\n\"\"\r\n30.0\r\n")
      #expect(try TextTable(url).read()["m"] == column)
    }
  }

  @Test func faultsNameLineAndColumn() {
    #expect(complaint("") == ":1: the file is empty")
    #expect(complaint("# only\n") == ":1: there are no rows")
    #expect(complaint("a,b\n1,2\n3\n") == ":3:2: the row has 1 field, expected 2 as in the first row")
    #expect(complaint("a,b\n1,2\n3,4,5\n") == ":3:1: the row has more than 2 fields, which the first row has")
    #expect(complaint("a,a\n1,2\n") == ":1:1: two columns have the name 'a'")
    #expect(complaint("a,b\n1,\"2\n").contains(":2: a quote is not closed"))
    #expect(complaint("a,b\n1,\"2\"x\n").contains(":2:6: text after a closing quote"))
    let words = complaint("a,b\n1,2\n3,x\n") { $0.types = .all(.float64) }
    #expect(words == ":3:3: 'x' in column 'b' is no number")
    #expect(
      complaint("a\n1\n2.5\n") { $0.types = .all(.int64) } == ":3:1: '2.5' in column 'a' is no whole number of 64 bits")
    #expect(complaint("a,b\n1,2\n") { $0.names = ["x"] }.contains("the row has 2 fields, but 1 names were given"))
  }

  /// Random tables of random shape are read as they were written, whatever the blocks and lanes.
  @Test(arguments: 0..<12) func writtenIsRead(_ seed: Int) throws {
    var random = SeedTree(root: UInt64(seed)).child("text").stream()
    let rows = [0, 1, 3, 100, 5000, 20_000][random.integer(below: 6)]
    let isTabs = random.integer(below: 2) == 0, isPacked = random.integer(below: 2) == 0
    var expected = Table()
    try expected.add("x", Column((0..<rows).map { _ in Double(bitPattern: random.next() & 0xBFEF_FFFF_FFFF_FFFF) }))
    try expected.add("i", Column(.int64((0..<rows).map { _ in Int64(bitPattern: random.next()) })))
    let counts = (0..<rows).map { _ in random.integer(below: 4) }
    let offsets = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    try expected.add(
      "Jet, \"pt\"", Column(.float64((0..<(offsets.last ?? 0)).map { _ in random.normal() * 1e3 }), offsets: offsets))
    try expected.add("last", Column((0..<rows).map { _ in random.uniform() }))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.\(isTabs ? "tsv" : "csv")\(isPacked ? ".gz" : "")")
      let writer = try TextTableWriter(
        url, delimiter: isTabs ? .tab : .comma, compression: isPacked ? 1 : nil, widths: ["Jet, \"pt\"": 3])
      if rows == 0 { try writer.append(expected) }
      for start in stride(from: 0, to: rows, by: 777) {
        try writer.append(expected[rows: start..<min(rows, start + 777)])
      }
      try writer.finish()
      let source = try TextTable(url)
      #expect(source.entryCount == rows)
      guard rows > 3 else { return }
      #expect(try source.read() == expected)
      let part = rows / 3..<rows / 3 * 2
      #expect(try source.read(columns: ["last", "x"], entries: part) == expected.selecting(["last", "x"])[rows: part])
      let chunks = try source.chunks(of: 333, columns: ["i"], entries: nil)
      var joined = Table()
      while let chunk = try chunks.next() {
        #expect(chunk.rowCount <= 333)
        try joined.append(chunk)
      }
      #expect(try joined == expected.selecting(["i"]))
    }
  }

  /// Blocks end anywhere: rows of all lengths around a block's end.
  @Test func blocksEndAtRows() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      for quoted in [false, true] {
        var text = ""
        for row in 0..<500 {
          text += quoted ? "\"\(row)\",\"\(String(repeating: "\n", count: row % 3))1\"\n" : "\(row),1\n"
        }
        try Data(text.utf8).write(to: url)
        for size in [64, 65, 100, 1000] {
          let blocks = try TextBlocks(url, blockBytes: size)
          var joined: [UInt8] = [], line = 1
          while let block = try blocks.next() {
            #expect(block.line == line && block.offset == joined.count)
            joined += block.bytes
            line += countLines(UnsafeRawBufferPointer(block.bytes))
          }
          #expect(joined == Array(text.utf8))
        }
      }
    }
  }

  @Test(.enabled(if: realDataURL != nil)) func higgsExcerpt() throws {
    let url = try #require(realDataURL).appendingPathComponent("higgs/lightgbm_binary.train.tsv")
    let source = try TextTable(url)
    #expect(source.entryCount == 7000 && source.columns.count == 29 && !source.hasHeader)
    let label = try source.read(columns: ["column0"]).doubles("column0")
    // Counted by `cut -f1 lightgbm_binary.train.tsv | sort | uniq -c`.
    #expect(label.reduce(0, +) == 3716)
  }
}
