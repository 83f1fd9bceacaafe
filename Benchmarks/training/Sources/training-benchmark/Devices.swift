import Foundation
import Learning
import NeuralNetworks
import Records
import Tensors

func choose(_ word: String) async throws {
  guard let device = Device(word: word) else { throw TensorError.unknownDevice(word: word) }
  if device != .cpu { try await TorchRuntime.use(device) }
}

private func difference(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

private func trained(
  _ sample: SupervisedSample, _ configuration: TrainingConfiguration, on device: Device
) async throws -> TrainedNetwork {
  try await TorchRuntime.use(device)
  return try await NetworkTrainer(configuration: configuration, seed: SeedTree(root: 7).child("parity"))
    .train(sample, validation: sample)
}

/// Six short trainings on the CPU and twice on a device: how far losses and outputs are apart, and whether the device
/// gave the same bytes twice.
func parity(_ word: String) async throws {
  try await choose(word)
  let device = await TorchActor.run { TorchRuntime.device }
  let two = SupervisedSample(try sample(4000, "parity"))
  let features = two.features
  let five = try SupervisedSample(
    features: features,
    targets: .classes(
      (0..<4000).map { ($0 % 2) + 2 * Int(($0 / 2) % 2) + ($0 % 97 == 0 ? 1 : 0) },
      names: Array("abcde").map(String.init)))
  let values = try SupervisedSample(
    features: features,
    targets: .values(
      (0..<4000).map { features[$0, 0] + features[$0, 1] * features[$0, 2] }, names: ["y"], isScaled: true))
  let cases: [(String, SupervisedSample, (inout TrainingConfiguration) -> Void)] = [
    ("selu, alpha-dropout, nadam", two, { _ in }),
    (
      "relu, dropout, adam, penalties, clipping", two,
      {
        $0.activation = .relu
        $0.dropout = 0.3
        $0.optimizer = .adam()
        ($0.l1, $0.l2) = (1e-5, 1e-4)
        $0.clipping = .global(norm: 0.5)
      }
    ),
    (
      "five classes, descent", five,
      {
        $0.optimizer = .sgd(momentum: 0.9)
        $0.learningRate = 0.02
      }
    ),
    ("values, rmsprop", values, { $0.optimizer = .rmsprop() }),
    (
      "significance", two,
      {
        $0.loss = .asimov(AsimovLoss(signal: 50, background: 1000, uncertainty: 0.1, warmUpEpochs: 2))
        $0.batchSize = 1000
      }
    ),
    ("batch normalisation (one operation after another)", two, { $0.batchNormalization = true }),
    ("one operation after another", two, { $0.fused = false }),
  ]
  for (name, sample, change) in cases {
    var settings = configuration(batch: 256, epochs: 4, dropout: 0.1, fused: true)
    settings.hiddenUnits = [352, 130]
    change(&settings)
    let cpu = try await trained(sample, settings, on: .cpu)
    let expected = try await cpu.outputs(sample.features)
    let other = try await trained(sample, settings, on: device), again = try await trained(sample, settings, on: device)
    let scored = try await cpu.outputs(sample.features)
    let losses = zip(cpu.history.epochs, other.history.epochs).map {
      max(abs($0.trainingLoss - $1.trainingLoss), abs($0.validationLoss - $1.validationLoss))
    }
    let worst = losses.max() ?? .infinity
    let outputs = difference(expected, try await other.outputs(sample.features))
    let line = String(
      format: "losses %.1e, outputs %.1e, the same network scored %.1e, %@", worst, outputs,
      difference(expected, scored),
      other.parameters == again.parameters ? "same bytes twice" : "OTHER BYTES THE SECOND TIME")
    print("\(name): \(line)\(worst < 1e-3 ? "" : "  TOO FAR")")
  }
}

func rates(_ word: String, fused: Bool, rows: Int, epochs: Int, batches: [Int]) async throws {
  try await choose(word)
  let training = try sample(rows, "time"), held = try sample(64, "held")
  for batch in batches {
    let clock = Clock()
    _ = try await DenseTrainer(
      configuration: configuration(batch: batch, epochs: epochs + 1, dropout: 0.1, fused: fused),
      seed: seed.child("training")
    ).train(training, validation: held, progress: { _ in clock.mark() })
    print(batch, clock.seconds.map { String(format: "%.1f", Double(rows) / $0) }.joined(separator: " "))
  }
}

/// From the program's memory to the program's memory, and from the device's; the median of seven.
func answers(_ word: String, rows: Int) async throws {
  try await choose(word)
  let architecture = NetworkArchitecture.dense(inputs: columns, hidden: [352, 352, 352])
  var random = seed.child("answers").stream()
  let values = (0..<rows * columns).map { _ in Float(random.uniform()) }
  let lines = try await TorchActor.run {
    let device = TorchRuntime.device
    let network = try Sequential(architecture, .initialized(seed.child("parameters")), device: device)
    let layers = stride(from: 0, to: network.parameters.count, by: 2).map { index in
      var layer = FusedDenseNetwork.Layer(
        weight: network.parameters[index].tensor, bias: network.parameters[index + 1].tensor)
      if index + 2 < network.parameters.count { layer.activation = .selu }
      return layer
    }
    let resident = try ResidentDenseNetwork(layers: layers, largestBatch: 65_536, rows: 0)
    let host = try Tensor(values, shape: [rows, columns])
    let there = try host.converted(device: device)
    return try [("from the program's memory", host), ("from the device's memory", there)].map { name, features in
      var times: [Double] = []
      for _ in 0..<8 {
        let start = ContinuousClock.now
        _ = try resident.outputs(features).floats()
        times.append((ContinuousClock.now - start) / .seconds(1))
      }
      return "\(name): \(Double(rows) / times.dropFirst().sorted()[3])"
    }
  }
  for line in lines { print(line) }
}
