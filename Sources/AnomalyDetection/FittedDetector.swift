import ByteIO
import Foundation
import Learning
import Records

/// A detector of any method as it was fitted and is stored, behind a rotation where it has one.
///
/// On disk it is a folder: `detector.json`, a deep detector's network beside it, `rotation.json` where there is one.
public struct FittedDetector: Sendable {
  public let rotation: PrincipalComponents?
  public let detector: any AnomalyDetector

  public init(rotation: PrincipalComponents? = nil, detector: any AnomalyDetector) {
    self.rotation = rotation
    self.detector = detector
  }

  /// The columns it takes, in order.
  public var featureNames: [String] { rotation?.featureNames ?? detector.featureNames }

  public var method: String { type(of: detector).method }

  public var summary: String { rotation == nil ? detector.summary : "\(detector.summary), after principal components" }

  /// One number a row; higher is more anomalous.
  /// - Throws: `LearningError` for other columns than it was fitted on, or values that are not finite.
  public func scores(_ features: FeatureMatrix) async throws -> [Float] {
    try await detector.scores(rotation?.rotated(features) ?? features)
  }

  private static let rotationFile = "rotation.json"
  private static let modelFile = "detector.json"

  /// Whether a folder has a detector.
  public static func isStored(in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(modelFile).path)
  }

  /// - Throws: `FileError`.
  public func save(to folder: URL) throws {
    if let rotation {
      try AtomicFile.write(
        try JSONEncoder.canonical.encode(rotation), to: folder.appendingPathComponent(Self.rotationFile))
    }
    switch detector {
    case let stored as any StoredAnomalyDetector: try stored.save(to: folder.appendingPathComponent(Self.modelFile))
    case let deep as any DeepAnomalyDetector: try deep.save(to: folder)
    default: preconditionFailure("\(type(of: detector)) has no file")
    }
  }

  private struct Header: Decodable { var method: String }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`, `LearningError`, ``AnomalyError/unreadable(path:reason:)``.
  public init(contentsOf folder: URL) throws {
    let model = folder.appendingPathComponent(Self.modelFile)
    guard let header = try? JSONDecoder().decode(Header.self, from: Data(readingFrom: model)) else {
      throw AnomalyError.unreadable(path: model.path, reason: "it is no stored anomaly detector")
    }
    switch header.method {
    case AutoEncoder.method: detector = try AutoEncoder(contentsOf: folder)
    case DeepSVDD.method: detector = try DeepSVDD(contentsOf: folder)
    case VariationalAutoEncoder.method: detector = try VariationalAutoEncoder(contentsOf: folder)
    case IsolationForest.method: detector = try IsolationForest(contentsOf: model)
    case HistogramScore.method: detector = try HistogramScore(contentsOf: model)
    case NearestNeighbours.method: detector = try NearestNeighbours(contentsOf: model)
    default:
      throw AnomalyError.unreadable(path: model.path, reason: "no method is called '\(header.method)'")
    }
    let turned = folder.appendingPathComponent(Self.rotationFile)
    guard FileManager.default.fileExists(atPath: turned.path) else {
      rotation = nil
      return
    }
    do { rotation = try JSONDecoder().decode(PrincipalComponents.self, from: Data(readingFrom: turned)) } catch {
      throw AnomalyError.unreadable(path: turned.path, reason: "it is no rotation: \(error)")
    }
  }
}
