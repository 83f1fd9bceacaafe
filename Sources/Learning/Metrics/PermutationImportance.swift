import Records

/// How much a classifier loses when a feature no longer goes with the rest of its event.
public struct FeatureImportance: Hashable, Codable, Sendable {
  public var feature: String
  public var value: Double
  /// One standard deviation of ``value``.
  public var uncertainty: Double

  public init(feature: String, value: Double, uncertainty: Double) {
    self.feature = feature
    self.value = value
    self.uncertainty = uncertainty
  }
}

extension Metrics {
  /// The fall of the area under the ROC curve when one column is shuffled among all rows (Breiman, Mach. Learn. 45 (2001) 5; Fisher,
  /// Rudin and Dominici, arXiv:1801.01489): the mean over `repeats` shuffles, and the standard error of that mean. A feature that the
  /// classifier does not use has 0 exactly; features that stand for each other share what they are worth together.
  ///
  /// Weights stay with their rows while values move, so weights should be alike within a class:
  /// ``LabelledSample/drawnByWeight(perClass:seed:)`` makes such rows. Scores of `columns · repeats` samples are asked for.
  /// - Parameter seed: shuffle k of a column is drawn from the child of its name's child k.
  public static func permutationImportance(
    of classifier: any Classifier, on sample: LabelledSample, repeats: Int, seed: SeedTree,
    cancellation: CancellationToken = CancellationToken()
  ) async throws -> [FeatureImportance] {
    guard repeats >= 2 else { throw LearningError.tooFewRows(what: "the repeats", needed: 2, found: repeats) }
    let features = sample.features, rows = features.rowCount, columns = features.columnCount
    func area(_ scores: ArraySlice<Float>) throws -> Double {
      try rocAUC(scores: Array(scores), labels: sample.labels, weights: sample.weights)
    }
    let reference = try area(try await classifier.scores(features)[...])
    var importances: [FeatureImportance] = []
    for (column, name) in features.names.enumerated() {
      try cancellation.check()
      // All shuffles of a column in one call: a network is set up once.
      var values: [Float] = []
      values.reserveCapacity(features.values.count * repeats)
      for index in 0..<repeats {
        var random = seed.child(name).child(index).stream()
        var order = Array(0..<rows)
        random.shuffle(&order)
        let start = values.count
        values += features.values
        for row in 0..<rows { values[start + row * columns + column] = features[order[row], column] }
      }
      let scores = try await classifier.scores(FeatureMatrix(names: features.names, values: values))
      let falls = try (0..<repeats).map { reference - (try area(scores[$0 * rows..<($0 + 1) * rows])) }
      let mean = falls.reduce(0, +) / Double(repeats)
      let squares = falls.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      importances.append(
        FeatureImportance(
          feature: name, value: mean, uncertainty: (squares / Double((repeats - 1) * repeats)).squareRoot()))
    }
    return importances
  }
}

extension LabelledSample {
  /// Rows drawn with replacement in proportion to their weights, so many of each class and each of weight 1: a sample with the same
  /// distributions in which all rows count alike. Negative weights count 0.
  /// - Throws: ``LearningError`` for a class without positive weights.
  public func drawnByWeight(perClass count: Int, seed: SeedTree) throws -> LabelledSample {
    var rows: [Int] = []
    for label in 0...1 {
      let own = labels.indices.filter { labels[$0] == Float(label) && weights[$0] > 0 }
      var sums: [Double] = []
      sums.reserveCapacity(own.count)
      var total = 0.0
      for row in own {
        total += Double(weights[row])
        sums.append(total)
      }
      guard total > 0 else { throw LearningError.nonPositiveWeights(what: "label \(label)", sum: total) }
      var random = seed.child(label).stream()
      for _ in 0..<count {
        let target = random.uniform() * total
        var (low, high) = (0, own.count - 1)
        while low < high {
          let middle = (low + high) / 2
          if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        rows.append(own[low])
      }
    }
    return try LabelledSample(
      features: features.rows(rows), labels: rows.map { labels[$0] },
      weights: [Float](repeating: 1, count: rows.count), name: "the rows drawn")
  }
}
