internal import CVectors
import Dispatch
import Foundation
import Learning
import Records

/// The mean distance to the nearest events of the background: a baseline without a model.
///
/// Features are divided by their standard deviations; distances are Euclidean. A background of more than `reference` events is
/// thinned to that number, drawn by weight, so that scoring takes time in proportion to it. Events of fewer keep their weights,
/// scaled to mean 1, and count as so many neighbours: of k neighbours the last may be a part of an event.
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
  package let scales: [Float]
  /// Row-major, scaled.
  package let points: [Float]
  /// As how many events each point counts.
  package let weights: [Float]

  public var summary: String { "\(configuration.neighbours) nearest of \(weights.count) events" }

  /// - Throws: `LearningError.invalidConfiguration`, ``AnomalyError/tooFewRows(rows:needed:what:)``.
  public init(fitting background: BackgroundSample, configuration: Configuration = Configuration()) throws {
    guard configuration.neighbours >= 1, configuration.neighbours <= configuration.reference else {
      throw LearningError.invalidConfiguration(
        key: "neighbours", value: "\(configuration.neighbours)", allowed: "1 … \(configuration.reference) (reference)")
    }
    let features = background.features, columns = features.columnCount
    let usable = background.weights.indices.filter { background.weights[$0] > 0 }
    guard usable.count >= configuration.neighbours else {
      throw AnomalyError.tooFewRows(
        rows: usable.count, needed: configuration.neighbours, what: "\(configuration.neighbours) neighbours")
    }
    featureNames = features.names
    self.configuration = configuration
    let scaler = try StandardScaler(fitting: features, weights: background.weights)
    let scales = scaler.widths.map { Float(1 / $0) }
    let chosen = Self.chosen(usable, background.weights, configuration)
    self.scales = scales
    weights = chosen.map(\.weight)
    points = chosen.flatMap { row, _ in (0..<columns).map { features[row, $0] * scales[$0] } }
  }

  /// All rows where they are few enough, with weights of mean 1; else `reference` places at equal distances along the rows'
  /// weights, each row as often as places fall on it.
  private static func chosen(
    _ usable: [Int], _ weights: [Float], _ configuration: Configuration
  ) -> [(row: Int, weight: Float)] {
    let total = usable.reduce(0.0) { $0 + Double(weights[$1]) }
    guard usable.count > configuration.reference else {
      let factor = Double(usable.count) / total
      return usable.map { ($0, Float(Double(weights[$0]) * factor)) }
    }
    var random = SeedTree(root: configuration.seed).child(method).stream()
    let step = total / Double(configuration.reference)
    var place = random.uniform() * step, sum = 0.0
    var chosen: [(row: Int, weight: Float)] = []
    for row in usable {
      sum += Double(weights[row])
      var count = 0
      while place < sum {
        count += 1
        place += step
      }
      if count > 0 { chosen.append((row, Float(count))) }
    }
    return chosen
  }

  /// The mean distance to the k nearest events.
  public func scores(_ features: FeatureMatrix) throws -> [Float] {
    try scores(features, isWide: ForestWalk.hasWideVectors)
  }

  /// - Parameter isWide: by AVX-512; the bits are the same.
  func scores(_ features: FeatureMatrix, isWide: Bool) throws -> [Float] {
    try features.checkColumns(featureNames)
    try features.checkFinite()
    let columns = scales.count
    let blocks = PointBlocks(points, columns: columns, lanes: isWide ? 16 : 8)
    let height = 256
    return concurrentMap((features.rowCount + height - 1) / height) { block -> [Float] in
      let rows = block * height..<min((block + 1) * height, features.rowCount)
      return stride(from: rows.lowerBound, to: rows.upperBound, by: 4).flatMap { first -> ArraySlice<Float> in
        // Four events share what is read of the points; beyond the end the last one stands in.
        let events = (0..<4).map { min(first + $0, rows.upperBound - 1) * columns }
        let queries = (0..<columns).flatMap { column in
          events.map { features.values[$0 + column] * scales[column] }
        }
        var nearest = events.map { _ in Nearest(neighbours: configuration.neighbours) }
        if isWide { blocks.findWide(queries, weights, &nearest) } else { blocks.find(queries, weights, &nearest) }
        return nearest.map(\.mean).prefix(min(4, rows.upperBound - first))
      }
    }.flatMap { $0 }
  }
}

/// Points side by side, column after column; places beyond the last point are infinitely far.
private struct PointBlocks {
  private let columns: Int
  private let lanes: Int
  private var values: [Float]

  init(_ points: [Float], columns: Int, lanes: Int) {
    self.columns = columns
    self.lanes = lanes
    let count = points.count / columns
    values = Array(repeating: .infinity, count: (count + lanes - 1) / lanes * lanes * columns)
    for point in 0..<count {
      let start = point / lanes * lanes * columns + point % lanes
      for column in 0..<columns { values[start + column * lanes] = points[point * columns + column] }
    }
  }

  /// Of four events, column by column.
  func find(_ queries: [Float], _ weights: [Float], _ nearest: inout [Nearest]) {
    values.withUnsafeBytes { bytes in
      for block in 0..<values.count / (columns * lanes) {
        var (a, b, c, d) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
        for column in 0..<columns {
          let points = bytes.loadUnaligned(
            fromByteOffset: (block * columns + column) * MemoryLayout<SIMD8<Float>>.size, as: SIMD8<Float>.self)
          let (p, q, r, s) = (
            points - queries[4 * column], points - queries[4 * column + 1], points - queries[4 * column + 2],
            points - queries[4 * column + 3]
          )
          a += p * p
          b += q * q
          c += r * r
          d += s * s
        }
        for (event, squares) in [a, b, c, d].enumerated() where squares.min() < nearest[event].limit {
          for lane in 0..<8 { nearest[event].take(squares[lane], block * 8 + lane, weights) }
        }
      }
    }
  }

  /// The same by AVX-512.
  func findWide(_ queries: [Float], _ weights: [Float], _ nearest: inout [Nearest]) {
    values.withUnsafeBufferPointer { values in
      queries.withUnsafeBufferPointer { queries in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 64 + 4) { room in
          guard let points = values.baseAddress, let query = queries.baseAddress, let squares = room.baseAddress else {
            return
          }
          let limits = squares + 64
          for event in 0..<4 { limits[event] = nearest[event].limit }
          for block in 0..<values.count / (columns * lanes) {
            var near = cvectors_near_points(points + block * columns * lanes, Int32(columns), query, limits, squares)
            while near != 0 {
              let place = near.trailingZeroBitCount, event = place / 16
              near &= near &- 1
              nearest[event].take(squares[place], block * 16 + place % 16, weights)
              limits[event] = nearest[event].limit
            }
          }
        }
      }
    }
  }
}

/// The nearest points so far, by distance, as many as have a weight of k together.
private struct Nearest {
  let neighbours: Float
  private var squares: [Float] = []
  private var weights: [Float] = []
  private var total: Float = 0
  /// Points farther away do not count.
  private(set) var limit = Float.infinity

  init(neighbours: Int) { self.neighbours = Float(neighbours) }

  /// A point's squared distance.
  mutating func take(_ square: Float, _ point: Int, _ pointWeights: [Float]) {
    if square < limit { insert(square, pointWeights[point]) }
  }

  private mutating func insert(_ square: Float, _ weight: Float) {
    var place = squares.count
    squares.append(square)
    weights.append(weight)
    while place > 0, squares[place - 1] > square {
      squares.swapAt(place, place - 1)
      weights.swapAt(place, place - 1)
      place -= 1
    }
    total += weight
    while let last = weights.last, total - last >= neighbours {
      total -= last
      weights.removeLast()
      squares.removeLast()
    }
    if total >= neighbours, let last = squares.last { limit = last }
  }

  /// Of the distances, the last point counting as far as it is needed.
  var mean: Float {
    var (sum, left) = (Float(0), neighbours)
    for (square, weight) in zip(squares, weights) {
      let part = min(weight, left)
      sum += part * square.squareRoot()
      left -= part
    }
    return sum / (neighbours - left)
  }
}
