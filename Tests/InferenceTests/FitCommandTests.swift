import CoreNumerics
import Foundation
import Inference
import StatisticalModels
import TestSupport
import Testing

@Suite("Fits and significances of workspace files")
struct FitCommandTests {
  private func write(_ workspace: Workspace, to folder: URL) throws -> WorkspaceSource {
    let url = folder.appendingPathComponent("workspace.json")
    try workspace.write(to: url)
    return WorkspaceSource(workspace: url)
  }

  private func counting(background: Double, observed: Double) -> Workspace {
    SmallModels.workspace([
      ("SR", [SmallModels.signal([10]), .init(name: "background", data: [background])], [observed])
    ])
  }

  /// `pyhf.infer.hypotest(0, …, test_stat="q0")`.
  @Test func discoveryIsThatOfPyhf() throws {
    struct Answers: Decodable {
      struct Workspace: Decodable { var p0_obs, p0_exp: Double }
      var workspaces: [String: Workspace]
    }
    let all = try JSONDecoder().decode(
      Answers.self, from: Data(contentsOf: referenceURL("pyhf/significance.json")))
    #expect(all.workspaces.count == 3)
    for (file, answer) in all.workspaces {
      let report = try SignificanceRequest(WorkspaceSource(workspace: referenceURL("pyhf/\(file)"))).run()
      #expect(abs(report.test.clsb - answer.p0_obs) < 1e-4, "\(file)")
      #expect(abs(report.test.expected[2] - answer.p0_exp) < 1e-4, "\(file)")
      #expect(abs(Normal.upperTail(report.expected) - report.test.expected[2]) < 1e-12)
    }
  }

  /// One bin: Eq. (97) of arXiv:1007.1727, far beyond where p₀ is a number.
  @Test(arguments: [60.0, 100, 4000])
  func oneBinHasItsSignificance(_ observed: Double) throws {
    try withTemporaryFolder { folder in
      // The workspace's bound on mu (10) does not enter.
      let source = try write(counting(background: 50, observed: observed), to: folder)
      let report = try SignificanceRequest(source).run()
      func z(_ n: Double) -> Double { (2 * (n * log(n / 50) - (n - 50))).squareRoot() }
      #expect(abs(report.observed / z(observed) - 1) < 1e-8)
      #expect(abs(report.expected / z(60) - 1) < 1e-8)
      #expect(report.text.hasPrefix(observed == 60 ? "The data show no signal" : "The data are a discovery"))
    }
  }

  @Test func aDeficitHasNoSignificance() throws {
    try withTemporaryFolder { folder in
      let report = try SignificanceRequest(write(counting(background: 50, observed: 30), to: folder)).run()
      #expect(report.observed == 0 && report.bestMu == 0 && abs(report.test.clsb - 0.5) < 1e-12)
    }
  }

  /// One bin has a best fit of (n − b)/s ± √n/s, and describes anything it can reach.
  @Test func oneBinHasItsFit() throws {
    try withTemporaryFolder { folder in
      let report = try FitRequest(write(counting(background: 50, observed: 58), to: folder)).run()
      let mu = try #require(report.fit.parameters.first)
      #expect(abs(mu.value - 0.8) < 1e-7 && abs((mu.uncertainty ?? 0) - 58.0.squareRoot() / 10) < 1e-6)
      #expect(report.degreesOfFreedom == 0 && report.pulls == [nil])
      // A deficit: the bound at zero, no uncertainty, and null in the document.
      let bound = try FitRequest(write(counting(background: 50, observed: 30), to: folder)).run()
      #expect(bound.fit.parametersAtBounds == ["mu"] && bound.text.contains("at bounds  mu"))
      #expect(bound.pValue < 0.05 && bound.text.hasPrefix("The model describes the data poorly"))
      guard case .array(let parameters)? = bound.document["parameters"] else { throw CocoaError(.coderInvalidValue) }
      #expect(parameters[0]["uncertainty"] == .null && parameters[0]["state"] == .string("atLowerBound"))
      _ = bound.document.text(indent: 2)
    }
  }

  @Test func pullsAreDistancesFromMeasurements() throws {
    let report = try FitRequest(
      WorkspaceSource(workspace: referenceURL("pyhf/workspace_all_modifiers.json"))
    ).run()
    let model = try Model(ReferenceWorkspaces.allModifiers())
    for (index, parameter) in model.parameters.enumerated() {
      let fitted = report.fit.parameters[index]
      switch parameter.constraint {
      case _ where parameter.isFixed: #expect(report.pulls[index] == nil && fitted.state == .fixed)
      case .free: #expect(report.pulls[index] == nil)
      case .gaussian(let centre, let sigma):
        #expect(abs((report.pulls[index]?.value ?? .nan) - (fitted.value - centre) / sigma) < 1e-12)
      case .poisson(let count, let factor):
        #expect(
          abs((report.pulls[index]?.value ?? .nan) - (fitted.value * factor - count) / count.squareRoot()) < 1e-9)
      }
    }
    #expect(report.text.contains("off") && report.text.contains("0.5 (fixed)"))
  }

  @Test func unreadableWorkspacesAreErrors() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("workspace.json")
      try Data("{".utf8).write(to: url)
      #expect(throws: JSONSyntaxError.self) { try FitRequest(WorkspaceSource(workspace: url)).run() }
      #expect(throws: JSONSyntaxError.self) { try SignificanceRequest(WorkspaceSource(workspace: url)).run() }
    }
  }
}
