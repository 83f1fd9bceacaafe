import Learning
import Records

/// Rows to grow trees from: features, what to tell (a label, a class or a number), weights.
public struct TreeSample: Hashable, Sendable {
  public var features: FeatureMatrix
  public var targets: [Float]
  public var weights: [Float]

  /// - Parameter weights: 1 each where not given.
  /// - Throws: `LearningError` for no rows, or counts that differ.
  public init(features: FeatureMatrix, targets: [Float], weights: [Float]? = nil) throws {
    let rows = features.rowCount
    guard rows > 0 else { throw LearningError.empty(what: "the sample") }
    guard targets.count == rows else {
      throw LearningError.countMismatch(what: "targets", expected: rows, found: targets.count)
    }
    if let weights, weights.count != rows {
      throw LearningError.countMismatch(what: "weights", expected: rows, found: weights.count)
    }
    self.features = features
    self.targets = targets
    self.weights = weights ?? Array(repeating: 1, count: rows)
  }

  /// Two classes.
  public init(_ sample: LabelledSample) {
    (features, targets, weights) = (sample.features, sample.labels, sample.weights)
  }

  fileprivate func check(for task: TreeTask, allowsMissing: Bool) throws {
    if allowsMissing {
      if let bad = features.values.firstIndex(where: \.isInfinite) {
        throw LearningError.notFinite(
          value: "\(features.values[bad])", column: "feature '\(features.names[bad % features.columnCount])'",
          row: bad / features.columnCount)
      }
    } else {
      try features.checkFinite()
    }
    for row in targets.indices {
      let (target, weight) = (targets[row], weights[row])
      guard weight.isFinite, weight >= 0 else { throw DecisionTreeError.badWeight(value: weight, row: row) }
      switch task {
      case .classification:
        guard target == 0 || target == 1 else {
          throw DecisionTreeError.badTarget(value: target, row: row, allowed: "0 (background) and 1 (signal)")
        }
      case .multiclass(let classes):
        guard target >= 0, target < Float(classes), target == target.rounded() else {
          throw DecisionTreeError.badTarget(value: target, row: row, allowed: "whole numbers from 0 to \(classes - 1)")
        }
      case .regression:
        guard target.isFinite else {
          throw DecisionTreeError.badTarget(value: target, row: row, allowed: "finite numbers")
        }
      }
    }
  }

  /// The weights with a mean of 1, so that limits on leaves mean the same whatever the unit of weights.
  fileprivate func normalisedWeights(_ name: String) throws -> [Float] {
    let sum = weights.reduce(0.0) { $0 + Double($1) }
    guard sum > 0, sum.isFinite else { throw LearningError.nonPositiveWeights(what: name, sum: sum) }
    let factor = Double(weights.count) / sum
    return weights.map { Float(Double($0) * factor) }
  }
}

/// Grows trees by XGBoost's histogram method.
///
/// The same sample, configuration and number of threads give the same model, byte for byte.
public struct TreeTrainer: Sendable {
  public var task: TreeTask
  public var configuration: TreeConfiguration

  /// - Throws: `LearningError.invalidConfiguration`.
  public init(task: TreeTask = .classification, configuration: TreeConfiguration = TreeConfiguration()) throws {
    try configuration.validate()
    if case .multiclass(let classes) = task, classes < 2 {
      throw LearningError.invalidConfiguration(key: "classes", value: "\(classes)", allowed: "2 or more")
    }
    self.task = task
    self.configuration = configuration
  }

  /// Grows the trees.
  /// - Parameters:
  ///   - validation: decides when boosting ends, with `patience`; its loss is part of the history.
  ///   - progress: called after each round.
  /// - Throws: `LearningError`, ``DecisionTreeError``, `RecordError.cancelled`.
  public func train(
    on sample: TreeSample, validation: TreeSample? = nil, progress: ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) throws -> TreeEnsemble {
    try XGBoostRuntime.load()
    try sample.check(for: task, allowsMissing: configuration.allowsMissing)
    var matrices = [try Booster.Matrix(sample, weights: sample.normalisedWeights("the training sample"))]
    if let validation {
      try validation.features.checkColumns(sample.features.names)
      try validation.check(for: task, allowsMissing: configuration.allowsMissing)
      matrices.append(
        try Booster.Matrix(validation, weights: validation.normalisedWeights("the validation sample")))
    }
    guard configuration.patience == 0 || validation != nil else {
      throw LearningError.invalidConfiguration(
        key: "patience", value: "\(configuration.patience)", allowed: "0 without a validation sample")
    }
    let booster = try Booster(matrices, parameters: configuration.parameters(for: task))
    try booster.setFeatureNames(sample.features.names)
    let history = try boost(booster, hasValidation: validation != nil, progress, cancellation)
    return try TreeEnsemble(
      json: try booster.json(rounds: history.bestRound), path: "XGBoost's model", featureNames: sample.features.names,
      description: .init(task: task, configuration: configuration, history: history))
  }

  private func boost(
    _ booster: Booster, hasValidation: Bool, _ progress: ProgressHandler, _ cancellation: CancellationToken
  ) throws -> TreeHistory {
    // All trees of a forest grow in one round.
    let rounds = configuration.kind == .forest ? 1 : configuration.trees
    var history = TreeHistory()
    for round in 0..<rounds {
      try cancellation.check()
      try booster.update(round: round)
      let losses = try booster.evaluate(round: round)
      history.trainingLoss.append(losses[0])
      if hasValidation { history.validationLoss.append(losses[1]) }
      let watched = hasValidation && configuration.patience > 0
      if !watched || losses[1] < history.validationLoss[max(history.bestRound - 1, 0)] || round == 0 {
        history.bestRound = round + 1
      }
      progress(ProgressUpdate(stage: "trees", completed: round + 1, total: rounds, unit: "rounds"))
      if watched, round + 1 - history.bestRound >= configuration.patience { break }
    }
    return history
  }
}

/// Losses after each round: cross-entropy for boosted classes, else the root of the mean squared error.
public struct TreeHistory: Hashable, Codable, Sendable {
  public var trainingLoss: [Double] = []
  /// Empty without a validation sample.
  public var validationLoss: [Double] = []
  /// The round that ends the model, from 1.
  public var bestRound = 0

  public init() {}
}
