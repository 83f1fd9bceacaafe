import AnomalyDetection
import ByteIO
import Foundation
import Learning
import Records

/// A detector as it was fitted: the method, behind a rotation where the card asks for one.
struct FittedDetector: Sendable {
  let rotation: PrincipalComponents?
  let detector: any AnomalyDetector

  var summary: String { rotation == nil ? detector.summary : "\(detector.summary), after principal components" }

  func scores(_ features: FeatureMatrix) async throws -> [Float] {
    try await detector.scores(rotation?.rotated(features) ?? features)
  }

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
    rotation = rotates ? try PrincipalComponents(fitting: fitting.background) : nil
    let seen = try rotation?.rotated(fitting.background) ?? fitting.background
    func deep<Detector: DeepAnomalyDetector>(
      _ type: Detector.Type, _ configuration: Detector.Configuration
    ) async throws -> Detector {
      try await Detector.fit(
        fitting.background, validation: fitting.validation, configuration: configuration, seed: fitting.seed,
        placeholders: fitting.placeholders, state: state, name: fitting.name, progress: fitting.progress,
        cancellation: fitting.cancellation)
    }
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
  }

  private static let rotationFile = "rotation.json"
  private static let modelFile = "detector.json"

  /// - Throws: `FileError`.
  func save(to folder: URL) throws {
    if let rotation {
      try AtomicFile.write(
        try JSONEncoder.canonical.encode(rotation), to: folder.appendingPathComponent(Self.rotationFile))
    }
    switch detector {
    case let stored as any StoredAnomalyDetector: try stored.save(to: folder.appendingPathComponent(Self.modelFile))
    case let deep as any DeepAnomalyDetector: try deep.save(to: folder)
    default: preconditionFailure("\(type(of: detector)) has no file")
    }
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`, `AnomalyError`, `DecodingError`.
  init(contentsOf folder: URL, _ card: SearchCard.Detector) throws {
    rotation =
      card.rotate
      ? try JSONDecoder().decode(
        PrincipalComponents.self, from: Data(readingFrom: folder.appendingPathComponent(Self.rotationFile))) : nil
    let model = folder.appendingPathComponent(Self.modelFile)
    switch card.method {
    case .autoEncoder: detector = try AutoEncoder(contentsOf: folder)
    case .deepSVDD: detector = try DeepSVDD(contentsOf: folder)
    case .variational: detector = try VariationalAutoEncoder(contentsOf: folder)
    case .isolationForest: detector = try IsolationForest(contentsOf: model)
    case .histogram: detector = try HistogramScore(contentsOf: model)
    case .neighbours: detector = try NearestNeighbours(contentsOf: model)
    }
  }
}
