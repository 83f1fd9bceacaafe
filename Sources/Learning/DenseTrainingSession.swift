import Foundation
import NeuralNetworks
import Records
import Tensors

/// The state of one training and its steps, on LibTorch's thread.
///
/// With `fused` the step runs in the room's kernels; else one tensor operation after another. Both draw the same shuffles
/// and masks and agree to rounding.
@TorchActor
final class DenseTrainingSession {
  let configuration: TrainingConfiguration
  let network: Sequential
  let optimizer: Optimizer
  private let fused: FusedDenseNetwork?
  private let seed: SeedTree
  private let data: TrainingData
  private let validation: TrainingData
  private let features, labels, weights: Tensor

  private(set) var history = TrainingHistory()
  private(set) var best: [String: StoredParameter]

  init(
    architecture: NetworkArchitecture, configuration: TrainingConfiguration, seed: SeedTree, data: TrainingData,
    validation: TrainingData
  ) throws {
    self.configuration = configuration
    self.seed = seed
    self.data = data
    self.validation = validation
    network = try Sequential(architecture, .initialized(seed.child("parameters")))
    optimizer = try Optimizer(
      configuration.optimizer, learningRate: configuration.learningRate, parameters: network.parameters)
    best = try network.stored()
    features = try Tensor(data.features, shape: [data.rows, data.columns])
    labels = try Tensor(data.labels, shape: [data.rows])
    weights = try Tensor(data.weights, shape: [data.rows])
    let hasMoments = if case .sgd = configuration.optimizer { false } else { true }
    let layers =
      configuration.fused && hasMoments
      ? try Self.fusedLayers(network, optimizer, masks: seed.child("masks")) : nil
    fused = try layers.map {
      try FusedDenseNetwork(layers: $0, largestBatch: min(configuration.batchSize, data.rows))
    }
  }

  /// The chain as fused layers: dense, then at most one activation and one dropout. `nil` for other chains.
  private static func fusedLayers(
    _ network: Sequential, _ optimizer: Optimizer, masks: SeedTree
  ) throws -> [FusedDenseNetwork.Layer]? {
    var layers: [FusedDenseNetwork.Layer] = []
    var parameter = 0
    var hasActivation = false
    for (index, layer) in network.architecture.layers.enumerated() {
      switch layer {
      case .dense:
        layers.append(
          FusedDenseNetwork.Layer(
            weight: network.parameters[parameter].tensor, bias: network.parameters[parameter + 1].tensor,
            weightMoments: optimizer.moments[parameter], biasMoments: optimizer.moments[parameter + 1],
            activation: .identity))
        parameter += 2
        hasActivation = false
      case .activation(let activation):
        guard !layers.isEmpty, !hasActivation, layers[layers.count - 1].dropThreshold == 0 else { return nil }
        layers[layers.count - 1].activation = activation.fused
        hasActivation = true
      case .dropout(let rate), .alphaDropout(let rate):
        guard !layers.isEmpty, layers[layers.count - 1].dropThreshold == 0 else { return nil }
        let isAlpha = if case .alphaDropout = layer { true } else { false }
        let rule = isAlpha ? DropoutRule.alpha(rate: rate) : DropoutRule.plain(rate: rate)
        layers[layers.count - 1].dropThreshold = rule.threshold
        layers[layers.count - 1].dropped = rule.dropped
        layers[layers.count - 1].scale = rule.scale
        layers[layers.count - 1].shift = rule.shift
        layers[layers.count - 1].maskKey = masks.child(String(index)).derivedSeed
      }
    }
    return layers
  }

  var isFinished: Bool {
    let done = history.epochs.count
    return done >= configuration.epochs || (done > 0 && done - history.bestEpoch >= configuration.patience)
  }

  /// One pass over the training rows in a new order, then the validation loss.
  func runEpoch(_ cancellation: CancellationToken) throws {
    let epoch = history.epochs.count + 1
    var order = (0..<Int32(data.rows)).map { $0 }
    var random = seed.child("shuffle").stream(UInt64(epoch))
    random.shuffle(&order)
    var loss = 0.0
    for start in stride(from: 0, to: data.rows, by: configuration.batchSize) {
      try cancellation.check()
      loss += try step(order[start..<min(data.rows, start + configuration.batchSize)])
    }
    let logits = try validationLogits()
    guard logits.allSatisfy(\.isFinite) else { throw LearningError.diverged(epoch: epoch) }
    let validationLoss = try Metrics.logLoss(
      logits: logits, labels: validation.labels, weights: validation.weights)
    // Weights have mean 1, so the number of rows is their sum.
    let trainingLoss = loss / Double(data.rows)
    guard trainingLoss.isFinite, validationLoss.isFinite else { throw LearningError.diverged(epoch: epoch) }
    let before = history.bestValidationLoss
    history.epochs.append(TrainingEpoch(epoch: epoch, trainingLoss: trainingLoss, validationLoss: validationLoss))
    if validationLoss < before - configuration.minimumImprovement {
      history.bestEpoch = epoch
      best = try network.stored()
    }
  }

  /// Σ w·ℓ of a batch, whose mean gradient is then followed.
  private func step(_ rows: ArraySlice<Int32>) throws -> Double {
    let number = UInt64(optimizer.clock.steps)
    if let fused {
      guard let update = optimizer.clock.advance(configuration.optimizer, learningRate: configuration.learningRate)
      else { preconditionFailure("a fused step needs an optimiser with moments") }
      return try fused.step(
        features: features, labels: labels, weights: weights, rows: rows, step: number, update: update)
    }
    let index = try Tensor(rows.map(Int64.init), shape: [rows.count])
    let logits = try network(
      features.selecting(index), mode: .training(masks: seed.child("masks"), step: number)
    ).reshaped([rows.count])
    let sum = try logits.binaryCrossEntropy(
      targets: labels.selecting(index), weights: weights.selecting(index), reduction: .sum)
    try (sum * (1 / Double(rows.count))).backward()
    try optimizer.step()
    return try sum.item()
  }

  private func validationLogits() throws -> [Float] {
    try Tensor.withoutGradients {
      try NetworkScoring.logits(network, validation.features, columns: validation.columns, batchSize: 16_384)
    }
  }

  func progress(_ name: String) -> ProgressUpdate {
    let last = history.epochs.last
    return ProgressUpdate(
      stage: name, completed: history.epochs.count,
      total: isFinished ? history.epochs.count : configuration.epochs,
      unit: "epochs",
      detail: last.map {
        String(
          format: "epoch %d, loss %.4f, validation %.4f (best %.4f in %d)", $0.epoch, $0.trainingLoss,
          $0.validationLoss, history.bestValidationLoss, history.bestEpoch)
      } ?? "")
  }

  // MARK: State

  /// All numbers that the next epoch depends on.
  func snapshot() throws -> [String: StoredParameter] {
    var tensors: [String: StoredParameter] = [:]
    for (parameter, moment) in zip(network.parameters, optimizer.moments) {
      for (kind, tensor) in [("parameter", parameter.tensor), ("m", moment.m), ("v", moment.v)] {
        tensors["\(kind).\(parameter.name)"] = StoredParameter(shape: tensor.shape, values: try tensor.floats())
      }
    }
    for (name, value) in best { tensors["best.\(name)"] = value }
    return tensors
  }

  func restore(_ tensors: [String: StoredParameter], history: TrainingHistory, clock: OptimizerClock) throws {
    func stored(_ name: String) throws -> StoredParameter {
      guard let value = tensors[name] else {
        throw NetworkError.missingParameter(name: name, known: tensors.keys.sorted())
      }
      return value
    }
    try Tensor.withoutGradients {
      for (parameter, moment) in zip(network.parameters, optimizer.moments) {
        for (kind, tensor) in [("parameter", parameter.tensor), ("m", moment.m), ("v", moment.v)] {
          let value = try stored("\(kind).\(parameter.name)")
          try tensor.assign(Tensor(value.values, shape: value.shape))
        }
        best[parameter.name] = try stored("best.\(parameter.name)")
      }
    }
    self.history = history
    optimizer.clock = clock
  }
}
