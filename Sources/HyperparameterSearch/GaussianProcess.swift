import CoreNumerics
import Foundation

/// A Gaussian process with a Matérn 5/2 kernel of one length a parameter: the surrogate of Bayesian optimisation
/// (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equations 2.23-2.30, 4.17 and 5.8-5.9).
///
/// Targets are shifted and scaled to mean 0 and variance 1. Lengths, amplitude and noise are at the maximum of their
/// posterior under wide log-normal priors.
public struct GaussianProcess: Sendable {
  /// Logarithms of the lengths, of the amplitude squared and of the noise variance, in units of the scaled targets.
  public let logParameters: [Double]
  let inputs: [[Double]]
  let owners: [Int]
  let mean: Double
  let scale: Double
  private let factor: [Double]
  private let weights: [Double]

  /// - Parameters:
  ///   - inputs: one row a point.
  ///   - targets: finite, one a point.
  ///   - owners: for each coordinate the index of the length that it is measured in, from 0 without gaps.
  ///   - logParameters: the kernel's parameters, where they are not to be found.
  ///
  /// Nil if there are no points, or if the kernel's matrix is singular whatever the noise.
  public init?(inputs: [[Double]], targets: [Double], owners: [Int], logParameters: [Double]? = nil) {
    precondition(inputs.count == targets.count, "\(inputs.count) points, \(targets.count) targets")
    precondition(inputs.allSatisfy { $0.count == owners.count }, "need \(owners.count) coordinates a point")
    guard !inputs.isEmpty, targets.allSatisfy(\.isFinite) else { return nil }
    let n = Double(targets.count)
    mean = targets.reduce(0, +) / n
    let center = mean
    let variance = targets.reduce(0) { $0 + ($1 - center) * ($1 - center) } / n
    scale = variance > 0 ? variance.squareRoot() : 1
    self.inputs = inputs
    self.owners = owners
    let scaled = targets.map { [mean, scale] in ($0 - mean) / scale }
    let posterior = KernelPosterior(inputs: inputs, targets: scaled, owners: owners)
    guard let best = logParameters ?? posterior.maximum(), let solved = posterior.solve(best) else { return nil }
    self.logParameters = best
    factor = solved.factor
    weights = solved.weights
  }

  /// Mean of the function at a point, in the targets' units.
  public func mean(at point: [Double]) -> Double {
    let lengths = logParameters.dropLast(2).map { exp($0) }
    let amplitude = exp(logParameters[logParameters.count - 2])
    var value = 0.0
    for i in inputs.indices { value += matern(squaredDistance(inputs[i], point, lengths, owners)) * weights[i] }
    return mean + scale * amplitude * value
  }

  /// 1 − Σ (yᵢ − ŷᵢ)²/Σ (yᵢ − ȳ)², with ŷᵢ predicted by all targets but yᵢ: `yᵢ − ŷᵢ = [K⁻¹y]ᵢ/[K⁻¹]ᵢᵢ` (Rasmussen and Williams,
  /// equation 5.12), the kernel's parameters held.
  func leaveOneOutPredictivity(targets: [Double]) -> Double {
    let n = targets.count
    let inverse = Cholesky.inverse(ofFactored: factor, order: n)
    var (missed, spread) = (0.0, 0.0)
    for i in 0..<n {
      let residual = scale * weights[i] / inverse[i * n + i]
      missed += residual * residual
      spread += (targets[i] - mean) * (targets[i] - mean)
    }
    return 1 - missed / spread
  }

  /// Mean and standard deviation of the function (without noise) at a point, in the targets' units.
  public func predict(_ point: [Double]) -> (mean: Double, deviation: Double) {
    let n = inputs.count
    let lengths = logParameters.dropLast(2).map { exp($0) }
    let amplitude = exp(logParameters[logParameters.count - 2])
    var row = [Double](repeating: 0, count: n)
    for i in 0..<n {
      row[i] = amplitude * matern(squaredDistance(inputs[i], point, lengths, owners))
    }
    var value = 0.0
    for i in 0..<n { value += row[i] * weights[i] }
    // |L⁻¹k|², by forward substitution.
    let explained = factor.withUnsafeBufferPointer { l in
      row.withUnsafeMutableBufferPointer { row in
        var explained = 0.0
        for i in 0..<n {
          var sum = row[i]
          let start = i * n
          for k in 0..<i { sum -= l[start + k] * row[k] }
          row[i] = sum / l[start + i]
          explained += row[i] * row[i]
        }
        return explained
      }
    }
    return (mean + scale * value, scale * max(amplitude - explained, 0).squareRoot())
  }

  /// The expected gain over `best` of a function to be made small, at a point (Jones, Schonlau and Welch,
  /// J. Global Optim. 13 (1998) 455, equation 15), in the targets' units.
  public func expectedImprovement(_ point: [Double], over best: Double) -> Double {
    let (mean, deviation) = predict(point)
    guard deviation > 0 else { return max(best - mean, 0) }
    let z = (best - mean) / deviation
    return (best - mean) * Normal.cdf(z) + deviation * Normal.density(z)
  }
}

/// Σ (Δ/ℓ)² over coordinates.
func squaredDistance(_ a: [Double], _ b: [Double], _ lengths: [Double], _ owners: [Int]) -> Double {
  var sum = 0.0
  for d in a.indices {
    let delta = (a[d] - b[d]) / lengths[owners[d]]
    sum += delta * delta
  }
  return sum
}

/// (1 + √5 r + 5r²/3) exp(−√5 r) of r².
func matern(_ squared: Double) -> Double {
  let r = (5 * squared).squareRoot()
  return (1 + r + r * r / 3) * exp(-r)
}
