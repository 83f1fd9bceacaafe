internal import CTorch

/// A chain of dense layers whose training step stays in a device's memory: the sample is there, batches are gathered
/// there, masks are drawn there, and a run over many batches waits for nothing. On a CUDA device a full batch is one
/// launch; on the CPU, for tests, its kernels run one after another.
///
/// Equal to ``FusedDenseNetwork`` to rounding, with the same masks.
@TorchActor
public final class ResidentDenseNetwork {
  private let handle: OpaquePointer
  private let api: UnsafePointer<CTorchTable>

  /// - Parameter rows: the most rows of a run; 0 for a network that only answers.
  /// - Throws: ``TensorError`` where widths do not follow each other or tensors lie on different devices.
  public init(layers: [FusedDenseNetwork.Layer], largestBatch: Int, rows: Int) throws {
    let api = try TorchRuntime.table()
    var out: OpaquePointer?
    let status = api.pointee.resident_create(
      layers.map { $0.plain }, Int32(layers.count), Int64(largestBatch), Int64(rows), &out)
    try TorchRuntime.check(status, api, "resident network", layers.map { $0.weight.shape })
    guard let out else {
      throw TensorError.failed(operation: "resident network", shapes: [], reason: "the room returned no network")
    }
    handle = out
    self.api = api
  }

  isolated deinit { api.pointee.resident_release(handle) }

  /// Sends what a run over batches needs: batch b takes `batch` rows of `order` from `b · batch`, has dropout at
  /// `firstStep + b` and follows `updates[b]`. All updates are of one rule and one clipping.
  public func begin(order: [Int32], batch: Int, firstStep: UInt64, updates: [OptimizerStep]) throws {
    let plain = updates.map(\.plain)
    let status = api.pointee.resident_begin(
      handle, order, Int64(order.count), Int64(batch), firstStep, plain, Int64(plain.count))
    try TorchRuntime.check(status, api, "the beginning of a run", [[order.count]])
  }

  /// Issues the steps of these batches of the run, in order, without waiting for them.
  public func run(
    features: Tensor, targets: Tensor, weights: Tensor, loss: FusedLoss, batches: Range<Int>
  ) throws {
    let status = api.pointee.resident_run(
      handle, features.handle, targets.handle, weights.handle, loss.rawValue, Int64(batches.lowerBound),
      Int64(batches.upperBound))
    try TorchRuntime.check(status, api, "resident training steps", [features.shape, targets.shape, weights.shape])
  }

  /// Waits for the run: Σ w·ℓ of each of its `count` batches.
  public func losses(count: Int) throws -> [Double] {
    var values = [Double](repeating: 0, count: count)
    try TorchRuntime.check(
      api.pointee.resident_losses(handle, &values, Int64(count)), api, "losses of a run", [[count]])
    return values
  }

  /// The first half of a run of one batch whose loss is the caller's: outputs [rows, outputs] with dropout.
  public func forward(features: Tensor) throws -> Tensor {
    try Tensor.new("resident forward pass", [features.shape]) { api, out in
      api.resident_forward(handle, features.handle, out)
    }
  }

  /// The second half: `seed` [rows, outputs] is the gradient of the loss with respect to the outputs.
  public func backward(seed: Tensor) throws {
    try TorchRuntime.check(
      api.pointee.resident_backward(handle, seed.handle), api, "resident backward pass", [seed.shape])
  }

  /// Outputs without dropout, [events, outputs] on the CPU, of `features` [events, inputs] on any device.
  public func outputs(_ features: Tensor) throws -> Tensor {
    try Tensor.new("resident answers", [features.shape]) { api, out in
      api.resident_outputs(handle, features.handle, out)
    }
  }
}
