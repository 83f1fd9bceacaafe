/// A sum of weights with what its statistical uncertainty is made of.
public struct WeightedSum: Hashable, Codable, Sendable {
  public var sum = 0.0
  /// Σw².
  public var squares = 0.0

  public init() {}

  public init(sum: Double, squares: Double) {
    self.sum = sum
    self.squares = squares
  }

  public mutating func add(_ weight: Double) {
    sum += weight
    squares += weight * weight
  }

  /// √Σw².
  public var uncertainty: Double { squares.squareRoot() }
  /// N_eff = (Σw)²/Σw²; 0 of nothing.
  public var effectiveCount: Double { squares > 0 ? sum * sum / squares : 0 }

  public func scaled(by factor: Double) -> WeightedSum {
    WeightedSum(sum: sum * factor, squares: squares * factor * factor)
  }
}

/// A number with its statistical uncertainty, such as the weighted fraction of a class that passes a cut.
public struct Estimate: Hashable, Codable, Sendable {
  public var value: Double
  /// One standard deviation.
  public var uncertainty: Double

  public init(value: Double, uncertainty: Double) {
    self.value = value
    self.uncertainty = uncertainty
  }

  /// ε = p/t, with the variance of a ratio of independent weighted events, `[(1 − ε)² Σ_p w² + ε² Σ_f w²]/(Σ_t w)²` over those
  /// that pass and fail: of unit weights the binomial ε(1 − ε)/N. It is 0 where all or nothing passes, which says that the sample is
  /// too small to tell.
  public init(passed: WeightedSum, total: WeightedSum) {
    value = passed.sum / total.sum
    let (pass, fail) = (passed.squares, max(0, total.squares - passed.squares))
    uncertainty = ((1 - value) * (1 - value) * pass + value * value * fail).squareRoot() / abs(total.sum)
  }
}

/// What passes "score ≥ threshold", for every threshold that makes a difference.
public struct ScoreCuts: Hashable, Sendable {
  /// Falling: a number just above the highest score, which nothing passes, then each distinct score.
  public let thresholds: [Float]
  /// Sums of label 1 and of label 0 that pass, by threshold.
  public let signal, background: [WeightedSum]

  /// O(n log n).
  /// - Throws: ``LearningError`` for lengths that differ, NaN, or a class whose weights do not add up to a positive number.
  public init(scores: [Float], labels: [Float], weights: [Float]) throws {
    try Metrics.check(scores, labels, weights)
    var thresholds: [Float] = [(scores.max() ?? 0).nextUp]
    var sums = [[WeightedSum()], [WeightedSum()]]
    var running = [WeightedSum(), WeightedSum()]
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    for (place, row) in order.enumerated() {
      running[labels[row] == 1 ? 1 : 0].add(Double(weights[row]))
      guard place + 1 == order.count || scores[order[place + 1]] != scores[row] else { continue }
      thresholds.append(scores[row])
      for label in 0...1 { sums[label].append(running[label]) }
    }
    for label in 0...1 where !(running[label].sum > 0) {
      throw LearningError.nonPositiveWeights(what: "label \(label)", sum: running[label].sum)
    }
    self.thresholds = thresholds
    (background, signal) = (sums[0], sums[1])
  }

  public var totalSignal: WeightedSum { signal[signal.count - 1] }
  public var totalBackground: WeightedSum { background[background.count - 1] }

  /// The place of the cut that passes the same events as `threshold`. O(log n).
  public func index(of threshold: Float) -> Int {
    var (low, high) = (0, thresholds.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if thresholds[middle] >= threshold { low = middle } else { high = middle - 1 }
    }
    return low
  }

  public func signalEfficiency(_ index: Int) -> Estimate { Estimate(passed: signal[index], total: totalSignal) }

  public func backgroundEfficiency(_ index: Int) -> Estimate {
    Estimate(passed: background[index], total: totalBackground)
  }
}
