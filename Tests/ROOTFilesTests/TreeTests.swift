import Columns
import Foundation
import Records
import TestSupport
import Testing

@testable import ROOTFiles

/// Trees and an RNTuple that uproot wrote, the same columns in five compressions.
@Suite struct CommittedTreeTests {
  @Test func uprootReadsTheSame() throws {
    for (name, count) in [("codecs", 39), ("plain", 11)] {
      let file = try ROOTFile(committed("\(name).root"))
      let digests = try String(contentsOf: committed("digests/\(name).root.txt"), encoding: .utf8)
      let lines = digests.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
      #expect(lines.count == count)
      for line in lines {
        let isTree = try file.key(line[0]).className == "TTree"
        let array = try isTree ? file.tree(line[0]).array(line[1]) : file.ntuple(line[0]).array(line[1])
        #expect(arrayDigest(array) == line[2], "\(name): \(line[0]): \(line[1]): \(array.typeName)")
      }
    }
  }

  /// The same branches in five compressions.
  @Test func compressionsHoldTheSame() throws {
    let file = try ROOTFile(committed("codecs.root"))
    let plain = try file.tree("none")
    for name in ["zlib", "lzma", "lz4", "zstd"] {
      let tree = try file.tree(name)
      #expect(tree.branches.map(\.path) == plain.branches.map(\.path))
      for branch in plain.branches { #expect(try tree.array(branch.path) == plain.array(branch.path), "\(name)") }
    }
  }

  /// Every range of entries, within and across the two baskets.
  @Test func anyRangeIsThatPartOfTheWhole() throws {
    let file = try ROOTFile(committed("codecs.root"))
    let tree = try file.tree("zstd")
    let tuple = try file.ntuple("tuple")
    for name in ["i1", "f8", "flag", "x"] {
      let whole = try tree.array(name)
      for (low, high) in [(0, 0), (0, 25), (25, 60), (24, 26), (3, 57), (30, 31), (60, 60)] {
        let parts = [0..<low, low..<high, high..<60]
        #expect(
          try ROOTArray.joined(parts.map { try tree.array(name, entries: $0) }) == whole, "\(name) \(low) \(high)")
        guard name != "f8" else { continue }
        #expect(try tuple.array(name, entries: low..<high) == tree.array(name, entries: low..<high))
      }
    }
  }

  @Test func truncatedFilesAreRefused() throws { try expectTruncationRefused(of: "codecs.root") }

  @Test func flippedBytesAreSurvived() throws {
    try flipBytes(of: committed("codecs.root"), rounds: 40, seed: 6)
  }
}

@Suite("Trees of real files", .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"))
struct RealTreeTests {
  static let names = [
    "delphes_10ev", "nanoAOD_2015_CMS_Open_Data_ttbar", "nano_dy", "uproot-HZZ-lz4", "uproot-HZZ-objects",
    "uproot-HZZ-uncompressed", "uproot-HZZ", "uproot-Zmumu-lzma", "uproot-Zmumu-zstd", "uproot-Zmumu", "uproot-empty",
    "uproot-leaflist", "uproot-nesteddirs", "uproot-simple", "uproot-small-evnt-tree-fullsplit",
    "uproot-small-evnt-tree-nosplit", "uproot-small-flat-tree", "uproot-stl_containers",
  ]

  /// Every branch has the values that uproot reads.
  @Test(arguments: names)
  func uprootReadsTheSame(name: String) throws {
    let file = try ROOTFile(try real("root/\(name).root"))
    let digests = try String(contentsOf: committed("digests/\(name).root.txt"), encoding: .utf8)
    var trees = [String: ROOTTree]()
    var checked = [String: Set<String>]()
    for line in digests.split(separator: "\n") {
      let parts = line.split(separator: "\t").map(String.init)
      let tree = try trees[parts[0]] ?? file.tree(parts[0])
      trees[parts[0]] = tree
      checked[parts[0], default: []].insert(parts[1])
      let array = try tree.array(parts[1])
      #expect(arrayDigest(array) == parts[2], "\(name): \(parts[0]): \(parts[1]): \(array.typeName)")
    }
    // What uproot cannot read right is checked elsewhere; nothing else may be left out.
    for (key, tree) in trees {
      let left = Set(tree.branches.map(\.path)).subtracting(checked[key] ?? [])
      #expect(left.allSatisfy { $0.hasSuffix(".fBits") || $0 == "evt" }, "\(left)")
      #expect(tree.branches.allSatisfy { $0.problem == nil })
    }
  }

  /// A part of the entries is that part of all.
  @Test(arguments: names)
  func partsAreThoseOfTheWhole(name: String) throws {
    let file = try ROOTFile(try real("root/\(name).root"))
    for key in try file.keys() where key.className == "TTree" {
      let tree = try file.tree("\(key.path);\(key.cycle)")
      let count = tree.entryCount
      let step = max(count / 3, 1)
      for branch in tree.branches where !branch.isGroup {
        let parts = try stride(from: 0, to: max(count, 1), by: step).map { start in
          try tree.array(branch.path, entries: start..<min(start + step, count))
        }
        // Digests, because some values are NaN, which equals nothing.
        #expect(
          try arrayDigest(ROOTArray.joined(parts)) == arrayDigest(tree.array(branch.path)), "\(name): \(branch.path)")
      }
    }
  }

  /// The same events in five compressions.
  @Test func compressionsHoldTheSame() throws {
    for names in [["HZZ", "HZZ-lz4", "HZZ-uncompressed"], ["Zmumu", "Zmumu-lzma", "Zmumu-zstd"]] {
      let trees = try names.map { try ROOTFile(try real("root/uproot-\($0).root")).tree("events") }
      let first = try trees[0].arrays(trees[0].branches.map(\.path))
      for tree in trees.dropFirst() { #expect(try tree.arrays(trees[0].branches.map(\.path)) == first) }
    }
  }

  /// Double32_t and Float16_t with ranges: ROOT divides by its factor, where uproot multiplies by the inverse, and for
  /// 32 bits takes 2³² for ROOT's 2³² − 1. So they agree to the rounding of the type and to 2⁻³² of the range.
  @Test func rangedNumbers() throws {
    let reference = try JSONDecoder().decode([String: [Double]].self, from: Data(contentsOf: committed("ranged.json")))
    let tree = try ROOTFile(try real("root/uproot-double32-float16.root")).tree("tree")
    #expect(reference.count == tree.branches.count)
    for branch in tree.branches {
      var array = try tree.array(branch.path)
      if case .fixed(_, let content, _) = array { array = content }
      guard case .numbers(let numbers) = array else { throw ROOTFileError(.damaged("no numbers")) }
      let values: [Double]
      let tolerance: Double
      switch numbers {
      case .float64(let doubles): (values, tolerance) = (doubles, 12.71 / 0x1p32)
      case .float32(let floats): (values, tolerance) = (floats.map(Double.init), 2e-6)
      default: throw ROOTFileError(.damaged("integers"))
      }
      let expected = try #require(reference[branch.name])
      #expect(values.count == expected.count)
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= tolerance }, "\(branch.name)")
    }
  }

  /// Objects that are referred to have two bytes more after their bits; the numbers of bits are those of the objects.
  @Test func bitsOfObjectsThatAreReferredTo() throws {
    let tree = try ROOTFile(try real("root/delphes_10ev.root")).tree("Delphes")
    let branches = tree.branches.filter { $0.name.hasSuffix(".fBits") }
    #expect(branches.count > 10)
    var referred = 0
    for branch in branches {
      let collection = String(branch.name.dropLast(6))
      guard case .list(let offsets, .numbers(.uint32(let bits))) = try tree.array(branch.path),
        case .numbers(.int32(let sizes)) = try tree.array("\(collection)_size")
      else { throw ROOTFileError(.damaged("no bits")) }
      #expect(zip(offsets, offsets.dropFirst()).map { $1 - $0 } == sizes.map(Int.init))
      // Bits 24 and 25 mark an object that exists; others than these and the reference's are not set.
      #expect(bits.allSatisfy { $0 & ~0x0300_0018 == 0 }, "\(branch.name)")
      referred += bits.count { $0 & 0x10 != 0 }
    }
    #expect(referred > 0)
  }

  @Test func tablesAndChunks() throws {
    let nano = try ROOTFile(try real("root/nano_dy.root")).tree("Events")
    let table = try nano.table(["Jet_pt", "nJet", "HLT_IsoMu2*", "MET_*"])
    #expect(table.rowCount == 40)
    let jets = try table.column("Jet_pt")
    #expect(
      zip(jets.offsets ?? [], (jets.offsets ?? []).dropFirst()).map { Double($1 - $0) } == (try table.doubles("nJet")))
    #expect(table.names.contains("HLT_IsoMu24"))
    var chunks = nano.chunks(of: 7, ["Jet_*", "nJet"])
    var joined = Table()
    while let chunk = try chunks.next() { try joined.append(chunk) }
    #expect(joined == (try nano.table(["Jet_*", "nJet"])))

    let delphes = try ROOTFile(try real("root/delphes_10ev.root")).tree("Delphes")
    let objects = try delphes.table(["Jet_PT", "Jet_Tau", "Jet_SoftDroppedJet", "Jet_Constituents", "Jet_size"])
    let sizes = try objects.doubles("Jet_size")
    #expect(try objects.column("Jet_PT").rowLengths == sizes)
    #expect(try objects.column("Jet_Tau").rowLengths == sizes.map { 5 * $0 })
    #expect(try objects.column("Jet_SoftDroppedJet_fP_fX").rowLengths == sizes)
    #expect(try objects.column("Jet_Constituents_refs_count").rowLengths == sizes)
    let chain = try ROOTChain([real("root/nano_dy.root"), real("root/nano_dy.root")], tree: "Events")
    #expect(chain.entryCount == 80)
    let part = try chain.table(["Jet_pt"], entries: 30..<50)
    #expect(part[rows: 10..<20] == (try nano.table(["Jet_pt"], entries: 0..<10)))
  }

  @Test func wrongBranchesAndEntriesAreNamed() throws {
    let url = try real("root/uproot-Zmumu.root")
    let tree = try ROOTFile(url).tree("events")
    #expect(
      complaint { _ = try tree.array("pt3") }.hasPrefix(
        "\(url.path): events: no branch 'pt3'; nearest: 'pt1'. There are Type, Run, "))
    #expect(
      complaint { _ = try tree.array("pt1", entries: 2000..<3000) }
        == "\(url.path): events: entries 2000..<3000 were asked for, there are 2304")
    #expect(
      complaint { _ = try tree.table(["Type"]) }.contains("events: Type: text cannot be read: a table has no column"))
    #expect(try tree.table(["*"]).names.count == 19)
    #expect(complaint { _ = try ROOTFile(url).histogram("events") }.contains("is a TTree, expected histogram"))
  }

  /// Each real file, cut at every kilobyte, is refused.
  @Test func truncatedFilesAreRefused() throws {
    let folders = ["root", "rntuple", "histfactory/xmlimport_input/data"]
    var cuts = 0
    for folder in folders {
      for name in try FileManager.default.contentsOfDirectory(atPath: real(folder).path) where name.hasSuffix(".root") {
        let whole = try Data(contentsOf: real("\(folder)/\(name)"))
        try withTemporaryFolder { temporary in
          let url = temporary.appendingPathComponent("cut.root")
          try whole.write(to: url)
          let handle = try FileHandle(forWritingTo: url)
          defer { try? handle.close() }
          // From the end on, so that the file is written once.
          for length in stride(from: 0, to: whole.count - 1, by: 1024).reversed() {
            try handle.truncate(atOffset: UInt64(length))
            #expect(complaint { try readAll(url) }.contains("is truncated"), "\(name): \(length) bytes")
            cuts += 1
          }
        }
      }
    }
    #expect(cuts > 3000, "\(cuts)")
  }

  /// Flipped bytes give errors or other numbers, never a crash.
  @Test(arguments: [
    "uproot-simple", "uproot-leaflist", "uproot-small-flat-tree", "uproot-stl_containers",
    "uproot-small-evnt-tree-nosplit", "uproot-small-evnt-tree-fullsplit", "uproot-double32-float16",
    "uproot-nesteddirs",
    "uproot-empty",
  ])
  func flippedBytesAreSurvived(name: String) throws {
    try flipBytes(of: try real("root/\(name).root"), rounds: 40, seed: 3)
  }
}

extension Column {
  fileprivate var rowLengths: [Double] { zip(offsets ?? [], (offsets ?? []).dropFirst()).map { Double($1 - $0) } }
}
