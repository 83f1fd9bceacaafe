import Foundation

/// Turns scores into probabilities, fitted on events that the classifier was not trained on.
public protocol Calibrator: Hashable, Codable, Sendable {
  func probability(_ score: Double) -> Double
}

extension Calibrator {
  public func probabilities(_ scores: [Float]) -> [Float] { scores.map { Float(probability(Double($0))) } }
}

/// `p = 1/(1 + exp(A f + B))`: J. Platt, "Probabilistic outputs for support vector machines" (1999).
///
/// f is a number without ends, such as a network's logit. A and B minimise the weighted cross-entropy with Platt's targets,
/// `(N₊ + 1)/(N₊ + 2)` for signal and `1/(N₋ + 2)` for background in place of 1 and 0, N the classes' sums of weights.
public struct PlattCalibrator: Calibrator {
  /// A, negative where higher scores are more like signal.
  public var slope: Double
  /// B.
  public var offset: Double

  public init(slope: Double, offset: Double) {
    self.slope = slope
    self.offset = offset
  }

  public func probability(_ score: Double) -> Double { Self.probability(slope * score + offset) }

  private static func probability(_ argument: Double) -> Double { 1 / (1 + exp(argument)) }

  /// Newton's method with steps halved until the loss falls (Lin, Lin and Weng, Mach. Learn. 68 (2007) 267).
  /// - Parameter weights: their scale matters: weights of mean 1 make N counts of events.
  /// - Throws: ``LearningError`` for lengths that differ, NaN, negative weights, or a class without weight.
  public init(fitting scores: [Float], labels: [Float], weights: [Float]) throws {
    let rows = try CalibrationRows(scores, labels, weights)
    let high = (rows.signal + 1) / (rows.signal + 2), low = 1 / (rows.background + 2)
    let targets = labels.map { $0 == 1 ? high : low }
    func loss(_ a: Double, _ b: Double) -> Double {
      scores.indices.reduce(0) { sum, row in
        let z = a * Double(scores[row]) + b
        // −t ln p − (1 − t) ln(1 − p) with p = 1/(1 + e^z), without overflow.
        return sum + Double(weights[row]) * (targets[row] * z + max(-z, 0) + log1p(exp(-abs(z))))
      }
    }
    var (a, b) = (0.0, log((rows.background + 1) / (rows.signal + 1)))
    var current = loss(a, b)
    for _ in 0..<100 {
      var (ga, gb, haa, hab, hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12)
      for row in scores.indices {
        let (f, w) = (Double(scores[row]), Double(weights[row]))
        let p = Self.probability(a * f + b)
        let slope = w * (targets[row] - p), curvature = w * p * (1 - p)
        ga += slope * f
        gb += slope
        haa += curvature * f * f
        hab += curvature * f
        hbb += curvature
      }
      guard max(abs(ga), abs(gb)) > 1e-10 * (rows.signal + rows.background) else { break }
      let determinant = haa * hbb - hab * hab
      let da = -(hbb * ga - hab * gb) / determinant, db = -(haa * gb - hab * ga) / determinant
      var step = 1.0
      while step >= 1e-10 {
        let next = loss(a + step * da, b + step * db)
        if next < current + 1e-4 * step * (ga * da + gb * db) {
          (a, b, current) = (a + step * da, b + step * db, next)
          break
        }
        step /= 2
      }
      if step < 1e-10 { break }
    }
    self.init(slope: a, offset: b)
  }
}

/// The rising step function closest to the labels, by pooling adjacent violators (Zadrozny and Elkan, KDD 2002): linear between
/// the end of a step and the beginning of the next, constant outside.
public struct IsotonicCalibrator: Calibrator {
  /// Scores, rising, and the probabilities there, not falling.
  public var scores, values: [Double]

  public func probability(_ score: Double) -> Double {
    guard let first = scores.first, let last = scores.last, score > first else { return values.first ?? .nan }
    guard score < last else { return values[values.count - 1] }
    var (low, high) = (0, scores.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if scores[middle] <= score { low = middle } else { high = middle }
    }
    let fraction = (score - scores[low]) / (scores[high] - scores[low])
    return values[low] + fraction * (values[high] - values[low])
  }

  /// O(n log n).
  /// - Throws: as ``PlattCalibrator/init(fitting:labels:weights:)``.
  public init(fitting scores: [Float], labels: [Float], weights: [Float]) throws {
    _ = try CalibrationRows(scores, labels, weights)
    struct Block {
      var first, last: Double
      var weight, sum: Double
      var mean: Double { sum / weight }
    }
    var blocks: [Block] = []
    for row in scores.indices.sorted(by: { scores[$0] < scores[$1] }) where weights[row] > 0 {
      let (x, w) = (Double(scores[row]), Double(weights[row]))
      // Equal scores are one point.
      if let last = blocks.last, last.last == x, last.first == x {
        blocks[blocks.count - 1].weight += w
        blocks[blocks.count - 1].sum += w * Double(labels[row])
      } else {
        blocks.append(Block(first: x, last: x, weight: w, sum: w * Double(labels[row])))
      }
    }
    var pooled: [Block] = []
    for block in blocks {
      var block = block
      while let last = pooled.last, last.mean >= block.mean {
        block = Block(
          first: last.first, last: block.last, weight: last.weight + block.weight, sum: last.sum + block.sum)
        pooled.removeLast()
      }
      pooled.append(block)
    }
    self.scores = pooled.flatMap { $0.first < $0.last ? [$0.first, $0.last] : [$0.first] }
    values = pooled.flatMap { $0.first < $0.last ? [$0.mean, $0.mean] : [$0.mean] }
  }
}

/// Checked rows for a calibration.
private struct CalibrationRows {
  /// Sums of weights.
  var signal = 0.0, background = 0.0

  init(_ scores: [Float], _ labels: [Float], _ weights: [Float]) throws {
    try Metrics.check(scores, labels, weights)
    for row in weights.indices {
      guard weights[row] >= 0, weights[row].isFinite, scores[row].isFinite else {
        throw LearningError.notFinite(
          value: "\(scores[row]) with weight \(weights[row])", column: "the score for a calibration", row: row)
      }
      if labels[row] == 1 { signal += Double(weights[row]) } else { background += Double(weights[row]) }
    }
    for (label, sum) in [(1, signal), (0, background)] where !(sum > 0) {
      throw LearningError.nonPositiveWeights(what: "label \(label)", sum: sum)
    }
  }
}
