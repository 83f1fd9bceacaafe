import Foundation
import TestSupport
import Testing

@Suite struct InspectRootTests {
  @Test func treesAreShownAsTextAndJSON() async throws {
    let file = referenceURL("root/codecs.root").path
    try await withTemporaryFolder { folder in
      let text = try await Program.run(["inspect", file], in: folder)
      #expect(text.status == 0)
      #expect(text.output.contains("zlib;1  TTree  60 entries"), "\(text.output)")
      let json = try await Program.run(["inspect", file, "--output-format", "json"], in: folder)
      let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect((parsed?["objects"] as? [Any])?.count == 6)
      let refused = try await Program.run(["inspect", file, "--check"], in: folder)
      #expect(refused.status == 2)
      #expect(refused.errors.contains("is a ROOT file"), "\(refused.errors)")
    }
  }
}
