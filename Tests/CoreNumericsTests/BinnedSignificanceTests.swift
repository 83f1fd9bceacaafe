import CoreNumerics
import Foundation
import TestSupport
import Testing

@Suite struct BinnedSignificanceTests {
  private struct Reference: Decodable {
    struct Case: Decodable {
      var signal, background: [Double]
      var uncertainty, z: Double
    }
    var cases: [Case]
  }

  /// pyhf's q₀ on Asimov data with `lumi` on the background; its minimiser is good to about 1e-8 of q₀.
  @Test func pyhf() throws {
    let reference = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: referenceURL("comparison/significance.json")))
    for c in reference.cases {
      let z = Significance.asimov(signal: c.signal, background: c.background, relativeUncertainty: c.uncertainty)
      #expect(abs(z / c.z - 1) < 1e-6, "\(c)")
    }
  }

  @Test func oneBinKnownExactlyIsTheCountingFormula() {
    for (s, b) in [(100.0, 1000.0), (1e-3, 10), (10, 3), (5, 1e5)] {
      let z = Significance.asimov(signal: [s], background: [b], relativeUncertainty: 0)
      #expect(abs(z / Significance.asimov(signal: s, background: b) - 1) < 1e-6)
      #expect(abs(z - Significance.asimov(signal: [s], background: [b], relativeUncertainty: 1e-7)) < 1e-5)
    }
  }

  /// More bins say no less; equal ratios of signal to background say nothing more; uncertainty never helps.
  @Test func laws() {
    let one = Significance.asimov(signal: [100], background: [1000], relativeUncertainty: 0.05)
    let same = Significance.asimov(signal: [30, 70], background: [300, 700], relativeUncertainty: 0.05)
    let split = Significance.asimov(signal: [80, 20], background: [300, 700], relativeUncertainty: 0.05)
    #expect(abs(one - same) < 1e-10 && split > one)
    #expect(one < Significance.asimov(signal: [100], background: [1000], relativeUncertainty: 0.01))
    // A second bin without signal measures the background.
    #expect(Significance.asimov(signal: [100, 0], background: [1000, 1e6], relativeUncertainty: 0.05) > 3)
  }

  @Test func edges() {
    #expect(Significance.asimov(signal: [0, 0], background: [5, 0], relativeUncertainty: 0.1) == 0)
    #expect(Significance.asimov(signal: [1], background: [0], relativeUncertainty: 0.1) == .infinity)
    #expect(Significance.asimov(signal: [-1], background: [1], relativeUncertainty: 0.1).isNaN)
    #expect(Significance.asimov(signal: [], background: [], relativeUncertainty: 0.1) == 0)
  }
}
