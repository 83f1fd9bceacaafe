import Foundation
import NeuralNetworks
import Records
import Tensors

/// The state of one training and its steps, on LibTorch's thread.
///
/// With `fused` the step runs in the room's kernels where the chain allows it, on a CUDA device those that keep the sample
/// there; else one tensor operation after another. All draw the same shuffles and masks and agree to rounding.
@TorchActor
final class TrainingSession {
  let configuration: TrainingConfiguration
  let network: Sequential
  let optimizer: Optimizer
  let loss: Loss
  var isFused: Bool { fused != nil || resident != nil }
  private let fused: FusedDenseNetwork?
  private let resident: ResidentChain?
  private let device: Device
  private let seed: SeedTree
  private let data: TrainingData
  private let validation: TrainingData
  private let features, targets, weights: Tensor
  private let protected: Tensor?
  private let objective: (any TrainingObjective)?
  /// Of the next epoch, drawn while the device was at work.
  private var nextOrder: [Int32]?
  /// Of this epoch, on a device, so that no batch waits for its own numbers.
  private var placedOrder: Tensor?

  private(set) var history = TrainingHistory()
  /// After the last epoch of this session; nil before its first.
  private(set) var standing: TrainingStanding?
  private(set) var best: [String: StoredParameter]
  private(set) var scheduleState = LearningRateSchedule.State()
  /// The objective's numbers, now and in the best epoch.
  private(set) var objectiveState, bestObjectiveState: [Double]

  init(
    architecture: NetworkArchitecture, configuration: TrainingConfiguration, loss: Loss = .binaryCrossEntropy,
    seed: SeedTree, data: TrainingData, validation: TrainingData, objective: (any TrainingObjective)? = nil,
    initial: [String: StoredParameter]? = nil, device: Device = TorchRuntime.device, staysOnDevice: Bool? = nil
  ) throws {
    self.device = device
    self.configuration = configuration
    self.loss = loss
    self.seed = seed
    self.data = data
    self.validation = validation
    self.objective = objective
    objectiveState = objective?.initialState ?? []
    bestObjectiveState = objectiveState
    network = try Sequential(
      architecture, initial.map { .stored($0) } ?? .initialized(seed.child("parameters")), device: device)
    var extras = Optimizer.Extras()
    extras.weightDecay = configuration.weightDecay
    extras.l1 = configuration.l1
    extras.l2 = configuration.l2
    extras.clipping = configuration.clipping
    optimizer = try Optimizer(
      configuration.optimizer, learningRate: configuration.learningRate, extras: extras,
      parameters: network.parameters)
    best = try network.stored()
    features = try Tensor(data.features, shape: [data.rows, data.columns], device: device)
    targets =
      data.targetsAreFeatures
      ? features
      : try Tensor(
        data.targets, shape: data.targetWidth == 1 ? [data.rows] : [data.rows, data.targetWidth], device: device)
    weights = try Tensor(data.weights, shape: [data.rows], device: device)
    protected = try data.protected.map { try Tensor($0, shape: [data.rows], device: device) }
    let layers =
      configuration.fused && objective?.hiddenDepth == nil
      ? FusedChain(network, optimizer: optimizer, masks: seed.child("masks"))?.layers : nil
    let batch = min(configuration.batchSize, data.rows)
    if let layers, staysOnDevice ?? (device != .cpu) {
      fused = nil
      resident = try ResidentChain(layers, batch: batch, rows: data.rows, validation, device)
    } else {
      fused = try layers.map { try FusedDenseNetwork(layers: $0, largestBatch: batch) }
      resident = nil
    }
  }

  private var warmUpEpochs: Int {
    if let objective { return objective.warmUpEpochs }
    return if case .asimov(let loss) = loss { loss.warmUpEpochs } else { 0 }
  }

  var isFinished: Bool {
    let done = history.epochs.count
    return done >= configuration.epochs
      || (done > 0 && done - max(history.bestEpoch, warmUpEpochs) >= configuration.patience)
  }

  private var batchesPerEpoch: Int { (data.rows + configuration.batchSize - 1) / configuration.batchSize }

  /// One pass over the training rows in a new order, then the validation loss.
  func runEpoch(_ cancellation: CancellationToken) throws {
    let epoch = history.epochs.count + 1
    let order = nextOrder ?? self.order(epoch)
    nextOrder = nil
    if let ramp = configuration.momentumRamp, let start = configuration.optimizer.momentum {
      optimizer.momentum = ramp.momentum(from: start, epoch: epoch - 1)
    }
    let current: Loss = objective == nil && epoch <= warmUpEpochs ? .binaryCrossEntropy : loss
    if let resident, objective == nil, let kind = current.fused {
      return try run(resident, kind, order, epoch, cancellation)
    }
    placedOrder = device == .cpu ? nil : try Tensor(order.map(Int64.init), shape: [order.count], device: device)
    var losses: [Double] = [], waiting: [Tensor] = []
    for batch in 0..<batchesPerEpoch {
      try cancellation.check()
      let rows = rows(of: batch, order)
      setLearningRate(epoch, batch)
      switch try step(rows, current, epoch) {
      case .known(let value):
        try check(value, epoch, batch, rows)
        losses.append(value)
      case .waiting(let value): waiting.append(value)
      }
    }
    if !waiting.isEmpty { losses = try Tensor.concatenated(waiting).doubles() }
    try finish(epoch, losses, order)
  }

  func order(_ epoch: Int) -> [Int32] {
    var random = seed.child("shuffle").stream(UInt64(epoch))
    return random.permutation(of: data.rows)
  }

  private func rows(of batch: Int, _ order: [Int32]) -> ArraySlice<Int32> {
    let start = batch * configuration.batchSize
    return order[start..<min(data.rows, start + configuration.batchSize)]
  }

  private func setLearningRate(_ epoch: Int, _ batch: Int) {
    let place = LearningRateSchedule.Place(
      batch: (epoch - 1) * batchesPerEpoch + batch, epoch: epoch - 1, batchesPerEpoch: batchesPerEpoch,
      epochs: configuration.epochs)
    optimizer.learningRate = configuration.schedule.rate(
      start: configuration.learningRate, at: place, state: scheduleState)
  }

  private func check(_ loss: Double, _ epoch: Int, _ batch: Int, _ rows: ArraySlice<Int32>) throws {
    guard loss.isFinite else {
      throw LearningError.diverged(epoch: epoch, batch: batch + 1, cause: try cause(rows))
    }
  }

  /// An epoch in a device's memory, whose losses are read after its last batch.
  private func run(
    _ resident: ResidentChain, _ loss: FusedLoss, _ order: [Int32], _ epoch: Int, _ cancellation: CancellationToken
  ) throws {
    let first = UInt64(optimizer.clock.steps)
    let updates = (0..<batchesPerEpoch).map { batch in
      setLearningRate(epoch, batch)
      return optimizer.advance()
    }
    try resident.training.begin(
      order: order, batch: min(configuration.batchSize, data.rows), firstStep: first, updates: updates)
    for start in stride(from: 0, to: batchesPerEpoch, by: ResidentChain.batchesAtATime) {
      try cancellation.check()
      try resident.training.run(
        features: features, targets: targets, weights: weights, loss: loss,
        batches: start..<min(batchesPerEpoch, start + ResidentChain.batchesAtATime))
    }
    if epoch < configuration.epochs { nextOrder = self.order(epoch + 1) }
    try finish(epoch, resident.training.losses(count: batchesPerEpoch), order)
  }

  /// - Parameter losses: Σ w·ℓ of each batch.
  private func finish(_ epoch: Int, _ losses: [Double], _ order: [Int32]) throws {
    for (batch, loss) in losses.enumerated() { try check(loss, epoch, batch, rows(of: batch, order)) }
    try finish(epoch, trainingLoss: losses.reduce(0, +) / Double(data.rows))
  }

  /// Weights have mean 1, so the number of rows is their sum.
  private func finish(_ epoch: Int, trainingLoss: Double) throws {
    let outputs = try validationOutputs()
    guard outputs.allSatisfy(\.isFinite) else {
      throw LearningError.diverged(epoch: epoch, batch: batchesPerEpoch, cause: try parameterCause())
    }
    let validationLoss = try validationLoss(outputs)
    guard trainingLoss.isFinite, validationLoss.isFinite else {
      throw LearningError.diverged(epoch: epoch, batch: batchesPerEpoch, cause: try parameterCause())
    }
    let before = history.bestValidationLoss
    history.epochs.append(TrainingEpoch(epoch: epoch, trainingLoss: trainingLoss, validationLoss: validationLoss))
    configuration.schedule.observe(validationLoss, start: configuration.learningRate, state: &scheduleState)
    let margin = before.isFinite ? configuration.relativeImprovement * abs(before) : 0
    if validationLoss < before - configuration.minimumImprovement - margin {
      history.bestEpoch = epoch
      best = try network.stored()
      bestObjectiveState = objectiveState
    }
    standing = history.epochs.last.map {
      TrainingStanding(epoch: $0, validationOutputs: outputs, isBest: history.bestEpoch == epoch)
    }
  }

  private func validationLoss(_ outputs: [Float]) throws -> Double {
    let width = network.architecture.outputs
    guard let objective else {
      return try loss.value(
        outputs: outputs, targets: validation.targets, weights: validation.weights, width: width)
    }
    let hidden = try objective.hiddenDepth.map { try validationOutputs(depth: $0) }
    return try objective.value(
      ObjectiveSample(
        outputs: outputs, hidden: hidden ?? [], targets: validation.targets, weights: validation.weights,
        protected: validation.protected, width: width),
      state: objectiveState)
  }

  /// Σ w·ℓ of a batch; on a device it is not waited for.
  private enum BatchLoss {
    case known(Double)
    case waiting(Tensor)
  }

  /// The loss of a batch, whose mean gradient is then followed.
  private func step(_ rows: ArraySlice<Int32>, _ loss: Loss, _ epoch: Int) throws -> BatchLoss {
    let number = UInt64(optimizer.clock.steps)
    if let resident {
      try resident.training.begin(
        order: Array(rows), batch: rows.count, firstStep: number, updates: [optimizer.advance()])
      let outputs = try resident.training.forward(features: features)
      try outputs.setRequiresGradient(true)
      let sum = try lossSum(loss, outputs, nil, rows, epoch)
      try resident.training.backward(seed: outputs.gradient())
      return sum
    }
    if let fused {
      let update = optimizer.advance()
      if objective == nil, let kind = loss.fused {
        return .known(
          try fused.step(
            features: features, targets: targets, weights: weights, rows: rows, step: number, loss: kind,
            update: update))
      }
      let outputs = try fused.forward(features: features, rows: rows, step: number)
      try outputs.setRequiresGradient(true)
      let sum = try lossSum(loss, outputs, nil, rows, epoch)
      try fused.backward(seed: outputs.gradient(), update: update)
      return sum
    }
    let (outputs, hidden) = try network.outputs(
      hidden: objective?.hiddenDepth ?? network.layers.count, features.selecting(index(rows)),
      mode: .training(masks: seed.child("masks"), step: number))
    let sum = try lossSum(loss, outputs, hidden, rows, epoch)
    try optimizer.step()
    return sum
  }

  /// - Parameter rows: a slice of the epoch's order.
  private func index(_ rows: ArraySlice<Int32>) throws -> Tensor {
    if let placedOrder { return try placedOrder.slice(rows.startIndex..<rows.endIndex) }
    return try Tensor(rows.map(Int64.init), shape: [rows.count])
  }

  /// The loss of outputs, and the gradient of its mean sent back.
  private func lossSum(
    _ loss: Loss, _ outputs: Tensor, _ hidden: Tensor?, _ rows: ArraySlice<Int32>, _ epoch: Int
  ) throws -> BatchLoss {
    let index = try index(rows)
    let (targets, weights) = (try targets.selecting(index), try weights.selecting(index))
    let sum: Tensor
    if let objective {
      let batch = ObjectiveBatch(
        outputs: outputs, hidden: hidden, targets: targets, weights: weights,
        protected: try protected?.selecting(index), epoch: epoch)
      sum = try objective.sum(batch, state: &objectiveState)
    } else {
      sum = try loss.sum(outputs: outputs, targets: targets, weights: weights)
    }
    try (sum * (1 / Double(rows.count))).backward()
    return device == .cpu ? .known(try sum.item()) : .waiting(try sum.detached().reshaped([1]))
  }

  private func validationOutputs(depth: Int? = nil) throws -> [Float] {
    if let resident, depth == nil { return try resident.validationOutputs() }
    return try Tensor.withoutGradients {
      try NetworkScoring.outputs(
        network, validation.features, columns: validation.columns, batchSize: 16_384, depth: depth, device: device)
    }
  }

  /// What in a batch is not finite: a column of the input, else a parameter.
  private func cause(_ rows: ArraySlice<Int32>) throws -> String {
    for row in rows {
      let start = Int(row) * data.columns
      for column in 0..<data.columns where !data.features[start + column].isFinite {
        let name = data.names.indices.contains(column) ? data.names[column] : "\(column)"
        return "feature '\(name)' is \(data.features[start + column]) in row \(row)"
      }
    }
    return try parameterCause()
  }

  private func parameterCause() throws -> String {
    for parameter in network.parameters where try !parameter.tensor.floats().allSatisfy(\.isFinite) {
      return "parameter '\(parameter.name)' is no longer finite"
    }
    return "the network's output is no longer finite"
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

  private typealias Kept = (name: String, tensor: Tensor)

  /// The tensors that the next epoch depends on.
  private var kept: [Kept] {
    var tensors: [Kept] = network.parameters.map { ("parameter.\($0.name)", $0.tensor) }
    for (parameter, moment) in zip(optimizer.parameters, optimizer.moments) {
      tensors.append(("m.\(parameter.name)", moment.m))
      tensors.append(("v.\(parameter.name)", moment.v))
    }
    return tensors
  }

  /// All numbers that the next epoch depends on.
  func snapshot() throws -> [String: StoredParameter] {
    var tensors: [String: StoredParameter] = [:]
    for (name, tensor) in kept {
      tensors[name] = StoredParameter(shape: tensor.shape, values: try tensor.floats())
    }
    for (name, value) in best { tensors["best.\(name)"] = value }
    return tensors
  }

  func restore(
    _ tensors: [String: StoredParameter], history: TrainingHistory, clock: OptimizerClock,
    schedule: LearningRateSchedule.State, objective: (now: [Double], best: [Double])
  ) throws {
    func stored(_ name: String) throws -> StoredParameter {
      guard let value = tensors[name] else {
        throw NetworkError.missingParameter(name: name, known: tensors.keys.sorted())
      }
      return value
    }
    try Tensor.withoutGradients {
      for (name, tensor) in kept {
        let value = try stored(name)
        try tensor.assign(Tensor(value.values, shape: value.shape))
      }
      for parameter in network.parameters { best[parameter.name] = try stored("best.\(parameter.name)") }
    }
    self.history = history
    (objectiveState, bestObjectiveState) = objective
    optimizer.clock = clock
    scheduleState = schedule
  }
}
