import Foundation
import NeuralNetworks
import Records
import Tensors
import Testing

@testable import Learning

/// A score that is a known function of the features.
private struct Known: Classifier {
  var featureNames = ["a", "b", "c"]
  var function: @Sendable (Float, Float, Float) -> Float

  func scores(_ features: FeatureMatrix) async throws -> [Float] {
    (0..<features.rowCount).map { function(features[$0, 0], features[$0, 1], features[$0, 2]) }
  }
}

/// `a` says much, `b` less, `c` nothing.
private func sample(_ rows: Int, weight: Float = 1) throws -> LabelledSample {
  var random = SeedTree(root: 50).stream()
  var values: [Float] = [], labels: [Float] = []
  for row in 0..<rows {
    let label = Double(row % 2)
    values += [random.normal() + 2 * label, random.normal() + label, random.normal()].map { Float($0) }
    labels.append(Float(label))
  }
  return try LabelledSample(
    features: FeatureMatrix(names: ["a", "b", "c"], values: values), labels: labels,
    weights: labels.map { _ in weight })
}

@Suite struct PermutationImportanceTests {
  /// Of a score that is one feature nothing is left without it: the fall is A − ½.
  @Test func knownAnswers() async throws {
    let data = try sample(4000)
    let importances = try await Metrics.permutationImportance(
      of: Known { a, _, _ in a }, on: data, repeats: 5, seed: SeedTree(root: 1))
    let area = try Metrics.rocAUC(
      scores: (0..<4000).map { data.features[$0, 0] }, labels: data.labels, weights: data.weights)
    #expect(importances.map(\.feature) == ["a", "b", "c"])
    #expect(abs(importances[0].value - (area - 0.5)) < 5 * importances[0].uncertainty)
    #expect(importances[0].uncertainty > 0 && importances[0].uncertainty < 0.01)
    #expect(importances[1].value == 0 && importances[2].value == 0)
    let best = try await Metrics.permutationImportance(
      of: Known { a, b, _ in 2 * a + b }, on: data, repeats: 3, seed: SeedTree(root: 1))
    #expect(best[0].value > best[1].value + 0.05 && best[1].value > 0.02 && best[2].value == 0)
  }

  @Test func seedsAndErrors() async throws {
    let data = try sample(200)
    func importances(_ seed: UInt64) async throws -> [FeatureImportance] {
      try await Metrics.permutationImportance(
        of: Known { a, b, _ in a + b }, on: data, repeats: 2, seed: SeedTree(root: seed))
    }
    let first = try await importances(1), again = try await importances(1), other = try await importances(2)
    #expect(first == again && first != other)
    await #expect(throws: LearningError.self) {
      try await Metrics.permutationImportance(
        of: Known { a, _, _ in a }, on: data, repeats: 1, seed: SeedTree(root: 1))
    }
  }

  /// Rows come up as often as their weights say.
  @Test func rowsAreDrawnByWeight() throws {
    var data = try sample(6)
    data.weights = [1, 3, 0, 1, 3, 0]
    let drawn = try data.drawnByWeight(perClass: 4000, seed: SeedTree(root: 3))
    #expect(drawn.labels.count == 8000 && drawn.weights.allSatisfy { $0 == 1 })
    func count(_ row: Int) -> Double {
      Double((0..<8000).count { drawn.features[$0, 0] == data.features[row, 0] })
    }
    // Binomial: √(4000 · ¼ · ¾) = 27.
    #expect(abs(count(0) - 1000) < 140 && abs(count(4) - 3000) < 140 && count(2) == 0)
    #expect(abs(count(1) - 3000) < 140 && abs(count(3) - 1000) < 140 && count(5) == 0)
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct GradientImportanceTests {
  private func model() async throws -> (TrainedClassifier, LabelledSample) {
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = [12]
    configuration.activation = .tanh
    configuration.dropout = 0
    configuration.epochs = 25
    configuration.learningRate = 0.01
    configuration.batchSize = 64
    let data = try sample(1000)
    let model = try await DenseTrainer(
      configuration: configuration, seed: SeedTree(root: 2), placeholders: [nil, nil, 0]
    ).train(data, validation: sample(400))
    return (model, data)
  }

  @Test func gradientsAgainstFiniteDifferences() async throws {
    let (model, data) = try await model()
    let rows = try data.rows(Array(0..<20)).features
    let gradients = try await model.scoreGradients(rows)
    for column in 0..<3 {
      let step = 0.02
      func shifted(_ factor: Double) async throws -> [Float] {
        var moved = rows
        for row in 0..<20 { moved[row, column] += Float(factor * step * model.scaler.widths[column]) }
        return try await model.scores(moved)
      }
      let (up, down) = (try await shifted(1), try await shifted(-1))
      for row in 0..<20 {
        // Central differences of float32 scores: 3e-6 by rounding, step²/6 times a third derivative of some units.
        let difference = (Double(up[row]) - Double(down[row])) / (2 * step)
        #expect(abs(Double(gradients[row * 3 + column]) - difference) < 1e-3)
      }
    }
  }

  @Test func whatCountsIsLarge() async throws {
    let (model, data) = try await model()
    let importances = try await model.gradientImportance(data)
    #expect(importances[0].value > 1.3 * importances[1].value && importances[1].value > 2 * importances[2].value)
    #expect(importances.allSatisfy { $0.uncertainty > 0 && $0.uncertainty < 0.1 * max($0.value, 0.05) })
    // Where an object is missing everywhere there is no gradient to speak of.
    var missing = data
    for row in 0..<1000 { missing.features[row, 2] = 0 }
    #expect(try await model.gradientImportance(missing)[2].value == 0)
  }
}
