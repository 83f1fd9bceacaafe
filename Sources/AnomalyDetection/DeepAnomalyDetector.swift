import ByteIO
import Foundation
import Learning
import NeuralNetworks
import Records

/// Configuration of a deep detector: its network and what its method adds.
public protocol DeepDetectorConfiguration: Hashable, Codable, Sendable {
  var network: DeepNetworkConfiguration { get set }

  /// The values that the method's preset has.
  init()

  /// - Throws: `LearningError.invalidConfiguration` for the first key out of range.
  func validated() throws -> Self
}

/// A detector that is a trained feed-forward network and a rule that makes one number of its outputs.
///
/// On disk it is a folder: `model.json` and `model.safetensors` of the network, `detector.json` with the rest and the digest of
/// `model.json`, which has that of the parameters.
public protocol DeepAnomalyDetector: AnomalyDetector, Hashable {
  associatedtype Configuration: DeepDetectorConfiguration
  /// What the rule needs beside the network (a centre, say).
  associatedtype Geometry: Hashable, Codable, Sendable

  var configuration: Configuration { get }
  /// Scaler, chain of layers, parameters and history: what an export needs.
  var network: TrainedNetwork { get }
  var geometry: Geometry { get }

  /// Puts a stored detector together.
  /// - Throws: `LearningError`, ``AnomalyError`` where the parts do not fit.
  init(configuration: Configuration, network: TrainedNetwork, geometry: Geometry) throws

  /// Learns from background alone. The result depends on samples, configuration and seed, not on the number of threads.
  ///
  /// - Parameters:
  ///   - validation: background that says when to stop and whose loss compares configurations.
  ///   - seed: initial parameters, shuffles and noise are children of this node.
  ///   - placeholders: by feature, the value that stands for a missing object (see `StandardScaler`).
  ///   - state: a folder for the training's state after each epoch; one of the same data, configuration and seed that it holds
  ///     is taken up, and ends with the same bytes.
  ///   - name: what progress calls the training.
  /// - Throws: `LearningError`, ``AnomalyError``, `TensorError`, `RecordError` (cancelled, no LibTorch), `FileError`.
  static func fit(
    _ background: BackgroundSample, validation: BackgroundSample, configuration: Configuration, seed: SeedTree,
    placeholders: [Float?]?, state: URL?, name: String, progress: @escaping ProgressHandler,
    cancellation: CancellationToken
  ) async throws -> Self

  /// The validation loss in the best epoch as a number that configurations are compared by: 0 is perfect.
  var validationLoss: Double { get }
}

/// What a method without a geometry stores.
public struct NoGeometry: Hashable, Codable, Sendable { public init() {} }

private struct DeepDetectorFile<Configuration: Codable, Geometry: Codable>: Codable {
  var schema: Int
  var method: String
  var configuration: Configuration
  var geometry: Geometry
  /// Of `model.json`.
  var network: Digest
}

private struct DeepDetectorHeader: Decodable {
  var schema: Int
  var method: String
}

extension DeepAnomalyDetector {
  /// The version of `detector.json`.
  public static var schemaVersion: Int { 1 }

  public var featureNames: [String] { network.featureNames }

  /// ``fit(_:validation:configuration:seed:placeholders:state:name:progress:cancellation:)`` with what is seldom given left out.
  public static func fit(
    _ background: BackgroundSample, validation: BackgroundSample, configuration: Configuration = Configuration(),
    seed: SeedTree, placeholders: [Float?]? = nil, state: URL? = nil, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) async throws -> Self {
    try await fit(
      background, validation: validation, configuration: configuration, seed: seed, placeholders: placeholders,
      state: state, name: method, progress: progress, cancellation: cancellation)
  }

  /// Writes the detector's folder, `detector.json` last.
  /// - Throws: `FileError`.
  public func save(to folder: URL) throws {
    try network.save(to: folder)
    let model = try Data(readingFrom: folder.appendingPathComponent("model.json"))
    let file = DeepDetectorFile(
      schema: Self.schemaVersion, method: Self.method, configuration: configuration, geometry: geometry,
      network: Digest.of(model))
    try AtomicFile.write(
      try JSONEncoder.canonical.encode(file), to: folder.appendingPathComponent("detector.json"))
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`; ``AnomalyError/unreadable(path:reason:)`` and `LearningError.unreadableCheckpoint` for damaged,
  ///   foreign or newer files.
  public init(contentsOf folder: URL) throws {
    let url = folder.appendingPathComponent("detector.json")
    let data = try Data(readingFrom: url)
    guard let header = try? JSONDecoder().decode(DeepDetectorHeader.self, from: data) else {
      throw AnomalyError.unreadable(path: url.path, reason: "it is no stored anomaly detector")
    }
    guard header.method == Self.method, header.schema == Self.schemaVersion else {
      throw AnomalyError.unreadable(
        path: url.path,
        reason: "it holds '\(header.method)' of schema \(header.schema), expected '\(Self.method)' of "
          + "schema \(Self.schemaVersion)")
    }
    let file: DeepDetectorFile<Configuration, Geometry>
    do { file = try JSONDecoder().decode(DeepDetectorFile<Configuration, Geometry>.self, from: data) } catch {
      throw AnomalyError.unreadable(path: url.path, reason: "\(error)")
    }
    let model = folder.appendingPathComponent("model.json")
    guard Digest.of(try Data(readingFrom: model)) == file.network else {
      throw AnomalyError.unreadable(
        path: model.path, reason: "its digest is not the one that \(url.lastPathComponent) names")
    }
    try self.init(
      configuration: file.configuration, network: TrainedNetwork(contentsOf: folder), geometry: file.geometry)
  }

  /// Trains a chain on background samples whose targets are their features.
  static func train(
    _ layers: [LayerDescription], on background: BackgroundSample, validation: BackgroundSample,
    configuration: DeepNetworkConfiguration, seed: SeedTree, placeholders: [Float?]?, state: URL?, name: String,
    progress: @escaping ProgressHandler, cancellation: CancellationToken,
    adjusting adjust: (inout NetworkTrainer) throws -> Void = { _ in }
  ) async throws -> (network: TrainedNetwork, objectiveState: [Double]) {
    let features = background.features
    var trainer = NetworkTrainer(
      configuration: configuration.training(rows: features.rowCount), seed: seed, placeholders: placeholders,
      architecture: NetworkArchitecture(inputs: features.columnCount, layers: layers))
    try adjust(&trainer)
    return try await trainer.trainWithState(
      background.supervised(), validation: validation.supervised(), state: state, name: name, progress: progress,
      cancellation: cancellation)
  }
}

extension BackgroundSample {
  /// Rows whose targets are their features.
  func supervised() throws -> SupervisedSample {
    try SupervisedSample(
      features: features, targets: .features, weights: weights, protected: protected, name: "the background")
  }
}
