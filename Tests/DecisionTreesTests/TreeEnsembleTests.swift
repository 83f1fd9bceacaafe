import Foundation
import Learning
import Records
import TestSupport
import Testing

@testable import DecisionTrees

/// What XGBoost's Python package grew and said.
struct TreeReference: Decodable {
  struct Model: Decodable {
    var json: String
    var margins: [Float], outputs: [Float], gaps: [Float]
    var gain: [Double], splits: [Double]
  }
  var names: [String]
  var train: [Float], test: [Float], labels: [Float], numbers: [Float], classes: [Float], weights: [Float]
  var testLabels: [Float]
  var gaps: [Float?]
  var models: [String: Model]

  static func read() throws -> TreeReference {
    try JSONDecoder().decode(TreeReference.self, from: Data(contentsOf: referenceURL("trees/models.json")))
  }

  func matrix(_ values: [Float]) throws -> FeatureMatrix { try FeatureMatrix(names: names, values: values) }
}

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
}

@Suite struct TreeEnsembleTests {
  @Test(arguments: ["classification", "sampled", "regression", "multiclass"])
  func modelsOfPythonScoreAlike(name: String) throws {
    let reference = try TreeReference.read()
    let model = try #require(reference.models[name])
    let trees = try TreeEnsemble(json: Array(model.json.utf8), path: name)
    #expect(trees.featureNames == reference.names)
    let margins = try trees.margins(reference.matrix(reference.test))
    #expect(margins.count == model.margins.count && largestDifference(margins, model.margins) < 1e-6)
    let outputs =
      name == "multiclass"
      ? try trees.probabilities(reference.matrix(reference.test)) : try trees.scores(reference.matrix(reference.test))
    #expect(largestDifference(outputs, model.outputs) < 1e-6)
    // Missing values go where the training sent them.
    let gaps = try trees.margins(reference.matrix(reference.gaps.map { $0 ?? .nan }))
    #expect(largestDifference(gaps, model.gaps) < 1e-6)
    for (found, expected) in zip(trees.importances(), model.gain) {
      #expect(abs(found - expected) <= 1e-4 * max(1, expected))
    }
    #expect(trees.importances(.splits) == model.splits)
  }

  /// scikit-learn's permutation importance of the same model on the same rows, 400 shuffles against 20.
  @Test func permutationImportancesAreThoseOfPython() async throws {
    struct Importances: Decodable {
      struct Values: Decodable { var mean: [Double], deviation: [Double], repeats: Double }
      var permutation: Values
    }
    let reference = try TreeReference.read()
    let model = try #require(reference.models["classification"])
    let trees = try TreeEnsemble(json: Array(model.json.utf8), path: "classification")
    let sample = try LabelledSample(
      features: reference.matrix(reference.train), labels: reference.labels, weights: reference.labels.map { _ in 1 })
    let expected = try JSONDecoder().decode(
      Importances.self, from: Data(contentsOf: referenceURL("classifier-metrics/metrics.json"))
    ).permutation
    let found = try await Metrics.permutationImportance(of: trees, on: sample, repeats: 20, seed: SeedTree(root: 4))
    for (column, importance) in found.enumerated() {
      let spread = expected.deviation[column] * (1 / 20 + 1 / expected.repeats).squareRoot()
      #expect(abs(importance.value - expected.mean[column]) < 5 * spread)
      // A standard deviation of 20 numbers is known to 16 %.
      let deviation = importance.uncertainty * 20.0.squareRoot()
      #expect(abs(deviation / expected.deviation[column] - 1) < 0.6)
    }
  }

  @Test func treesShowTheirNodes() throws {
    let reference = try TreeReference.read()
    let model = try #require(reference.models["classification"])
    let trees = try TreeEnsemble(json: Array(model.json.utf8), path: "classification")
    #expect(trees.trees.count == 8)
    let tree = trees.trees[0]
    #expect((1...4).contains(tree.depth))
    #expect(tree.nodeCount == 2 * tree.leafCount - 1)
    guard case .split(let column, let threshold, let left, let right, _) = tree[0] else {
      Issue.record("the root is a leaf")
      return
    }
    #expect((0..<4).contains(column) && threshold.isFinite && left != right)
    // The children share the root's rows.
    #expect(abs(tree.cover[0] - tree.cover[left] - tree.cover[right]) < 1e-3 * tree.cover[0])
  }

  @Test func damagedModelsAreExplained() throws {
    let reference = try TreeReference.read()
    let json = try #require(reference.models["classification"]).json
    func message(_ text: String) -> String {
      do {
        _ = try TreeEnsemble(json: Array(text.utf8), path: "model.json")
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message("{}").contains("no 'learner'"))
    #expect(message(String(json.prefix(1000))).contains("model.json: it is no JSON model"))
    #expect(
      message(json.replacing("binary:logistic", with: "rank:pairwise")).contains("its objective is 'rank:pairwise'"))
    #expect(message(json.replacing("\"gbtree\"", with: "\"dart\"")).contains("only 'gbtree' is read"))
    #expect(
      message(json.replacing("\"left_children\":[1,", with: "\"left_children\":[9999,")).contains("tree 0: node 0"))
    #expect(
      message(json.replacing("\"left_children\":[1,", with: "\"left_children\":[2,")).contains("do not form a tree"))
  }
}
