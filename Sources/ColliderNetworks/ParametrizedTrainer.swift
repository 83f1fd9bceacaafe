import Foundation
import Learning
import Records

/// Trains a ``ParametrizedNetwork``.
///
/// Background events of the training and of the validation sample take their θ from the distribution of the *training* signal, drawn
/// anew for each training from the streams `parameters/training` and `parameters/validation` of ``seed``, and kept through its
/// epochs, so that validation losses compare. θ is scaled as the features are: to mean 0 and width 1 over the training sample.
public struct ParametrizedTrainer: Sendable {
  public var configuration: TrainingConfiguration
  /// Draws of θ, shuffles, masks and initial parameters are children of this node.
  public var seed: SeedTree
  /// By feature: the value that stands for a missing object and enters neither mean nor width.
  public var placeholders: [Float?]?

  public init(configuration: TrainingConfiguration, seed: SeedTree, placeholders: [Float?]? = nil) {
    self.configuration = configuration
    self.seed = seed
    self.placeholders = placeholders
  }

  /// As `DenseTrainer.train`, of which it is one training, with its `state`, `name` and errors.
  /// - Throws: also `LearningError` for layers without bias, in which no constant θ could be taken up.
  public func train(
    _ training: ParametrizedSample, validation: ParametrizedSample, state: URL? = nil, name: String = "train",
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) async throws -> ParametrizedNetwork {
    guard configuration.bias else {
      throw LearningError.invalidConfiguration(
        key: "bias", value: "false", allowed: "true for a parametrised network")
    }
    let distribution = try training.signalDistribution()
    let drawing = seed.child("parameters")
    let none = [Float?](repeating: nil, count: distribution.names.count)
    let trainer = DenseTrainer(configuration: configuration, seed: seed, placeholders: placeholders.map { $0 + none })
    let joint = try await trainer.train(
      training.completed(by: distribution, seed: drawing.child("training")),
      validation: validation.completed(by: distribution, seed: drawing.child("validation")), state: state, name: name,
      progress: progress, cancellation: cancellation)
    return try ParametrizedNetwork(joint: joint, distribution: distribution)
  }
}
