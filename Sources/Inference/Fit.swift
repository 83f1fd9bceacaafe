import CoreNumerics
import Foundation
import StatisticalModels

/// The outcome of a maximum-likelihood fit that converged.
public struct FitReport: Hashable, Codable, Sendable {
  public struct FittedParameter: Hashable, Codable, Sendable {
    public enum State: String, Hashable, Codable, Sendable { case free, fixed, atLowerBound, atUpperBound }
    public var name: String
    public var value: Double
    /// √ of the inverse Hessian's diagonal element; 0 for fixed parameters, `nil` for those at a bound and where the
    /// Hessian is singular.
    public var uncertainty: Double?
    public var state: State
  }

  public var parameters: [FittedParameter]
  /// −2 ln L, saturated part included: the number that other programs print.
  public var twiceNLL: Double
  /// −2 ln(L/L_saturated): a goodness of fit.
  public var deviance: Double
  /// What the minimiser says of its last point.
  public var minimizer: MinimizerReport
  /// The condition number ‖H‖₁‖H⁻¹‖₁ of the Hessian of the free parameters, scaled to a unit diagonal so that units do not
  /// enter; `nil` where it is singular. Uncertainties keep about 16 − log₁₀ of it digits.
  public var conditioning: Double?

  public var parametersAtBounds: [String] {
    parameters.filter { $0.state == .atLowerBound || $0.state == .atUpperBound }.map(\.name)
  }

  /// The fitted value of a parameter.
  public subscript(name: String) -> Double? { parameters.first { $0.name == name }?.value }
}

/// Why there is no number.
public enum InferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The minimiser gave up, with both strategies.
  case notConverged(model: String, fit: String, report: MinimizerReport)
  /// A likelihood of zero: a bin without expectation that has events.
  case impossible(model: String, hypothesis: String, region: String, bin: Int, observed: Double)
  case noParameterOfInterest(model: String)
  /// The expectation does not depend on the parameter of interest: no limit exists.
  case noSensitivity(model: String, poi: String)
  case outsideBounds(model: String, poi: String, value: Double, lower: Double)
  case badConfidenceLevel(Double)
  case noLimit(model: String, what: String, reason: String)

  public var description: String {
    switch self {
    case .notConverged(let model, let fit, let report):
      "\(model): the \(fit) did not converge (\(report.status.rawValue) after \(report.evaluations) evaluations, estimated "
        + "distance \(report.estimatedDistance), scaled gradient \(report.scaledGradient)); check for degenerate parameters"
    case .impossible(let model, let hypothesis, let region, let bin, let observed):
      "\(model): under the \(hypothesis), bin \(bin) of '\(region)' expects no events but has \(observed): its likelihood is "
        + "zero; merge bins or add the missing background"
    case .noParameterOfInterest(let model):
      "\(model): the measurement names no parameter of interest"
    case .noSensitivity(let model, let poi):
      "\(model): the expected events do not depend on '\(poi)': the signal is zero in all bins, so there is no limit"
    case .outsideBounds(let model, let poi, let value, let lower):
      "\(model): \(poi) = \(value) lies below its lower bound \(lower)"
    case .badConfidenceLevel(let level): "a confidence level lies between 0 and 1, got \(level)"
    case .noLimit(let model, let what, let reason): "\(model): no \(what) limit: \(reason)"
    }
  }
}

/// Fits one model again and again: to its data or to other data, with the parameter of interest free or held.
///
/// Not to be shared between threads; each makes its own from the model.
public final class Fitter {
  public let model: Model
  public let likelihood: Likelihood
  public let minimizer: BoundedMinimizer

  public init(_ model: Model) {
    self.model = model
    likelihood = Likelihood(model)
    minimizer = BoundedMinimizer(count: model.parameters.count)
    for (index, parameter) in model.parameters.enumerated() {
      minimizer.lower[index] = parameter.lower
      minimizer.upper[index] = parameter.upper
    }
    start()
  }

  /// Moves to the model's initial values.
  public func start() {
    for (index, parameter) in model.parameters.enumerated() { minimizer.point[index] = parameter.initial }
  }

  /// Moves to a point.
  public func start(at values: [Double]) {
    precondition(values.count == minimizer.count, "\(minimizer.count) parameters, got \(values.count)")
    for (index, value) in values.enumerated() { minimizer.point[index] = value }
  }

  public var values: [Double] { Array(UnsafeBufferPointer(start: minimizer.point, count: minimizer.count)) }

  /// Minimises from where the fitter stands; the minimum is left there.
  /// - Parameters:
  ///   - held: the parameter of interest's value, or `nil` to fit it.
  ///   - name: what errors call the fit.
  /// - Returns: the deviance −2 ln(L/L_saturated) at the minimum.
  /// - Throws: ``InferenceError``: an unconverged fit is never a number.
  @discardableResult
  public func minimize(holding held: Double? = nil, name: String) throws -> MinimizerReport {
    guard let held else { return try minimize(fixing: [:], name: name) }
    guard let poi = model.poi else { throw InferenceError.noParameterOfInterest(model: model.name) }
    return try minimize(fixing: [poi: held], name: name)
  }

  /// The same with any parameters, by index, held at values.
  @discardableResult
  public func minimize(fixing values: [Int: Double], name: String) throws -> MinimizerReport {
    for (index, parameter) in model.parameters.enumerated() { minimizer.fixed[index] = parameter.isFixed }
    func hold() {
      for (index, value) in values {
        minimizer.fixed[index] = true
        minimizer.point[index] = value
      }
    }
    hold()
    let warm = minimizer.minimize(likelihood)
    if warm.status == .converged { return warm }
    // The second strategy: from the initial values, with curvature that cannot mislead; then the exact one to finish.
    start()
    hold()
    let careful = minimizer.minimize(likelihood, curvature: .gaussNewton)
    if careful.status == .undefinedStart {
      throw impossible(name) ?? InferenceError.notConverged(model: model.name, fit: name, report: careful)
    }
    var final = minimizer.minimize(likelihood)
    if final.status != .converged, likelihood.data.main.contains(0) { final = minimizeAtEmptyBins() }
    guard final.status == .converged else {
      throw InferenceError.notConverged(model: model.name, fit: name, report: final)
    }
    return final
  }

  /// The third strategy, for minima where an expectation is zero in a bin without events, which is no wall of the parameters' box:
  /// below zero such a bin counts as empty, by a bend at zero that is narrowed from minimum to minimum.
  private func minimizeAtEmptyBins() -> MinimizerReport {
    defer { likelihood.emptyBinBend = 0 }
    var report: MinimizerReport
    var width = 0.1
    repeat {
      likelihood.emptyBinBend = width
      report = minimizer.minimize(likelihood)
      width *= 0.1
    } while report.status == .converged && width > 0.5e-6
    return report
  }

  /// The bin that makes the likelihood vanish at the point, if there is one.
  private func impossible(_ hypothesis: String) -> InferenceError? {
    let expected = likelihood.expectedEvents(at: minimizer.point)
    for region in model.regions {
      for bin in region.bins where likelihood.data.main[bin] > 0 && expected[bin] <= 1e-80 {
        return .impossible(
          model: model.name, hypothesis: hypothesis, region: region.name, bin: bin - region.bins.lowerBound,
          observed: likelihood.data.main[bin])
      }
    }
    return nil
  }

  /// The report of a minimum at which the fitter stands.
  public func report(_ outcome: MinimizerReport) -> FitReport {
    let count = minimizer.count
    let free = (0..<count).filter { !minimizer.fixed[$0] && !minimizer.isHeldByBound($0) }
    var matrix = [Double](repeating: 0, count: free.count * free.count)
    for (row, i) in free.enumerated() {
      for (column, j) in free.enumerated() where column <= row {
        // −2 ln L has twice the curvature of −ln L.
        matrix[row * free.count + column] = 0.5 * minimizer.hessian[i * count + j]
      }
    }
    let covariance = Cholesky.inverse(of: matrix, order: free.count)
    let conditioning = covariance.map { Self.conditionNumber(matrix, inverse: $0, order: free.count) }
    let parameters = (0..<count).map { index in
      let state: FitReport.FittedParameter.State =
        minimizer.fixed[index]
        ? .fixed
        : !minimizer.isHeldByBound(index)
          ? .free : minimizer.point[index] <= minimizer.lower[index] ? .atLowerBound : .atUpperBound
      let place = free.firstIndex(of: index)
      let uncertainty = place.flatMap { row in covariance.map { $0[row * free.count + row].squareRoot() } }
      return FitReport.FittedParameter(
        name: model.parameters[index].name, value: minimizer.point[index],
        uncertainty: state == .fixed ? 0 : uncertainty, state: state)
    }
    return FitReport(
      parameters: parameters, twiceNLL: outcome.value + likelihood.saturatedTwiceNLL, deviance: outcome.value,
      minimizer: outcome, conditioning: conditioning)
  }

  /// Of two symmetric matrices of which the lower triangles are there.
  private static func conditionNumber(_ matrix: [Double], inverse: [Double], order: Int) -> Double {
    func norm(_ lower: [Double], _ scale: (Int) -> Double) -> Double {
      (0..<order).map { i in
        (0..<order).reduce(0) { $0 + abs(lower[max(i, $1) * order + min(i, $1)]) * scale(i) * scale($1) }
      }.max() ?? 1
    }
    let root = (0..<order).map { matrix[$0 * order + $0].squareRoot() }
    return norm(matrix) { 1 / root[$0] } * norm(inverse) { root[$0] }
  }
}

extension Model {
  /// The maximum-likelihood fit to data (`nil`: the observation), with the parameter of interest free or held.
  /// - Throws: ``InferenceError``.
  public func fit(_ data: ModelData? = nil, holding poi: Double? = nil) throws -> FitReport {
    let fitter = Fitter(self)
    if let data { fitter.likelihood.setData(data) }
    return fitter.report(try fitter.minimize(holding: poi, name: poi.map { "fit at \($0)" } ?? "free fit"))
  }

  /// Expected events and auxiliary measurements at a point: the Asimov data.
  public func asimovData(at values: [Double]) -> ModelData {
    precondition(values.count == parameters.count, "\(parameters.count) parameters, got \(values.count)")
    let likelihood = Likelihood(self)
    let main = values.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { likelihood.expectedEvents(at: $0) } ?? observed
    }
    return ModelData(
      // What a vanishing factor leaves behind (see `Likelihood`) is no expectation.
      main: main.map { $0 < 1e-80 ? 0 : $0 },
      auxiliary: zip(parameters, values).map { parameter, value in
        switch parameter.constraint {
        case .free: 0
        case .gaussian: value
        case .poisson(_, let factor): value * factor
        }
      })
  }
}
