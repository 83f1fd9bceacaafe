import Foundation
import Records
import StatisticalModels

/// An upper limit asked of a workspace file.
public struct LimitRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource
  /// *(number, default 0.95, in (0, 1))*: the confidence level.
  public var confidenceLevel: Double
  public var statistic: TestStatistic
  /// *(integer, default 0)*: tests between 0 and beyond the limits, for a figure.
  public var scanPoints: Int
  /// Of the band; observed numbers do not depend on it.
  public var expectation: ExpectationKind

  public init(
    _ source: WorkspaceSource, cl: Double = 0.95, statistic: TestStatistic = .qtilde, scanPoints: Int = 0,
    expectation: ExpectationKind = .postFit
  ) {
    self.source = source
    self.scanPoints = scanPoints
    self.expectation = expectation
    confidenceLevel = cl
    self.statistic = statistic
  }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``FileError``.
  public func run() throws -> LimitReport {
    let (model, digest) = try source.model()
    let calculator = try AsymptoticCalculator(model, statistic: statistic)
    let prior = try expectation.calculator(model, statistic)
    var limit = try calculator.upperLimit(confidenceLevel: confidenceLevel)
    if let prior { limit.expected = try prior.upperLimit(confidenceLevel: confidenceLevel).expected }
    func test(_ mu: Double) throws -> HypothesisTest {
      var test = try calculator.test(mu)
      if let prior { test.expected = try prior.test(mu).expected }
      return test
    }
    // From nothing to beyond all limits, for a figure.
    let end = 1.25 * max(limit.observed, limit.expected[4])
    let scan = try (scanPoints > 1 ? Array(0..<scanPoints) : []).map { index in
      try test(max(0, end * Double(index) / Double(scanPoints - 1)))
    }
    return LimitReport(
      request: self, limit: limit, nominal: try test(1), bestFit: calculator.bestFit, scan: scan,
      version: searchlightVersion, workspaceDigest: digest)
  }
}

extension ExpectationKind {
  /// What expects a priori; `nil` where the calculator of the data does.
  func calculator(_ model: Model, _ statistic: TestStatistic) throws -> AsymptoticCalculator? {
    guard self == .preFit else { return nil }
    return try AsymptoticCalculator(
      model, data: model.initialAsimovData(mu: statistic == .q0 ? 1 : 0), statistic: statistic)
  }
}

/// A limit with what it rests on.
public struct LimitReport: Hashable, Codable, Sendable {
  public var request: LimitRequest
  public var limit: UpperLimit
  /// The test of μ = 1.
  public var nominal: HypothesisTest
  public var bestFit: FitReport
  /// Tests of rising values, where they were asked for.
  public var scan: [HypothesisTest]
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
      "  expected   \(number(limit.expected[2]))   (median, \(request.expectation.rawValue))",
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
      JSONMember("expected", numbers(limit.expected)),
      JSONMember("expectation", .string(request.expectation.rawValue)), JSONMember("best_fit", .number(limit.bestMu)),
      JSONMember("CLs_obs", .number(nominal.cls)), JSONMember("CLs_exp", numbers(nominal.expected)),
      JSONMember("twice_nll", .number(bestFit.twiceNLL)), JSONMember("deviance", .number(bestFit.deviance)),
      JSONMember("parameters_at_bounds", .array(bestFit.parametersAtBounds.map { .string($0) })),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }
}
