import CoreNumerics
import Foundation
import StatisticalModels

/// What a nuisance parameter does to the parameter of interest.
public struct ParameterImpact: Hashable, Codable, Sendable {
  public var name: String
  /// The fitted value and its uncertainty.
  public var value, uncertainty: Double
  /// (θ̂ − θ₀)/σ₀ and σ̂/σ₀ where an auxiliary measurement gives θ₀ and σ₀; `nil` for free parameters.
  public var pull, constraint: Double?
  /// Changes of μ̂ with the parameter held one fitted uncertainty up and down and all others fitted again.
  public var up, down: Double
  /// The same with the uncertainty before the fit, σ₀; `nil` for free parameters.
  public var prefitUp, prefitDown: Double?
}

/// Impacts in falling order of their size, with the fit that they belong to.
public struct ParameterRanking: Hashable, Codable, Sendable {
  public var fit: FitReport
  public var impacts: [ParameterImpact]
}

/// Correlations of the parameters that a fit determined.
public struct CorrelationMatrix: Hashable, Codable, Sendable {
  public var names: [String]
  /// Row by row.
  public var values: [[Double]]

  public subscript(_ a: String, _ b: String) -> Double? {
    guard let i = names.firstIndex(of: a), let j = names.firstIndex(of: b) else { return nil }
    return values[i][j]
  }
}

extension Model {
  /// Ranks the nuisance parameters by their impact on the parameter of interest.
  ///
  /// The impact of θ is μ̂(θ̂ ± σ̂) − μ̂, fitted anew (as ATLAS and CMS draw it), not taken from the covariance.
  /// - Throws: ``InferenceError``.
  public func ranking(data: ModelData? = nil) throws -> ParameterRanking {
    guard let poi else { throw InferenceError.noParameterOfInterest(model: name) }
    let fitter = Fitter(self)
    if let data { fitter.likelihood.setData(data) }
    let fit = fitter.report(try fitter.minimize(name: "free fit"))
    let best = fitter.values
    func shifted(_ index: Int, to value: Double) throws -> Double {
      let parameter = parameters[index]
      let held = min(max(value, parameter.lower), parameter.upper)
      fitter.start(at: best)
      try fitter.minimize(fixing: [index: held], name: "fit of \(parameter.name) = \(held)")
      return fitter.minimizer.point[poi] - best[poi]
    }
    var impacts: [ParameterImpact] = []
    for (index, fitted) in fit.parameters.enumerated() where index != poi && fitted.state == .free {
      guard let uncertainty = fitted.uncertainty else { continue }
      let prior = prior(of: index)
      impacts.append(
        ParameterImpact(
          name: fitted.name, value: fitted.value, uncertainty: uncertainty,
          pull: prior.map { (fitted.value - $0.centre) / $0.sigma }, constraint: prior.map { uncertainty / $0.sigma },
          up: try shifted(index, to: fitted.value + uncertainty),
          down: try shifted(index, to: fitted.value - uncertainty),
          prefitUp: try prior.map { try shifted(index, to: fitted.value + $0.sigma) },
          prefitDown: try prior.map { try shifted(index, to: fitted.value - $0.sigma) }))
    }
    impacts.sort { (max(abs($0.up), abs($0.down)), $1.name) > (max(abs($1.up), abs($1.down)), $0.name) }
    return ParameterRanking(fit: fit, impacts: impacts)
  }

  /// θ₀ and σ₀ of an auxiliary measurement.
  func prior(of index: Int) -> (centre: Double, sigma: Double)? {
    switch parameters[index].constraint {
    case .free: nil
    case .gaussian(let auxiliary, let sigma): (auxiliary, sigma)
    // A count a of expectation θτ: θ = a/τ ± √a/τ.
    case .poisson(let auxiliary, let factor): (auxiliary / factor, auxiliary.squareRoot() / factor)
    }
  }

  /// Correlations at the best fit, of the parameters that are neither fixed nor at a bound.
  /// - Throws: ``InferenceError``; `nil` where the Hessian is singular.
  public func correlations(data: ModelData? = nil) throws -> CorrelationMatrix? {
    let fitter = Fitter(self)
    if let data { fitter.likelihood.setData(data) }
    try fitter.minimize(name: "free fit")
    let minimizer = fitter.minimizer
    let count = minimizer.count
    let free = (0..<count).filter { !minimizer.fixed[$0] && !minimizer.isHeldByBound($0) }
    var matrix = [Double](repeating: 0, count: free.count * free.count)
    for (row, i) in free.enumerated() {
      for (column, j) in free.enumerated() {
        matrix[row * free.count + column] = 0.5 * minimizer.hessian[max(i, j) * count + min(i, j)]
      }
    }
    guard let inverse = Cholesky.inverse(of: matrix, order: free.count) else { return nil }
    func covariance(_ i: Int, _ j: Int) -> Double { inverse[max(i, j) * free.count + min(i, j)] }
    let values = free.indices.map { i in
      free.indices.map { j in covariance(i, j) / (covariance(i, i) * covariance(j, j)).squareRoot() }
    }
    return CorrelationMatrix(names: free.map { parameters[$0].name }, values: values)
  }

  /// The saturated-model test of how well the model describes data: the deviance of the free fit, and its p-value by χ² with as
  /// many degrees of freedom as bins and auxiliary measurements exceed fitted parameters.
  /// - Throws: ``InferenceError``.
  public func goodnessOfFit(data: ModelData? = nil) throws -> (deviance: Double, degreesOfFreedom: Int, pValue: Double)
  {
    let fit = try fit(data)
    let measurements = binCount + parameters.count { $0.constraint != .free && !$0.isFixed }
    let fitted = fit.parameters.count { $0.state == .free }
    let degrees = max(0, measurements - fitted)
    return (fit.deviance, degrees, ChiSquare.upperTail(fit.deviance, degreesOfFreedom: degrees))
  }
}
