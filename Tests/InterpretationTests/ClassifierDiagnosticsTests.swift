import Foundation
import Learning
import Records
import Tensors
import Testing

@testable import Interpretation

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ClassifierDiagnosticsTests {
  private func sample(_ rows: Int, seed: Int) throws -> LabelledSample {
    var random = SeedTree(root: 80).child(seed).stream()
    var values: [Float] = [], labels: [Float] = [], weights: [Float] = []
    for row in 0..<rows {
      let label = Double(row % 2)
      values += [random.normal() + 1.5 * label, random.normal()].map { Float($0) }
      labels.append(Float(label))
      weights.append(Float((label == 1 ? 60 : 3000) * 2 / Double(rows) * (0.5 + random.uniform())))
    }
    return try LabelledSample(
      features: FeatureMatrix(names: ["a", "b"], values: values), labels: labels, weights: weights)
  }

  private func diagnostics(seed: UInt64) async throws -> ClassifierDiagnostics {
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = [12]
    configuration.epochs = 10
    configuration.batchSize = 100
    let samples = try (0..<3).map { try sample(2000, seed: $0) }
    let model = try await DenseTrainer(configuration: configuration, seed: SeedTree(root: 2)).train(
      samples[0], validation: samples[1])
    var scored: [ScoredSample] = []
    for sample in samples {
      scored.append(
        try ScoredSample(
          scores: await model.scores(sample.features), labels: sample.labels, weights: sample.weights))
    }
    return try await ClassifierDiagnostics(
      of: model, training: scored[0], validation: scored[1], test: scored[2], testFeatures: samples[2].features,
      views: [.init(name: "a", title: "a", unit: "GeV", placeholder: nil)],
      choices: .init(luminosity: 150, importanceRows: 300), seed: SeedTree(root: seed))
  }

  /// Two normal distributions 1.5 apart in one of two features: Φ(1.5/√2) = 0.8556.
  @Test func allOfIt() async throws {
    let found = try await diagnostics(seed: 3)
    let area = try #require(found.areaUnderCurve["test"])
    #expect(abs(area.value - 0.8556) < 5 * area.uncertainty && area.uncertainty < 0.012)
    #expect(found.permutationImportance.map(\.feature) == ["a", "b"])
    #expect(found.permutationImportance[0].value > 0.2 && abs(found.permutationImportance[1].value) < 0.03)
    #expect(found.gradientImportance[0].feature == "a")
    #expect(Set(found.calibration.keys) == ["score", "platt", "isotonic"])
    #expect((found.calibration["platt"]?.expectedCalibrationError ?? 1) < 0.06)
    #expect(found.counting.byLuminosity.count == 9 && found.counting.bySystematic.count == 11)
    #expect(found.counting.best.luminosity == 150 && found.counting.byLuminosity[8].luminosity == 3000)
    #expect(found.cutViews.map(\.feature) == ["a"])
    #expect(found.overTraining.signal.kolmogorovSmirnov.pValue > 1e-4)
    #expect(abs(found.confusion.accuracy - 0.77) < 0.05)
    // Written and read again it is the same; the same seed gives the same bytes, another other importances.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(found)
    #expect(try JSONDecoder().decode(ClassifierDiagnostics.self, from: data) == found)
    #expect(try encoder.encode(await diagnostics(seed: 3)) == data)
    #expect(try await diagnostics(seed: 4).permutationImportance != found.permutationImportance)
  }
}
