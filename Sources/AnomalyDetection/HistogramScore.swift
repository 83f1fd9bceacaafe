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
  struct Density: Hashable, Codable, Sendable {
    var low: Double
    var high: Double
    /// −log₂(density + α) of each bin.
    var surprises: [Double]
    /// Of the emptiest bin.
    var farAway: Double
  }

  public let featureNames: [String]
  public let configuration: Configuration
  let densities: [Density]

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
    let features = background.features
    featureNames = features.names
    // Rows of weight 0 widen no range.
    let rows = background.weights.indices.filter { background.weights[$0] > 0 }
    let weights = rows.map { background.weights[$0] }
    densities = concurrentMap(features.columnCount) { column in
      Self.density(rows.map { features[$0, column] }, weights, configuration)
    }
  }

  private static func density(_ values: [Float], _ weights: [Float], _ configuration: Configuration) -> Density {
    let low = Double(values.min() ?? 0), high = Double(values.max() ?? 1)
    let total = weights.reduce(0.0) { $0 + Double($1) }
    let count: Int
    switch configuration.bins {
    case .fixed(let bins): count = bins
    case .automatic: count = bestCount(values, weights, low, high)
    }
    let sums = fill(values, weights, low, high, count)
    let width = (high - low) / Double(count)
    let densities = sums.map { $0 / (total * width) }
    return Density(
      low: low, high: high, surprises: densities.map { -log2($0 + configuration.regularisation) },
      farAway: -log2((densities.min() ?? 0) + configuration.regularisation))
  }

  private static func fill(_ values: [Float], _ weights: [Float], _ low: Double, _ high: Double, _ count: Int)
    -> [Double]
  {
    var sums = [Double](repeating: 0, count: count)
    let scale = Double(count) / (high - low)
    for (value, weight) in zip(values, weights) {
      sums[min(Int((Double(value) - low) * scale), count - 1)] += Double(weight)
    }
    return sums
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

  /// The first of sorted places that ``fill(_:_:_:_:_:)`` puts in bin `edge` or a later one.
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
