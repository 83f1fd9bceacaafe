internal import CTorch

extension Tensor {
  // MARK: Arithmetic (shapes broadcast as in PyTorch)

  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(CTORCH_ADD, "addition", b) }
  public static func - (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(CTORCH_SUBTRACT, "subtraction", b) }
  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(CTORCH_MULTIPLY, "multiplication", b) }
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(CTORCH_DIVIDE, "division", b) }
  public static func + (a: Tensor, b: Double) throws -> Tensor { try a.binary(CTORCH_ADD, "addition", b) }
  public static func - (a: Tensor, b: Double) throws -> Tensor { try a.binary(CTORCH_SUBTRACT, "subtraction", b) }
  public static func * (a: Tensor, b: Double) throws -> Tensor { try a.binary(CTORCH_MULTIPLY, "multiplication", b) }
  public static func / (a: Tensor, b: Double) throws -> Tensor { try a.binary(CTORCH_DIVIDE, "division", b) }
  public static prefix func - (a: Tensor) throws -> Tensor { try a.unary(CTORCH_NEGATE, "negation") }

  public func maximum(_ other: Tensor) throws -> Tensor { try binary(CTORCH_MAXIMUM, "maximum", other) }
  public func minimum(_ other: Tensor) throws -> Tensor { try binary(CTORCH_MINIMUM, "minimum", other) }

  /// Comparisons yield boolean tensors.
  public func isEqual(to other: Tensor) throws -> Tensor { try binary(CTORCH_EQUAL, "comparison", other) }
  public func isLess(than other: Tensor) throws -> Tensor { try binary(CTORCH_LESS, "comparison", other) }
  public func isGreater(than other: Tensor) throws -> Tensor { try binary(CTORCH_GREATER, "comparison", other) }
  public func isLess(than other: Double) throws -> Tensor { try binary(CTORCH_LESS, "comparison", other) }
  public func isGreater(than other: Double) throws -> Tensor { try binary(CTORCH_GREATER, "comparison", other) }

  // MARK: Products

  /// [.., n, k] · [.., k, m] → [.., n, m].
  public func matmul(_ other: Tensor) throws -> Tensor { try binary(CTORCH_MATMUL, "matrix product", other) }

  /// input [.., in], weight [out, in], bias [out] → [.., out].
  public func linear(weight: Tensor, bias: Tensor?) throws -> Tensor {
    try derive("linear", weight) { $0.linear(handle, weight.handle, bias?.handle, $1) }
  }

  // MARK: Functions of each element

  public func exp() throws -> Tensor { try unary(CTORCH_EXP, "exp") }
  public func log() throws -> Tensor { try unary(CTORCH_LOG, "log") }
  public func log1p() throws -> Tensor { try unary(CTORCH_LOG1P, "log1p") }
  public func expm1() throws -> Tensor { try unary(CTORCH_EXPM1, "expm1") }
  public func squareRoot() throws -> Tensor { try unary(CTORCH_SQRT, "square root") }
  public func squared() throws -> Tensor { try unary(CTORCH_SQUARE, "square") }
  public func magnitude() throws -> Tensor { try unary(CTORCH_ABS, "abs") }
  public func reciprocal() throws -> Tensor { try unary(CTORCH_RECIPROCAL, "reciprocal") }
  public func power(_ exponent: Double) throws -> Tensor { try unary(CTORCH_POWER, "power", exponent) }
  public func clamped(to range: ClosedRange<Double>) throws -> Tensor {
    try unary(CTORCH_CLAMP, "clamp", range.lowerBound, range.upperBound)
  }

  public func sigmoid() throws -> Tensor { try unary(CTORCH_SIGMOID, "sigmoid") }
  public func logSigmoid() throws -> Tensor { try unary(CTORCH_LOG_SIGMOID, "log sigmoid") }
  public func tanh() throws -> Tensor { try unary(CTORCH_TANH, "tanh") }
  public func relu() throws -> Tensor { try unary(CTORCH_RELU, "relu") }
  public func selu() throws -> Tensor { try unary(CTORCH_SELU, "selu") }
  public func silu() throws -> Tensor { try unary(CTORCH_SILU, "silu") }
  public func gelu() throws -> Tensor { try unary(CTORCH_GELU, "gelu") }
  public func softplus() throws -> Tensor { try unary(CTORCH_SOFTPLUS, "softplus") }
  public func leakyRelu(slope: Double) throws -> Tensor { try unary(CTORCH_LEAKY_RELU, "leaky relu", slope) }
  public func elu(alpha: Double) throws -> Tensor { try unary(CTORCH_ELU, "elu", alpha) }

  // MARK: Reductions

  /// Over `axes`, or over all of them where none is given.
  public func sum(axes: [Int] = [], keepingAxes keep: Bool = false) throws -> Tensor {
    try reduce(CTORCH_SUM, "sum", axes, keep)
  }
  public func mean(axes: [Int] = [], keepingAxes keep: Bool = false) throws -> Tensor {
    try reduce(CTORCH_MEAN, "mean", axes, keep)
  }
  public func max(axes: [Int] = [], keepingAxes keep: Bool = false) throws -> Tensor {
    try reduce(CTORCH_MAX, "max", axes, keep)
  }
  public func min(axes: [Int] = [], keepingAxes keep: Bool = false) throws -> Tensor {
    try reduce(CTORCH_MIN, "min", axes, keep)
  }
  public func logSumExp(axes: [Int] = [], keepingAxes keep: Bool = false) throws -> Tensor {
    try reduce(CTORCH_LOGSUMEXP, "logsumexp", axes, keep)
  }

  public func softmax(axis: Int) throws -> Tensor { try along(CTORCH_SOFTMAX, "softmax", axis) }
  public func logSoftmax(axis: Int) throws -> Tensor { try along(CTORCH_LOG_SOFTMAX, "log softmax", axis) }
  /// The index of the largest element, int64.
  public func argmax(axis: Int) throws -> Tensor { try along(CTORCH_ARGMAX, "argmax", axis) }
  public func cumulativeSum(axis: Int) throws -> Tensor { try along(CTORCH_CUMSUM, "cumulative sum", axis) }

  // MARK: Shape and selection

  public func reshaped(_ shape: [Int]) throws -> Tensor {
    try derive("reshape to \(shape)") { $0.reshape(handle, shape.map(Int64.init), Int32(shape.count), $1) }
  }

  public func transposed(_ first: Int = 0, _ second: Int = 1) throws -> Tensor {
    try derive("transpose of axes \(first) and \(second)") { $0.transpose(handle, Int64(first), Int64(second), $1) }
  }

  /// A view of `range` along `axis`.
  public func slice(axis: Int = 0, _ range: Range<Int>) throws -> Tensor {
    try derive("slice \(range) of axis \(axis)") {
      $0.narrow(handle, Int64(axis), Int64(range.lowerBound), Int64(range.count), $1)
    }
  }

  public static func concatenated(_ parts: [Tensor], axis: Int = 0) throws -> Tensor {
    try new("concatenation along axis \(axis)", parts.map(\.shape)) { api, out in
      api.concatenate(parts.map(\.handle), Int32(parts.count), Int64(axis), out)
    }
  }

  /// The slices along `axis` that `indices` (int64, one axis) names, in its order.
  public func selecting(_ indices: Tensor, axis: Int = 0) throws -> Tensor {
    try derive("selection", indices) { $0.select_rows(handle, Int64(axis), indices.handle, $1) }
  }

  /// `out[i][j] = self[indices[i][j]][j]` for axis 0, and likewise for others, as `torch.gather`.
  public func gathering(_ indices: Tensor, axis: Int) throws -> Tensor {
    try derive("gather", indices) { $0.gather(handle, Int64(axis), indices.handle, $1) }
  }

  /// `a` where this boolean tensor is true, else `b`.
  public func choosing(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try derive("choice", a, b) { $0.choose(handle, a.handle, b.handle, $1) }
  }

  // MARK: Losses

  /// How the losses of the elements become the result.
  public enum LossReduction: Int32, Sendable {
    case none = 0
    case mean = 1
    case sum = 2
  }

  /// `w·(max(z, 0) − z·y + ln(1 + exp(−|z|)))` of logits z (this tensor), targets y and weights w, all of one shape.
  /// The mean divides by the number of elements, not by the sum of weights, as PyTorch does.
  public func binaryCrossEntropy(
    targets: Tensor, weights: Tensor? = nil, reduction: LossReduction = .mean
  ) throws -> Tensor {
    try derive("binary cross-entropy", targets) {
      $0.binary_cross_entropy(handle, targets.handle, weights?.handle, reduction.rawValue, $1)
    }
  }

  public func meanSquaredError(targets: Tensor, reduction: LossReduction = .mean) throws -> Tensor {
    try derive("mean squared error", targets) {
      $0.mean_squared_error(handle, targets.handle, reduction.rawValue, $1)
    }
  }

  // MARK: Calls by operation code

  private func unary(
    _ operation: CTorchUnary, _ name: String, _ first: Double = 0, _ second: Double = 0
  ) throws -> Tensor {
    try derive(name) { $0.unary(operation.rawValue, handle, first, second, $1) }
  }

  private func binary(_ operation: CTorchBinary, _ name: String, _ other: Tensor) throws -> Tensor {
    try derive(name, other) { $0.binary(operation.rawValue, handle, other.handle, $1) }
  }

  private func binary(_ operation: CTorchBinary, _ name: String, _ other: Double) throws -> Tensor {
    try derive(name) { $0.binary_scalar(operation.rawValue, handle, other, $1) }
  }

  private func reduce(_ operation: CTorchReduction, _ name: String, _ axes: [Int], _ keep: Bool) throws -> Tensor {
    try derive("\(name) over axes \(axes)") {
      $0.reduce(operation.rawValue, handle, axes.map(Int64.init), Int32(axes.count), keep ? 1 : 0, $1)
    }
  }

  private func along(_ operation: CTorchAlong, _ name: String, _ axis: Int) throws -> Tensor {
    try derive("\(name) along axis \(axis)") { $0.along(operation.rawValue, handle, Int64(axis), $1) }
  }
}
