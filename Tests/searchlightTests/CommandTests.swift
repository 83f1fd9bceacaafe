import ArgumentParser
import Foundation
import Records
import Searches
import Tensors
import TestSupport
import Testing

@testable import searchlight

@Suite struct CommandTests {
  /// All commands below one, itself included.
  private func commands(below root: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    [root] + root.configuration.subcommands.flatMap { commands(below: $0) }
  }

  /// Each command's help shows an example, and every example is a call that the program understands.
  @Test func examplesOfHelpAreUnderstood() throws {
    for command in commands(below: Searchlight.self) where command != Searchlight.self {
      let examples = command.configuration.discussion.split(separator: "\n").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      .filter { $0.hasPrefix("searchlight ") }
      #expect(!examples.isEmpty, "\(command)")
      for example in examples {
        let words = example.split(separator: " ").dropFirst().map(String.init)
        #expect(throws: Never.self, "\(example)") { try Searchlight.parseAsRoot(words) }
      }
    }
  }

  /// Used wrongly: status 2 and what would have worked; failed: status 1.
  @Test func statusesTellMisuseFromFailure() async throws {
    try await withTemporaryFolder { folder in
      let misused = try await Program.run(["run", "card.yaml", "--scale", "2"], in: folder)
      #expect(misused.status == 2 && misused.errors.contains("above 0 and at most 1"), "\(misused.errors)")
      let failed = try await Program.run(["run", "card.yaml"], in: folder)
      #expect(
        failed.status == 1 && failed.errors.contains("card.yaml: cannot be read: no such file"), "\(failed.errors)")
      let absent = try await Program.run(["store", "list", "nowhere"], in: folder)
      #expect(absent.status == 2 && absent.errors.contains("no folder 'nowhere'"), "\(absent.errors)")
    }
  }

  /// What could not be written is not done. `/dev/full` refuses every write, as a full disk does.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func outputThatIsLostIsAFailure() async throws {
    try await withTemporaryFolder { folder in
      let workspace = referenceURL("pyhf/workspace_tiny_limit.json").path
      let written = try await Program.run(["limit", workspace], in: folder)
      #expect(written.status == 0 && written.output.contains("Upper limit"))
      let lost = try await Program.run(["limit", workspace], in: folder, output: URL(fileURLWithPath: "/dev/full"))
      #expect(
        lost.status == 1 && lost.errors.contains("standard output: cannot be written: no space left"), "\(lost.errors)")
      #expect(try await Program.run(["--version"], in: folder).output == "\(searchlightVersion)\n")
    }
  }

  @Test(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
  func aStoreIsListedCheckedAndPruned() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      let card = folder.appendingPathComponent("card.yaml")
      func run(_ arguments: String...) async throws -> Program.Ending { try await Program.run(arguments, in: folder) }
      #expect(try await run("run", "card.yaml", "--output", "out").status == 0)
      let tables = try Data(contentsOf: folder.appendingPathComponent("out/tables.json"))
      var list = try await run("store", "list", "out")
      #expect(list.output.contains("6 results") && !list.output.contains("unused"), "\(list.output)")
      #expect(list.output.contains("prepare") && list.output.contains("signal signal"), "\(list.output)")
      // Another network: one training, its diagnostics and two samples of scores that no run needs any more.
      let text = try String(contentsOf: card, encoding: .utf8)
      try text.replacing("units: 16", with: "units: 8").write(to: card, atomically: true, encoding: .utf8)
      #expect(try await run("run", "card.yaml", "--output", "out").status == 0)
      try text.write(to: card, atomically: true, encoding: .utf8)
      #expect(try await run("run", "card.yaml", "--output", "out").status == 0)
      list = try await run("store", "list", "out")
      #expect(list.output.components(separatedBy: "unused").count == 5, "\(list.output)")
      do {
        let lock = try RunLock(folder: folder.appendingPathComponent("out"))
        let refused = try await run("store", "prune", "out/store")
        #expect(refused.status == 1 && refused.errors.contains("another run is at work there"), "\(refused.errors)")
        withExtendedLifetime(lock) {}
      }
      let pruned = try await run("store", "prune", "out")
      #expect(pruned.output.hasPrefix("removed 4 results, kept 6"), "\(pruned.output)\(pruned.errors)")
      #expect(try await run("store", "check", "out").status == 0)
      let stored = folder.appendingPathComponent("out/store")
      let model = try #require(
        FileManager.default.subpathsOfDirectory(atPath: stored.path).first { $0.hasSuffix("model.safetensors") })
      try Data("damage".utf8).write(to: stored.appendingPathComponent(model))
      let damaged = try await run("store", "check", "out")
      #expect(damaged.status == 1 && damaged.output.contains("damaged: model.safetensors"), "\(damaged.output)")
      #expect(damaged.errors.contains("1 of 6 results are damaged"), "\(damaged.errors)")
      #expect(try await run("store", "prune", "out").output.hasPrefix("removed 1 results, kept 5"))
      #expect(try await run("run", "card.yaml", "--output", "out").status == 0)
      #expect(try Data(contentsOf: folder.appendingPathComponent("out/tables.json")) == tables)
    }
  }
}
