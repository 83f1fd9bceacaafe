import ColliderNetworks
import Foundation
import Learning
import Records

/// A network of a study, with or without θ among its inputs.
enum FamilyNetwork: Sendable {
  case parametrized(ParametrizedNetwork)
  case plain(TrainedClassifier)

  init(contentsOf folder: URL, seesParameter: Bool) throws {
    self =
      seesParameter
      ? .parametrized(try ParametrizedNetwork(contentsOf: folder))
      : .plain(try TrainedClassifier(contentsOf: folder))
  }

  func save(to folder: URL) throws {
    switch self {
    case .parametrized(let network): try network.save(to: folder)
    case .plain(let network): try network.save(to: folder)
    }
  }

  /// The classifier of the features for a signal with this θ.
  func classifier(at point: Float) throws -> TrainedClassifier {
    switch self {
    case .parametrized(let network): try network.conditioned(at: [point])
    case .plain(let network): network
    }
  }

  /// The network as it was trained.
  var trained: TrainedClassifier {
    switch self {
    case .parametrized(let network): network.joint
    case .plain(let network): network
    }
  }
}

/// One training of a study: what it learns from decides it, so that models with the same training share it.
struct FamilyTraining: Hashable, Sendable {
  var points: [Float]
  var seesParameter: Bool
  /// The repetition.
  var index: Int

  /// `500 750 with`: a node of the seed tree, and part of the step's key.
  var name: String { points.map(plainNumber).joined(separator: " ") + (seesParameter ? " with" : " without") }

  func train(
    _ events: ParametrizedEvents, configuration: TrainingConfiguration, seed: SeedTree, state: URL,
    progress: @escaping ProgressHandler, cancellation: CancellationToken
  ) async throws -> FamilyNetwork {
    let training = try events.sample(.train, points: points)
    let validation = try events.sample(.validation, points: points)
    let seed = seed.child(name).child(index)
    let title = "\(events.column) \(name) \(index + 1)"
    guard seesParameter else {
      func plain(_ sample: ParametrizedSample) throws -> LabelledSample {
        try LabelledSample(features: sample.features, labels: sample.labels, weights: sample.weights)
      }
      return .plain(
        try await DenseTrainer(configuration: configuration, seed: seed).train(
          plain(training), validation: plain(validation), state: state, name: title, progress: progress,
          cancellation: cancellation))
    }
    return .parametrized(
      try await ParametrizedTrainer(configuration: configuration, seed: seed).train(
        training, validation: validation, state: state, name: title, progress: progress, cancellation: cancellation))
  }
}
