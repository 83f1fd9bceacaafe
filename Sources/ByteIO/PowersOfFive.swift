/// The leading 128 bits of 5^q, q from −342 to 308: cut off for q ≥ 0, one more than cut off for −27 ≤ q < 0, where that is the
/// reciprocal rounded up, and cut off below (Lemire 2021, section 5).
enum PowersOfFive {
  static let range = -342...308

  /// Pairs of words, high and low; made at first use.
  private static let words: [UInt64] = {
    var words: [UInt64] = []
    words.reserveCapacity(2 * range.count)
    var powers: [BigNatural] = [BigNatural(1)]
    for _ in 1...342 { powers.append(powers[powers.count - 1].timesFive()) }
    for q in range {
      var pair = q < 0 ? powers[-q].reciprocalBits() : powers[q].leadingBits()
      if q < 0, q >= -27 {
        let (low, carry) = pair.low.addingReportingOverflow(1)
        pair = (pair.high + (carry ? 1 : 0), low)
      }
      words += [pair.high, pair.low]
    }
    return words
  }()

  /// The double nearest to mantissa · 10^q (Lemire 2021, algorithm 1).
  static func nearest(_ mantissa: UInt64, _ q: Int) -> Double {
    if mantissa == 0 || q < range.lowerBound { return 0 }
    if q > range.upperBound { return .infinity }
    let shift = mantissa.leadingZeroBitCount
    let (high, low) = product(mantissa << UInt64(shift), q)
    let upper = Int(high >> 63)
    var bits = high >> UInt64(upper + 9)
    // 152170/65536 approximates log₂ 5 + 1 from the floor.
    var exponent = (((152_170 + 65_536) * q) >> 16) + 63 + upper - shift + 1023
    if exponent <= 0 {
      guard 1 - exponent < 64 else { return 0 }
      bits >>= UInt64(1 - exponent)
      bits = (bits + (bits & 1)) >> 1
      return Double(bitPattern: bits)
    }
    if low <= 1, q >= -4, q <= 23, bits & 3 == 1, bits << UInt64(upper + 9) == high {
      // Exactly between two doubles: to the even one.
      bits &= ~1
    }
    bits = (bits + (bits & 1)) >> 1
    if bits >= 1 << 53 {
      bits = 1 << 52
      exponent += 1
    }
    guard exponent < 0x7FF else { return .infinity }
    return Double(bitPattern: UInt64(exponent) << 52 | bits & ((1 << 52) - 1))
  }

  /// The leading bits of w · 5^q, enough of them that the double is decided.
  private static func product(_ w: UInt64, _ q: Int) -> (high: UInt64, low: UInt64) {
    words.withUnsafeBufferPointer { words in
      let place = 2 * (q - range.lowerBound)
      let first = w.multipliedFullWidth(by: words[place])
      guard first.high & 0x1FF == 0x1FF else { return (first.high, first.low) }
      let second = w.multipliedFullWidth(by: words[place + 1])
      let (low, carry) = first.low.addingReportingOverflow(second.high)
      return (first.high &+ (carry ? 1 : 0), low)
    }
  }
}

/// A whole number of any size, little end first; only what powers of five need.
private struct BigNatural {
  var limbs: [UInt64]

  init(_ value: UInt64) { limbs = [value] }

  var bitCount: Int { 64 * limbs.count - (limbs.last?.leadingZeroBitCount ?? 0) }

  func timesFive() -> BigNatural {
    var result = self
    var carry: UInt64 = 0
    for i in result.limbs.indices {
      let (high, low) = result.limbs[i].multipliedFullWidth(by: 5)
      let (sum, overflow) = low.addingReportingOverflow(carry)
      result.limbs[i] = sum
      carry = high + (overflow ? 1 : 0)
    }
    if carry > 0 { result.limbs.append(carry) }
    return result
  }

  /// The first 128 bits, zeros behind where there are fewer.
  func leadingBits() -> (high: UInt64, low: UInt64) {
    func word(from top: Int) -> UInt64 {
      (0..<64).reduce(0) { $0 << 1 | (bit(top - $1) ? 1 : 0) }
    }
    return (word(from: bitCount - 1), word(from: bitCount - 65))
  }

  private func bit(_ place: Int) -> Bool { place >= 0 && limbs[place / 64] >> UInt64(place % 64) & 1 == 1 }

  /// The first 128 bits of 1/self, for numbers that are no power of two, by long division.
  func reciprocalBits() -> (high: UInt64, low: UInt64) {
    var rest = BigNatural(0)
    rest.limbs = [UInt64](repeating: 0, count: limbs.count + 1)
    rest.limbs[(bitCount - 1) / 64] = 1 << UInt64((bitCount - 1) % 64)
    var result: (high: UInt64, low: UInt64) = (0, 0)
    for _ in 0..<128 {
      rest.double()
      result = (result.high << 1 | result.low >> 63, result.low << 1)
      if rest.subtractIfNotLess(self) { result.low |= 1 }
    }
    return result
  }

  private mutating func double() {
    for i in limbs.indices.reversed() { limbs[i] = limbs[i] << 1 | (i > 0 ? limbs[i - 1] >> 63 : 0) }
  }

  private mutating func subtractIfNotLess(_ other: BigNatural) -> Bool {
    func limb(_ i: Int) -> UInt64 { i < other.limbs.count ? other.limbs[i] : 0 }
    if let differs = limbs.indices.reversed().first(where: { limbs[$0] != limb($0) }), limbs[differs] < limb(differs) {
      return false
    }
    var borrow: UInt64 = 0
    for i in limbs.indices {
      let (a, under) = limbs[i].subtractingReportingOverflow(limb(i))
      let (b, again) = a.subtractingReportingOverflow(borrow)
      limbs[i] = b
      borrow = under || again ? 1 : 0
    }
    return true
  }
}
