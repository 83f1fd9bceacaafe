import CoreNumerics
import Foundation
import Testing

@Suite("Sums, quantiles, roots")
struct NumericsTests {
  @Test("a stable sum keeps what plain addition loses")
  func sum() {
    #expect(StableSum([1, 1e100, 1, -1e100]).value == 2)
    #expect(StableSum((0..<1_000_000).map { _ in 0.1 }).value == 100_000)
  }

  @Test("weighted quantiles: equal weights are Hazen's, weights are multiplicities")
  func quantiles() throws {
    // numpy.quantile([1, 2, 3, 4, 10], …, method="hazen").
    let plain = try #require(weightedQuantiles(of: [10, 1, 4, 2, 3], at: [0.05, 0.25, 0.5, 0.77]))
    for (ours, reference) in zip(plain, [1, 1.75, 3, 6.1]) { #expect(abs(ours - reference) < 1e-12) }
    #expect(weightedQuantiles(of: [1, 2], weights: [0, 0], at: [0.5]) == nil)
    #expect(weightedQuantiles(of: [7, 5], weights: [0, 3], at: [0, 0.5, 1]) == [5, 5, 5])
  }

  @Test("Brent's method and Newton's find the same roots", arguments: [1e-12, 1, 1e9])
  func roots(_ scale: Double) throws {
    let brent = try RootFinding.brent(in: 0...(3 * scale)) { ($0 / scale) * ($0 / scale) - 2 }
    #expect(abs(brent / (scale * 2.0.squareRoot()) - 1) < 1e-12)
    // A guess twelve powers of ten away.
    let newton = try RootFinding.newton(from: scale * 1e-12) { x in
      ((x / scale) * (x / scale) - 2, 2 * x / (scale * scale))
    }
    #expect(abs(newton / (scale * 2.0.squareRoot()) - 1) < 1e-10)
    let decreasing = try RootFinding.newton(from: scale * 1e6, increasing: false) { x in
      (1 - x / scale, -1 / scale)
    }
    #expect(abs(decreasing / scale - 1) < 1e-10)
  }

  @Test("a guess that is the root but for rounding is the answer", arguments: [-1e-16, 1e-16, 0])
  func rootAtGuess(_ rest: Double) throws {
    #expect(try RootFinding.newton(from: 9.78) { _ in (rest, 0.3) } == 9.78)
  }

  @Test("without a change of sign there is an error; NaN is one too")
  func rootErrors() {
    #expect(throws: RootFinding.Failure.self) { try RootFinding.brent(in: 1...2) { $0 * $0 } }
    #expect(throws: RootFinding.Failure.notANumber(at: 2)) { try RootFinding.brent(in: 1...2) { $0 > 1.5 ? .nan : -1 } }
    #expect(throws: RootFinding.Failure.self) { try RootFinding.newton(from: 1) { _ in (-1, 0) } }
  }
}

@Suite("Cholesky factors and bounded minimisation")
struct MinimizerTests {
  /// A Hilbert-like matrix with a strong diagonal: positive definite at any order.
  private func matrix(_ n: Int) -> [Double] {
    (0..<(n * n)).map { 1 / Double(1 + $0 / n + $0 % n) + ($0 / n == $0 % n ? 0.5 : 0) }
  }

  // Orders on both sides of where LAPACK takes over.
  @Test("a matrix times its inverse is one", arguments: [1, 2, 7, 48, 49, 120])
  func inverse(_ n: Int) throws {
    let a = matrix(n)
    let inverse = try #require(Cholesky.inverse(of: a, order: n))
    for i in 0..<n {
      for j in 0..<n {
        let product = (0..<n).reduce(0) { $0 + a[i * n + $1] * inverse[$1 * n + j] }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-12 * Double(n))
      }
    }
  }

  @Test("an indefinite matrix has no factor", arguments: [3, 60])
  func indefinite(_ n: Int) {
    var a = matrix(n)
    a[n * n - 1] = -1
    #expect(Cholesky.inverse(of: a, order: n) == nil)
  }

  /// Rosenbrock's valley: minimum 0 at (1, 1).
  private final class Rosenbrock: SmoothObjective {
    let parameterCount = 2
    func evaluate(
      at x: UnsafePointer<Double>, gradient g: UnsafeMutablePointer<Double>, hessian h: UnsafeMutablePointer<Double>,
      curvature: Curvature
    ) -> Double {
      let d = x[1] - x[0] * x[0]
      g[0] = -400 * x[0] * d - 2 * (1 - x[0])
      g[1] = 200 * d
      h[0] = 1200 * x[0] * x[0] - 400 * x[1] + 2
      h[1] = -400 * x[0]
      h[2] = h[1]
      h[3] = 200
      return 100 * d * d + (1 - x[0]) * (1 - x[0])
    }
  }

  @Test("Rosenbrock's valley, free and with the minimum outside the box")
  func rosenbrock() {
    let minimizer = BoundedMinimizer(count: 2)
    minimizer.point[0] = -1.2
    minimizer.point[1] = 1
    let free = minimizer.minimize(Rosenbrock())
    #expect(free.status == .converged && free.value < 1e-13)
    #expect(abs(minimizer.point[0] - 1) < 1e-6 && abs(minimizer.point[1] - 1) < 1e-6)
    minimizer.upper[0] = 0.5
    minimizer.point[0] = -1.2
    minimizer.point[1] = 1
    let bounded = minimizer.minimize(Rosenbrock())
    #expect(bounded.status == .converged)
    // On the wall x = 1/2 the minimum is at y = x².
    #expect(minimizer.point[0] == 0.5 && abs(minimizer.point[1] - 0.25) < 1e-9)
    #expect(minimizer.isHeldByBound(0) && abs(bounded.value - 0.25) < 1e-12)
  }

  /// A count of zero: straight along x down to its wall, with mixed derivatives of the size of rounding.
  private final class Straight: SmoothObjective {
    let parameterCount = 3
    func evaluate(
      at x: UnsafePointer<Double>, gradient g: UnsafeMutablePointer<Double>, hessian h: UnsafeMutablePointer<Double>,
      curvature: Curvature
    ) -> Double {
      h.update(repeating: 0, count: 9)
      (g[0], h[0]) = (2, 5e-185)
      (h[3], h[6]) = (3e-90, -8e-90)
      (g[1], h[4]) = (200 * (x[1] - 3), 200)
      (g[2], h[8]) = (2 * (x[2] + 1), 2)
      return 2 * x[0] + 100 * (x[1] - 3) * (x[1] - 3) + (x[2] + 1) * (x[2] + 1)
    }
  }

  @Test("a straight variable goes to its wall and leaves the others alone")
  func straight() {
    let minimizer = BoundedMinimizer(count: 3)
    minimizer.lower = [1e-10, 0, -5]
    minimizer.upper = [10, 10, 5]
    for i in 0..<3 { minimizer.point[i] = 1 }
    let report = minimizer.minimize(Straight())
    #expect(report.status == .converged && minimizer.point[0] == 1e-10)
    #expect(abs(minimizer.point[1] - 3) < 1e-9 && abs(minimizer.point[2] + 1) < 1e-9)
    // Without a wall there is no minimum.
    minimizer.lower[0] = -.infinity
    #expect(minimizer.minimize(Straight()).status != .converged)
  }

  /// Undefined everywhere, or falling for ever.
  private final class Hopeless: SmoothObjective {
    let parameterCount = 1
    let undefined: Bool
    init(undefined: Bool) { self.undefined = undefined }
    func evaluate(
      at x: UnsafePointer<Double>, gradient g: UnsafeMutablePointer<Double>, hessian h: UnsafeMutablePointer<Double>,
      curvature: Curvature
    ) -> Double {
      (g[0], h[0]) = (-1, 0)
      return undefined ? .infinity : -x[0]
    }
  }

  @Test("no minimum is never reported as one", arguments: [true, false])
  func hopeless(_ undefined: Bool) {
    #expect(BoundedMinimizer(count: 1).minimize(Hopeless(undefined: undefined)).status != .converged)
  }
}
