import Foundation
import TestSupport
import Testing

@testable import ROOTFiles

@Suite struct InspectionTests {
  @Test func objectsBranchesAndFieldsAreShown() throws {
    let url = committed("codecs.root")
    #expect(ROOTInspection.isROOT(url))
    #expect(!ROOTInspection.isROOT(committed("README.md")))
    let inspection = try ROOTInspection(of: url)
    #expect(inspection.objects.map(\.path) == ["none", "zlib", "lzma", "lz4", "zstd", "tuple"])
    let zstd = inspection.objects[4]
    #expect(zstd.entries == 60)
    #expect(
      zstd.members.map { "\($0.path): \($0.type)" } == [
        "i1: int8", "u2: uint16", "u8: uint64", "f8: float64[2][3]", "flag: bool", "nx: int32", "x: list<float32>",
      ])
    #expect(zstd.members.allSatisfy { $0.problem == nil && $0.storedBytes > 0 })
    let tuple = inspection.objects[5]
    #expect(Set(tuple.members.map(\.path)) == ["i1", "u8", "flag", "x"])
    let text = inspection.description
    #expect(text.hasPrefix("\(url.path): ROOT "))
    #expect(text.contains("\nzstd;1  TTree  60 entries"), "\(text)")
    #expect(text.contains("  f8    float64[2][3]  "), "\(text)")
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(inspection)) as? [String: Any]
    #expect((json?["objects"] as? [[String: Any]])?.count == 6)
  }

  @Test func histogramsAreShown() throws {
    let inspection = try ROOTInspection(of: committed("histograms.root"))
    let plane = try #require(inspection.objects.first { $0.path == "shapes/deep/plane" })
    #expect(plane.bins == [3, 2])
    #expect(inspection.description.contains("shapes/plain;1  TH1D  300 entries  7 bins"), "\(inspection)")
  }

  /// An object that is damaged does not hide the others.
  @Test func damagedObjectsAreTold() throws {
    var bytes = try Data(contentsOf: committed("codecs.root"))
    let key = try ROOTFile(committed("codecs.root")).key("lzma")
    bytes[key.record.offset + key.record.headerBytes + 30] ^= 0x55
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.root")
      try bytes.write(to: url)
      let inspection = try ROOTInspection(of: url)
      let problems = inspection.objects.filter { $0.problem != nil }
      #expect(problems.map(\.path) == ["lzma"])
      #expect(inspection.description.contains("cannot be read: is damaged"))
    }
  }
}
