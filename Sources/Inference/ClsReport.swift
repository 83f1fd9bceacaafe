import CoreNumerics
import Foundation
public import Records
public import StatisticalModels

/// A test of one value of the parameter of interest with what it rests on.
public struct ClsReport: Hashable, Codable, Sendable {
  public enum Outcome: Hashable, Codable, Sendable {
    case asymptotics(HypothesisTest)
    case toys(ToyTest)
  }

  public var request: ClsRequest
  /// The parameter of interest.
  public var poi: String
  public var outcome: Outcome
  public var version: String
  public var workspaceDigest: Digest

  /// CLs; for q₀ the discovery p-value.
  public var cls: Double {
    switch outcome {
    case .asymptotics(let test): test.cls
    case .toys(let test): test.cls.value
    }
  }

  /// Its expectation at −2σ, −1σ, median, +1σ, +2σ.
  public var expected: [Double] {
    switch outcome {
    case .asymptotics(let test): test.expected
    case .toys(let test): test.expected
    }
  }

  private var mu: Double {
    switch outcome {
    case .asymptotics(let test): test.mu
    case .toys(let test): test.mu
    }
  }

  /// A plain verdict first, then the numbers.
  public var text: String {
    var lines = [verdict, ""]
    let p = request.statistic == .q0 ? "p0" : "CLs"
    switch outcome {
    case .asymptotics(let test):
      lines += [
        "Asymptotic test of \(poi) = \(number(mu)) (\(test.statistic.rawValue))",
        "  \(padded(p, 8)) \(number(test.cls))",
      ]
      if test.statistic != .q0 { lines += ["  CLs+b    \(number(test.clsb))", "  CLb      \(number(test.clb))"] }
      lines.append("  \(padded(test.statistic.rawValue, 8)) \(number(test.observedStatistic))")
    case .toys(let test):
      func line(_ name: String, _ estimate: ToyTest.Estimate) -> String {
        "  \(padded(name, 8)) \(number(estimate.value)) ± \(number(estimate.error))"
      }
      lines += [
        "Test of \(poi) = \(number(mu)) (\(test.statistic.rawValue)) with \(test.toys) toys of each hypothesis, "
          + "seed \(request.seed)", line(p, test.cls),
      ]
      if test.statistic != .q0 { lines += [line("CLs+b", test.clsb), line("CLb", test.clb)] }
      lines.append("  \(padded(test.statistic.rawValue, 8)) \(number(test.observedStatistic))")
    }
    lines += [
      "  expected \(number(expected[2]))   (median, \(request.expectation.rawValue))",
      "  ±1 sigma \(number(expected[1])) … \(number(expected[3]))",
      "  ±2 sigma \(number(expected[0])) … \(number(expected[4]))",
    ]
    return lines.joined(separator: "\n")
  }

  private var verdict: String {
    let (observed, median, alpha) = (cls, expected[2], 1 - request.confidenceLevel)
    let level = percent(request.confidenceLevel)
    guard observed.isFinite else {
      return "\(poi) = \(number(mu)) cannot be judged: no toy of the alternative is as extreme as the data; throw more."
    }
    if request.statistic == .q0 {
      return "Background alone is \(observed < alpha ? "rejected" : "not rejected") at \(level) CL by the data "
        + "(p0 \(number(observed))) and \(median < alpha ? "was" : "was not") expected to be for \(poi) = 1 "
        + "(\(number(median)))."
    }
    return "\(poi) = \(number(mu)) is \(observed < alpha ? "excluded" : "not excluded") at \(level) CL by the data "
      + "(CLs \(number(observed))) and \(median < alpha ? "was" : "was not") expected to be (\(number(median)))."
  }

  /// `{"CLs_exp": [−2σ, …, +2σ], "CLs_obs", …}`, these two as `pyhf cls` prints them. What toys cannot tell is null.
  public var document: JSONValue {
    var members = [
      JSONMember("CLs_exp", numbers(expected)), JSONMember("CLs_obs", finite(cls)), JSONMember("poi", .string(poi)),
      JSONMember("mu", .number(mu)), JSONMember("cl", .number(request.confidenceLevel)),
      JSONMember("test_stat", .string(request.statistic.rawValue)),
      JSONMember("calculator", .string(request.calculator.rawValue)),
      JSONMember("expectation", .string(request.expectation.rawValue)),
    ]
    switch outcome {
    case .asymptotics(let test):
      members += [
        JSONMember("CLsb", finite(test.clsb)), JSONMember("CLb", finite(test.clb)),
        JSONMember("statistic", finite(test.observedStatistic)),
      ]
    case .toys(let test):
      members += [
        JSONMember("CLs_obs_error", finite(test.cls.error)), JSONMember("CLsb", finite(test.clsb.value)),
        JSONMember("CLsb_error", finite(test.clsb.error)), JSONMember("CLb", finite(test.clb.value)),
        JSONMember("CLb_error", finite(test.clb.error)), JSONMember("statistic", finite(test.observedStatistic)),
        JSONMember("toys", .integer(test.toys)), JSONMember("seed", .string(String(request.seed))),
      ]
    }
    members += [
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ]
    return .object(members)
  }
}
