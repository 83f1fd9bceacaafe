import DecisionTrees
import Foundation

extension ONNXModel {
  /// Trees as one `TreeEnsembleRegressor` of `ai.onnx.ml`, with the link function behind it. The output is `score` [batch, 1],
  /// `probabilities` [batch, classes] or `values` [batch, 1]; `logits`, the sum of leaves, where that is asked for.
  public init(_ trees: TreeEnsemble, output: Output = .predictions) throws {
    var graph = GraphBuilder(name: "trees", inputs: trees.featureNames.count)
    let targets = trees.task.outputCount
    graph.node(
      "TreeEnsembleRegressor", "ensemble", attributes: TreeLists(trees).attributes(targets, trees.baseMargin),
      width: targets, domain: "ai.onnx.ml")
    let metadata = [
      "features": try canonicalText(trees.featureNames), "description": try canonicalText(trees.description),
    ]
    guard output == .predictions else {
      self = graph.model(output: "logits", metadata: metadata)
      return
    }
    switch trees.task {
    case .regression: self = graph.model(output: "values", metadata: metadata)
    case .multiclass:
      graph.node("Softmax", "softmax", attributes: [.int("axis", 1)])
      self = graph.model(output: "probabilities", metadata: metadata)
    case .classification:
      if trees.isLogistic {
        graph.node("Sigmoid", "sigmoid")
      } else {
        let low = graph.constant("zero", [], [Float(0)]), high = graph.constant("one", [], [Float(1)])
        graph.node("Clip", "clip", inputs: [graph.current, low, high])
      }
      self = graph.model(output: "score", metadata: metadata)
    }
  }
}

/// The parallel lists in which ONNX has an ensemble's nodes.
struct TreeLists {
  private var tree: [Int] = [], node: [Int] = [], feature: [Int] = [], yes: [Int] = [], no: [Int] = [],
    missing: [Int] = []
  private var modes: [String] = []
  private var thresholds: [Float] = []
  private var leafTree: [Int] = [], leafNode: [Int] = [], leafTarget: [Int] = []
  private var leafWeights: [Float] = []

  init() {}

  init(_ ensemble: TreeEnsemble) {
    for (index, (grown, output)) in zip(ensemble.trees, ensemble.outputs).enumerated() {
      for at in 0..<grown.nodeCount {
        switch grown[at] {
        case .split(let column, let threshold, let left, let right, let missingGoesLeft):
          addBranch(.less, threshold, (index, at), column, left, right, missingGoesLeft)
        case .leaf(let value): addLeaf(value, (index, at), output)
        }
      }
    }
  }

  /// When a row goes to the first child.
  enum Comparison: String { case less = "BRANCH_LT", atMost = "BRANCH_LEQ" }

  mutating func addBranch(
    _ comparison: Comparison, _ threshold: Float, _ place: (tree: Int, node: Int), _ column: Int, _ left: Int,
    _ right: Int, _ missingGoesLeft: Bool = false
  ) {
    add(comparison.rawValue, threshold, place, column, left, right, missingGoesLeft)
  }

  mutating func addLeaf(_ value: Float, _ place: (tree: Int, node: Int), _ output: Int = 0) {
    add("LEAF", 0, place, 0, 0, 0, false)
    leafTree.append(place.tree)
    leafNode.append(place.node)
    leafTarget.append(output)
    leafWeights.append(value)
  }

  private mutating func add(
    _ mode: String, _ threshold: Float, _ place: (tree: Int, node: Int), _ column: Int, _ left: Int, _ right: Int,
    _ missingGoesLeft: Bool
  ) {
    tree.append(place.tree)
    node.append(place.node)
    modes.append(mode)
    thresholds.append(threshold)
    feature.append(column)
    yes.append(left)
    no.append(right)
    missing.append(missingGoesLeft ? 1 : 0)
  }

  func attributes(_ targets: Int, _ base: Float) -> [Onnx_AttributeProto] {
    [
      .int("n_targets", targets), .string("aggregate_function", "SUM"), .string("post_transform", "NONE"),
      .floats("base_values", [Float](repeating: base, count: targets)), .ints("nodes_treeids", tree),
      .ints("nodes_nodeids", node), .ints("nodes_featureids", feature), .strings("nodes_modes", modes),
      .floats("nodes_values", thresholds), .ints("nodes_truenodeids", yes), .ints("nodes_falsenodeids", no),
      .ints("nodes_missing_value_tracks_true", missing), .ints("target_treeids", leafTree),
      .ints("target_nodeids", leafNode), .ints("target_ids", leafTarget), .floats("target_weights", leafWeights),
    ]
  }
}
