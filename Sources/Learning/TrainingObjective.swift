import CoreNumerics
import Foundation
import NeuralNetworks
import Records
import Tensors

/// A loss that looks at whole batches and may keep numbers of its own, which training changes (the radius of a sphere).
package protocol TrainingObjective: Sendable {
  /// All that its results depend on, for the identity of checkpoints.
  var identity: String { get }
  /// Its numbers before the first batch; checkpoints keep them.
  var initialState: [Double] { get }
  /// Training does not stop before the end of these.
  var warmUpEpochs: Int { get }
  /// It also looks at what this many layers give, which the fused step cannot show; nil where the last layer is enough.
  var hiddenDepth: Int? { get }

  /// The number whose quotient by the rows is followed. A batch's weights have mean 1 only on average.
  @TorchActor func sum(_ batch: ObjectiveBatch, state: inout [Double]) throws -> Tensor

  /// The loss of a whole sample, for early stopping.
  func value(_ sample: ObjectiveSample, state: [Double]) throws -> Double
}

extension TrainingObjective {
  package var initialState: [Double] { [] }
  package var warmUpEpochs: Int { 0 }
  package var hiddenDepth: Int? { nil }
}

/// A batch as an objective sees it: all tensors are [rows] or [rows, width].
@TorchActor
package struct ObjectiveBatch {
  package let outputs: Tensor
  package let hidden: Tensor?
  package let targets, weights: Tensor
  /// The variable that scores should not follow, where the sample has one.
  package let protected: Tensor?
  /// From 1.
  package let epoch: Int

  package var rows: Int { weights.shape[0] }
}

/// A whole sample as an objective sees it, row-major.
package struct ObjectiveSample {
  package let outputs: [Float]
  package let hidden: [Float]
  package let targets, weights: [Float]
  package let protected: [Float]?
  /// Numbers of a row of the outputs.
  package let width: Int
}

/// A loss of single rows plus `strength` times the squared distance correlation of their scores and a protected variable
/// (Kasieczka and Shih, arXiv:2001.05310).
///
/// The score is the probability of the signal for two classes, of background rows only; and for values or features the root of
/// a row's mean squared difference, so that the few largest do not decide the correlation.
struct DecorrelatedLoss: TrainingObjective {
  let loss: Loss
  let strength: Double

  var identity: String { "decorrelated \(loss) \(strength)" }

  func sum(_ batch: ObjectiveBatch, state: inout [Double]) throws -> Tensor {
    let sum = try loss.sum(outputs: batch.outputs, targets: batch.targets, weights: batch.weights)
    guard let protected = batch.protected else { return sum }
    let rows = batch.rows
    var weights = batch.weights
    let scores: Tensor
    switch loss {
    case .binaryCrossEntropy, .asimov:
      scores = try batch.outputs.reshaped([rows]).sigmoid()
      weights = try weights - weights * batch.targets
      guard try weights.sum().item() > 0 else { return sum }
    case .meanSquaredError:
      let width = batch.outputs.shape.last ?? 1
      let squares = try (batch.outputs - batch.targets.reshaped([rows, width])).squared().mean(axes: [1])
      scores = try (squares + Self.floor).squareRoot()
    case .categoricalCrossEntropy:
      // Several classes have no one score; the trainer refuses them.
      return sum
    }
    let correlation = try scores.squaredDistanceCorrelation(with: protected, weights: weights)
    return try sum + correlation * (strength * Double(rows))
  }

  /// Keeps the root's derivative finite where a row is reproduced exactly.
  static let floor = 1e-12

  func value(_ sample: ObjectiveSample, state: [Double]) throws -> Double {
    let value = try loss.value(
      outputs: sample.outputs, targets: sample.targets, weights: sample.weights, width: sample.width)
    guard let protected = sample.protected else { return value }
    var weights = sample.weights.map(Double.init)
    let scores: [Double]
    switch loss {
    case .binaryCrossEntropy, .asimov:
      scores = sample.outputs.map { 1 / (1 + exp(-Double($0))) }
      for row in weights.indices where sample.targets[row] == 1 { weights[row] = 0 }
    case .meanSquaredError:
      scores = RowScores.meanSquares(sample.outputs, sample.targets, width: sample.width).map { $0.squareRoot() }
    case .categoricalCrossEntropy: return value
    }
    return value
      + strength * DistanceCorrelation.squared(scores, protected.map(Double.init), weights: weights)
  }
}

/// Numbers of single rows.
package enum RowScores {
  /// The mean over each row of the squared difference, in double.
  package static func meanSquares(_ outputs: [Float], _ targets: [Float], width: Int) -> [Double] {
    precondition(outputs.count == targets.count, "\(outputs.count) outputs, \(targets.count) targets")
    return stride(from: 0, to: outputs.count, by: width).map { start in
      var sum = 0.0
      for index in start..<start + width {
        let difference = Double(outputs[index]) - Double(targets[index])
        sum += difference * difference
      }
      return sum / Double(width)
    }
  }
}
