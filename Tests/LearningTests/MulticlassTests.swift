import Foundation
import NeuralNetworks
import Records
import Tensors
import Testing

@testable import Learning

private let names = ["a", "b", "c", "d", "e"]

/// Five classes on a circle, the last ones rarer.
private func sample(_ rows: Int, seed: Int) throws -> SupervisedSample {
  var random = SeedTree(root: 90).child(seed).stream()
  var values: [Float] = [], classes: [Int] = []
  for row in 0..<rows {
    let number = row % 20
    let own = number < 8 ? 0 : number < 13 ? 1 : number < 16 ? 2 : number < 18 ? 3 : 4
    let angle = 2 * Double.pi * Double(own) / 5
    values += [2.5 * cos(angle) + random.normal(), 2.5 * sin(angle) + random.normal()].map { Float($0) }
    classes.append(own)
  }
  return try SupervisedSample(
    features: FeatureMatrix(names: ["x", "y"], values: values), targets: .classes(classes, names: names))
}

private func classes(_ sample: SupervisedSample) -> [Int] {
  if case .classes(let numbers, _) = sample.targets { numbers } else { [] }
}

@Suite struct ResamplingTests {
  private func data(_ sample: SupervisedSample) -> TrainingData {
    TrainingData(
      features: sample.features.values, targets: classes(sample).map { Float($0) },
      weights: sample.weights.indices.map { Float($0 + 1) }, columns: 2)
  }

  private func counts(_ data: TrainingData) -> [Int] {
    names.indices.map { number in data.targets.count { Int($0) == number } }
  }

  private func rows(_ data: TrainingData) -> Set<[Float]> {
    var found: Set<[Float]> = []
    for row in 0..<data.rows {
      let features = Array(data.features[2 * row..<2 * row + 2])
      found.insert(features + [data.targets[row], data.weights[row]])
    }
    return found
  }

  @Test func copiesAndSubsetsAreRowsOfTheSample() throws {
    let original = data(try sample(400, seed: 1))
    #expect(counts(original) == [160, 100, 60, 40, 40])
    let over = try original.resampled(.oversample(ratio: 0.5), seed: SeedTree(root: 1))
    #expect(counts(over) == [160, 100, 80, 80, 80] && rows(over) == rows(original))
    let under = try original.resampled(.undersample(ratio: 0.5), seed: SeedTree(root: 1))
    #expect(counts(under) == [80, 80, 60, 40, 40] && rows(under).isSubset(of: rows(original)))
    #expect(rows(under).count == under.rows)
    let again = try original.resampled(.undersample(ratio: 0.5), seed: SeedTree(root: 1))
    #expect(again.features == under.features)
  }

  /// Whether a row is on the line between two others, and its weight where it is there.
  private static func lies(_ row: Int, of data: TrainingData, between a: Int, _ b: Int) -> Bool {
    func point(_ row: Int) -> (x: Double, y: Double, weight: Double) {
      (Double(data.features[2 * row]), Double(data.features[2 * row + 1]), Double(data.weights[row]))
    }
    let (p, from, to) = (point(row), point(a), point(b))
    let dx = to.x - from.x, dy = to.y - from.y
    let length = (dx * dx + dy * dy).squareRoot()
    let along = (p.x - from.x) * dx + (p.y - from.y) * dy
    let across = (p.x - from.x) * dy - (p.y - from.y) * dx
    let part = along / (length * length)
    let weight = from.weight + part * (to.weight - from.weight)
    return part > -1e-3 && part < 1.001 && abs(across) < 1e-5 * length && abs(weight - p.weight) < 1
  }

  /// A synthetic row lies between two rows of its own class, its weight between theirs.
  @Test func syntheticRowsLieBetweenRowsOfTheirClass() throws {
    let original = data(try sample(400, seed: 1))
    let smote = try original.resampled(.smote(neighbours: 3, ratio: 1), seed: SeedTree(root: 1))
    #expect(counts(smote) == [160, 160, 160, 160, 160])
    #expect(Array(smote.features[..<800]) == original.features)
    for row in 400..<smote.rows {
      let own = (0..<400).filter { original.targets[$0] == smote.targets[row] }
      let isBetween = own.contains { a in
        own.contains { b in a != b && Self.lies(row, of: smote, between: a, b) }
      }
      #expect(isBetween, "row \(row)")
    }
    #expect(throws: LearningError.self) {
      try original.resampled(.smote(neighbours: 40, ratio: 1), seed: SeedTree(root: 1))
    }
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct MulticlassTests {
  private func train(
    _ resampling: Resampling, classWeights: [Double]? = nil, validation: Int = 2, epochs: Int = 20
  ) async throws -> TrainedNetwork {
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = [24]
    configuration.dropout = 0
    configuration.epochs = epochs
    configuration.patience = 100
    configuration.batchSize = 50
    configuration.learningRate = 0.01
    configuration.resampling = resampling
    configuration.classWeights = classWeights
    return try await NetworkTrainer(configuration: configuration, seed: SeedTree(root: 5)).train(
      sample(1000, seed: 1), validation: sample(500, seed: validation))
  }

  private func confusion(_ model: TrainedNetwork) async throws -> ConfusionMatrix {
    let test = try sample(4000, seed: 3)
    return try ConfusionMatrix(
      probabilities: try await model.predictions(test.features), truth: classes(test), weights: test.weights,
      classes: names)
  }

  /// Neighbours on the circle are 2.94 apart: with equal classes 2 Φ(−1.47) = 14 % at most are told wrong.
  @Test(arguments: [
    Resampling.none, .oversample(ratio: 1), .undersample(ratio: 1), .smote(neighbours: 5, ratio: 1),
  ])
  func fiveClasses(resampling: Resampling) async throws {
    let matrix = try await confusion(train(resampling))
    #expect(matrix.balancedAccuracy > 0.82 && matrix.balancedAccuracy < 0.88)
    for (row, cells) in matrix.normalized(.byTruth).enumerated() {
      let own = try #require(cells[row])
      #expect(own.value > 0.75, "class \(names[row])")
      // Classes across the circle are hardly mixed up.
      #expect((cells[(row + 2) % 5]?.value ?? 1) < 0.06)
    }
  }

  /// A class that counts more is found more often, at the cost of its neighbours.
  @Test func classWeights() async throws {
    let plain = try await confusion(train(.none)).normalized(.byTruth)
    let heavy = try await confusion(train(.none, classWeights: [1, 1, 1, 1, 10])).normalized(.byTruth)
    #expect((heavy[4][4]?.value ?? 0) > (plain[4][4]?.value ?? 1) + 0.02)
    #expect((heavy[0][4]?.value ?? 0) > (plain[0][4]?.value ?? 1) + 0.02)
  }

  /// What is drawn again or made up depends on training rows alone: another validation sample changes no training loss.
  @Test(arguments: [Resampling.oversample(ratio: 1), .undersample(ratio: 1), .smote(neighbours: 5, ratio: 1)])
  func resamplingStaysAmongTrainingRows(resampling: Resampling) async throws {
    let one = try await train(resampling, validation: 2, epochs: 3)
    let other = try await train(resampling, validation: 4, epochs: 3)
    #expect(one.history.epochs.map(\.trainingLoss) == other.history.epochs.map(\.trainingLoss))
    #expect(one.history.epochs.map(\.validationLoss) != other.history.epochs.map(\.validationLoss))
    let validation = try sample(500, seed: 2)
    #expect(one.inputs["validation"] == validation.digest)
    // The loss on validation rows is that of the rows as they are.
    let outputs = try await one.outputs(validation.features)
    var sums = names.map { _ in 0.0 }
    for number in classes(validation) { sums[number] += 1 }
    let balanced = classes(validation).map { Float(100 / sums[$0]) }
    let loss = try Metrics.categoricalLogLoss(logits: outputs, classes: classes(validation), weights: balanced)
    #expect(abs(loss - one.history.bestValidationLoss) < 1e-4)
  }
}
