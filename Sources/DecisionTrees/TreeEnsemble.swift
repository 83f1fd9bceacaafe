import ByteIO
import Dispatch
import Foundation
import Learning
import Records

/// Trees whose leaves are added up: what training gives, with all that is needed to score rows.
///
/// On disk: `trees.json`, XGBoost's own format, which Python reads as well, and `model.json` with the rest.
public struct TreeEnsemble: Classifier, Hashable {
  public static let schemaVersion = 1

  /// What is known of a model beside its trees.
  public struct Description: Hashable, Codable, Sendable {
    public var task: TreeTask
    /// How it was grown; `nil` for a model from elsewhere.
    public var configuration: TreeConfiguration?
    public var history: TreeHistory?

    public init(task: TreeTask, configuration: TreeConfiguration? = nil, history: TreeHistory? = nil) {
      self.task = task
      self.configuration = configuration
      self.history = history
    }
  }

  public let featureNames: [String]
  public let description: Description
  public let trees: [DecisionTree]
  /// The output that each tree adds to.
  public let outputs: [Int]
  /// What leaves are added to.
  public let baseMargin: Float
  /// Whether the sum is the logarithm of odds.
  public let isLogistic: Bool
  /// XGBoost's JSON.
  public let json: [UInt8]

  public var task: TreeTask { description.task }

  /// Reads a model of XGBoost's, written as JSON.
  /// - Parameters:
  ///   - path: what errors call it.
  ///   - featureNames: the columns in order; where not given, those in the model, or `f0`, `f1`, ….
  ///   - description: where not given, the task is the objective's.
  /// - Throws: ``DecisionTreeError/model(path:problem:)``.
  public init(
    json: [UInt8], path: String, featureNames: [String]? = nil, description: Description? = nil
  ) throws {
    let model = try StoredModel(json: json, path: path)
    let names = featureNames ?? model.featureNames
    guard names.count == model.columnCount else {
      throw DecisionTreeError.model(
        path: path, problem: "it takes \(model.columnCount) features, \(names.count) names were given")
    }
    self.json = json
    self.featureNames = names
    self.description = description ?? Description(task: model.task)
    trees = model.trees
    outputs = model.outputs
    baseMargin = model.baseMargin
    isLogistic = model.isLogistic
  }

  /// The sum of leaves for each row, before any link function: `[rows, outputs]`, row-major.
  /// - Throws: `LearningError` for other columns, or values that are not finite; NaN is allowed where missing values were.
  public func margins(_ features: FeatureMatrix) throws -> [Float] {
    try features.checkColumns(featureNames)
    if description.configuration?.allowsMissing == false { try features.checkFinite() }
    let width = task.outputCount
    let columns = features.columnCount
    var margins = [Float](repeating: baseMargin, count: features.rowCount * width)
    // Rows in blocks that stay in the cache while trees pass by; each block on its own, whoever takes it.
    let block = 256
    let blocks = (features.rowCount + block - 1) / block
    features.values.withUnsafeBufferPointer { values in
      margins.withUnsafeMutableBufferPointer { margins in
        guard let values = values.baseAddress else { return }
        nonisolated(unsafe) let input = values
        nonisolated(unsafe) let sums = margins
        DispatchQueue.concurrentPerform(iterations: blocks) { index in
          let rows = index * block..<min((index + 1) * block, features.rowCount)
          for (tree, output) in zip(trees, outputs) {
            for row in rows { sums[row * width + output] += tree.value(input + row * columns) }
          }
        }
      }
    }
    return margins
  }

  /// One number a row: of two classes the score of signal in [0, 1], of a regression the value.
  /// - Throws: as ``margins(_:)``; `LearningError.invalidConfiguration` for several classes, see ``probabilities(_:)``.
  public func scores(_ features: FeatureMatrix) throws -> [Float] {
    switch task {
    case .regression: return try margins(features)
    case .classification:
      let margins = try margins(features)
      return isLogistic ? margins.map { 1 / (1 + exp(-$0)) } : margins.map { min(max($0, 0), 1) }
    case .multiclass:
      throw LearningError.invalidConfiguration(
        key: "scores", value: "several classes", allowed: "two classes or a regression; ask for probabilities")
    }
  }

  /// The probability of each class: `[rows, classes]`, row-major.
  public func probabilities(_ features: FeatureMatrix) throws -> [Float] {
    guard case .multiclass(let classes) = task else {
      return try scores(features).flatMap { [1 - $0, $0] }
    }
    var values = try margins(features)
    for row in 0..<features.rowCount {
      let range = row * classes..<(row + 1) * classes
      let largest = values[range].max() ?? 0
      var sum: Float = 0
      for index in range {
        values[index] = exp(values[index] - largest)
        sum += values[index]
      }
      for index in range { values[index] /= sum }
    }
    return values
  }

  /// How an importance is counted.
  public enum Importance: String, CaseIterable, Sendable {
    /// Mean gain of the splits on a feature, their sum, and how many there are.
    case gain, totalGain, splits
  }

  /// The importance of each feature, in the order of ``featureNames``; 0 where no split uses it.
  public func importances(_ kind: Importance = .totalGain) -> [Double] {
    var gains = [Double](repeating: 0, count: featureNames.count)
    var counts = gains
    for tree in trees {
      for (node, gain) in zip(tree.nodes, tree.gain) where node.column != DecisionTree.Node.leaf {
        let column = Int(node.column & ~DecisionTree.Node.missingGoesLeft)
        gains[column] += Double(gain)
        counts[column] += 1
      }
    }
    switch kind {
    case .totalGain: return gains
    case .splits: return counts
    case .gain: return zip(gains, counts).map { $1 > 0 ? $0 / $1 : 0 }
    }
  }

  // MARK: files

  private struct Stored: Codable {
    var schema: Int
    var featureNames: [String]
    var description: Description
    /// Of `trees.json`.
    var trees: Digest
  }

  /// Writes both files, the description last.
  /// - Throws: `FileError`.
  public func save(to folder: URL) throws {
    let data = Data(json)
    try AtomicFile.write(data, to: folder.appendingPathComponent("trees.json"))
    let stored = Stored(
      schema: Self.schemaVersion, featureNames: featureNames, description: description, trees: Digest.of(data))
    try AtomicFile.write(try JSONEncoder.canonical.encode(stored), to: folder.appendingPathComponent("model.json"))
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`, ``DecisionTreeError/model(path:problem:)`` for other or damaged content.
  public init(contentsOf folder: URL) throws {
    let url = folder.appendingPathComponent("model.json"), treesURL = folder.appendingPathComponent("trees.json")
    let stored: Stored
    do {
      stored = try JSONDecoder().decode(Stored.self, from: try Data(readingFrom: url))
    } catch let error as DecodingError {
      throw DecisionTreeError.model(path: url.path, problem: "it does not describe trees: \(error)")
    }
    guard stored.schema == Self.schemaVersion else {
      throw DecisionTreeError.model(
        path: url.path, problem: "its schema is \(stored.schema); this program reads \(Self.schemaVersion)")
    }
    let data = try Data(readingFrom: treesURL)
    guard Digest.of(data) == stored.trees else {
      throw DecisionTreeError.model(path: treesURL.path, problem: "its content is not what \(url.path) describes")
    }
    try self.init(
      json: Array(data), path: treesURL.path, featureNames: stored.featureNames, description: stored.description)
  }
}
