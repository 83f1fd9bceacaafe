import CoreNumerics
import Foundation
import HyperparameterSearch
import Learning

/// What a tuning makes best, measured on validation events: those of the test part are not looked at.
public enum TuningObjective: Hashable, Codable, Sendable {
  /// The weighted loss that early stopping looks at.
  case loss
  /// The area under the ROC curve.
  case auc
  /// The weighted fraction on the right side of a score of 1/2.
  case accuracy
  /// The expected significance of a discovery by counting behind the best cut, with a background known to a relative
  /// `uncertainty`: the signal's percentile with the largest ``Significance/asimov(signal:background:backgroundUncertainty:)`` that
  /// leaves ten effective background events.
  case asimov(uncertainty: Double)

  static let words = ["loss", "auc", "accuracy", "asimov"]

  public var direction: SearchDirection { self == .loss ? .minimize : .maximize }

  public var title: String {
    switch self {
    case .loss: "validation loss"
    case .auc: "area under the ROC curve"
    case .accuracy: "accuracy"
    case .asimov(0): "Asimov significance"
    case .asimov(let uncertainty): "Asimov significance, background ±\((uncertainty * 1e4).rounded() / 100) %"
    }
  }

  /// Simulated background that must be left behind a cut, so that its efficiency is known to a third.
  static let leastEffective = 10.0
}

/// Validation events and what they stand for.
struct ValidationYields: Sendable {
  /// 1 signal, 0 background.
  var labels: [Float]
  /// For accuracy: as the training's loss weighs them.
  var weights: [Float]
  /// Expected events of the whole sample that each one stands for.
  var expected: [Double]

  /// - Parameter logits: of the validation events; a score of 1/2 is 0.
  func value(_ objective: TuningObjective, logits: [Float], loss: Double) throws -> Double {
    switch objective {
    case .loss: loss
    case .auc: try Metrics.rocAUC(scores: logits, labels: labels, weights: expected.map { Float($0) })
    case .accuracy: try Metrics.accuracy(scores: logits, labels: labels, weights: weights, threshold: 0)
    case .asimov(let uncertainty): bestSignificance(logits, uncertainty)
    }
  }

  /// Walks down from the highest score; at each percentile of the signal the events so far are those behind a cut. 0 where no cut
  /// leaves enough background.
  private func bestSignificance(_ logits: [Float], _ uncertainty: Double) -> Double {
    let order = logits.indices.sorted { logits[$0] > logits[$1] }
    let total = order.reduce(0) { labels[$1] == 1 ? $0 + expected[$1] : $0 }
    var (signal, background, squares, best) = (0.0, 0.0, 0.0, 0.0)
    var percent = 1.0
    for (place, row) in order.enumerated() {
      if labels[row] == 1 {
        signal += expected[row]
      } else {
        background += expected[row]
        squares += expected[row] * expected[row]
      }
      // A cut lies between two scores, or below the last one.
      let isCut = place + 1 == order.count || logits[order[place + 1]] < logits[row]
      guard isCut, place + 1 == order.count || signal >= total * percent / 100 else { continue }
      percent = (100 * signal / total).rounded(.down) + 1
      guard background > 0, squares > 0, background * background / squares >= TuningObjective.leastEffective else {
        continue
      }
      best = max(
        best,
        Significance.asimov(
          signal: signal, background: background, backgroundUncertainty: uncertainty * background))
    }
    return best
  }
}
