import Dispatch
import Records

/// Rows of features, row-major, with the columns' names.
public struct FeatureMatrix: Hashable, Sendable {
  public let names: [String]
  public let rowCount: Int
  /// `values[row * names.count + column]`.
  public private(set) var values: [Float]

  /// - Throws: ``LearningError/countMismatch(what:expected:found:)`` where values do not fill whole rows.
  public init(names: [String], values: [Float]) throws {
    guard !names.isEmpty else { throw LearningError.empty(what: "the list of features") }
    guard values.count % names.count == 0 else {
      throw LearningError.countMismatch(
        what: "a matrix of \(names.count) columns", expected: (values.count / names.count + 1) * names.count,
        found: values.count)
    }
    self.names = names
    self.values = values
    rowCount = values.count / names.count
  }

  public var columnCount: Int { names.count }

  public subscript(row: Int, column: Int) -> Float {
    get { values[row * names.count + column] }
    set { values[row * names.count + column] = newValue }
  }

  /// The rows named, in that order.
  public func rows(_ indices: [Int]) -> FeatureMatrix {
    var picked = self
    picked = FeatureMatrix(
      names: names, rowCount: indices.count,
      values: indices.flatMap { values[($0 * names.count)..<(($0 + 1) * names.count)] })
    return picked
  }

  private init(names: [String], rowCount: Int, values: [Float]) {
    self.names = names
    self.rowCount = rowCount
    self.values = values
  }

  /// - Throws: ``LearningError/notFinite(value:column:row:)`` for the first value that is infinite or no number.
  public func checkFinite() throws {
    guard let bad = values.withUnsafeBufferPointer({ $0.firstNotFinite() }) else { return }
    throw LearningError.notFinite(
      value: "\(values[bad])", column: "feature '\(names[bad % names.count])'", row: bad / names.count)
  }

  /// - Throws: ``LearningError/wrongColumnCount(expected:found:)`` unless the columns are these, in this order.
  public func checkColumns(_ expected: [String]) throws {
    guard names == expected else { throw LearningError.wrongColumnCount(expected: expected, found: names) }
  }
}

extension UnsafeBufferPointer<Float> {
  /// The place of the first value that is infinite or no number; all cores look.
  fileprivate func firstNotFinite() -> Int? {
    let length = 1 << 16, count = count
    let chunks = (count + length - 1) / length
    @Sendable func chunk(_ index: Int) -> Range<Int> { index * length..<Swift.min((index + 1) * length, count) }
    let areFinite = [Bool](unsafeUninitializedCapacity: chunks) { flags, filled in
      nonisolated(unsafe) let (values, flags) = (self, flags)
      DispatchQueue.concurrentPerform(iterations: chunks) { index in
        flags[index] = Self(rebasing: values[chunk(index)]).isFinite
      }
      filled = chunks
    }
    return areFinite.firstIndex(of: false).flatMap { self[chunk($0)].firstIndex { !$0.isFinite } }
  }

  /// Zero times a number is zero unless it is infinite or no number, which a sum tells of all values at once.
  private var isFinite: Bool {
    let bytes = UnsafeRawBufferPointer(self)
    var sums = SIMD16<Float>.zero
    for place in stride(from: 0, to: count & ~15, by: 16) {
      sums += 0 * bytes.loadUnaligned(fromByteOffset: 4 * place, as: SIMD16<Float>.self)
    }
    return sums == .zero && suffix(count & 15).allSatisfy(\.isFinite)
  }
}

/// Events to learn from: features, labels (0 background, 1 signal) and weights.
public struct LabelledSample: Hashable, Sendable {
  public var features: FeatureMatrix
  public var labels: [Float]
  public var weights: [Float]

  /// - Throws: ``LearningError`` for lengths that differ, values that are not finite, labels other than 0 and 1, an
  ///   absent class, or weights of a class that do not add up to a positive number. `name` is what errors call it.
  public init(features: FeatureMatrix, labels: [Float], weights: [Float], name: String = "the training sample") throws {
    let rows = features.rowCount
    guard rows > 0 else { throw LearningError.empty(what: name) }
    guard labels.count == rows else {
      throw LearningError.countMismatch(what: "labels of \(name)", expected: rows, found: labels.count)
    }
    guard weights.count == rows else {
      throw LearningError.countMismatch(what: "weights of \(name)", expected: rows, found: weights.count)
    }
    try features.checkFinite()
    var sums = [0.0, 0.0], seen = [0, 0]
    for row in 0..<rows {
      guard labels[row] == 0 || labels[row] == 1 else { throw LearningError.badLabel(value: labels[row], row: row) }
      guard weights[row].isFinite else {
        throw LearningError.notFinite(value: "\(weights[row])", column: "the weight", row: row)
      }
      sums[Int(labels[row])] += Double(weights[row])
      seen[Int(labels[row])] += 1
    }
    for label in 0...1 {
      guard seen[label] > 0 else { throw LearningError.missingClass(label: label, rows: rows) }
      guard sums[label] > 0 else {
        throw LearningError.nonPositiveWeights(what: "label \(label) in \(name)", sum: sums[label])
      }
    }
    self.features = features
    self.labels = labels
    self.weights = weights
  }

  /// Identity of the content, for checkpoints.
  public var digest: Digest {
    var builder = DigestBuilder()
    for name in features.names { builder.update(name) }
    features.values.withUnsafeBytes { builder.update($0) }
    labels.withUnsafeBytes { builder.update($0) }
    weights.withUnsafeBytes { builder.update($0) }
    return builder.finish()
  }
}

/// What every trained model for two classes can do.
public protocol Classifier: Sendable {
  /// The columns it takes, in order.
  var featureNames: [String] { get }

  /// One number in [0, 1] for each row; higher is more like signal (label 1).
  /// - Throws: ``LearningError`` for other columns or values that are not finite.
  func scores(_ features: FeatureMatrix) async throws -> [Float]
}
