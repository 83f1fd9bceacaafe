import Foundation
import Records

extension Metrics {
  /// The area with the uncertainty of DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837, for weighted events.
  ///
  /// With the placement of a signal event `V_i = Σ_j v_j ψ(x_i, y_j)/Σ_j v_j` (ψ = 1 where signal scores higher, ½ for ties), of a
  /// background event likewise, and A the area:
  /// `σ² = N_S/(N_S − 1) Σ_i w_i² (V_i − A)²/(Σ w_i)² + N_B/(N_B − 1) Σ_j v_j² (V_j − A)²/(Σ v_j)²`,
  /// the variance of a ratio of sums over independent weighted events, with N = (Σw)²/Σw². Unit weights give DeLong's own. It is
  /// the scatter over other samples of this size, the classifier held. O(n log n), by ranks (Sun and Xu, IEEE Signal Process. Lett. 21
  /// (2014) 1389).
  /// - Throws: as ``rocAUC(scores:labels:weights:)``; ``LearningError/tooFewRows(what:needed:found:)`` for a class of one event.
  public static func areaUnderCurve(scores: [Float], labels: [Float], weights: [Float]) throws -> Estimate {
    let area = try rocAUC(scores: scores, labels: labels, weights: weights)
    let cuts = try ScoreCuts(scores: scores, labels: labels, weights: weights)
    for (label, total) in [(1, cuts.totalSignal), (0, cuts.totalBackground)] where total.effectiveCount < 1 + 1e-9 {
      throw LearningError.tooFewRows(what: "label \(label)", needed: 2, found: 1)
    }
    // Rows of one score have one placement: sums over the rows between two cuts are sums over rows.
    var variance = 0.0
    for (own, other, isSignal) in [(cuts.signal, cuts.background, true), (cuts.background, cuts.signal, false)] {
      let (total, otherTotal) = (own[own.count - 1], other[other.count - 1].sum)
      var sum = 0.0
      for index in cuts.thresholds.indices.dropFirst() {
        let squares = own[index].squares - own[index - 1].squares
        guard squares > 0 else { continue }
        // Of the other class: what scores above, and half of what is tied.
        let above = (other[index].sum + other[index - 1].sum) / 2 / otherTotal
        let placement = isSignal ? 1 - above : above
        sum += squares * (placement - area) * (placement - area)
      }
      let count = total.effectiveCount
      variance += count / (count - 1) * sum / (total.sum * total.sum)
    }
    return Estimate(value: area, uncertainty: variance.squareRoot())
  }

  /// The area with the standard deviation over `resamples` bootstrap samples: rows of each class drawn with replacement, as many as
  /// there are, weights going with them (Efron, Ann. Statist. 7 (1979) 1). O(n log n) and `resamples` · n.
  /// - Parameter seed: draws of sample k come from its child k.
  public static func bootstrapAreaUnderCurve(
    scores: [Float], labels: [Float], weights: [Float], resamples: Int, seed: SeedTree
  ) throws -> Estimate {
    guard resamples >= 2 else { throw LearningError.tooFewRows(what: "the bootstrap", needed: 2, found: resamples) }
    let area = try rocAUC(scores: scores, labels: labels, weights: weights)
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    let members = [Float(0), 1].map { label in order.indices.filter { (labels[order[$0]] == 1 ? 1 : 0) == label } }
    var mean = 0.0, squares = 0.0
    for resample in 0..<resamples {
      var random = seed.child(resample).stream()
      var counts = [Double](repeating: 0, count: order.count)
      for own in members { for _ in own { counts[own[random.integer(below: own.count)]] += 1 } }
      let value = areaOfSorted(order, counts, scores, labels, weights)
      let difference = value - mean
      mean += difference / Double(resample + 1)
      squares += difference * (value - mean)
    }
    return Estimate(value: area, uncertainty: (squares / Double(resamples - 1)).squareRoot())
  }

  /// Of rows in falling order of their scores, each counted so often.
  private static func areaOfSorted(
    _ order: [Int], _ counts: [Double], _ scores: [Float], _ labels: [Float], _ weights: [Float]
  ) -> Double {
    var passed = [0.0, 0.0], before = [0.0, 0.0], area = 0.0
    for place in order.indices {
      let row = order[place]
      passed[labels[row] == 1 ? 1 : 0] += counts[place] * Double(weights[row])
      guard place + 1 == order.count || scores[order[place + 1]] != scores[row] else { continue }
      area += (passed[0] - before[0]) * (passed[1] + before[1]) / 2
      before = passed
    }
    return area / (passed[0] * passed[1])
  }
}
