import Foundation

/// How often events with a given score are signal: whether scores are probabilities.
public struct ReliabilityCurve: Hashable, Codable, Sendable {
  /// One interval of the score.
  public struct Bin: Hashable, Codable, Sendable {
    public var lower, upper: Double
    /// Weighted mean of the score.
    public var meanScore: Double
    /// Weighted fraction of signal, with its uncertainty.
    public var signalFraction: Estimate
    /// The bin's part of all weights.
    public var share: Double
    public var effectiveCount: Double

    enum CodingKeys: String, CodingKey {
      case lower, upper, share
      case meanScore = "mean_score"
      case signalFraction = "signal_fraction"
      case effectiveCount = "effective_count"
    }
  }

  /// Bins that hold events, from low scores to high.
  public var bins: [Bin]
  /// `Σ w (p − y)²/Σ w`: Brier, Mon. Weather Rev. 78 (1950) 1.
  public var brierScore: Double
  /// `Σ_bins share · |signal fraction − mean score|`: Naeini, Cooper, Hauskrecht, AAAI 2015; Guo et al., arXiv:1706.04599.
  public var expectedCalibrationError: Double

  enum CodingKeys: String, CodingKey {
    case bins
    case brierScore = "brier_score"
    case expectedCalibrationError = "expected_calibration_error"
  }

  /// - Parameters:
  ///   - scores: in [0, 1].
  ///   - bins: of equal width over [0, 1].
  /// - Throws: ``LearningError`` for lengths that differ, scores outside [0, 1], or weights that do not add up to a positive number.
  public init(scores: [Float], labels: [Float], weights: [Float], bins count: Int = 10) throws {
    try Metrics.check(scores, labels, weights)
    guard count > 0 else {
      throw LearningError.invalidConfiguration(key: "bins", value: "\(count)", allowed: "≥ 1")
    }
    if let row = scores.firstIndex(where: { !(0...1).contains($0) }) {
      throw LearningError.invalidConfiguration(
        key: "score of row \(row)", value: "\(scores[row])", allowed: "[0, 1]: calibration is of probabilities")
    }
    brierScore = try Metrics.mean(weights) { row in
      let difference = Double(scores[row]) - Double(labels[row])
      return difference * difference
    }
    var signal = [WeightedSum](repeating: WeightedSum(), count: count), background = signal
    var scoreSums = [Double](repeating: 0, count: count)
    for row in scores.indices {
      let bin = min(Int(Double(scores[row]) * Double(count)), count - 1)
      let weight = Double(weights[row])
      scoreSums[bin] += weight * Double(scores[row])
      if labels[row] == 1 { signal[bin].add(weight) } else { background[bin].add(weight) }
    }
    let total = zip(signal, background).reduce(0) { $0 + $1.0.sum + $1.1.sum }
    self.bins = (0..<count).compactMap { bin in
      let (s, b) = (signal[bin], background[bin])
      let all = WeightedSum(sum: s.sum + b.sum, squares: s.squares + b.squares)
      guard all.sum > 0 else { return nil }
      return Bin(
        lower: Double(bin) / Double(count), upper: Double(bin + 1) / Double(count),
        meanScore: scoreSums[bin] / all.sum, signalFraction: Estimate(passed: s, total: all),
        share: all.sum / total, effectiveCount: all.effectiveCount)
    }
    expectedCalibrationError = self.bins.reduce(0) { $0 + $1.share * abs($1.signalFraction.value - $1.meanScore) }
  }
}
