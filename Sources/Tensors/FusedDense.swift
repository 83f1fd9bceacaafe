internal import CTorch

/// The numbers of one step of Nadam, Adam or AdamW, the same for all parameters:
///
/// ```
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²       (g first gains coupledDecay · p)
/// p ← keep · p − (gradientRate · g + momentumRate · m) / (√(v · secondCorrection) + ε)
/// ```
public struct MomentStep: Hashable, Sendable {
  public var beta1, beta2, keep, gradientRate, momentumRate, secondCorrection, epsilon, coupledDecay: Double

  public init(
    beta1: Double, beta2: Double, keep: Double, gradientRate: Double, momentumRate: Double, secondCorrection: Double,
    epsilon: Double, coupledDecay: Double
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.keep = keep
    self.gradientRate = gradientRate
    self.momentumRate = momentumRate
    self.secondCorrection = secondCorrection
    self.epsilon = epsilon
    self.coupledDecay = coupledDecay
  }

  var plain: CTorchMomentStep {
    CTorchMomentStep(
      beta1: beta1, beta2: beta2, keep: keep, gradient_rate: gradientRate, momentum_rate: momentumRate,
      second_correction: secondCorrection, epsilon: epsilon, coupled_decay: coupledDecay)
  }
}

extension Tensor {
  /// One step of a moment-based optimiser in one pass over memory; changes this tensor, `m` and `v`.
  public func applyMomentStep(_ step: MomentStep, gradient: Tensor, m: Tensor, v: Tensor) throws {
    var plain = step.plain
    let status = api.pointee.moment_step(handle, gradient.handle, m.handle, v.handle, &plain)
    try TorchRuntime.check(status, api, "optimiser step", [shape, gradient.shape, m.shape, v.shape])
  }
}

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

/// A dense network for binary classification whose training step is fused: matrix products into buffers made once,
/// bias + activation + dropout + derivative in one pass, the optimiser in another. CPU, float32, one logit.
///
/// Equal to the plain path (autograd and ``Tensor/applyMomentStep(_:gradient:m:v:)``) to rounding.
@TorchActor
public final class FusedDenseNetwork {
  /// One layer: `out = scale · (kept ? activation(in Wᵀ + b) : dropped) + shift`.
  public struct Layer: Sendable {
    public var weight, bias: Tensor
    /// The optimiser's first and second moments of weight and bias.
    public var weightMoments, biasMoments: (m: Tensor, v: Tensor)
    public var activation: FusedActivation
    /// Of 65536, as in ``Tensor/keepMask(rows:columns:threshold:key:step:device:)``; 0: no dropout.
    public var dropThreshold: UInt32
    public var dropped, scale, shift: Double
    public var maskKey: UInt64

    public init(
      weight: Tensor, bias: Tensor, weightMoments: (m: Tensor, v: Tensor), biasMoments: (m: Tensor, v: Tensor),
      activation: FusedActivation, dropThreshold: UInt32 = 0, dropped: Double = 0, scale: Double = 1,
      shift: Double = 0, maskKey: UInt64 = 0
    ) {
      self.weight = weight
      self.bias = bias
      self.weightMoments = weightMoments
      self.biasMoments = biasMoments
      self.activation = activation
      self.dropThreshold = dropThreshold
      self.dropped = dropped
      self.scale = scale
      self.shift = shift
      self.maskKey = maskKey
    }

    @TorchActor fileprivate var plain: CTorchDenseLayer {
      CTorchDenseLayer(
        weight: weight.handle, bias: bias.handle, weight_m: weightMoments.m.handle, weight_v: weightMoments.v.handle,
        bias_m: biasMoments.m.handle, bias_v: biasMoments.v.handle, activation: activation.code.rawValue,
        drop_threshold: dropThreshold, activation_parameter: activation.parameter, dropped: Float(dropped),
        scale: Float(scale), shift: Float(shift), mask_key: maskKey)
    }
  }

  private let handle: OpaquePointer
  private let api: UnsafePointer<CTorchTable>

  /// - Throws: ``TensorError`` where widths do not follow each other or the last layer is not one logit.
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
  }

  isolated deinit { api.pointee.dense_release(handle) }

  /// One training step on the rows named: forward with dropout at `step`, backward, update of all parameters.
  /// - Parameters:
  ///   - features: [events, inputs]; labels and weights: [events]; all float32.
  /// - Returns: Σ w·ℓ over the rows; the gradient is of that sum divided by the number of rows.
  public func step(
    features: Tensor, labels: Tensor, weights: Tensor, rows: ArraySlice<Int32>, step: UInt64, update: MomentStep
  ) throws -> Double {
    var loss = 0.0
    var plain = update.plain
    let status = rows.withUnsafeBufferPointer { rows -> CTorchStatus in
      guard let base = rows.baseAddress else { return CTORCH_OK }
      return api.pointee.dense_step(
        handle, features.handle, labels.handle, weights.handle, base, Int64(rows.count), step, &plain, &loss)
    }
    try TorchRuntime.check(status, api, "fused training step", [features.shape, labels.shape, weights.shape])
    return loss
  }

  /// Logits without dropout, one for each row of `features` [events, inputs].
  public func logits(_ features: Tensor) throws -> [Float] {
    let events = features.shape.first ?? 0
    var status = CTORCH_OK
    let values = [Float](unsafeUninitializedCapacity: events) { buffer, filled in
      if let base = buffer.baseAddress, events > 0 { status = api.pointee.dense_logits(handle, features.handle, base) }
      filled = status == CTORCH_OK ? events : 0
    }
    try TorchRuntime.check(status, api, "fused forward pass", [features.shape])
    return values
  }
}
