import Columns
import EventFiles
import Foundation
import TestSupport
import Testing

/// `convert` and `inspect` as they are called, on ROOT files by uproot and tables by others.
@Suite struct ConvertCommandTests {
  private let nano = referenceURL("schemas/soft-nanoaod.root").path
  private let hard = referenceURL("schemas/hard-nanoaod.root").path

  /// Columns by pattern, a condition, a range of entries: the same rows in each format.
  @Test func choicesInEachFormat() async throws {
    let source = try ROOTTable(URL(fileURLWithPath: nano), path: "Events")
    let all = try source.read(columns: ["Jet_pt", "MET_pt"], entries: 10..<200)
    let offsets = try #require(all["Jet_pt"]?.offsets)
    let expected = all.filtered(zip(offsets, offsets.dropFirst()).map { $1 - $0 >= 2 })
    #expect(expected.rowCount > 10 && expected.rowCount < 190)
    try await withTemporaryFolder { folder in
      for output in ["a.csv", "a.tsv", "a.csv.gz", "a.npz", "a.h5"] {
        let ending = try await Program.run(
          [
            "convert", nano, output, "--tree", "Events", "--columns", "Jet_*,MET_pt", "--where", "nJet >= 2",
            "--entries",
            "10:200",
          ], in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.hasPrefix("\(output): \(expected.rowCount) of 190 rows, "), "\(ending.output)")
        let table = try openTable(folder.appendingPathComponent(output)).read()
        #expect(table["Jet_pt"]?.offsets == expected["Jet_pt"]?.offsets)
        // Text has no float32: the shortest number that reads back as that float is another double.
        for name in ["Jet_pt", "MET_pt"] {
          #expect(
            table[name]?.values.asDoubles().map { Float($0) } == expected[name]?.values.asDoubles().map { Float($0) },
            "\(name) of \(output)")
        }
        #expect(table.names.allSatisfy { $0.hasPrefix("Jet_") || $0 == "MET_pt" })
      }
    }
  }

  @Test func chainsAndFriends() async throws {
    let (soft, other) = (
      try ROOTTable(URL(fileURLWithPath: nano), path: "Events"),
      try ROOTTable(URL(fileURLWithPath: hard), path: "Events")
    )
    try await withTemporaryFolder { folder in
      for (name, path) in [("1.root", nano), ("2.root", hard)] {
        try FileManager.default.createSymbolicLink(
          at: folder.appendingPathComponent(name), withDestinationURL: URL(fileURLWithPath: path))
      }
      for inputs in [["1.root", "2.root"], ["?.root"]] {
        let chain = try await Program.run(
          ["convert"] + inputs + ["all.h5", "--tree", "Events", "--columns", "Jet_pt"], in: folder)
        #expect(chain.status == 0, "\(chain.errors)")
        var expected = try soft.read(columns: ["Jet_pt"])
        try expected.append(other.read(columns: ["Jet_pt"]))
        #expect(try openTable(folder.appendingPathComponent("all.h5")).read() == expected)
      }
      let friends = try await Program.run(
        [
          "convert", "1.root", "all.npz", "--tree", "Events", "--friend", "again=1.root:Events", "--columns", "*MET_pt",
        ],
        in: folder)
      #expect(friends.status == 0, "\(friends.errors)")
      let both = try openTable(folder.appendingPathComponent("all.npz")).read()
      #expect(both.names == ["MET_pt", "again_MET_pt"] && both["MET_pt"] == both["again_MET_pt"])
      let missing = try await Program.run(["convert", "no*.root", "all.h5"], in: folder)
      #expect(missing.status == 1 && missing.errors.contains("no*.root: no such file"), "\(missing.errors)")
      let alone = try await Program.run(["convert", "1.root"], in: folder)
      #expect(alone.status == 2 && alone.errors.contains("a file to read and, last, one to write"), "\(alone.errors)")
    }
  }

  /// Each format that can be read is shown as JSON, too.
  @Test(arguments: [
    "root/plain.root", "root/histograms.root", "eventfiles/by_searchlight.h5", "tables/by_h5py.h5", "tables/table.h5",
    "tables/by_numpy.npz", "tables/record.npy", "tables/plain.csv", "tables/pandas.tsv.gz",
    "generator-files/example.lhe",
    "generator-files/example.hepmc2", "generator-files/example.hepmc3", "generator-files/example.slha",
  ])
  func inspectionsAreJSON(name: String) async throws {
    try await withTemporaryFolder { folder in
      let file = referenceURL(name).path
      let ending = try await Program.run(["inspect", file, "--output-format", "json"], in: folder)
      #expect(ending.status == 0, "\(ending.errors)")
      let parsed = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
      #expect(parsed?["file"] as? String == file)
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      #expect(parsed?["fileBytes"] as? Int == size, "\(ending.output.prefix(300))")
    }
  }
}
