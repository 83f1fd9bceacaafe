import Foundation
import Records
import Tensors

/// How a forward pass is meant.
public enum ForwardMode: Sendable {
  /// No dropout; batch normalisation by its running numbers.
  case inference
  /// Dropout masks are drawn from the seed's child of each layer's name, at `step`: equal steps, equal masks. Batch
  /// normalisation by the batch's own numbers, which its running numbers then follow.
  case training(masks: SeedTree, step: UInt64)
}

/// A map from tensors to tensors with its parameters.
@TorchActor
public protocol Layer: Sendable {
  func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor
}

/// `y = x Wᵀ + b`. Stored as PyTorch's Linear: `weight` [out, in], `bias` [out].
@TorchActor
public struct Dense: Layer {
  public let weight: Tensor
  /// nil: none is added.
  public let bias: Tensor?

  public init(
    _ scope: ParameterScope, inputs: Int, units: Int, initializer: Initializer, hasBias: Bool = true
  ) throws {
    weight = try scope.parameter("weight", shape: [units, inputs], initializer: initializer)
    bias = hasBias ? try scope.parameter("bias", shape: [units], initializer: .zeros) : nil
  }

  /// - Input: [batch, in]; output: [batch, out].
  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor {
    try input.linear(weight: weight, bias: bias)
  }
}

/// The arithmetic of dropout: `out = scale · (kept ? x : dropped) + shift`.
///
/// A unit is dropped where sixteen random bits are below ``threshold``, so rates are multiples of 1/65536, and scale
/// and shift are those of the rate so rounded.
public struct DropoutRule: Hashable, Sendable {
  /// Of 65536.
  public let threshold: UInt32
  public let dropped, scale, shift: Double

  /// Dropped units are zero and the others grow by 1/(1 − rate), so that the mean stays.
  public static func plain(rate: Double) -> DropoutRule {
    let threshold = threshold(rate)
    return DropoutRule(threshold: threshold, dropped: 0, scale: 1 / (1 - Double(threshold) / 65536), shift: 0)
  }

  /// Alpha dropout (Klambauer et al., arXiv:1706.02515, section 2): dropped units take SELU's lower limit
  /// `α′ = −λα`; then `a = (q(1 + p α′²))^(−1/2)`, `b = −a α′ p` restore mean 0 and variance 1, q = 1 − p.
  public static func alpha(rate: Double) -> DropoutRule {
    let threshold = threshold(rate)
    let p = Double(threshold) / 65536, q = 1 - p
    let limit = -Activation.seluAlpha * Activation.seluScale
    let a = 1 / (q * (1 + p * limit * limit)).squareRoot()
    return DropoutRule(threshold: threshold, dropped: limit, scale: a, shift: -a * limit * p)
  }

  private static func threshold(_ rate: Double) -> UInt32 {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in [0, 1), got \(rate)")
    return min(UInt32((rate * 65536).rounded()), 65535)
  }

  @TorchActor
  func apply(_ x: Tensor, name: String, mode: ForwardMode) throws -> Tensor {
    guard case .training(let masks, let step) = mode, threshold > 0 else { return x }
    let shape = x.shape
    let columns = shape.last ?? 1
    let mask = try Tensor.keepMask(
      rows: columns == 0 ? 0 : x.count / columns, columns: columns, threshold: threshold,
      key: masks.child(name).derivedSeed, step: step, device: x.device
    ).reshaped(shape).converted(to: x.elementType)
    let kept = try x * mask
    if dropped == 0 { return try kept * scale }
    // scale·(m x + (1 − m) dropped) + shift
    return try kept * scale + (mask * (-scale * dropped) + (scale * dropped + shift))
  }
}

/// ``DropoutRule/plain(rate:)`` as a layer.
@TorchActor
public struct Dropout: Layer {
  public let rule: DropoutRule
  let name: String

  public init(rate: Double, name: String) {
    rule = .plain(rate: rate)
    self.name = name
  }

  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor {
    try rule.apply(input, name: name, mode: mode)
  }
}

/// ``DropoutRule/alpha(rate:)`` as a layer.
@TorchActor
public struct AlphaDropout: Layer {
  public let rule: DropoutRule
  let name: String

  public init(rate: Double, name: String) {
    rule = .alpha(rate: rate)
    self.name = name
  }

  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor {
    try rule.apply(input, name: name, mode: mode)
  }
}

/// An ``Activation`` as a layer.
@TorchActor
public struct ActivationLayer: Layer {
  public let activation: Activation

  public init(_ activation: Activation) { self.activation = activation }

  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor { try activation(input) }
}
