internal import CTorch

/// The numbers of one step of an optimiser, the same for all parameters. `g` is the gradient of a parameter `p`, `m` and
/// `v` are what the optimiser keeps of the steps before. In order: clipping, then `g` gains `coupledDecay · p`, then
/// the rule.
public struct OptimizerStep: Hashable, Sendable {
  public enum Rule: Int32, Hashable, Sendable {
    /// Nadam, Adam, AdamW:
    /// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`,
    /// `p ← keep · p − (gradientRate · g + momentumRate · m) / (√(v · secondCorrection) + ε)`.
    case moments = 0
    /// `m ← β₁ m + g`, `p ← keep · p − gradientRate · m`, or `… · (g + β₁ m)` with `nesterov`.
    case descent = 1
    /// `v ← β₂ v + (1 − β₂) g²`, `m ← β₁ m + g / (√v + ε)`, `p ← keep · p − gradientRate · m`.
    case rmsprop = 2
    /// `v ← v + g²`, `p ← keep · p − gradientRate · g / (√v + ε)`.
    case adagrad = 3
  }

  /// How gradients are kept from growing: multiplied by `limit / (norm + 10⁻⁶)` where that is below one.
  public enum Clipping: Hashable, Sendable {
    case none
    /// The norm of each parameter's gradient by itself.
    case each(norm: Double)
    /// The norm of all gradients together.
    case global(norm: Double)
  }

  public var rule: Rule
  public var clipping = Clipping.none
  public var beta1 = 0.0, beta2 = 0.0, gradientRate = 0.0, momentumRate = 0.0, epsilon = 0.0
  public var keep = 1.0, secondCorrection = 1.0, coupledDecay = 0.0
  public var nesterov = false

  public init(_ rule: Rule) { self.rule = rule }

  var plain: CTorchOptimizerStep {
    let (kind, norm): (CTorchClipping, Double) =
      switch clipping {
      case .none: (CTORCH_CLIP_NONE, 0)
      case .each(let norm): (CTORCH_CLIP_EACH, norm)
      case .global(let norm): (CTORCH_CLIP_GLOBAL, norm)
      }
    return CTorchOptimizerStep(
      rule: rule.rawValue, nesterov: nesterov ? 1 : 0, clipping: kind.rawValue, clip_norm: norm, beta1: beta1,
      beta2: beta2, keep: keep, gradient_rate: gradientRate, momentum_rate: momentumRate,
      second_correction: secondCorrection, epsilon: epsilon, coupled_decay: coupledDecay)
  }
}

extension Tensor {
  /// One step in one pass over memory; changes this tensor, `m` and `v`. Clipping is left to the caller, who knows all
  /// gradients.
  public func apply(_ step: OptimizerStep, gradient: Tensor, m: Tensor, v: Tensor) throws {
    var plain = step.plain
    let status = api.pointee.optimizer_step(handle, gradient.handle, m.handle, v.handle, &plain)
    try TorchRuntime.check(status, api, "optimiser step", [shape, gradient.shape, m.shape, v.shape])
  }
}

extension OptimizerStep {
  /// One parameter with all that its update touches. The gradient gains `l1 · sign(p) + l2 · p` before clipping.
  public typealias Update = (
    parameter: Tensor, gradient: Tensor, moments: FusedDenseNetwork.Moments, l1: Double, l2: Double
  )

  /// One step of all parameters by a few operations over all of them: penalties, clipping and the rule, on any device,
  /// without waiting for a number. Changes parameters and moments.
  @TorchActor
  public func apply(to updates: [Update]) throws {
    guard !updates.isEmpty else { return }
    let api = try TorchRuntime.table()
    let rows = updates.map {
      CTorchUpdated(
        parameter: $0.parameter.handle, gradient: $0.gradient.handle, m: $0.moments.m.handle, v: $0.moments.v.handle,
        l1: $0.l1, l2: $0.l2)
    }
    var numbers = plain
    let status = api.pointee.optimizer_step_all(rows, Int32(rows.count), &numbers)
    try TorchRuntime.check(status, api, "optimiser step", updates.map { $0.parameter.shape })
  }
}
