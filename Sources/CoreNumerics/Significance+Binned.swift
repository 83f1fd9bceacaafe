import Foundation

extension Significance {
  /// The median significance of a signal in a binned experiment whose background is known up to one common factor.
  ///
  /// The Asimov data nᵢ = sᵢ + bᵢ are tested against the background alone, λ bᵢ with λ known as 1 ± δ (a normal distribution). From
  /// `q₀ = 2 Σ [λ̂ bᵢ − nᵢ + nᵢ ln(nᵢ/(λ̂ bᵢ))] + ((λ̂ − 1)/δ)²`, Eq. (12) of Cowan, Cranmer, Gross and Vitells, arXiv:1007.1727, with the λ̂
  /// that makes it smallest: the positive root of `λ² + (δ²B − 1) λ − δ²N = 0`, where B = Σ bᵢ and N = Σ nᵢ. `Z = √q₀`.
  /// - Parameters:
  ///   - signal, background: expected events by bin; bins without either are left out.
  ///   - uncertainty: δ, relative; 0 for a background that is known exactly.
  /// - Returns: NaN for negative numbers; +∞ where a bin has signal and no background.
  public static func asimov(
    signal: [Double], background: [Double], relativeUncertainty uncertainty: Double
  ) -> Double {
    precondition(signal.count == background.count, "\(signal.count) bins of signal, \(background.count) of background")
    guard signal.allSatisfy({ $0 >= 0 }), background.allSatisfy({ $0 >= 0 }), uncertainty >= 0 else { return .nan }
    guard !zip(signal, background).contains(where: { $0 > 0 && $1 == 0 }) else { return .infinity }
    let total = background.reduce(0, +), observed = total + signal.reduce(0, +)
    guard total > 0 else { return 0 }
    let variance = uncertainty * uncertainty
    let linear = variance * total - 1
    // Of the two forms of the root the one without a difference of nearly equal numbers.
    let root = (linear * linear + 4 * variance * observed).squareRoot()
    let factor = uncertainty == 0 ? 1 : linear > 0 ? 2 * variance * observed / (linear + root) : (root - linear) / 2
    var q = uncertainty == 0 ? 0 : (factor - 1) * (factor - 1) / variance
    for (s, b) in zip(signal, background) where b > 0 {
      let (n, expected) = (s + b, factor * b)
      q += 2 * (expected - n + n * log(n / expected))
    }
    return max(0, q).squareRoot()
  }
}
