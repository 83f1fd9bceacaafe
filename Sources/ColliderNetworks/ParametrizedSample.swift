import Learning
import Records

/// Events to train a parametrised network on: features x, the parameters θ that the signal was made with, labels (0 background,
/// 1 signal) and weights. A background event has no θ of its own: what stands in its row of ``parameters`` is not looked at.
public struct ParametrizedSample: Hashable, Sendable {
  public var features: FeatureMatrix
  /// A row an event, a column a parameter.
  public var parameters: FeatureMatrix
  public var labels: [Float]
  public var weights: [Float]

  /// - Throws: `LearningError` for lengths that differ, names of parameters that features have too, and all that `LabelledSample`
  ///   refuses.
  public init(
    features: FeatureMatrix, parameters: FeatureMatrix, labels: [Float], weights: [Float],
    name: String = "the training sample"
  ) throws {
    _ = try LabelledSample(features: features, labels: labels, weights: weights, name: name)
    guard parameters.rowCount == features.rowCount else {
      throw LearningError.countMismatch(
        what: "parameters of \(name)", expected: features.rowCount, found: parameters.rowCount)
    }
    if let twice = parameters.names.first(where: features.names.contains) {
      throw LearningError.invalidConfiguration(
        key: "parameters", value: "'\(twice)', which is a feature too", allowed: "a column that is no feature")
    }
    self.features = features
    self.parameters = parameters
    self.labels = labels
    self.weights = weights
  }

  private var signalRows: [Int] { labels.indices.filter { labels[$0] == 1 } }

  /// Of the signal's events, by their weights.
  /// - Throws: as ``ParameterDistribution/init(_:weights:)``.
  public func signalDistribution() throws -> ParameterDistribution {
    let rows = signalRows
    return try ParameterDistribution(parameters.rows(rows), weights: rows.map { weights[$0] })
  }

  /// The same events with the signal's weights scaled so that each of its points has the same sum, the total being kept: for points
  /// that were simulated with different cross-sections or numbers of events.
  /// - Throws: as ``signalDistribution()``; for a point without weight.
  public func withEqualPoints() throws -> ParametrizedSample {
    let distribution = try signalDistribution()
    let share = 1 / Double(distribution.points.count)
    let factors = try Dictionary(
      uniqueKeysWithValues: zip(distribution.points, distribution.fractions).map { point, fraction in
        guard fraction > 0 else {
          throw LearningError.nonPositiveWeights(
            what: "the signal at \(ParameterDistribution.text(point, parameters.names))", sum: 0)
        }
        return (point, share / fraction)
      })
    var sample = self
    for row in signalRows { sample.weights[row] *= Float(factors[parameters.point(row)] ?? 1) }
    return sample
  }

  /// Features and parameters as one matrix, the background's parameters drawn from `distribution`: what a network is trained on.
  /// - Parameter seed: the k-th background event takes stream k of it.
  public func completed(by distribution: ParameterDistribution, seed: SeedTree) throws -> LabelledSample {
    try parameters.checkColumns(distribution.names)
    let background = labels.indices.filter { labels[$0] == 0 }
    var completed = parameters
    for (row, point) in zip(background, distribution.draw(background.count, seed: seed)) {
      for column in point.indices { completed[row, column] = point[column] }
    }
    return try LabelledSample(features: features.joined(completed), labels: labels, weights: weights)
  }
}
