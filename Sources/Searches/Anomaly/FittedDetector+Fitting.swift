import AnomalyDetection
import Foundation
import Learning
import Records

extension FittedDetector {
  /// How a detector learns from a card's samples.
  struct Fitting: Sendable {
    let background, validation: BackgroundSample
    let seed: SeedTree
    let placeholders: [Float?]
    let name: String
    let progress: ProgressHandler
    let cancellation: CancellationToken
  }

  /// Fits a detector on the background.
  /// - Parameter state: the folder of a training's state.
  init(_ fitting: Fitting, _ method: DetectorMethod, rotates: Bool, state: URL) async throws {
    let rotation = rotates ? try PrincipalComponents(fitting: fitting.background) : nil
    let seen = try rotation?.rotated(fitting.background) ?? fitting.background
    func deep<Detector: DeepAnomalyDetector>(
      _ type: Detector.Type, _ configuration: Detector.Configuration
    ) async throws -> Detector {
      try await Detector.fit(
        fitting.background, validation: fitting.validation, configuration: configuration, seed: fitting.seed,
        placeholders: fitting.placeholders, state: state, name: fitting.name, progress: fitting.progress,
        cancellation: fitting.cancellation)
    }
    let detector: any AnomalyDetector
    switch method {
    case .autoEncoder(let configuration): detector = try await deep(AutoEncoder.self, configuration)
    case .deepSVDD(let configuration): detector = try await deep(DeepSVDD.self, configuration)
    case .variational(let configuration): detector = try await deep(VariationalAutoEncoder.self, configuration)
    case .isolationForest(var configuration):
      configuration.seed = fitting.seed.derivedSeed
      detector = try IsolationForest(fitting: seen, configuration: configuration)
    case .histogram(let configuration):
      detector = try HistogramScore(fitting: seen, configuration: configuration)
    case .neighbours(var configuration):
      configuration.seed = fitting.seed.derivedSeed
      detector = try NearestNeighbours(fitting: seen, configuration: configuration)
    }
    self.init(rotation: rotation, detector: detector)
  }
}
