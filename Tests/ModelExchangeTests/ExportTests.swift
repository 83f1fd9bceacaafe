import DecisionTrees
import Foundation
import Learning
import NeuralNetworks
import TestSupport
import Tensors
import Testing

@testable import ModelExchange

/// The files in Tests/Reference/onnx/exports passed ONNX's own check and were run by ONNX Runtime; the program writes the
/// same bytes and says the same numbers.
@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ExportTests {
  private func rows() throws -> FeatureMatrix {
    try ONNXReference.read("exports").features(SampleNetworks.scaler.featureNames)
  }

  @Test(arguments: SampleNetworks.networks.keys.sorted()) func networks(name: String) async throws {
    let network = try #require(SampleNetworks.networks[name])
    let outputs = ["two-classes": "probabilities", "three-classes": "probabilities", "values": "values"]
    try checkExport(
      ONNXModel(network), name, outputs[name] ?? "reconstruction", try await network.predictions(rows()))
    guard name == "three-classes" else { return }
    try checkExport(ONNXModel(network, output: .logits), "\(name)-logits", "logits", try await network.outputs(rows()))
  }

  @Test func classifiers() async throws {
    let network = SampleNetworks.classifier
    try checkExport(ONNXModel(network), "classifier", "score", try await network.scores(rows()))
    try checkExport(
      ONNXModel(network, output: .logits), "classifier-logit", "logit", try await network.logits(rows()))
  }

  @Test(arguments: ["classification", "regression", "multiclass"]) func trees(name: String) throws {
    let trees = try SampleNetworks.trees(name)
    let rows = try FeatureMatrix(names: trees.featureNames, values: SampleNetworks.gaps())
    let found = name == "multiclass" ? try trees.probabilities(rows) : try trees.scores(rows)
    let output = ["classification": "score", "regression": "values", "multiclass": "probabilities"][name] ?? ""
    try checkExport(ONNXModel(trees), "trees-\(name)", output, found)
  }

  /// What is written is read again as the same network, with names and records.
  @Test(arguments: SampleNetworks.networks.keys.sorted()) func importReadsWhatExportWrites(name: String) async throws {
    let network = try #require(SampleNetworks.networks[name])
    let back = try ImportedNetwork(ONNXModel(ONNXModel(network).data(), path: name), path: name)
    #expect(back.featureNames == network.featureNames)
    #expect(back.network.scaler.placeholders == network.scaler.placeholders)
    #expect(back.producer.hasPrefix("searchlight "))
    #expect(back.metadata["configuration"]?.contains("hidden") == true)
    let found = try await back.outputs(rows()), expected = try await network.predictions(rows())
    let size = expected.map(abs).max() ?? 0
    #expect(largestDifference(found, expected.map(Double.init)) < 1e-6 * Double(max(1, size)))
  }

  @Test func parametersThatDoNotFitAreAnError() throws {
    var network = SampleNetworks.classifier
    network.parameters["0.weight"] = nil
    #expect(throws: ONNXError.unwritable(reason: "parameter '0.weight' is absent or has not 24 values")) {
      try ONNXModel(network)
    }
  }
}
