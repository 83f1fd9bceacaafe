import Foundation
import NeuralNetworks
import Records
import Tensors

/// A trained network for classes or values with all that it needs to answer for new events.
///
/// On disk: `model.safetensors` (parameters by PyTorch's names) and `model.json` (the rest, with a schema version).
public struct TrainedNetwork: Hashable, Sendable {
  /// Those of ``TrainedClassifier`` are 1.
  public static let schemaVersion = 2

  public var scaler: StandardScaler
  public var task: LearningTask
  public var loss: Loss
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
    var task: LearningTask
    var loss: Loss
    var architecture: NetworkArchitecture
    var configuration: TrainingConfiguration
    var history: TrainingHistory
    var inputs: [String: Digest]
    var parameters: Digest
  }

  public init(
    scaler: StandardScaler, task: LearningTask, loss: Loss, architecture: NetworkArchitecture,
    parameters: [String: StoredParameter], configuration: TrainingConfiguration, history: TrainingHistory,
    inputs: [String: Digest]
  ) {
    self.scaler = scaler
    self.task = task
    self.loss = loss
    self.architecture = architecture
    self.parameters = parameters
    self.configuration = configuration
    self.history = history
    self.inputs = inputs
  }

  /// Writes both files, the description last.
  /// - Throws: `FileError`.
  public func save(to folder: URL) throws {
    try NetworkFiles.write(parameters, to: folder) { digest in
      Description(
        schema: Self.schemaVersion, scaler: scaler, task: task, loss: loss, architecture: architecture,
        configuration: configuration, history: history, inputs: inputs, parameters: digest)
    }
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`; ``LearningError/unreadableCheckpoint(path:reason:)`` for damaged or newer files.
  public init(contentsOf folder: URL) throws {
    let (description, parameters) = try NetworkFiles.read(Description.self, from: folder, schema: Self.schemaVersion)
    self.init(
      scaler: description.scaler, task: description.task, loss: description.loss,
      architecture: description.architecture, parameters: parameters, configuration: description.configuration,
      history: description.history, inputs: description.inputs)
  }

  /// What the last layer gives, row-major [rows, outputs]: logits, or values before they get their units.
  public func outputs(_ features: FeatureMatrix) async throws -> [Float] {
    try await outputs(features, depth: architecture.layers.count)
  }

  /// What the first `depth` layers give, row-major [rows, width of layer depth − 1]: a latent space.
  /// - Throws: ``LearningError`` for other columns, values that are not finite, or a depth that the network lacks.
  public func outputs(_ features: FeatureMatrix, depth: Int) async throws -> [Float] {
    try await network.outputs(features, depth: depth)
  }

  /// Scaler and layers alone.
  public var network: ScaledNetwork {
    ScaledNetwork(scaler: scaler, architecture: architecture, parameters: parameters)
  }

  /// What the network is for, row-major: the probability of each class [rows, classes]; values in their own units [rows,
  /// values]; or the scaled features [rows, features].
  public func predictions(_ features: FeatureMatrix) async throws -> [Float] {
    let outputs = try await outputs(features)
    switch task {
    case .features: return outputs
    case .values(let names, let means, let widths):
      return outputs.indices.map { index in
        Float(means[index % names.count] + widths[index % names.count] * Double(outputs[index]))
      }
    case .classes(let names):
      if architecture.outputs == 1 {
        return outputs.flatMap { logit -> [Float] in
          let signal = 1 / (1 + exp(-Double(logit)))
          return [Float(1 - signal), Float(signal)]
        }
      }
      return stride(from: 0, to: outputs.count, by: names.count).flatMap { start in
        Self.softmax(outputs[start..<start + names.count])
      }
    }
  }

  private static func softmax(_ logits: ArraySlice<Float>) -> [Float] {
    let top = Double(logits.max() ?? 0)
    let powers = logits.map { exp(Double($0) - top) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }
}
