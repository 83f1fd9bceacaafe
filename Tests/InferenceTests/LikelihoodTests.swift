import CoreNumerics
import Foundation
import Inference
import StatisticalModels
import Testing

@Suite("The likelihood's derivatives")
struct LikelihoodTests {
  static let codes: [InterpolationCodes] = [
    .init(), .init(normsys: .piecewiseExponential, histosys: .piecewiseLinear),
    .init(normsys: .piecewiseLinear, histosys: .quadratic), .init(normsys: .quadratic, histosys: .polynomialLinear),
    .combine,
  ]

  /// Points off the kinks, inside and outside |α| = 1, and with a factor of zero.
  private func points(_ model: Model) -> [[Double]] {
    [0.0, 0.37, 1.6].map { size in
      model.parameters.enumerated().map { index, parameter in
        let wiggle = size * (index % 2 == 0 ? 1 : -1) * (1 + 0.1 * Double(index % 3))
        if parameter.name == "mu" { return size == 0 ? 0 : size }
        // Off zero, where codes 0 and 1 have a kink.
        if case .gaussian(0, _) = parameter.constraint { return wiggle + 0.05 }
        return max(0.2, parameter.initial + 0.2 * wiggle)
      }
    }
  }

  private func evaluate(_ likelihood: Likelihood, _ x: [Double]) -> (
    value: Double, gradient: [Double], hessian: [Double]
  ) {
    let n = x.count
    var gradient = [Double](repeating: 0, count: n)
    var hessian = [Double](repeating: 0, count: n * n)
    let value = x.withUnsafeBufferPointer { point in
      gradient.withUnsafeMutableBufferPointer { g in
        hessian.withUnsafeMutableBufferPointer { h in
          likelihood.evaluate(
            at: point.baseAddress!, gradient: g.baseAddress!, hessian: h.baseAddress!, curvature: .exact)
        }
      }
    }
    return (value, gradient, hessian)
  }

  @Test("gradient and Hessian against central differences", arguments: codes.indices, ReferenceWorkspaces.all.indices)
  func derivatives(_ code: Int, _ workspace: Int) throws {
    let model = try Model(ReferenceWorkspaces.all[workspace].make(), codes: Self.codes[code])
    let likelihood = Likelihood(model)
    for x in points(model) {
      let here = evaluate(likelihood, x)
      guard here.value.isFinite else { continue }
      for i in x.indices {
        let h = 1e-5 * max(1, abs(x[i])) / max(1, here.hessian[i * x.count + i].squareRoot() * 0.05)
        var (up, down) = (x, x)
        up[i] += h
        down[i] -= h
        let (above, below) = (evaluate(likelihood, up), evaluate(likelihood, down))
        guard above.value.isFinite, below.value.isFinite else { continue }
        let slope = (above.value - below.value) / (2 * h)
        let scale = 1 + abs(here.gradient[i]) + h * here.hessian[i * x.count + i]
        #expect(abs(slope - here.gradient[i]) < 3e-5 * scale + 1e-9 * abs(here.value) / h / 1e4, "parameter \(i)")
        for j in 0...i {
          // Row i of the lower triangle: derivative by i of the gradient's component j.
          let bend = (above.gradient[j] - below.gradient[j]) / (2 * h)
          let exact = here.hessian[i * x.count + j]
          let size =
            1 + abs(exact) + (here.hessian[i * x.count + i] * here.hessian[j * x.count + j]).magnitude.squareRoot()
          #expect(abs(bend - exact) < 1e-4 * size, "parameters \(i), \(j): \(exact), differences \(bend)")
        }
      }
    }
  }

  @Test("a likelihood of zero is no number")
  func outsideDomain() throws {
    let model = try Model(
      SmallModels.workspace([("SR", [SmallModels.signal([3])], [2])]))
    #expect(evaluate(Likelihood(model), [0]).value == .infinity)
    #expect(evaluate(Likelihood(model), [-1]).value == .infinity)
    #expect(evaluate(Likelihood(model), [2.0 / 3]).value < 1e-15)
  }

  @Test("the deviance has no cancellation near its minimum")
  func deviance() throws {
    let model = try Model(SmallModels.workspace([("SR", [SmallModels.signal([1])], [1_000_000])]))
    // 2[ν − n + n ln(n/ν)] = n δ² (1 − 2δ/3 + …) at ν = n(1 + δ).
    let value = evaluate(Likelihood(model), [1_000_000 * (1 + 1e-7)]).value
    #expect(abs(value / 1e-8 - 1) < 1e-6)
  }
}
