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

  /// Advances to the next step and yields its numbers; nil for optimisers without moments.
  public mutating func advance(_ configuration: OptimizerConfiguration, learningRate: Double) -> MomentStep? {
    steps += 1
    let t = Double(steps)
    func step(_ beta1: Double, _ beta2: Double, _ epsilon: Double, keep: Double, gradient: Double, momentum: Double)
      -> MomentStep
    {
      MomentStep(
        beta1: beta1, beta2: beta2, keep: keep, gradientRate: gradient, momentumRate: momentum,
        secondCorrection: 1 / (1 - pow(beta2, t)), epsilon: epsilon, coupledDecay: 0)
    }
    switch configuration {
    case .nadam(let beta1, let beta2, let epsilon, let decay):
      // Dozat, "Incorporating Nesterov momentum into Adam" (2016), as in torch.optim.NAdam:
      // m̂ = μ_{t+1} m / (1 − Π_{i≤t+1} μ_i) + (1 − μ_t) g / (1 − Π_{i≤t} μ_i).
      let now = beta1 * (1 - 0.5 * pow(0.96, t * decay))
      let next = beta1 * (1 - 0.5 * pow(0.96, (t + 1) * decay))
      momentumProduct *= now
      return step(
        beta1, beta2, epsilon, keep: 1, gradient: learningRate * (1 - now) / (1 - momentumProduct),
        momentum: learningRate * next / (1 - momentumProduct * next))
    case .adam(let beta1, let beta2, let epsilon):
      return step(beta1, beta2, epsilon, keep: 1, gradient: 0, momentum: learningRate / (1 - pow(beta1, t)))
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      return step(
        beta1, beta2, epsilon, keep: 1 - learningRate * decay, gradient: 0,
        momentum: learningRate / (1 - pow(beta1, t)))
    case .sgd: return nil
    }
  }
}

/// Changes parameters by their gradients, one tensor operation after another: what the fused step is tested against.
@TorchActor
public final class Optimizer {
  public let configuration: OptimizerConfiguration
  public let learningRate: Double
  public internal(set) var clock = OptimizerClock()
  let parameters: [NamedParameter]
  /// First and second moments by parameter; for gradient descent `m` is the velocity.
  let moments: [(m: Tensor, v: Tensor)]

  public init(_ configuration: OptimizerConfiguration, learningRate: Double, parameters: [NamedParameter]) throws {
    self.configuration = configuration
    self.learningRate = learningRate
    self.parameters = parameters
    moments = try parameters.map {
      let shape = $0.tensor.shape, type = try $0.tensor.elementType, device = $0.tensor.device
      return (
        try Tensor.zeros(shape: shape, type: type, device: device),
        try Tensor.zeros(shape: shape, type: type, device: device)
      )
    }
  }

  /// One step along the gradients that the last backward pass left, which are then cleared.
  public func step() throws {
    let numbers = clock.advance(configuration, learningRate: learningRate)
    for (parameter, moment) in zip(parameters, moments) {
      let gradient = try parameter.tensor.gradient()
      if let numbers {
        try apply(numbers, parameter.tensor, gradient, moment)
      } else if case .sgd(let momentum) = configuration {
        try moment.m.scale(by: momentum)
        try moment.m.add(gradient)
        try parameter.tensor.add(moment.m, scaledBy: -learningRate)
      }
      try parameter.tensor.clearGradient()
    }
  }

  private func apply(_ n: MomentStep, _ p: Tensor, _ gradient: Tensor, _ moment: (m: Tensor, v: Tensor)) throws {
    try Tensor.withoutGradients {
      let g = n.coupledDecay == 0 ? gradient : try gradient + p.detached() * n.coupledDecay
      try moment.m.scale(by: n.beta1)
      try moment.m.add(g, scaledBy: 1 - n.beta1)
      try moment.v.scale(by: n.beta2)
      try moment.v.add(product: g, g, scaledBy: 1 - n.beta2)
      let denominator = try (moment.v * n.secondCorrection).squareRoot() + n.epsilon
      let direction = try g * n.gradientRate + moment.m * n.momentumRate
      if n.keep != 1 { try p.scale(by: n.keep) }
      try p.add(quotient: direction, denominator, scaledBy: -1)
    }
  }
}
