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

  private struct Description: NetworkDescription {
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
    try NetworkFiles.write(parameters, to: folder) { digest in
      Description(
        schema: Self.schemaVersion, scaler: scaler, architecture: architecture, configuration: configuration,
        history: history, inputs: inputs, parameters: digest)
    }
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
    let (description, parameters) = try NetworkFiles.read(Description.self, from: folder, schema: Self.schemaVersion)
    self.init(
      scaler: description.scaler, architecture: description.architecture, parameters: parameters,
      configuration: description.configuration, history: description.history, inputs: description.inputs)
  }

  /// Scaler and layers alone.
  public var network: ScaledNetwork {
    ScaledNetwork(scaler: scaler, architecture: architecture, parameters: parameters)
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
      let device = TorchRuntime.device
      guard device == .cpu else {
        return try NetworkScoring.outputs(architecture, parameters, scaled, columns: columns, device: device)
      }
      let network = try Sequential(architecture, .stored(parameters))
      return try Tensor.withoutGradients {
        try NetworkScoring.outputs(network, scaled, columns: columns, batchSize: Self.batchSize)
      }
    }
  }
}
