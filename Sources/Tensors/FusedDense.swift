internal import CTorch

/// What the fused step can apply after a matrix product.
public enum FusedActivation: Hashable, Sendable {
  case identity, selu, relu, sigmoid, tanh, silu
  case leakyRelu(slope: Double)
  case elu(alpha: Double)

  var code: CTorchActivation {
    switch self {
    case .identity: CTORCH_ACT_IDENTITY
    case .selu: CTORCH_ACT_SELU
    case .relu: CTORCH_ACT_RELU
    case .sigmoid: CTORCH_ACT_SIGMOID
    case .tanh: CTORCH_ACT_TANH
    case .silu: CTORCH_ACT_SILU
    case .leakyRelu: CTORCH_ACT_LEAKY_RELU
    case .elu: CTORCH_ACT_ELU
    }
  }

  var parameter: Float {
    switch self {
    case .leakyRelu(let value), .elu(let value): Float(value)
    default: 0
    }
  }
}

/// The losses that the fused step computes by itself.
public enum FusedLoss: Int32, Hashable, Sendable {
  /// Cross-entropy of one logit; targets [events], 0 or 1.
  case binaryCrossEntropy = 0
  /// Cross-entropy of K logits; targets [events], the class from 0 to K − 1.
  case categoricalCrossEntropy = 1
  /// The mean over the K outputs of the squared difference; targets [events, K].
  case meanSquaredError = 2
}

/// A chain of dense layers whose training step is fused: matrix products into buffers made once, bias + activation +
/// dropout + derivative in one pass, the optimiser in another. CPU, float32.
///
/// Equal to the plain path (autograd, one tensor operation after another) to rounding.
@TorchActor
public final class FusedDenseNetwork {
  /// What the optimiser keeps of earlier steps for one parameter.
  public typealias Moments = (m: Tensor, v: Tensor)

  /// One layer: `out = scale · (kept ? activation(in Wᵀ + b) : dropped) + shift`.
  public struct Layer: Sendable {
    public var weight: Tensor
    /// nil: none is added.
    public var bias: Tensor?
    /// nil in a network that only answers.
    public var weightMoments, biasMoments: Moments?
    public var activation = FusedActivation.identity
    /// Of 65536, as in ``Tensor/keepMask(rows:columns:threshold:key:step:device:)``; 0: no dropout.
    public var dropThreshold: UInt32 = 0
    public var dropped = 0.0, scale = 1.0, shift = 0.0
    public var maskKey: UInt64 = 0
    /// The gradient of the weight gains `l1 · sign(w) + l2 · w`.
    public var l1 = 0.0, l2 = 0.0

    public init(weight: Tensor, bias: Tensor?, weightMoments: Moments? = nil, biasMoments: Moments? = nil) {
      self.weight = weight
      self.bias = bias
      self.weightMoments = weightMoments
      self.biasMoments = biasMoments
    }

    @TorchActor var plain: CTorchDenseLayer {
      CTorchDenseLayer(
        weight: weight.handle, bias: bias?.handle, weight_m: weightMoments?.m.handle,
        weight_v: weightMoments?.v.handle, bias_m: biasMoments?.m.handle, bias_v: biasMoments?.v.handle,
        activation: activation.code.rawValue, drop_threshold: dropThreshold,
        activation_parameter: activation.parameter, dropped: Float(dropped), scale: Float(scale),
        shift: Float(shift), mask_key: maskKey, l1: Float(l1), l2: Float(l2))
    }
  }

  private let handle: OpaquePointer
  private let api: UnsafePointer<CTorchTable>
  private let inputs, outputs: Int

  /// - Throws: ``TensorError`` where widths do not follow each other.
  public init(layers: [Layer], largestBatch: Int) throws {
    let api = try TorchRuntime.table()
    var out: OpaquePointer?
    let status = api.pointee.dense_create(layers.map { $0.plain }, Int32(layers.count), Int64(largestBatch), &out)
    try TorchRuntime.check(status, api, "fused network", layers.map { $0.weight.shape })
    guard let out else {
      throw TensorError.failed(operation: "fused network", shapes: [], reason: "the room returned no network")
    }
    handle = out
    self.api = api
    inputs = layers.first?.weight.shape.last ?? 0
    outputs = layers.last?.weight.shape.first ?? 0
  }

  isolated deinit { api.pointee.dense_release(handle) }

  /// One training step on the rows named: forward with dropout at `step`, backward, update of all parameters.
  /// - Parameters:
  ///   - features: [events, inputs]; targets as the loss wants them; weights: [events]; all float32.
  /// - Returns: Σ w·ℓ over the rows; the gradient is of that sum divided by the number of rows.
  public func step(
    features: Tensor, targets: Tensor, weights: Tensor, rows: ArraySlice<Int32>, step: UInt64, loss: FusedLoss,
    update: OptimizerStep
  ) throws -> Double {
    var sum = 0.0
    var plain = update.plain
    let status = rows.withUnsafeBufferPointer { rows -> CTorchStatus in
      guard let base = rows.baseAddress else { return CTORCH_OK }
      return api.pointee.dense_step(
        handle, features.handle, targets.handle, weights.handle, base, Int64(rows.count), step, loss.rawValue,
        &plain, &sum)
    }
    try TorchRuntime.check(status, api, "fused training step", [features.shape, targets.shape, weights.shape])
    return sum
  }

  /// The first half of a step whose loss is the caller's: outputs [rows, outputs] with dropout at `step`.
  public func forward(features: Tensor, rows: ArraySlice<Int32>, step: UInt64) throws -> Tensor {
    try Tensor.new("fused forward pass", [features.shape]) { api, out in
      rows.withUnsafeBufferPointer { rows -> CTorchStatus in
        // An empty batch is refused by the room; it reads nothing.
        withUnsafePointer(to: 0 as Int32) { nowhere in
          api.dense_forward(handle, features.handle, rows.baseAddress ?? nowhere, Int64(rows.count), step, out)
        }
      }
    }
  }

  /// The second half: `seed` [rows, outputs] is the gradient of the loss with respect to the outputs.
  public func backward(seed: Tensor, update: OptimizerStep) throws {
    var plain = update.plain
    let status = api.pointee.dense_backward(handle, seed.handle, &plain)
    try TorchRuntime.check(status, api, "fused backward pass", [seed.shape])
  }

  /// Outputs without dropout, row-major [events, outputs], of `features`, row-major [events, inputs].
  public func outputs(_ features: [Float]) throws -> [Float] {
    precondition(inputs > 0 && features.count % inputs == 0, "\(features.count) values in rows of \(inputs)")
    let events = features.count / inputs
    var status = CTORCH_OK
    let values = [Float](unsafeUninitializedCapacity: events * outputs) { buffer, filled in
      features.withUnsafeBufferPointer { input in
        if let base = buffer.baseAddress, let from = input.baseAddress {
          status = api.pointee.dense_outputs(handle, from, Int64(events), base)
        }
      }
      filled = status == CTORCH_OK ? events * outputs : 0
    }
    try TorchRuntime.check(status, api, "fused forward pass", [[events, inputs]])
    return values
  }
}
