import Foundation

// Goals, in order: (1) never report a point that is not a minimum; (2) few evaluations: Newton's method with the exact
// Hessian converges quadratically from a warm start; (3) no allocation per step; (4) freedom from the scale of the
// parameters: steps are damped in units of the Hessian's own diagonal. Not attempted: global minima.

/// Which second derivatives a minimiser asks for.
public enum Curvature: Hashable, Sendable {
  /// The Hessian.
  case exact
  /// A positive semidefinite approximation (Gauss–Newton, Fisher's information): slower near the minimum, never led
  /// astray by negative curvature far from it.
  case gaussNewton
}

/// A twice differentiable function of `parameterCount` variables.
public protocol SmoothObjective: AnyObject {
  var parameterCount: Int { get }
  /// The value at `x`; +∞ outside its domain, where the derivatives need not be set.
  /// - Parameters:
  ///   - gradient: `parameterCount` numbers to overwrite.
  ///   - hessian: row-major, of which the lower triangle is overwritten.
  func evaluate(
    at x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>, hessian: UnsafeMutablePointer<Double>,
    curvature: Curvature
  ) -> Double
}

/// What a minimisation did.
public struct MinimizerReport: Hashable, Codable, Sendable {
  public enum Status: String, Hashable, Codable, Sendable {
    case converged
    /// No start point in the domain.
    case undefinedStart
    /// No step lowers the function although the gradient does not vanish.
    case stalled
    case stepLimit
  }

  public var status: Status
  public var value: Double
  /// Half of gᵀH⁻¹g over the free parameters: the estimated vertical distance to the minimum.
  public var estimatedDistance: Double
  /// The largest |gᵢ|/√Hᵢᵢ over the free parameters: free of scale.
  public var scaledGradient: Double
  public var evaluations: Int
}

/// Damped Newton steps within a box.
///
/// Each step minimises the quadratic model in the box by an active set; the damping (Levenberg–Marquardt, on the
/// Hessian's diagonal) follows the ratio of actual to predicted reduction. One minimiser serves many minimisations of the
/// same size; it is not to be shared between threads.
public final class BoundedMinimizer {
  public let count: Int
  public var lower: [Double]
  public var upper: [Double]
  public var fixed: [Bool]
  /// Converged when the estimated distance to the minimum is below this, in units of the function.
  public var tolerance = 1e-10
  public var maximumEvaluations = 300

  private let storage: UnsafeMutablePointer<Double>
  /// The point; gradient and Hessian (lower triangle, row-major) there after ``minimize(_:curvature:)``.
  public let point: UnsafeMutablePointer<Double>
  public let gradient: UnsafeMutablePointer<Double>
  public let hessian: UnsafeMutablePointer<Double>
  private let trial, trialGradient, trialHessian, matrix, right, step: UnsafeMutablePointer<Double>
  private var free: [Int] = []
  private var held: [Bool]

  public init(count: Int) {
    self.count = count
    lower = Array(repeating: -.infinity, count: count)
    upper = Array(repeating: .infinity, count: count)
    fixed = Array(repeating: false, count: count)
    held = fixed
    free.reserveCapacity(count)
    let square = count * count
    storage = .allocate(capacity: max(1, 6 * count + 3 * square))
    storage.initialize(repeating: 0, count: max(1, 6 * count + 3 * square))
    point = storage
    gradient = storage + count
    trial = storage + 2 * count
    trialGradient = storage + 3 * count
    right = storage + 4 * count
    step = storage + 5 * count
    hessian = storage + 6 * count
    trialHessian = storage + 6 * count + square
    matrix = storage + 6 * count + 2 * square
  }

  deinit { storage.deallocate() }

  /// Minimises from `point`, which is first moved into the box, and leaves the minimum there.
  public func minimize(_ objective: some SmoothObjective, curvature: Curvature = .exact) -> MinimizerReport {
    precondition(objective.parameterCount == count, "\(count) variables, the function has \(objective.parameterCount)")
    for i in 0..<count where !fixed[i] { point[i] = min(max(point[i], lower[i]), upper[i]) }
    var value = objective.evaluate(at: point, gradient: gradient, hessian: hessian, curvature: curvature)
    var evaluations = 1
    guard value.isFinite else {
      return MinimizerReport(
        status: .undefinedStart, value: value, estimatedDistance: .infinity, scaledGradient: .infinity, evaluations: 1)
    }
    var damping = 0.0
    while true {
      let predicted = solveStep(damping: damping)
      guard let predicted else {
        damping = max(10 * damping, 1e-3)
        if damping > 1e12 { return report(.stalled, value, .infinity, evaluations) }
        continue
      }
      if damping == 0, predicted <= tolerance {
        return finish(objective, curvature, value, predicted, evaluations)
      }
      if evaluations >= maximumEvaluations { return report(.stepLimit, value, predicted, evaluations) }
      for i in 0..<count { trial[i] = point[i] + step[i] }
      clampTrial()
      let next = objective.evaluate(at: trial, gradient: trialGradient, hessian: trialHessian, curvature: curvature)
      evaluations += 1
      // Differences below the function's own rounding say nothing: such a step is judged by its prediction.
      let noise = 4e-15 * (1 + abs(value))
      let ratio = predicted < noise && next <= value + noise ? 1 : (value - next) / predicted
      if next.isFinite, ratio > 1e-4 {
        acceptTrial()
        value = next
        if ratio > 0.75 {
          damping = damping < 1e-3 ? 0 : damping * 0.1
        } else if ratio < 0.25 {
          damping = max(4 * damping, 1e-3)
        }
      } else {
        damping = max(8 * damping, 1e-2)
        if damping > 1e14 { return report(.stalled, value, predicted, evaluations) }
      }
    }
  }

  /// The last Newton step, which squares the remaining distance.
  private func finish(
    _ objective: some SmoothObjective, _ curvature: Curvature, _ value: Double, _ predicted: Double, _ evaluations: Int
  ) -> MinimizerReport {
    guard predicted > 1e-14 * (1 + abs(value)) else { return report(.converged, value, predicted, evaluations) }
    for i in 0..<count { trial[i] = point[i] + step[i] }
    clampTrial()
    let next = objective.evaluate(at: trial, gradient: trialGradient, hessian: trialHessian, curvature: curvature)
    if next <= value + 4e-15 * (1 + abs(value)) {
      acceptTrial()
      return report(.converged, next, predicted, evaluations + 1)
    }
    return report(.converged, value, predicted, evaluations + 1)
  }

  private func clampTrial() {
    for i in 0..<count where !fixed[i] {
      trial[i] = min(max(trial[i], lower[i]), upper[i])
      // A step to a wall ends on it, not a rounding away, where the variable would count as free.
      let rounding = 4e-16 * (abs(point[i]) + abs(trial[i]))
      if trial[i] - lower[i] <= rounding {
        trial[i] = lower[i]
      } else if upper[i] - trial[i] <= rounding {
        trial[i] = upper[i]
      }
    }
  }

  private func acceptTrial() {
    point.update(from: trial, count: count)
    gradient.update(from: trialGradient, count: count)
    hessian.update(from: trialHessian, count: count * count)
  }

  private func report(
    _ status: MinimizerReport.Status, _ value: Double, _ distance: Double, _ evaluations: Int
  ) -> MinimizerReport {
    var scaled = 0.0
    for i in 0..<count where !fixed[i] && !isHeldByBound(i) {
      scaled = max(
        scaled, abs(gradient[i]) / max(abs(hessian[i * count + i]).squareRoot(), Double.leastNormalMagnitude))
    }
    return MinimizerReport(
      status: status, value: value, estimatedDistance: distance, scaledGradient: scaled, evaluations: evaluations)
  }

  /// At a bound, with the function rising into the box.
  public func isHeldByBound(_ i: Int) -> Bool {
    (point[i] <= lower[i] && gradient[i] >= 0) || (point[i] >= upper[i] && gradient[i] <= 0)
  }

  /// Fills `step` with the model's minimum in the box; returns the predicted reduction, or `nil` where the damped matrix
  /// is not positive definite.
  private func solveStep(damping: Double) -> Double? {
    for i in 0..<count {
      step[i] = 0
      held[i] = fixed[i] || isHeldByBound(i)
      if held[i] { continue }
      // A function that is straight along a variable down to its wall (a count of zero in a Poisson term) has no curvature for
      // a step, and the rounding of its mixed derivatives would spoil those of the others: it goes to the wall first.
      let wall = gradient[i] > 0 ? lower[i] : upper[i]
      if hessian[i * count + i] >= 0, hessian[i * count + i] * abs(wall - point[i]) < 1e-8 * abs(gradient[i]) {
        step[i] = wall - point[i]
        held[i] = true
      }
    }
    while true {
      free.removeAll(keepingCapacity: true)
      for i in 0..<count where !held[i] { free.append(i) }
      let order = free.count
      if order == 0 { break }
      for (row, i) in free.enumerated() {
        var force = -gradient[i]
        for k in 0..<count where held[k] && step[k] != 0 { force -= element(i, k) * step[k] }
        right[row] = force
        for column in 0...row { matrix[row * order + column] = element(i, free[column]) }
        let diagonal = hessian[i * count + i]
        matrix[row * order + row] += damping * max(abs(diagonal), 1e-300)
      }
      guard Cholesky.factor(matrix, order: order) else { return nil }
      Cholesky.solve(matrix, order: order, right)
      // Variables that would leave the box stay on its wall; the others are solved for again.
      var violated = false
      for (row, i) in free.enumerated() {
        let target = point[i] + right[row]
        if target < lower[i] || target > upper[i] {
          step[i] = (target < lower[i] ? lower[i] : upper[i]) - point[i]
          held[i] = true
          violated = true
        } else {
          step[i] = right[row]
        }
      }
      if !violated { break }
      for i in free where !held[i] { step[i] = 0 }
    }
    return predictedReduction()
  }

  private func predictedReduction() -> Double {
    var reduction = 0.0
    for i in 0..<count where step[i] != 0 {
      var curved = 0.0
      for k in 0..<count where step[k] != 0 { curved += element(i, k) * step[k] }
      reduction -= step[i] * (gradient[i] + 0.5 * curved)
    }
    return reduction
  }

  private func element(_ i: Int, _ k: Int) -> Double { hessian[i >= k ? i * count + k : k * count + i] }
}
