import ByteIO
import Foundation
import Records
import Testing

@Suite struct DecimalParserTests {
  /// The standard library's `strtod`, which is exact.
  private func check(_ text: String) {
    let expected = Double(text), found = DecimalParser.double(text)
    #expect(expected?.bitPattern == found?.bitPattern, "\(text): \(String(describing: found))")
  }

  @Test func edges() {
    for text in [
      "0", "-0", "1", "+1", "-1.5", ".5", "5.", "1e0", "1E+2", "1e-2", "9007199254740993", "9007199254740992.999",
      "2.2250738585072014e-308", "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324",
      "2.4703282292062328e-324", "1e-400", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
      "1e309", "1e400", "123456789012345678901234567890", "0.000000000000000000000000000000012345678901234567890123",
      "8.692932128906250000e-01", "1.000000000000000000e+00", "179769313486231580793e289", "9223372036854775808",
      "1.00000000000000011102230246251565404236316680908203125",
      "1.00000000000000011102230246251565404236316680908203124",
      "1.00000000000000011102230246251565404236316680908203126", "0.1e1", "00012", "1e00005", "7.0e-10", "1e22", "1e23",
      "8.5e22", "3.0e-44",
    ] { check(text) }
  }

  /// Shortest texts of random doubles read back to the same bits: all 64 bits are drawn.
  @Test func randomDoubles() {
    var random = SeedTree(root: 11).child("decimal").stream()
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(DecimalParser.double("\(value)")?.bitPattern == value.bitPattern)
    }
  }

  /// Random digits, points and exponents against `strtod`, with many digits and near the middle of two doubles.
  @Test func randomTexts() {
    var random = SeedTree(root: 12).child("decimal").stream()
    for _ in 0..<20_000 {
      var digits = (0...random.integer(below: 26)).map { _ in String(random.integer(below: 10)) }
      if random.integer(below: 2) == 0 { digits.insert(".", at: random.integer(below: digits.count + 1)) }
      let exponent = random.integer(below: 3) == 0 ? "" : "e\(random.integer(below: 680) - 350)"
      check(digits.joined() + exponent)
    }
    for _ in 0..<5_000 {
      // Exactly half way: 53 bits and one more.
      let odd = (UInt64(1) << 53 | random.next() >> 11) | 1
      for shift in [0, 3, 9] { check("\(odd << UInt64(shift))") }
      check("\(odd).0000000000000000000000\(random.integer(below: 2))")
    }
  }

  @Test func words() {
    #expect(DecimalParser.double("nan")?.isNaN == true)
    #expect(DecimalParser.double("NaN")?.isNaN == true)
    #expect(DecimalParser.double("-Inf") == -.infinity)
    #expect(DecimalParser.double("+INFINITY") == .infinity)
  }

  @Test(arguments: [
    "", "-", "+", ".", "-.", "e5", "abc", "1e", "1e+", "1x", "1..2", "--1", "0x10", "na", "infin", " 1",
  ])
  func noNumbers(_ text: String) { #expect(DecimalParser.double(text) == nil) }

  @Test func integers() {
    func read(_ text: String) -> Int64? {
      Array(text.utf8).withUnsafeBufferPointer { bytes in
        bytes.baseAddress.flatMap { DecimalParser.integer($0, end: $0 + bytes.count)?.value }
      }
    }
    for value in [0, 1, -1, Int64.max, Int64.min, 42] { #expect(read("\(value)") == value) }
    for text in ["9223372036854775808", "-9223372036854775809", "99999999999999999999999", "", "-", "x"] {
      #expect(read(text) == nil)
    }
    #expect(read("12.5") == 12)
  }
}
