import CoreNumerics
import Foundation
public import StatisticalModels

/// The expected significance of a discovery at one integrated luminosity, by several measures.
///
/// Expectations are those of the workspace at its fit to the data with the signal at its nominal strength, times the
/// luminosity: systematic uncertainties keep their relative size, control regions gain events.
public struct ProjectedSignificance: Hashable, Codable, Sendable {
  /// In units of the luminosity that the workspace was made for.
  public var luminosityFactor: Double
  /// Events in the bins that expect signal.
  public var signal, background: Double
  /// Of ``background``, from all constrained parameters before the fit, correlations between bins included. Free
  /// normalisations, which only control regions hold, do not enter.
  public var backgroundUncertainty: Double
  /// √q₀ on the Asimov data of nominal signal: what a fit of the whole model is expected to find.
  public var profile: Double
  /// Cowan's formula with each bin's background uncertainty, bins added in quadrature (`Significance.asimov`).
  public var withUncertainty: Double
  /// Eq. (97) of arXiv:1007.1727: the background exactly known, bins added in quadrature.
  public var exact: Double
  /// s/√b and s/√(s + b), bins added in quadrature.
  public var simple, measured: Double
}

extension Workspace {
  /// The same experiment with `factor` times the luminosity: events, observations and absolute uncertainties scale.
  /// - Precondition: `factor` is positive and finite.
  public func scaled(by factor: Double) -> Workspace {
    precondition(factor > 0 && factor.isFinite, "need a positive factor, got \(factor)")
    var result = self
    func scaled(_ values: [Double]) -> [Double] { values.map { $0 * factor } }
    for channel in result.channels.indices {
      for sample in result.channels[channel].samples.indices {
        var changed = result.channels[channel].samples[sample]
        changed.data = scaled(changed.data)
        for index in changed.modifiers.indices {
          switch changed.modifiers[index].kind {
          case .histosys(let low, let high):
            changed.modifiers[index].kind = .histosys(low: scaled(low), high: scaled(high))
          case .staterror(let errors): changed.modifiers[index].kind = .staterror(scaled(errors))
          // τ = (ν/δ)² stays.
          case .shapesys(let errors): changed.modifiers[index].kind = .shapesys(scaled(errors))
          case .normfactor, .shapefactor, .normsys, .lumi: break
          }
        }
        result.channels[channel].samples[sample] = changed
      }
    }
    for index in result.observations.indices {
      result.observations[index].data = scaled(result.observations[index].data)
    }
    return result
  }

  /// Expected significances at luminosities.
  /// - Parameters:
  ///   - measurement: `nil` for the first.
  ///   - factors: in units of the workspace's own luminosity; positive.
  /// - Throws: ``WorkspaceError``, ``InferenceError``.
  public func projectedSignificance(
    measurement: String? = nil, at factors: [Double]
  ) throws -> [ProjectedSignificance] {
    let model = try Model(self, measurement: measurement)
    guard let poi = model.poi else { throw InferenceError.noParameterOfInterest(model: model.name) }
    let fitter = Fitter(model)
    fitter.minimizer.upper[poi] = .infinity
    try fitter.minimize(holding: 1, name: "fit of the nominal signal")
    let point = fitter.values
    let models = try factors.map { try Model(scaled(by: $0), measurement: measurement) }
    let deviances = try Self.heldDeviances(models, in: factors.indices.sorted { factors[$0] < factors[$1] }, at: point)
    return models.indices.map { index in
      models[index].expectedSignificance(at: point, poi: poi, factor: factors[index], deviance: deviances[index])
    }
  }

  /// The deviance of the background-only fit to each model's Asimov data.
  ///
  /// Templates that few events fill make likelihoods with more than one minimum, and which of them a fit finds would depend
  /// on the luminosity. So each fit starts where that of the next lower and of the next higher luminosity ended, too, and
  /// the lowest counts: then the significance cannot fall with the luminosity.
  private static func heldDeviances(_ models: [Model], in order: [Int], at point: [Double]) throws -> [Double] {
    var best = [Double](repeating: .infinity, count: models.count)
    var ends = [[Double]](repeating: point, count: models.count)
    for pass in [order, order.reversed()] {
      var start = point
      for index in pass {
        let fitter = Fitter(models[index])
        fitter.likelihood.setData(models[index].asimovData(at: point))
        for begin in start == point ? [point] : [point, start] {
          fitter.start(at: begin)
          let held = try fitter.minimize(holding: 0, name: "Asimov fit of the background")
          if held.value < best[index] { (best[index], ends[index]) = (held.value, fitter.values) }
        }
        start = ends[index]
      }
    }
    return best
  }
}

extension Model {
  fileprivate func expectedSignificance(
    at point: [Double], poi: Int, factor: Double, deviance: Double
  ) -> ProjectedSignificance {
    let asimov = asimovData(at: point)
    var empty = point
    empty[poi] = 0
    let background = asimovData(at: empty).main
    let variations = variations(at: empty, except: poi)
    let bins = background.indices.filter { asimov.main[$0] - background[$0] > 1e-12 * asimov.main[$0] }
    func quadrature(_ measure: (_ signal: Double, _ background: Double, _ sigma: Double) -> Double) -> Double {
      bins.reduce(0) { sum, bin in
        let sigma = variations.reduce(0) { $0 + $1[bin] * $1[bin] }.squareRoot()
        let z = measure(asimov.main[bin] - background[bin], background[bin], sigma)
        return sum + z * z
      }.squareRoot()
    }
    return ProjectedSignificance(
      luminosityFactor: factor, signal: bins.reduce(0) { $0 + asimov.main[$1] - background[$1] },
      background: bins.reduce(0) { $0 + background[$1] },
      backgroundUncertainty: variations.reduce(0) { total, shifts in
        let shift = bins.reduce(0) { $0 + shifts[$1] }
        return total + shift * shift
      }.squareRoot(), profile: max(0, deviance).squareRoot(),
      withUncertainty: quadrature { Significance.asimov(signal: $0, background: $1, backgroundUncertainty: $2) },
      exact: quadrature { signal, background, _ in Significance.asimov(signal: signal, background: background) },
      simple: quadrature { signal, background, _ in Significance.simple(signal: signal, background: background) },
      measured: quadrature { signal, background, _ in Significance.measured(signal: signal, background: background) })
  }

  /// Half the change of each bin between ∓σ₀ of each constrained parameter.
  private func variations(at point: [Double], except poi: Int) -> [[Double]] {
    parameters.indices.compactMap { index in
      guard index != poi, !parameters[index].isFixed, let prior = prior(of: index) else { return nil }
      func moved(_ sign: Double) -> [Double] {
        var values = point
        values[index] = min(max(values[index] + sign * prior.sigma, parameters[index].lower), parameters[index].upper)
        return asimovData(at: values).main
      }
      return zip(moved(1), moved(-1)).map { ($0 - $1) / 2 }
    }
  }
}
