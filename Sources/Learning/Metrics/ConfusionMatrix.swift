/// What a classifier says against what is true, by weight.
public struct ConfusionMatrix: Hashable, Codable, Sendable {
  public var classes: [String]
  /// `[true class][predicted class]`.
  public var cells: [[WeightedSum]]

  /// What each cell is divided by.
  public enum Normalization: String, Hashable, Codable, Sendable, CaseIterable {
    case none
    /// The sum of its row: where events of a class go.
    case byTruth = "by_truth"
    /// The sum of its column: what a prediction is made of.
    case byPrediction = "by_prediction"
  }

  /// The most probable class of each row is predicted; of equal ones the first.
  /// - Parameters:
  ///   - probabilities: row-major [rows, classes]; any numbers that rise with the class's probability.
  ///   - truth: the number of each row's class.
  /// - Throws: ``LearningError`` for lengths that differ, NaN, or numbers of absent classes.
  public init(probabilities: [Float], truth: [Int], weights: [Float], classes: [String]) throws {
    let width = classes.count
    guard width >= 2 else { throw LearningError.countMismatch(what: "names of classes", expected: 2, found: width) }
    guard probabilities.count == truth.count * width else {
      throw LearningError.countMismatch(
        what: "probabilities", expected: truth.count * width, found: probabilities.count)
    }
    if let bad = probabilities.firstIndex(where: \.isNaN) {
      throw LearningError.notFinite(
        value: "nan", column: "the probability of \(classes[bad % width])", row: bad / width)
    }
    try self.init(truth: truth, weights: weights, classes: classes) { row in
      var best = 0
      for other in 1..<width where probabilities[row * width + other] > probabilities[row * width + best] {
        best = other
      }
      return best
    }
  }

  /// Of two classes, background and signal: signal is predicted from the threshold on.
  public init(
    scores: [Float], labels: [Float], weights: [Float], threshold: Float = 0.5,
    classes: [String] = ["background", "signal"]
  ) throws {
    try Metrics.check(scores, labels, weights)
    precondition(classes.count == 2, "two classes have two names, got \(classes)")
    try self.init(truth: labels.map { $0 == 1 ? 1 : 0 }, weights: weights, classes: classes) { row in
      scores[row] >= threshold ? 1 : 0
    }
  }

  private init(truth: [Int], weights: [Float], classes: [String], prediction: (Int) -> Int) throws {
    guard !truth.isEmpty else { throw LearningError.empty(what: "the sample") }
    guard weights.count == truth.count else {
      throw LearningError.countMismatch(what: "weights", expected: truth.count, found: weights.count)
    }
    self.classes = classes
    var cells = classes.map { _ in classes.map { _ in WeightedSum() } }
    for row in truth.indices {
      guard classes.indices.contains(truth[row]) else {
        throw LearningError.badClass(number: truth[row], classes: classes.count, row: row)
      }
      cells[truth[row]][prediction(row)].add(Double(weights[row]))
    }
    self.cells = cells
  }

  /// The cells, each with its uncertainty; a normalised one is nil where its row or column holds nothing.
  public func normalized(_ normalization: Normalization) -> [[Estimate?]] {
    func sum(_ parts: [WeightedSum]) -> WeightedSum {
      parts.reduce(WeightedSum()) { WeightedSum(sum: $0.sum + $1.sum, squares: $0.squares + $1.squares) }
    }
    return cells.indices.map { row in
      cells[row].indices.map { column in
        let cell = cells[row][column]
        let total: WeightedSum
        switch normalization {
        case .none: return Estimate(value: cell.sum, uncertainty: cell.uncertainty)
        case .byTruth: total = sum(cells[row])
        case .byPrediction: total = sum(cells.map { $0[column] })
        }
        return total.sum > 0 ? Estimate(passed: cell, total: total) : nil
      }
    }
  }

  /// The fraction of the weight on the diagonal.
  public var accuracy: Double {
    let all = cells.joined().reduce(0) { $0 + $1.sum }
    return cells.indices.reduce(0) { $0 + cells[$1][$1].sum } / all
  }

  /// The mean over classes of the fraction that is told right; classes without events are left out.
  public var balancedAccuracy: Double {
    let shares = normalized(.byTruth).enumerated().compactMap { $1[$0]?.value }
    return shares.reduce(0, +) / Double(max(shares.count, 1))
  }
}
