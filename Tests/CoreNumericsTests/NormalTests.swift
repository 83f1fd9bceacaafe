import CoreNumerics
import Foundation
import Testing

@Suite("The normal distribution")
struct NormalTests {
  // mpmath 1.4.1, 40 digits: ncdf(-x) and log(ncdf(-x)).
  static let tails: [(x: Double, tail: Double, logTail: Double)] = [
    (0.5, 0.30853753872598690, -1.1759117615936186), (2, 0.022750131948179207, -3.7831843336820319),
    (5, 2.8665157187919391e-7, -15.064998393988726), (10, 7.6198530241605261e-24, -53.231285150512471),
    (30, 4.9067139271481871e-198, -454.3212439563432), (100, 0, -5005.5242086942051),
  ]

  @Test("tails and their logarithms", arguments: tails.indices)
  func tail(_ index: Int) {
    let (x, tail, logTail) = Self.tails[index]
    #expect(abs(Normal.upperTail(x) - tail) <= 1e-13 * tail)
    #expect(abs(Normal.logUpperTail(x) / logTail - 1) < 1e-14)
    #expect(abs(Normal.upperQuantile(log: logTail) / x - 1) < 2e-14)
  }

  @Test("a quantile inverts the distribution", arguments: [1e-300, 1e-20, 1e-4, 0.05, 0.3, 0.5, 0.8, 0.999, 1 - 1e-12])
  func inverse(_ p: Double) {
    #expect(abs(Normal.cdf(Normal.quantile(p)) - p) <= 2e-13 * p)
    #expect(abs(Normal.upperTail(Normal.upperQuantile(p)) - p) <= 2e-13 * p)
  }

  @Test("φ, the hazard and both branches of the tail agree where they meet")
  func continuity() {
    for x in [-1.0, 10] {
      let (below, above) = (Normal.logUpperTail(x.nextDown), Normal.logUpperTail(x.nextUp))
      #expect(abs(below - above) < 1e-13 * max(1, abs(above)))
    }
    #expect(abs(Normal.hazard(10 - 1e-13) / Normal.hazard(10 + 1e-13) - 1) < 1e-12)
    #expect(abs(Normal.hazard(0) - 2 * Normal.density(0)) < 1e-15)
  }

  @Test("edges and no probabilities")
  func edges() {
    #expect(Normal.quantile(0) == -.infinity)
    #expect(Normal.quantile(1) == .infinity)
    #expect(Normal.upperQuantile(0) == .infinity)
    #expect(abs(Normal.quantile(0.5)) < 1e-16)
    #expect(Normal.quantile(-0.1).isNaN && Normal.quantile(1.1).isNaN && Normal.upperQuantile(.nan).isNaN)
    #expect(Normal.upperQuantile(log: 0.1).isNaN)
  }
}
