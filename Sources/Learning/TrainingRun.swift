import Foundation
import NeuralNetworks
import Records
import Tensors

/// Watches a training: called after each epoch, on LibTorch's thread.
public typealias TrainingObserver = @Sendable (TrainingStanding) throws -> TrainingVerdict

/// A training after an epoch.
public struct TrainingStanding: Sendable {
  public var epoch: TrainingEpoch
  /// What the network gives on the validation rows, row-major [rows, outputs]: logits of classes.
  public var validationOutputs: [Float]
  /// Whether the network is the best so far, which the training would give if it ended now.
  public var isBest: Bool
}

/// Whether a training goes on.
public enum TrainingVerdict: Hashable, Sendable {
  case goOn
  /// It ends and gives its best network so far.
  case stop
}

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
    state: URL?, name: String, progress: @escaping ProgressHandler, cancellation: CancellationToken,
    observer: TrainingObserver? = nil
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
        if let observer, let standing = session.standing, try observer(standing) == .stop { break }
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
