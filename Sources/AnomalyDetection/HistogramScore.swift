import Dispatch
import Foundation
import Learning

/// The histogram-based score of M. Goldstein and A. Dengel, "Histogram-based outlier score (HBOS)", KI 2012: a product of
/// one-dimensional densities, with the conventions of PyOD.
///
/// score = −Σ_j log₂(h_j(x_j) + α), h_j being the density of feature j's bin. A value outside the histogram by at most
/// `tolerance` bin widths counts in the outermost bin, one farther away as in the emptiest bin.
public struct HistogramScore: StoredAnomalyDetector, Hashable {
  public static let method = "histogram"

  public enum Bins: Hashable, Codable, Sendable {
    /// So many of equal width, 2 … 100 000.
    case fixed(Int)
    /// As many as maximise the penalised likelihood of L. Birgé and Y. Rozenholc, ESAIM: P&S 10 (2006) 24, up to √n.
    case automatic
  }

  public struct Configuration: Hashable, Codable, Sendable {
    public var bins: Bins
    /// α, above 0: keeps empty bins from counting infinitely.
    public var regularisation: Double
    /// In units of the bins' width, 0 … 1.
    public var tolerance: Double

    public init(bins: Bins = .fixed(10), regularisation: Double = 0.1, tolerance: Double = 0.5) {
      self.bins = bins
      self.regularisation = regularisation
      self.tolerance = tolerance
    }
  }

  /// One feature's histogram.
  package struct Density: Hashable, Codable, Sendable {
    package var low: Double
    package var high: Double
    /// −log₂(density + α) of each bin.
    package var surprises: [Double]
    /// Of the emptiest bin.
    package var farAway: Double
  }

  public let featureNames: [String]
  public let configuration: Configuration
  package let densities: [Density]

  public var summary: String {
    let counts = densities.map(\.surprises.count)
    return "histogram score: \(counts.min() ?? 0)–\(counts.max() ?? 0) bins a feature"
  }

  /// Fills a histogram for each feature, with weights.
  /// - Throws: `LearningError.invalidConfiguration`.
  public init(fitting background: BackgroundSample, configuration: Configuration = Configuration()) throws {
    func need(_ isRight: Bool, _ key: String, _ value: Any, _ allowed: String) throws {
      guard isRight else { throw LearningError.invalidConfiguration(key: key, value: "\(value)", allowed: allowed) }
    }
    try need(configuration.regularisation > 0, "regularisation", configuration.regularisation, "above 0")
    try need((0...1).contains(configuration.tolerance), "tolerance", configuration.tolerance, "0 … 1")
    if case .fixed(let count) = configuration.bins {
      try need((2...100_000).contains(count), "bins", count, "2 … 100000")
    }
    self.configuration = configuration
    let features = background.features, weights = background.weights
    featureNames = features.names
    let ranges = Self.ranges(features, weights)
    let counts: [Int]
    switch configuration.bins {
    case .fixed(let bins): counts = Array(repeating: bins, count: features.columnCount)
    case .automatic:
      let rows = weights.indices.filter { weights[$0] > 0 }
      let positive = rows.map { weights[$0] }
      counts = concurrentMap(features.columnCount) { column in
        Self.bestCount(rows.map { features[$0, column] }, positive, ranges[column].low, ranges[column].high)
      }
    }
    let total = weights.reduce(0.0) { $0 + Double($1) }
    densities = zip(ranges, Self.filled(features, weights, ranges, counts)).map { range, sums in
      let width = (range.high - range.low) / Double(sums.count)
      let densities = sums.map { $0 / (total * width) }
      return Density(
        low: range.low, high: range.high, surprises: densities.map { -log2($0 + configuration.regularisation) },
        farAway: -log2((densities.min() ?? 0) + configuration.regularisation))
    }
  }

  /// The least and largest value of each column. Rows of weight 0 widen no range.
  private static func ranges(_ features: FeatureMatrix, _ weights: [Float]) -> [(low: Double, high: Double)] {
    let columns = features.columnCount, rows = features.rowCount, height = 4096
    let blocks = concurrentMap((rows + height - 1) / height) { block in
      var low = [Float](repeating: .infinity, count: columns), high = low.map { -$0 }
      features.values.withUnsafeBufferPointer { values in
        low.withUnsafeMutableBufferPointer { low in
          high.withUnsafeMutableBufferPointer { high in
            for row in block * height..<min((block + 1) * height, rows) where weights[row] > 0 {
              let values = UnsafeBufferPointer(rebasing: values[row * columns..<(row + 1) * columns])
              for column in 0..<columns {
                let value = values[column]
                low[column] = value < low[column] ? value : low[column]
                high[column] = value > high[column] ? value : high[column]
              }
            }
          }
        }
      }
      return (low: low, high: high)
    }
    return (0..<columns).map { column in
      let low = blocks.reduce(Float.infinity) { min($0, $1.low[column]) }
      return (Double(low), Double(blocks.reduce(-Float.infinity) { max($0, $1.high[column]) }))
    }
  }

  /// A column's bins while they are filled.
  private struct Filling {
    var low: Double
    var scale: Double
    var last: Int
    var sums: UnsafeMutablePointer<Double>
  }

  /// Weights by column and bin. Cores share the columns, at least a cache line of them each, so that the sum of a bin goes row
  /// by row whatever their number.
  private static func filled(
    _ features: FeatureMatrix, _ weights: [Float], _ ranges: [(low: Double, high: Double)], _ counts: [Int]
  ) -> [[Double]] {
    let columns = features.columnCount, cores = ProcessInfo.processInfo.activeProcessorCount
    let breadth = max(16, (columns + cores - 1) / cores)
    return concurrentMap((columns + breadth - 1) / breadth) { group in
      let members = group * breadth..<min((group + 1) * breadth, columns)
      let ends = members.reduce(into: [0]) { $0.append($0[$0.count - 1] + counts[$1]) }
      var sums = [Double](repeating: 0, count: ends[members.count])
      sums.withUnsafeMutableBufferPointer { sums in
        guard let start = sums.baseAddress else { return }
        let fillings = zip(members, ends).map { column, end in
          Filling(
            low: ranges[column].low, scale: Double(counts[column]) / (ranges[column].high - ranges[column].low),
            last: counts[column] - 1, sums: start + end)
        }
        features.values.withUnsafeBufferPointer { values in
          guard var row = values.baseAddress.map({ $0 + members.lowerBound }) else { return }
          for weight in weights {
            if weight > 0 { fill(fillings, row, Double(weight)) }
            row += columns
          }
        }
      }
      return zip(ends, ends.dropFirst()).map { Array(sums[$0..<$1]) }
    }.flatMap { $0 }
  }

  @inline(__always)
  private static func fill(_ fillings: [Filling], _ values: UnsafePointer<Float>, _ weight: Double) {
    fillings.withUnsafeBufferPointer { fillings in
      for place in fillings.indices {
        let bins = fillings[place]
        bins.sums[min(Int((Double(values[place]) - bins.low) * bins.scale), bins.last)] += weight
      }
    }
  }

  /// The number of bins b that maximises Σ n_i log(b n_i/n) − (b − 1 + (log b)^2.5), with weighted counts brought to the
  /// sample's effective size. O(n log n): edges move with b, and are looked up among sorted values.
  private static func bestCount(_ values: [Float], _ weights: [Float], _ low: Double, _ high: Double) -> Int {
    let sum = weights.reduce(0.0) { $0 + Double($1) }, squares = weights.reduce(0.0) { $0 + Double($1) * Double($1) }
    let effective = sum * sum / squares
    let order = values.indices.sorted { values[$0] < values[$1] }
    let places = order.map { Double(values[$0]) - low }
    var cumulative = [0.0]
    cumulative.reserveCapacity(order.count + 1)
    for row in order { cumulative.append((cumulative.last ?? 0) + Double(weights[row])) }
    var best = (count: 2, value: -Double.infinity)
    for count in 2...max(2, Int(effective.squareRoot())) {
      let scale = Double(count) / (high - low)
      var (likelihood, before) = (0.0, 0.0)
      for edge in 1...count {
        let below = edge == count ? places.count : firstPlace(places, notBelow: edge, scale)
        let events = (cumulative[below] - before) / sum * effective
        if events > 0 { likelihood += events * log(Double(count) * events / effective) }
        before = cumulative[below]
      }
      let value = likelihood - (Double(count) - 1 + pow(log(Double(count)), 2.5))
      if value > best.value { best = (count, value) }
    }
    return best.count
  }

  /// The first of sorted places that ``filled(_:_:_:_:)`` puts in bin `edge` or a later one.
  private static func firstPlace(_ places: [Double], notBelow edge: Int, _ scale: Double) -> Int {
    var (first, last) = (0, places.count)
    while first < last {
      let middle = (first + last) / 2
      if Int(places[middle] * scale) < edge { first = middle + 1 } else { last = middle }
    }
    return first
  }

  /// The sum over features, in bits. Its zero has no meaning: densities depend on the features' units.
  public func scores(_ features: FeatureMatrix) throws -> [Float] {
    try features.checkColumns(featureNames)
    try features.checkFinite()
    let columns = features.columnCount
    let tolerance = configuration.tolerance
    let block = 4096
    var scores = [Float](repeating: 0, count: features.rowCount)
    features.values.withUnsafeBufferPointer { values in
      scores.withUnsafeMutableBufferPointer { scores in
        nonisolated(unsafe) let (input, output) = (values, scores)
        DispatchQueue.concurrentPerform(iterations: (output.count + block - 1) / block) { index in
          var sums = [Double](repeating: 0, count: block)
          let first = index * block, last = min(first + block, output.count)
          for (column, density) in densities.enumerated() {
            density.add(to: &sums, rows: first..<last, of: input, column: column, stride: columns, tolerance: tolerance)
          }
          for row in first..<last { output[row] = Float(sums[row - first]) }
        }
      }
    }
    return scores
  }
}

extension HistogramScore.Density {
  /// Where a value lies, in bins from the lower edge.
  private func place(_ value: Float) -> Double { (Double(value) - low) * (Double(surprises.count) / (high - low)) }

  /// The surprise as a function of steps: `values[i]` for float32 numbers up to `edges[i]` and above the edge before, the last one
  /// above all edges.
  package func steps(tolerance: Double) -> (edges: [Float], values: [Double]) {
    let count = surprises.count
    let inner = (1..<count).map { edge in Float.largest { place($0) <= Double(edge) } }
    let outer = Float.largest { place($0) <= Double(count) + tolerance }
    return ([Float.largest { place($0) < -tolerance }] + inner + [outer], [farAway] + surprises + [farAway])
  }

  /// Adds the surprise of a column's value to each row's sum. Bins hold their upper edge, as PyOD has them when it scores.
  @inline(__always)
  fileprivate func add(
    to sums: inout [Double], rows: Range<Int>, of values: UnsafeBufferPointer<Float>, column: Int, stride: Int,
    tolerance: Double
  ) {
    let count = surprises.count
    let scale = Double(count) / (high - low)
    surprises.withUnsafeBufferPointer { surprises in
      sums.withUnsafeMutableBufferPointer { sums in
        for row in rows {
          let place = (Double(values[row * stride + column]) - low) * scale
          let surprise: Double
          if place > 0, place <= Double(count) {
            surprise = surprises[min(Int(place.rounded(.up)) - 1, count - 1)]
          } else if place <= 0 {
            surprise = place >= -tolerance ? surprises[0] : farAway
          } else {
            surprise = place <= Double(count) + tolerance ? surprises[count - 1] : farAway
          }
          sums[row - rows.lowerBound] += surprise
        }
      }
    }
  }
}

extension Float {
  /// The largest finite number for which a condition holds that holds for all smaller ones.
  fileprivate static func largest(_ holds: (Float) -> Bool) -> Float {
    // Bits of floats are in the order of their magnitudes.
    func number(_ order: Int) -> Float {
      order < 0 ? -Float(bitPattern: UInt32(-order)) : Float(bitPattern: UInt32(order))
    }
    let limit = Int(Float.greatestFiniteMagnitude.bitPattern)
    var (below, above) = (-limit, limit + 1)
    while above - below > 1 {
      let middle = (below + above) >> 1
      if holds(number(middle)) { below = middle } else { above = middle }
    }
    return number(below)
  }
}
