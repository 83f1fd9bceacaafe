/// How parameters follow the gradient.
public enum OptimizerConfiguration: Hashable, Codable, Sendable {
  /// Nadam as in `torch.optim.NAdam`: momentum `μ_t = β₁(1 − ½·0.96^{tψ})` with the decay ψ explicit (PyTorch, Keras 2
  /// and Dozat's report use 0.004; Keras 3 uses 1).
  case nadam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7, momentumDecay: Double = 0.004)
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101).
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01)
  /// Gradient descent; momentum without dampening, Nesterov's form as in PyTorch.
  case sgd(momentum: Double = 0, nesterov: Bool = false)
  /// Tieleman and Hinton's RMSprop as in PyTorch: ε is added to the root, momentum accumulates the scaled gradient.
  case rmsprop(decay: Double = 0.99, momentum: Double = 0, epsilon: Double = 1e-8)
  /// Duchi, Hazan and Singer, JMLR 12 (2011) 2121; the sum of squares starts at `initialSum` (PyTorch 0, Keras 0.1).
  case adagrad(epsilon: Double = 1e-10, initialSum: Double = 0)

  /// What the sums of squares start with.
  var initialSecondMoment: Double {
    if case .adagrad(_, let sum) = self { sum } else { 0 }
  }

  /// The momentum that a ``MomentumRamp`` starts from; nil where there is none to change.
  public var momentum: Double? {
    switch self {
    case .sgd(let momentum, _), .rmsprop(_, let momentum, _): momentum
    default: nil
    }
  }

  func validate(_ need: (Bool, String, String) throws -> Void) throws {
    func moments(_ beta1: Double, _ beta2: Double, _ epsilon: Double) throws {
      try need((0..<1).contains(beta1), "beta1 \(beta1)", "[0, 1)")
      try need((0..<1).contains(beta2), "beta2 \(beta2)", "[0, 1)")
      try need(epsilon > 0, "epsilon \(epsilon)", "> 0")
    }
    switch self {
    case .nadam(let beta1, let beta2, let epsilon, let decay):
      try moments(beta1, beta2, epsilon)
      try need(decay >= 0, "momentum decay \(decay)", "≥ 0")
    case .adam(let beta1, let beta2, let epsilon): try moments(beta1, beta2, epsilon)
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      try moments(beta1, beta2, epsilon)
      try need(decay >= 0, "weight decay \(decay)", "≥ 0")
    case .sgd(let momentum, _): try need((0..<1).contains(momentum), "momentum \(momentum)", "[0, 1)")
    case .rmsprop(let decay, let momentum, let epsilon): try moments(momentum, decay, epsilon)
    case .adagrad(let epsilon, let sum):
      try need(epsilon > 0, "epsilon \(epsilon)", "> 0")
      try need(sum >= 0 && sum.isFinite, "initial sum \(sum)", "≥ 0")
    }
  }
}

/// Momentum that grows linearly from the optimiser's own to `final` over `epochs` epochs and stays there.
public struct MomentumRamp: Hashable, Codable, Sendable {
  public var final: Double
  public var epochs: Int

  public init(final: Double, epochs: Int) {
    self.final = final
    self.epochs = epochs
  }

  /// In `epoch`, counted from 0.
  func momentum(from start: Double, epoch: Int) -> Double {
    start + (final - start) * min(1, Double(epoch) / Double(epochs))
  }
}

/// How gradients are kept from growing.
public enum GradientClipping: Hashable, Codable, Sendable {
  case none
  /// Each parameter's gradient has at most this norm (Keras's `clipnorm`).
  case each(norm: Double)
  /// All gradients together have at most this norm (`clip_grad_norm_`, Keras's `global_clipnorm`).
  case global(norm: Double)

  var norm: Double? {
    switch self {
    case .none: nil
    case .each(let norm), .global(let norm): norm
    }
  }
}
