/// The distance correlation of two variables of weighted events: 0 only where they are independent (Székely, Rizzo and
/// Bakirov, Ann. Statist. 35 (2007) 2769).
///
/// Goals, in order: the value to 1e-10 for variables whose offset is up to 1e6 of their widths; O(n log n) in time, O(n) in
/// memory (the sums over pairs of Huo and Székely, arXiv:1410.1503, with weights). More than one dimension is not attempted.
public enum DistanceCorrelation {
  /// `dCov²(x, y) / √(dVar²(x) dVar²(y))`, which lies in [0, 1]; 0 where a variable is constant.
  /// - Parameter weights: not negative; 1 each where not given.
  public static func squared(_ x: [Double], _ y: [Double], weights: [Double]? = nil) -> Double {
    precondition(
      x.count == y.count && (weights?.count ?? x.count) == x.count,
      "\(x.count) and \(y.count) values, \(weights?.count ?? x.count) weights")
    let total = weights?.reduce(0, +) ?? Double(x.count)
    precondition(total > 0 || x.isEmpty, "need weights that add up to a positive number, got \(total)")
    let p = weights.map { $0.map { $0 / total } } ?? x.map { _ in 1 / total }
    let first = Marginal(x, p), second = Marginal(y, p)
    let variances = first.squaredVariance * second.squaredVariance
    guard variances > 0 else { return 0 }
    let cross = zip(p, zip(first.meanDistances, second.meanDistances)).reduce(0) { $0 + $1.0 * $1.1.0 * $1.1.1 }
    let covariance =
      pairSum(first, second, p) + first.meanDistance * second.meanDistance - 2 * cross
    return max(0, covariance) / variances.squareRoot()
  }

  /// One variable, shifted to mean 0 and width 1, with its order and mean distances.
  private struct Marginal {
    let values: [Double]
    /// Rows by value.
    let order: [Int]
    /// Σ_j p_j |x_i − x_j| of each row.
    let meanDistances: [Double]
    let meanDistance: Double
    /// dVar².
    let squaredVariance: Double

    init(_ raw: [Double], _ p: [Double]) {
      let mean = zip(raw, p).reduce(0) { $0 + $1.0 * $1.1 }
      let shifted = raw.map { $0 - mean }
      let square = zip(shifted, p).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
      let offset = zip(shifted, p).reduce(0) { $0 + $1.0 * $1.1 }
      let width = square > 0 ? square.squareRoot() : 1
      values = shifted.map { ($0 - offset) / width }
      let values = values
      order = values.indices.sorted { values[$0] < values[$1] }
      let sum = zip(values, p).reduce(0) { $0 + $1.0 * $1.1 }
      let mass = p.reduce(0, +)
      var below = 0.0, sumBelow = 0.0
      var distances = [Double](repeating: 0, count: values.count)
      for row in order {
        let x = values[row]
        distances[row] = x * (2 * below - mass) + sum - 2 * sumBelow
        below += p[row]
        sumBelow += p[row] * x
      }
      meanDistances = distances
      meanDistance = zip(distances, p).reduce(0) { $0 + $1.0 * $1.1 }
      let squares = zip(values, p).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
      let means = zip(distances, p).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
      let variance = 2 * (squares - sum * sum) + meanDistance * meanDistance - 2 * means
      // Rounding alone is left of a constant.
      squaredVariance = square > 1e-24 * mean * mean ? max(0, variance) : 0
    }
  }

  /// `Σ_ij p_i p_j |x_i − x_j| |y_i − y_j|`: rows are taken by x, and sums over those before are kept by y in a binary
  /// indexed tree.
  private static func pairSum(_ first: Marginal, _ second: Marginal, _ p: [Double]) -> Double {
    let count = p.count
    var place = [Int](repeating: 0, count: count)
    for (rank, row) in second.order.enumerated() { place[row] = rank + 1 }
    // Σ p, Σ p x, Σ p y, Σ p x y.
    var tree = [SIMD4<Double>](repeating: .zero, count: count + 1)
    var all = SIMD4<Double>.zero, sum = 0.0
    for row in first.order {
      let (x, y) = (first.values[row], second.values[row])
      var below = SIMD4<Double>.zero
      var index = place[row]
      while index > 0 {
        below += tree[index]
        index &= index - 1
      }
      // Above in y the product of differences changes sign.
      let signed = 2 * below - all
      sum += p[row] * (x * y * signed[0] - y * signed[1] - x * signed[2] + signed[3])
      let own = p[row] * SIMD4(1, x, y, x * y)
      all += own
      index = place[row]
      while index <= count {
        tree[index] += own
        index += index & -index
      }
    }
    return 2 * sum
  }
}
