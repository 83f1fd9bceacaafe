import NeuralNetworks
import Records

/// Scaled rows for a training.
struct TrainingData: Sendable {
  var features: [Float]
  /// One number a row (the class), or `targetWidth` values.
  var targets: [Float]
  var weights: [Float]
  var columns: Int
  var targetWidth = 1
  /// Of the columns, for errors.
  var names: [String] = []
  /// The variable that scores should not follow, by row.
  var protected: [Float]?
  /// The targets are the features: they need no memory of their own.
  var targetsAreFeatures = false

  var rows: Int { weights.count }

  mutating func append(_ row: [Float], _ target: Float, _ weight: Float) {
    features += row
    targets.append(target)
    weights.append(weight)
  }

  func selecting(_ rows: [Int]) -> TrainingData {
    var picked = self
    picked.features = rows.flatMap { features[$0 * columns..<($0 + 1) * columns] }
    picked.targets = rows.flatMap { targets[$0 * targetWidth..<($0 + 1) * targetWidth] }
    picked.weights = rows.map { weights[$0] }
    return picked
  }

  /// Weights of mean 1: with ``ClassBalance/equal`` all classes have the same sum; then the classes' factors. Targets are
  /// classes where `classes` is above 0.
  func balanced(_ configuration: TrainingConfiguration, classes: Int) throws -> TrainingData {
    var result = self
    let groups = max(classes, 1)
    let label: (Int) -> Int = { classes > 0 ? Int(targets[$0]) : 0 }
    var sums = [Double](repeating: 0, count: groups)
    for row in 0..<rows { sums[label(row)] += Double(weights[row]) }
    let values = weightsWithoutNegative(configuration.negativeWeights, sums, label)
    let rows = Double(rows), total = sums.reduce(0, +)
    var factors =
      configuration.classBalance == .equal && classes > 0
      ? sums.map { rows / (Double(groups) * $0) } : sums.map { _ in rows / total }
    if let extra = configuration.classWeights {
      guard extra.count == groups else {
        throw LearningError.invalidConfiguration(
          key: "class_weights", value: "\(extra.count) numbers", allowed: "\(groups), one for each class")
      }
      let scaled = zip(zip(factors, extra), sums).reduce(0) { $0 + $1.0.0 * $1.0.1 * $1.1 }
      factors = zip(factors, extra).map { $0 * $1 * rows / scaled }
    }
    result.weights = values.indices.map { Float(values[$0] * factors[label($0)]) }
    return result
  }

  private func weightsWithoutNegative(
    _ choice: NegativeWeights, _ sums: [Double], _ label: (Int) -> Int
  ) -> [Double] {
    let plain = weights.map { Double($0) }
    guard choice != .keep else { return plain }
    let changed = plain.map { choice == .magnitude ? abs($0) : max($0, 0) }
    var after = sums.map { _ in 0.0 }
    for row in changed.indices { after[label(row)] += changed[row] }
    return changed.indices.map { changed[$0] * sums[label($0)] / after[label($0)] }
  }

  /// - Throws: ``LearningError/notFinite(value:column:row:)`` for a feature that scaling took beyond float32.
  func checkFinite() throws {
    guard let bad = features.firstIndex(where: { !$0.isFinite }) else { return }
    let name = names.indices.contains(bad % columns) ? names[bad % columns] : "\(bad % columns)"
    throw LearningError.notFinite(value: "\(features[bad])", column: "scaled feature '\(name)'", row: bad / columns)
  }
}
