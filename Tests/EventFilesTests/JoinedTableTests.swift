import Columns
import Foundation
import Records
import TestSupport
import Testing

@testable import EventFiles

/// Chains and friends: of ROOT's trees (`Tests/Reference/root`, by uproot) and of tables of any other format.
@Suite struct JoinedTableTests {
  private let codecs = referenceURL("root/codecs.root")
  private let plain = referenceURL("root/plain.root")

  /// What `body` complains of.
  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no complaint"
    } catch { return "\(error)" }
  }

  private func write(_ table: Table, to url: URL) throws {
    let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "part"))
    try writer.append(table)
    try writer.finish(record: RunRecord(command: "test", seed: 1))
  }

  /// The columns of a friend are those of its own tree, and take its name where the name is taken.
  @Test func treesOfOneFileAreFriends() throws {
    var conversion = TableConversion(from: codecs, to: plain)
    conversion.tree = "none"
    conversion.friends = [.init(tree: "zstd"), .init(tree: "tuple", alias: "t")]
    let source = try conversion.source()
    let (main, friend) = (try ROOTTable(codecs, path: "none"), try ROOTTable(codecs, path: "zstd"))
    #expect(source.entryCount == 60)
    #expect(
      source.columns.map(\.name) == main.columns.map(\.name) + friend.columns.map { "zstd_\($0.name)" }
        + ["t_flag", "t_i1", "t_u8", "t_x"])
    for entries in [nil, 17..<44] as [Range<Int>?] {
      let table = try source.read(columns: ["x", "zstd_x", "t_x", "zstd_flag"], entries: entries)
      #expect(table.names == ["x", "zstd_x", "t_x", "zstd_flag"])
      let own = try main.read(columns: ["x", "flag"], entries: entries)
      #expect(table["x"] == own["x"] && table["zstd_x"] == own["x"] && table["t_x"] == own["x"])
      #expect(table["zstd_flag"] == own["flag"])
    }
  }

  /// Files of different formats and with different chunks are friends, too.
  @Test func tablesOfOtherFormatsAreFriends() throws {
    try withTemporaryFolder { folder in
      let scores = folder.appendingPathComponent("scores.csv"), output = folder.appendingPathComponent("all.npz")
      try Data(("score,x\n" + (0..<60).map { "\(Double($0) / 8),\(-$0)\n" }.joined()).utf8).write(to: scores)
      var conversion = TableConversion(from: codecs, to: output)
      conversion.tree = "lz4"
      conversion.friends = [.init(files: [scores])]
      conversion.columns = ["i1", "score", "scores_x"]
      conversion.chunkSize = 7
      #expect(try conversion.run().writtenRows == 60)
      let table = try openTable(output).read()
      #expect(try table.doubles("score") == (0..<60).map { Double($0) / 8 })
      #expect(try table.doubles("scores_x") == (0..<60).map { -Double($0) })
      #expect(table["i1"] == (try ROOTTable(codecs, path: "lz4").read(columns: ["i1"])["i1"]))
    }
  }

  /// Friends that a tree names itself stand beside those that are named here; files with theirs follow one another.
  @Test func friendsOfTheFileAreRead() throws {
    let (one, two) = (referenceURL("root/friends.root"), referenceURL("root/friends-2.root"))
    let names = ["x", "i", "weight", "w_x", "score", "Scores_x"]
    func own(_ url: URL, _ tree: String, _ column: String) throws -> [Double] {
      try ROOTTable(url, path: tree).read(columns: [column]).doubles(column)
    }
    let scores = referenceURL("root/friends-scores.root")
    var conversion = TableConversion(from: one, two, to: plain)
    conversion.tree = "Events"
    let chain = try conversion.source()
    #expect(chain.columns.map(\.name) == names && chain.entryCount == 25)
    for entries in [nil, 3..<22] as [Range<Int>?] {
      let table = try chain.read(columns: ["Scores_x", "w_x", "x"], entries: entries)
      let range = entries ?? 0..<25
      #expect(
        try table.doubles("w_x") == Array((own(one, "Weights", "x") + own(two, "Weights", "x"))[range]))
      #expect(
        try table.doubles("Scores_x")
          == Array((own(scores, "ml/Scores", "x") + own(scores, "ml/Scores2", "x"))[range]))
    }
    conversion = TableConversion(from: one, to: plain)
    conversion.tree = "Events"
    conversion.friends = [.init(tree: "Alone")]
    #expect(try conversion.source().columns.map(\.name) == names + ["Alone_x", "Alone_i"])
    conversion.tree = "lacks_file"
    conversion.friends = []
    #expect(complaint { _ = try conversion.source() }.contains("/absent.root) cannot be read with it"))
    conversion.readsNamedFriends = false
    #expect(try conversion.source().columns.map(\.name) == ["x", "i"])
    #expect(try openTable(one, tree: "Outer").columns.map(\.name) == ["y"] + names)
    #expect(
      complaint { _ = try openTable(one, tree: "too_short") }
        == "\(one.path): too_short: its friend 'Short' (tree 'Short' of \(one.path)) cannot be read with it: "
        + "it has 7 entries, the tree has 20")
  }

  @Test func friendsThatDoNotFitAreNamed() throws {
    func complaint(_ friends: [TableConversion.FriendFile]) -> String {
      var conversion = TableConversion(from: codecs, to: plain)
      conversion.tree = "none"
      conversion.friends = friends
      return self.complaint { _ = try conversion.source() }
    }
    #expect(
      complaint([.init(files: [plain], tree: "dir/Events")])
        == "\(plain.path): ROOT tree 'dir/Events' has 30 entries and cannot be a friend of the "
        + "ROOT tree 'none' of \(codecs.path), which has 60")
    #expect(complaint([.init(tree: "zlib", alias: "a"), .init(tree: "lz4", alias: "a")]).contains("another alias"))
    #expect(complaint([.init(tree: "zlip")]).contains("nearest: 'zlib'"))
  }

  /// Any range of a chain is that part of the tables one after another, whatever the chunks.
  @Test(arguments: [UInt64](0..<6)) func chainsAreTheirParts(_ seed: UInt64) throws {
    var random = SeedTree(root: seed).child("chain").stream()
    try withTemporaryFolder { folder in
      var whole = Table()
      let urls = try (0..<4).map { part in
        let rows = random.integer(below: 40)
        let counts = (0..<rows).map { _ in random.integer(below: 3) }
        let offsets = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let table = try Table([
          ("x", Column((0..<rows).map { _ in random.normal() })),
          (
            "Jet_pt", Column(.float32((0..<(offsets.last ?? 0)).map { _ in Float(random.uniform()) }), offsets: offsets)
          ),
        ])
        let url = folder.appendingPathComponent("part\(part).h5")
        try write(table, to: url)
        try whole.append(table)
        return url
      }
      #expect(
        try filesMatching(folder.appendingPathComponent("part?.h5")).map(\.lastPathComponent)
          == urls.map(\.lastPathComponent))
      let chain = try TableConversion(from: urls, to: plain).source()
      #expect(chain.entryCount == whole.rowCount)
      #expect(try chain.read() == whole)
      for _ in 0..<10 {
        let first = random.integer(below: whole.rowCount + 1)
        let range = first..<first + random.integer(below: whole.rowCount + 1 - first)
        let chunks = try chain.chunks(of: 1 + random.integer(below: 20), columns: ["Jet_pt"], entries: range)
        var joined = try whole.selecting(["Jet_pt"])[rows: 0..<0]
        while let chunk = try chunks.next() { try joined.append(chunk) }
        #expect(joined == (try whole.selecting(["Jet_pt"])[rows: range]))
      }
    }
  }

  @Test func partsOfAChainHaveTheSameColumns() throws {
    try withTemporaryFolder { folder in
      let (one, two) = (folder.appendingPathComponent("1.h5"), folder.appendingPathComponent("2.h5"))
      try write(Table([("x", Column([1.0]))]), to: one)
      try write(Table([("x", Column(.float32([1])))]), to: two)
      #expect(
        complaint { _ = try TableConversion(from: one, two, to: plain).source() }
          == "\(two.path): column 'x' does not fit: it is of another type than in \(one.path)")
      try write(Table([("y", Column([1.0]))]), to: two)
      #expect(complaint { _ = try TableConversion(from: one, two, to: plain).source() }.contains("no column 'x'"))
      #expect(complaint { _ = try filesMatching(folder.appendingPathComponent("*.root")) }.contains("no such file"))
    }
  }

  /// What a table of any shape is written as, is read: HDF5 and NumPy, with batches and chunks of any size.
  @Test(arguments: [UInt64](0..<12)) func writtenIsRead(_ seed: UInt64) throws {
    var random = SeedTree(root: seed).child("tables").stream()
    let rows = [0, 1, 2, 50, 3000, 9000][random.integer(below: 6)]
    var table = Table()
    var collections: [String: [Int]] = [:]
    for index in 0..<1 + random.integer(below: 6) {
      let isJagged = random.integer(below: 2) == 0
      let collection = ["Jet", "Muon"][random.integer(below: 2)]
      if isJagged, collections[collection] == nil {
        collections[collection] = (0..<rows).reduce(into: [0]) { offsets, _ in
          offsets.append(offsets[offsets.count - 1] + random.integer(below: 4))
        }
      }
      let offsets = isJagged ? collections[collection] : nil
      let values = Self.values(random.integer(below: 6), count: offsets?.last ?? rows, &random)
      try table.add(
        isJagged ? "\(collection)_m\(index)" : "flat\(index)",
        offsets.map { Column(values, offsets: $0) } ?? Column(values))
    }
    try withTemporaryFolder { folder in
      for name in ["a.h5", "a.npz"] {
        let url = folder.appendingPathComponent(name)
        let writer: any TabularWriter =
          try name.hasSuffix("h5")
          ? EventTableTabularWriter(url, source: ROOTTable(codecs, path: "none"), files: [codecs], command: "test")
          : NumPyTableWriter(url)
        var row = 0
        repeat {
          let end = min(rows, row + 1 + random.integer(below: 4000))
          try writer.append(table[rows: row..<end])
          row = end
        } while row < rows
        try writer.finish()
        let source = try openTable(url)
        // Bits, because some numbers are NaN, which equals nothing.
        #expect(try Self.bits(source.read()) == Self.bits(table), "\(name), seed \(seed)")
        let first = random.integer(below: rows + 1), part = first..<first + random.integer(below: rows + 1 - first)
        #expect(try Self.bits(source.read(entries: part)) == Self.bits(table[rows: part]), "\(name), seed \(seed)")
      }
    }
  }

  private static func values(_ type: Int, count: Int, _ random: inout RandomStream) -> ColumnValues {
    let words = (0..<count).map { _ in random.next() }
    return switch type {
    case 0: .float32(words.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
    case 1: .float64(words.map { Double(bitPattern: $0) })
    case 2: .int32(words.map { Int32(truncatingIfNeeded: $0) })
    case 3: .int64(words.map { Int64(bitPattern: $0) })
    case 4: .uint8(words.map { UInt8(truncatingIfNeeded: $0) })
    default: .bool(words.map { $0 & 1 == 0 })
    }
  }

  private static func bits(_ table: Table) -> [String] {
    table.names.map { name in
      guard let column = table[name] else { return name }
      let bytes = column.values.withLittleEndianBytes { Digest.of(Data($0)).hex }
      return "\(name) \(column.values.type) \(bytes) \(column.offsets ?? [])"
    }
  }
}
