import Learning
import NeuralNetworks

/// Network and descent of a deep detector. Each key as *(type, default, range): meaning*.
///
/// The defaults are the best values that M. C. Romão, N. F. Castro and R. Pedro, Eur. Phys. J. C 81 (2021) 27, found for their
/// auto-encoder, beside ``deepSVDD`` for theirs; keys that they do not give (batch, cycle, patience) are this toolkit's.
public struct DeepNetworkConfiguration: Hashable, Codable, Sendable {
  /// What γ of the cyclical schedule is raised to.
  public enum GammaPeriod: String, Hashable, Codable, Sendable, CaseIterable {
    /// The number of batches so far: Smith's `exp_range`. Steps are gone after a few times 1/(1 − γ) batches, however many
    /// batches an epoch has.
    case batch
    /// The number of the cycle.
    case cycle
  }

  /// *(integer, 3, 1 … 64)*: hidden layers of the encoder; a decoder has as many.
  public var layers = 3
  /// *(integer, 93, ≥ 1)*: units of each hidden layer.
  public var units = 93
  /// *(integer, 16, ≥ 1)*: dimension of the latent space, whose layer has no activation.
  public var latent = 16
  /// *(number, 0.01, [0, 1))*: slope of LeakyReLU below zero.
  public var slope = 0.01
  /// *(word, glorot_uniform)*: how weights start.
  public var initializer = Initializer.glorotUniform

  /// *(number, 4.487459e-7, > 0)*: the least step size, where the cycle starts.
  public var initialLearningRate = 4.487459e-7
  /// *(number, 0.06396, > 0)*: the largest.
  public var maximumLearningRate = 0.063960
  /// *(number, 0.992, (0, 1])*: by which the largest step size shrinks.
  public var gamma = 0.992
  /// *(batch or cycle, batch)*: how often it does.
  public var gammaPeriod = GammaPeriod.batch
  /// *(number, 2, > 0)*: epochs from the least step size to the largest.
  public var halfCycleEpochs = 2.0
  /// *(number, 0, ≥ 0)*: the gradient of every parameter gains this times the parameter.
  public var weightDecay = 0.0
  /// *(number, 100, > 0 or none)*: the largest norm of a parameter's gradient.
  public var clipNorm: Double? = 100

  /// *(integer, 200, ≥ 1)*: the most passes over the background.
  public var epochs = 200
  /// *(integer, 512, ≥ 1)*: events of a step.
  public var batchSize = 512
  /// *(integer, 10, ≥ 1)*: epochs without a better validation loss before training stops.
  public var patience = 10
  /// *(boolean, true)*: use the fused step where the loss allows it; false is for tests and benchmarks.
  public var fused = true

  public init() {}

  /// The auto-encoder's best values.
  public static let autoEncoder = DeepNetworkConfiguration()

  /// Deep SVDD's best values.
  public static let deepSVDD = {
    var best = DeepNetworkConfiguration()
    best.layers = 1
    best.units = 128
    best.initialLearningRate = 1e-6
    best.maximumLearningRate = 0.02
    best.gamma = 0.995
    best.weightDecay = 1e-8
    best.clipNorm = nil
    return best
  }()

  /// - Throws: `LearningError.invalidConfiguration` for the first key out of range.
  public func validated() throws -> Self {
    func need(_ isRight: Bool, _ key: String, _ value: some Any, _ allowed: String) throws {
      guard isRight else { throw LearningError.invalidConfiguration(key: key, value: "\(value)", allowed: allowed) }
    }
    func positive(_ value: Double, _ key: String) throws { try need(value > 0 && value.isFinite, key, value, "> 0") }
    try need((1...64).contains(layers), "layers", layers, "1 … 64")
    try need(units >= 1, "units", units, "≥ 1")
    try need(latent >= 1, "latent", latent, "≥ 1")
    try need((0..<1).contains(slope), "slope", slope, "[0, 1)")
    try positive(initialLearningRate, "initial_lr")
    try positive(maximumLearningRate, "max_lr")
    try need(gamma > 0 && gamma <= 1, "gamma", gamma, "(0, 1]")
    try positive(halfCycleEpochs, "half_cycle_epochs")
    _ = try training(rows: batchSize).validated()
    return self
  }

  /// The descent over `rows` events.
  func training(rows: Int) -> TrainingConfiguration {
    var training = TrainingConfiguration()
    training.hiddenUnits = Array(repeating: units, count: layers)
    training.activation = .leakyRelu(slope: slope)
    training.initializer = initializer
    training.dropout = 0
    training.learningRate = initialLearningRate
    let batches = (rows + batchSize - 1) / max(batchSize, 1)
    training.schedule = .cyclical(
      maximum: maximumLearningRate, halfCycle: max(1, Int((Double(batches) * halfCycleEpochs).rounded())),
      shape: gammaPeriod == .batch ? .expRange(gamma: gamma) : .expCycle(gamma: gamma))
    training.optimizer = .adam()
    training.weightDecay = weightDecay
    training.clipping = clipNorm.map { .each(norm: $0) } ?? .none
    training.epochs = epochs
    training.batchSize = batchSize
    training.patience = patience
    training.fused = fused
    return training
  }

  /// From the features to the latent space: `layers` dense layers with LeakyReLU, then one without activation.
  /// - Parameter outputs: of the last layer, in place of the latent dimension.
  func encoder(hasBias: Bool, outputs: Int? = nil) -> [LayerDescription] {
    hiddenLayers(hasBias: hasBias) + [dense(outputs ?? latent, hasBias)]
  }

  /// From the latent space back to the features: the encoder mirrored.
  func decoder(features: Int, hasBias: Bool) -> [LayerDescription] {
    hiddenLayers(hasBias: hasBias) + [dense(features, hasBias)]
  }

  private func hiddenLayers(hasBias: Bool) -> [LayerDescription] {
    (0..<layers).flatMap { _ in [dense(units, hasBias), .activation(.leakyRelu(slope: slope))] }
  }

  private func dense(_ units: Int, _ hasBias: Bool) -> LayerDescription {
    hasBias ? .dense(units: units, initializer: initializer) : .linear(units: units, initializer: initializer)
  }
}
