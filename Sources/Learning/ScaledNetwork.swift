import NeuralNetworks
import Tensors

/// Layers with their parameters and the scaling of what they take: all that answering for new events needs.
public struct ScaledNetwork: Hashable, Sendable {
  public var scaler: StandardScaler
  public var architecture: NetworkArchitecture
  /// By PyTorch's names.
  public var parameters: [String: StoredParameter]

  /// Rows answered at a time.
  private static let batchSize = 16_384

  public init(scaler: StandardScaler, architecture: NetworkArchitecture, parameters: [String: StoredParameter]) {
    self.scaler = scaler
    self.architecture = architecture
    self.parameters = parameters
  }

  /// What the first `depth` layers give, all where not told: row-major [rows, width of layer depth − 1].
  /// - Throws: ``LearningError`` for other columns, values that are not finite, or a depth that the network lacks.
  public func outputs(_ features: FeatureMatrix, depth: Int? = nil) async throws -> [Float] {
    let depth = depth ?? architecture.layers.count
    guard (0...architecture.layers.count).contains(depth), depth > 0 || architecture.layers.isEmpty else {
      throw LearningError.invalidConfiguration(
        key: "depth", value: "\(depth)", allowed: "1 to \(architecture.layers.count) layers")
    }
    let scaled = try scaler.transform(features)
    guard features.rowCount > 0 else { return [] }
    let columns = features.columnCount
    let (architecture, parameters) = (architecture, parameters)
    return try await TorchActor.run {
      let device = TorchRuntime.device
      if device != .cpu, depth == architecture.layers.count {
        return try NetworkScoring.outputs(architecture, parameters, scaled, columns: columns, device: device)
      }
      let network = try Sequential(architecture, .stored(parameters))
      if depth == architecture.layers.count, let chain = FusedChain(network) {
        return try FusedDenseNetwork(layers: chain.layers, largestBatch: 1024).outputs(scaled)
      }
      return try Tensor.withoutGradients {
        try NetworkScoring.outputs(network, scaled, columns: columns, batchSize: Self.batchSize, depth: depth)
      }
    }
  }
}
