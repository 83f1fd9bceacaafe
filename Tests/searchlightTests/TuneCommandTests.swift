import EventGeneration
import Foundation
import Tensors
import TestSupport
import Testing
import TrialStores

/// `tune` and `trials` as their users run them: killed, with several processes, twice at once.
@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct TuneCommandTests {
  private static let store = "tuning/signal-bayesian.sqlite"

  private func writeCard(to folder: URL) throws {
    try writeSmallSearch(to: folder)
    let url = folder.appendingPathComponent("card.yaml")
    let tuning = """

      tuning:
        strategy: {bayesian: {batch: 3, initial: 4}}
        trials: 12
        objective: auc
        pruning: 2
        seeds: 2
        max_epochs: 6
        space:
          hidden_layers: [1, 2]
          units: {from: 4, to: 24}
          optimizer: [adam, sgd]
          momentum: {from: 0, to: 0.9}
          learning_rate: {from: 1.0e-4, to: 0.1, scale: log}
      """
    try (String(contentsOf: url, encoding: .utf8) + tuning).write(to: url, atomically: true, encoding: .utf8)
  }

  private func tune(_ output: String, _ more: [String] = []) -> [String] {
    ["tune", "card.yaml", "--output", output] + more
  }

  private func trials(_ output: String, in folder: URL) async throws -> String {
    let shown = try await Program.run(
      ["trials", "\(output)/\(Self.store)", "--output-format", "json"], in: folder)
    #expect(shown.status == 0, "\(shown.errors)")
    return shown.output
  }

  /// Killed again and again, and with other numbers of workers: the trials are those of an undisturbed tuning.
  @Test func killsAndWorkersDoNotMatter() async throws {
    try await withTemporaryFolder { folder in
      try writeCard(to: folder)
      let whole = try await Program.run(tune("whole"), in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(whole.output.hasPrefix("# signal of small: trial ") && whole.output.contains("\ntraining:\n"))
      let expected = try await trials("whole", in: folder)
      #expect(expected.contains("\"pruned\"") && expected.contains("\"complete\""))

      for (output, workers) in [("killed", "1"), ("shared", "2")] {
        let file = folder.appendingPathComponent("\(output)/\(Self.store)")
        for finished in [1, 5] {
          let program = try Program(tune(output, ["--workers", workers]), in: folder)
          try await program.signal(SIGKILL) {
            let trials = try? TrialStore(reading: file).trials()
            return trials?.count { $0.status != .running } ?? 0 >= finished
          }
          #expect(try await program.end().wasKilled)
        }
        let last = try await Program.run(tune(output, ["--workers", workers]), in: folder)
        #expect(last.status == 0, "\(last.errors)")
        #expect(last.output == whole.output)
        #expect(try await trials(output, in: folder) == expected)
      }
      let more = try await Program.run(tune("whole", ["--trials", "14", "--workers", "3"]), in: folder)
      #expect(more.status == 0, "\(more.errors)")
      #expect(try await trials("whole", in: folder).contains("\"number\" : 13"))
    }
  }

  /// The best values in place of the card's blocks: `run` takes the card.
  @Test func theBestValuesGoIntoTheCard() async throws {
    try await withTemporaryFolder { folder in
      try writeCard(to: folder)
      let best = try await Program.run(tune("out", ["--strategy", "random", "--trials", "3"]), in: folder)
      #expect(best.status == 0, "\(best.errors)")
      let url = folder.appendingPathComponent("card.yaml")
      let kept = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter {
        !$0.hasPrefix("network:") && !$0.hasPrefix("training:")
      }
      try (kept.joined(separator: "\n") + "\n" + best.output).write(to: url, atomically: true, encoding: .utf8)
      let trained = try await Program.run(["train", "card.yaml", "--output", "out"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
    }
  }

  @Test func figuresAndTablesAreMade() async throws {
    try await withTemporaryFolder { folder in
      try writeCard(to: folder)
      for strategy in ["random", "genetic"] {
        let made = try await Program.run(tune("out", ["--strategy", strategy, "--trials", "8"]), in: folder)
        #expect(made.status == 0, "\(made.errors)")
      }
      let stores = ["random", "genetic"].map { "out/tuning/signal-\($0).sqlite" }
      let one = try await Program.run(
        ["trials", stores[0], "--output", "figures", "--figures", "png,svg,pdf"], in: folder)
      #expect(one.status == 0 && one.output.contains("signal of small: 8 trials"), "\(one.errors)")
      let both = try await Program.run(["trials"] + stores + ["--output", "figures"], in: folder)
      #expect(both.status == 0 && both.output.contains("signal-genetic"), "\(both.errors)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("figures").path)
      #expect(names.contains("history.png") && names.contains("parallel-coordinates.svg"))
      #expect(names.contains("best-by-trial.svg"))
    }
  }

  @Test func whatIsWrongIsTold() async throws {
    try await withTemporaryFolder { folder in
      try writeCard(to: folder)
      func complaint(_ arguments: [String], status: Int32 = 1) async throws -> String {
        let ending = try await Program.run(arguments, in: folder)
        #expect(ending.status == status, "\(ending.errors)")
        return ending.errors
      }
      #expect(
        try await complaint(tune("out", ["--signal", "signl"])).contains(
          "no signal 'signl'; nearest: 'signal'. The card has signal"))
      #expect(try await complaint(tune("out", ["--strategy", "baysian"]), status: 2).contains("nearest: 'bayesian'"))
      #expect(try await complaint(["trials", "none.sqlite"]).contains("none.sqlite: no such store"))
      #expect(try await complaint(["trials", "card.yaml"]).contains("card.yaml: is no store of trials"))
      let url = folder.appendingPathComponent("card.yaml")
      let text = try String(contentsOf: url, encoding: .utf8)
      try text.replacing("units: {from: 4", with: "units: {form: 4").write(to: url, atomically: true, encoding: .utf8)
      #expect(try await complaint(tune("out")).contains("tuning.space.units: unknown key 'form'; nearest: 'from'"))
      try text.prefix(upTo: text.range(of: "tuning:")?.lowerBound ?? text.endIndex).write(
        to: url, atomically: true, encoding: .utf8)
      #expect(try await complaint(tune("out")).contains("has no 'tuning'"))
      try text.write(to: url, atomically: true, encoding: .utf8)

      // Two at once: the second one is sent away, the first one is not disturbed.
      let first = try Program(tune("busy", ["--trials", "4000"]), in: folder)
      let file = folder.appendingPathComponent("busy/\(Self.store)")
      while !FileManager.default.fileExists(atPath: file.path) { try await Task.sleep(for: .milliseconds(5)) }
      let second = try await complaint(tune("other", ["--store", "busy/\(Self.store)"]))
      #expect(second.contains("another tuning is at work there"), "\(second)")
      try await first.signal(SIGTERM) { (try? TrialStore(reading: file).trials().count) ?? 0 > 3 }
      let ending = try await first.end()
      #expect(ending.status == 128 + SIGTERM && ending.errors.contains("the same command goes on from here"))
      // The store of another card.
      try text.replacing("seed: 5", with: "seed: 6").write(to: url, atomically: true, encoding: .utf8)
      #expect(try await complaint(tune("busy")).contains("belongs to another search"))
    }
  }
}
