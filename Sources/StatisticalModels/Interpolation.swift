import Foundation

/// How a factor or a shift interpolates between its values at α = −1, 0 and +1 (HistFactory's codes).
public enum Interpolation: Int, Hashable, Codable, Sendable {
  /// Code 0: linear on either side of 0, with a kink there.
  case piecewiseLinear = 0
  /// Code 1: exponential on either side of 0 (factors only), with a kink there.
  case piecewiseExponential = 1
  /// Code 2: quadratic inside |α| ≤ 1, linear outside.
  case quadratic = 2
  /// Code 4: a polynomial of sixth order inside |α| < 1, matched in value and two derivatives to the exponentials outside
  /// (factors only).
  case polynomialExponential = 4
  /// Code 4p: the same inside, linear outside (shifts only).
  case polynomialLinear = 5
  /// CMS Combine's asymmetric log-normal: code 1 outside |α| < 1/2, whose exponents are joined inside by a polynomial, matched
  /// in value and two derivatives (factors only). A symmetric factor is exactly κ^α.
  case joinedExponential = 6
}

/// The interpolation codes of a model. pyhf's defaults are 4 for normsys and 4p for histosys.
public struct InterpolationCodes: Hashable, Codable, Sendable {
  public var normsys: Interpolation
  public var histosys: Interpolation

  public init(normsys: Interpolation = .polynomialExponential, histosys: Interpolation = .polynomialLinear) {
    precondition(normsys != .polynomialLinear, "code 4p interpolates shifts, not factors")
    precondition(
      histosys != .piecewiseExponential && histosys != .polynomialExponential && histosys != .joinedExponential,
      "codes 1 and 4 and joined exponentials interpolate factors")
    self.normsys = normsys
    self.histosys = histosys
  }
}

/// A function's value and its first two derivatives.
@frozen public struct Jet: Sendable {
  public var value, first, second: Double

  @inlinable public init(_ value: Double, _ first: Double, _ second: Double) {
    self.value = value
    self.first = first
    self.second = second
  }
}

extension Interpolation {
  /// The coefficients a₁…a₆ of code 4's polynomial 1 + Σ aᵢαⁱ for α₀ = 1 (CERN-OPEN-2012-016, Sec. 4.1; solved for the
  /// six matching conditions at ±1), followed by ln(high) and ln(low).
  static func factorCoefficients(low: Double, high: Double) -> [Double] {
    let logHigh = log(high)
    let logLow = log(low)
    // Even and odd parts of value, first and second derivative at ±1 of the exponentials, less the constant 1.
    let s0 = 0.5 * (high + low) - 1
    let a0 = 0.5 * (high - low)
    let s1 = 0.5 * (high * logHigh - low * logLow)
    let a1 = 0.5 * (high * logHigh + low * logLow)
    let s2 = 0.5 * (high * logHigh * logHigh + low * logLow * logLow)
    let a2 = 0.5 * (high * logHigh * logHigh - low * logLow * logLow)
    // Odd: a₁ + a₃ + a₅ = A₀, a₁ + 3a₃ + 5a₅ = S₁, 6a₃ + 20a₅ = A₂, where d/dα of the odd part is even, and so on.
    let oddFirst = s1
    let evenFirst = a1
    let c5 = (a2 - 3 * (oddFirst - a0)) / 8
    let c3 = (oddFirst - a0 - 4 * c5) / 2
    let c1 = a0 - c3 - c5
    // Even: a₂ + a₄ + a₆ = S₀, 2a₂ + 4a₄ + 6a₆ = A₁, 2a₂ + 12a₄ + 30a₆ = S₂.
    let c6 = (s2 - 5 * evenFirst + 8 * s0) / 8
    let c4 = (evenFirst - 2 * s0 - 4 * c6) / 2
    let c2 = s0 - c4 - c6
    return [c1, c2, c3, c4, c5, c6, logHigh, logLow]
  }

  /// A factor that is 1 at α = 0. `c`: ``factorCoefficients(low:high:)``, then low and high.
  func factor(_ alpha: Double, _ c: UnsafePointer<Double>) -> Jet {
    switch self {
    case .polynomialExponential where abs(alpha) < 1:
      let value = alpha * (c[0] + alpha * (c[1] + alpha * (c[2] + alpha * (c[3] + alpha * (c[4] + alpha * c[5])))))
      let first =
        c[0] + alpha * (2 * c[1] + alpha * (3 * c[2] + alpha * (4 * c[3] + alpha * (5 * c[4] + alpha * 6 * c[5]))))
      let second = 2 * c[1] + alpha * (6 * c[2] + alpha * (12 * c[3] + alpha * (20 * c[4] + alpha * 30 * c[5])))
      return Jet(1 + value, first, second)
    case .joinedExponential where abs(alpha) < 0.5:
      // ln f = α [m + h a(2α)], with m and h half the sum and half the difference of the outer slopes ln(high) and −ln(low).
      let (mean, half) = (0.5 * (c[6] - c[7]), 0.5 * (c[6] + c[7]))
      let t = 2 * alpha
      let q = t * t
      let join = 0.125 * t * (15 + q * (3 * q - 10))
      let joinSlope = 0.25 * (15 + q * (15 * q - 30))
      let joinCurve = 0.5 * t * (60 * q - 60)
      let slope = mean + half * (join + alpha * joinSlope)
      let value = exp(alpha * (mean + half * join))
      return Jet(value, slope * value, (slope * slope + half * (2 * joinSlope + alpha * joinCurve)) * value)
    case .polynomialExponential, .piecewiseExponential, .polynomialLinear, .joinedExponential:
      let rate = alpha >= 0 ? c[6] : -c[7]
      let value = exp(alpha * rate)
      return Jet(value, rate * value, rate * rate * value)
    case .piecewiseLinear, .quadratic:
      let shift = shift(alpha, down: 1 - c[8], up: c[9] - 1)
      return Jet(1 + shift.value, shift.first, shift.second)
    }
  }

  /// Adds the shifts of many bins to `target` and writes their derivatives. Every code is linear in `up` and `down`, so the
  /// dependence on α is worked out once.
  package func addShifts(
    _ alpha: Double, down: UnsafePointer<Double>, up: UnsafePointer<Double>, count: Int,
    to target: UnsafeMutablePointer<Double>, first: UnsafeMutablePointer<Double>, second: UnsafeMutablePointer<Double>
  ) {
    let ofUp = shift(alpha, down: 0, up: 1)
    let ofDown = shift(alpha, down: 1, up: 0)
    for bin in 0..<count {
      target[bin] += ofUp.value * up[bin] + ofDown.value * down[bin]
      first[bin] = ofUp.first * up[bin] + ofDown.first * down[bin]
      second[bin] = ofUp.second * up[bin] + ofDown.second * down[bin]
    }
  }

  /// A shift that is 0 at α = 0, `up` at +1 and −`down` at −1.
  func shift(_ alpha: Double, down: Double, up: Double) -> Jet {
    switch self {
    case .piecewiseLinear, .piecewiseExponential, .polynomialExponential, .joinedExponential:
      return alpha >= 0 ? Jet(alpha * up, up, 0) : Jet(alpha * down, down, 0)
    case .quadratic:
      let a = 0.5 * (up - down)
      let b = 0.5 * (up + down)
      if alpha > 1 { return Jet((b + 2 * a) * (alpha - 1) + up, b + 2 * a, 0) }
      if alpha < -1 { return Jet((b - 2 * a) * (alpha + 1) - down, b - 2 * a, 0) }
      return Jet(alpha * (a * alpha + b), 2 * a * alpha + b, 2 * a)
    case .polynomialLinear:
      if alpha > 1 { return Jet(alpha * up, up, 0) }
      if alpha < -1 { return Jet(alpha * down, down, 0) }
      let s = 0.5 * (up + down)
      let a = 0.0625 * (up - down)
      let q = alpha * alpha
      return Jet(
        alpha * (s + alpha * a * (15 + q * (3 * q - 10))), s + a * alpha * (30 + q * (18 * q - 40)),
        a * (30 + q * (90 * q - 120)))
    }
  }
}
