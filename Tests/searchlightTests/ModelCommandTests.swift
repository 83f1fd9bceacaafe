import EventFiles
import Foundation
import Tensors
import TestSupport
import Testing

/// `export` and `score`, on the networks of a run, on trees and on ONNX files.
@Suite struct ModelCommandTests {
  private func scores(_ file: String, _ folder: URL, _ name: String = "score") throws -> [Double] {
    try openTable(folder.appendingPathComponent(file)).read(columns: [name]).doubles(name)
  }

  private func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  @Test(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
  func aRunsNetworkScoresAsItsONNXFile() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      func run(_ arguments: String...) async throws -> Program.Ending { try await Program.run(arguments, in: folder) }
      #expect(try await run("run", "card.yaml", "--output", "out").status == 0)
      let exported = try await run("export", "out", "net.onnx")
      #expect(exported.output.hasPrefix("net.onnx: 2 features, "), "\(exported.errors)")
      let features = ["--define", "HT=ScalarHT_HT", "--define", "jets=count(Jet_pt)", "--columns", "weight"]
      func score(_ model: String, _ output: String, _ more: [String] = []) async throws -> Program.Ending {
        try await Program.run(["score", model, "signal.h5", output] + features + more, in: folder)
      }
      let own = try await score("out", "own.h5", ["--training", "signal"])
      #expect(own.output == "own.h5: 1200 of 1200 rows, 4 columns\n", "\(own.errors)")
      #expect(try await score("net.onnx", "onnx.csv").status == 0)
      let found = try scores("own.h5", folder)
      #expect(found.allSatisfy { (0...1).contains($0) } && Set(found).count > 100)
      #expect(largestDifference(found, try scores("onnx.csv", folder)) < 1e-6)
      // The condition may use the score.
      #expect(try await score("net.onnx", "high.npz", ["--where", "score>0.9", "--chunk", "100"]).status == 0)
      #expect(try scores("high.npz", folder).count == found.count { $0 > 0.9 })
      let other = try await score("out", "x.h5", ["--training", "sygnal"])
      #expect(other.status == 1 && other.errors.contains("no network 'sygnal'; nearest: 'signal'"), "\(other.errors)")
      let bare = try await run("score", "net.onnx", "signal.h5", "x.h5")
      #expect(bare.status == 1 && bare.errors.contains("no column 'HT'"), "\(bare.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("x.h5").path))
    }
  }

  /// Trees need no room: their scores here and in XGBoost's own words are compared in DecisionTreesTests.
  @Test func treesScoreATable() async throws {
    try await withTemporaryFolder { folder in
      struct Reference: Decodable {
        struct Model: Decodable {
          var json: String
          var outputs: [Double]
        }
        var names: [String]
        var test: [Float]
        var models: [String: Model]
      }
      let reference = try JSONDecoder().decode(
        Reference.self, from: Data(contentsOf: referenceURL("trees/models.json")))
      let model = try #require(reference.models["classification"])
      try Data(model.json.utf8).write(to: folder.appendingPathComponent("bdt.json"))
      let columns = reference.names.count
      let rows = stride(from: 0, to: reference.test.count, by: columns).map { start in
        reference.test[start..<start + columns].map { "\($0)" }.joined(separator: ",")
      }
      try ([reference.names.joined(separator: ",")] + rows).joined(separator: "\n").write(
        to: folder.appendingPathComponent("events.csv"), atomically: true, encoding: .utf8)
      let scored = try await Program.run(
        ["score", "bdt.json", "events.csv", "scored.csv", "--name", "bdt", "--columns", reference.names[0]], in: folder)
      #expect(scored.output == "scored.csv: 100 of 100 rows, 2 columns\n", "\(scored.errors)")
      #expect(largestDifference(try scores("scored.csv", folder, "bdt"), model.outputs) < 1e-6)
      let exported = try await Program.run(["export", "bdt.json", "bdt.onnx"], in: folder)
      #expect(exported.status == 0, "\(exported.errors)")
      let twice = try await Program.run(["score", "bdt.json", "scored.csv", "x.csv", "--name", "bdt"], in: folder)
      #expect(twice.status == 1 && twice.errors.contains("'bdt'"), "\(twice.errors)")
      let ending = try await Program.run(["export", "bdt.json", "bdt.txt"], in: folder)
      #expect(ending.status == 2 && ending.errors.contains("ends in .onnx"), "\(ending.errors)")
      let absent = try await Program.run(["score", "none.onnx", "events.csv", "x.csv"], in: folder)
      #expect(absent.status == 1 && absent.errors.contains("none.onnx: cannot be read"), "\(absent.errors)")
    }
  }
}
