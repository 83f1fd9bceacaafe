import Foundation

/// How anomalous a score is, as the background has it: level = −log₁₀ p, p being the weighted fraction of the background above the
/// score. 1 is where the most anomalous tenth begins, 2 the most anomalous hundredth.
///
/// Scores of detectors have no common scale; levels have, and rise strictly with the score, so that a fit to them is a fit to
/// the score. At each distinct score of the background p counts half of that score's own weight; log p is linear between scores.
/// Beyond the largest it goes on with the slope of the last hundredth, below the smallest it falls off exponentially to 0.
public struct BackgroundLevel: Hashable, Sendable {
  /// Rising scores of the background.
  private let scores: [Double]
  /// Their levels, rising.
  private let levels: [Double]
  /// Per unit of score, beyond the ends.
  private let upperSlope, lowerScale: Double

  /// - Parameter background: events that the detector was fitted on; weights not negative.
  /// - Throws: ``SampleError`` unless there are two different scores with weight.
  public init(_ background: WeightedValues, name: String) throws {
    let order = background.values.indices.filter { background.weights[$0] > 0 }
      .sorted { background.values[$0] < background.values[$1] }
    let total = order.reduce(0.0) { $0 + background.weights[$1] }
    var scores: [Double] = [], levels: [Double] = []
    var below = 0.0
    var place = 0
    while place < order.count {
      let score = background.values[order[place]]
      var own = 0.0
      while place < order.count, background.values[order[place]] == score {
        own += background.weights[order[place]]
        place += 1
      }
      scores.append(score)
      levels.append(-log10(max(1e-300, (total - below - own / 2) / total)))
      below += own
    }
    guard let first = scores.first, let last = scores.last, first < last, first.isFinite, last.isFinite else {
      throw SampleError(
        sample: name, problem: "its scores of the background are all the same: it tells no event from another")
    }
    self.scores = scores
    self.levels = levels
    let top = levels.count - 1
    let from = min(levels.firstIndex { $0 >= 2 } ?? 0, top - 1)
    upperSlope = (levels[top] - levels[from]) / (last - scores[from])
    lowerScale = last - first
  }

  /// - Parameter score: finite.
  public func callAsFunction(_ score: Double) -> Double {
    let top = scores.count - 1
    if score >= scores[top] { return levels[top] + upperSlope * (score - scores[top]) }
    if score < scores[0] { return levels[0] * exp((score - scores[0]) / lowerScale) }
    var low = 0, high = top
    while high - low > 1 {
      let middle = (low + high) / 2
      if scores[middle] <= score { low = middle } else { high = middle }
    }
    let fraction = (score - scores[low]) / (scores[high] - scores[low])
    return levels[low] + fraction * (levels[high] - levels[low])
  }
}
