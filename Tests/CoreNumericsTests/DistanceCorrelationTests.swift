import CoreNumerics
import Foundation
import TestSupport
import Testing

@Suite struct DistanceCorrelationTests {
  private struct Reference: Decodable {
    struct Case: Decodable { var x, y, w: [Double], value, unweighted: Double }
    var correlations: [Case]
  }

  @Test func doubleSumsOfNumPyAreTheSame() throws {
    let reference = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: referenceURL("anomaly/deep.json")))
    for item in reference.correlations {
      #expect(abs(DistanceCorrelation.squared(item.x, item.y, weights: item.w) - item.value) < 1e-12)
      #expect(abs(DistanceCorrelation.squared(item.x, item.y) - item.unweighted) < 1e-12)
    }
  }

  @Test func laws() {
    let x = (0..<300).map { sin(Double($0 * $0)) }, y = (0..<300).map { cos(Double(7 * $0 * $0)) + 0.3 * x[$0] }
    let value = DistanceCorrelation.squared(x, y)
    #expect(abs(DistanceCorrelation.squared(y, x) - value) < 1e-12)
    // Linear functions have correlation 1; shifts and scales change nothing.
    #expect(abs(DistanceCorrelation.squared(x, x.map { 3 - 2 * $0 }) - 1) < 1e-12)
    #expect(abs(DistanceCorrelation.squared(x.map { 1e6 + 5 * $0 }, y) - value) < 1e-9)
    // Weight 2 is two rows; weight 0 none.
    let weights = (0..<300).map { Double($0 % 3) }
    let copies = (0..<300).flatMap { Array(repeating: $0, count: $0 % 3) }
    let weighted = DistanceCorrelation.squared(x, y, weights: weights)
    #expect(abs(DistanceCorrelation.squared(copies.map { x[$0] }, copies.map { y[$0] }) - weighted) < 1e-12)
    // Constants and single rows have none.
    #expect(DistanceCorrelation.squared(x, x.map { _ in 0.1 }) == 0)
    #expect(DistanceCorrelation.squared([1], [2]) == 0)
    #expect(DistanceCorrelation.squared([], []) == 0)
  }
}
