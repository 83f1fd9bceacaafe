import Foundation
import NeuralNetworks
import Records
import Tensors

/// Trains dense networks for two classes: weighted cross-entropy (or the Asimov loss), early stopping on the validation
/// loss, the best parameters kept.
public struct DenseTrainer: Sendable {
  public var configuration: TrainingConfiguration
  /// Shuffles, masks and initial parameters are children of this node.
  public var seed: SeedTree
  /// By feature: the value that stands for a missing object and enters neither mean nor width.
  public var placeholders: [Float?]?

  public init(configuration: TrainingConfiguration, seed: SeedTree, placeholders: [Float?]? = nil) {
    self.configuration = configuration
    self.seed = seed
    self.placeholders = placeholders
  }

  /// Trains until the validation loss has not improved for `patience` epochs.
  ///
  /// - Parameters:
  ///   - state: a folder for the training's state after each epoch; a training that finds one of the same data and
  ///     configuration goes on from it and ends with the same bytes.
  ///   - name: what progress calls the training.
  ///   - observer: told of each epoch, and may end the training.
  /// - Throws: ``LearningError``, `TensorError`, `RecordError` (cancelled, no LibTorch), `FileError`.
  public func train(
    _ training: LabelledSample, validation: LabelledSample, state: URL? = nil, name: String = "train",
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken(),
    observer: TrainingObserver? = nil
  ) async throws -> TrainedClassifier {
    let configuration = try configuration.validated()
    let loss = configuration.loss ?? .binaryCrossEntropy
    guard loss.outputs(classes: 2) == 1 else {
      throw LearningError.invalidConfiguration(
        key: "loss", value: "\(loss)", allowed: "binary cross-entropy or Asimov for two classes and one score")
    }
    try validation.features.checkColumns(training.features.names)
    let scaler = try StandardScaler(
      fitting: training.features, weights: training.weights, placeholders: placeholders)
    let inputs = ["training": training.digest, "validation": validation.digest]
    let architecture = configuration.architecture(inputs: training.features.columnCount)
    func data(_ sample: LabelledSample) throws -> TrainingData {
      TrainingData(
        features: try scaler.transform(sample.features), targets: sample.labels, weights: sample.weights,
        columns: sample.features.columnCount, names: sample.features.names)
    }
    let drawn = try data(training).resampled(configuration.resampling, seed: seed.child("resampling"))
    try drawn.checkFinite()
    let run = TrainingRun(
      configuration: configuration, architecture: architecture, loss: loss, seed: seed,
      data: try drawn.balanced(configuration, classes: 2),
      held: try data(validation).balanced(configuration, classes: 2),
      identity: TrainingRun.identity("dense training 2", inputs, configuration, seed, placeholders, architecture))
    let outcome = try await run(
      state: state, name: name, progress: progress, cancellation: cancellation, observer: observer)
    return TrainedClassifier(
      scaler: scaler, architecture: architecture, parameters: outcome.parameters, configuration: configuration,
      history: outcome.history, inputs: inputs)
  }
}
