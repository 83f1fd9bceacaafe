import Foundation
import Learning
import NeuralNetworks
import Records
import Synchronization
import Tensors

// usage: training-benchmark data FOLDER | check [DEVICE] | time BATCH EPOCHS plain|fused THREADS
//        | parity DEVICE | rates DEVICE plain|fused ROWS EPOCHS BATCH… | answers DEVICE ROWS
// `data` writes the shared sample and start weights, `check` prints the losses of full-batch steps without dropout,
// `time` prints training rows a second, epoch by epoch. `parity` trains on the CPU and on a device and prints how far
// they are apart, `rates` prints training rows a second for each batch size, `answers` rows scored a second.

let columns = 58, rows = 40_960
let seed = SeedTree(root: 2024)

func sample(_ rows: Int, _ name: String) throws -> LabelledSample {
  var random = seed.child(name).stream()
  var values: [Float] = [], labels: [Float] = []
  values.reserveCapacity(rows * columns)
  for row in 0..<rows {
    let label = row % 2
    for column in 0..<columns { values.append(Float(random.normal()) + (column < 4 ? 0.5 * Float(label) : 0)) }
    labels.append(Float(label))
  }
  let weights = (0..<rows).map { _ in Float(0.5 + random.uniform()) }
  let names = (0..<columns).map { "f\($0)" }
  return try LabelledSample(features: FeatureMatrix(names: names, values: values), labels: labels, weights: weights)
}

func configuration(batch: Int, epochs: Int, dropout: Double, fused: Bool) -> TrainingConfiguration {
  var configuration = TrainingConfiguration()
  configuration.batchSize = batch
  configuration.epochs = epochs
  configuration.patience = epochs + 1
  configuration.dropout = dropout
  configuration.fused = fused
  configuration.classBalance = .asWeighted
  return configuration
}

/// Times at which epochs ended.
final class Clock: Sendable {
  private let times = Mutex<[ContinuousClock.Instant]>([])
  func mark() { times.withLock { $0.append(.now) } }
  var seconds: [Double] {
    let all = times.withLock { $0 }
    return zip(all, all.dropFirst()).map { ($1 - $0) / .seconds(1) }
  }
}

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "data":
  let folder = URL(fileURLWithPath: arguments[2])
  let small = try sample(4096, "check")
  let scaler = try StandardScaler(fitting: small.features, weights: small.weights)
  let architecture = NetworkArchitecture.dense(inputs: columns, hidden: [352, 352, 352])
  var tensors = try await TorchActor.run {
    try Sequential(architecture, .initialized(seed.child("training").child("parameters"))).stored()
  }
  tensors["x"] = StoredParameter(shape: [4096, columns], values: try scaler.transform(small.features))
  tensors["y"] = StoredParameter(shape: [4096], values: small.labels)
  let sum = small.weights.reduce(0) { $0 + Double($1) }
  tensors["w"] = StoredParameter(shape: [4096], values: small.weights.map { Float(Double($0) * 4096 / sum) })
  try Safetensors.encode(tensors).write(to: folder.appendingPathComponent("check.safetensors"))
case "check":
  try await choose(arguments.count > 2 ? arguments[2] : "cpu")
  for fused in [true, false] {
    let small = try sample(4096, "check")
    let model = try await DenseTrainer(
      configuration: configuration(batch: 4096, epochs: 5, dropout: 0, fused: fused), seed: seed.child("training")
    ).train(small, validation: small)
    print(fused ? "fused" : "plain", model.history.epochs.map { "\($0.trainingLoss)" }.joined(separator: " "))
  }
case "time":
  let batch = Int(arguments[2]) ?? 512, epochs = Int(arguments[3]) ?? 3, threads = Int(arguments[5]) ?? 2
  try await TorchActor.run { try TorchRuntime.setThreads(threads) }
  let clock = Clock()
  _ = try await DenseTrainer(
    configuration: configuration(batch: batch, epochs: epochs + 1, dropout: 0.1, fused: arguments[4] == "fused"),
    seed: seed.child("training")
  ).train(sample(rows, "time"), validation: sample(64, "held"), progress: { _ in clock.mark() })
  print(clock.seconds.map { String(format: "%.1f", Double(rows) / $0) }.joined(separator: " "))
case "parity":
  try await parity(arguments[2])
case "rates":
  try await rates(
    arguments[2], fused: arguments[3] == "fused", rows: Int(arguments[4]) ?? rows, epochs: Int(arguments[5]) ?? 2,
    batches: arguments.dropFirst(6).compactMap { Int($0) })
case "answers":
  try await answers(arguments[2], rows: Int(arguments[3]) ?? rows)
default:
  FileHandle.standardError.write(Data("usage: training-benchmark data|check|time|parity|rates|answers …\n".utf8))
  exit(2)
}
