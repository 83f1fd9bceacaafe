import Learning

extension AnomalyTables {
  /// How well a score tells a signal from the background, on held-out events.
  public struct Performance: Hashable, Codable, Sendable {
    public var auc: Estimate
    /// The cuts of `background_efficiencies`.
    public var operatingPoints: [OperatingPoint]
    /// The best ε_S/√ε_B with its uncertainty, where the background that passes has N_eff of 10 at least; absent where no cut has.
    public var bestImprovement: Improvement?

    public struct Improvement: Hashable, Codable, Sendable {
      public var value, uncertainty: Double
      public var backgroundEfficiency: Double

      enum CodingKeys: String, CodingKey {
        case value, uncertainty
        case backgroundEfficiency = "background_efficiency"
      }
    }

    enum CodingKeys: String, CodingKey {
      case auc
      case operatingPoints = "operating_points"
      case bestImprovement = "best_significance_improvement"
    }

    init(_ sample: HeldOutScores, backgroundEfficiencies: [Double]) throws {
      auc = try Metrics.areaUnderCurve(scores: sample.scores, labels: sample.labels, weights: sample.weights)
      let cuts = try sample.cuts()
      operatingPoints = backgroundEfficiencies.map { cuts.operatingPoint(backgroundEfficiency: $0) }
      bestImprovement = cuts.significanceImprovementCurve().compactMap { point in
        point.significanceImprovement.map {
          Improvement(
            value: $0.value, uncertainty: $0.uncertainty, backgroundEfficiency: point.backgroundEfficiency.value)
        }
      }.max { $0.value < $1.value }
    }
  }
}

/// Held-out events of a signal (label 1) and the backgrounds with one score.
struct HeldOutScores: Sendable {
  var scores: [Float] = []
  var labels: [Float] = []
  var weights: [Float] = []

  init(signal: WeightedValues, background: WeightedValues) {
    for (label, part) in [(Float(1), signal), (0, background)] {
      scores += part.values.map(Float.init)
      weights += part.weights.map(Float.init)
      labels += Array(repeating: label, count: part.values.count)
    }
  }

  func cuts() throws -> ScoreCuts { try ScoreCuts(scores: scores, labels: labels, weights: weights) }
}

extension SearchRun.Outcome {
  /// Held-out events with one row's score (levels of detectors) and a signal's own network (`network`).
  func heldOut(_ row: String, signal: String) throws -> HeldOutScores? {
    func events(_ sample: String) throws -> WeightedValues? {
      guard let events = samples[sample] else { return nil }
      let values =
        row == AnomalyTables.network
        ? scores[signal]?[sample]
        : row == card.fit.baseline.name ? events.baseline : detectors.first { $0.name == row }?.levels[sample]
      return try values.map { try events.values($0, part: .test) }
    }
    guard let own = try events(signal) else { return nil }
    return HeldOutScores(signal: own, background: .joined(try card.backgrounds.compactMap { try events($0.name) }))
  }
}
