import Foundation
import Learning
import NeuralNetworks
import Records
import TestSupport
import Tensors
import Testing

@testable import ModelExchange

/// Networks that PyTorch, scikit-learn and Keras wrote, and what ONNX Runtime makes of them.
@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ImportTests {
  @Test(arguments: [("imports", 10), ("keras", 4)])
  func networksOfPythonAnswerAlike(file: String, count: Int) async throws {
    let reference = try ONNXReference.read(file)
    #expect(reference.cases.count == count)
    for peer in reference.cases {
      let network = try ImportedNetwork(contentsOf: referenceURL("onnx/imports/\(peer.file)"))
      #expect(network.outputName == peer.output && network.outputCount == peer.width, "\(peer.file)")
      let found = try await network.outputs(reference.features(["f0", "f1", "f2", "f3"]))
      #expect(largestDifference(found, peer.values) < 1e-5, "\(peer.file)")
    }
  }

  /// What stands before the first layer is a scaler, product and sum are one layer.
  @Test func chainsAreRecognised() throws {
    let scaled = try ImportedNetwork(
      contentsOf: referenceURL("onnx/imports/torch-scaled-legacy.onnx"), featureNames: ["a", "b", "c", "d"])
    #expect(scaled.network.scaler.means == [0, 5, 1, -30] && scaled.featureNames == ["a", "b", "c", "d"])
    #expect(scaled.network.architecture.layers.count == 4)
    let products = try ImportedNetwork(contentsOf: referenceURL("onnx/imports/torch-products-legacy.onnx"))
    #expect(
      products.network.architecture.layers == [
        .linear(units: 5, initializer: .zeros), .activation(.relu), .dense(units: 3, initializer: .zeros),
        .batchNorm(momentum: 0.1, epsilon: 1e-12), .batchNorm(momentum: 0.1, epsilon: 1e-12),
      ])
  }

  private func message(_ body: () throws -> ImportedNetwork) -> String {
    do { return "read: \(try body().outputName)" } catch { return "\(error)" }
  }

  @Test func errorsNameWhatIsThereAndWhatIsRead() throws {
    let file = referenceURL("onnx/imports/sklearn-three.onnx")
    let labels = message { try ImportedNetwork(contentsOf: file, output: "output_label") }
    #expect(labels.contains("no output 'output_label'") && labels.contains("probabilities"), "\(labels)")
    let names = message { try ImportedNetwork(contentsOf: file, featureNames: ["a"]) }
    #expect(names.contains("it takes 4 features, 1 names were given"), "\(names)")
    let none = message { try ImportedNetwork(contentsOf: referenceURL("onnx/imports.json")) }
    #expect(none.contains("it is no ONNX model"), "\(none)")
    let trees = message { try ImportedNetwork(contentsOf: referenceURL("onnx/exports/trees-regression.onnx")) }
    #expect(trees.contains("node 'ensemble' (TreeEnsembleRegressor)") && trees.contains("Gemm"), "\(trees)")
    var model = try ONNXModel(contentsOf: referenceURL("onnx/imports/torch-all-legacy.onnx")).message
    model.graph.node[1].opType = "Conv"
    let other = message { try ImportedNetwork(ONNXModel(model), path: "x.onnx") }
    #expect(other.hasPrefix("x.onnx: node '/1/Gemm' (Conv): this operator") && other.contains("LeakyRelu"), "\(other)")
    try withTemporaryFolder { folder in
      let lonely = folder.appendingPathComponent("external.onnx")
      try Data(contentsOf: referenceURL("onnx/imports/external.onnx")).write(to: lonely)
      let absent = message { try ImportedNetwork(contentsOf: lonely) }
      #expect(absent.contains("its values are in 'external.data', which is not beside the model"), "\(absent)")
    }
  }

  /// Truncated and flipped files give errors or another network; never a trap, and never much memory.
  @Test func damagedFilesAreErrors() throws {
    var random = SeedTree(root: 23).stream()
    for name in ["torch-all-legacy", "sklearn-binary", "external", "torch-scaled-dynamo"] {
      let url = referenceURL("onnx/imports/\(name).onnx")
      let whole = try Data(contentsOf: url)
      var refused = 0
      for round in 0..<400 {
        var bytes = whole
        if round % 4 == 0 {
          bytes = bytes.prefix(Int(random.uniform() * Double(whole.count)))
        } else {
          for _ in 0...round % 3 {
            bytes[Int(random.uniform() * Double(whole.count))] = UInt8(truncatingIfNeeded: Int(random.uniform() * 256))
          }
        }
        do {
          let network = try ImportedNetwork(
            ONNXModel(bytes, path: "x"), path: "x", folder: url.deletingLastPathComponent())
          #expect(network.outputCount > 0)
        } catch is ONNXError { refused += 1 }
      }
      #expect(refused > 100, "\(name)")
    }
  }
}
