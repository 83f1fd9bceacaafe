import AnomalyDetection
import Foundation
import Learning
import NeuralNetworks
import Records
import Synchronization
import Tensors

// usage: anomaly-benchmark forest|histogram|neighbours FOLDER COLUMNS | trees FOLDER COLUMNS
//                          | auto-encoder|deep-svdd|variational-auto-encoder BATCH EPOCHS plain|fused THREADS
// The first fit on FOLDER/train.f32 and score FOLDER/test.f32 (float32, row by row), print the seconds that each took, by the clock and of all cores, and
// write FOLDER/scores.f32; `trees` scores with a forest of scikit-learn's, FOLDER/forest.json; the last print training rows a
// second, epoch by epoch.

let deepColumns = 58, deepRows = 40_960

func matrix(_ folder: URL, _ name: String, columns: Int) throws -> FeatureMatrix {
  let data = try Data(contentsOf: folder.appendingPathComponent(name))
  let values = [Float](unsafeUninitializedCapacity: data.count / 4) { buffer, count in
    _ = data.copyBytes(to: buffer)
    count = data.count / 4
  }
  return try FeatureMatrix(names: (0..<columns).map { "f\($0)" }, values: values)
}

/// Seconds by the clock, and of all cores.
struct Cost {
  var wall, processor: Double
}

func measured<Result>(_ body: () throws -> Result) rethrows -> (Result, Cost) {
  let start = ContinuousClock.now, before = clock()
  let result = try body()
  let wall = (ContinuousClock.now - start) / .seconds(1)
  return (result, Cost(wall: wall, processor: Double(clock() - before) / Double(CLOCKS_PER_SEC)))
}

func run(_ folder: URL, columns: Int, fit: (BackgroundSample) throws -> (FeatureMatrix) throws -> [Float]) throws {
  let train = try matrix(folder, "train.f32", columns: columns), test = try matrix(folder, "test.f32", columns: columns)
  // The checks of the background are part of the fit, as those of the peers are.
  let (score, fitting) = try measured { try fit(BackgroundSample(features: train)) }
  let (scores, scoring) = try measured { try score(test) }
  try scores.withUnsafeBytes { Data($0) }.write(to: folder.appendingPathComponent("scores.f32"))
  print(fitting.wall, scoring.wall, fitting.processor, scoring.processor)
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

func sample(_ rows: Int, _ stream: UInt64) throws -> BackgroundSample {
  var random = SeedTree(root: 1).stream(stream)
  return try BackgroundSample(
    features: FeatureMatrix(
      names: (0..<deepColumns).map { "f\($0)" }, values: (0..<rows * deepColumns).map { _ in Float(random.normal()) }))
}

func train<Detector: DeepAnomalyDetector>(_ kind: Detector.Type, _ arguments: [String]) async throws {
  let threads = Int(arguments[5]) ?? 2
  try await TorchActor.run { try TorchRuntime.setThreads(threads) }
  var configuration = Detector.Configuration()
  configuration.network.batchSize = Int(arguments[2]) ?? 512
  configuration.network.epochs = (Int(arguments[3]) ?? 3) + 1
  configuration.network.patience = configuration.network.epochs + 1
  configuration.network.fused = arguments[4] == "fused"
  let clock = Clock()
  _ = try await Detector.fit(
    sample(deepRows, 1), validation: sample(64, 2), configuration: configuration, seed: SeedTree(root: 1),
    progress: { _ in clock.mark() })
  print(clock.seconds.map { String(format: "%.1f", Double(deepRows) / $0) }.joined(separator: " "))
}

let arguments = CommandLine.arguments
let folder = URL(fileURLWithPath: arguments.count > 2 ? arguments[2] : ".")
let columns = arguments.count > 3 ? Int(arguments[3]) ?? 60 : 60
switch arguments.count > 3 ? arguments[1] : "" {
case "forest":
  try run(folder, columns: columns) { try IsolationForest(fitting: $0, configuration: .init(seed: 1)).scores }
case "histogram":
  try run(folder, columns: columns) { try HistogramScore(fitting: $0).scores }
case "neighbours":
  try run(folder, columns: columns) { try NearestNeighbours(fitting: $0).scores }
case "trees":
  let url = folder.appendingPathComponent("forest.json")
  let forest = try IsolationForest(scikitLearn: Data(contentsOf: url), path: url.path)
  let scores = try forest.scores(matrix(folder, "test.f32", columns: columns))
  try scores.withUnsafeBytes { Data($0) }.write(to: folder.appendingPathComponent("scores.f32"))
case AutoEncoder.method: try await train(AutoEncoder.self, arguments)
case DeepSVDD.method: try await train(DeepSVDD.self, arguments)
case VariationalAutoEncoder.method: try await train(VariationalAutoEncoder.self, arguments)
default:
  FileHandle.standardError.write(
    Data("usage: anomaly-benchmark forest|histogram|neighbours|trees|auto-encoder|…\n".utf8))
  exit(2)
}
