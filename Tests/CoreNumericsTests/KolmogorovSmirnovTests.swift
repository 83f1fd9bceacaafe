import Foundation
import TestSupport
import Testing

@testable import CoreNumerics

private struct Reference: Decodable {
  struct Case: Decodable { var a: [Double], b: [Double], n: Double, m: Double, distance: Double, pValue: Double }
  var kolmogorovSmirnov: [Case]
}

@Suite struct KolmogorovSmirnovTests {
  /// scipy's exact distribution: the asymptotic form is good to 0.02 for 40 values against 40, in the tail to a fifth of the p-value.
  @Test func distancesAndPValues() throws {
    let url = referenceURL("classifier-metrics/metrics.json")
    let cases = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url)).kolmogorovSmirnov
    for one in cases {
      if !one.a.isEmpty {
        let test = try #require(KolmogorovSmirnov(one.a, one.b))
        #expect(abs(test.distance - one.distance) < 1e-12)
        #expect(abs(test.pValue - one.pValue) < min(0.02, 0.2 * one.pValue))
      }
      let root = (one.n * one.m / (one.n + one.m)).squareRoot()
      let tail = KolmogorovSmirnov.upperTail((root + 0.12 + 0.11 / root) * one.distance)
      #expect(abs(tail - one.pValue) < min(0.02, 0.2 * one.pValue), "\(one.n) and \(one.m)")
    }
  }

  @Test func kolmogorovsDistribution() {
    // Both series where they meet, and a quantile of every table: Q(1.3581) = 0.05.
    #expect(abs(KolmogorovSmirnov.upperTail(1.18 - 1e-9) - KolmogorovSmirnov.upperTail(1.18 + 1e-9)) < 1e-8)
    #expect(abs(KolmogorovSmirnov.upperTail(1.358_1) - 0.05) < 1e-5)
    #expect(abs(KolmogorovSmirnov.upperTail(0.827_57) - 0.5) < 1e-5)
    #expect(KolmogorovSmirnov.upperTail(0) == 1 && KolmogorovSmirnov.upperTail(1e-3) == 1)
    #expect(KolmogorovSmirnov.upperTail(20) < 1e-300)
  }

  @Test func weightsEdgesAndTies() throws {
    // A weight of two moves the distribution as two values do, and knows less.
    let once = try #require(KolmogorovSmirnov([1, 2, 3], weights: [2, 1, 1], [2, 5]))
    let twice = try #require(KolmogorovSmirnov([1, 1, 2, 3], [2, 5]))
    #expect(abs(once.distance - twice.distance) < 1e-12 && once.effectiveCount < twice.effectiveCount)
    let same = try #require(KolmogorovSmirnov([1, 1, 2], [1, 1, 2]))
    #expect(same.distance < 1e-12 && same.pValue == 1)
    let apart = try #require(KolmogorovSmirnov([1, 2], weights: [3, 3], [5, 6], weights: [1, 1]))
    #expect(abs(apart.distance - 1) < 1e-12)
    #expect(KolmogorovSmirnov([], [1]) == nil && KolmogorovSmirnov([1], weights: [-1], [1]) == nil)
  }
}
