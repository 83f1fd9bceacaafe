import ByteIO
import Foundation
import Records
import Tensors

/// The state of a training on disk: one file, so that it is there whole or not at all.
struct TrainingCheckpoint: Sendable {
  let folder: URL
  /// Of data, configuration and seed: a state of another training is not taken up.
  let identity: Digest

  private var file: URL { folder.appendingPathComponent("training.safetensors") }
  private var description: URL { folder.appendingPathComponent("training.json") }

  private struct Description: Codable {
    var schema = 1
    var identity: Digest
    var history: TrainingHistory
    var clock: OptimizerClock
    /// Of the tensors' file that belongs to this description.
    var tensors: Digest
  }

  /// The tensors first; a kill between the two files leaves a description that does not fit, which is not taken up.
  @TorchActor
  func save(_ session: DenseTrainingSession) throws {
    let data = try Safetensors.encode(session.snapshot())
    try AtomicFile.write(data, to: file)
    let description = Description(
      identity: identity, history: session.history, clock: session.optimizer.clock, tensors: Digest.of(data))
    try AtomicFile.write(try JSONEncoder.canonical.encode(description), to: self.description)
  }

  /// Takes up a state of the same training; without one, or with one that is torn or foreign, the training starts anew.
  @TorchActor
  func restore(_ session: DenseTrainingSession) throws {
    guard let text = try? Data(contentsOf: description),
      let found = try? JSONDecoder().decode(Description.self, from: text), found.identity == identity,
      let data = try? Data(contentsOf: file), Digest.of(data) == found.tensors
    else { return }
    try session.restore(Safetensors.decode(data, path: file.path), history: found.history, clock: found.clock)
  }
}
