import NeuralNetworks

/// One step of a chain that was found in a graph.
enum FeedForwardStep: Hashable {
  /// `y = x Wᵀ + b`; weight [out, in].
  case dense(weight: TensorValues, bias: TensorValues?)
  case batchNorm(weight: TensorValues, bias: TensorValues, mean: TensorValues, variance: TensorValues, epsilon: Double)
  case activation(Activation)
  case subtract(TensorValues)
  case add(TensorValues)
  case multiply(TensorValues)
  case divide(TensorValues)
  /// Zero where the raw feature has the placeholder of its column; NaN is none.
  case missing(placeholders: TensorValues)
  /// (1 − p, p) of a single p.
  case complementAndSelf
  /// Keeps the values; what it does to the shape is right for rows of this width.
  case reshape(width: Int)
}
