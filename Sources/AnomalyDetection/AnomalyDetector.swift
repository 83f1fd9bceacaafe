import ByteIO
import Foundation
import Learning
import Records

/// What tells how unlike the background an event is, learnt from background alone.
public protocol AnomalyDetector: Sendable {
  /// `isolation-forest`, `histogram`, …: names the method in cards and files.
  static var method: String { get }

  /// The columns it takes, in order.
  var featureNames: [String] { get }

  /// One number a row; higher is more anomalous.
  /// - Throws: `LearningError` for other columns than it was fitted on, or values that are not finite.
  func scores(_ features: FeatureMatrix) async throws -> [Float]

  /// A line for reports: what it is made of.
  var summary: String { get }
}

/// Events of the Standard Model that a detector is fitted on.
public struct BackgroundSample: Hashable, Sendable {
  public let features: FeatureMatrix
  public let weights: [Float]
  /// By row, a variable that scores should not follow (a mass), for detectors with a decorrelation.
  public let protected: [Float]?

  /// - Parameters:
  ///   - weights: 1 each where not given.
  ///   - protected: one number a row.
  ///   - isValidation: the sample only says when to stop; its columns need not vary.
  /// - Throws: `LearningError` for no rows, counts that differ, values that are not finite, or weights that add up to nothing;
  ///   ``AnomalyError/negativeWeight(value:row:)``; ``AnomalyError/constantColumn(name:value:)``, as no detector can learn
  ///   from a column that never changes.
  public init(
    features: FeatureMatrix, weights: [Float]? = nil, protected: [Float]? = nil, isValidation: Bool = false
  ) throws {
    let rows = features.rowCount
    guard rows > 0 else { throw LearningError.empty(what: "the background") }
    let given = weights ?? Array(repeating: 1, count: rows)
    guard given.count == rows else {
      throw LearningError.countMismatch(what: "weights of the background", expected: rows, found: given.count)
    }
    try features.checkFinite()
    for (row, weight) in given.enumerated() {
      guard weight.isFinite else {
        throw LearningError.notFinite(value: "\(weight)", column: "the weight", row: row)
      }
      guard weight >= 0 else { throw AnomalyError.negativeWeight(value: weight, row: row) }
    }
    let sum = given.reduce(0.0) { $0 + Double($1) }
    guard sum > 0 else { throw LearningError.nonPositiveWeights(what: "the background", sum: sum) }
    for column in 0..<features.columnCount where !isValidation {
      let start = given.firstIndex { $0 > 0 } ?? 0
      let first = features[start, column]
      let varies = (start..<rows).contains { features[$0, column] != first && given[$0] > 0 }
      guard varies else { throw AnomalyError.constantColumn(name: features.names[column], value: first) }
    }
    if let protected {
      guard protected.count == rows else {
        throw LearningError.countMismatch(
          what: "the protected variable of the background", expected: rows, found: protected.count)
      }
      if let row = protected.firstIndex(where: { !$0.isFinite }) {
        throw LearningError.notFinite(value: "\(protected[row])", column: "the protected variable", row: row)
      }
    }
    self.features = features
    self.weights = given
    self.protected = protected
  }
}

/// What is wrong with the background or with a stored detector.
public enum AnomalyError: Error, Hashable, Sendable, CustomStringConvertible {
  case negativeWeight(value: Float, row: Int)
  case constantColumn(name: String, value: Float)
  case tooFewRows(rows: Int, needed: Int, what: String)
  case unreadable(path: String, reason: String)
  /// A search without a trial that came to its end.
  case noTrial(failures: [String])

  public var description: String {
    switch self {
    case .negativeWeight(let value, let row):
      "weight \(value) in row \(row): a density has no negative parts; leave such events out, or take their magnitudes"
    case .constantColumn(let name, let value):
      "feature '\(name)' is \(value) in every event of the background: leave it out"
    case .tooFewRows(let rows, let needed, let what):
      "the background has \(rows) events, \(what) needs \(needed): give more events or lower it"
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .noTrial(let failures):
      "no trial of the search came to its end" + (failures.first.map { "; the first failed with: \($0)" } ?? "")
    }
  }
}

/// A detector that is stored as one JSON file.
public protocol StoredAnomalyDetector: AnomalyDetector, Codable {}

private struct StoredFile<Model: Codable>: Codable {
  var schema: Int
  var method: String
  var model: Model
}

private struct StoredHeader: Decodable {
  var schema: Int
  var method: String
}

extension StoredAnomalyDetector {
  /// The version of the file's schema.
  public static var schemaVersion: Int { 1 }

  /// Writes the detector.
  /// - Throws: `FileError`.
  public func save(to url: URL) throws {
    let file = StoredFile(schema: Self.schemaVersion, method: Self.method, model: self)
    try AtomicFile.write(try JSONEncoder.canonical.encode(file), to: url)
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`, ``AnomalyError/unreadable(path:reason:)``.
  public init(contentsOf url: URL) throws {
    let data = try Data(readingFrom: url)
    guard let header = try? JSONDecoder().decode(StoredHeader.self, from: data) else {
      throw AnomalyError.unreadable(path: url.path, reason: "it is no stored anomaly detector")
    }
    guard header.method == Self.method, header.schema == Self.schemaVersion else {
      throw AnomalyError.unreadable(
        path: url.path,
        reason: "it holds '\(header.method)' of schema \(header.schema), expected '\(Self.method)' of "
          + "schema \(Self.schemaVersion)")
    }
    do {
      self = try JSONDecoder().decode(StoredFile<Self>.self, from: data).model
    } catch { throw AnomalyError.unreadable(path: url.path, reason: "\(error)") }
  }
}
