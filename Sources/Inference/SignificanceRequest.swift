import CoreNumerics
import Foundation
public import Records
public import StatisticalModels

/// The significance of a signal, asked of a workspace file.
public struct SignificanceRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource

  public init(_ source: WorkspaceSource) { self.source = source }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``FileError``.
  public func run() throws -> SignificanceReport {
    let (model, digest) = try source.model()
    let calculator = try AsymptoticCalculator(model, statistic: .q0)
    return SignificanceReport(
      request: self, poi: model.poi.map { model.parameters[$0].name } ?? "", test: try calculator.test(0),
      bestMu: calculator.bestMu, version: searchlightVersion, workspaceDigest: digest)
  }
}

/// A significance with what it rests on: asymptotic formulae of arXiv:1007.1727 for q₀.
public struct SignificanceReport: Hashable, Codable, Sendable {
  public var request: SignificanceRequest
  /// The parameter of interest.
  public var poi: String
  public var test: HypothesisTest
  /// The best fit, at least 0.
  public var bestMu: Double
  public var version: String
  public var workspaceDigest: Digest

  /// Z = √q₀, Eq. (53): exact where p₀ is too small for a number.
  public var observed: Double { test.observedStatistic.squareRoot() }
  /// The median for a signal of strength 1.
  public var expected: Double { test.asimovStatistic.squareRoot() }

  /// A plain verdict first, then the numbers.
  public var text: String {
    let verdict =
      observed >= 5
      ? "The data are a discovery" : observed >= 3 ? "The data are evidence of a signal" : "The data show no signal"
    func sigma(_ z: Double) -> String { String(format: "%.3f sigma", z) }
    return [
      "\(verdict): \(sigma(observed)) above the background, where \(poi) = 1 was expected to give \(sigma(expected)).",
      "",
      "Asymptotic test of \(poi) = 0 (q0)",
      "  p0         \(number(test.clsb))",
      "  Z          \(number(observed))",
      "  expected for \(poi) = 1",
      "  p0         \(number(test.expected[2]))   (median)",
      "  Z          \(number(expected))",
      "  best fit   \(number(bestMu))",
    ].joined(separator: "\n")
  }

  /// `{"p0_obs", "p0_exp": [−2σ, …, +2σ], "Z_obs", "Z_exp", "best_fit", …}`, expectations for a signal of strength 1.
  public var document: JSONValue {
    .object([
      JSONMember("poi", .string(poi)), JSONMember("p0_obs", finite(test.clsb)),
      JSONMember("p0_exp", numbers(test.expected)), JSONMember("Z_obs", finite(observed)),
      JSONMember("Z_exp", finite(expected)), JSONMember("best_fit", finite(bestMu)),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }
}
