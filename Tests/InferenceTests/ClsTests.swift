import Foundation
import Inference
import Records
import StatisticalModels
import TestSupport
import Testing

@Suite("The test of one hypothesis: formulae, toys, kept toys")
struct ClsTests {
  private func write(_ workspace: Workspace, to folder: URL, named name: String = "workspace.json") throws -> URL {
    let url = folder.appendingPathComponent(name)
    try workspace.write(to: url)
    return url
  }

  private func counting(background: Double = 3, observed: Double = 2) -> Workspace {
    SmallModels.workspace([
      ("SR", [SmallModels.signal([5]), .init(name: "background", data: [background])], [observed])
    ])
  }

  private func complaint(_ body: () throws -> some Any) -> String {
    do { return "no complaint: \(try body())" } catch { return "\(error)" }
  }

  /// `pyhf cls --test-poi 1.5` prints the same keys with the same numbers, up to what its optimiser leaves.
  @Test func answersAsPyhfDoes() throws {
    struct Answer: Decodable { var CLs_obs: Double, CLs_exp: [Double] }
    func read(_ data: Data) throws -> Answer { try JSONDecoder().decode(Answer.self, from: data) }
    let expected = try read(Data(contentsOf: referenceURL("pyhf/cls_twenty_bins.json")))
    let source = WorkspaceSource(workspace: referenceURL("pyhf/workspace_twenty_bins.json"))
    let report = try ClsRequest(source, mu: 1.5).run()
    let found = try read(Data(report.document.text().utf8))
    #expect(abs(found.CLs_obs - expected.CLs_obs) < 1e-4)
    #expect(found.CLs_exp.count == 5)
    for (a, b) in zip(found.CLs_exp, expected.CLs_exp) { #expect(abs(a - b) < 1e-4) }
    #expect(
      report.text.hasPrefix("mu = 1.5 is excluded at 95 % CL by the data (CLs 0.006469"), "\(report.text)")
  }

  /// Toys that are kept are those that would be thrown: any sequence of calls ends where one call does.
  @Test func keptToysAreGoneOnFrom() throws {
    try withTemporaryFolder { folder in
      let source = WorkspaceSource(workspace: try write(counting(), to: folder))
      let state = folder.appendingPathComponent("toys.json")
      var request = ClsRequest(source, calculator: .toys, toys: 12_000, seed: 7)
      let whole = try request.run()
      request.toys = 700
      _ = try request.run(state: state, workers: 1)
      request.toys = 12_000
      let token = CancellationToken()
      #expect(throws: RecordError.cancelled) {
        _ = try request.run(
          state: state, workers: 2, progress: { if $0.completed > 6000 { token.cancel() } }, cancellation: token)
      }
      let kept = try JSONDecoder().decode(ToyState.self, from: Data(contentsOf: state))
      #expect(kept.progress.tested.values.count > 6000 && kept.progress.alternative.values.count == 5700)
      let resumed = try request.run(state: state)
      #expect(resumed.outcome == whole.outcome)
      // Fewer than there are: the first of them.
      request.toys = 700
      #expect(try request.run(state: state).outcome == request.run().outcome)
      // The formula for one bin: P(n ≤ 2 | 8)/P(n ≤ 2 | 3) = 41 e⁻⁸/(8.5 e⁻³).
      guard case .toys(let test) = whole.outcome else { throw InferenceError.noParameterOfInterest(model: "") }
      #expect(abs(test.cls.value - 41 * exp(-8) / (8.5 * exp(-3))) < 4 * test.cls.error)
      #expect(whole.document["CLs_obs_error"] == .number(test.cls.error) && test.cls.error > 0)
    }
  }

  @Test func toysOfOtherArgumentsAreRefused() throws {
    try withTemporaryFolder { folder in
      let source = WorkspaceSource(workspace: try write(counting(), to: folder))
      let state = folder.appendingPathComponent("toys.json")
      let request = ClsRequest(source, calculator: .toys, toys: 20, seed: 7)
      _ = try request.run(state: state)
      let before = try Data(contentsOf: state)
      func refusal(_ change: (inout ClsRequest) -> Void) -> String {
        var other = request
        change(&other)
        return complaint { try other.run(state: state) }
      }
      #expect(
        refusal { $0.seed = 8 }.hasSuffix("holds toys of the seed 7, not 8; name another file, or remove this one"))
      #expect(refusal { $0.mu = 2 }.contains("of the hypothesis 1.0, not 2.0"))
      #expect(refusal { $0.statistic = .q }.contains("of the statistic qtilde, not q;"))
      let other = try write(counting(observed: 3), to: folder, named: "other.json")
      #expect(refusal { $0.source.workspace = other }.contains("of another workspace or patch"))
      #expect(try Data(contentsOf: state) == before)
      let text = String(decoding: before, as: UTF8.self)
      func damaged(_ old: String, _ new: String) throws -> String {
        #expect(text.contains(old))
        try text.replacing(old, with: new).write(to: state, atomically: true, encoding: .utf8)
        return complaint { try request.run(state: state) }
      }
      #expect(
        try damaged("\"schema\" : 1", "\"schema\" : 99").contains("schema version 99; this program goes on from 1"))
      #expect(try damaged("\"statistic\"", "\"static\"").contains("is a damaged state of toys"))
      #expect(try damaged("{", "[").contains("is no state of toys"))
    }
  }

  /// Data that no toy of the background reaches: no CLs, null in JSON, and no verdict.
  @Test func toysThatReachNothingHaveNoVerdict() throws {
    try withTemporaryFolder { folder in
      let source = WorkspaceSource(workspace: try write(counting(background: 50, observed: 2), to: folder))
      let report = try ClsRequest(source, calculator: .toys, toys: 50).run()
      #expect(report.document["CLs_obs"] == .null && report.document["CLb"] == .number(0))
      #expect(report.text.contains("cannot be judged") && report.text.contains("throw more"))
    }
  }

  @Test func discoveryIsNotALimit() throws {
    let source = WorkspaceSource(workspace: referenceURL("pyhf/workspace_twenty_bins.json"))
    let report = try ClsRequest(source, mu: 3, statistic: .q0).run()
    #expect(report.document["mu"] == .number(0) && report.text.hasPrefix("Background alone is not rejected at 95 % CL"))
    #expect(complaint { try ClsRequest(source, mu: -1).run() }.contains("mu = -1.0 lies below its lower bound 0.0"))
    #expect(throws: InferenceError.badConfidenceLevel(95)) { try ClsRequest(source, cl: 95).run() }
  }

  /// A priori the data do not enter; a posteriori they do. Data that the initial values expect make both the same.
  @Test func expectationsBeforeTheFitKnowNoData() throws {
    func run(_ observed: [Double], _ expectation: ExpectationKind) throws -> (HypothesisTest, UpperLimit) {
      try withTemporaryFolder { folder in
        var workspace = SmallModels.readme
        workspace.observations[0].data = observed
        let source = WorkspaceSource(workspace: try write(workspace, to: folder))
        let report = try LimitRequest(source, expectation: expectation).run()
        let cls = try ClsRequest(source, expectation: expectation).run()
        #expect(cls.cls == report.nominal.cls && cls.expected == report.nominal.expected)
        return (report.nominal, report.limit)
      }
    }
    let before = try run([51, 48], .preFit), after = try run([51, 48], .postFit)
    #expect(before.0.cls == after.0.cls && before.1.observed == after.1.observed)
    #expect(before.0.expected != after.0.expected && before.1.expected != after.1.expected)
    let others = try run([70, 20], .preFit)
    #expect(others.0.expected == before.0.expected && others.0.cls != before.0.cls)
    let asimov = try run([50, 52], .postFit)
    for (a, b) in zip(asimov.0.expected + asimov.1.expected, before.0.expected + before.1.expected) {
      #expect(abs(a / b - 1) < 1e-7)
    }
  }
}
