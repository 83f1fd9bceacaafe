import Records

/// Rows divided into k parts by a hash of their identity.
public struct Folds: Hashable, Sendable {
  /// k.
  public let count: Int
  /// The part of each row, from 0.
  public let assignment: [Int]

  /// How rows are dealt out within each class.
  public enum Division: String, Hashable, Codable, Sendable, CaseIterable {
    /// By the hash alone: no cut and no other row moves a row to another part; sizes scatter as of draws.
    case hashed
    /// In turn, in the order of the hash: sizes differ by one at most in each class (stratified).
    case stratified
  }

  /// - Parameters:
  ///   - identities: a number of each row that is its own, the same wherever the row stands.
  ///   - classes: of each row.
  ///   - seed: another node gives another division.
  /// - Throws: ``LearningError`` for k below 2, lengths that differ, identities that stand twice, or a class with a part without rows.
  public init(
    count: Int, identities: [UInt64], classes: [Int], division: Division = .stratified, seed: SeedTree
  ) throws {
    guard count >= 2 else {
      throw LearningError.invalidConfiguration(key: "folds", value: "\(count)", allowed: "≥ 2")
    }
    guard classes.count == identities.count else {
      throw LearningError.countMismatch(what: "classes", expected: identities.count, found: classes.count)
    }
    guard Set(identities).count == identities.count else {
      throw LearningError.invalidConfiguration(
        key: "identities", value: "\(identities.count - Set(identities).count) that stand twice",
        allowed: "one of its own for each row: copies of a row in two parts would be seen in training and test")
    }
    var assignment = [Int](repeating: 0, count: identities.count)
    var members: [Int: [Int]] = [:]
    for row in classes.indices { members[classes[row], default: []].append(row) }
    for (label, rows) in members {
      let key = seed.child(label).derivedSeed
      let hashes = rows.map { Self.hash(identities[$0], key: key) }
      switch division {
      case .hashed:
        for (row, hash) in zip(rows, hashes) {
          assignment[row] = Int(hash.multipliedFullWidth(by: UInt64(count)).high)
        }
      case .stratified:
        let order = rows.indices.sorted {
          (hashes[$0], identities[rows[$0]]) < (hashes[$1], identities[rows[$1]])
        }
        for (place, index) in order.enumerated() { assignment[rows[index]] = place % count }
      }
      guard Set(rows.map { assignment[$0] }).count == count else {
        throw LearningError.tooFewRows(what: "class \(label) for \(count) folds", needed: count, found: rows.count)
      }
    }
    self.count = count
    self.assignment = assignment
  }

  /// Philox of the identity under the key.
  private static func hash(_ identity: UInt64, key: UInt64) -> UInt64 {
    let words = Philox.block(
      counter: SIMD4(UInt32(truncatingIfNeeded: identity), UInt32(truncatingIfNeeded: identity >> 32), 0, 0),
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    return UInt64(words[0]) << 32 | UInt64(words[1])
  }

  /// The rows of some parts, in their order.
  public func rows(of parts: some Collection<Int>) -> [Int] {
    let wanted = Set(parts)
    return assignment.indices.filter { wanted.contains(assignment[$0]) }
  }
}

/// Cross-validation: as many trainings as folds, each row scored by the one model that has not seen it.
public struct CrossValidation<Model: Classifier>: Sendable {
  /// Of fold k: trained without it. Fold k + 1 (the first after the last) ended its training.
  public var models: [Model]
  /// Of each row, by the model of its fold.
  public var scores: [Float]
  public var folds: Folds
  /// Area under the ROC curve of each fold on its own.
  public var areas: [Estimate]

  /// Trains on k − 2 folds, validates on one, scores the last, for each fold.
  /// - Parameters:
  ///   - folds: of the sample's rows, three at least.
  ///   - train: gets training and validation rows and the number of the fold that is held out.
  /// - Throws: what `train` throws; ``LearningError``.
  public init(
    _ sample: LabelledSample, folds: Folds, cancellation: CancellationToken = CancellationToken(),
    train: (_ training: LabelledSample, _ validation: LabelledSample, _ fold: Int) async throws -> Model
  ) async throws {
    guard folds.count >= 3 else {
      throw LearningError.invalidConfiguration(
        key: "folds", value: "\(folds.count)", allowed: "≥ 3: to train, to end the training, to score")
    }
    guard folds.assignment.count == sample.labels.count else {
      throw LearningError.countMismatch(
        what: "folds", expected: sample.labels.count, found: folds.assignment.count)
    }
    models = []
    areas = []
    scores = [Float](repeating: .nan, count: sample.labels.count)
    self.folds = folds
    for fold in 0..<folds.count {
      try cancellation.check()
      let validation = (fold + 1) % folds.count
      let others = (0..<folds.count).filter { $0 != fold && $0 != validation }
      let model = try await train(
        try sample.rows(folds.rows(of: others)), try sample.rows(folds.rows(of: [validation])), fold)
      let held = folds.rows(of: [fold]), own = try sample.rows(held)
      let found = try await model.scores(own.features)
      for (row, score) in zip(held, found) { scores[row] = score }
      areas.append(try Metrics.areaUnderCurve(scores: found, labels: own.labels, weights: own.weights))
      models.append(model)
    }
  }
}

extension LabelledSample {
  /// The rows named, in that order.
  public func rows(_ rows: [Int]) throws -> LabelledSample {
    try LabelledSample(
      features: features.rows(rows), labels: rows.map { labels[$0] }, weights: rows.map { weights[$0] },
      name: "the rows chosen")
  }
}
