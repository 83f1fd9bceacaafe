import Foundation
import NeuralNetworks
import Records
import TestSupport
import Tensors
import Testing

@testable import Learning

/// Tests/Reference/training: PyTorch's numbers in double precision.
private struct Reference: Decodable {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var shapes: [String: [Int]]
    var start, gradients, end: [String: [Double]]
    var layers: [[Double]]
    var losses: [Double]
    var testDescription: String { name }

    var stored: [String: StoredParameter] {
      start.reduce(into: [:]) {
        $0[$1.key] = StoredParameter(shape: shapes[$1.key] ?? [], values: $1.value.map(Float.init))
      }
    }
  }
  var x, y, w: [Double]
  var cases: [Case]
  var optimisers: [String: [[Double]]]

  static func load() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: referenceURL("training/training.json")))
  }
}

private let activations: [String: Activation] = [
  "selu": .selu, "relu": .relu, "tanh": .tanh, "sigmoid": .sigmoid, "silu": .silu,
  "leakyRelu": .leakyRelu(slope: 0.1), "elu": .elu(alpha: 0.7),
]

/// The largest difference; both have the same length.
private func distance(_ found: [Float], _ expected: [Double]) -> Double {
  #expect(found.count == expected.count)
  return zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct PyTorchTests {
  @Test(arguments: activations.keys.sorted()) func layersAndGradients(name: String) async throws {
    let reference = try Reference.load()
    let peer = try #require(reference.cases.first { $0.name == name })
    let activation = try #require(activations[name])
    try await TorchActor.run {
      let network = try Sequential(
        .dense(inputs: 5, hidden: [7, 6], activation: activation), .stored(peer.stored))
      let x = try Tensor(reference.x.map(Float.init), shape: [24, 5])
      var h = x
      for (layer, expected) in zip(network.layers, peer.layers) {
        h = try layer(h, mode: .inference)
        // float32 with sums of at most seven terms of order one.
        #expect(distance(try h.detached().floats(), expected) < 2e-6)
      }
      try h.reshaped([24]).binaryCrossEntropy(
        targets: Tensor(reference.y.map(Float.init), shape: [24]),
        weights: Tensor(reference.w.map(Float.init), shape: [24])
      ).backward()
      for parameter in network.parameters {
        let expected = try #require(peer.gradients[parameter.name])
        #expect(distance(try parameter.tensor.gradient().floats(), expected) < 1e-6)
      }
    }
  }

  /// Five steps of Nadam on the whole sample, one tensor operation after another and fused, against torch.optim.NAdam.
  @Test(arguments: activations.keys.sorted(), [false, true]) func fiveSteps(name: String, fused: Bool) async throws {
    let reference = try Reference.load()
    let peer = try #require(reference.cases.first { $0.name == name })
    let activation = try #require(activations[name])
    var configuration = TrainingConfiguration()
    configuration.learningRate = 1e-2
    configuration.batchSize = 24
    configuration.fused = fused
    let settings = configuration
    try await TorchActor.run {
      let data = TrainingData(
        features: reference.x.map(Float.init), targets: reference.y.map(Float.init),
        weights: reference.w.map(Float.init), columns: 5)
      let session = try TrainingSession(
        architecture: .dense(inputs: 5, hidden: [7, 6], activation: activation), configuration: settings,
        seed: SeedTree(root: 1), data: data, validation: data)
      try session.network.assign(peer.stored)
      for _ in 0..<5 { try session.runEpoch(CancellationToken()) }
      for (epoch, loss) in zip(session.history.epochs, peer.losses) { #expect(abs(epoch.trainingLoss - loss) < 1e-6) }
      for (name, value) in try session.network.stored() {
        let expected = try #require(peer.end[name])
        // Where a gradient is nearly zero, Nadam divides its rounding by its size: 1e-4 of a step of 1e-2 is left.
        #expect(distance(value.values, expected) < 2e-5)
      }
    }
  }

  @Test(arguments: [
    ("nadam", OptimizerConfiguration.nadam()), ("adam", .adam()), ("adamW", .adamW(weightDecay: 0.05)),
    ("sgd", .sgd(momentum: 0.8)),
  ])
  func optimisers(name: String, configuration: OptimizerConfiguration) async throws {
    let expected = try #require(try Reference.load().optimisers[name])
    try await TorchActor.run {
      let start: [String: StoredParameter] = ["p": StoredParameter(shape: [3], values: [1, -0.5, 0.25])]
      let scope = ParameterScope(.stored(start))
      let p = try scope.parameter("p", shape: [3], initializer: .zeros)
      let optimizer = try Optimizer(configuration, learningRate: 0.02, parameters: scope.finish())
      for (step, values) in expected.enumerated() {
        try (p * p * 0.5 + p * (0.1 * Double(step + 1))).sum().backward()
        try optimizer.step()
        #expect(distance(try p.detached().floats(), values) < 1e-6)
      }
    }
  }

  @Test func filesOfPythonAreRead() throws {
    let url = referenceURL("training/pytorch.safetensors")
    let tensors = try Safetensors.decode(Data(contentsOf: url), path: url.path)
    #expect(tensors["0.weight"] == StoredParameter(shape: [2, 3], values: [0, 0.25, 0.5, 0.75, 1, 1.25]))
    #expect(tensors["0.bias"] == StoredParameter(shape: [2], values: [-1, 1e-3]))
  }

  /// The committed file passed `make_data.py --check` with Python's safetensors; the program writes the same bytes.
  @Test func pythonReadsWhatIsCommitted() throws {
    let tensors = [
      "0.weight": StoredParameter(shape: [2, 3], values: [0, 0.25, 0.5, 0.75, 1, 1.25]),
      "0.bias": StoredParameter(shape: [2], values: [-1, 1e-3]),
      "block.2.weight": StoredParameter(
        shape: [2, 1, 2], values: [.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 3]),
      "empty": StoredParameter(shape: [0, 4], values: []), "scale": StoredParameter(shape: [], values: [1.0 / 3]),
    ]
    let committed = referenceURL("training/searchlight.safetensors")
    let data = try Safetensors.encode(tensors)
    if ProcessInfo.processInfo.environment["SEARCHLIGHT_WRITE_REFERENCE"] == "1" { try data.write(to: committed) }
    #expect(try Data(contentsOf: committed) == data)
    #expect(try Safetensors.decode(data, path: "x") == tensors)
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"), .serialized)
struct ThreadTests {
  private func trained(threads: Int, fused: Bool) async throws -> [String: StoredParameter] {
    try await TorchActor.run {
      let before = try TorchRuntime.threadCount()
      try TorchRuntime.setThreads(threads)
      defer { try? TorchRuntime.setThreads(before) }
      var random = SeedTree(root: 8).stream()
      let rows = 700
      let data = TrainingData(
        features: (0..<rows * 58).map { _ in Float(random.normal()) }, targets: (0..<rows).map { Float($0 % 2) },
        weights: (0..<rows).map { _ in Float(random.uniform()) }, columns: 58)
      var configuration = TrainingConfiguration()
      configuration.batchSize = 256
      configuration.fused = fused
      let session = try TrainingSession(
        architecture: .dense(inputs: 58, hidden: [352, 352], dropping: .alpha(rate: 0.1)),
        configuration: configuration, seed: SeedTree(root: 9), data: data, validation: data)
      for _ in 0..<2 { try session.runEpoch(CancellationToken()) }
      return try session.network.stored()
    }
  }

  @Test(arguments: [true, false]) func oneAndTwoThreadsGiveTheSameBytes(fused: Bool) async throws {
    let one = try await trained(threads: 1, fused: fused), two = try await trained(threads: 2, fused: fused)
    let differing = one.keys.filter { one[$0] != two[$0] }.sorted()
    #expect(differing == [])
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct TrainingLawTests {
  private static func data(_ rows: [Int], weights: [Float]) -> TrainingData {
    var random = SeedTree(root: 12).stream()
    let pool = (0..<40 * 5).map { _ in Float(random.normal()) }
    return TrainingData(
      features: rows.flatMap { pool[($0 * 5)..<($0 * 5 + 5)] }, targets: rows.map { Float($0 % 2) }, weights: weights,
      columns: 5)
  }

  @TorchActor
  private static func trained(_ data: TrainingData, fused: Bool) throws -> [String: StoredParameter] {
    var configuration = TrainingConfiguration()
    configuration.batchSize = data.rows
    configuration.fused = fused
    let session = try TrainingSession(
      architecture: .dense(inputs: 5, hidden: [8, 8]), configuration: configuration, seed: SeedTree(root: 13),
      data: data, validation: data)
    for _ in 0..<5 { try session.runEpoch(CancellationToken()) }
    return try session.network.stored()
  }

  /// Full batches without dropout: a row of weight 2 is the row twice, when both samples have weights of mean 1.
  @Test(arguments: [true, false]) func weightTwoIsTheRowTwice(fused: Bool) async throws {
    let once = Array(0..<40), twice = once + once.filter { $0 % 4 < 2 }
    let weights = once.map { Float($0 % 4 < 2 ? 2 : 1) * 40 / 60 }
    try await TorchActor.run {
      let a = try Self.trained(Self.data(once, weights: weights), fused: fused)
      let b = try Self.trained(Self.data(twice, weights: [Float](repeating: 1, count: 60)), fused: fused)
      for (name, value) in a {
        let other = try #require(b[name])
        // Sums in another order; where a gradient is nearly zero, Nadam divides rounding by rounding.
        #expect(distance(value.values, other.values.map(Double.init)) < 1e-4)
      }
    }
  }
}
