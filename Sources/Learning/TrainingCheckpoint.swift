import ByteIO
import Foundation
import Records
import Tensors

/// The state of a training on disk: `training.json` and the tensors' file that it names by digest.
struct TrainingCheckpoint: Sendable {
  let folder: URL
  /// Of data, configuration and seed: a state of another training is not taken up.
  let identity: Digest

  private static let prefix = "training-", suffix = ".safetensors"

  private func file(_ tensors: Digest) -> URL {
    folder.appendingPathComponent(Self.prefix + tensors.short + Self.suffix)
  }
  private var description: URL { folder.appendingPathComponent("training.json") }

  private struct Description: Codable {
    var schema = 2
    var identity: Digest
    var history: TrainingHistory
    var clock: OptimizerClock
    var schedule: LearningRateSchedule.State
    /// The objective's numbers, where it has any.
    var objective, bestObjective: [Double]?
    /// Of the tensors' file that belongs to this description.
    var tensors: Digest
  }

  /// The tensors first, under a name of their own; a kill at any moment leaves the former state or this one.
  @TorchActor
  func save(_ session: TrainingSession) throws {
    let data = try Safetensors.encode(session.snapshot())
    let digest = Digest.of(data)
    try AtomicFile.write(data, to: file(digest))
    let description = Description(
      identity: identity, history: session.history, clock: session.optimizer.clock,
      schedule: session.scheduleState,
      objective: session.objectiveState.isEmpty ? nil : session.objectiveState,
      bestObjective: session.objectiveState.isEmpty ? nil : session.bestObjectiveState, tensors: digest)
    try AtomicFile.write(try JSONEncoder.canonical.encode(description), to: self.description)
    removeOthers(than: digest)
  }

  /// Tensors of former states. One that stays costs space, nothing else.
  private func removeOthers(than digest: Digest) {
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    for url in files where url.lastPathComponent != file(digest).lastPathComponent {
      let name = url.lastPathComponent
      if name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) { try? FileManager.default.removeItem(at: url) }
    }
  }

  /// Takes up a state of the same training; without one, or with one that is torn or foreign, the training starts anew.
  @TorchActor
  func restore(_ session: TrainingSession) throws {
    guard let text = try? Data(contentsOf: description),
      let found = try? JSONDecoder().decode(Description.self, from: text), found.identity == identity,
      let data = try? Data(contentsOf: file(found.tensors)), Digest.of(data) == found.tensors
    else { return }
    try session.restore(
      Safetensors.decode(data, path: file(found.tensors).path), history: found.history, clock: found.clock,
      schedule: found.schedule, objective: (found.objective ?? [], found.bestObjective ?? []))
  }
}
