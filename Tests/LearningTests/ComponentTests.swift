import Foundation
import NeuralNetworks
import Records
import TestSupport
import Tensors
import Testing

@testable import Learning

/// Tests/Reference/training-components: PyTorch's numbers in double precision.
private struct Reference: Decodable {
  struct LossCase: Decodable {
    var name: String
    var outputs, gradient: [Double]
    var value: Double
  }
  struct Training: Decodable {
    var name, loss: String
    var batchNorm, bias: Bool
    var shapes: [String: [Int]]
    var start, end: [String: [Double]]
    var losses, outputs: [Double]
  }
  var x, w, binary, classes, values, plateauLosses: [Double]
  var optimisers: [String: [[Double]]]
  var schedules: [String: [Double]]
  var losses: [LossCase]
  var trainings: [Training]

  static func load() throws -> Reference {
    try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: referenceURL("training-components/components.json")))
  }

  /// Targets of a loss and the loss.
  func task(_ name: String) -> (loss: Loss, targets: [Double], width: Int, outputs: Int) {
    let asimov = AsimovLoss(signal: 50, background: 1000, uncertainty: 0.1, form: .inverse, warmUpEpochs: 0)
    switch name {
    case "categorical": return (.categoricalCrossEntropy, classes, 1, 3)
    case "squared": return (.meanSquaredError, values, 2, 2)
    case "asimov": return (.asimov(asimov), binary, 1, 1)
    case "asimov0":
      return (.asimov(AsimovLoss(signal: 50, background: 1000, form: .negative, warmUpEpochs: 0)), binary, 1, 1)
    default: return (.binaryCrossEntropy, binary, 1, 1)
    }
  }
}

private func distance(_ found: [Float], _ expected: [Double]) -> Double {
  #expect(found.count == expected.count)
  return zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
}

private func floats(_ values: [Double]) -> [Float] { values.map { Float($0) } }

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ComponentTests {
  @Test(arguments: [
    ("nesterov", OptimizerConfiguration.sgd(momentum: 0.8, nesterov: true), 0.02, 0.0),
    ("decayed", .sgd(momentum: 0.8), 0.02, 0.1), ("rmsprop", .rmsprop(decay: 0.9, epsilon: 1e-7), 0.02, 0),
    ("rmspropMomentum", .rmsprop(decay: 0.95, momentum: 0.6, epsilon: 1e-7), 0.02, 0), ("adagrad", .adagrad(), 0.1, 0),
    ("adagradKeras", .adagrad(epsilon: 1e-7, initialSum: 0.1), 0.1, 0),
    ("nadamKeras3", .nadam(momentumDecay: 1), 0.02, 0),
  ])
  func optimisersFollowPyTorch(name: String, rule: OptimizerConfiguration, rate: Double, decay: Double) async throws {
    let expected = try #require(try Reference.load().optimisers[name])
    try await TorchActor.run {
      let scope = ParameterScope(.stored(["p": StoredParameter(shape: [3], values: [1, -0.5, 0.25])]))
      let p = try scope.parameter("p", shape: [3], initializer: .zeros)
      var extras = Optimizer.Extras()
      extras.weightDecay = decay
      let optimizer = try Optimizer(rule, learningRate: rate, extras: extras, parameters: scope.finish())
      // The same rule in one pass over memory, on a copy.
      let q = try Tensor([1, -0.5, 0.25] as [Float], shape: [3])
      let moments = (
        m: try Tensor.zeros(shape: [3]), v: try Tensor.full(rule.initialSecondMoment, shape: [3])
      )
      var clock = OptimizerClock()
      for (step, values) in expected.enumerated() {
        try (p * p * 0.5 + p * (0.1 * Double(step + 1))).sum().backward()
        try optimizer.step()
        #expect(distance(try p.detached().floats(), values) < 1e-6)
        var numbers = clock.advance(rule, learningRate: rate)
        numbers.coupledDecay = decay
        try q.apply(numbers, gradient: q + 0.1 * Double(step + 1), m: moments.m, v: moments.v)
        #expect(distance(try q.floats(), values) < 1e-6)
      }
    }
  }

  @Test func lossesAndTheirGradients() async throws {
    let reference = try Reference.load()
    try await TorchActor.run {
      for peer in reference.losses {
        let (loss, targets, width, outputs) = reference.task(peer.name)
        let o = try Tensor(floats(peer.outputs), shape: [24, outputs])
        try o.setRequiresGradient(true)
        let t = try Tensor(floats(targets), shape: width == 1 ? [24] : [24, width])
        let mean = try loss.sum(outputs: o, targets: t, weights: Tensor(floats(reference.w), shape: [24])) * (1 / 24.0)
        #expect(abs(try mean.item() / peer.value - 1) < 1e-6, "\(peer.name)")
        try mean.backward()
        let largest = peer.gradient.map(abs).max() ?? 1
        #expect(distance(try o.gradient().floats(), peer.gradient) < 2e-6 * max(largest, 0.1), "\(peer.name)")
        // In double from float32 outputs; the mean is over the weights there.
        let sum = reference.w.reduce(0, +)
        let isRatio = if case .asimov = loss { true } else { false }
        let value = try loss.value(
          outputs: floats(peer.outputs), targets: floats(targets), weights: floats(reference.w), width: outputs)
        #expect(abs(value * (isRatio ? 1 : sum / 24) / peer.value - 1) < 1e-6, "\(peer.name)")
      }
    }
  }

  private static let trainings: [String: @Sendable (inout TrainingConfiguration) -> Void] = [
    "descent": { $0.optimizer = .sgd(momentum: 0.9) },
    "nesterov": {
      $0.optimizer = .sgd(momentum: 0.9, nesterov: true)
      $0.weightDecay = 0.01
    },
    "adam": {
      $0.optimizer = .adam()
      $0.learningRate = 0.01
    },
    "adamW": {
      $0.optimizer = .adamW(weightDecay: 0.05)
      $0.learningRate = 0.01
    },
    "rmsprop": {
      $0.optimizer = .rmsprop(decay: 0.9, momentum: 0.5)
      $0.learningRate = 0.01
    },
    "adagrad": { $0.optimizer = .adagrad() },
    "penalties": {
      $0.l1 = 0.003
      $0.l2 = 0.02
    },
    "clipped": { $0.clipping = .global(norm: 0.05) }, "clippedEach": { $0.clipping = .each(norm: 0.03) },
    "withoutBias": { $0.bias = false }, "categorical": { _ in }, "squared": { _ in }, "asimov": { _ in },
    "batchNorm": { $0.batchNormalization = true },
  ]

  /// Six full batches, one tensor operation after another and fused, against PyTorch.
  @Test(arguments: trainings.keys.sorted(), [false, true])
  func shortTrainings(name: String, fused: Bool) async throws {
    let reference = try Reference.load()
    let peer = try #require(reference.trainings.first { $0.name == name })
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = [7, 6]
    configuration.activation = .tanh
    configuration.dropout = 0
    configuration.batchSize = 24
    configuration.learningRate = 0.05
    configuration.optimizer = .sgd(momentum: 0.9)
    configuration.fused = fused
    let change = try #require(Self.trainings[name])
    change(&configuration)
    let settings = try configuration.validated()
    try await TorchActor.run {
      let (loss, targets, width, outputs) = reference.task(peer.loss)
      let data = TrainingData(
        features: floats(reference.x), targets: floats(targets), weights: floats(reference.w), columns: 5,
        targetWidth: width)
      let session = try TrainingSession(
        architecture: settings.architecture(inputs: 5, outputs: outputs), configuration: settings, loss: loss,
        seed: SeedTree(root: 1), data: data, validation: data)
      #expect(session.isFused == (fused && !peer.batchNorm))
      try session.network.assign(
        peer.start.reduce(into: [:]) {
          $0[$1.key] = StoredParameter(shape: peer.shapes[$1.key] ?? [], values: floats($1.value))
        })
      for _ in peer.losses { try session.runEpoch(CancellationToken()) }
      for (epoch, loss) in zip(session.history.epochs, peer.losses) {
        #expect(abs(epoch.trainingLoss - loss) < 2e-6 * max(1, loss))
      }
      let stored = try session.network.stored()
      #expect(stored.keys.sorted() == peer.end.keys.sorted())
      for (name, value) in stored {
        // float32 over six steps; rules that divide by the root of a small square keep 1e-5.
        #expect(distance(value.values, try #require(peer.end[name])) < 2e-5)
      }
      let x = try Tensor(floats(reference.x), shape: [24, 5])
      let found = try Tensor.withoutGradients { try session.network(x, mode: .inference).floats() }
      #expect(distance(found, peer.outputs) < 5e-5)
    }
  }
}

@Suite struct ScheduleTests {
  private func rates(
    _ schedule: LearningRateSchedule, start: Double = 0.01, epochs: Int, batches: Int = 1, losses: [Double]? = nil
  ) -> [Double] {
    var state = LearningRateSchedule.State()
    var found: [Double] = []
    for epoch in 0..<epochs {
      for batch in 0..<batches {
        let place = LearningRateSchedule.Place(
          batch: epoch * batches + batch, epoch: epoch, batchesPerEpoch: batches, epochs: epochs)
        found.append(schedule.rate(start: start, at: place, state: state))
      }
      if let losses { schedule.observe(losses[epoch], start: start, state: &state) }
    }
    return found
  }

  @Test(arguments: [
    ("step", LearningRateSchedule.step(epochs: 3, factor: 0.5), 10, 1),
    ("exponential", .exponential(factor: 0.9, each: .epoch, minimum: 0), 10, 1),
    ("cosine", .cosine(epochs: 10, minimum: 0.001), 10, 1),
    ("plateau", .plateau(factor: 0.5, patience: 2, threshold: 1e-4, minimum: 0.002), 15, 1),
    ("triangular", .cyclical(maximum: 0.06, halfCycle: 7, shape: .triangular), 1, 40),
    ("triangular2", .cyclical(maximum: 0.06, halfCycle: 7, shape: .triangular2), 1, 40),
    ("expRange", .cyclical(maximum: 0.06, halfCycle: 7, shape: .expRange(gamma: 0.99)), 1, 40),
    ("oneCycle", .oneCycle(maximum: 0.1, warmUp: 0.3, startDivision: 25, endDivision: 1e4), 4, 10),
  ])
  func followPyTorch(name: String, schedule: LearningRateSchedule, epochs: Int, batches: Int) throws {
    let reference = try Reference.load()
    let expected = try #require(reference.schedules[name])
    let found = rates(
      schedule, epochs: epochs, batches: batches, losses: name == "plateau" ? reference.plateauLosses : nil)
    #expect(found.count == expected.count)
    // PyTorch multiplies step by step: a few roundings.
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-12) }
  }

  /// The first peak is lower than the maximum by γ, each later one by γ more, as in TensorFlow Addons' `scale_mode = "cycle"`.
  @Test func peaksShrinkByCycle() {
    let found = rates(.cyclical(maximum: 0.06, halfCycle: 7, shape: .expCycle(gamma: 0.9)), epochs: 1, batches: 50)
    for (cycle, batch) in [7, 21, 35, 49].enumerated() {
      #expect(abs(found[batch] - (0.01 + 0.05 * pow(0.9, Double(cycle + 1)))) < 1e-15)
    }
    for batch in [0, 14, 28, 42] { #expect(abs(found[batch] - 0.01) < 1e-15) }
  }

  /// Smith's exponential range, from its formula: base 1e-3, maximum 6e-3, half a cycle of 2000, γ = 0.99994.
  @Test func exponentialRange() {
    let schedule = LearningRateSchedule.cyclical(maximum: 6e-3, halfCycle: 2000, shape: .expRange(gamma: 0.99994))
    let found = rates(schedule, start: 1e-3, epochs: 1, batches: 6001)
    let expected = [
      0: 0.001, 500: 0.0022130558, 1000: 0.0033544071, 2000: 0.0054345862, 3000: 0.0030881643, 4000: 0.001,
      6000: 0.0044883440,
    ]
    for (batch, rate) in expected { #expect(abs(found[batch] - rate) < 1e-9) }
  }

  /// The decay for each batch of Baldi, Sadowski and Whiteson, arXiv:1402.4735.
  @Test func decayForEachBatchStopsAtItsMinimum() {
    let schedule = LearningRateSchedule.exponential(factor: 1 / 1.5, each: .batch, minimum: 1e-3)
    let found = rates(schedule, start: 0.05, epochs: 2, batches: 10)
    #expect(abs(found[3] - 0.05 / 3.375) < 1e-15)
    #expect(found.last == 1e-3)
    #expect(abs(MomentumRamp(final: 0.99, epochs: 200).momentum(from: 0.9, epoch: 100) - 0.945) < 1e-12)
    #expect(MomentumRamp(final: 0.99, epochs: 200).momentum(from: 0.9, epoch: 300) == 0.99)
  }
}
