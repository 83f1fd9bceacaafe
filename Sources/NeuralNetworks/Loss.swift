import Tensors

/// What training makes small.
public enum Loss: Hashable, Codable, Sendable {
  /// Two classes: `ℓ = max(z, 0) − z y + ln(1 + exp(−|z|))` of one logit z, y 0 or 1.
  case binaryCrossEntropy
  /// K classes: `ℓ = ln Σ exp(z) − z_y` of K logits, y the number of the class.
  case categoricalCrossEntropy
  /// K numbers: `ℓ = Σ (z − t)² / K`.
  case meanSquaredError
  /// Two classes: the expected significance of the events selected.
  case asimov(AsimovLoss)

  /// The numbers at the end of a network for `classes` classes or values.
  public func outputs(classes: Int) -> Int {
    switch self {
    case .binaryCrossEntropy, .asimov: 1
    case .categoricalCrossEntropy, .meanSquaredError: classes
    }
  }

  /// The number whose quotient by the rows is followed: Σ w·ℓ; for the significance, which is one number of the whole
  /// batch, that number times the rows.
  /// - Parameters:
  ///   - outputs: [rows, K]; targets: [rows], or [rows, K] for the squared error; weights: [rows].
  @TorchActor
  public func sum(outputs: Tensor, targets: Tensor, weights: Tensor) throws -> Tensor {
    let rows = outputs.shape.first ?? 0
    switch self {
    case .binaryCrossEntropy:
      return try outputs.reshaped([rows]).binaryCrossEntropy(targets: targets, weights: weights, reduction: .sum)
    case .categoricalCrossEntropy:
      let classes = try targets.converted(to: .int64).reshaped([rows, 1])
      let logProbability = try outputs.logSoftmax(axis: 1).gathering(classes, axis: 1).reshaped([rows])
      return try -(logProbability * weights).sum()
    case .meanSquaredError:
      let width = outputs.shape.last ?? 1
      let squares = try (outputs - targets.reshaped([rows, width])).squared().sum(axes: [1])
      return try (squares * weights).sum() * (1 / Double(width))
    case .asimov(let loss):
      let logits = try outputs.reshaped([rows])
      guard let value = try loss.value(logits: logits, targets: targets, weights: weights) else {
        return try logits.binaryCrossEntropy(targets: targets, weights: weights, reduction: .sum)
      }
      return try value * Double(rows)
    }
  }
}

/// The significance of a counting experiment as a loss (Elwood and Krücker, arXiv:1806.00322): the network's score is the
/// probability that an event is selected, the batch stands for the expected events,
///
/// `s = S · Σ w p y / Σ w y`, `b = B · Σ w p (1 − y) / Σ w (1 − y)`, `p = 1/(1 + exp(−z))`,
///
/// and Z is Cowan's median significance with the uncertainty σ = r·b of the background.
///
/// A gradient of it says little while nothing is selected well: training begins with ``warmUpEpochs`` of binary
/// cross-entropy, and a batch without one of the classes is a step of cross-entropy. It needs batches large enough to
/// estimate s and b (thousands of rows).
public struct AsimovLoss: Hashable, Codable, Sendable {
  public enum Form: String, Hashable, Codable, Sendable, CaseIterable {
    /// `1/Z²`, as the authors' code has it: large gradients where the significance is small.
    case inverse
    /// `−Z`.
    case negative
  }

  /// S and B: events expected before the selection.
  public var signal, background: Double
  /// r: the relative uncertainty of the background that is left, 0 or more.
  public var uncertainty: Double
  public var form: Form
  public var warmUpEpochs: Int

  public init(
    signal: Double, background: Double, uncertainty: Double = 0, form: Form = .inverse, warmUpEpochs: Int = 5
  ) {
    self.signal = signal
    self.background = background
    self.uncertainty = uncertainty
    self.form = form
    self.warmUpEpochs = warmUpEpochs
  }

  /// Of the background expected before the selection: keeps logarithms finite where nothing of it is left.
  static let floor = 1e-6

  /// The loss of a batch; nil where it lacks one of the classes.
  @TorchActor
  func value(logits: Tensor, targets: Tensor, weights: Tensor) throws -> Tensor? {
    let signalWeights = try weights * targets
    let backgroundWeights = try weights - signalWeights
    let totals = (try signalWeights.sum().item(), try backgroundWeights.sum().item())
    guard totals.0 > 0, totals.1 > 0 else { return nil }
    // In double: Z² is a difference of numbers of the size of s and b.
    let selected = try logits.converted(to: .float64).sigmoid()
    let s = try (selected * signalWeights.converted(to: .float64)).sum() * (signal / totals.0)
    let b =
      try (selected * backgroundWeights.converted(to: .float64)).sum() * (background / totals.1)
      + background * AsimovLoss.floor
    let half = try halfSquare(s, b)
    switch form {
    case .inverse: return try (half * 2 + AsimovLoss.floor).reciprocal().converted(to: .float32)
    case .negative: return try -(half * 2 + AsimovLoss.floor).squareRoot().converted(to: .float32)
    }
  }

  /// Z²/2. With σ = r b the formula of Cowan's note becomes
  /// `(s + b)[ln(1 + s/b) + ln(1 + r² b) − ln(1 + r²(s + b))] − ln(1 + r² s/(1 + r² b))/r²`.
  @TorchActor
  private func halfSquare(_ s: Tensor, _ b: Tensor) throws -> Tensor {
    let sum = try s + b
    let ratio = try (s / b).log1p()
    guard uncertainty > 0 else { return try sum * ratio - s }
    let squared = uncertainty * uncertainty
    let bracket = try ratio + (b * squared).log1p() - (sum * squared).log1p()
    return try sum * bracket - (s * squared / (b * squared + 1)).log1p() * (1 / squared)
  }
}
