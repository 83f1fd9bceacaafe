/// One score of all samples, on held-out events, each part standing for its whole sample.
struct ScoreView: Sendable {
  let name: String
  let title: String
  /// By sample.
  let values: [String: WeightedValues]
  /// The same as levels of the background.
  let levels: [String: WeightedValues]

  func background(_ card: SearchCard) -> WeightedValues { joined(values, card) }
  func backgroundLevels(_ card: SearchCard) -> WeightedValues { joined(levels, card) }

  private func joined(_ parts: [String: WeightedValues], _ card: SearchCard) -> WeightedValues {
    .joined(card.backgrounds.compactMap { parts[$0.name] })
  }
}

extension SearchRun {
  /// Detectors, products, then the baseline.
  func scoreViews(
    _ detectors: [DetectorScores], _ samples: [String: PreparedSample]
  ) throws -> [ScoreView] {
    let baseline = try DetectorScores(
      name: card.fit.baseline.name, title: card.fit.baseline.title, summary: "",
      scores: samples.mapValues(\.baseline), backgrounds: card.backgrounds, samples: samples)
    return try (detectors + [baseline]).map { detector in
      func heldOut(_ values: [String: [Double]]) throws -> [String: WeightedValues] {
        var result: [String: WeightedValues] = [:]
        for (sample, events) in samples {
          if let numbers = values[sample] { result[sample] = try events.values(numbers, part: .test) }
        }
        return result
      }
      return ScoreView(
        name: detector.name, title: detector.title, values: try heldOut(detector.scores),
        levels: try heldOut(detector.levels))
    }
  }
}
