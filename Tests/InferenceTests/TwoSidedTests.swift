import Foundation
import StatisticalModels
import TestSupport
import Testing

@testable import Inference

@Suite("Two-sided tests") struct TwoSidedTests {
  private struct Answers: Decodable {
    var answers: [Answer]
    struct Answer: Decodable { var factor, mu, t, p, tilde, pTilde: Double }
  }

  /// The reference's model: the parameter of interest from −5, and the observation times a factor.
  private func model(_ factor: Double) throws -> Model {
    let data = try Data(contentsOf: referenceURL("pyhf/workspace_twenty_bins.json"))
    var root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var measurements = try #require(root["measurements"] as? [[String: Any]])
    var config = try #require(measurements[0]["config"] as? [String: Any])
    var parameters = try #require(config["parameters"] as? [[String: Any]])
    for index in parameters.indices where parameters[index]["name"] as? String == config["poi"] as? String {
      parameters[index]["bounds"] = [[-5, 10]]
    }
    config["parameters"] = parameters
    measurements[0]["config"] = config
    root["measurements"] = measurements
    var observations = try #require(root["observations"] as? [[String: Any]])
    for index in observations.indices {
      observations[index]["data"] = try #require(observations[index]["data"] as? [Double]).map { $0 * factor }
    }
    root["observations"] = observations
    let json = try JSONSerialization.data(withJSONObject: root)
    return try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("workspace.json")
      try json.write(to: url)
      return try Model(Workspace(readingFrom: url))
    }
  }

  @Test func statisticsAreThoseOfPyhf() throws {
    let data = try Data(contentsOf: referenceURL("pyhf/two_sided.json"))
    let answers = try JSONDecoder().decode(Answers.self, from: data).answers
    #expect(answers.count == 8)
    for answer in answers {
      let model = try model(answer.factor)
      let t = try model.twoSidedTest(mu: answer.mu)
      let tilde = try model.twoSidedTest(mu: answer.mu, statistic: .ttilde)
      // MINUIT stops within 1e-5 or so of the minima.
      #expect(abs(t.value - answer.t) < 1e-4 && abs(tilde.value - answer.tilde) < 1e-4, "\(answer.mu): \(t), \(tilde)")
      #expect(abs(t.pValue - answer.p) < 1e-3 * answer.p && abs(tilde.pValue - answer.pTilde) < 1e-3 * answer.pTilde)
      if answer.factor < 1 { #expect(t.bestMu < 0 && tilde.bestMu == 0) }
    }
  }

  @Test func theBestFitIsNotRejected() throws {
    let model = try model(1.0)
    let best = try model.twoSidedTest(mu: 0.5).bestMu
    let test = try model.twoSidedTest(mu: best)
    #expect(test.value == 0 && test.pValue == 1)
    // Departures on both sides count alike: the interval's ends have −2 ln λ = 1, and p = 0.317.
    let scan = try model.profileScan(of: "mu", at: Array(stride(from: best - 1, through: best + 1, by: 0.05)))
    let ends = scan.crossings()
    for end in [try #require(ends.below), try #require(ends.above)] {
      #expect(abs(try model.twoSidedTest(mu: end).pValue - 0.3173) < 0.003)
    }
  }
}
