import NeuralNetworks
import Records

/// What a network is to say about each row.
public enum Targets: Hashable, Sendable {
  /// The number of each row's class, from 0, and the classes' names.
  case classes([Int], names: [String])
  /// Numbers, row-major [rows, names]. `isScaled`: the network learns them with mean 0 and width 1, and predictions are in
  /// the given units again; else it learns them as they are.
  case values([Float], names: [String], isScaled: Bool)
  /// The scaled features themselves: an auto-encoder.
  case features
}

/// Events to learn from: features, targets and weights.
public struct SupervisedSample: Hashable, Sendable {
  public var features: FeatureMatrix
  public var targets: Targets
  public var weights: [Float]
  /// By row, a variable that scores should not follow (a mass); used by trainings with a decorrelation.
  public var protected: [Float]?

  /// - Parameters:
  ///   - weights: 1 for each row where none are given.
  ///   - protected: one finite number a row.
  /// - Throws: ``LearningError`` for lengths that differ, values that are not finite, numbers of absent classes, a
  ///   class without rows, or weights that do not add up to a positive number in each class.
  public init(
    features: FeatureMatrix, targets: Targets, weights: [Float]? = nil, protected: [Float]? = nil,
    name: String = "the training sample"
  ) throws {
    let rows = features.rowCount
    let weights = weights ?? [Float](repeating: 1, count: rows)
    guard rows > 0 else { throw LearningError.empty(what: name) }
    guard weights.count == rows else {
      throw LearningError.countMismatch(what: "weights of \(name)", expected: rows, found: weights.count)
    }
    try features.checkFinite()
    if let row = weights.firstIndex(where: { !$0.isFinite }) {
      throw LearningError.notFinite(value: "\(weights[row])", column: "the weight", row: row)
    }
    switch targets {
    case .classes(let numbers, let names): try Self.check(numbers, names, weights, rows, name)
    case .values(let values, let names, _):
      guard !names.isEmpty else { throw LearningError.empty(what: "the list of targets") }
      guard values.count == rows * names.count else {
        throw LearningError.countMismatch(
          what: "targets of \(name)", expected: rows * names.count, found: values.count)
      }
      if let bad = values.firstIndex(where: { !$0.isFinite }) {
        throw LearningError.notFinite(
          value: "\(values[bad])", column: "target '\(names[bad % names.count])'", row: bad / names.count)
      }
      try Self.checkSum(weights, name)
    case .features: try Self.checkSum(weights, name)
    }
    if let protected {
      guard protected.count == rows else {
        throw LearningError.countMismatch(
          what: "the protected variable of \(name)", expected: rows, found: protected.count)
      }
      if let row = protected.firstIndex(where: { !$0.isFinite }) {
        throw LearningError.notFinite(value: "\(protected[row])", column: "the protected variable", row: row)
      }
    }
    self.features = features
    self.targets = targets
    self.weights = weights
    self.protected = protected
  }

  private static func checkSum(_ weights: [Float], _ name: String) throws {
    let sum = weights.reduce(0) { $0 + Double($1) }
    guard sum > 0 else { throw LearningError.nonPositiveWeights(what: name, sum: sum) }
  }

  private static func check(
    _ numbers: [Int], _ names: [String], _ weights: [Float], _ rows: Int, _ name: String
  ) throws {
    guard numbers.count == rows else {
      throw LearningError.countMismatch(what: "classes of \(name)", expected: rows, found: numbers.count)
    }
    guard names.count >= 2 else {
      throw LearningError.countMismatch(what: "names of classes", expected: 2, found: names.count)
    }
    var sums = names.map { _ in 0.0 }, seen = names.map { _ in 0 }
    for row in 0..<rows {
      guard names.indices.contains(numbers[row]) else {
        throw LearningError.badClass(number: numbers[row], classes: names.count, row: row)
      }
      sums[numbers[row]] += Double(weights[row])
      seen[numbers[row]] += 1
    }
    for number in names.indices {
      guard seen[number] > 0 else { throw LearningError.missingClass(label: number, rows: rows) }
      guard sums[number] > 0 else {
        throw LearningError.nonPositiveWeights(what: "class '\(names[number])' in \(name)", sum: sums[number])
      }
    }
  }

  /// Two classes, background (0) and signal (1).
  public init(_ sample: LabelledSample) {
    features = sample.features
    targets = .classes(sample.labels.map { Int($0) }, names: ["background", "signal"])
    weights = sample.weights
  }

  /// Identity of the content, for checkpoints.
  public var digest: Digest {
    var builder = DigestBuilder()
    for name in features.names { builder.update(name) }
    features.values.withUnsafeBytes { builder.update($0) }
    switch targets {
    case .classes(let numbers, let names):
      builder.update("classes \(names)")
      numbers.map(Int32.init).withUnsafeBytes { builder.update($0) }
    case .values(let values, let names, let isScaled):
      builder.update("values \(names) \(isScaled)")
      values.withUnsafeBytes { builder.update($0) }
    case .features: builder.update("features")
    }
    weights.withUnsafeBytes { builder.update($0) }
    protected?.withUnsafeBytes { builder.update($0) }
    return builder.finish()
  }
}
