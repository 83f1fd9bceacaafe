import Foundation

/// Expected significances of a counting experiment.
public enum Significance {
  /// The median significance of s signal events over a background b that is known exactly.
  ///
  /// Implements Eq. (97) of Cowan, Cranmer, Gross and Vitells, arXiv:1007.1727:
  /// `Z = √(2[(s + b) ln(1 + s/b) − s])`.
  /// - Returns: NaN unless s ≥ 0 and b ≥ 0; +∞ for b = 0 < s.
  public static func asimov(signal s: Double, background b: Double) -> Double {
    guard s >= 0, b >= 0 else { return .nan }
    if s == 0 { return 0 }
    if b == 0 { return .infinity }
    let x = s / b
    // (1 + x) ln(1 + x) − x = x²/2 − x³/6 + x⁴/12 − x⁵/20 + … cancels in its closed form as x → 0: at x = 1e-12 that
    // keeps only four digits. Below 1e-3 six terms of the series are good to 1e-16.
    let bracket =
      x < 1e-3
      ? x * x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 12 - x * (1.0 / 20 - x * (1.0 / 30 - x / 42)))))
      : (1 + x) * log1p(x) - x
    return (2 * b * bracket).squareRoot()
  }

  /// The same with a background that is known to ± `backgroundUncertainty` (absolute, in events).
  ///
  /// Cowan, "Discovery sensitivity for a counting experiment with background uncertainty" (2012), Eq. (20):
  /// `Z² = 2{(s+b) ln[(s+b)(b+σ²)/(b²+(s+b)σ²)] − (b²/σ²) ln[1 + σ²s/(b(b+σ²))]}`.
  public static func asimov(signal s: Double, background b: Double, backgroundUncertainty sigma: Double) -> Double {
    guard s >= 0, b >= 0, sigma >= 0 else { return .nan }
    if s == 0 { return 0 }
    if b == 0 { return sigma == 0 ? .infinity : .nan }
    let v = sigma * sigma
    let tau = v / b
    // With u = s/(b + (s + b)τ) and w = τs/(b(1 + τ)), both logarithms are log1p of small positive numbers:
    // (s+b)(b+v)/(b²+(s+b)v) = 1 + s b/(b² + (s+b)v), and Z² = 2[(s+b) ln(1+u) − (b/τ) ln(1+w)].
    let u = s / (b + (s + b) * tau)
    let w = tau * s / (b * (1 + tau))
    if tau < 1e-12 { return asimov(signal: s, background: b) }
    if max(u, w) < 1e-6 {
      // To leading order both logarithms cancel and Z² = s²/(b + σ²), with corrections of relative size s/b.
      return s / (b + v).squareRoot()
    }
    return max(0, 2 * ((s + b) * log1p(u) - b / tau * log1p(w))).squareRoot()
  }

  /// s/√b; NaN for b ≤ 0.
  public static func simple(signal s: Double, background b: Double) -> Double { b > 0 ? s / b.squareRoot() : .nan }

  /// s/√(s + b + σ_b²): the size of a measured excess in units of its own uncertainty.
  public static func measured(signal s: Double, background b: Double, backgroundUncertainty sigma: Double = 0) -> Double
  {
    let variance = s + b + sigma * sigma
    return variance > 0 ? s / variance.squareRoot() : .nan
  }
}
