import Foundation
import Learning
import Records

/// How often which parameter points θ (a particle's mass, a coupling) occur among signal events: what the θ of background events
/// is drawn from.
///
/// Points are distinct and in ascending order, so that neither the order of events nor how often a point stands in a table
/// matters, only its weight.
public struct ParameterDistribution: Hashable, Codable, Sendable {
  public let names: [String]
  /// Distinct points in ascending order, each one number a name.
  public let points: [[Float]]
  /// The sum of weights up to and with each point; the last is 1.
  public let cumulative: [Double]

  /// - Parameters:
  ///   - parameters: one row a signal event, one column a parameter.
  ///   - weights: of the events. Single ones may be negative, but not the sum at a point.
  /// - Throws: `LearningError` for values that are not finite, no rows, or a point whose weights add up to less than 0, or all
  ///   points to 0.
  public init(_ parameters: FeatureMatrix, weights: [Float]) throws {
    guard parameters.rowCount > 0 else { throw LearningError.empty(what: "the signal's parameters") }
    guard weights.count == parameters.rowCount else {
      throw LearningError.countMismatch(
        what: "weights of the signal's parameters", expected: parameters.rowCount, found: weights.count)
    }
    try parameters.checkFinite()
    var sums: [[Float]: Double] = [:]
    for row in 0..<parameters.rowCount { sums[parameters.point(row), default: 0] += Double(weights[row]) }
    points = sums.keys.sorted { $0.lexicographicallyPrecedes($1) }
    names = parameters.names
    var total = 0.0
    let steps = try points.map { point -> Double in
      let weight = sums[point] ?? 0
      guard weight >= 0 else {
        throw LearningError.nonPositiveWeights(what: "the signal at \(Self.text(point, parameters.names))", sum: weight)
      }
      total += weight
      return total
    }
    guard total > 0 else { throw LearningError.nonPositiveWeights(what: "the signal", sum: total) }
    cumulative = steps.map { $0 / total }
  }

  /// The fraction of the weight at each point.
  public var fractions: [Double] { zip(cumulative, [0] + cumulative).map { $0 - $1 } }

  /// The lowest and the highest value of each parameter: between them a network interpolates, beyond it extrapolates.
  public var ranges: [ClosedRange<Float>] {
    names.indices.map { column in
      let values = points.map { $0[column] }
      return (values.min() ?? 0)...(values.max() ?? 0)
    }
  }

  /// The point at a place in [0, 1) of the cumulative weight.
  public func point(at place: Double) -> [Float] {
    var (low, high) = (0, points.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > place { high = middle } else { low = middle + 1 }
    }
    return points[low]
  }

  /// Points for `count` events, drawn independently; event k has the seed's stream k, so that it keeps its point whatever becomes
  /// of the others.
  public func draw(_ count: Int, seed: SeedTree) -> [[Float]] {
    (0..<count).map { index in
      var random = seed.stream(UInt64(index))
      return point(at: random.uniform())
    }
  }

  /// `mass = 500`.
  static func text(_ point: [Float], _ names: [String]) -> String {
    zip(names, point).map { "\($0) = \($1)" }.joined(separator: ", ")
  }
}

extension FeatureMatrix {
  /// A row's values.
  func point(_ row: Int) -> [Float] { Array(values[row * columnCount..<(row + 1) * columnCount]) }

  /// These columns, and others beside them.
  func joined(_ other: FeatureMatrix) throws -> FeatureMatrix {
    guard rowCount == other.rowCount else {
      throw LearningError.countMismatch(what: "rows of \(other.names)", expected: rowCount, found: other.rowCount)
    }
    var joined: [Float] = []
    joined.reserveCapacity(rowCount * (columnCount + other.columnCount))
    for row in 0..<rowCount {
      joined += values[row * columnCount..<(row + 1) * columnCount]
      joined += other.values[row * other.columnCount..<(row + 1) * other.columnCount]
    }
    return try FeatureMatrix(names: names + other.names, values: joined)
  }
}
