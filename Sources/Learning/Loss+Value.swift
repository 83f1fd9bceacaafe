import CoreNumerics
import Foundation
import NeuralNetworks

extension Loss {
  /// The loss of a whole sample, in double: `Σ w ℓ / Σ w`, or the significance's.
  /// - Parameters:
  ///   - outputs: row-major [rows, width]; targets: [rows], or [rows, width] for the squared error.
  public func value(outputs: [Float], targets: [Float], weights: [Float], width: Int) throws -> Double {
    switch self {
    case .binaryCrossEntropy: return try Metrics.logLoss(logits: outputs, labels: targets, weights: weights)
    case .categoricalCrossEntropy:
      return try Metrics.categoricalLogLoss(logits: outputs, classes: targets.map { Int($0) }, weights: weights)
    case .meanSquaredError:
      return try Metrics.meanSquaredError(predictions: outputs, targets: targets, weights: weights)
    case .asimov(let loss): return try loss.value(logits: outputs, labels: targets, weights: weights)
    }
  }
}

extension AsimovLoss {
  /// The significance of the selection by score over a whole sample.
  public func significance(logits: [Float], labels: [Float], weights: [Float]) throws -> Double {
    try Metrics.check(logits, labels, weights)
    var selected = [0.0, 0.0], totals = [0.0, 0.0]
    for row in logits.indices {
      let label = labels[row] == 1 ? 1 : 0
      selected[label] += Double(weights[row]) / (1 + exp(-Double(logits[row])))
      totals[label] += Double(weights[row])
    }
    for label in 0...1 where !(totals[label] > 0) {
      throw LearningError.nonPositiveWeights(what: "label \(label)", sum: totals[label])
    }
    let s = max(0, signal * selected[1] / totals[1])
    let b = max(background * 1e-6, background * (selected[0] / totals[0] + 1e-6))
    return Significance.asimov(signal: s, background: b, backgroundUncertainty: uncertainty * b)
  }

  func value(logits: [Float], labels: [Float], weights: [Float]) throws -> Double {
    let z = try significance(logits: logits, labels: labels, weights: weights)
    switch form {
    case .inverse: return 1 / (z * z + 1e-6)
    case .negative: return -(z * z + 1e-6).squareRoot()
    }
  }
}
