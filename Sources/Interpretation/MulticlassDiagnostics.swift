import Foundation
import Learning

/// What a network for several classes says of test events.
public struct MulticlassDiagnostics: Hashable, Codable, Sendable {
  public var classes: [String]
  /// Test events, each class scaled to the same sum of weights.
  public var confusion: ConfusionMatrix
  /// Of each class's probability, the class against all others together, which count equally.
  public var areaUnderCurve: [Estimate]
  public var accuracy: Double
  public var epochs, bestEpoch: Int
  public var bestValidationLoss: Double

  enum CodingKeys: String, CodingKey {
    case classes, confusion, accuracy, epochs
    case areaUnderCurve = "auc"
    case bestEpoch = "best_epoch"
    case bestValidationLoss = "best_validation_loss"
  }

  /// - Parameter test: with targets that are the network's classes.
  /// - Throws: `LearningError` for other targets or classes without events.
  public init(of network: TrainedNetwork, test: SupervisedSample) async throws {
    guard case .classes(let truth, let names) = test.targets, case .classes(let own) = network.task, own == names else {
      throw LearningError.wrongColumnCount(expected: network.task.names, found: [])
    }
    let probabilities = try await network.predictions(test.features)
    var sums = names.map { _ in 0.0 }
    for row in truth.indices { sums[truth[row]] += Double(test.weights[row]) }
    let share = Double(truth.count) / Double(names.count)
    let weights = truth.indices.map { Float(Double(test.weights[$0]) * share / sums[truth[$0]]) }
    classes = names
    confusion = try ConfusionMatrix(probabilities: probabilities, truth: truth, weights: weights, classes: names)
    accuracy = confusion.accuracy
    areaUnderCurve = try names.indices.map { number in
      try Metrics.areaUnderCurve(
        scores: truth.indices.map { probabilities[$0 * names.count + number] },
        labels: truth.map { $0 == number ? 1 : 0 }, weights: weights)
    }
    epochs = network.history.epochs.count
    bestEpoch = network.history.bestEpoch
    bestValidationLoss = network.history.bestValidationLoss
  }
}
