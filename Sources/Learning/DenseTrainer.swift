import Foundation
import NeuralNetworks
import Records
import Tensors

/// Trains dense networks for two classes: weighted cross-entropy, early stopping on the validation loss, the best
/// parameters kept.
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
  /// - Throws: ``LearningError``, `TensorError`, `RecordError` (cancelled, no LibTorch), `FileError`.
  public func train(
    _ training: LabelledSample, validation: LabelledSample, state: URL? = nil, name: String = "train",
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) async throws -> TrainedClassifier {
    let configuration = try configuration.validated()
    try validation.features.checkColumns(training.features.names)
    let scaler = try StandardScaler(
      fitting: training.features, weights: training.weights, placeholders: placeholders)
    let inputs = ["training": training.digest, "validation": validation.digest]
    let data = TrainingData(
      features: try scaler.transform(training.features), labels: training.labels,
      weights: balanced(training), columns: training.features.columnCount)
    let held = TrainingData(
      features: try scaler.transform(validation.features), labels: validation.labels,
      weights: balanced(validation), columns: training.features.columnCount)
    let architecture = NetworkArchitecture.dense(
      inputs: training.features.columnCount, hidden: configuration.hiddenUnits, activation: .selu,
      dropping: configuration.dropout > 0 ? .alpha(rate: configuration.dropout) : .none, initializer: .lecunNormal)
    let checkpoint = state.map { TrainingCheckpoint(folder: $0, identity: identity(inputs)) }
    let seed = seed
    let outcome = try await TorchActor.run {
      let session = try DenseTrainingSession(
        architecture: architecture, configuration: configuration, seed: seed, data: data, validation: held)
      try checkpoint?.restore(session)
      while !session.isFinished {
        try cancellation.check()
        try session.runEpoch(cancellation)
        if session.history.epochs.count % configuration.checkpointInterval == 0 { try checkpoint?.save(session) }
        progress(session.progress(name))
      }
      return (parameters: session.best, history: session.history)
    }
    return TrainedClassifier(
      scaler: scaler, architecture: architecture, parameters: outcome.parameters, configuration: configuration,
      history: outcome.history, inputs: inputs)
  }

  /// Weights of mean 1; with ``ClassBalance/equal`` both classes have the same sum.
  private func balanced(_ sample: LabelledSample) -> [Float] {
    var sums = [0.0, 0.0]
    for (label, weight) in zip(sample.labels, sample.weights) { sums[Int(label)] += Double(weight) }
    let rows = Double(sample.labels.count)
    let total = sums[0] + sums[1]
    let factors =
      configuration.classBalance == .equal
      ? sums.map { rows / (2 * $0) } : [rows / total, rows / total]
    return zip(sample.labels, sample.weights).map { Float(Double($1) * factors[Int($0)]) }
  }

  private func identity(_ inputs: [String: Digest]) -> Digest {
    var builder = DigestBuilder()
    builder.update("dense training 1")
    builder.update("\(seed.root) \(seed.path)")
    for name in inputs.keys.sorted() { builder.update("\(name) \(inputs[name]?.hex ?? "")") }
    builder.update((try? JSONEncoder.canonical.encode(configuration)).map { String(decoding: $0, as: UTF8.self) } ?? "")
    builder.update((placeholders ?? []).map { $0.map { "\($0)" } ?? "-" }.joined(separator: ","))
    return builder.finish()
  }
}

/// Scaled rows for a training.
struct TrainingData: Sendable {
  var features: [Float]
  var labels: [Float]
  var weights: [Float]
  var columns: Int

  var rows: Int { labels.count }
}
