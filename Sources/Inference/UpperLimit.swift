import CoreNumerics
import Foundation
import StatisticalModels

/// An upper limit on the parameter of interest with its expected band.
public struct UpperLimit: Hashable, Codable, Sendable {
  public var poi: String
  public var confidenceLevel: Double
  public var statistic: TestStatistic
  public var observed: Double
  /// At −2σ, −1σ, median, +1σ, +2σ of the background-only expectation.
  public var expected: [Double]
  /// μ̂ within the statistic's bounds.
  public var bestMu: Double

  public var median: Double { expected[2] }
}

extension Model {
  /// The CLs upper limit on the parameter of interest and the whole expected band, by asymptotic formulae.
  ///
  /// The search is free of scale: it starts from the parameter's expected uncertainty, and neither the parameter's upper
  /// bound nor any grid enters. Limits are converged to 1e-9 of their value.
  ///
  /// The band is closed: CLs_N = [1 − Φ(N + s_A)]/[1 − Φ(N)] = 1 − CL gives s_A, so each expected limit is a root of
  /// √q_A(μ), which is nearly a straight line; the observed one a root of ln CLs(μ). Both have exact derivatives.
  /// - Parameters:
  ///   - confidenceLevel: in (0, 1).
  ///   - data: `nil` for the model's observation.
  /// - Throws: ``InferenceError``.
  public func upperLimit(
    confidenceLevel: Double = 0.95, data: ModelData? = nil, statistic: TestStatistic = .qtilde
  ) throws -> UpperLimit {
    guard confidenceLevel > 0, confidenceLevel < 1 else { throw InferenceError.badConfidenceLevel(confidenceLevel) }
    let calculator = try AsymptoticCalculator(self, data: data, statistic: statistic)
    return try calculator.upperLimit(confidenceLevel: confidenceLevel)
  }
}

extension AsymptoticCalculator {
  /// See ``StatisticalModels/Model/upperLimit(confidenceLevel:data:statistic:)``.
  public func upperLimit(confidenceLevel: Double = 0.95) throws -> UpperLimit {
    guard confidenceLevel > 0, confidenceLevel < 1 else { throw InferenceError.badConfidenceLevel(confidenceLevel) }
    guard statistic != .q0 else {
      throw InferenceError.noLimit(
        model: model.name, what: "upper", reason: "q0 tests the background; limits need q or qtilde")
    }
    let name = model.poi.map { model.parameters[$0].name } ?? ""
    let alpha = 1 - confidenceLevel
    let yield = signalYield()
    guard yield > 0, yield.isFinite else { throw InferenceError.noSensitivity(model: model.name, poi: name) }
    let spread = try expectedUncertainty()
    var guess = spread.isFinite && spread > 0 ? spread : 1 / yield
    var expected: [Double] = []
    startAsimov()
    for n in [-2.0, -1, 0, 1, 2] {
      // The band's order is that of μ: at −2σ of the data the limit is lowest, where CLs_N has N = +2.
      let target = Normal.upperQuantile(log: log(alpha) + Normal.logUpperTail(-n)) + n
      let start = expected.last.map { $0 * 1.3 } ?? guess * target
      let limit = try root("expected (\(Int(n)) sigma)", from: start) { mu in
        let point = try self.asimov(mu)
        let s = point.value.squareRoot()
        return (s - target, s > 0 ? point.slope / (2 * s) : .nan)
      }
      expected.append(limit)
    }
    guess = max(expected[2], bestMu > 0 ? bestMu * 1.01 : 0)
    startObserved()
    let observed = try root("observed", from: bestMu > 0 ? bestMu + expected[2] : guess) { mu in
      try self.logCLs(mu, below: log(alpha))
    }
    return UpperLimit(
      poi: name, confidenceLevel: confidenceLevel, statistic: statistic, observed: observed, expected: expected,
      bestMu: bestMu)
  }

  private func root(
    _ what: String, from start: Double, _ function: (Double) throws -> (value: Double, slope: Double)
  ) throws -> Double {
    do {
      return try RootFinding.newton(from: start, relativeTolerance: 1e-9, function)
    } catch let failure as RootFinding.Failure {
      throw InferenceError.noLimit(model: model.name, what: what, reason: failure.description)
    }
  }

  /// ln(1 − CL) − ln CLs(μ), which increases with μ, and its derivative.
  private func logCLs(_ mu: Double, below target: Double) throws -> (value: Double, slope: Double) {
    let q = try observed(mu)
    let a = try asimov(mu)
    let s = a.value.squareRoot()
    guard s > 0 else { return (target, .nan) }
    let sSlope = a.slope / (2 * s)
    let root = q.value.squareRoot()
    let t = Self.shifted(statistic, q: q.value, qA: a.value)
    let tSlope: Double
    if statistic == .qtilde, root > s {
      tSlope = (q.slope - a.slope) / (2 * s) - (q.value - a.value) * sSlope / (2 * a.value)
    } else {
      tSlope = (root > 0 ? q.slope / (2 * root) : 0) - sSlope
    }
    let value = target - Normal.logUpperTail(t + s) + Normal.logUpperTail(t)
    return (value, Normal.hazard(t + s) * (tSlope + sSlope) - Normal.hazard(t) * tSlope)
  }
}
