import Foundation

/// Where an axis is divided and what stands there.
public struct Ticks: Hashable, Sendable {
  public struct Major: Hashable, Sendable {
    public var position: Double
    /// Rich text; empty where the tick carries no label.
    public var label: String
  }

  public var majors: [Major]
  /// Positions of the ticks without labels.
  public var minors: [Double]
  /// The labels are in units of ten to this power; 0 for none.
  public var exponent: Int

  /// Equally spaced ticks inside [lower, upper], at 1, 2, 2.5 or 5 times a power of ten.
  ///
  /// - Parameters:
  ///   - target: the largest number of intervals wanted (at least 1); there are at least about half as many.
  ///   - integers: whether ticks may only stand at whole numbers.
  /// - Precondition: `lower < upper`, both finite.
  public static func linear(from lower: Double, to upper: Double, target: Int, integers: Bool = false) -> Ticks {
    precondition(lower < upper && (upper - lower).isFinite, "need lower < upper, got \(lower), \(upper)")
    let (step, subdivisions) = niceStep((upper - lower) / Double(max(target, 1)), integers: integers)
    // A thousandth of a step catches ends that rounding has moved off their tick.
    let first = (lower / step - 1e-3).rounded(.up)
    let last = (upper / step + 1e-3).rounded(.down)
    let count = max(0, Int(last - first)) + (last >= first ? 1 : 0)
    let positions = (0..<count).map { (first + Double($0)) * step }
    let largest = max(abs(lower), abs(upper))
    let exponent = largest >= 1e5 || largest < 1e-3 ? Int(log10(largest).rounded(.down)) : 0
    let decimals = max(0, decimalPlaces(of: step) + exponent)
    let majors = positions.map { position in
      Major(position: position, label: plainNumber(position / pow(10, Double(exponent)), decimals: decimals))
    }
    var minors: [Double] = []
    let smallStep = step / Double(subdivisions)
    if !integers || smallStep >= 1 {
      var index = (lower / smallStep - 1e-3).rounded(.up)
      while index <= (upper / smallStep + 1e-3).rounded(.down) {
        if index.remainder(dividingBy: Double(subdivisions)) != 0 { minors.append(index * smallStep) }
        index += 1
      }
    }
    return Ticks(majors: majors, minors: minors, exponent: exponent)
  }

  /// The smallest nice step not below `raw`, and into how many minor intervals it divides.
  private static func niceStep(_ raw: Double, integers: Bool) -> (step: Double, subdivisions: Int) {
    let magnitude = pow(10, log10(raw).rounded(.down))
    for (factor, subdivisions) in [(1.0, 5), (2, 4), (2.5, 5), (5, 5), (10, 5)] {
      let step = factor * magnitude
      if step < raw * (1 - 1e-9) || (integers && step != step.rounded()) { continue }
      return (step, subdivisions)
    }
    return integers ? (1, 1) : (10 * magnitude, 5)
  }

  /// Decimals that write a multiple of `step` exactly, for steps of one or two significant digits; may be negative.
  private static func decimalPlaces(of step: Double) -> Int {
    let order = Int((log10(step) + 1e-9).rounded(.down))
    let leading = step / pow(10, Double(order))
    return abs(leading - leading.rounded()) < 1e-6 ? -order : -order + 1
  }

  /// Ticks of a logarithmic axis: decades; below two decades also 2 and 5 times them; within one, linear ticks.
  ///
  /// - Precondition: `0 < lower < upper`, both finite.
  public static func logarithmic(from lower: Double, to upper: Double, target: Int) -> Ticks {
    precondition(0 < lower && lower < upper && upper.isFinite, "need 0 < lower < upper, got \(lower), \(upper)")
    let first = Int((log10(lower) - 1e-9).rounded(.up))
    let last = Int((log10(upper) + 1e-9).rounded(.down))
    let decades = last - first + 1
    if decades >= 3 || (decades == 2 && log10(upper / lower) >= 1.5) {
      return decadeTicks(first: first, last: last, lower: lower, upper: upper, target: target)
    }
    let fine = multiples(in: lower, upper)
    let labelled = fine.filter { [1, 2, 5].contains($0.multiple) }
    guard labelled.count >= 2 else {
      return linear(from: lower, to: upper, target: min(target, 4))
    }
    return Ticks(
      majors: labelled.map { Major(position: $0.value, label: shortNumber($0.multiple, decade: $0.decade)) },
      minors: fine.filter { ![1, 2, 5].contains($0.multiple) }.map(\.value), exponent: 0)
  }

  private static func decadeTicks(first: Int, last: Int, lower: Double, upper: Double, target: Int) -> Ticks {
    let stride = max(1, Int((Double(last - first + 1) / Double(max(target, 2))).rounded(.up)))
    let labelled = (first...last).filter { $0.isMultiple(of: stride) }
    let majors = labelled.map { Major(position: pow(10, Double($0)), label: decadeLabel($0)) }
    let minors =
      stride == 1
      ? multiples(in: lower, upper).filter { $0.multiple != 1 }.map(\.value)
      : (first...last).filter { !$0.isMultiple(of: stride) }.map { pow(10, Double($0)) }
    return Ticks(majors: majors, minors: minors, exponent: 0)
  }

  private struct Multiple {
    var multiple: Int
    var decade: Int
    var value: Double
  }

  private static func multiples(in lower: Double, _ upper: Double) -> [Multiple] {
    let first = Int(log10(lower).rounded(.down)) - 1
    let last = Int(log10(upper).rounded(.up))
    let (low, high) = (lower * (1 - 1e-9), upper * (1 + 1e-9))
    var found: [Multiple] = []
    for decade in first...last {
      for multiple in 1...9 {
        let value = Double(multiple) * pow(10, Double(decade))
        if low <= value, value <= high { found.append(Multiple(multiple: multiple, decade: decade, value: value)) }
      }
    }
    return found
  }

  private static func decadeLabel(_ exponent: Int) -> String {
    switch exponent {
    case 0: "1"
    case 1: "10"
    default: "10^{\(exponent)}"
    }
  }

  private static func shortNumber(_ multiple: Int, decade: Int) -> String {
    if (-3...3).contains(decade) {
      return plainNumber(Double(multiple) * pow(10, Double(decade)), decimals: max(0, -decade))
    }
    return multiple == 1 ? decadeLabel(decade) : "\(multiple)×10^{\(decade)}"
  }
}

/// A number with this many decimals, with a true minus sign and no negative zero.
func plainNumber(_ value: Double, decimals: Int) -> String {
  let text = String(format: "%.\(decimals)f", value)
  guard text.hasPrefix("-") else { return text }
  let digits = text.dropFirst()
  return digits.allSatisfy { $0 == "0" || $0 == "." } ? String(digits) : "−" + digits
}
