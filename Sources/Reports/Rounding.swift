import Foundation

/// Numbers with uncertainties as the Particle Data Group prints them (Review of Particle Physics, introduction, 5.3).
///
/// If the three highest digits of an uncertainty lie between 100 and 354, two are kept; between 355 and 949, one; from 950
/// on it is 1000 with two kept. The value is given to the same place. Of several uncertainties the smallest decides.
public struct RoundedValue: Hashable, Sendable {
  public var value: String
  /// As given, without signs.
  public var uncertainties: [String]

  /// - Parameter uncertainties: not negative; those that are zero or not finite decide nothing.
  public init(_ value: Double, uncertainties: [Double]) {
    let decisive = uncertainties.filter { $0 > 0 && $0.isFinite }.min()
    let place = decisive.map(RoundedValue.place) ?? RoundedValue.lastPlace(of: value)
    self.value = RoundedValue.text(value, place: place)
    self.uncertainties = uncertainties.map { RoundedValue.text($0, place: place) }
  }

  /// `12.3 ± 0.4`.
  public static func symmetric(_ value: Double, _ uncertainty: Double) -> String {
    let rounded = RoundedValue(value, uncertainties: [uncertainty])
    return "\(rounded.value) ± \(rounded.uncertainties[0])"
  }

  /// `12.3 +0.4 −0.3`.
  public static func asymmetric(_ value: Double, up: Double, down: Double) -> String {
    let rounded = RoundedValue(value, uncertainties: [up, down])
    return "\(rounded.value) +\(rounded.uncertainties[0]) −\(rounded.uncertainties[1])"
  }

  /// The power of ten of the last digit kept.
  private static func place(_ uncertainty: Double) -> Int {
    let exponent = Int(log10(uncertainty).rounded(.down))
    let digits = (uncertainty * pow(10, Double(2 - exponent))).rounded()
    // 950 to 999 become 1000, whose second digit is the place of their first.
    return digits < 355 ? exponent - 1 : exponent
  }

  /// Two digits of a number that has no uncertainty.
  private static func lastPlace(of value: Double) -> Int {
    value == 0 || !value.isFinite ? 0 : Int(log10(abs(value)).rounded(.down)) - 1
  }

  private static func text(_ value: Double, place: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    guard place > 0 else { return String(format: "%.\(-place)f", value) }
    let unit = pow(10, Double(place))
    return String(format: "%.0f", (value / unit).rounded() * unit)
  }
}
