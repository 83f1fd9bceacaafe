import Foundation
import NeuralNetworks
import Records
import Tensors

/// Trains networks for any number of classes, for values (regression, one-class training towards given points) and for the
/// features themselves (auto-encoders): the general form of ``DenseTrainer``.
public struct NetworkTrainer: Sendable {
  public var configuration: TrainingConfiguration
  /// Shuffles, masks, resampling and initial parameters are children of this node.
  public var seed: SeedTree
  /// By feature: the value that stands for a missing object and enters neither mean nor width.
  public var placeholders: [Float?]?
  /// In place of the network that the configuration describes.
  public var architecture: NetworkArchitecture?
  /// Factor of the squared distance correlation between the score and the sample's protected variable, which joins the loss
  /// (see `Tensor.squaredDistanceCorrelation`); 0: none. For two classes, values and features.
  public var decorrelation = 0.0
  /// In place of loss and decorrelation.
  package var objective: (any TrainingObjective)?
  /// Parameters to start from, in place of the seed's.
  package var initialParameters: [String: StoredParameter]?

  public init(
    configuration: TrainingConfiguration, seed: SeedTree, placeholders: [Float?]? = nil,
    architecture: NetworkArchitecture? = nil
  ) {
    self.configuration = configuration
    self.seed = seed
    self.placeholders = placeholders
    self.architecture = architecture
  }

  /// Trains until the validation loss has not improved for `patience` epochs; `state`, `name` and errors as in
  /// ``DenseTrainer/train(_:validation:state:name:progress:cancellation:)``.
  public func train(
    _ training: SupervisedSample, validation: SupervisedSample, state: URL? = nil, name: String = "train",
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) async throws -> TrainedNetwork {
    try await trainWithState(
      training, validation: validation, state: state, name: name, progress: progress, cancellation: cancellation
    ).network
  }

  /// The same, with the objective's numbers in the best epoch.
  package func trainWithState(
    _ training: SupervisedSample, validation: SupervisedSample, state: URL? = nil, name: String = "train",
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) async throws -> (network: TrainedNetwork, objectiveState: [Double]) {
    let configuration = try configuration.validated()
    try validation.features.checkColumns(training.features.names)
    let scaler = try StandardScaler(
      fitting: training.features, weights: training.weights, placeholders: placeholders)
    let task = try LearningTask(training)
    let loss = try self.loss(configuration, task)
    let objective = try self.objective ?? decorrelated(loss, training, validation)
    let natural = loss.outputs(classes: task.names.isEmpty ? training.features.columnCount : task.names.count)
    let outputs = self.objective == nil ? natural : architecture?.outputs ?? natural
    let architecture = try checked(
      architecture ?? configuration.architecture(inputs: training.features.columnCount, outputs: outputs),
      inputs: training.features.columnCount, outputs: outputs)
    let inputs = ["training": training.digest, "validation": validation.digest]
    let classes = task.isClassification ? task.names.count : 0
    let drawn = try task.data(training, scaler).resampled(configuration.resampling, seed: seed.child("resampling"))
    try drawn.checkFinite()
    var identityInputs = inputs
    identityInputs["objective"] = objective.map { Digest.of(Data($0.identity.utf8)) }
    identityInputs["initial"] = try initialParameters.map { Digest.of(try Safetensors.encode($0)) }
    var run = TrainingRun(
      configuration: configuration, architecture: architecture, loss: loss, seed: seed,
      data: try drawn.balanced(configuration, classes: classes),
      held: try task.data(validation, scaler).balanced(configuration, classes: classes),
      identity: TrainingRun.identity(
        "network training 1", identityInputs, configuration, seed, placeholders, architecture))
    run.objective = objective
    run.initial = initialParameters
    let outcome = try await run(state: state, name: name, progress: progress, cancellation: cancellation)
    let network = TrainedNetwork(
      scaler: scaler, task: task, loss: loss, architecture: architecture, parameters: outcome.parameters,
      configuration: configuration, history: outcome.history, inputs: inputs)
    return (network, outcome.objectiveState)
  }

  private func decorrelated(
    _ loss: Loss, _ training: SupervisedSample, _ validation: SupervisedSample
  ) throws -> DecorrelatedLoss? {
    guard decorrelation != 0 else { return nil }
    func need(_ isRight: Bool, _ allowed: String) throws {
      guard isRight else {
        throw LearningError.invalidConfiguration(
          key: "decorrelation", value: "\(decorrelation)", allowed: allowed)
      }
    }
    try need(decorrelation > 0 && decorrelation.isFinite, "≥ 0")
    try need(loss != .categoricalCrossEntropy, "0 for more than two classes")
    try need(configuration.resampling == .none, "0 with resampling")
    try need(training.protected != nil && validation.protected != nil, "0 without a protected variable in both samples")
    return DecorrelatedLoss(loss: loss, strength: decorrelation)
  }

  private func loss(_ configuration: TrainingConfiguration, _ task: LearningTask) throws -> Loss {
    let natural: Loss =
      task.isClassification
      ? (task.names.count == 2 ? .binaryCrossEntropy : .categoricalCrossEntropy) : .meanSquaredError
    let loss = configuration.loss ?? natural
    let fits =
      switch loss {
      case .binaryCrossEntropy, .asimov: task.isClassification && task.names.count == 2
      case .categoricalCrossEntropy: task.isClassification
      case .meanSquaredError: !task.isClassification
      }
    guard fits else {
      throw LearningError.invalidConfiguration(
        key: "loss", value: "\(loss)", allowed: "\(natural) for these targets, or none")
    }
    if !task.isClassification, configuration.resampling != .none {
      throw LearningError.invalidConfiguration(
        key: "resampling", value: "\(configuration.resampling)", allowed: "none for targets that are not classes")
    }
    return loss
  }

  private func checked(
    _ architecture: NetworkArchitecture, inputs: Int, outputs: Int
  ) throws -> NetworkArchitecture {
    guard architecture.inputs == inputs else {
      throw NetworkError.wrongInputWidth(expected: architecture.inputs, found: [inputs])
    }
    guard architecture.outputs == outputs else {
      throw NetworkError.invalidLayer(
        index: architecture.layers.count - 1,
        reason: "gives \(architecture.outputs) numbers, the targets need \(outputs)")
    }
    return architecture
  }
}

/// What a network says about a row, as a value that is stored with it.
public enum LearningTask: Hashable, Codable, Sendable {
  case classes(names: [String])
  /// Targets in their own units are `mean + width · output`.
  case values(names: [String], means: [Double], widths: [Double])
  /// The scaled features.
  case features

  init(_ sample: SupervisedSample) throws {
    switch sample.targets {
    case .classes(_, let names): self = .classes(names: names)
    case .features: self = .features
    case .values(let values, let names, let isScaled):
      guard isScaled else {
        self = .values(names: names, means: names.map { _ in 0 }, widths: names.map { _ in 1 })
        return
      }
      let scaler = try StandardScaler(
        fitting: FeatureMatrix(names: names, values: values), weights: sample.weights)
      self = .values(names: names, means: scaler.means, widths: scaler.widths)
    }
  }

  /// Of the classes or values; empty for features.
  public var names: [String] {
    switch self {
    case .classes(let names), .values(let names, _, _): names
    case .features: []
    }
  }

  var isClassification: Bool {
    if case .classes = self { true } else { false }
  }

  /// - Throws: ``LearningError`` for targets of another kind.
  func data(_ sample: SupervisedSample, _ scaler: StandardScaler) throws -> TrainingData {
    let features = try scaler.transform(sample.features)
    let columns = sample.features.columnCount
    func data(_ targets: [Float], width: Int) -> TrainingData {
      TrainingData(
        features: features, targets: targets, weights: sample.weights, columns: columns, targetWidth: width,
        names: sample.features.names, protected: sample.protected)
    }
    switch (self, sample.targets) {
    case (.classes(let names), .classes(let numbers, let own)) where names == own:
      return data(numbers.map { Float($0) }, width: 1)
    case (.values(let names, let means, let widths), .values(let values, let own, _)) where names == own:
      let scaled = values.indices.map { index in
        Float((Double(values[index]) - means[index % names.count]) / widths[index % names.count])
      }
      return data(scaled, width: names.count)
    case (.features, .features):
      var result = data(features, width: columns)
      result.targetsAreFeatures = true
      return result
    default:
      throw LearningError.wrongColumnCount(expected: names, found: (try? LearningTask(sample))?.names ?? [])
    }
  }
}
