import DecisionTrees
import Foundation
import Learning
import Records
import Tensors

/// A trained model of any kind that can be stored.
protocol StorableClassifier: Classifier {
  func save(to folder: URL) throws
}

extension TrainedClassifier: StorableClassifier {}
extension TreeEnsemble: StorableClassifier {}

/// What tables and the report say of a training.
struct TrainingSummary {
  /// Epochs, or rounds of boosting.
  var epochs: Int
  var validationLoss: Double
  var text: String
}

/// Each kind of model in one place: how it is trained, and what is told of it.
extension ComparisonCard.Method {
  /// - Parameter state: a folder from which a training that was stopped goes on.
  func train(
    _ training: LabelledSample, validation: LabelledSample, seed: SeedTree, state: URL, name: String,
    progress: @escaping ProgressHandler, cancellation: CancellationToken
  ) async throws -> any StorableClassifier {
    switch self {
    case .network(let configuration):
      return try await DenseTrainer(configuration: configuration, seed: seed).train(
        training, validation: validation, state: state, name: name, progress: progress, cancellation: cancellation)
    case .trees(var configuration):
      configuration.seed = seed.derivedSeed & 0x7FFF_FFFF
      return try TreeTrainer(configuration: configuration).train(
        on: TreeSample(training), validation: TreeSample(validation),
        progress: { update in
          var named = update
          named.stage = name
          progress(named)
        }, cancellation: cancellation)
    }
  }

  /// The libraries that shape what a training leaves.
  func libraries() async throws -> [String: String] {
    switch self {
    case .network: try await TorchRuntime.libraries()
    case .trees: ["cpu": currentCPUClass(), "xgboost": try XGBoostRuntime.version()]
    }
  }

  /// What a stored training says of itself.
  func summary(of folder: URL) throws -> TrainingSummary {
    switch self {
    case .network:
      let model = try TrainedClassifier(contentsOf: folder)
      return TrainingSummary(
        epochs: model.history.epochs.count, validationLoss: model.history.bestValidationLoss,
        text: model.architecture.summary())
    case .trees(let configuration):
      let model = try TreeEnsemble(contentsOf: folder)
      let history = model.description.history ?? TreeHistory()
      let order = zip(model.featureNames, model.importances()).sorted { $0.1 > $1.1 }
      let lines = ["\(model.trees.count) trees of depth up to \(configuration.maximumDepth)", "total gain:"]
      return TrainingSummary(
        epochs: history.validationLoss.count, validationLoss: history.validationLoss.min() ?? .nan,
        text: (lines + order.map { "  \($0.0)  \(String(format: "%.4g", $0.1))" }).joined(separator: "\n"))
    }
  }
}
