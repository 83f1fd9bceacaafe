import ByteIO
import Foundation
import NeuralNetworks
import Records
import Tensors

/// What `model.json` says of a network.
protocol NetworkDescription: Codable {
  var schema: Int { get }
  /// Of `model.safetensors`.
  var parameters: Digest { get }
}

private struct SchemaVersion: Decodable { var schema: Int }

/// A trained network on disk: `model.safetensors` (parameters by PyTorch's names) and `model.json` (the rest).
enum NetworkFiles {
  static func write(
    _ parameters: [String: StoredParameter], to folder: URL, description: (Digest) -> some NetworkDescription
  ) throws {
    let data = try Safetensors.encode(parameters)
    try AtomicFile.write(data, to: folder.appendingPathComponent("model.safetensors"))
    try AtomicFile.write(
      try JSONEncoder.canonical.encode(description(Digest.of(data))), to: folder.appendingPathComponent("model.json"))
  }

  /// - Throws: `FileError`; ``LearningError/unreadableCheckpoint(path:reason:)`` for damaged, foreign or newer files.
  static func read<Description: NetworkDescription>(
    _ kind: Description.Type, from folder: URL, schema: Int
  ) throws -> (Description, [String: StoredParameter]) {
    let url = folder.appendingPathComponent("model.json")
    let text = try Data(readingFrom: url)
    guard let version = try? JSONDecoder().decode(SchemaVersion.self, from: text) else {
      throw LearningError.unreadableCheckpoint(path: url.path, reason: "it is no description of a trained network")
    }
    guard version.schema == schema else {
      throw LearningError.unreadableCheckpoint(
        path: url.path, reason: "its schema is \(version.schema); this program reads \(schema)")
    }
    let description: Description
    do { description = try JSONDecoder().decode(Description.self, from: text) } catch {
      throw LearningError.unreadableCheckpoint(path: url.path, reason: "\(error)")
    }
    let tensors = folder.appendingPathComponent("model.safetensors")
    let data = try Data(readingFrom: tensors)
    guard Digest.of(data) == description.parameters else {
      throw LearningError.unreadableCheckpoint(
        path: tensors.path, reason: "its digest is not the one that \(url.lastPathComponent) names")
    }
    return (description, try Safetensors.decode(data, path: tensors.path))
  }
}

/// Batched forward passes.
@TorchActor
enum NetworkScoring {
  /// Row-major [rows, width of the last layer, or of layer `depth`].
  static func outputs(
    _ network: Sequential, _ values: [Float], columns: Int, batchSize: Int, depth: Int? = nil, device: Device = .cpu
  ) throws -> [Float] {
    var outputs: [Float] = []
    let rows = values.count / columns
    outputs.reserveCapacity(rows * network.architecture.outputs)
    for start in stride(from: 0, to: rows, by: batchSize) {
      let end = min(rows, start + batchSize)
      let batch = try Tensor(
        Array(values[start * columns..<end * columns]), shape: [end - start, columns], device: device)
      outputs += try network.output(of: depth ?? network.layers.count, batch, mode: .inference).floats()
    }
    return outputs
  }

  /// All outputs on a device, in its memory where the chain allows it.
  static func outputs(
    _ architecture: NetworkArchitecture, _ parameters: [String: StoredParameter], _ values: [Float], columns: Int,
    device: Device
  ) throws -> [Float] {
    let network = try Sequential(architecture, .stored(parameters), device: device)
    if let chain = FusedChain(network) {
      let resident = try ResidentDenseNetwork(layers: chain.layers, largestBatch: ResidentChain.answersAtATime, rows: 0)
      return try resident.outputs(Tensor(values, shape: [values.count / columns, columns])).floats()
    }
    return try Tensor.withoutGradients {
      try outputs(network, values, columns: columns, batchSize: ResidentChain.answersAtATime, device: device)
    }
  }
}
