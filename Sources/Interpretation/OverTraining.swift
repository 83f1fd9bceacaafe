import CoreNumerics
import Learning

/// Scores of training events against those of test events: they differ where a network knows its training events by heart.
public struct OverTraining: Hashable, Codable, Sendable {
  /// A class: its distributions, each normalised to 1, and their comparison before they are binned.
  public struct Comparison: Hashable, Codable, Sendable {
    public var training, test: [WeightedSum]
    public var kolmogorovSmirnov: KolmogorovSmirnov

    enum CodingKeys: String, CodingKey {
      case training, test
      case kolmogorovSmirnov = "kolmogorov_smirnov"
    }
  }

  /// Of the bins, over [0, 1].
  public var edges: [Double]
  public var signal, background: Comparison

  public init(training: ScoredSample, test: ScoredSample, bins: Int = 25) throws {
    precondition(bins > 0, "need a positive number of bins, got \(bins)")
    func comparison(_ label: Float) throws -> Comparison {
      let (a, b) = (training.values(label: label), test.values(label: label))
      guard let distance = KolmogorovSmirnov(a.scores, weights: a.weights, b.scores, weights: b.weights) else {
        throw LearningError.nonPositiveWeights(what: "label \(Int(label))", sum: 0)
      }
      return Comparison(
        training: Self.shape(a.scores, a.weights, bins), test: Self.shape(b.scores, b.weights, bins),
        kolmogorovSmirnov: distance)
    }
    edges = (0...bins).map { Double($0) / Double(bins) }
    signal = try comparison(1)
    background = try comparison(0)
  }

  private static func shape(_ scores: [Double], _ weights: [Double], _ bins: Int) -> [WeightedSum] {
    var sums = [WeightedSum](repeating: WeightedSum(), count: bins)
    for (score, weight) in zip(scores, weights) {
      sums[min(max(Int(score * Double(bins)), 0), bins - 1)].add(weight)
    }
    let total = sums.reduce(0) { $0 + $1.sum }
    return sums.map { $0.scaled(by: 1 / total) }
  }
}
