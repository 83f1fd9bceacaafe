import CoreNumerics
import Foundation
import StatisticalModels

/// The test statistics of Cowan, Cranmer, Gross and Vitells, arXiv:1007.1727.
public enum TestStatistic: String, Hashable, Codable, Sendable, CaseIterable {
  /// q_μ, Eq. (14), for upper limits; μ̂ may lie as low as the parameter's lower bound.
  case q
  /// q̃_μ, Eq. (16), for upper limits with μ̂ ≥ 0.
  case qtilde
  /// q₀, Eq. (12), for discovery.
  case q0
}

/// Which nuisance parameters the expectation has.
public enum ExpectationKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// Those that fit the data under the alternative: a posteriori, as pyhf and Combine's limits have it. It depends on the data.
  case postFit = "post-fit"
  /// The model's initial values: a priori, before any data.
  case preFit = "pre-fit"
}

extension Model {
  /// The Asimov data of the initial values, with the parameter of interest at a value.
  /// - Throws: ``InferenceError`` for a model without one.
  public func initialAsimovData(mu: Double) throws -> ModelData {
    guard let poi else { throw InferenceError.noParameterOfInterest(model: name) }
    return asimovData(at: parameters.indices.map { $0 == poi ? mu : parameters[$0].initial })
  }
}

/// Asymptotic p-values of one hypothesis.
public struct HypothesisTest: Hashable, Codable, Sendable {
  /// The tested value of the parameter of interest.
  public var mu: Double
  public var statistic: TestStatistic
  /// The statistic on the data, and on the Asimov data.
  public var observedStatistic: Double
  public var asimovStatistic: Double
  /// P(statistic ≥ observed) under the tested hypothesis; for q₀ the discovery p-value p₀.
  public var clsb: Double
  /// The same under the alternative (background only; for q₀ μ = 1).
  public var clb: Double
  /// CLs+b/CLb; for q₀ p₀ itself, as pyhf has it.
  public var cls: Double
  /// The expectation of ``cls`` under the alternative at −2σ, −1σ, median, +1σ, +2σ.
  public var expected: [Double]

  /// The significance of ``clsb``: Z = Φ⁻¹(1 − p).
  public var significance: Double { Normal.upperQuantile(clsb) }
}

/// p-values and CLs by the asymptotic formulae of arXiv:1007.1727, for one model and its data.
///
/// Fits warm-start from the last ones, so a scan costs few evaluations a point. Not to be shared between threads.
public final class AsymptoticCalculator {
  public let model: Model
  public let statistic: TestStatistic
  /// The fit with the parameter of interest free (for q̃ not below 0).
  public let bestFit: FitReport
  /// μ̂ within the statistic's bounds.
  public let bestMu: Double
  /// The data that the alternative expects, nuisance parameters from the conditional fit to the data.
  public let asimov: ModelData

  private let poi: Int
  private let data: Fitter
  private let expected: Fitter
  private let bestValue: Double
  private let bestPoint: [Double]
  private let asimovPoint: [Double]

  /// - Parameter data: `nil` for the model's observation.
  /// - Throws: ``InferenceError``.
  public init(_ model: Model, data: ModelData? = nil, statistic: TestStatistic = .qtilde) throws {
    guard let poi = model.poi else { throw InferenceError.noParameterOfInterest(model: model.name) }
    self.model = model
    self.statistic = statistic
    self.poi = poi
    let fitter = Fitter(model)
    if let data { fitter.likelihood.setData(data) }
    // The parameter's upper bound is a habit of programs, not of physics: limits span powers of ten.
    fitter.minimizer.upper[poi] = .infinity
    let lower = model.parameters[poi].lower
    guard lower <= 0 else {
      throw InferenceError.outsideBounds(model: model.name, poi: model.parameters[poi].name, value: 0, lower: lower)
    }
    if statistic != .q { fitter.minimizer.lower[poi] = 0 }
    let alternative = statistic == .q0 ? 1.0 : 0.0
    try fitter.minimize(
      holding: alternative, name: alternative == 0 ? "background-only fit" : "fit of the nominal signal")
    asimovPoint = fitter.values
    asimov = model.asimovData(at: asimovPoint)
    if fitter.minimizer.point[poi] == 0 { fitter.minimizer.point[poi] = Self.firstStep(fitter, poi) }
    let best = try fitter.minimize(name: "free fit")
    bestFit = fitter.report(best)
    bestPoint = fitter.values
    bestMu = bestPoint[poi]
    bestValue = best.value
    self.data = fitter
    expected = Fitter(model)
    expected.likelihood.setData(asimov)
    expected.minimizer.upper[poi] = .infinity
    expected.start(at: asimovPoint)
  }

  /// A step off the boundary towards the minimum, so that the free fit sees bins that only the signal fills.
  private static func firstStep(_ fitter: Fitter, _ poi: Int) -> Double {
    let minimizer = fitter.minimizer
    let slope = minimizer.gradient[poi]
    let curvature = minimizer.hessian[poi * minimizer.count + poi]
    return slope < 0 && curvature > 0 ? -slope / curvature : 0
  }

  // MARK: Statistics

  /// A statistic and its derivative by μ (the envelope theorem: the likelihood's own at the conditional minimum).
  struct Point {
    var value, slope: Double
  }

  /// The statistic on the data.
  func observed(_ mu: Double) throws -> Point {
    if statistic == .q0 ? bestMu < mu : bestMu > mu { return Point(value: 0, slope: 0) }
    if mu == bestMu { return Point(value: 0, slope: 0) }
    let outcome = try data.minimize(holding: mu, name: "fit of \(model.parameters[poi].name) = \(mu)")
    return Point(value: max(0, outcome.value - bestValue), slope: data.minimizer.gradient[poi])
  }

  /// −2 ln λ(μ) on the data, on either side of μ̂.
  func deviance(_ mu: Double) throws -> Double {
    if mu == bestMu { return 0 }
    let outcome = try data.minimize(holding: mu, name: "fit of \(model.parameters[poi].name) = \(mu)")
    return max(0, outcome.value - bestValue)
  }

  /// The statistic on the Asimov data, whose best fit is where they were made, with a deviance of zero.
  func asimov(_ mu: Double) throws -> Point {
    let outcome = try expected.minimize(holding: mu, name: "Asimov fit of \(model.parameters[poi].name) = \(mu)")
    return Point(value: max(0, outcome.value), slope: expected.minimizer.gradient[poi])
  }

  /// The derivative of √q_A at the alternative: 1/σ of the parameter of interest, for a first guess.
  func expectedUncertainty() throws -> Double {
    expected.start(at: asimovPoint)
    try expected.minimize(holding: asimovPoint[poi], name: "Asimov fit")
    return Self.uncertainty(expected, poi)
  }

  private static func uncertainty(_ fitter: Fitter, _ poi: Int) -> Double {
    let minimizer = fitter.minimizer
    let count = minimizer.count
    let free = (0..<count).filter { $0 == poi || (!minimizer.fixed[$0] && !minimizer.isHeldByBound($0)) }
    var matrix = [Double](repeating: 0, count: free.count * free.count)
    for (row, i) in free.enumerated() {
      for (column, j) in free.enumerated() where column <= row {
        matrix[row * free.count + column] = 0.5 * minimizer.hessian[i * count + j]
      }
    }
    guard let place = free.firstIndex(of: poi), let inverse = Cholesky.inverse(of: matrix, order: free.count) else {
      return .nan
    }
    return inverse[place * free.count + place].squareRoot()
  }

  // MARK: Tests

  /// p-values of a value of the parameter of interest (ignored for q₀, which tests 0).
  /// - Throws: ``InferenceError``.
  public func test(_ value: Double) throws -> HypothesisTest {
    let mu = statistic == .q0 ? 0 : value
    guard mu.isFinite, statistic == .q || mu >= 0, mu >= model.parameters[poi].lower else {
      throw InferenceError.outsideBounds(
        model: model.name, poi: model.parameters[poi].name, value: mu, lower: max(0, model.parameters[poi].lower))
    }
    data.start(at: bestPoint)
    expected.start(at: asimovPoint)
    let q = try observed(mu).value
    let qA = try asimov(mu).value
    return Self.evaluate(mu: mu, statistic: statistic, q: q, qA: qA)
  }

  /// The formulae, in the space of −μ̂/σ: CLs+b = 1 − Φ(t + s_A), CLb = 1 − Φ(t), with s_A = √q_A and t = √q − s_A, or,
  /// for q̃ beyond q_A, t = (q − q_A)/(2 s_A) (Eq. 66).
  static func evaluate(mu: Double, statistic: TestStatistic, q: Double, qA: Double) -> HypothesisTest {
    let s = qA.squareRoot()
    let t = shifted(statistic, q: q, qA: qA)
    let clsb = Normal.upperTail(t + s)
    let clb = Normal.upperTail(t)
    let band = [2.0, 1, 0, -1, -2].map { n in
      statistic == .q0
        ? Normal.upperTail(n + s) : exp(Normal.logUpperTail(n + s) - Normal.logUpperTail(n))
    }
    return HypothesisTest(
      mu: mu, statistic: statistic, observedStatistic: q, asimovStatistic: qA, clsb: clsb, clb: clb,
      cls: statistic == .q0 ? clsb : exp(Normal.logUpperTail(t + s) - Normal.logUpperTail(t)), expected: band)
  }

  static func shifted(_ statistic: TestStatistic, q: Double, qA: Double) -> Double {
    let s = qA.squareRoot()
    guard statistic == .qtilde, s > 0, q.squareRoot() > s else { return q.squareRoot() - s }
    return (q - qA) / (2 * s)
  }

  // MARK: For limits

  func startObserved() { data.start(at: bestPoint) }
  func startAsimov() { expected.start(at: asimovPoint) }

  /// Σ|∂ν/∂μ| over the bins at the alternative, by a finite step: zero means that no limit exists.
  func signalYield() -> Double {
    let likelihood = expected.likelihood
    var point = asimovPoint
    point[poi] += 1
    let moved = point.withUnsafeBufferPointer { $0.baseAddress.map { likelihood.expectedEvents(at: $0) } ?? [] }
    return zip(moved, asimov.main).reduce(0) { $0 + abs($1.0 - $1.1) }
  }
}
