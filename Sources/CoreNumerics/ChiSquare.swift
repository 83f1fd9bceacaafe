import Foundation

/// The χ² distribution.
public enum ChiSquare {
  /// P(χ² ≥ value) = Q(k/2, value/2); 1 for no degrees of freedom. Relative error about 1e-13.
  public static func upperTail(_ value: Double, degreesOfFreedom: Int) -> Double {
    precondition(degreesOfFreedom >= 0, "degrees of freedom are not negative, got \(degreesOfFreedom)")
    guard degreesOfFreedom > 0, value > 0 else { return 1 }
    return upperIncompleteGamma(Double(degreesOfFreedom) / 2, value / 2)
  }

  /// The regularised Q(a, x) = Γ(a, x)/Γ(a): by its series below a + 1, by Lentz's continued fraction above (Press et al.,
  /// Numerical Recipes, 6.2).
  static func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
    let scale = exp(a * log(x) - x - logGamma(a))
    if x < a + 1 {
      var term = 1 / a
      var sum = term
      var n = a
      repeat {
        n += 1
        term *= x / n
        sum += term
      } while term > sum * 1e-17
      return 1 - sum * scale
    }
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var fraction = d
    for i in 1...10_000 {
      let numerator = -Double(i) * (Double(i) - a)
      b += 2
      d = numerator * d + b
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = b + numerator / c
      c = abs(c) < tiny ? tiny : c
      let change = c * d
      fraction *= change
      if abs(change - 1) < 1e-16 { break }
    }
    return scale * fraction
  }
}
