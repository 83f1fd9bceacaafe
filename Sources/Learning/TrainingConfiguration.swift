import NeuralNetworks

/// How often the classes count.
public enum ClassBalance: String, Hashable, Codable, Sendable, CaseIterable {
  /// Weights as they come, scaled to mean 1.
  case asWeighted = "as_weighted"
  /// Each class's weights are scaled to an equal part of the total, then to mean 1.
  case equal
}

/// What becomes of events with negative weights (subtraction terms of generators at next-to-leading order).
public enum NegativeWeights: String, Hashable, Codable, Sendable, CaseIterable {
  /// They pull the other way: the loss stays an unbiased estimate. It may be without a lower bound where a network is
  /// large enough to single such events out; early stopping is what keeps it from doing so.
  case keep
  /// Their magnitude, each class scaled to the sum that it had.
  case magnitude
  /// They count 0, each class scaled to the sum that it had.
  case drop
}

/// What follows hidden layers where `dropout` is above 0.
public enum DropoutKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// Alpha dropout after SELU, plain dropout after all else.
  case automatic
  case plain
  case alpha
}

/// How a network is trained. Each key as *(type, default, range): meaning*.
///
/// It is also what a hyper-parameter trial fills in: every property is a plain value, checked as a whole by
/// ``validated()``.
public struct TrainingConfiguration: Hashable, Sendable {
  // MARK: The network

  /// *(integers, [352, 352, 352], each ≥ 1)*: units of the hidden layers.
  public var hiddenUnits = [352, 352, 352]
  /// *(word, selu)*: what follows each hidden layer.
  public var activation = Activation.selu
  /// *(word, lecun_normal)*: how weights start.
  public var initializer = Initializer.lecunNormal
  /// *(word, as `initializer`)*: how those of the first layer start.
  public var firstInitializer: Initializer?
  /// *(word, as `initializer`)*: how those of the last layer start.
  public var outputInitializer: Initializer?
  /// *(fraction, 0.1, [0, 1))*: dropout after hidden layers.
  public var dropout = 0.1
  /// *(automatic, plain or alpha; automatic)*.
  public var dropoutKind = DropoutKind.automatic
  /// *(integer, all, ≥ 0)*: how many hidden layers, counted from the last, have dropout.
  public var droppedLayers: Int?
  /// *(boolean, false)*: batch normalisation before each hidden activation.
  public var batchNormalization = false
  /// *(boolean, true)*: whether dense layers add a bias.
  public var bias = true

  // MARK: The loss

  /// *(loss, by the targets)*: cross-entropy for classes, mean squared error for values.
  public var loss: Loss?
  /// *(number, 0, ≥ 0)*: penalty `l1 Σ|w|` of dense layers' weights; losses are shown without it.
  public var l1 = 0.0
  /// *(number, 0, ≥ 0)*: penalty `l2 Σ w²` of dense layers' weights; losses are shown without it.
  public var l2 = 0.0
  /// *(as_weighted or equal, equal)*: how often the classes count.
  public var classBalance = ClassBalance.equal
  /// *(numbers, 1 for each class, > 0)*: factors of the classes' weights after the balance.
  public var classWeights: [Double]?
  /// *(keep, magnitude or drop; keep)*: what becomes of negative weights of training events.
  public var negativeWeights = NegativeWeights.keep
  /// *(resampling, none)*: copies or synthetic events of rare classes among the training events.
  public var resampling = Resampling.none

  // MARK: The descent

  /// *(integer, 1000, ≥ 1)*: the most passes over the training rows.
  public var epochs = 1000
  /// *(integer, 512, ≥ 1)*: rows of one step.
  public var batchSize = 512
  /// *(number, 1e-3, > 0)*: step size.
  public var learningRate = 1e-3
  /// *(schedule, constant)*: how the step size changes.
  public var schedule = LearningRateSchedule.constant
  /// *(optimiser, Nadam with momentum decay 0.004 and ε 1e-7)*.
  public var optimizer = OptimizerConfiguration.nadam()
  /// *(ramp, none)*: momentum that grows, for descent and RMSprop.
  public var momentumRamp: MomentumRamp?
  /// *(number, 0, ≥ 0)*: the gradient of every parameter gains this times the parameter.
  public var weightDecay = 0.0
  /// *(clipping, none; norms > 0)*: of gradients.
  public var clipping = GradientClipping.none

  // MARK: The end

  /// *(integer, 10, ≥ 1)*: epochs without a better validation loss before training stops.
  public var patience = 10
  /// *(number, 0, ≥ 0)*: by how much a validation loss must fall to count as better.
  public var minimumImprovement = 0.0
  /// *(fraction, 0, [0, 1))*: by which part of the best validation loss it must fall beside that.
  public var relativeImprovement = 0.0
  /// *(boolean, true)*: use the fused step where the network allows it; false is for tests and benchmarks.
  public var fused = true
  /// *(integer, 1, ≥ 1)*: epochs between two checkpoints, where there is a folder for them.
  public var checkpointInterval = 1

  public init() {}

  /// The network that these keys describe.
  public func architecture(inputs: Int, outputs: Int = 1) -> NetworkArchitecture {
    let isAlpha = dropoutKind == .alpha || (dropoutKind == .automatic && activation == .selu)
    let dropping: NetworkArchitecture.Dropping =
      dropout > 0 ? (isAlpha ? .alpha(rate: dropout) : .plain(rate: dropout)) : .none
    return .dense(
      inputs: inputs, hidden: hiddenUnits, outputs: outputs, activation: activation, dropping: dropping,
      initializer: initializer, firstInitializer: firstInitializer, outputInitializer: outputInitializer,
      isNormalized: batchNormalization, hasBias: bias, droppedLayers: droppedLayers ?? .max)
  }

  /// - Throws: ``LearningError/invalidConfiguration(key:value:allowed:)`` for the first key out of range.
  public func validated() throws -> Self {
    func need(_ condition: Bool, _ key: CodingKeys, _ value: some Any, _ allowed: String) throws {
      guard condition else {
        throw LearningError.invalidConfiguration(key: key.rawValue, value: "\(value)", allowed: allowed)
      }
    }
    func needPart(_ key: CodingKeys) -> (Bool, String, String) throws -> Void { { try need($0, key, $1, $2) } }
    func notNegative(_ value: Double, _ key: CodingKeys) throws {
      try need(value >= 0 && value.isFinite, key, value, "≥ 0")
    }
    try need(hiddenUnits.allSatisfy { $0 >= 1 }, .hiddenUnits, hiddenUnits, "numbers ≥ 1")
    try need(activation != .softmax, .activation, activation.word, "an activation of single elements")
    try need((0..<1).contains(dropout), .dropout, dropout, "[0, 1)")
    try need((droppedLayers ?? 0) >= 0, .droppedLayers, droppedLayers ?? 0, "≥ 0")
    try need(epochs >= 1, .epochs, epochs, "≥ 1")
    try need(batchSize >= 1, .batchSize, batchSize, "≥ 1")
    try need(learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "> 0")
    try need(patience >= 1, .patience, patience, "≥ 1")
    try notNegative(minimumImprovement, .minimumImprovement)
    try need((0..<1).contains(relativeImprovement), .relativeImprovement, relativeImprovement, "[0, 1)")
    try notNegative(l1, .l1)
    try notNegative(l2, .l2)
    try notNegative(weightDecay, .weightDecay)
    try need(clipping.norm.map { $0 > 0 && $0.isFinite } ?? true, .clipping, clipping, "a norm > 0")
    try need(classWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true, .classWeights, classWeights ?? [], "> 0")
    try need(checkpointInterval >= 1, .checkpointInterval, checkpointInterval, "≥ 1")
    if let ramp = momentumRamp {
      try need(optimizer.momentum != nil, .momentumRamp, "set", "with descent and RMSprop")
      try need((0..<1).contains(ramp.final) && ramp.epochs >= 1, .momentumRamp, ramp, "final in [0, 1), epochs ≥ 1")
    }
    try optimizer.validate(needPart(.optimizer))
    try schedule.validate(needPart(.schedule))
    try resampling.validate(needPart(.resampling))
    try validateLoss(needPart(.loss))
    return self
  }

  private func validateLoss(_ need: (Bool, String, String) throws -> Void) throws {
    guard case .asimov(let loss)? = loss else { return }
    try need(loss.signal > 0 && loss.signal.isFinite, "signal \(loss.signal)", "> 0")
    try need(loss.background > 0 && loss.background.isFinite, "background \(loss.background)", "> 0")
    try need(loss.uncertainty >= 0 && loss.uncertainty.isFinite, "uncertainty \(loss.uncertainty)", "≥ 0")
    try need(loss.warmUpEpochs >= 0, "warm-up \(loss.warmUpEpochs)", "≥ 0")
  }
}
