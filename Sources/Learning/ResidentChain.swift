import NeuralNetworks
import Tensors

/// A chain of dense layers in a device's memory: one network that trains, one that answers for the validation rows.
@TorchActor
struct ResidentChain {
  /// Batches issued between two looks at the cancellation.
  static let batchesAtATime = 512
  /// Rows answered at a time.
  static let answersAtATime = 65_536

  let training: ResidentDenseNetwork
  private let answering: ResidentDenseNetwork
  private let validation: Tensor

  init(
    _ layers: [FusedDenseNetwork.Layer], batch: Int, rows: Int, _ held: TrainingData,
    _ device: Device
  ) throws {
    training = try ResidentDenseNetwork(layers: layers, largestBatch: batch, rows: rows)
    // The same parameters without moments and dropout.
    answering = try ResidentDenseNetwork(
      layers: layers.map { layer in
        var answer = FusedDenseNetwork.Layer(weight: layer.weight, bias: layer.bias)
        answer.activation = layer.activation
        return answer
      },
      largestBatch: min(held.rows, Self.answersAtATime), rows: 0)
    validation = try Tensor(held.features, shape: [held.rows, held.columns], device: device)
  }

  func validationOutputs() throws -> [Float] { try answering.outputs(validation).floats() }
}
