import Dispatch
import Foundation
import Learning
import Records

/// The mean distance to the nearest events of the background: a baseline without a model.
///
/// Features are divided by their standard deviations; distances are Euclidean. The background is thinned to `reference`
/// events, drawn by weight, so that scoring takes time in proportion to that number.
public struct NearestNeighbours: StoredAnomalyDetector, Hashable {
  public static let method = "nearest-neighbours"

  public struct Configuration: Hashable, Codable, Sendable {
    /// k, from 1.
    public var neighbours: Int
    /// Events of the background that are kept.
    public var reference: Int
    public var seed: UInt64

    public init(neighbours: Int = 10, reference: Int = 5000, seed: UInt64 = 0) {
      self.neighbours = neighbours
      self.reference = reference
      self.seed = seed
    }
  }

  public let featureNames: [String]
  public let configuration: Configuration
  let scales: [Float]
  /// Row-major, scaled.
  let points: [Float]

  public var summary: String { "\(configuration.neighbours) nearest of \(points.count / max(scales.count, 1)) events" }

  /// - Throws: `LearningError.invalidConfiguration`, ``AnomalyError/tooFewRows(rows:needed:what:)``.
  public init(fitting background: BackgroundSample, configuration: Configuration = Configuration()) throws {
    guard configuration.neighbours >= 1, configuration.neighbours <= configuration.reference else {
      throw LearningError.invalidConfiguration(
        key: "neighbours", value: "\(configuration.neighbours)", allowed: "1 … \(configuration.reference) (reference)")
    }
    let features = background.features, columns = features.columnCount
    guard features.rowCount >= configuration.neighbours else {
      throw AnomalyError.tooFewRows(
        rows: features.rowCount, needed: configuration.neighbours, what: "\(configuration.neighbours) neighbours")
    }
    featureNames = features.names
    self.configuration = configuration
    let rows = Self.chosen(background, configuration)
    let total = background.weights.reduce(0.0) { $0 + Double($1) }
    var scales = [Float](repeating: 1, count: columns)
    for column in 0..<columns {
      var mean = 0.0, square = 0.0
      for row in 0..<features.rowCount {
        let weight = Double(background.weights[row]) / total
        mean += weight * Double(features[row, column])
      }
      for row in 0..<features.rowCount {
        let difference = Double(features[row, column]) - mean
        square += Double(background.weights[row]) / total * difference * difference
      }
      scales[column] = Float(1 / square.squareRoot())
    }
    self.scales = scales
    points = rows.flatMap { row in (0..<columns).map { features[row, $0] * scales[$0] } }
  }

  /// All rows where they are few enough, else a weighted choice without repetition (Efraimidis and Spirakis, 2006).
  private static func chosen(_ background: BackgroundSample, _ configuration: Configuration) -> [Int] {
    let rows = background.features.rowCount
    let usable = (0..<rows).filter { background.weights[$0] > 0 }
    guard usable.count > configuration.reference else { return usable }
    var random = SeedTree(root: configuration.seed).child(method).stream()
    let keys = usable.map { (row: $0, key: log(1 - random.uniform()) / Double(background.weights[$0])) }
    return keys.sorted { $0.key > $1.key }.prefix(configuration.reference).map(\.row).sorted()
  }

  /// The mean distance to the k nearest events.
  public func scores(_ features: FeatureMatrix) throws -> [Float] {
    try features.checkColumns(featureNames)
    try features.checkFinite()
    let columns = scales.count
    let blocks = (features.rowCount + 255) / 256
    return concurrentMap(blocks) { block -> [Float] in
      (block * 256..<min((block + 1) * 256, features.rowCount)).map { row in
        score((0..<columns).map { features.values[row * columns + $0] * scales[$0] })
      }
    }.flatMap { $0 }
  }

  private func score(_ point: [Float]) -> Float {
    let columns = point.count, count = points.count / columns
    let k = min(configuration.neighbours, count)
    // The k least squared distances so far, the largest first to go.
    var nearest = [Float](repeating: .infinity, count: k)
    points.withUnsafeBufferPointer { points in
      for other in 0..<count {
        var sum: Float = 0
        for column in 0..<columns {
          let difference = points[other * columns + column] - point[column]
          sum += difference * difference
        }
        guard sum < nearest[k - 1] else { continue }
        var place = k - 1
        while place > 0, nearest[place - 1] > sum {
          nearest[place] = nearest[place - 1]
          place -= 1
        }
        nearest[place] = sum
      }
    }
    return nearest.reduce(0) { $0 + $1.squareRoot() } / Float(k)
  }
}
