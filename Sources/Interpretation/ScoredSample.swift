import Learning

/// Events of two classes with a classifier's scores.
public struct ScoredSample: Sendable {
  /// In [0, 1], higher for signal (label 1).
  public var scores: [Float]
  public var labels: [Float]
  /// Expected events.
  public var weights: [Float]

  /// - Throws: `LearningError` for lengths that differ, NaN, or a class whose weights do not add up to a positive number.
  public init(scores: [Float], labels: [Float], weights: [Float]) throws {
    _ = try ScoreCuts(scores: scores, labels: labels, weights: weights)
    self.scores = scores
    self.labels = labels
    self.weights = weights
  }

  /// Weights with which both classes have half of the number of events: the priors of a network that was trained with equal classes.
  public var balancedWeights: [Float] {
    var sums = [0.0, 0.0]
    for row in labels.indices { sums[labels[row] == 1 ? 1 : 0] += Double(weights[row]) }
    let half = Double(labels.count) / 2
    return labels.indices.map { Float(Double(weights[$0]) * half / sums[labels[$0] == 1 ? 1 : 0]) }
  }

  /// Scores and weights of a class.
  func values(label: Float) -> (scores: [Double], weights: [Double]) {
    let rows = labels.indices.filter { labels[$0] == label }
    return (rows.map { Double(scores[$0]) }, rows.map { Double(weights[$0]) })
  }
}
