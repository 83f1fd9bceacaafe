import CoreNumerics
import Foundation

/// Minus the log posterior of a kernel's parameters: the logarithms of its lengths, of its amplitude and of the noise.
struct KernelPosterior {
  let inputs: [[Double]]
  let targets: [Double]
  let owners: [Int]
  let lengthCount: Int
  /// Means and widths of the priors on logarithms: lengths of half the range within a factor of three, amplitude one, noise
  /// a hundredth of the targets' deviation, within a factor of three.
  private let priorMeans: [Double]
  private let priorWidths: [Double]

  init(inputs: [[Double]], targets: [Double], owners: [Int]) {
    self.inputs = inputs
    self.targets = targets
    self.owners = owners
    lengthCount = (owners.max() ?? -1) + 1
    priorMeans = Array(repeating: log(0.5), count: lengthCount) + [0, log(1e-4)]
    priorWidths = Array(repeating: 1.1, count: lengthCount) + [1.0, 2.3]
  }

  /// The most probable parameters: quasi-Newton steps (BFGS) from the best of a few isotropic starts.
  func maximum() -> [Double]? {
    let starts = [(0.1, 1e-4), (0.3, 1e-4), (1.0, 1e-4), (0.3, 0.1), (1.0, 0.3)].map { length, noise in
      Array(repeating: log(length), count: lengthCount) + [0, log(noise)]
    }
    guard
      let start = starts.map({ (point: $0, value: value($0)) }).min(by: { $0.value < $1.value }), start.value.isFinite
    else { return nil }
    return descend(from: start.point)
  }

  private func descend(from start: [Double]) -> [Double] {
    let count = start.count
    var point = start
    guard var (value, gradient) = evaluate(point) else { return start }
    var inverse = (0..<count).map { i in (0..<count).map { $0 == i ? 0.1 : 0.0 } }
    for _ in 0..<40 {
      var step = (0..<count).map { i in -(0..<count).reduce(0) { $0 + inverse[i][$1] * gradient[$1] } }
      var slope = zip(step, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      if slope >= 0 {
        step = gradient.map { -0.1 * $0 }
        slope = -0.1 * gradient.reduce(0) { $0 + $1 * $1 }
      }
      guard slope < -1e-4 else { break }
      // No logarithm changes by more than two at once.
      var length = min(1, 2 / (step.map(abs).max() ?? 1))
      var next: (value: Double, gradient: [Double])?
      var candidate = point
      while length > 1e-4 {
        candidate = zip(point, step).map { $0 + length * $1 }
        next = evaluate(candidate)
        if let next, next.value <= value + 1e-4 * length * slope { break }
        next = nil
        length /= 3
      }
      guard let next else { break }
      update(&inverse, step: step.map { length * $0 }, change: zip(next.gradient, gradient).map { $0 - $1 })
      (point, value, gradient) = (candidate, next.value, next.gradient)
    }
    return point
  }

  /// The BFGS update of an inverse Hessian.
  private func update(_ inverse: inout [[Double]], step s: [Double], change y: [Double]) {
    let sy = zip(s, y).reduce(0) { $0 + $1.0 * $1.1 }
    guard sy > 1e-12 else { return }
    let hy = inverse.map { row in zip(row, y).reduce(0) { $0 + $1.0 * $1.1 } }
    let scale = (1 + zip(y, hy).reduce(0) { $0 + $1.0 * $1.1 } / sy) / sy
    for i in s.indices {
      for j in s.indices { inverse[i][j] += scale * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy }
    }
  }

  /// The Cholesky factor of the kernel's matrix, row-major, and K⁻¹y.
  func solve(_ parameters: [Double]) -> (factor: [Double], weights: [Double])? {
    let n = targets.count
    let lengths = parameters.prefix(lengthCount).map { exp($0) }
    let (amplitude, noise) = (exp(parameters[lengthCount]), exp(parameters[lengthCount + 1]))
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        matrix[i * n + j] = amplitude * matern(squaredDistance(inputs[i], inputs[j], lengths, owners))
      }
      matrix[i * n + i] += noise
    }
    var weights = targets
    let definite = matrix.withUnsafeMutableBufferPointer { matrix in
      weights.withUnsafeMutableBufferPointer { weights in
        guard let m = matrix.baseAddress, let w = weights.baseAddress, Cholesky.factor(m, order: n) else {
          return false
        }
        Cholesky.solve(m, order: n, w)
        return true
      }
    }
    return definite ? (matrix, weights) : nil
  }

  /// Minus the log posterior, up to a constant; +∞ where the matrix is not positive definite.
  func value(_ parameters: [Double]) -> Double {
    solve(parameters).map { value(parameters, factor: $0.factor, weights: $0.weights) } ?? .infinity
  }

  private func value(_ parameters: [Double], factor: [Double], weights: [Double]) -> Double {
    let n = targets.count
    var value = 0.0
    for i in 0..<n { value += 0.5 * targets[i] * weights[i] + log(factor[i * n + i]) }
    for p in parameters.indices {
      let pull = (parameters[p] - priorMeans[p]) / priorWidths[p]
      value += 0.5 * pull * pull
    }
    return value
  }

  /// The same with its gradient: ½ Σ (K⁻¹ − K⁻¹y yᵀK⁻¹) ∂K, and the priors'.
  func evaluate(_ parameters: [Double]) -> (value: Double, gradient: [Double])? {
    let n = targets.count
    guard let (factor, weights) = solve(parameters) else { return nil }
    let total = value(parameters, factor: factor, weights: weights)
    let inverse = Cholesky.inverse(ofFactored: factor, order: n)
    var gradient = (0..<parameters.count).map {
      (parameters[$0] - priorMeans[$0]) / (priorWidths[$0] * priorWidths[$0])
    }
    let scales = parameters.prefix(lengthCount).map { exp(-$0) }
    let (amplitude, noise) = (exp(parameters[lengthCount]), exp(parameters[lengthCount + 1]))
    var shares = [Double](repeating: 0, count: lengthCount)
    for i in 0..<n {
      for j in 0...i {
        let share = (i == j ? 0.5 : 1) * (inverse[i * n + j] - weights[i] * weights[j])
        for k in 0..<lengthCount { shares[k] = 0 }
        let (a, b) = (inputs[i], inputs[j])
        for d in owners.indices {
          let delta = (a[d] - b[d]) * scales[owners[d]]
          shares[owners[d]] += delta * delta
        }
        let r = (5 * shares.reduce(0, +)).squareRoot()
        let decay = amplitude * exp(-r)
        // dk/dlog ℓ = a (5/3) (1 + √5 r) exp(−√5 r) (Δ/ℓ)².
        let slope = share * decay * 5 / 3 * (1 + r)
        for k in 0..<lengthCount { gradient[k] += slope * shares[k] }
        gradient[lengthCount] += share * decay * (1 + r + r * r / 3)
      }
      gradient[lengthCount + 1] += 0.5 * noise * (inverse[i * n + i] - weights[i] * weights[i])
    }
    return (total, gradient)
  }
}
