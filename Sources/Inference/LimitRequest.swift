import Foundation
import Records
import StatisticalModels

/// An upper limit asked of a workspace file.
public struct LimitRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource
  /// *(number, default 0.95, in (0, 1))*: the confidence level.
  public var confidenceLevel: Double
  public var statistic: TestStatistic

  public init(_ source: WorkspaceSource, cl: Double = 0.95, statistic: TestStatistic = .qtilde) {
    self.source = source
    confidenceLevel = cl
    self.statistic = statistic
  }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``FileError``.
  public func run() throws -> LimitReport {
    let (model, digest) = try source.model()
    let calculator = try AsymptoticCalculator(model, statistic: statistic)
    let limit = try calculator.upperLimit(confidenceLevel: confidenceLevel)
    return LimitReport(
      request: self, limit: limit, nominal: try calculator.test(1), bestFit: calculator.bestFit,
      version: searchlightVersion, workspaceDigest: digest)
  }
}

/// A limit with what it rests on.
public struct LimitReport: Hashable, Codable, Sendable {
  public var request: LimitRequest
  public var limit: UpperLimit
  /// The test of μ = 1.
  public var nominal: HypothesisTest
  public var bestFit: FitReport
  public var version: String
  public var workspaceDigest: Digest

  /// A plain verdict first, then the numbers.
  public var text: String {
    let level = percent(limit.confidenceLevel)
    let alpha = 1 - limit.confidenceLevel
    let expected = nominal.expected[2]
    var lines = [
      "\(limit.poi) = 1 is \(nominal.cls < alpha ? "excluded" : "not excluded") at \(level) CL by the data "
        + "(CLs \(number(nominal.cls))) and \(expected < alpha ? "was" : "was not") expected to be (\(number(expected))).",
      "",
      "Upper limit on \(limit.poi) at \(level) CL (asymptotic CLs, \(limit.statistic.rawValue))",
      "  observed   \(number(limit.observed))",
      "  expected   \(number(limit.expected[2]))   (median)",
      "  ±1 sigma   \(number(limit.expected[1])) … \(number(limit.expected[3]))",
      "  ±2 sigma   \(number(limit.expected[0])) … \(number(limit.expected[4]))",
      "  best fit   \(number(limit.bestMu))",
    ]
    if !bestFit.parametersAtBounds.filter({ $0 != limit.poi }).isEmpty {
      lines.append("  at bounds: \(bestFit.parametersAtBounds.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n")
  }

  /// `{"poi", "cl", "observed", "expected": [-2σ, …, +2σ], "best_fit", "CLs_obs", "CLs_exp", …}`, the last two for μ = 1 as
  /// `pyhf cls` prints them.
  public var document: JSONValue {
    return .object([
      JSONMember("poi", .string(limit.poi)), JSONMember("cl", .number(limit.confidenceLevel)),
      JSONMember("test_stat", .string(limit.statistic.rawValue)), JSONMember("observed", .number(limit.observed)),
      JSONMember("expected", numbers(limit.expected)), JSONMember("best_fit", .number(limit.bestMu)),
      JSONMember("CLs_obs", .number(nominal.cls)), JSONMember("CLs_exp", numbers(nominal.expected)),
      JSONMember("twice_nll", .number(bestFit.twiceNLL)), JSONMember("deviance", .number(bestFit.deviance)),
      JSONMember("parameters_at_bounds", .array(bestFit.parametersAtBounds.map { .string($0) })),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }
}
