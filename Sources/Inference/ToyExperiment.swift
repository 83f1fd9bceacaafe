import Foundation
import Records
import StatisticalModels
import Synchronization

/// Draws data from a model at a point of its parameters.
struct ToyGenerator {
  private let main: [Double]
  private let auxiliary: [Draw]

  private enum Draw {
    case none
    case gaussian(mean: Double, sigma: Double)
    case poisson(mean: Double)
  }

  init(_ model: Model, at point: [Double]) {
    main = model.asimovData(at: point).main
    auxiliary = zip(model.parameters, point).map { parameter, value in
      switch parameter.constraint {
      case .free: .none
      case .gaussian(_, let sigma): .gaussian(mean: value, sigma: sigma)
      case .poisson(_, let factor): .poisson(mean: value * factor)
      }
    }
  }

  func draw(_ random: inout RandomStream) -> ModelData {
    let counts = drawMain(&random)
    return ModelData(main: counts, auxiliary: auxiliary.indices.map { drawAuxiliary($0, &random) })
  }

  func drawMain(_ random: inout RandomStream) -> [Double] { main.map { random.poisson(mean: $0) } }

  /// The auxiliary measurement of one parameter; 0 without drawing for a free one.
  func drawAuxiliary(_ parameter: Int, _ random: inout RandomStream) -> Double {
    switch auxiliary[parameter] {
    case .none: 0
    case .gaussian(let mean, let sigma): mean + sigma * random.normal()
    case .poisson(let mean): random.poisson(mean: mean)
    }
  }
}

/// One test statistic on data after data. Not to be shared between threads.
final class ToyExperiment {
  private let fitter: Fitter
  private let statistic: TestStatistic
  private let mu: Double
  private let poi: Int

  /// - Throws: ``InferenceError`` for a model without a parameter of interest or a value outside its bounds.
  init(_ model: Model, statistic: TestStatistic, mu: Double) throws {
    guard let poi = model.poi else { throw InferenceError.noParameterOfInterest(model: model.name) }
    let lower = model.parameters[poi].lower
    guard mu.isFinite, mu >= lower, statistic == .q || mu >= 0 else {
      throw InferenceError.outsideBounds(
        model: model.name, poi: model.parameters[poi].name, value: mu, lower: max(0, lower))
    }
    fitter = Fitter(model)
    fitter.minimizer.upper[poi] = .infinity
    if statistic != .q { fitter.minimizer.lower[poi] = 0 }
    self.statistic = statistic
    self.mu = mu
    self.poi = poi
  }

  /// The nuisance parameters that fit data at a value of the parameter of interest.
  func parameters(fitting data: ModelData, at value: Double) throws -> [Double] {
    fitter.likelihood.setData(data)
    fitter.start()
    try fitter.minimize(holding: value, name: "fit at \(value)")
    return fitter.values
  }

  /// q, q̃ or q₀ of data; the conditional fit starts at `point`, the free one where that ends.
  func statisticValue(of data: ModelData, startingAt point: [Double]? = nil) throws -> Double {
    fitter.likelihood.setData(data)
    if let point { fitter.start(at: point) } else { fitter.start() }
    let held = try fitter.minimize(holding: mu, name: "fit at \(mu)")
    let slope = fitter.minimizer.gradient[poi]
    // Downhill towards larger μ: the best one lies above, and q vanishes (for q₀: below).
    if statistic == .q0 ? slope >= 0 : slope <= 0 { return 0 }
    let free = try fitter.minimize(name: "free fit")
    let best = fitter.minimizer.point[poi]
    if statistic == .q0 ? best <= mu : best >= mu { return 0 }
    return max(0, held.value - free.value)
  }
}

/// What the lanes of a batch of toys bring.
final class ToyLanes: Sendable {
  private let slots: Mutex<[Result<[Double], any Error>?]>

  init(count: Int) { slots = Mutex(Array(repeating: nil, count: count)) }

  func set(_ lane: Int, _ result: Result<[Double], any Error>) { slots.withLock { $0[lane] = result } }

  func all() throws -> [[Double]] { try slots.withLock { try $0.map { try $0?.get() ?? [] } } }
}
