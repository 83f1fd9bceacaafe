import EventGeneration
import Foundation
import Tensors
import TestSupport
import Testing

/// Real processes that are killed or interrupted and started again: the end is that of an undisturbed run, byte by byte.
@Suite(
  .enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"),
  .enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct InterruptionTests {
  /// Goes on from kill to kill in one folder: `moments` are what has appeared in the command's folder when it is killed.
  private func check(
    _ command: (String) -> [String], in folder: URL, killedWhen moments: [@Sendable (String) -> Bool]
  ) async throws {
    let undisturbed = try await Program.run(command("undisturbed"), in: folder)
    #expect(undisturbed.status == 0, "\(undisturbed.errors)")
    let place = folder.appendingPathComponent("killed")
    for moment in moments {
      let program = try Program(command("killed"), in: folder)
      try await program.signal(SIGKILL) { exists(below: place, moment) }
      let ending = try await program.end()
      #expect(ending.wasKilled && ending.status == SIGKILL)
    }
    let finished = try dates(below: place) { $0.hasSuffix("step.json") && !$0.contains(".partial") }
    #expect(!finished.isEmpty)
    let last = try await Program.run(command("killed"), in: folder)
    #expect(last.status == 0, "\(last.errors)")
    // Finished steps were not made again.
    #expect(try dates(below: place) { finished[$0] != nil } == finished)
    #expect(last.output.replacing("killed", with: "undisturbed") == undisturbed.output)
    let expected = try contents(of: folder.appendingPathComponent("undisturbed"))
    #expect(expected.count > 3)
    #expect(try contents(of: place) == expected)
  }

  @Test func aKilledRunGoesOn() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      try await check(
        { ["run", "card.yaml", "--output", $0, "--workers", "2"] }, in: folder,
        killedWhen: [
          { $0.contains("prepare/") }, { $0.hasSuffix("training.json") }, { $0.hasSuffix("training.json") },
          { $0.hasPrefix("store/score/") },
        ])
    }
  }

  @Test func aKilledTrainingGoesOn() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      try await check(
        { ["train", "card.yaml", "--output", $0] }, in: folder,
        killedWhen: [{ $0.hasSuffix("training.json") }, { $0.contains("/training-") }])
    }
  }

  @Test func aKilledGenerationGoesOn() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallProduction(to: folder, eventsPerBlock: 8, blocks: [4, 2])
      try await check(
        {
          [
            "generate", "card.yaml", "--samples", "ttbar", "--output", $0, "--store", "\($0)/store", "--workers", "2",
          ]
        }, in: folder,
        killedWhen: [{ $0.contains(".writing") }, { $0.hasSuffix("step.json") && !$0.contains(".partial") }])
    }
  }

  /// Ctrl-C: the program says that it stops, ends with the status that shells give to it, and goes on the next time.
  private func interrupt(
    _ command: (String) -> [String], in folder: URL, number: Int32, when moment: @escaping @Sendable (String) -> Bool
  ) async throws {
    let place = folder.appendingPathComponent("stopped")
    let program = try Program(command("stopped"), in: folder)
    try await program.signal(number) { exists(below: place, moment) }
    let ending = try await program.end()
    #expect(!ending.wasKilled && ending.status == 128 + number)
    #expect(ending.errors.contains("stopping at the next safe point"))
    #expect(ending.errors.hasSuffix("stopped; the same command goes on from here\n"), "\(ending.errors)")
    #expect(!exists(below: place) { $0.hasSuffix(".partial") })
    let last = try await Program.run(command("stopped"), in: folder)
    #expect(last.status == 0, "\(last.errors)")
    #expect(try await Program.run(command("whole"), in: folder).status == 0)
    #expect(try contents(of: place) == contents(of: folder.appendingPathComponent("whole")))
  }

  @Test func anInterruptedRunGoesOn() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      try await interrupt({ ["run", "card.yaml", "--output", $0] }, in: folder, number: SIGINT) {
        $0.hasSuffix("training.json")
      }
    }
  }

  @Test func anInterruptedGenerationGoesOn() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallProduction(to: folder, eventsPerBlock: 8, blocks: [4, 2])
      try await interrupt(
        { ["generate", "card.yaml", "--samples", "ttbar", "--output", $0, "--store", "\($0)/store"] }, in: folder,
        number: SIGTERM
      ) { $0.contains("block/") }
    }
  }
}
