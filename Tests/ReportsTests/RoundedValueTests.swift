import Testing

@testable import Reports

/// The examples and rules of the Review of Particle Physics, introduction, section 5.3.
@Suite struct RoundedValueTests {
  @Test(arguments: [
    (0.827, 0.119, "0.83 ± 0.12"), (0.827, 0.367, "0.8 ± 0.4"), (0.8271, 0.0354, "0.827 ± 0.035"),
    (0.8271, 0.0355, "0.83 ± 0.04"), (14.74, 0.949, "14.7 ± 0.9"), (14.74, 0.951, "14.7 ± 1.0"),
    (14.74, 0.996, "14.7 ± 1.0"),
    (123_456, 234, "123460 ± 230"), (123_456, 7_000, "123000 ± 7000"), (0, 0.02, "0.000 ± 0.020"),
  ])
  func symmetric(value: Double, uncertainty: Double, text: String) {
    #expect(RoundedValue.symmetric(value, uncertainty) == text)
  }

  @Test func theSmallestUncertaintyDecides() {
    #expect(RoundedValue.asymmetric(0.827, up: 0.367, down: 0.119) == "0.83 +0.37 −0.12")
  }

  @Test func withoutAnUncertaintyTwoDigits() {
    #expect(RoundedValue.symmetric(1234, 0) == "1200 ± 0")
    #expect(RoundedValue(0.012_34, uncertainties: [.infinity]).value == "0.012")
    #expect(RoundedValue(0, uncertainties: []).value == "0")
    #expect(RoundedValue(.nan, uncertainties: [0.1]).value == "nan")
  }
}
