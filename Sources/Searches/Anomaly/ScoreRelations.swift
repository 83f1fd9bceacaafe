import Foundation

/// How scores of the same weighted events go together.
enum ScoreRelations {
  /// The weighted correlation of Pearson; NaN where one of them does not vary.
  static func pearson(_ a: [Double], _ b: [Double], weights: [Double]) -> Double {
    let total = weights.reduce(0, +)
    let meanA = zip(a, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    let meanB = zip(b, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for row in weights.indices {
      let (x, y) = (a[row] - meanA, b[row] - meanB)
      aa += weights[row] * x * x
      bb += weights[row] * y * y
      ab += weights[row] * x * y
    }
    return ab / (aa * bb).squareRoot()
  }

  /// Weighted ranks in (0, 1): the weight below a value and half of that at it.
  static func ranks(_ values: [Double], weights: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    let total = weights.reduce(0, +)
    var ranks = [Double](repeating: 0, count: values.count)
    var below = 0.0
    var first = 0
    while first < order.count {
      var last = first, own = 0.0
      while last < order.count, values[order[last]] == values[order[first]] {
        own += weights[order[last]]
        last += 1
      }
      for place in first..<last { ranks[order[place]] = (below + own / 2) / total }
      below += own
      first = last
    }
    return ranks
  }

  /// A symmetric matrix of a relation between all pairs of columns.
  static func matrix(_ columns: [[Double]], _ relation: ([Double], [Double]) -> Double) -> [[Double]] {
    var result = columns.map { _ in [Double](repeating: 0, count: columns.count) }
    for i in columns.indices {
      for j in 0...i {
        result[i][j] = relation(columns[i], columns[j])
        result[j][i] = result[i][j]
      }
    }
    return result
  }

  /// The weight of events above both thresholds, as a share of the weight above either: 1 for a score with itself.
  static func overlap(
    _ a: [Double], above thresholdA: Double, _ b: [Double], above thresholdB: Double, weights: [Double]
  ) -> Double {
    var (both, either) = (0.0, 0.0)
    for row in weights.indices {
      let (inA, inB) = (a[row] >= thresholdA, b[row] >= thresholdB)
      if inA && inB { both += weights[row] }
      if inA || inB { either += weights[row] }
    }
    return either > 0 ? both / either : 0
  }

  /// The largest value that at least a fraction of the weight reaches.
  static func threshold(_ values: [Double], weights: [Double], fraction: Double) -> Double {
    let order = values.indices.sorted { values[$0] > values[$1] }
    let wanted = fraction * weights.reduce(0, +)
    var sum = 0.0
    for row in order {
      sum += weights[row]
      if sum >= wanted { return values[row] }
    }
    return order.last.map { values[$0] } ?? 0
  }
}
