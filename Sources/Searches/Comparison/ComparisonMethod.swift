import Foundation
import Learning
import Records

/// A trained model of any kind that can be stored.
protocol StorableClassifier: Classifier {
  func save(to folder: URL) throws
}

extension TrainedClassifier: StorableClassifier {}

/// What tables and the report say of a training.
struct TrainingSummary {
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
      try await DenseTrainer(configuration: configuration, seed: seed).train(
        training, validation: validation, state: state, name: name, progress: progress, cancellation: cancellation)
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
    }
  }
}
