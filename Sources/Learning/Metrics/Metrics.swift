import Foundation

/// Measures of a classifier's output on weighted events. Scores: higher is more like signal (label 1).
public enum Metrics {
  /// One point for each distinct score: the efficiencies of "score ≥ threshold".
  public struct ROCPoint: Hashable, Codable, Sendable {
    public var threshold: Float
    /// Weighted fraction of label 1 that passes.
    public var signalEfficiency: Double
    /// Weighted fraction of label 0 that passes.
    public var backgroundEfficiency: Double
  }

  /// The ROC curve from (0, 0), whose threshold is +∞, to (1, 1); ties are one point. O(n log n).
  /// - Throws: ``LearningError`` for lengths that differ, scores that are not finite, or a class without weight.
  public static func rocCurve(scores: [Float], labels: [Float], weights: [Float]) throws -> [ROCPoint] {
    try check(scores, labels, weights)
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var totals = [0.0, 0.0]
    for row in order { totals[labels[row] == 1 ? 1 : 0] += Double(weights[row]) }
    for label in 0...1 where !(totals[label] > 0) {
      throw LearningError.nonPositiveWeights(what: "label \(label)", sum: totals[label])
    }
    var points = [ROCPoint(threshold: .infinity, signalEfficiency: 0, backgroundEfficiency: 0)]
    var passed = [0.0, 0.0]
    for (place, row) in order.enumerated() {
      passed[labels[row] == 1 ? 1 : 0] += Double(weights[row])
      guard place + 1 == order.count || scores[order[place + 1]] != scores[row] else { continue }
      points.append(
        ROCPoint(
          threshold: scores[row], signalEfficiency: passed[1] / totals[1],
          backgroundEfficiency: passed[0] / totals[0]))
    }
    return points
  }

  /// The area under the ROC curve: the weighted probability that a signal event scores above a background event, ties
  /// counting half. Exact, by the trapezoids between distinct scores.
  public static func rocAUC(scores: [Float], labels: [Float], weights: [Float]) throws -> Double {
    let curve = try rocCurve(scores: scores, labels: labels, weights: weights)
    return zip(curve, curve.dropFirst()).reduce(0) { area, pair in
      area + (pair.1.backgroundEfficiency - pair.0.backgroundEfficiency)
        * (pair.1.signalEfficiency + pair.0.signalEfficiency) / 2
    }
  }

  /// `Σ w ℓ / Σ w` with the cross-entropy ℓ of probabilities, kept 1e-15 away from 0 and 1.
  public static func logLoss(probabilities: [Float], labels: [Float], weights: [Float]) throws -> Double {
    try check(probabilities, labels, weights)
    return try mean(weights) { row in
      let p = min(max(Double(probabilities[row]), 1e-15), 1 - 1e-15)
      return labels[row] == 1 ? -log(p) : -log1p(-p)
    }
  }

  /// `Σ w ℓ / Σ w` of logits, without loss of digits where the probability is close to 0 or 1.
  public static func logLoss(logits: [Float], labels: [Float], weights: [Float]) throws -> Double {
    try check(logits, labels, weights)
    return try mean(weights) { row in
      let z = Double(logits[row])
      return max(z, 0) - z * Double(labels[row]) + log1p(exp(-abs(z)))
    }
  }

  /// `Σ w ℓ / Σ w` of logits of K classes, row-major [rows, K]: `ℓ = ln Σ exp(z) − z_y`.
  public static func categoricalLogLoss(logits: [Float], classes: [Int], weights: [Float]) throws -> Double {
    let width = try rowWidth(logits, classes.count, weights)
    return try mean(weights) { row in
      let z = logits[row * width..<(row + 1) * width]
      let top = Double(z.max() ?? 0)
      return top + log(z.reduce(0) { $0 + exp(Double($1) - top) }) - Double(z[row * width + classes[row]])
    }
  }

  /// `Σ w (p − t)² / Σ w`, averaged over the values of a row.
  public static func meanSquaredError(predictions: [Float], targets: [Float], weights: [Float]) throws -> Double {
    guard predictions.count == targets.count else {
      throw LearningError.countMismatch(what: "targets", expected: predictions.count, found: targets.count)
    }
    let width = try rowWidth(predictions, weights.count, weights)
    return try mean(weights) { row in
      (row * width..<(row + 1) * width).reduce(0) { sum, index in
        let difference = Double(predictions[index]) - Double(targets[index])
        return sum + difference * difference
      } / Double(width)
    }
  }

  /// Values of each row.
  static func rowWidth(_ values: [Float], _ rows: Int, _ weights: [Float]) throws -> Int {
    guard rows > 0, !values.isEmpty else { throw LearningError.empty(what: "the sample") }
    guard weights.count == rows else {
      throw LearningError.countMismatch(what: "weights", expected: rows, found: weights.count)
    }
    guard values.count % rows == 0 else {
      throw LearningError.countMismatch(
        what: "values of \(rows) rows", expected: (values.count / rows + 1) * rows, found: values.count)
    }
    return values.count / rows
  }

  /// The weighted fraction of rows on the right side of `threshold`.
  public static func accuracy(
    scores: [Float], labels: [Float], weights: [Float], threshold: Float = 0.5
  ) throws -> Double {
    try check(scores, labels, weights)
    return try mean(weights) { row in (scores[row] >= threshold) == (labels[row] == 1) ? 1 : 0 }
  }

  static func mean(_ weights: [Float], _ value: (Int) -> Double) throws -> Double {
    var sum = 0.0, total = 0.0
    for row in weights.indices {
      sum += Double(weights[row]) * value(row)
      total += Double(weights[row])
    }
    guard total > 0 else { throw LearningError.nonPositiveWeights(what: "the sample", sum: total) }
    return sum / total
  }

  static func check(_ scores: [Float], _ labels: [Float], _ weights: [Float]) throws {
    guard !scores.isEmpty else { throw LearningError.empty(what: "the sample") }
    for (what, count) in [("labels", labels.count), ("weights", weights.count)] where count != scores.count {
      throw LearningError.countMismatch(what: what, expected: scores.count, found: count)
    }
    if let row = scores.firstIndex(where: { $0.isNaN }) {
      throw LearningError.notFinite(value: "nan", column: "the score", row: row)
    }
  }
}
