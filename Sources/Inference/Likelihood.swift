import CoreNumerics
import Foundation
import StatisticalModels

// Goals, in order: (1) exact value, gradient and Hessian of −2 ln L; (2) differences of values that keep their digits:
// each term is a deviance, zero where data and expectation agree, so the large saturated part never enters; (3) no
// allocation per evaluation. Not attempted: sharing between threads; each makes its own from the model.

/// −2 ln(L/L_saturated) of a model on data, with exact derivatives.
///
/// Poisson terms of bins: `2[ν − n + n ln(n/ν)]`; of constraints with factor τ and auxiliary count a: the same with ν = γτ,
/// n = a; Gaussian: `((a − θ)/σ)²`. ``saturatedTwiceNLL`` is what is left out, a constant of the data.
public final class Likelihood: SmoothObjective {
  public let model: Model
  public private(set) var data: ModelData
  /// Half the width in which a bin without events goes from its term 2ν to 0 below; 0, the rule, for +∞ below ν = 0. CMS Combine
  /// crops so; here it serves fits whose minimum lies at ν = 0, whose value it changes by no more than itself.
  var emptyBinBend = 0.0
  public var parameterCount: Int { count }

  private let count: Int
  private let numbers: UnsafeMutablePointer<Double>
  // Inputs, copied once so that the loops read plain memory.
  private let nominal, coefficients, shiftValues, observed: UnsafeMutablePointer<Double>
  private let gammaParameters: UnsafeMutablePointer<Int>
  // Scratch.
  let expected: UnsafeMutablePointer<Double>
  private let yields, shifted, gammaProduct, logSlope, curve, shiftSlope, shiftCurve: UnsafeMutablePointer<Double>
  private let jacobian, slotSlope, weight, bend: UnsafeMutablePointer<Double>

  public init(_ model: Model) {
    self.model = model
    data = model.data
    count = model.parameters.count
    let bins = model.binCount
    let entries = model.nominal.count
    let factors = model.factors.count
    let shiftNumbers =
      model.shifts.reduce(0) { sum, term in max(sum, term.scratch) } + (model.blocks.map(\.binCount).max() ?? 0)
    let dense = model.layouts.map { $0.dense.count * $0.bins.count }.max() ?? 0
    let slots = model.layouts.map { $0.slots.count * $0.bins.count }.max() ?? 0
    let sizes = [
      entries, model.coefficients.count, model.shiftValues.count, bins, bins, entries, entries, entries, factors,
      factors,
      shiftNumbers, shiftNumbers, dense, slots, bins, bins,
    ]
    let total = max(1, sizes.reduce(0, +))
    numbers = .allocate(capacity: total)
    numbers.initialize(repeating: 0, count: total)
    var places: [UnsafeMutablePointer<Double>] = []
    var next = numbers
    for size in sizes {
      places.append(next)
      next += size
    }
    (nominal, coefficients, shiftValues, observed) = (places[0], places[1], places[2], places[3])
    (expected, yields, shifted, gammaProduct) = (places[4], places[5], places[6], places[7])
    (logSlope, curve, shiftSlope, shiftCurve) = (places[8], places[9], places[10], places[11])
    (jacobian, slotSlope, weight, bend) = (places[12], places[13], places[14], places[15])
    for (index, value) in model.nominal.enumerated() { nominal[index] = value }
    for (index, value) in model.coefficients.enumerated() { coefficients[index] = value }
    for (index, value) in model.shiftValues.enumerated() { shiftValues[index] = value }
    gammaParameters = .allocate(capacity: max(1, model.gammaParameters.count))
    gammaParameters.initialize(repeating: 0, count: max(1, model.gammaParameters.count))
    for (index, value) in model.gammaParameters.enumerated() { gammaParameters[index] = value }
    setData(model.data)
  }

  deinit {
    numbers.deallocate()
    gammaParameters.deallocate()
  }

  /// Evaluates on these data from now on.
  public func setData(_ data: ModelData) {
    precondition(
      data.main.count == model.binCount && data.auxiliary.count == count,
      "\(model.binCount) bins and \(count) parameters, got \(data.main.count) and \(data.auxiliary.count)")
    self.data = data
    for (index, value) in data.main.enumerated() { observed[index] = value }
  }

  /// −2 ln L where every expectation equals its observation: `Σ 2[n − n ln n + ln n!] + Σ ln(2πσ²)`.
  public var saturatedTwiceNLL: Double {
    var sum = StableSum()
    func add(count n: Double) { sum.add(2 * (n - xLogY(n, n) + logFactorial(n))) }
    for n in data.main { add(count: n) }
    for (index, parameter) in model.parameters.enumerated() {
      switch parameter.constraint {
      case .free: break
      case .gaussian(_, let sigma): sum.add(log(2 * Double.pi * sigma * sigma))
      case .poisson: add(count: data.auxiliary[index])
      }
    }
    return sum.value
  }

  public func evaluate(
    at x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>, hessian: UnsafeMutablePointer<Double>,
    curvature: Curvature
  ) -> Double {
    gradient.update(repeating: 0, count: count)
    hessian.update(repeating: 0, count: count * count)
    var total = 0.0
    for layout in model.layouts {
      let value = evaluate(layout, x, gradient, hessian, curvature)
      guard value.isFinite else { return .infinity }
      total += value
    }
    return total + constraints(x, gradient, hessian)
  }

  /// The value at a point, for tables and checks; fits use ``evaluate(at:gradient:hessian:curvature:)``.
  public func value(at x: [Double]) -> Double {
    precondition(x.count == count, "\(count) parameters, got \(x.count)")
    var gradient = [Double](repeating: 0, count: max(1, count))
    var hessian = [Double](repeating: 0, count: max(1, count * count))
    return x.withUnsafeBufferPointer { point in
      gradient.withUnsafeMutableBufferPointer { g in
        hessian.withUnsafeMutableBufferPointer { h in
          guard let p = point.baseAddress, let g = g.baseAddress, let h = h.baseAddress else { return 0 }
          return evaluate(at: p, gradient: g, hessian: h, curvature: .gaussNewton)
        }
      }
    }
  }

  // MARK: Constraints

  private func constraints(
    _ x: UnsafePointer<Double>, _ gradient: UnsafeMutablePointer<Double>, _ hessian: UnsafeMutablePointer<Double>
  ) -> Double {
    var total = 0.0
    for (i, parameter) in model.parameters.enumerated() {
      switch parameter.constraint {
      case .free: break
      case .gaussian(_, let sigma):
        let pull = (x[i] - data.auxiliary[i]) / sigma
        total += pull * pull
        gradient[i] += 2 * pull / sigma
        hessian[i * count + i] += 2 / (sigma * sigma)
      case .poisson(_, let factor):
        let a = data.auxiliary[i]
        let rate = x[i] * factor
        guard rate > 0 else { return .infinity }
        total += 2 * Self.deviance(a, rate)
        gradient[i] += 2 * (factor - a / x[i])
        hessian[i * count + i] += 2 * a / (x[i] * x[i])
      }
    }
    return total
  }

  /// ν − n + n ln(n/ν), without cancellation where ν is near n.
  @inline(__always)
  private static func deviance(_ n: Double, _ rate: Double) -> Double {
    if n == 0 { return rate }
    let u = (rate - n) / n
    return abs(u) < 0.1 ? n * (u - log1p(u)) : rate - n + n * log(n / rate)
  }

  // MARK: Regions

  /// Expected events, for all bins, at a point; NaN-free for points in the box.
  public func expectedEvents(at x: UnsafePointer<Double>) -> [Double] {
    for layout in model.layouts { expect(layout, x) }
    return Array(UnsafeBufferPointer(start: expected, count: model.binCount))
  }

  private func evaluate(
    _ layout: Model.RegionLayout, _ x: UnsafePointer<Double>, _ gradient: UnsafeMutablePointer<Double>,
    _ hessian: UnsafeMutablePointer<Double>, _ curvature: Curvature
  ) -> Double {
    expect(layout, x)
    var total = 0.0
    for bin in layout.bins {
      let n = observed[bin]
      let rate = expected[bin]
      if n == 0, rate < emptyBinBend {
        let below = rate > -emptyBinBend ? (rate + emptyBinBend) / (2 * emptyBinBend) : 0
        total += 2 * emptyBinBend * below * below
        weight[bin] = 2 * below
        bend[bin] = below > 0 ? 1 / emptyBinBend : 0
        continue
      }
      if rate < 0 || (rate <= 1e-80 && n > 0) || rate.isNaN { return .infinity }
      total += 2 * Self.deviance(n, rate)
      weight[bin] = n == 0 ? 2 : 2 * (1 - n / rate)
      bend[bin] = n == 0 ? 0 : 2 * n / (rate * rate)
    }
    slopes(layout, x)
    addGradient(layout, gradient)
    addOuterProducts(layout, hessian)
    if curvature == .exact {
      for block in layout.blocks { addSecondDerivatives(model.blocks[block], layout, x, hessian) }
    }
    return total
  }

  /// A factor that is exactly zero is replaced by this: products of it and of its inverse logarithmic slope give the
  /// derivatives exactly, while the factor itself is lost in any sum.
  private static let zero = 1e-90

  /// Fills yields, expectations and the terms that the derivatives reuse.
  private func expect(_ layout: Model.RegionLayout, _ x: UnsafePointer<Double>) {
    for bin in layout.bins { expected[bin] = 0 }
    for index in layout.blocks {
      let block = model.blocks[index]
      var product = 1.0
      for term in block.factors {
        let factor = model.factors[term]
        var jet =
          factor.coefficients < 0
          ? Jet(x[factor.parameter], 1, 0) : model.factor(x[factor.parameter], coefficients + factor.coefficients)
        if jet.value == 0 { jet.value = Self.zero }
        product *= jet.value
        logSlope[term] = jet.first / jet.value
        curve[term] = jet.second / jet.value
      }
      shift(block, x)
      let own = gammaProduct + block.offset
      own.update(repeating: 1, count: block.binCount)
      for term in block.gammas {
        let first = model.gammas[term].first
        for bin in 0..<block.binCount { own[bin] *= nonzero(x[gammaParameters[first + bin]]) }
      }
      for bin in 0..<block.binCount {
        // The product of factors and γ: what multiplies the shifted nominal yield.
        own[bin] *= product
        let value = own[bin] * shifted[block.offset + bin]
        yields[block.offset + bin] = value
        expected[block.firstBin + bin] += value
      }
    }
  }

  @inline(__always)
  private func nonzero(_ value: Double) -> Double { value == 0 ? Self.zero : value }

  private func shift(_ block: Model.Block, _ x: UnsafePointer<Double>) {
    let own = shifted + block.offset
    own.update(from: nominal + block.offset, count: block.binCount)
    let code = model.codes.histosys
    for index in block.shifts {
      let term = model.shifts[index]
      let down = shiftValues + term.values
      code.addShifts(
        x[term.parameter], down: down, up: down + block.binCount, count: block.binCount, to: own,
        first: shiftSlope + term.scratch, second: shiftCurve + term.scratch)
    }
  }

  /// ∂ν/∂θ of a region: dense rows for factors and shifts, one number a bin for each set of γ.
  private func slopes(_ layout: Model.RegionLayout, _ x: UnsafePointer<Double>) {
    let bins = layout.bins.count
    jacobian.update(repeating: 0, count: layout.dense.count * bins)
    slotSlope.update(repeating: 0, count: layout.slots.count * bins)
    for index in layout.blocks {
      let block = model.blocks[index]
      let own = yields + block.offset
      for term in block.factors {
        let row = jacobian + model.factors[term].local * bins
        let slope = logSlope[term]
        for bin in 0..<bins { row[bin] += slope * own[bin] }
      }
      for number in block.shifts {
        let term = model.shifts[number]
        let row = jacobian + term.local * bins
        for bin in 0..<bins { row[bin] += gammaProduct[block.offset + bin] * shiftSlope[term.scratch + bin] }
      }
      for number in block.gammas {
        let term = model.gammas[number]
        let row = slotSlope + term.slot * bins
        for bin in 0..<bins { row[bin] += own[bin] / nonzero(x[gammaParameters[term.first + bin]]) }
      }
    }
  }

  private func addGradient(_ layout: Model.RegionLayout, _ gradient: UnsafeMutablePointer<Double>) {
    let bins = layout.bins.count
    let w = weight + layout.bins.lowerBound
    for (local, parameter) in layout.dense.enumerated() {
      let row = jacobian + local * bins
      var sum = 0.0
      for bin in 0..<bins { sum += w[bin] * row[bin] }
      gradient[parameter] += sum
    }
    for (slot, first) in layout.slots.enumerated() {
      for bin in 0..<bins { gradient[gammaParameters[first + bin]] += w[bin] * slotSlope[slot * bins + bin] }
    }
  }

  /// Σ 2n/ν² ∂ν/∂θᵢ ∂ν/∂θⱼ.
  private func addOuterProducts(_ layout: Model.RegionLayout, _ hessian: UnsafeMutablePointer<Double>) {
    let bins = layout.bins.count
    let c = bend + layout.bins.lowerBound
    for (local, parameter) in layout.dense.enumerated() {
      let row = jacobian + local * bins
      for other in 0...local {
        let second = jacobian + other * bins
        var sum = 0.0
        for bin in 0..<bins { sum += c[bin] * row[bin] * second[bin] }
        add(sum, parameter, layout.dense[other], hessian)
      }
      for (slot, first) in layout.slots.enumerated() {
        for bin in 0..<bins {
          add(c[bin] * row[bin] * slotSlope[slot * bins + bin], parameter, gammaParameters[first + bin], hessian)
        }
      }
    }
    for (slot, first) in layout.slots.enumerated() {
      for other in 0...slot {
        let second = layout.slots[other]
        for bin in 0..<bins {
          let value = c[bin] * slotSlope[slot * bins + bin] * slotSlope[other * bins + bin]
          add(value, gammaParameters[first + bin], gammaParameters[second + bin], hessian)
        }
      }
    }
  }

  @inline(__always)
  private func add(_ value: Double, _ i: Int, _ j: Int, _ hessian: UnsafeMutablePointer<Double>) {
    hessian[i >= j ? i * count + j : j * count + i] += value
  }

  /// Σ 2(1 − n/ν) ∂²ν/∂θᵢ∂θⱼ of one sample.
  private func addSecondDerivatives(
    _ block: Model.Block, _ layout: Model.RegionLayout, _ x: UnsafePointer<Double>,
    _ hessian: UnsafeMutablePointer<Double>
  ) {
    let bins = block.binCount
    let w = weight + block.firstBin
    let own = yields + block.offset
    let scale = gammaProduct + block.offset
    var weighted = 0.0
    for bin in 0..<bins { weighted += w[bin] * own[bin] }
    for i in block.factors {
      let parameter = model.factors[i].parameter
      add(weighted * curve[i], parameter, parameter, hessian)
      for j in block.factors.lowerBound..<i {
        add(weighted * logSlope[i] * logSlope[j], parameter, model.factors[j].parameter, hessian)
      }
      for number in block.gammas {
        let first = model.gammas[number].first
        for bin in 0..<bins {
          let gamma = gammaParameters[first + bin]
          add(logSlope[i] * w[bin] * own[bin] / nonzero(x[gamma]), parameter, gamma, hessian)
        }
      }
    }
    for number in block.shifts {
      let term = model.shifts[number]
      let slope = shiftSlope + term.scratch
      var first = 0.0
      var second = 0.0
      for bin in 0..<bins {
        first += w[bin] * scale[bin] * slope[bin]
        second += w[bin] * scale[bin] * shiftCurve[term.scratch + bin]
      }
      add(second, term.parameter, term.parameter, hessian)
      for i in block.factors {
        // A parameter that scales and shifts at once has this mixed term twice on its diagonal.
        let both = model.factors[i].parameter == term.parameter ? 2.0 : 1.0
        add(both * logSlope[i] * first, model.factors[i].parameter, term.parameter, hessian)
      }
      for other in block.gammas {
        let start = model.gammas[other].first
        for bin in 0..<bins {
          let gamma = gammaParameters[start + bin]
          add(w[bin] * scale[bin] * slope[bin] / nonzero(x[gamma]), term.parameter, gamma, hessian)
        }
      }
    }
    addGammaPairs(block, x, hessian)
  }

  private func addGammaPairs(
    _ block: Model.Block, _ x: UnsafePointer<Double>, _ hessian: UnsafeMutablePointer<Double>
  ) {
    let w = weight + block.firstBin
    for number in block.gammas {
      for other in block.gammas.lowerBound..<number {
        for bin in 0..<block.binCount {
          let i = gammaParameters[model.gammas[number].first + bin]
          let j = gammaParameters[model.gammas[other].first + bin]
          add(w[bin] * yields[block.offset + bin] / (nonzero(x[i]) * nonzero(x[j])), i, j, hessian)
        }
      }
    }
  }
}
