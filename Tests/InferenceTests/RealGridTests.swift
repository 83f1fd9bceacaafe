import Foundation
import StatisticalModels
import TestSupport
import Testing

@testable import Inference

/// pyhf's CLs for all signals of the ATLAS three-lepton likelihoods (`Tests/Reference/pyhf/make_grid.py`).
@Suite("The grid of HEPData ins1771533", .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"))
struct RealGridTests {
  struct Answers: Decodable {
    struct Test: Decodable {
      /// Null where CLb underflows.
      var CLs_obs: Double?
      var CLs_exp: [Double?]
      var twice_nll_free, twice_nll_held: Double
    }
    struct Patch: Decodable {
      var name: String
      var best: Test
      var `default`: Test
    }
    var patches: [Patch]
  }

  /// These models have a Poisson constraint of 2e11 counts. Its term of −2 ln L is 1e13 large in pyhf's sum, where the last
  /// binary digit is 1/512: q_A has steps of that. Deviances, which are summed here, are small and have all their digits.
  private static let step = 1.0 / 512

  @Test func allCLsArePyhfs() throws {
    let folder = try #require(realDataURL).appendingPathComponent("histfactory/3L")
    let report = try GridRequest(
      workspace: folder.appendingPathComponent("BkgOnly.json"),
      patchSet: folder.appendingPathComponent("patchset.json")
    ).run()
    let answers = try JSONDecoder().decode(Answers.self, from: Data(contentsOf: referenceURL("pyhf/grid_3L.json")))
    #expect(answers.patches.count == 64 && report.points.count == 64)
    var shifted: [String] = []
    for (point, answer) in zip(report.points, answers.patches) {
      #expect(point.name == answer.name)
      let test = try #require(point.test, "\(point.failure ?? "")")
      func agrees(steps: Double) -> Bool {
        let moved = AsymptoticCalculator.evaluate(
          mu: 1, statistic: .qtilde, q: test.observedStatistic, qA: test.asimovStatistic + steps * Self.step)
        return zip([moved.cls] + moved.expected, [answer.best.CLs_obs] + answer.best.CLs_exp).allSatisfy {
          ours, theirs in
          theirs.map { abs(ours - $0) <= max(1e-4, 1e-3 * $0) } ?? false
        }
      }
      if agrees(steps: 0) { continue }
      shifted.append(point.name)
      #expect([-1, 1].contains(where: agrees), "\(point.name): \(test), pyhf \(answer.best)")
    }
    #expect(shifted == ["ERJR_150p0_70p0", "ERJR_350p0_270p0", "ERJR_400p0_200p0", "ERJR_450p0_50p0"])
    #expect(report.labels == ["mn2", "mn1"] && report.contours != nil)
  }

  /// Where pyhf as it comes says something else, it stands at a higher −2 ln L than the fit here.
  @Test func pyhfsDefaultOptimiserStopsShort() throws {
    let folder = try #require(realDataURL).appendingPathComponent("histfactory/3L")
    let answers = try JSONDecoder().decode(Answers.self, from: Data(contentsOf: referenceURL("pyhf/grid_3L.json")))
    var count = 0
    for patch in answers.patches where abs((patch.default.CLs_obs ?? .infinity) - (patch.best.CLs_obs ?? 0)) > 1e-3 {
      count += 1
      let source = WorkspaceSource(
        workspace: folder.appendingPathComponent("BkgOnly.json"),
        patch: folder.appendingPathComponent("patchset.json"), patchName: patch.name)
      #expect(try source.model().model.fit().twiceNLL < patch.default.twice_nll_free - 1, "\(patch)")
    }
    #expect(count == 64)
  }
}
