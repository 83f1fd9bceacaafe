/// How parameters follow the gradient.
public enum OptimizerConfiguration: Hashable, Codable, Sendable {
  /// Nadam as in `torch.optim.NAdam`: momentum `μ_t = β₁(1 − ½·0.96^{tψ})` with the decay ψ explicit (PyTorch, Keras 2
  /// and Dozat's report use 0.004; Keras 3 uses 1).
  case nadam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7, momentumDecay: Double = 0.004)
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101).
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01)
  /// Gradient descent; momentum without dampening, as in PyTorch.
  case sgd(momentum: Double = 0)
}

/// How often the classes count.
public enum ClassBalance: String, Hashable, Codable, Sendable, CaseIterable {
  /// Weights as they come, scaled to mean 1.
  case asWeighted = "as_weighted"
  /// Each class's weights are scaled to half of the total, then to mean 1.
  case equal
}

/// How a network is trained. Each key as *(type, default, range): meaning*.
public struct TrainingConfiguration: Hashable, Codable, Sendable {
  /// *(integers, [352, 352, 352], each ≥ 1)*: units of the hidden layers.
  public var hiddenUnits = [352, 352, 352]
  /// *(fraction, 0.1, [0, 1))*: alpha-dropout after each hidden layer.
  public var dropout = 0.1
  /// *(integer, 1000, ≥ 1)*: the most passes over the training rows.
  public var epochs = 1000
  /// *(integer, 512, ≥ 1)*: rows of one step.
  public var batchSize = 512
  /// *(number, 1e-3, > 0)*: step size.
  public var learningRate = 1e-3
  /// *(optimiser, Nadam with momentum decay 0.004 and ε 1e-7)*.
  public var optimizer = OptimizerConfiguration.nadam()
  /// *(integer, 10, ≥ 1)*: epochs without a better validation loss before training stops.
  public var patience = 10
  /// *(number, 0, ≥ 0)*: by how much a validation loss must fall to count as better.
  public var minimumImprovement = 0.0
  /// *(as_weighted or equal, equal)*: how often the classes count.
  public var classBalance = ClassBalance.equal
  /// *(boolean, true)*: use the fused step where the network allows it; false is for tests and benchmarks.
  public var fused = true
  /// *(integer, 1, ≥ 1)*: epochs between two checkpoints, where there is a folder for them.
  public var checkpointInterval = 1

  public init() {}

  private enum CodingKeys: String, CodingKey {
    case hiddenUnits = "hidden_units"
    case dropout, epochs
    case batchSize = "batch_size"
    case learningRate = "learning_rate"
    case optimizer, patience
    case minimumImprovement = "minimum_improvement"
    case classBalance = "class_balance"
    case fused
    case checkpointInterval = "checkpoint_interval"
  }

  /// - Throws: ``LearningError/invalidConfiguration(key:value:allowed:)`` for the first key out of range.
  public func validated() throws -> Self {
    func need(_ condition: Bool, _ key: CodingKeys, _ value: some Any, _ allowed: String) throws {
      guard condition else {
        throw LearningError.invalidConfiguration(key: key.rawValue, value: "\(value)", allowed: allowed)
      }
    }
    try need(hiddenUnits.allSatisfy { $0 >= 1 }, .hiddenUnits, hiddenUnits, "numbers ≥ 1")
    try need((0..<1).contains(dropout), .dropout, dropout, "[0, 1)")
    try need(epochs >= 1, .epochs, epochs, "≥ 1")
    try need(batchSize >= 1, .batchSize, batchSize, "≥ 1")
    try need(learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "> 0")
    try need(patience >= 1, .patience, patience, "≥ 1")
    try need(minimumImprovement >= 0 && minimumImprovement.isFinite, .minimumImprovement, minimumImprovement, "≥ 0")
    try need(checkpointInterval >= 1, .checkpointInterval, checkpointInterval, "≥ 1")
    try validateOptimizer(need)
    return self
  }

  private func validateOptimizer(_ need: (Bool, CodingKeys, Any, String) throws -> Void) throws {
    func moments(_ beta1: Double, _ beta2: Double, _ epsilon: Double) throws {
      try need((0..<1).contains(beta1), .optimizer, "beta1 \(beta1)", "[0, 1)")
      try need((0..<1).contains(beta2), .optimizer, "beta2 \(beta2)", "[0, 1)")
      try need(epsilon > 0, .optimizer, "epsilon \(epsilon)", "> 0")
    }
    switch optimizer {
    case .nadam(let beta1, let beta2, let epsilon, let decay):
      try moments(beta1, beta2, epsilon)
      try need(decay >= 0, .optimizer, "momentum decay \(decay)", "≥ 0")
    case .adam(let beta1, let beta2, let epsilon): try moments(beta1, beta2, epsilon)
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      try moments(beta1, beta2, epsilon)
      try need(decay >= 0, .optimizer, "weight decay \(decay)", "≥ 0")
    case .sgd(let momentum): try need((0..<1).contains(momentum), .optimizer, "momentum \(momentum)", "[0, 1)")
    }
  }
}
