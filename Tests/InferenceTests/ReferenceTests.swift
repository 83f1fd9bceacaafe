import Foundation
import Inference
import StatisticalModels
import TestSupport
import Testing

/// What pyhf 0.7.6 says of the workspaces that are built here (`Tests/Reference/pyhf`).
@Suite("pyhf's answers to our workspaces")
struct ReferenceTests {
  struct Answers: Decodable {
    struct Test: Decodable {
      var mu: Double
      var CLs_obs: Double
      var CLs_exp: [Double]
    }
    struct Held: Decodable {
      var mu: Double
      var value: Double
    }
    struct Entry: Decodable {
      var tests: [Test]
      var parameters: [String]
      var pars_free: [Double]
      var twice_nll_free: Double
      var twice_nll_held: Held
      var limit_observed: Double
      var limit_expected: [Double]
    }
    var workspaces: [String: Entry]
  }

  static let files = ReferenceWorkspaces.all.map(\.file)

  /// Workspaces that a run of the study in `Studies/tz-transfer` wrote.
  static let studyFiles = ["workspace_study_FCNC.json", "workspace_study_TT.json", "workspace_study_HT.json"]

  private func make(_ file: String) throws -> Workspace {
    try ReferenceWorkspaces.all.first { $0.file == file }?.make()
      ?? Workspace(readingFrom: referenceURL("pyhf/\(file)"))
  }

  private func answers(_ file: String) throws -> Answers.Entry {
    let all = try JSONDecoder().decode(Answers.self, from: Data(contentsOf: referenceURL("pyhf/answers.json")))
    return try #require(all.workspaces[file])
  }

  @Test("the same bytes are written", arguments: files)
  func sameBytes(_ file: String) throws {
    let workspace = try make(file)
    if ProcessInfo.processInfo.environment["SEARCHLIGHT_WRITE_REFERENCE"] == "1" {
      try workspace.write(to: referenceURL("pyhf/\(file)"))
    }
    #expect(try Data(contentsOf: referenceURL("pyhf/\(file)")) == workspace.encoded)
    var reread = try Workspace(readingFrom: referenceURL("pyhf/\(file)"))
    reread.file = workspace.file
    #expect(reread == workspace)
  }

  @Test("CLs at three values of mu to 1e-4 of their size", arguments: files + studyFiles)
  func hypothesisTests(_ file: String) throws {
    let calculator = try AsymptoticCalculator(Model(make(file)))
    for reference in try answers(file).tests {
      let ours = try calculator.test(reference.mu)
      for (a, b) in zip([ours.cls] + ours.expected, [reference.CLs_obs] + reference.CLs_exp) {
        #expect(abs(a - b) <= 1e-4 * b + 1e-12, "mu = \(reference.mu): \(a), pyhf \(b)")
      }
    }
  }

  // pyhf's limits are roots of its own CLs to 1e-7; CLs itself is good to some 1e-6.
  @Test("limits and their bands to 1e-5", arguments: files + studyFiles)
  func limits(_ file: String) throws {
    let reference = try answers(file)
    let limit = try Model(make(file)).upperLimit()
    for (ours, theirs) in zip([limit.observed] + limit.expected, [reference.limit_observed] + reference.limit_expected)
    {
      #expect(abs(ours / theirs - 1) < 1e-5, "\(ours), pyhf \(theirs)")
    }
  }

  @Test("−2 ln L with its constants, and the parameters' order", arguments: files + studyFiles)
  func likelihood(_ file: String) throws {
    let reference = try answers(file)
    let model = try Model(make(file))
    let free = try model.fit()
    #expect(abs(free.twiceNLL - reference.twice_nll_free) < 1e-6 * max(1, abs(reference.twice_nll_free)))
    // Ours is the lower one, but for rounding.
    #expect(free.twiceNLL <= reference.twice_nll_free + 1e-9 * abs(reference.twice_nll_free))
    let held = try model.fit(holding: reference.twice_nll_held.mu)
    #expect(abs(held.twiceNLL - reference.twice_nll_held.value) < 1e-6 * max(1, abs(reference.twice_nll_held.value)))
    #expect(Set(model.parameters.map(\.name)) == Set(reference.parameters))
  }
}

/// The ATLAS three-lepton likelihoods (HEPData ins1771533), with pyhf's value of −2 ln L at random points.
@Suite("Real likelihoods", .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"))
struct RealLikelihoodTests {
  struct Points: Decodable {
    struct Point: Decodable {
      var patch: String
      var values: [String: Double]
      var twice_nll: Double
    }
    var points: [Point]
  }

  private func patched() throws -> (document: JSONValue, set: PatchSet) {
    let folder = try #require(realDataURL).appendingPathComponent("histfactory/3L")
    let document = try JSONValue.parse(
      Data(contentsOf: folder.appendingPathComponent("BkgOnly.json")), file: "BkgOnly.json")
    return (document, try PatchSet(readingFrom: folder.appendingPathComponent("patchset.json")))
  }

  // No optimiser enters: the likelihoods themselves agree to rounding.
  @Test("−2 ln L at random points is pyhf's")
  func points() throws {
    let (document, set) = try patched()
    let reference = try JSONDecoder().decode(Points.self, from: Data(contentsOf: referenceURL("pyhf/points_3L.json")))
    #expect(reference.points.count == 24)
    for point in reference.points {
      let model = try Model(Workspace(set.patch(named: point.patch).patch.applied(to: document)))
      let x = try model.parameters.map { try #require(point.values[$0.name]) }
      #expect(x.count == point.values.count)
      let likelihood = Likelihood(model)
      let ours = likelihood.value(at: x) + likelihood.saturatedTwiceNLL
      #expect(abs(ours - point.twice_nll) < 1e-9 * abs(point.twice_nll), "\(ours), pyhf \(point.twice_nll)")
    }
  }

  @Test("every patch has a converged limit and a limit's CLs is 0.05")
  func allPatches() throws {
    let (document, set) = try patched()
    for patch in set.patches {
      let calculator = try AsymptoticCalculator(Model(Workspace(patch.patch.applied(to: document))))
      let limit = try calculator.upperLimit()
      #expect(zip(limit.expected, limit.expected.dropFirst()).allSatisfy(<))
      #expect(abs(try calculator.test(limit.observed).cls - 0.05) < 1e-7, "\(patch.name)")
      #expect(abs(try calculator.test(limit.median).expected[2] - 0.05) < 1e-7, "\(patch.name)")
    }
  }
}
