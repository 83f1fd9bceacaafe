import CoreNumerics
import Foundation
import Records
import Tensors
import Testing

@testable import Learning

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DecorrelationTests {
  /// The first feature tells the classes apart and follows the mass in the background; the second only tells them apart.
  private func sample(_ rows: Int, _ stream: UInt64) throws -> SupervisedSample {
    var random = SeedTree(root: 21).stream(stream)
    var values: [Float] = [], classes: [Int] = [], masses: [Float] = []
    for row in 0..<rows {
      let label = row % 2, mass = random.normal()
      values.append(Float(1.5 * Double(label) + (label == 0 ? mass : 0) + 0.5 * random.normal()))
      values.append(Float(1.2 * Double(label) + random.normal()))
      classes.append(label)
      masses.append(Float(mass))
    }
    return try SupervisedSample(
      features: FeatureMatrix(names: ["follows", "free"], values: values),
      targets: .classes(classes, names: ["background", "signal"]), protected: masses)
  }

  private func trainer(_ decorrelation: Double) -> NetworkTrainer {
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = [24]
    configuration.activation = .tanh
    configuration.dropout = 0
    configuration.batchSize = 200
    configuration.learningRate = 1e-2
    configuration.epochs = 15
    var trainer = NetworkTrainer(configuration: configuration, seed: SeedTree(root: 3))
    trainer.decorrelation = decorrelation
    return trainer
  }

  @Test func scoresOfBackgroundFollowTheMassLess() async throws {
    let test = try sample(2000, 3)
    func outcome(_ strength: Double) async throws -> (correlation: Double, auc: Double) {
      let network = try await trainer(strength).train(sample(2000, 1), validation: sample(1000, 2))
      let scores = try await network.predictions(test.features).enumerated().filter { $0.offset % 2 == 1 }.map(
        \.element)
      let background = stride(from: 0, to: 2000, by: 2)
      let masses = test.protected ?? []
      return (
        DistanceCorrelation.squared(background.map { Double(scores[$0]) }, background.map { Double(masses[$0]) }),
        try Metrics.rocAUC(
          scores: scores, labels: (0..<2000).map { Float($0 % 2) }, weights: scores.map { _ in 1 })
      )
    }
    let (plain, decorrelated) = (try await outcome(0), try await outcome(2))
    #expect(plain.correlation > 0.2 && plain.auc > 0.85, "\(plain)")
    #expect(decorrelated.correlation < 0.2 * plain.correlation, "\(plain), \(decorrelated)")
    // The free feature alone has an AUC of Φ(1.2/√2) = 0.80.
    #expect(decorrelated.auc > 0.77, "\(plain), \(decorrelated)")
  }

  @Test func whatCannotBeDecorrelatedIsRefused() async throws {
    func message(_ trainer: NetworkTrainer, _ sample: SupervisedSample) async -> String {
      do {
        _ = try await trainer.train(sample, validation: sample)
        return "no error"
      } catch { return "\(error)" }
    }
    var bare = try sample(100, 1)
    let whole = bare
    bare.protected = nil
    #expect(await message(trainer(1), bare).contains("0 without a protected variable"))
    #expect(await message(trainer(-1), whole).contains("decorrelation is -1.0, allowed is ≥ 0"))
    var resampling = trainer(1)
    resampling.configuration.resampling = .oversample(ratio: 1)
    #expect(await message(resampling, whole).contains("0 with resampling"))
    let three = try SupervisedSample(
      features: whole.features, targets: .classes((0..<100).map { $0 % 3 }, names: ["a", "b", "c"]),
      protected: whole.protected)
    #expect(await message(trainer(1), three).contains("0 for more than two classes"))
    #expect(throws: LearningError.self) {
      try SupervisedSample(features: whole.features, targets: .features, protected: [1])
    }
    #expect(throws: LearningError.self) {
      try SupervisedSample(
        features: whole.features, targets: .features, protected: [Float](repeating: .nan, count: 100))
    }
  }
}
