import Foundation

// Goals, in order: (1) full relative accuracy in both tails, so that p-values far below 1e-16 keep their digits;
// (2) logarithms where the tail itself underflows; (3) speed. Not attempted: complex arguments.

/// The standard normal distribution.
public enum Normal {
  /// φ(x), the density.
  public static func density(_ x: Double) -> Double { exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }

  /// Φ(x) = P(X ≤ x), with a relative error of some x² roundings for x → −∞, down to the smallest double.
  public static func cdf(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

  /// 1 − Φ(x), as accurate for x → +∞.
  public static func upperTail(_ x: Double) -> Double { cdf(-x) }

  /// ln(1 − Φ(x)) for any x: finite where the tail itself underflows.
  public static func logUpperTail(_ x: Double) -> Double {
    if x < -1 { return log1p(-cdf(x)) }
    if x < 10 { return log(upperTail(x)) }
    return -0.5 * x * x - 0.5 * log(2 * Double.pi) + log(millsRatio(x))
  }

  /// The hazard φ(x)/(1 − Φ(x)), which tends to x for large x.
  public static func hazard(_ x: Double) -> Double { x < 10 ? density(x) / upperTail(x) : 1 / millsRatio(x) }

  /// The x with Φ(x) = p. Relative accuracy in p near 0; use ``upperQuantile(_:)`` near 1.
  ///
  /// - Returns: −∞ for 0, +∞ for 1, NaN outside [0, 1].
  public static func quantile(_ p: Double) -> Double { p > 0.5 ? upperQuantile(1 - p) : -upperQuantile(p) }

  /// The x with 1 − Φ(x) = p: the significance of a p-value.
  public static func upperQuantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    if p == 0 { return .infinity }
    if p == 1 { return -.infinity }
    if p > 0.5 { return -upperQuantile(1 - p) }
    // A first guess from the tail's leading behaviour, then Newton on ln(1 − Φ), which is nearly quadratic in x.
    return upperQuantile(log: log(p))
  }

  /// The x with ln(1 − Φ(x)) = `logP`, for p-values too small for a double.
  public static func upperQuantile(log logP: Double) -> Double {
    guard logP <= 0 else { return .nan }
    if logP == 0 { return -.infinity }
    if logP == -.infinity { return .infinity }
    if logP > -0.6931471805599453 { return -upperQuantile(log: log(-expm1(logP))) }
    var x = (-2 * logP).squareRoot()
    x = max(0, x - (log(max(x, 1)) + 0.9189385332046727) / max(x, 1))
    for _ in 0..<60 {
      let step = (logUpperTail(x) - logP) / hazard(x)
      x += step
      if abs(step) <= 4e-16 * max(1, abs(x)) { break }
    }
    return x
  }

  /// (1 − Φ(x))/φ(x) by its continued fraction, for x ≥ 10, where forty levels give all digits.
  private static func millsRatio(_ x: Double) -> Double {
    var fraction = x
    for level in stride(from: 40, through: 1, by: -1) { fraction = x + Double(level) / fraction }
    return 1 / fraction
  }
}
