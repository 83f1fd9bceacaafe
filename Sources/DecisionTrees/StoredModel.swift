import Foundation

/// A model in XGBoost's JSON, checked so that scoring can trust it.
struct StoredModel {
  var featureNames: [String]
  var columnCount: Int
  var task: TreeTask
  var isLogistic: Bool
  var baseMargin: Float
  var trees: [DecisionTree]
  var outputs: [Int]

  fileprivate typealias StoredTree = Document.Tree

  fileprivate struct Document: Decodable {
    struct Learner: Decodable {
      struct Booster: Decodable {
        struct Model: Decodable {
          var trees: [Tree]
          var tree_info: [Int]
        }
        var name: String
        var model: Model
      }
      struct Parameters: Decodable {
        var base_score: String
        var num_class: String
        var num_feature: String
      }
      struct Objective: Decodable { var name: String }
      var feature_names: [String]?
      var gradient_booster: Booster
      var learner_model_param: Parameters
      var objective: Objective
    }
    struct Tree: Decodable {
      var left_children: [Int32]
      var right_children: [Int32]
      var split_indices: [Int32]
      var split_conditions: [Float]
      var default_left: [Flag]
      var loss_changes: [Float]
      var sum_hessian: [Float]
      var categories_nodes: [Int]?
    }
    /// XGBoost writes truth as numbers or as words, by version.
    struct Flag: Decodable {
      var isSet: Bool
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
          isSet = number != 0
        } else {
          isSet = try container.decode(Bool.self)
        }
      }
    }
    var learner: Learner
  }

  init(json: [UInt8], path: String) throws {
    func bad(_ problem: String) -> DecisionTreeError { .model(path: path, problem: problem) }
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: Data(json))
    } catch { throw bad("it is no JSON model of XGBoost's: \(Self.reason(error))") }
    let learner = document.learner
    guard learner.gradient_booster.name == "gbtree" else {
      throw bad("its booster is '\(learner.gradient_booster.name)'; only 'gbtree' is read")
    }
    guard let columns = Int(learner.learner_model_param.num_feature), columns > 0,
      let classes = Int(learner.learner_model_param.num_class),
      let base = Float(learner.learner_model_param.base_score.trimmingCharacters(in: ["[", "]"]))
    else { throw bad("its learner_model_param holds no numbers") }
    columnCount = columns
    switch learner.objective.name {
    case "binary:logistic", "reg:logistic":
      guard base > 0, base < 1 else { throw bad("base_score is \(base); it must lie between 0 and 1") }
      (task, isLogistic, baseMargin) = (.classification, true, -log(1 / base - 1))
    case "multi:softprob", "multi:softmax":
      guard classes > 1 else { throw bad("it has \(classes) classes") }
      (task, isLogistic, baseMargin) = (.multiclass(classes: classes), false, base)
    case "reg:squarederror": (task, isLogistic, baseMargin) = (.regression, false, base)
    default:
      throw bad(
        "its objective is '\(learner.objective.name)'; read are binary:logistic, reg:logistic, multi:softprob, "
          + "multi:softmax and reg:squarederror")
    }
    let model = learner.gradient_booster.model
    let count = task.outputCount
    outputs = model.tree_info
    guard outputs.count == model.trees.count, outputs.allSatisfy({ (0..<count).contains($0) }) else {
      throw bad("tree_info does not name an output for each of its \(model.trees.count) trees")
    }
    let names = learner.feature_names ?? []
    let grown = try model.trees.enumerated().map { index, tree in
      do { return try DecisionTree(tree, columns: columns) } catch let problem as TreeProblem {
        throw bad("tree \(index): \(problem.text)")
      }
    }
    featureNames = names.count == columns ? names : (0..<columns).map { "f\($0)" }
    trees = grown
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "no '\((context.codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: "."))'"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another type"
    case DecodingError.dataCorrupted(let context): context.debugDescription
    default: "\(error)"
    }
  }

  fileprivate struct TreeProblem: Error { var text: String }
}

extension DecisionTree {
  /// A stored tree, in which every node but the root is some node's child, once: so it has no cycles.
  fileprivate init(_ stored: StoredModel.StoredTree, columns: Int) throws {
    let count = stored.left_children.count
    guard count > 0, stored.right_children.count == count, stored.split_indices.count == count,
      stored.split_conditions.count == count, stored.default_left.count == count, stored.loss_changes.count == count,
      stored.sum_hessian.count == count
    else { throw StoredModel.TreeProblem(text: "its lists have different lengths") }
    guard stored.categories_nodes?.isEmpty != false else {
      throw StoredModel.TreeProblem(text: "it splits on categories, which is not read")
    }
    var parents = [Int](repeating: 0, count: count)
    nodes = []
    nodes.reserveCapacity(count)
    for node in 0..<count {
      let (left, right) = (stored.left_children[node], stored.right_children[node])
      guard left >= 0 else {
        nodes.append(Node(threshold: stored.split_conditions[node], column: Node.leaf, left: 0, right: 0))
        continue
      }
      let column = stored.split_indices[node]
      guard Int(left) < count, right > 0, Int(right) < count, left > 0 else {
        throw StoredModel.TreeProblem(text: "node \(node) has the children \(left) and \(right) of \(count) nodes")
      }
      guard column >= 0, Int(column) < columns else {
        throw StoredModel.TreeProblem(text: "node \(node) splits on feature \(column) of \(columns)")
      }
      parents[Int(left)] += 1
      parents[Int(right)] += 1
      let flag = stored.default_left[node].isSet ? Node.missingGoesLeft : 0
      nodes.append(
        Node(threshold: stored.split_conditions[node], column: column | flag, left: left, right: right))
    }
    guard parents[0] == 0, parents.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw StoredModel.TreeProblem(text: "its nodes do not form a tree")
    }
    gain = stored.loss_changes
    cover = stored.sum_hessian
  }
}
