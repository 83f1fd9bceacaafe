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
  package let trees: [IsolationTree]

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

  /// −1/(c(ψ) trees): s = 2^(this · the sum of a row's path lengths).
  package var exponent: Float {
    -1 / (Float(IsolationTree.averagePathLength(Double(configuration.subsample))) * Float(trees.count))
  }

  /// s = 2^(−E[h]/c(ψ)), in (0, 1): near 1 for rows that are isolated at once, below 0.5 for those in the midst.
  public func scores(_ features: FeatureMatrix) throws -> [Float] {
    try features.checkColumns(featureNames)
    let scale = exponent
    return try ForestWalk(trees).pathLengths(features) { exp2($0 * scale) }
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
