import Foundation
@testable import NeuralNetworks
import Records
import Tensors
import Testing

@testable import Learning

/// The three ways to take a step: one tensor operation after another, fused, and in a device's memory (whose kernels
/// run on the CPU here).
private enum Path: String, CaseIterable, CustomTestStringConvertible {
  case plain, fused, resident
  var testDescription: String { rawValue }
}

private let rows = 300, columns = 7

/// Rows with weights from 0 to 2, some of them negative.
private func data(_ loss: Loss, outputs: Int, seed: Int = 1) -> TrainingData {
  var random = SeedTree(root: 21).child(seed).stream()
  let features = (0..<rows * columns).map { _ in Float(random.normal()) }
  let weights = (0..<rows).map { $0 % 17 == 3 ? -Float(random.uniform()) : Float(2 * random.uniform()) }
  let isValues = loss == .meanSquaredError
  let targets = (0..<(isValues ? rows * outputs : rows)).map { row -> Float in
    isValues ? Float(random.normal()) : Float(random.uniform() < 0.5 ? 0 : row % max(outputs, 2))
  }
  return TrainingData(
    features: features, targets: targets, weights: weights, columns: columns, targetWidth: isValues ? outputs : 1,
    names: (0..<columns).map { "x\($0)" })
}

private func configuration(_ change: (inout TrainingConfiguration) -> Void = { _ in }) -> TrainingConfiguration {
  var configuration = TrainingConfiguration()
  configuration.hiddenUnits = [130, 9]
  configuration.batchSize = 64
  configuration.learningRate = 0.01
  configuration.epochs = 3
  configuration.patience = 10
  change(&configuration)
  return configuration
}

@TorchActor
private func started(
  _ settings: TrainingConfiguration, _ loss: Loss = .binaryCrossEntropy, outputs: Int = 1, path: Path,
  data given: TrainingData? = nil
) throws -> TrainingSession {
  var settings = settings
  settings.fused = path != .plain
  let data = given ?? data(loss, outputs: outputs)
  return try TrainingSession(
    architecture: settings.architecture(inputs: columns, outputs: outputs), configuration: settings, loss: loss,
    seed: SeedTree(root: 5), data: data, validation: data, staysOnDevice: path == .resident)
}

private struct Case: Sendable, CustomTestStringConvertible {
  var name: String
  var loss: Loss
  var outputs: Int
  var settings: TrainingConfiguration
  var testDescription: String { name }

  init(
    _ name: String, _ loss: Loss = .binaryCrossEntropy, outputs: Int = 1,
    _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) {
    self.name = name
    self.loss = loss
    self.outputs = outputs
    settings = configuration(change)
  }
}

private let cases: [Case] = [
  Case("alpha-dropout"),
  Case("dropout") {
    $0.activation = .relu
    $0.initializer = .heNormal
    $0.dropout = 0.3
  },
  Case("without dropout") { $0.dropout = 0 },
  Case("without bias") { $0.bias = false },
  Case("leaky") { $0.activation = .leakyRelu(slope: 0.1) },
  Case("elu") { $0.activation = .elu(alpha: 0.7) },
  Case("sigmoid") { $0.activation = .sigmoid },
  Case("tanh") { $0.activation = .tanh },
  Case("silu") { $0.activation = .silu },
  Case("one large batch") { $0.batchSize = 300 },
  // 290 rows are 37 chunks of 8, which fold to 19; the last batch of 10 rows has 2.
  Case("a batch that folds") { $0.batchSize = 290 },
  Case("single rows at the end") { $0.batchSize = 23 },
  Case("penalties") {
    $0.l1 = 1e-3
    $0.l2 = 1e-2
  },
  Case("clipped together") { $0.clipping = .global(norm: 0.05) },
  Case("clipped each") { $0.clipping = .each(norm: 0.02) },
  Case("penalties and clipping") {
    $0.l1 = 1e-3
    $0.l2 = 1e-2
    $0.clipping = .global(norm: 0.05)
  },
  Case("descent") {
    $0.optimizer = .sgd(momentum: 0.9)
    $0.momentumRamp = MomentumRamp(final: 0.99, epochs: 5)
  },
  Case("nesterov") { $0.optimizer = .sgd(momentum: 0.9, nesterov: true) },
  Case("adam") { $0.optimizer = .adam() },
  Case("decayed") { $0.optimizer = .adamW(weightDecay: 0.05) },
  Case("rmsprop") { $0.optimizer = .rmsprop(decay: 0.9, momentum: 0.5) },
  Case("adagrad") { $0.optimizer = .adagrad(epsilon: 1e-7, initialSum: 0.1) },
  Case("coupled decay") { $0.weightDecay = 0.01 },
  Case("cyclical rate") { $0.schedule = .cyclical(maximum: 0.02, halfCycle: 4, shape: .triangular) },
  Case("classes", .categoricalCrossEntropy, outputs: 5),
  Case("values", .meanSquaredError, outputs: 3),
  Case("significance", .asimov(AsimovLoss(signal: 50, background: 1000, uncertainty: 0.1, warmUpEpochs: 1))) {
    $0.batchSize = 150
    $0.learningRate = 1e-3
  },
]

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct StepPathTests {
  /// Losses of three epochs with equal shuffles and masks, and the parameters after them.
  @Test(arguments: cases) private func allPathsAgreeToRounding(_ job: Case) async throws {
    try await TorchActor.run {
      var sessions: [Path: TrainingSession] = [:]
      for path in Path.allCases {
        let session = try started(job.settings, job.loss, outputs: job.outputs, path: path)
        #expect(session.isFused == (path != .plain))
        for _ in 0..<3 { try session.runEpoch(CancellationToken()) }
        sessions[path] = session
      }
      let plain = try #require(sessions[.plain])
      let expected = try plain.network.stored()
      for path in [Path.fused, .resident] {
        let found = try #require(sessions[path])
        for (a, b) in zip(found.history.epochs, plain.history.epochs) {
          #expect(abs(a.trainingLoss - b.trainingLoss) < 2e-5 * max(1, abs(b.trainingLoss)), "\(path)")
          #expect(abs(a.validationLoss - b.validationLoss) < 2e-5 * max(1, abs(b.validationLoss)), "\(path)")
        }
        for (name, value) in try found.network.stored() {
          let other = try #require(expected[name]).values
          // Rules that divide by the root of a square turn the rounding of a gradient near zero into a part of a step
          // of 1e-2: a few such elements may be 1e-3 apart, the mean is not.
          let differences = zip(value.values, other).map { abs(Double($0) - Double($1)) }
          #expect((differences.max() ?? 0) < 2e-3, "\(path) \(name)")
          #expect(differences.reduce(0, +) / Double(differences.count) < 2e-5, "\(path) \(name)")
        }
      }
    }
  }

  /// What no fused step knows is trained one operation after another, and says so.
  @Test func otherChainsAreTrainedPlainly() async throws {
    try await TorchActor.run {
      for path in [Path.fused, .resident] {
        let session = try started(configuration { $0.batchNormalization = true }, path: path)
        #expect(!session.isFused)
        try session.runEpoch(CancellationToken())
        #expect(session.history.epochs.count == 1)
      }
    }
  }

  @Test(arguments: Path.allCases) private func whatIsNotFiniteIsNamed(path: Path) async throws {
    try await TorchActor.run {
      for activation in [Activation.relu, .selu, .tanh] {
        var damaged = data(.binaryCrossEntropy, outputs: 1)
        let session = try started(configuration { $0.activation = activation }, path: path, data: damaged)
        // The row of the third batch of the first epoch's order.
        let row = Int(session.order(1)[2 * 64 + 5])
        damaged.features[row * columns + 4] = .nan
        let broken = try started(configuration { $0.activation = activation }, path: path, data: damaged)
        #expect {
          try broken.runEpoch(CancellationToken())
        } throws: {
          guard case LearningError.diverged(epoch: 1, batch: 3, cause: let cause) = $0 else { return false }
          return cause == "feature 'x4' is nan in row \(row)"
        }
      }
    }
  }

  @Test(arguments: Path.allCases) private func parametersThatRunAwayAreNamed(path: Path) async throws {
    try await TorchActor.run {
      for activation in [Activation.relu, .selu] {
        let session = try started(
          configuration {
            $0.activation = activation
            $0.optimizer = .sgd()
            $0.learningRate = 1e30
          }, path: path)
        #expect {
          for _ in 0..<3 { try session.runEpoch(CancellationToken()) }
        } throws: {
          guard case LearningError.diverged(_, _, let cause) = $0 else { return false }
          return cause.hasPrefix("parameter '")
        }
      }
    }
  }

  /// The step of all parameters at once, in double precision, against the one after another.
  @Test(arguments: cases.filter { $0.loss == .binaryCrossEntropy })
  private func theStepOfAllParametersIsTheSame(_ job: Case) async throws {
    try await TorchActor.run {
      let one = try stepped(job.settings) { try $0.step() }
      let all = try stepped(job.settings) { try $0.stepOnDevice($0.advance()) }
      for (a, b) in zip(one.joined(), all.joined()) { #expect(abs(a - b) < 1e-12) }
    }
  }
}

/// Parameters in double precision after four steps.
@TorchActor
private func stepped(
  _ settings: TrainingConfiguration, _ step: @TorchActor (Optimizer) throws -> Void
) throws -> [[Double]] {
  var random = SeedTree(root: 3).stream()
  let parameters = try [[4, 3], [4], [1, 4]].enumerated().map { index, shape in
    let tensor = try Tensor((0..<shape.reduce(1, *)).map { _ in random.normal() }, shape: shape)
    try tensor.setRequiresGradient(true)
    return NamedParameter(name: "\(index)", tensor: tensor, isTrained: true)
  }
  var extras = Optimizer.Extras()
  (extras.weightDecay, extras.l1, extras.l2) = (settings.weightDecay, settings.l1, settings.l2)
  extras.clipping = settings.clipping
  let optimizer = try Optimizer(settings.optimizer, learningRate: 0.02, extras: extras, parameters: parameters)
  for round in 0..<4 {
    for p in parameters { try (p.tensor * p.tensor * 0.5 + p.tensor * (0.1 * Double(round))).sum().backward() }
    try step(optimizer)
  }
  return try parameters.map { try $0.tensor.detached().doubles() }
}
