import ByteIO
import Foundation
import NeuralNetworks
import Records
import Tensors

/// One pass over the training rows.
public struct TrainingEpoch: Hashable, Codable, Sendable {
  /// From 1.
  public var epoch: Int
  /// Mean weighted cross-entropy of the training rows, with dropout, as the epoch went on.
  public var trainingLoss: Double
  /// Mean weighted cross-entropy of the validation rows after the epoch, without dropout.
  public var validationLoss: Double
}

/// How a training went.
public struct TrainingHistory: Hashable, Codable, Sendable {
  public var epochs: [TrainingEpoch] = []
  /// The epoch whose parameters are kept, from 1.
  public var bestEpoch = 0

  public init() {}

  public var bestValidationLoss: Double { epochs.first { $0.epoch == bestEpoch }?.validationLoss ?? .infinity }
}

/// A trained network for two classes with all that it needs to score events.
///
/// On disk: `model.safetensors` (parameters by PyTorch's names) and `model.json` (the rest, with a schema version).
public struct TrainedClassifier: Classifier, Hashable {
  public static let schemaVersion = 1

  public var scaler: StandardScaler
  public var architecture: NetworkArchitecture
  public var parameters: [String: StoredParameter]
  public var configuration: TrainingConfiguration
  public var history: TrainingHistory
  /// Digests of what it was trained on.
  public var inputs: [String: Digest]

  public var featureNames: [String] { scaler.featureNames }

  private struct Description: Codable {
    var schema: Int
    var scaler: StandardScaler
    var architecture: NetworkArchitecture
    var configuration: TrainingConfiguration
    var history: TrainingHistory
    var inputs: [String: Digest]
    /// Of `model.safetensors`.
    var parameters: Digest
  }

  /// Rows scored at a time.
  private static let batchSize = 16_384

  /// Writes both files, the description last.
  /// - Throws: `FileError`.
  public func save(to folder: URL) throws {
    let data = try Safetensors.encode(parameters)
    try AtomicFile.write(data, to: folder.appendingPathComponent("model.safetensors"))
    let description = Description(
      schema: Self.schemaVersion, scaler: scaler, architecture: architecture, configuration: configuration,
      history: history, inputs: inputs, parameters: Digest.of(data))
    try AtomicFile.write(
      try JSONEncoder.canonical.encode(description), to: folder.appendingPathComponent("model.json"))
  }

  public init(
    scaler: StandardScaler, architecture: NetworkArchitecture, parameters: [String: StoredParameter],
    configuration: TrainingConfiguration, history: TrainingHistory, inputs: [String: Digest]
  ) {
    self.scaler = scaler
    self.architecture = architecture
    self.parameters = parameters
    self.configuration = configuration
    self.history = history
    self.inputs = inputs
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`; ``LearningError/unreadableCheckpoint(path:reason:)`` for damaged or newer files.
  public init(contentsOf folder: URL) throws {
    let url = folder.appendingPathComponent("model.json")
    let text = try Data(readingFrom: url)
    struct Version: Decodable { var schema: Int }
    guard let version = try? JSONDecoder().decode(Version.self, from: text) else {
      throw LearningError.unreadableCheckpoint(path: url.path, reason: "it is no description of a trained network")
    }
    guard version.schema == Self.schemaVersion else {
      throw LearningError.unreadableCheckpoint(
        path: url.path, reason: "its schema is \(version.schema); this program reads \(Self.schemaVersion)")
    }
    let description: Description
    do { description = try JSONDecoder().decode(Description.self, from: text) } catch {
      throw LearningError.unreadableCheckpoint(path: url.path, reason: "\(error)")
    }
    let tensors = folder.appendingPathComponent("model.safetensors")
    let data = try Data(readingFrom: tensors)
    guard Digest.of(data) == description.parameters else {
      throw LearningError.unreadableCheckpoint(
        path: tensors.path, reason: "its digest is not the one that \(url.lastPathComponent) names")
    }
    self.init(
      scaler: description.scaler, architecture: description.architecture,
      parameters: try Safetensors.decode(data, path: tensors.path), configuration: description.configuration,
      history: description.history, inputs: description.inputs)
  }

  public func scores(_ features: FeatureMatrix) async throws -> [Float] {
    // 1/(1 + exp(−z)) in double: differences near 0 and 1 stay.
    try await logits(features).map { Float(1 / (1 + exp(-Double($0)))) }
  }

  /// The network's last layer: ln p/(1 − p) of the score p.
  public func logits(_ features: FeatureMatrix) async throws -> [Float] {
    let scaled = try scaler.transform(features)
    let columns = features.columnCount
    let (architecture, parameters) = (architecture, parameters)
    return try await TorchActor.run {
      let network = try Sequential(architecture, .stored(parameters))
      return try Tensor.withoutGradients {
        try NetworkScoring.logits(network, scaled, columns: columns, batchSize: Self.batchSize)
      }
    }
  }
}

/// Batched forward passes.
@TorchActor
enum NetworkScoring {
  static func logits(
    _ network: Sequential, _ values: [Float], columns: Int, batchSize: Int
  ) throws -> [Float] {
    var logits: [Float] = []
    let rows = values.count / columns
    logits.reserveCapacity(rows)
    for start in stride(from: 0, to: rows, by: batchSize) {
      let end = min(rows, start + batchSize)
      let batch = try Tensor(Array(values[start * columns..<end * columns]), shape: [end - start, columns])
      logits += try network(batch, mode: .inference).floats()
    }
    return logits
  }
}
