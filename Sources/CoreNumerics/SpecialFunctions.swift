import Foundation

/// ln Γ(x) for x > 0, safe in any thread (the C library's `lgamma` writes a global sign).
public func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}

/// ln Γ(n + 1): the logarithm of a factorial, for any n > −1.
public func logFactorial(_ n: Double) -> Double { logGamma(n + 1) }

/// x ln y, with 0 ln y = 0 for every y.
public func xLogY(_ x: Double, _ y: Double) -> Double { x == 0 ? 0 : x * log(y) }

/// A sum that carries its rounding error along (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
/// endlicher Summen", 1974).
public struct StableSum: Hashable, Sendable {
  private var total = 0.0
  private var correction = 0.0

  public init() {}

  public init(_ terms: some Sequence<Double>) {
    for term in terms { add(term) }
  }

  public mutating func add(_ term: Double) {
    let next = total + term
    correction += abs(total) >= abs(term) ? (total - next) + term : (term - next) + total
    total = next
  }

  public var value: Double { total + correction }
}
