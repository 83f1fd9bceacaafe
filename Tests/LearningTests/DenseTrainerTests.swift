import Foundation
import NeuralNetworks
import Records
import TestSupport
import Tensors
import Testing

@testable import Learning

/// Two Gaussian clouds in four dimensions, the signal's shifted by one in the first two.
private func sample(_ rows: Int, seed: Int) throws -> LabelledSample {
  var random = SeedTree(root: 3).child("clouds").child(seed).stream()
  var values: [Float] = [], labels: [Float] = [], weights: [Float] = []
  for row in 0..<rows {
    let isSignal = row % 2 == 1
    for column in 0..<4 { values.append(Float(random.normal() + (isSignal && column < 2 ? 1 : 0))) }
    labels.append(isSignal ? 1 : 0)
    weights.append(isSignal ? 0.01 : Float(1 + random.uniform()))
  }
  return try LabelledSample(
    features: FeatureMatrix(names: ["a", "b", "c", "d"], values: values), labels: labels, weights: weights)
}

private func configuration(fused: Bool = true) -> TrainingConfiguration {
  var configuration = TrainingConfiguration()
  configuration.hiddenUnits = [16, 16]
  configuration.epochs = 6
  configuration.batchSize = 64
  configuration.patience = 100
  configuration.fused = fused
  return configuration
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DenseTrainerTests {
  private let seed = SeedTree(root: 17).child("training")

  private func train(fused: Bool = true, state: URL? = nil, epochs: Int = 6) async throws -> TrainedClassifier {
    var configuration = configuration(fused: fused)
    configuration.epochs = epochs
    return try await DenseTrainer(configuration: configuration, seed: seed)
      .train(sample(600, seed: 1), validation: sample(400, seed: 2), state: state)
  }

  /// The best possible AUC of two unit Gaussians √2 apart is Φ(1) = 0.8413.
  @Test func learnsToSeparateTwoClouds() async throws {
    var configuration = configuration()
    configuration.epochs = 40
    configuration.patience = 8
    let model = try await DenseTrainer(configuration: configuration, seed: seed)
      .train(sample(4000, seed: 1), validation: sample(2000, seed: 2))
    let test = try sample(4000, seed: 3)
    let auc = try Metrics.rocAUC(
      scores: await model.scores(test.features), labels: test.labels, weights: test.weights)
    #expect(auc > 0.82 && auc < 0.86)
    #expect(model.history.bestValidationLoss < 0.53)
    #expect(model.history.epochs.count <= 40)
  }

  @Test func theFusedStepEqualsThePlainOneToRounding() async throws {
    let fused = try await train(fused: true), plain = try await train(fused: false)
    for (a, b) in zip(fused.history.epochs, plain.history.epochs) {
      #expect(abs(a.trainingLoss - b.trainingLoss) < 2e-5)
      #expect(abs(a.validationLoss - b.validationLoss) < 2e-5)
    }
    let features = try sample(200, seed: 4).features
    let pairs = zip(try await fused.scores(features), try await plain.scores(features))
    #expect(pairs.allSatisfy { abs($0 - $1) < 5e-4 })
  }

  @Test func theSameSeedGivesTheSameBytesAndAnotherDoesNot() async throws {
    let first = try await train(), second = try await train()
    #expect(first == second)
    let other = try await DenseTrainer(configuration: configuration(), seed: SeedTree(root: 18))
      .train(sample(600, seed: 1), validation: sample(400, seed: 2))
    #expect(other.parameters != first.parameters)
  }

  @Test func aStoppedTrainingGoesOnToTheSameBytes() async throws {
    let whole = try await train()
    try await withTemporaryFolder { folder in
      let token = CancellationToken()
      let configuration = configuration()
      await #expect(throws: RecordError.self) {
        _ = try await DenseTrainer(configuration: configuration, seed: seed).train(
          sample(600, seed: 1), validation: sample(400, seed: 2), state: folder,
          progress: { if $0.completed == 3 { token.cancel() } }, cancellation: token)
      }
      let resumed = try await DenseTrainer(configuration: configuration, seed: seed)
        .train(sample(600, seed: 1), validation: sample(400, seed: 2), state: folder)
      #expect(resumed == whole)
    }
  }

  @Test func savedModelsScoreAsBefore() async throws {
    let model = try await train()
    let features = try sample(50, seed: 5).features
    try await withTemporaryFolder { folder in
      try model.save(to: folder)
      let loaded = try TrainedClassifier(contentsOf: folder)
      #expect(loaded == model)
      #expect(try await loaded.scores(features) == model.scores(features))
      let url = folder.appendingPathComponent("model.safetensors")
      try Data(contentsOf: url).dropLast(10).write(to: url)
      #expect(throws: LearningError.self) { try TrainedClassifier(contentsOf: folder) }
    }
  }

  @Test func badInputIsNamed() async throws {
    let good = try sample(100, seed: 1)
    var values = good.features.values
    values[9] = .nan
    let damaged = try FeatureMatrix(names: good.features.names, values: values)
    #expect(throws: LearningError.notFinite(value: "nan", column: "feature 'b'", row: 2)) {
      try LabelledSample(features: damaged, labels: good.labels, weights: good.weights)
    }
    #expect(throws: LearningError.missingClass(label: 1, rows: 100)) {
      try LabelledSample(
        features: good.features, labels: Array(repeating: 0, count: 100), weights: good.weights)
    }
    #expect(throws: LearningError.self) {
      try LabelledSample(
        features: good.features, labels: good.labels, weights: Array(repeating: 0, count: 100))
    }
    let model = try await train(epochs: 1)
    let narrow = try FeatureMatrix(names: ["a"], values: [1, 2])
    await #expect(throws: LearningError.self) { try await model.scores(narrow) }
  }
}

@Suite struct SafetensorsTests {
  private let tensors = [
    "0.weight": StoredParameter(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]),
    "0.bias": StoredParameter(shape: [2], values: [-1, 0.5]),
  ]

  @Test func writesAndReads() throws {
    let data = try Safetensors.encode(tensors)
    #expect(try Safetensors.decode(data, path: "x") == tensors)
    #expect(try Safetensors.encode(tensors) == data)
  }

  @Test func everyTruncationIsAnError() throws {
    let data = try Safetensors.encode(tensors)
    for length in 0..<data.count {
      #expect(throws: LearningError.self) { try Safetensors.decode(data.prefix(length), path: "x") }
    }
  }

  /// Headers that no program writes: errors, never a crash.
  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-9223372036854775808,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
    #"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}"#, #"{"a":7}"#, "[]", "",
  ])
  func foreignHeadersAreErrors(header: String) {
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data += Data(header.utf8) + Data(count: 8)
    #expect(throws: LearningError.self) { try Safetensors.decode(data, path: "x") }
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct TrainingStateTests {
  private func train(
    _ seed: Int = 17, configuration settings: TrainingConfiguration = configuration(), state: URL
  ) async throws -> TrainedClassifier {
    try await DenseTrainer(configuration: settings, seed: SeedTree(root: UInt64(seed)))
      .train(sample(300, seed: 1), validation: sample(200, seed: 2), state: state)
  }

  /// A torn state is not taken up: the training starts anew and ends as if there had been none.
  @Test func aTruncatedStateStartsAnew() async throws {
    try await withTemporaryFolder { folder in
      let whole = try await train(state: folder)
      let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      #expect(files.count == 2)
      for file in files where file.pathExtension == "safetensors" {
        try Data(contentsOf: file).dropLast(200).write(to: file)
      }
      #expect(try await train(state: folder) == whole)
    }
  }

  /// A kill between the tensors and the description leaves new tensors beside the former state, which is taken up.
  @Test func tensorsWithoutDescriptionAreIgnored() async throws {
    try await withTemporaryFolder { folder in
      let whole = try await train(state: folder)
      try Data([1, 2, 3]).write(to: folder.appendingPathComponent("training-0123456789ab.safetensors"))
      // Nothing is left to train: were the state not taken up, progress would be reported.
      let again = try await DenseTrainer(configuration: configuration(), seed: SeedTree(root: 17)).train(
        sample(300, seed: 1), validation: sample(200, seed: 2), state: folder,
        progress: { _ in Issue.record("an epoch was trained") })
      #expect(again == whole)
    }
  }

  @Test func theStateOfAnotherTrainingIsNotUsed() async throws {
    try await withTemporaryFolder { folder in
      _ = try await train(17, state: folder)
      let other = try await train(18, state: folder)
      let fresh = folder.appendingPathComponent("fresh")
      #expect(try await train(18, state: fresh) == other)
    }
  }

  @Test func aFolderThatCannotBeMadeIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data([1]).write(to: file)
      await #expect { _ = try await train(state: file.appendingPathComponent("state")) } throws: {
        "\($0)".contains("file")
      }
    }
  }

  @Test func aStepThatIsTooLongIsCalledDivergence() async throws {
    var settings = configuration()
    settings.learningRate = 1e30
    _ = try await withTemporaryFolder { folder in
      await #expect { _ = try await train(configuration: settings, state: folder) } throws: {
        if case LearningError.diverged = $0 { true } else { false }
      }
    }
  }
}
