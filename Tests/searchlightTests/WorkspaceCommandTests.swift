import Foundation
import StatisticalModels
import TestSupport
import Testing

@testable import searchlight

@Suite struct WorkspaceCommandTests {
  private let workspace = referenceURL("pyhf/workspace_all_modifiers.json").path

  /// What `pyhf digest` prints of the same file.
  private let digest = "sha256:bd1e73f4f88a7ccb6cbc2c4e1353da437786b69cd75ba3df3c4afb6e79df2980\n"

  @Test func operationsWriteWorkspacesThatOthersRead() async throws {
    try await withTemporaryFolder { folder in
      func run(_ arguments: String...) async throws -> Program.Ending {
        try await Program.run(["workspace"] + arguments, in: folder)
      }
      #expect(try await run("digest", workspace).output == digest)
      let renamed = try await run(
        "rename", workspace, "--channel", "signal_region=SR", "--sample", "main=top", "--output", "renamed.json")
      #expect(renamed.status == 0 && renamed.output.isEmpty, "\(renamed.errors)")
      let inspected = try await run("inspect", "renamed.json")
      #expect(inspected.output.contains("SR               3\n"), "\(inspected.output)")
      #expect(
        inspected.output.contains("fakes           3        constrained_by_poisson  shapesys"), "\(inspected.output)")
      let back = try await run("rename", "renamed.json", "--channel", "SR=signal_region", "--sample", "top=main")
      try back.output.write(to: folder.appendingPathComponent("back.json"), atomically: true, encoding: .utf8)
      #expect(try await run("digest", "back.json").output == digest)
      #expect(try await run("prune", workspace, "--channel", "signal_region", "--output", "rest.json").status == 0)
      let joined = try await run("combine", workspace, "rest.json", "--join", "left outer", "--output", "joined.json")
      #expect(joined.status == 0, "\(joined.errors)")
      #expect(try await run("digest", "joined.json").output == digest)
      #expect(try await run("sort", "joined.json", "--output", "sorted.json").status == 0)
      #expect(
        try WorkspaceDocument(readingFrom: folder.appendingPathComponent("sorted.json")).workspace.channels.count == 3)
    }
  }

  @Test func misuseAndFailureSayWhatWouldHaveWorked() async throws {
    try await withTemporaryFolder { folder in
      func run(_ arguments: String...) async throws -> Program.Ending {
        try await Program.run(["workspace"] + arguments, in: folder)
      }
      let twice = try await run("combine", workspace, workspace)
      #expect(
        twice.status == 1 && twice.errors.contains("the join 'outer' takes equal channels once"), "\(twice.errors)")
      let merged = try await run("combine", workspace, workspace, "--merge-channels")
      #expect(merged.status == 2 && merged.errors.contains("--merge-channels needs --join"), "\(merged.errors)")
      let near = try await run("prune", workspace, "--sample", "fake")
      #expect(near.status == 1 && near.errors.contains("nearest: 'fakes'") && near.output.isEmpty, "\(near.errors)")
      let half = try await run("rename", workspace, "--sample", "fakes")
      #expect(half.status == 2, "\(half.errors)")
      let again = try await run("rename", workspace, "--sample", "fakes=a", "--sample", "fakes=b")
      #expect(again.status == 2 && again.errors.contains("'fakes' is renamed twice"), "\(again.errors)")
      // Standard input, which is empty here.
      let empty = try await run("digest", "-")
      #expect(
        empty.status == 1 && empty.errors.contains("standard input:1:1: expected a JSON value"), "\(empty.errors)")
    }
  }

  @Test func datacardsAreConvertedAndHaveLimitsAsTheyAre() async throws {
    try await withTemporaryFolder { folder in
      let card = referenceURL("datacards/counting.txt").path
      #expect(try await Program.run(["workspace", "convert", card, "--output", "w.json"], in: folder).status == 0)
      let written = try WorkspaceDocument(readingFrom: folder.appendingPathComponent("w.json"))
      #expect(written.workspace.channels.map(\.name) == ["b1", "gmN_WW_norm"])
      let printed = try await Program.run(["limit", card], in: folder)
      #expect(printed.status == 0 && printed.output.contains("observed   1.62"), "\(printed.output)")
      let broken = folder.appendingPathComponent("broken.txt")
      try "imax 1\nbin b\nobservation x\n".write(to: broken, atomically: true, encoding: .utf8)
      let failed = try await Program.run(["limit", broken.path], in: folder)
      #expect(failed.status == 1)
      #expect(failed.errors.contains("broken.txt:3: observation: found 'x'; expected a number"), "\(failed.errors)")
    }
  }
}
