import Dispatch
import Foundation
import Learning
import Records

/// The isolation forest of F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008: rows that few random cuts
/// isolate are anomalous.
public struct IsolationForest: StoredAnomalyDetector, Hashable {
  public static let method = "isolation-forest"

  public struct Configuration: Hashable, Codable, Sendable {
    /// 1 … 100 000.
    public var trees: Int
    /// Rows that a tree is grown on, 2 … 1 000 000; its depth is limited to ⌈log₂⌉ of it.
    public var subsample: Int
    public var seed: UInt64

    public init(trees: Int = 100, subsample: Int = 256, seed: UInt64 = 0) {
      self.trees = trees
      self.subsample = subsample
      self.seed = seed
    }
  }

  public let featureNames: [String]
  public let configuration: Configuration
  let trees: [IsolationTree]

  public var summary: String { "isolation forest: \(trees.count) trees of \(configuration.subsample) events" }

  /// Grows a forest. A tree's rows are drawn with replacement in proportion to their weights, so that a row of weight 2
  /// counts as two rows. The result depends on the seed, but neither on the number of threads nor on the order of columns,
  /// which are drawn by their names.
  /// - Throws: `LearningError.invalidConfiguration`, ``AnomalyError/tooFewRows(rows:needed:what:)``.
  public init(fitting background: BackgroundSample, configuration: Configuration = Configuration()) throws {
    func need(_ isRight: Bool, _ key: String, _ value: Int, _ allowed: String) throws {
      guard isRight else { throw LearningError.invalidConfiguration(key: key, value: "\(value)", allowed: allowed) }
    }
    try need((1...100_000).contains(configuration.trees), "trees", configuration.trees, "1 … 100000")
    try need((2...1_000_000).contains(configuration.subsample), "subsample", configuration.subsample, "2 … 1000000")
    let features = background.features
    guard features.rowCount >= configuration.subsample else {
      throw AnomalyError.tooFewRows(
        rows: features.rowCount, needed: configuration.subsample, what: "a sub-sample of \(configuration.subsample)")
    }
    featureNames = features.names
    self.configuration = configuration
    let drawing = WeightedDrawing(background.weights)
    let seeds = SeedTree(root: configuration.seed).child(Self.method)
    let order = features.names.indices.sorted { features.names[$0] < features.names[$1] }.map { Int32($0) }
    let depthLimit = Int(log2(Double(configuration.subsample)).rounded(.up))
    trees = concurrentMap(configuration.trees) { index in
      var random = seeds.stream(UInt64(index))
      let rows = (0..<configuration.subsample).map { _ in drawing.draw(&random) }
      return features.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { preconditionFailure("a background without values") }
        return IsolationTree(
          rows: rows, values: values, order: order, depthLimit: depthLimit, random: &random)
      }
    }
  }

  /// s = 2^(−E[h]/c(ψ)), in (0, 1): near 1 for rows that are isolated at once, below 0.5 for those in the midst.
  public func scores(_ features: FeatureMatrix) throws -> [Float] {
    try features.checkColumns(featureNames)
    try features.checkFinite()
    let lengths = pathLengths(features)
    let scale = -1 / (Float(IsolationTree.averagePathLength(Double(configuration.subsample))) * Float(trees.count))
    return lengths.map { exp2($0 * scale) }
  }

  /// The sum over trees of each row's path length.
  private func pathLengths(_ features: FeatureMatrix) -> [Float] {
    let columns = features.columnCount, rows = features.rowCount
    var sums = [Float](repeating: 0, count: rows)
    // A block's rows and a tree's nodes stay in the nearest caches.
    let block = 128
    features.values.withUnsafeBufferPointer { values in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let input = values.baseAddress, let output = sums.baseAddress else { return }
        nonisolated(unsafe) let (values, sums) = (input, output)
        DispatchQueue.concurrentPerform(iterations: (rows + block - 1) / block) { index in
          let range = index * block..<min((index + 1) * block, rows)
          for tree in trees { tree.addPathLengths(values, columns: columns, rows: range, to: sums) }
        }
      }
    }
    return sums
  }

  // MARK: scikit-learn

  /// A forest of scikit-learn's as the reference script writes it.
  private struct Foreign: Decodable {
    struct Tree: Decodable {
      var feature: [Int], threshold: [Double], left: [Int], right: [Int], samples: [Double]
      /// Which columns of the table the tree's columns are; all where absent.
      var columns: [Int]?
    }
    var feature_names: [String]
    var max_samples: Int
    var trees: [Tree]
  }

  /// Reads a fitted `sklearn.ensemble.IsolationForest` from JSON: `{"feature_names": […], "max_samples": n, "trees":
  /// [{"feature", "threshold", "left", "right", "samples"}]}`, the lists of each estimator's `tree_`.
  /// - Throws: ``AnomalyError/unreadable(path:reason:)``.
  public init(scikitLearn data: Data, path: String) throws {
    let foreign: Foreign
    do { foreign = try JSONDecoder().decode(Foreign.self, from: data) } catch {
      throw AnomalyError.unreadable(path: path, reason: "it is no isolation forest of scikit-learn's: \(error)")
    }
    let columns = foreign.feature_names.count
    trees = try foreign.trees.enumerated().map { index, tree in
      let count = tree.feature.count
      let isTree =
        count > 0
        && [tree.threshold.count, tree.left.count, tree.right.count, tree.samples.count] == [
          count, count, count, count,
        ]
        && (0..<count).allSatisfy { node in
          tree.left[node] < 0
            || (tree.left[node] > node && tree.right[node] > node && tree.left[node] < count && tree.right[node] < count
              && (0..<columns).contains(tree.feature[node]))
        }
      guard isTree else { throw AnomalyError.unreadable(path: path, reason: "the nodes of tree \(index) form no tree") }
      // A float32 is at most a double where it is at most the largest float32 that is not above it.
      let thresholds = tree.threshold.map { threshold in
        let nearest = Float(threshold)
        return Double(nearest) > threshold ? nearest.nextDown : nearest
      }
      return IsolationTree(
        columns: tree.feature, thresholds: thresholds, left: tree.left, right: tree.right, leafCounts: tree.samples)
    }
    featureNames = foreign.feature_names
    configuration = Configuration(trees: trees.count, subsample: foreign.max_samples)
  }
}

extension IsolationTree {
  /// Adds each row's path length to its sum.
  ///
  /// Eight rows walk side by side: each waits for memory, and there is no branch to guess.
  func addPathLengths(
    _ values: UnsafePointer<Float>, columns: Int, rows: Range<Int>, to sums: UnsafeMutablePointer<Float>
  ) {
    nodes.withUnsafeBufferPointer { nodes in
      pathLengths.withUnsafeBufferPointer { lengths in
        guard let nodes = nodes.baseAddress, let lengths = lengths.baseAddress else { return }
        @inline(__always) func step(_ node: Int32, _ row: Int) -> Int32 {
          let here = nodes[Int(node)]
          return here.left &+ (values[row &* columns &+ Int(here.column)] > here.threshold ? 1 : 0)
        }
        var row = rows.lowerBound
        while row + 8 <= rows.upperBound {
          var (a, b, c, d) = (Int32(0), Int32(0), Int32(0), Int32(0))
          var (e, f, g, h) = (Int32(0), Int32(0), Int32(0), Int32(0))
          for _ in 0..<depth {
            (a, b, c, d) = (step(a, row), step(b, row + 1), step(c, row + 2), step(d, row + 3))
            (e, f, g, h) = (step(e, row + 4), step(f, row + 5), step(g, row + 6), step(h, row + 7))
          }
          sums[row] += lengths[Int(a)]
          sums[row + 1] += lengths[Int(b)]
          sums[row + 2] += lengths[Int(c)]
          sums[row + 3] += lengths[Int(d)]
          sums[row + 4] += lengths[Int(e)]
          sums[row + 5] += lengths[Int(f)]
          sums[row + 6] += lengths[Int(g)]
          sums[row + 7] += lengths[Int(h)]
          row += 8
        }
        while row < rows.upperBound {
          var node: Int32 = 0
          for _ in 0..<depth { node = step(node, row) }
          sums[row] += lengths[Int(node)]
          row += 1
        }
      }
    }
  }
}

/// Draws rows in proportion to their weights.
struct WeightedDrawing: Sendable {
  private let cumulative: [Double]

  init(_ weights: [Float]) {
    var sum = 0.0
    cumulative = weights.map {
      sum += Double($0)
      return sum
    }
  }

  func draw(_ random: inout RandomStream) -> Int32 {
    let place = random.uniform() * (cumulative.last ?? 0)
    // The first row whose cumulative weight is above the place: one of weight 0 never is.
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > place { high = middle } else { low = middle + 1 }
    }
    return Int32(low)
  }
}

/// `body` of 0 ..< count, over the machine's cores, in order.
func concurrentMap<Element: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Element) -> [Element] {
  let results = UnsafeMutableBufferPointer<Element?>.allocate(capacity: count)
  results.initialize(repeating: nil)
  defer {
    results.deinitialize()
    results.deallocate()
  }
  nonisolated(unsafe) let places = results
  DispatchQueue.concurrentPerform(iterations: count) { places[$0] = body($0) }
  return results.compactMap { $0 }
}
