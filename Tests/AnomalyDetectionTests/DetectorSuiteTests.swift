import Learning
import Records
import Tensors
import Testing

@testable import AnomalyDetection

/// One line for each detector.
@Suite struct ShallowDetectorSuiteTests {
  @Test func isolationForest() async throws {
    try await checkAnomalyDetector(IsolationForest.self, leastAUC: 0.5, spread: 0.05) {
      try IsolationForest(fitting: $0, configuration: .init(seed: 3))
    }
  }

  @Test func histogramScore() async throws {
    // Signal has the background's columns, one by one.
    try await checkAnomalyDetector(HistogramScore.self, leastAUC: 0.4, spread: 0.01) {
      try HistogramScore(fitting: $0)
    }
  }

  @Test func nearestNeighbours() async throws {
    // Ten neighbours are a larger part of fewer rows.
    try await checkAnomalyDetector(NearestNeighbours.self, leastAUC: 0.8, spread: 0.02) {
      try NearestNeighbours(fitting: $0)
    }
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DeepDetectorSuiteTests {
  /// Many small steps: what is left of the random start is a small part of the spread.
  private func quick(layers: Int, latent: Int) -> DeepNetworkConfiguration {
    var network = DeepNetworkConfiguration.small(layers: layers, latent: latent, epochs: 15)
    (network.batchSize, network.initialLearningRate, network.maximumLearningRate) = (50, 3e-3, 3e-3)
    return network
  }

  @Test func autoEncoder() async throws {
    try await checkAnomalyDetector(AutoEncoder.self, leastAUC: 0.9, spread: 0.06) {
      var configuration = AutoEncoder.Configuration()
      configuration.network = quick(layers: 2, latent: 3)
      return try await AutoEncoder.fit(
        $0, validation: DeepSample.validation(like: $0), configuration: configuration, seed: SeedTree(root: 3))
    }
  }

  @Test(arguments: [DeepSVDD.Objective.oneClass, .softBoundary(nu: 0.2, warmUpEpochs: 3)])
  func deepSVDD(objective: DeepSVDD.Objective) async throws {
    try await checkAnomalyDetector(DeepSVDD.self, leastAUC: 0.6, spread: 0.15) {
      try await DeepSVDD.fit(
        $0, validation: DeepSample.validation(like: $0), configuration: .small(objective, epochs: 20),
        seed: SeedTree(root: 3))
    }
  }

  @Test func variationalAutoEncoder() async throws {
    try await checkAnomalyDetector(VariationalAutoEncoder.self, leastAUC: 0.85, spread: 0.08) {
      var configuration = VariationalAutoEncoder.Configuration()
      configuration.network = quick(layers: 2, latent: 3)
      configuration.beta = 0.1
      return try await VariationalAutoEncoder.fit(
        $0, validation: DeepSample.validation(like: $0), configuration: configuration, seed: SeedTree(root: 3))
    }
  }
}
