import Foundation
import Learning
import NeuralNetworks
import Tensors

// usage: inference-benchmark FOLDER REPETITIONS THREADS
// Scores x of FOLDER/data.safetensors with the network beside it, prints events a second of each repetition, and leaves
// the last outputs in FOLDER/outputs.f32.

let arguments = CommandLine.arguments
guard arguments.count == 4, let repetitions = Int(arguments[2]), let threads = Int(arguments[3]) else {
  FileHandle.standardError.write(Data("usage: inference-benchmark FOLDER REPETITIONS THREADS\n".utf8))
  exit(2)
}
let folder = URL(fileURLWithPath: arguments[1])
let path = folder.appendingPathComponent("data.safetensors")
var tensors = try Safetensors.decode(Data(contentsOf: path), path: path.path)
guard let x = tensors.removeValue(forKey: "x") else { fatalError("no x in \(path.path)") }
let columns = x.shape[1]
let names = (0..<columns).map { "f\($0)" }
let features = try FeatureMatrix(names: names, values: x.values)
let network = ScaledNetwork(
  scaler: StandardScaler(
    featureNames: names, means: names.map { _ in 0 }, widths: names.map { _ in 1 }, placeholders: names.map { _ in nil }
  ),
  architecture: .dense(inputs: columns, hidden: [352, 352, 352]), parameters: tensors)
try await TorchActor.run { try TorchRuntime.setThreads(threads) }
var outputs = try await network.outputs(features)
for _ in 0..<repetitions {
  let start = ContinuousClock.now
  outputs = try await network.outputs(features)
  print(String(format: "%.0f", Double(features.rowCount) / ((ContinuousClock.now - start) / .seconds(1))))
}
try outputs.withUnsafeBytes { try Data($0).write(to: folder.appendingPathComponent("outputs.f32")) }
