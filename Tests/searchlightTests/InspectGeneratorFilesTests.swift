import ByteIO
import Foundation
import TestSupport
import Testing

@Suite struct InspectGeneratorFilesTests {
  /// A file, words of its tree, and a key of its JSON.
  static let files = [
    (
      "example.lhe", ["Les Houches events", "66: 50 ± 0.0015 pb", "scales: 2 weights", "events: 2", "process 66: 2"],
      "lesHouches"
    ),
    (
      "example.hepmc3", ["HepMC", "Asciiv3, written by HepMC 3.02.05", "cross-section 10.5 ± 0.25 pb", "vertices 3"],
      "hepMC"
    ),
    ("example.hepmc2", ["IO_GenEvent", "weights: 0, second weight", "process 221: 1", "outgoing 2"], "hepMC"),
    ("example.slha", ["SLHA", "block YU, Q = 460 GeV: 1 entries", "decay of 1000023: 0.021 GeV, 2 channels"], "slha"),
  ]

  @Test(arguments: files) func trees(_ name: String, words: [String], key: String) async throws {
    let file = referenceURL("generator-files/\(name)").path
    try await withTemporaryFolder { folder in
      let text = try await Program.run(["inspect", file], in: folder)
      #expect(text.status == 0)
      for word in words { #expect(text.output.contains(word), "\(text.output)") }
      let json = try await Program.run(["inspect", file, "--output-format", "json"], in: folder)
      let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect(parsed?[key] is [String: Any] && parsed?["fileBytes"] is Int)
      let refused = try await Program.run(["inspect", file, "--check"], in: folder)
      #expect(refused.status == 2)
      #expect(refused.errors.contains("--csv and --check are for event tables"), "\(refused.errors)")
    }
  }

  /// Compressed under any name, and cut: the line is named.
  @Test func compressedAndCut() async throws {
    try await withTemporaryFolder { folder in
      let text = Array(try Data(contentsOf: referenceURL("generator-files/example.lhe")))
      let url = folder.appendingPathComponent("events.dat")
      let sink = try ByteSink(url, compression: 9)
      try sink.write(text)
      try sink.finish()
      let whole = try await Program.run(["inspect", "events.dat"], in: folder)
      #expect(whole.status == 0 && whole.output.contains("gzip") && whole.output.contains("events: 2"))
      try Data(text.prefix(1000)).write(to: url)
      let cut = try await Program.run(["inspect", "events.dat"], in: folder)
      #expect(
        cut.status == 1
          && cut.errors.contains("events.dat:36: the file ends within the event of line 22; it is truncated"),
        "\(cut.errors)")
    }
  }
}
