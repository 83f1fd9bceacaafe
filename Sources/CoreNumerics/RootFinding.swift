/// Roots of functions of one variable.
public enum RootFinding {
  /// What stopped a search.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case notBracketed(low: Double, valueAtLow: Double, high: Double, valueAtHigh: Double)
    case notANumber(at: Double)
    case tooManySteps(Int, low: Double, high: Double)

    public var description: String {
      switch self {
      case .notBracketed(let low, let atLow, let high, let atHigh):
        "no change of sign between \(low) (value \(atLow)) and \(high) (value \(atHigh))"
      case .notANumber(let x): "the function is no number at \(x)"
      case .tooManySteps(let steps, let low, let high): "no root after \(steps) steps; it lies in [\(low), \(high)]"
      }
    }
  }

  /// Brent's method (Algorithms for Minimization without Derivatives, 1973, chapter 4) in a bracket.
  /// - Parameter relativeTolerance: of the root; the absolute floor is the smallest normal number, so the search is free
  ///   of scale.
  public static func brent(
    in bracket: ClosedRange<Double>, relativeTolerance: Double = 1e-12, maximumSteps: Int = 200,
    _ function: (Double) throws -> Double
  ) throws -> Double {
    var a = bracket.lowerBound
    var b = bracket.upperBound
    var fa = try function(a)
    var fb = try function(b)
    if fa == 0 { return a }
    if fb == 0 { return b }
    guard !fa.isNaN else { throw Failure.notANumber(at: a) }
    guard !fb.isNaN else { throw Failure.notANumber(at: b) }
    guard (fa < 0) != (fb < 0) else {
      throw Failure.notBracketed(low: a, valueAtLow: fa, high: b, valueAtHigh: fb)
    }
    var c = a
    var fc = fa
    var d = b - a
    var e = d
    for _ in 0..<maximumSteps {
      if (fb < 0) == (fc < 0) { (c, fc, d, e) = (a, fa, b - a, b - a) }
      if abs(fc) < abs(fb) { (a, b, c, fa, fb, fc) = (b, c, b, fb, fc, fb) }
      let tolerance = max(2 * 2.22e-16, 0.5 * relativeTolerance) * abs(b) + Double.leastNormalMagnitude
      let half = 0.5 * (c - b)
      if abs(half) <= tolerance || fb == 0 { return b }
      if abs(e) >= tolerance, abs(fa) > abs(fb) {
        let s = fb / fa
        var p: Double
        var q: Double
        if a == c {
          p = 2 * half * s
          q = 1 - s
        } else {
          let r = fb / fc
          let t = fa / fc
          p = s * (2 * half * t * (t - r) - (b - a) * (r - 1))
          q = (t - 1) * (r - 1) * (s - 1)
        }
        if p > 0 { q = -q } else { p = -p }
        if 2 * p < min(3 * half * q - abs(tolerance * q), abs(e * q)) {
          (e, d) = (d, p / q)
        } else {
          (d, e) = (half, half)
        }
      } else {
        (d, e) = (half, half)
      }
      (a, fa) = (b, fb)
      b += abs(d) > tolerance ? d : (half > 0 ? tolerance : -tolerance)
      fb = try function(b)
      guard !fb.isNaN else { throw Failure.notANumber(at: b) }
    }
    throw Failure.tooManySteps(maximumSteps, low: min(b, c), high: max(b, c))
  }

  /// The root of an increasing or decreasing function on (`lowest`, ∞), by Newton's method inside a bracket that is
  /// found on the way, with bisection (in the logarithm, if far apart) where Newton would leave it.
  ///
  /// - Parameters:
  ///   - guess: the start, above `lowest`; a guess wrong by many powers of ten costs steps, not the answer.
  ///   - function: value and derivative; the value must be positive above the root if `increasing`, else below.
  public static func newton(
    from guess: Double, above lowest: Double = 0, increasing: Bool = true, relativeTolerance: Double = 1e-10,
    maximumSteps: Int = 200, _ function: (Double) throws -> (value: Double, slope: Double)
  ) throws -> Double {
    precondition(guess > lowest, "the guess \(guess) must lie above \(lowest)")
    var low = lowest
    var high = Double.infinity
    var x = guess
    for _ in 0..<maximumSteps {
      let (rawValue, rawSlope) = try function(x)
      guard !rawValue.isNaN else { throw Failure.notANumber(at: x) }
      let value = increasing ? rawValue : -rawValue
      let slope = increasing ? rawSlope : -rawSlope
      if value == 0 { return x }
      if value > 0 { high = x } else { low = x }
      var next = slope > 0 ? x - value / slope : .nan
      // Before the bracket is asked: at the root itself the step is lost in rounding and leaves an open interval.
      if abs(next - x) <= relativeTolerance * abs(x) { return next }
      let distance = x - lowest
      // Unbracketed above: at most ten times as far; below: at least a tenth.
      if high == .infinity { next = next.isNaN ? lowest + 4 * distance : min(next, lowest + 10 * distance) }
      if low == lowest, value > 0 { next = next.isNaN ? lowest + 0.25 * distance : max(next, lowest + 0.1 * distance) }
      if !(next > low && next < high) {
        let ratio = (high - lowest) / max(low - lowest, Double.leastNormalMagnitude)
        next = ratio > 16 ? lowest + ((high - lowest).squareRoot() * (low - lowest).squareRoot()) : 0.5 * (low + high)
      }
      guard next.isFinite else { break }
      if abs(next - x) <= relativeTolerance * abs(next) { return next }
      x = next
    }
    throw Failure.tooManySteps(maximumSteps, low: low, high: high)
  }
}
