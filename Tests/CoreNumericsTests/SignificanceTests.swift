import CoreNumerics
import Foundation
import Testing

@Suite("Significances")
struct SignificanceTests {
  @Test(
    "the table with and without uncertainty of the background",
    arguments: [
      (10, 100, 0, 0.9839916447), (10, 100, 0.1, 0.6901960633), (10, 100, 0.3, 0.3067351748),
      (50, 100, 0.1, 3.1729728608),
      (5, 1, 0, 3.3913291835), (100, 1000, 0.05, 1.6443178247),
    ] as [(Double, Double, Double, Double)])
  func table(_ s: Double, _ b: Double, _ relative: Double, _ z: Double) {
    let ours =
      relative == 0
      ? Significance.asimov(signal: s, background: b)
      : Significance.asimov(signal: s, background: b, backgroundUncertainty: relative * b)
    #expect(abs(ours - z) < 1e-9)
  }

  @Test("small signals: s/√b and s/√(b + σ²), without a jump where the series takes over")
  func small() {
    for s in [1e-12, 1e-8, 1e-4] {
      #expect(abs(Significance.asimov(signal: s, background: 2) / (s / 2.0.squareRoot()) - 1) < 1e-4)
      let ours = Significance.asimov(signal: s, background: 2, backgroundUncertainty: 1)
      #expect(abs(ours / (s / 3.0.squareRoot()) - 1) < 1e-4)
    }
    let below = Significance.asimov(signal: 0.999_999e-3, background: 1)
    let above = Significance.asimov(signal: 1.000_001e-3, background: 1)
    #expect(abs(above / below - 1.000_002) < 1e-9)
  }

  @Test("a vanishing uncertainty changes nothing; a growing one only weakens")
  func uncertainty() {
    let exact = Significance.asimov(signal: 5, background: 20)
    #expect(abs(Significance.asimov(signal: 5, background: 20, backgroundUncertainty: 1e-4) - exact) < 1e-7)
    let falling = [0, 1, 2, 5, 10].map { Significance.asimov(signal: 5, background: 20, backgroundUncertainty: $0) }
    #expect(zip(falling, falling.dropFirst()).allSatisfy(>))
  }

  @Test("edges")
  func edges() {
    #expect(Significance.asimov(signal: 0, background: 3) == 0)
    #expect(Significance.asimov(signal: 1, background: 0) == .infinity)
    #expect(Significance.asimov(signal: -1, background: 3).isNaN)
    #expect(Significance.simple(signal: 1, background: 0).isNaN)
  }
}
