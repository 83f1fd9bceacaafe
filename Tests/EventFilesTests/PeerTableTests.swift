import ByteIO
import Columns
import Foundation
import TestSupport
import Testing

@testable import EventFiles

/// Tables that NumPy, h5py, pandas and Python's csv wrote (`Tests/Reference/tables`).
@Suite struct PeerTableTests {
  /// Numbers by column, exactly: JSON holds the shortest text of each double.
  private struct Expected: Decodable {
    var columns: [String: [Value]]
    var types: [String: String]
    var jagged: [Double]
    var offsets: [Int]
    var matrix: [Double]
  }

  private enum Value: Decodable {
    case number(Double)
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .number(flag ? 1 : 0)
      } else {
        self = .number(try container.decode(Double.self))
      }
    }
    var double: Double {
      switch self {
      case .number(let value): value
      }
    }
  }

  private func url(_ name: String) -> URL { referenceURL("tables/\(name)") }

  private func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: url("expected.json")))
  }

  private func check(_ table: Table, _ names: [String], from source: String) throws {
    let expected = try expected()
    for name in names {
      let values = try #require(expected.columns[name]).map(\.double)
      #expect(try table.doubles(name) == values, "\(name) of \(source)")
    }
  }

  private static let all = [
    "x", "small", "half", "signed", "short", "whole", "long", "byte", "word", "wide", "huge", "good",
  ]

  private static let types: [String: ColumnType] = [
    "x": .float64, "small": .float32, "half": .float32, "signed": .int32, "short": .int32, "whole": .int32,
    "long": .int64, "byte": .uint8, "word": .int32, "wide": .int64, "huge": .int64, "good": .bool,
  ]

  @Test(arguments: ["by_numpy.npz", "compressed.npz"]) func arraysOfNumPy(_ name: String) throws {
    let source = try openTable(url(name)), expected = try expected()
    #expect(source.entryCount == 37)
    for column in Self.all {
      #expect(try source.column(named: column).type == Self.types[column], "\(column)")
    }
    let table = try source.read()
    try check(table, Self.all, from: name)
    let jets = try table.column("Jet_pt")
    #expect(jets.offsets == expected.offsets && jets.values.asDoubles() == expected.jagged)
    let matrix = try table.column("matrix")
    #expect(matrix.offsets == (0...37).map { 3 * $0 } && matrix.values.asDoubles() == expected.matrix)
    if name == "compressed.npz" {
      #expect(Set(source.unreadable.map(\.name)) == ["text", "other", "single", "fortran"])
    }
    // A part, in chunks that do not fit its bounds.
    let part = try source.chunks(of: 7, columns: ["Jet_pt", "long"], entries: 5..<30)
    var joined = Table()
    while let chunk = try part.next() { try joined.append(chunk) }
    #expect(try joined == table.selecting(["Jet_pt", "long"])[rows: 5..<30])
  }

  /// Of members of one name the first is the column, whatever the types of the others.
  @Test func membersOfOneName() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npz")
      let sink = try ByteSink(url)
      var writer = ZipWriter(sink: sink)
      for values in [ColumnValues.float64([1.5, 2]), .uint8([7, 8])] {
        let bytes = NumPyHeader.bytes(type: values.type, count: 2) + values.withLittleEndianBytes(Array.init)
        var crc = CRC32()
        bytes.withUnsafeBytes { crc.update($0) }
        try writer.begin("x.npy", bytes: bytes.count, crc: crc.value)
        try writer.write(bytes[...])
      }
      try writer.end()
      try sink.finish()
      let source = try openTable(url)
      #expect(try source.read() == Table([("x", Column([1.5, 2]))]))
      #expect(source.unreadable == [UnreadableColumn(name: "x", reason: "another array has this name")])
    }
  }

  @Test func singleArrays() throws {
    let expected = try expected()
    let matrix = try openTable(url("matrix.npy")).read()
    #expect(matrix.names == ["column0", "column1", "column2"])
    for index in 0..<3 {
      #expect(try matrix.doubles("column\(index)") == (0..<37).map { expected.matrix[3 * $0 + index] })
    }
    let record = try openTable(url("record.npy")).read(entries: 4..<20)
    #expect(record.names == ["x", "whole", "three", "good"] && record.rowCount == 16)
    let whole = try openTable(url("record.npy")).read()
    try check(whole, ["x", "whole", "good"], from: "record.npy")
    #expect(try whole.column("three").values == .float32(expected.matrix.map { Float($0) }))
    #expect(whole[rows: 4..<20] == record)
  }

  @Test func datasetsOfH5py() throws {
    let expected = try expected()
    let source = try openTable(url("by_h5py.h5"), tree: "data")
    let table = try source.read()
    try check(table, Self.all, from: "h5py")
    for column in Self.all { #expect(try source.column(named: column).type == Self.types[column], "\(column)") }
    #expect(try table.column("matrix").values.asDoubles() == expected.matrix)
    #expect(Set(source.unreadable.map(\.name)) == ["label", "settings"])
    #expect(
      try source.read(columns: ["x", "matrix"], entries: 9..<11) == table.selecting(["x", "matrix"])[rows: 9..<11])
    let record = try openTable(url("by_h5py.h5"), tree: "/deep/below/record").read()
    #expect(record.names == ["x", "whole", "three", "good"])
    try check(record, ["x", "whole", "good"], from: "compound")
    #expect(try record.column("three").values == .float32(expected.matrix.map { Float($0) }))
    let array = try openTable(url("by_h5py.h5"), tree: "array").read(columns: ["column1"])
    #expect(try array.doubles("column1") == (0..<37).map { expected.matrix[3 * $0 + 1] })
    #expect(throws: EventFileError.self) { try openTable(url("by_h5py.h5")) }
    #expect(throws: EventFileError.self) { try openTable(url("by_h5py.h5"), tree: "dat") }
  }

  @Test(arguments: ["fixed.h5", "table.h5"]) func framesOfPandas(_ name: String) throws {
    let table = try openTable(url(name)).read()
    try check(table, ["x", "small", "whole", "long", "good"], from: name)
    #expect(try table.doubles("y") == table.doubles("x").map { 2 * $0 })
  }

  @Test func commaSeparatedValuesByPython() throws {
    let source = try openTable(url("plain.csv"))
    #expect(source.columns.map(\.type) == [.float64, .float64, .int64, .int64, .bool])
    #expect(source.entryCount == 37)
    try check(try source.read(), ["x", "small", "whole", "long", "good"], from: "csv")
  }

  @Test func tabSeparatedValuesByPandas() throws {
    let source = try openTable(url("pandas.tsv.gz"))
    let table = try source.read(), expected = try expected()
    try check(table, ["whole", "long", "good"], from: "pandas")
    // pandas writes float32 with the digits that tell it from other float32.
    #expect(try table.doubles("small").map { Float($0) } == expected.columns["small"]?.map { Float($0.double) })
    #expect(try table.doubles("a, \"quoted\"\nname") == table.doubles("whole"))
    #expect(source.unreadable.map(\.name) == ["word"])
    let x = try table.doubles("x"), values = try #require(expected.columns["x"]).map(\.double)
    #expect(x[3].isNaN && x[..<3] == values[..<3] && x[4...] == values[4...])
  }

  @Test func textByNumPy() throws {
    let blanks = try openTable(url("savetxt.txt"))
    #expect(blanks.columns.map(\.name) == ["column0", "column1"] && blanks.kind == "blanks-separated text")
    let expected = try expected()
    let x = try #require(expected.columns["x"]).map(\.double)
    #expect(try blanks.read().doubles("column0") == x.map { Double(String(format: "%.18e", $0)) })
    var options = TextTableOptions()
    options.names = ["label", "f", "x"]
    let uci = try openTable(url("uci.csv"), text: options).read()
    #expect(try uci.doubles("x") == x)
    #expect(try uci.doubles("label") == expected.columns["good"]?.map(\.double))
  }
}
