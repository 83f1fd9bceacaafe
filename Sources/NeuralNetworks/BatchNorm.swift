import Tensors

/// `y = weight · (x − mean)/√(variance + ε) + bias` by column: batch normalisation (Ioffe and Szegedy, arXiv:1502.03167) as
/// PyTorch's BatchNorm1d, whose names and conventions it keeps.
///
/// In training the mean and the variance (divided by n) are the batch's, and the running ones move towards them by
/// `momentum`, the variance divided by n − 1; at inference the running ones are used. Events count alike: weights enter the
/// loss only.
@TorchActor
public struct BatchNorm: Layer {
  public let weight, bias, runningMean, runningVariance: Tensor
  public let momentum, epsilon: Double

  public init(_ scope: ParameterScope, features: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) throws {
    weight = try scope.parameter("weight", shape: [features], initializer: .ones)
    bias = try scope.parameter("bias", shape: [features], initializer: .zeros)
    runningMean = try scope.buffer("running_mean", shape: [features], initializer: .zeros)
    runningVariance = try scope.buffer("running_var", shape: [features], initializer: .ones)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// - Input and output: [batch, features]. A training batch needs at least two rows.
  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor {
    guard case .training = mode else {
      return try normalised(input, runningMean, runningVariance)
    }
    let rows = input.shape.first ?? 0
    guard rows > 1 else { throw NetworkError.batchTooSmall(rows: rows) }
    let mean = try input.mean(axes: [0])
    let variance = try (input - mean).squared().mean(axes: [0])
    let unbiased = Double(rows) / Double(rows - 1)
    try runningMean.scale(by: 1 - momentum)
    try runningMean.add(mean.detached(), scaledBy: momentum)
    try runningVariance.scale(by: 1 - momentum)
    try runningVariance.add(variance.detached(), scaledBy: momentum * unbiased)
    return try normalised(input, mean, variance)
  }

  private func normalised(_ x: Tensor, _ mean: Tensor, _ variance: Tensor) throws -> Tensor {
    try (x - mean) / (variance + epsilon).squareRoot() * weight + bias
  }
}
