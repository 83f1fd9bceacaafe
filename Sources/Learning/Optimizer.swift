import Foundation
import NeuralNetworks
import Tensors

/// The part of an optimiser's state that is the same for all parameters.
public struct OptimizerClock: Hashable, Codable, Sendable {
  /// Steps taken.
  public var steps = 0
  /// `Π μ_i` of Nadam up to the last step.
  public var momentumProduct = 1.0

  public init() {}

  /// Advances to the next step and yields its numbers.
  /// - Parameter momentum: in place of the configuration's, for descent and RMSprop.
  public mutating func advance(
    _ configuration: OptimizerConfiguration, learningRate: Double, momentum: Double? = nil
  ) -> OptimizerStep {
    steps += 1
    let t = Double(steps)
    func moments(_ beta1: Double, _ beta2: Double, _ epsilon: Double) -> OptimizerStep {
      var step = OptimizerStep(.moments)
      step.beta1 = beta1
      step.beta2 = beta2
      step.epsilon = epsilon
      step.secondCorrection = 1 / (1 - pow(beta2, t))
      step.momentumRate = learningRate / (1 - pow(beta1, t))
      return step
    }
    switch configuration {
    case .nadam(let beta1, let beta2, let epsilon, let decay):
      // Dozat, "Incorporating Nesterov momentum into Adam" (2016), as in torch.optim.NAdam:
      // m̂ = μ_{t+1} m / (1 − Π_{i≤t+1} μ_i) + (1 − μ_t) g / (1 − Π_{i≤t} μ_i).
      let now = beta1 * (1 - 0.5 * pow(0.96, t * decay))
      let next = beta1 * (1 - 0.5 * pow(0.96, (t + 1) * decay))
      momentumProduct *= now
      var step = moments(beta1, beta2, epsilon)
      step.gradientRate = learningRate * (1 - now) / (1 - momentumProduct)
      step.momentumRate = learningRate * next / (1 - momentumProduct * next)
      return step
    case .adam(let beta1, let beta2, let epsilon): return moments(beta1, beta2, epsilon)
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      var step = moments(beta1, beta2, epsilon)
      step.keep = 1 - learningRate * decay
      return step
    case .sgd(let own, let nesterov):
      var step = OptimizerStep(.descent)
      step.beta1 = momentum ?? own
      step.nesterov = nesterov
      step.gradientRate = learningRate
      return step
    case .rmsprop(let decay, let own, let epsilon):
      var step = OptimizerStep(.rmsprop)
      step.beta1 = momentum ?? own
      step.beta2 = decay
      step.epsilon = epsilon
      step.gradientRate = learningRate
      return step
    case .adagrad(let epsilon, _):
      var step = OptimizerStep(.adagrad)
      step.epsilon = epsilon
      step.gradientRate = learningRate
      return step
    }
  }
}

/// Changes parameters by their gradients, one tensor operation after another: what the fused step is tested against.
@TorchActor
public final class Optimizer {
  /// What a step does beside the rule.
  public struct Extras: Hashable, Sendable {
    /// The gradient of every parameter gains `weightDecay · p` after clipping (PyTorch's `weight_decay`).
    public var weightDecay = 0.0
    /// Penalties `l1 Σ|w| + l2 Σ w²` of the dense layers' weights, whose gradients join before clipping (Keras's
    /// kernel regularisers).
    public var l1 = 0.0, l2 = 0.0
    public var clipping = GradientClipping.none

    public init() {}
  }

  public let configuration: OptimizerConfiguration
  public let extras: Extras
  public var learningRate: Double
  /// In place of the configuration's, where a ramp changes it.
  public var momentum: Double?
  public internal(set) var clock = OptimizerClock()
  let parameters: [NamedParameter]
  /// First and second moments by parameter, as ``OptimizerStep/Rule`` uses them.
  let moments: [FusedDenseNetwork.Moments]

  /// - Parameter parameters: those that are not trained are left alone.
  public init(
    _ configuration: OptimizerConfiguration, learningRate: Double, extras: Extras = Extras(),
    parameters: [NamedParameter]
  ) throws {
    self.configuration = configuration
    self.learningRate = learningRate
    self.extras = extras
    self.parameters = parameters.filter { $0.isTrained }
    moments = try self.parameters.map {
      let shape = $0.tensor.shape, type = try $0.tensor.elementType, device = $0.tensor.device
      return (
        try Tensor.zeros(shape: shape, type: type, device: device),
        try Tensor.full(configuration.initialSecondMoment, shape: shape, type: type, device: device)
      )
    }
  }

  /// Advances the clock; the numbers of the step that now begins.
  func advance() -> OptimizerStep {
    var step = clock.advance(configuration, learningRate: learningRate, momentum: momentum)
    step.coupledDecay = extras.weightDecay
    switch extras.clipping {
    case .none: step.clipping = .none
    case .each(let norm): step.clipping = .each(norm: norm)
    case .global(let norm): step.clipping = .global(norm: norm)
    }
    return step
  }

  /// One step along the gradients that the last backward pass left, which are then cleared.
  public func step() throws {
    let numbers = advance()
    guard parameters.allSatisfy({ $0.tensor.device == .cpu }) else { return try stepOnDevice(numbers) }
    try Tensor.withoutGradients {
      let gradients = try clipped(parameters.map { try penalised($0, $0.tensor.gradient()) })
      for (index, parameter) in parameters.enumerated() {
        try apply(numbers, parameter.tensor, gradients[index], moments[index])
        try parameter.tensor.clearGradient()
      }
    }
  }

  /// The same over all parameters at once, without waiting for the device.
  func stepOnDevice(_ numbers: OptimizerStep) throws {
    try numbers.apply(
      to: zip(parameters, moments).map { parameter, moments in
        let isWeight = parameter.tensor.shape.count == 2
        return (
          parameter: parameter.tensor, gradient: try parameter.tensor.gradient(), moments: moments,
          l1: isWeight ? extras.l1 : 0, l2: isWeight ? 2 * extras.l2 : 0
        )
      })
    for parameter in parameters { try parameter.tensor.clearGradient() }
  }

  private func penalised(_ parameter: NamedParameter, _ gradient: Tensor) throws -> Tensor {
    let p = try parameter.tensor.detached()
    guard p.shape.count == 2, extras.l1 != 0 || extras.l2 != 0 else { return gradient }
    let type = try p.elementType
    let sign = try p.isGreater(than: 0).converted(to: type) - p.isLess(than: 0).converted(to: type)
    return try gradient + sign * extras.l1 + p * (2 * extras.l2)
  }

  private func clipped(_ gradients: [Tensor]) throws -> [Tensor] {
    guard let limit = extras.clipping.norm else { return gradients }
    let squares = try gradients.map { try $0.squared().sum().item() }
    let isGlobal = if case .global = extras.clipping { true } else { false }
    return try gradients.enumerated().map { index, gradient in
      let norm = (isGlobal ? squares.reduce(0, +) : squares[index]).squareRoot()
      let factor = limit / (norm + 1e-6)
      return factor < 1 ? try gradient * factor : gradient
    }
  }

  private func apply(
    _ n: OptimizerStep, _ p: Tensor, _ gradient: Tensor, _ moment: FusedDenseNetwork.Moments
  ) throws {
    let g = n.coupledDecay == 0 ? gradient : try gradient + p.detached() * n.coupledDecay
    let (m, v) = moment
    if n.keep != 1 { try p.scale(by: n.keep) }
    switch n.rule {
    case .moments:
      try m.scale(by: n.beta1)
      try m.add(g, scaledBy: 1 - n.beta1)
      try v.scale(by: n.beta2)
      try v.add(product: g, g, scaledBy: 1 - n.beta2)
      let denominator = try (v * n.secondCorrection).squareRoot() + n.epsilon
      try p.add(quotient: try g * n.gradientRate + m * n.momentumRate, denominator, scaledBy: -1)
    case .descent:
      try m.scale(by: n.beta1)
      try m.add(g)
      try p.add(n.nesterov ? try g + m * n.beta1 : m, scaledBy: -n.gradientRate)
    case .rmsprop:
      try v.scale(by: n.beta2)
      try v.add(product: g, g, scaledBy: 1 - n.beta2)
      try m.scale(by: n.beta1)
      try m.add(quotient: g, try v.squareRoot() + n.epsilon)
      try p.add(m, scaledBy: -n.gradientRate)
    case .adagrad:
      try v.add(product: g, g)
      try p.add(quotient: g, try v.squareRoot() + n.epsilon, scaledBy: -n.gradientRate)
    }
  }
}
