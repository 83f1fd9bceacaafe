import CoreNumerics
import StatisticalModels

/// The statistics that count departures on both sides, for intervals; arXiv:1007.1727.
public enum TwoSidedStatistic: String, Hashable, Codable, Sendable, CaseIterable {
  /// t_μ = −2 ln λ(μ), Eq. (8); μ̂ may lie as low as the parameter's lower bound.
  case t
  /// t̃_μ, Eq. (11): the same with μ̂ ≥ 0.
  case ttilde
}

/// The test of one value of the parameter of interest against all others.
public struct TwoSidedTest: Hashable, Codable, Sendable {
  public var mu: Double
  public var statistic: TwoSidedStatistic
  /// The statistic on the data.
  public var value: Double
  /// μ̂ within the statistic's bounds.
  public var bestMu: Double
  /// P(statistic ≥ observed) if μ is true, by the asymptotic formulae (36) and (43).
  public var pValue: Double
}

extension Model {
  /// Tests a value of the parameter of interest with t or t̃.
  /// - Parameter data: `nil` for the model's observation.
  /// - Throws: ``InferenceError``.
  public func twoSidedTest(mu: Double, statistic: TwoSidedStatistic = .t, data: ModelData? = nil) throws -> TwoSidedTest
  {
    let calculator = try AsymptoticCalculator(self, data: data, statistic: statistic == .t ? .q : .qtilde)
    let value = try calculator.deviance(mu)
    let root = value.squareRoot()
    var pValue = 2 * Normal.upperTail(root)
    if statistic == .ttilde, mu > 0 {
      // √q_A of the background's Asimov data is μ/σ; beyond it μ̂ would have to be negative.
      let border = try calculator.asimov(mu).value
      if value > border, border > 0 {
        pValue = Normal.upperTail(root) + Normal.upperTail((value + border) / (2 * border.squareRoot()))
      }
    }
    return TwoSidedTest(mu: mu, statistic: statistic, value: value, bestMu: calculator.bestMu, pValue: pValue)
  }
}
