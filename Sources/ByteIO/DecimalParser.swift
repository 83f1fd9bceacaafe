/// Reads decimal numbers from bytes: every one to the double that is nearest to it, ties to even. Goals, in order: exactness,
/// speed, no dependence on locales. It does not read hexadecimal numbers.
///
/// The algorithm is that of Lemire, "Number Parsing at a Gigabyte per Second", Software: Practice and Experience 51 (2021), with
/// Clinger's shortcut for small numbers; where it cannot decide (numbers of more than 19 digits very close to the middle of two
/// doubles) the standard library does.
public enum DecimalParser {
  /// Reads the number that begins at `start`: digits with at most one point, and an exponent; also `nan`, `inf`, `infinity`
  /// in any case; each with a sign or without.
  /// - Returns: the value, and where the number ends; `nil` if no number begins there.
  public static func double(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> (value: Double, next: UnsafePointer<UInt8>)? {
    var p = start
    guard p < end else { return nil }
    let isNegative = p.pointee == minus
    if isNegative || p.pointee == plus { p += 1 }
    guard p < end else { return nil }
    guard p.pointee &- zero < 10 || p.pointee == point else { return word(p, end, isNegative) }

    let digitsStart = p
    var mantissa: UInt64 = 0
    while p < end, p.pointee &- zero < 10 {
      mantissa = mantissa &* 10 &+ UInt64(p.pointee &- zero)
      p += 1
    }
    var digits = p - digitsStart
    var exponent = 0
    if p < end, p.pointee == point {
      p += 1
      let fraction = p
      while end - p >= 8 {
        let eight = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
        guard isEightDigits(eight) else { break }
        mantissa = mantissa &* 100_000_000 &+ eightDigits(eight)
        p += 8
      }
      while p < end, p.pointee &- zero < 10 {
        mantissa = mantissa &* 10 &+ UInt64(p.pointee &- zero)
        p += 1
      }
      exponent = fraction - p
      digits += p - fraction
    }
    guard digits > 0 else { return nil }
    let significandEnd = p
    var power = exponent
    if p < end, p.pointee | 0x20 == letterE, let (value, next) = wholeExponent(p + 1, end) {
      power += value
      p = next
    }
    let magnitude: Double
    if digits <= 19 {
      magnitude = value(mantissa, power)
    } else {
      magnitude = longValue(digitsStart, significandEnd, exponent: power - exponent, all: start, p)
    }
    return (isNegative ? -magnitude : magnitude, p)
  }

  /// Reads the whole number that begins at `start`.
  /// - Returns: the value, and where it ends; `nil` if none begins there, or if it is beyond 64 bits.
  public static func integer(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> (value: Int64, next: UnsafePointer<UInt8>)? {
    var p = start
    guard p < end else { return nil }
    let isNegative = p.pointee == minus
    if isNegative || p.pointee == plus { p += 1 }
    let first = p
    var value: UInt64 = 0
    while p < end, p.pointee &- zero < 10 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(p.pointee &- zero))
      guard !overflow, !carry else { return nil }
      value = sum
      p += 1
    }
    guard p > first, value <= UInt64(Int64.max) + (isNegative ? 1 : 0) else { return nil }
    return (isNegative ? Int64(bitPattern: 0 &- value) : Int64(value), p)
  }

  /// The number that a text is as a whole, or `nil`.
  public static func double(_ text: some StringProtocol) -> Double? {
    var text = String(text)
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress, let (value, next) = double(start, end: start + bytes.count),
        next == start + bytes.count
      else { return nil }
      return value
    }
  }

  // MARK: Parts

  private static let zero = UInt8(ascii: "0"), point = UInt8(ascii: "."), minus = UInt8(ascii: "-")
  private static let plus = UInt8(ascii: "+"), letterE = UInt8(ascii: "e")

  @inline(__always)
  private static func isEightDigits(_ bytes: UInt64) -> Bool {
    (bytes & 0xF0F0_F0F0_F0F0_F0F0) | (((bytes &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) >> 4)
      == 0x3333_3333_3333_3333
  }

  /// Eight digits at once: pairs, then fours, then all, each by one multiplication.
  @inline(__always)
  private static func eightDigits(_ bytes: UInt64) -> UInt64 {
    let values = bytes &- 0x3030_3030_3030_3030
    let pairs = values &* 10 &+ (values >> 8)
    let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (low &+ high) >> 32
  }

  /// The whole number after an `e`; `nil` where there is none, and the `e` is no part of the number.
  private static func wholeExponent(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> (Int, UnsafePointer<UInt8>)? {
    var p = start
    guard p < end else { return nil }
    let isNegative = p.pointee == minus
    if isNegative || p.pointee == plus { p += 1 }
    let first = p
    var value = 0
    while p < end, p.pointee &- zero < 10 {
      // Beyond this every number is 0 or infinite.
      if value < 100_000 { value = value * 10 + Int(p.pointee &- zero) }
      p += 1
    }
    return p > first ? (isNegative ? -value : value, p) : nil
  }

  private static func word(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ isNegative: Bool
  ) -> (value: Double, next: UnsafePointer<UInt8>)? {
    func isWord(_ letters: StaticString) -> Bool {
      end - start >= letters.utf8CodeUnitCount
        && (0..<letters.utf8CodeUnitCount).allSatisfy { start[$0] | 0x20 == letters.utf8Start[$0] }
    }
    if isWord("infinity") { return (isNegative ? -.infinity : .infinity, start + 8) }
    if isWord("inf") { return (isNegative ? -.infinity : .infinity, start + 3) }
    if isWord("nan") { return (.nan, start + 3) }
    return nil
  }

  /// A significand of more than 19 digits: zeros at its front don't count; the first 19 others bound it from both sides.
  private static func longValue(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, exponent: Int, all: UnsafePointer<UInt8>,
    _ allEnd: UnsafePointer<UInt8>
  ) -> Double {
    var mantissa: UInt64 = 0
    var kept = 0, power = exponent
    var isBeyondPoint = false, isCut = false
    for p in start..<end {
      guard p.pointee != point else {
        isBeyondPoint = true
        continue
      }
      if kept < 19 {
        mantissa = mantissa * 10 + UInt64(p.pointee &- zero)
        if mantissa > 0 { kept += 1 }
        if isBeyondPoint { power -= 1 }
      } else {
        if p.pointee != zero { isCut = true }
        if !isBeyondPoint { power += 1 }
      }
    }
    let low = value(mantissa, power)
    guard isCut else { return low }
    if low == value(mantissa + 1, power) { return low }
    let text = String(decoding: UnsafeBufferPointer(start: all, count: allEnd - all), as: UTF8.self)
    return abs(Double(text) ?? low)
  }

  /// The double nearest to mantissa · 10^power.
  @inline(__always)
  private static func value(_ mantissa: UInt64, _ power: Int) -> Double {
    if mantissa < 1 << 53, power >= -22, power <= 22 {
      // Both are doubles without error, and so one rounding gives the nearest (Clinger 1990).
      return power < 0 ? Double(mantissa) / smallPowers[-power] : Double(mantissa) * smallPowers[power]
    }
    return PowersOfFive.nearest(mantissa, power)
  }

  private static let smallPowers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
}
