import Foundation
import NeuralNetworks
import Records
import Tensors

/// What all trainers share: scaled data, a network, a loss and the loop over epochs.
struct TrainingRun: Sendable {
  let configuration: TrainingConfiguration
  let architecture: NetworkArchitecture
  let loss: Loss
  let seed: SeedTree
  let data, held: TrainingData
  let identity: Digest
  /// In place of the loss.
  var objective: (any TrainingObjective)?
  /// Parameters to start from, in place of the seed's.
  var initial: [String: StoredParameter]?

  /// Parameters and the objective's numbers are those of the best epoch.
  struct Outcome: Sendable {
    var parameters: [String: StoredParameter]
    var history: TrainingHistory
    var objectiveState: [Double]
  }

  func callAsFunction(
    state: URL?, name: String, progress: @escaping ProgressHandler, cancellation: CancellationToken
  ) async throws -> Outcome {
    let checkpoint = state.map { TrainingCheckpoint(folder: $0, identity: identity) }
    return try await TorchActor.run {
      let session = try TrainingSession(
        architecture: architecture, configuration: configuration, loss: loss, seed: seed, data: data,
        validation: held, objective: objective, initial: initial)
      try checkpoint?.restore(session)
      while !session.isFinished {
        try cancellation.check()
        try session.runEpoch(cancellation)
        if session.history.epochs.count % configuration.checkpointInterval == 0 { try checkpoint?.save(session) }
        progress(session.progress(name))
      }
      return Outcome(
        parameters: session.best, history: session.history, objectiveState: session.bestObjectiveState)
    }
  }

  /// Of data, configuration, seed and what `parts` says.
  static func identity(
    _ kind: String, _ inputs: [String: Digest], _ configuration: TrainingConfiguration, _ seed: SeedTree,
    _ placeholders: [Float?]?, _ architecture: NetworkArchitecture
  ) -> Digest {
    func text(_ value: some Encodable) -> String {
      (try? JSONEncoder.canonical.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    var builder = DigestBuilder()
    builder.update(kind)
    builder.update("\(seed.root) \(seed.path)")
    for name in inputs.keys.sorted() { builder.update("\(name) \(inputs[name]?.hex ?? "")") }
    builder.update(text(configuration))
    builder.update(text(architecture))
    builder.update((placeholders ?? []).map { $0.map { "\($0)" } ?? "-" }.joined(separator: ","))
    return builder.finish()
  }
}
