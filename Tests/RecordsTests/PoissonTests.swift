import Foundation
import Testing

@testable import Records

@Suite struct PoissonTests {
  /// χ² of the counts against the exact probabilities.
  @Test(arguments: [0.3, 4.0, 9.99, 10.01, 37.5, 400.0])
  func numbersFollowTheLaw(mean: Double) {
    var random = SeedTree(root: 12).child("poisson").stream(UInt64(mean * 100))
    let trials = 40_000
    var counts: [Int: Int] = [:]
    for _ in 0..<trials { counts[Int(random.poisson(mean: mean)), default: 0] += 1 }
    var (square, cells, expectedRest, rest) = (0.0, 0, Double(trials), trials)
    for count in 0..<Int(mean + 12 * mean.squareRoot() + 20) {
      let expected = Double(trials) * exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
      guard expected >= 10 else { continue }
      let difference = Double(counts[count] ?? 0) - expected
      square += difference * difference / expected
      cells += 1
      expectedRest -= expected
      rest -= counts[count] ?? 0
    }
    // χ² has a mean of its degrees of freedom and a variance of twice that.
    #expect(abs(square - Double(cells)) < 4.5 * (2 * Double(cells)).squareRoot(), "\(square) of \(cells)")
    #expect(abs(Double(rest) - expectedRest) < 5 * max(1, expectedRest).squareRoot())
  }

  @Test func edges() {
    var random = SeedTree(root: 12).stream()
    #expect((0..<100).allSatisfy { _ in random.poisson(mean: 0) == 0 })
    let large = random.poisson(mean: 1e12)
    #expect(abs(large - 1e12) < 6e6 && large == large.rounded())
  }
}
