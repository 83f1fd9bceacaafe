import Foundation
import TestSupport
import Testing

/// The commands on workspaces, as their users run them.
@Suite struct InferenceCommandTests {
  private let workspace = referenceURL("pyhf/workspace_twenty_bins.json").path

  @Test func clsPrintsPyhfsKeys() async throws {
    try await withTemporaryFolder { folder in
      let printed = try await Program.run(["cls", workspace, "--mu", "1.5", "--output-format", "json"], in: folder)
      #expect(printed.status == 0, "\(printed.errors)")
      struct Answer: Decodable { var CLs_obs: Double, CLs_exp: [Double] }
      let answer = try JSONDecoder().decode(Answer.self, from: Data(printed.output.utf8))
      let expected = try JSONDecoder().decode(
        Answer.self, from: Data(contentsOf: referenceURL("pyhf/cls_twenty_bins.json")))
      for (a, b) in zip([answer.CLs_obs] + answer.CLs_exp, [expected.CLs_obs] + expected.CLs_exp) {
        #expect(abs(a - b) < 1e-4)
      }
    }
  }

  @Test func clsSaysWhatWouldHaveWorked() async throws {
    try await withTemporaryFolder { folder in
      let cases: [(arguments: [String], status: Int32, message: String)] = [
        (["--cl", "95"], 2, "(95 % is 0.95)"), (["--state", "x"], 2, "--state needs --calculator toys"),
        (["--test-stat", "q0", "--mu", "1"], 2, "--mu 0"), (["--toys", "0"], 2, "positive number"),
        (["--test-stat", "t"], 2, "qtilde"), (["--measurement", "x"], 1, "none is named 'x'; there are"),
        (["--mu", "-1"], 1, "lies below its lower bound 0"), (["--patch", "x"], 1, "x: no such file, and there is no"),
      ]
      for (arguments, status, message) in cases {
        let ending = try await Program.run(["cls", workspace] + arguments, in: folder)
        #expect(ending.status == status && ending.output.isEmpty, "\(arguments): \(ending)")
        #expect(ending.errors.contains(message), "\(arguments): \(ending.errors)")
      }
      let absent = try await Program.run(["cls", "absent.json"], in: folder)
      #expect(absent.status == 1 && absent.errors.contains("absent.json: cannot be read: no such file"))
    }
  }

  /// Ctrl-C keeps the toys: the program says so, ends as shells count it, and goes on from them.
  @Test func clsKeepsItsToys() async throws {
    try await withTemporaryFolder { folder in
      let state = folder.appendingPathComponent("toys.json")
      let small = referenceURL("pyhf/workspace_tiny_limit.json").path
      func arguments(_ toys: Int) -> [String] {
        ["cls", small, "--mu", "1e-4", "--calculator", "toys", "--toys", "\(toys)", "--output-format", "json"]
      }
      let program = try Program(arguments(100_000_000) + ["--state", "toys.json"], in: folder)
      try await program.signal(SIGINT) { FileManager.default.fileExists(atPath: state.path) }
      let ending = try await program.end()
      #expect(ending.status == 128 + SIGINT && ending.errors.hasSuffix("goes on from here\n"), "\(ending.errors)")
      let kept = try Data(contentsOf: state)
      let resumed = try await Program.run(arguments(5000) + ["--state", "toys.json"], in: folder)
      #expect(resumed.status == 0 && !resumed.errors.contains("toys of"), "\(resumed.errors)")
      #expect(try Data(contentsOf: state) == kept)
      #expect(try await Program.run(arguments(5000), in: folder).output == resumed.output)
    }
  }

  /// Each prints its verdict first, a document on demand and its figures; a workspace that is not there is a failure.
  @Test(arguments: [
    (["limit"], [], "mu = 1 is ", ["limit.svg"]),
    (["fit"], [], "The model describes", ["correlations.svg", "pulls.svg"]),
    (
      ["significance"], ["--luminosity", "139", "--luminosities", "36,3000"], "The data show no signal",
      ["significance.svg"]
    ),
    (["scan"], ["mu", "--points", "5"], "mu = 0, in [0 (its bound), 0.5", ["scan-mu.svg"]),
    (["scan"], ["mu", "jes", "--points", "7"], "mu = 0 and jes = -0.013", ["scan-mu-jes.svg"]),
    (["rank"], [], "xs_zjets moves mu = 0", ["ranking.svg"]),
  ])
  func verdictsComeFirst(_ command: [String], _ more: [String], _ verdict: String, _ figures: [String]) async throws {
    try await withTemporaryFolder { folder in
      let text = try await Program.run(command + [workspace] + more + ["--output", "figures"], in: folder)
      #expect(text.status == 0 && text.output.hasPrefix(verdict), "\(text)")
      let made = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("figures").path)
      #expect(made.sorted() == figures)
      let document = try await Program.run(command + [workspace] + more + ["--output-format", "json"], in: folder)
      #expect(document.status == 0 && document.errors.isEmpty)
      _ = try JSONSerialization.jsonObject(with: Data(document.output.utf8))
      #expect(try await Program.run(command + ["absent.json"] + more, in: folder).status == 1)
      #expect(try await Program.run(command + [workspace] + more + ["--patch-name", "x"], in: folder).status == 2)
    }
  }

  @Test func misuseSaysWhatWouldHaveWorked() async throws {
    try await withTemporaryFolder { folder in
      let cases: [(arguments: [String], status: Int32, message: String)] = [
        (["scan", workspace, "mu", "--range=3,1"], 2, "two rising numbers"),
        (["scan", workspace, "mu", "--points", "2"], 2, "from 3 to 1000"),
        (["scan", workspace, "mu", "mu"], 2, "two different parameters"),
        (["scan", workspace, "mu", "--range=-1,1"], 1, "leaves its bounds, 0.0 to 10.0"),
        (["scan", workspace, "nu"], 1, "no parameter 'nu'; there are mu"),
        (["significance", workspace, "--luminosities", "1,-2"], 2, "positive numbers"),
        (["significance", workspace, "--luminosities", "1,x"], 2, "1,x"),
        (["significance", workspace, "--luminosity", "3"], 2, "needs --luminosities"),
        (["significance", workspace, "--state", "x"], 2, "--state needs --calculator toys"),
        (["grid", workspace, "--cl", "95"], 2, "(95 % is 0.95)"),
        (["grid", workspace, "--test-stat", "q0"], 2, "needs qtilde or q"),
        (["grid", workspace, "--axes", "x"], 2, "two labels"),
        (["grid", workspace, "--state", "x"], 2, "--global-toys"),
        (["grid", workspace], 1, "patchset.json"), (["grid", workspace, workspace], 1, "metadata"),
        (["fit", workspace, "--figures", "gif", "--output", "x"], 2, "gif"),
      ]
      for (arguments, status, message) in cases {
        let ending = try await Program.run(arguments, in: folder)
        #expect(ending.status == status && ending.errors.contains(message), "\(arguments): \(ending)")
      }
    }
  }

  /// One bin of 50 expected and observed events, and signals of these names, values and sizes.
  private func writeGrid(labels: [String], _ signals: [(values: [Double], events: Double)], to folder: URL) throws {
    let background = """
      {"channels": [{"name": "SR", "samples": [{"name": "b", "data": [50.0], "modifiers": []}]}],
       "observations": [{"name": "SR", "data": [50.0]}],
       "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}], "version": "1.0.0"}
      """
    try Data(background.utf8).write(to: folder.appendingPathComponent("background.json"))
    let patches = signals.enumerated().map { index, signal in
      """
      {"metadata": {"name": "point \(index)", "values": \(signal.values)}, "patch": [{"op": "add",
       "path": "/channels/0/samples/0", "value": {"name": "s", "data": [\(signal.events)],
       "modifiers": [{"name": "mu", "type": "normfactor", "data": null}]}}]}
      """
    }
    let set = """
      {"metadata": {"labels": [\(labels.map { "\"\($0)\"" }.joined(separator: ", "))], "description": "", "references": {}},
       "patches": [\(patches.joined(separator: ", "))], "version": "1.0.0"}
      """
    try Data(set.utf8).write(to: folder.appendingPathComponent("patchset.json"))
  }

  @Test func gridsAreDrawn() async throws {
    try await withTemporaryFolder { folder in
      let corners = [0.0, 1, 2].flatMap { x in [0.0, 1, 2].map { y in (values: [x, y], events: 40 * exp(-x - y / 2)) } }
      try writeGrid(labels: ["x", "y"], corners, to: folder)
      let plane = try await Program.run(["grid", "background.json", "--output", "plane"], in: folder)
      // The limit is 15.2 events: 40 and 24.3 lie above it, twice 14.7 below.
      #expect(
        plane.status == 0 && plane.output.hasPrefix("2 of 9 signals are excluded at 95 % CL by the data; 2 were "))
      func made(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path).sorted()
      }
      #expect(try made("plane") == ["exclusion.svg", "grid.csv", "grid.json"])
      try writeGrid(labels: ["mass"], [40, 20, 10].enumerated().map { ([Double($0)], $1) }, to: folder)
      let line = try await Program.run(
        [
          "grid", "background.json", "patchset.json", "--output", "line", "--global-toys", "50", "--state", "toys.json",
        ],
        in: folder)
      #expect(line.status == 0 && line.output.contains("The largest excess is at point"), "\(line)")
      #expect(try made("line") == ["grid.csv", "grid.json", "limits.svg"])
      // A signal of nothing has no limit: its reason is printed, and the status says that something is missing.
      try writeGrid(labels: ["mass"], [([0], 40), ([1], 0)], to: folder)
      let failed = try await Program.run(["grid", "background.json"], in: folder)
      #expect(failed.status == 1 && failed.output.contains("failed: ") && failed.errors.contains("1 of 2 signals"))
    }
  }
}
