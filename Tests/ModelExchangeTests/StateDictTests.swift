import Foundation
import Learning
import NeuralNetworks
import TestSupport
import Tensors
import Testing

/// A state dict that PyTorch saved with safetensors, batch normalisation included, loads by its names and answers alike.
@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct StateDictTests {
  private let architecture = NetworkArchitecture(inputs: 4) {
    LayerDescription.batchNorm(momentum: 0.1, epsilon: 1e-5)
    LayerDescription.dense(units: 6, initializer: .zeros)
    LayerDescription.batchNorm(momentum: 0.1, epsilon: 1e-5)
    LayerDescription.activation(.selu)
    LayerDescription.alphaDropout(rate: 0.1)
    LayerDescription.dense(units: 5, initializer: .zeros)
    LayerDescription.activation(.leakyRelu(slope: 0.2))
    LayerDescription.dropout(rate: 0.2)
    LayerDescription.linear(units: 5, initializer: .zeros)
    LayerDescription.activation(.elu(alpha: 0.7))
    LayerDescription.dense(units: 4, initializer: .zeros)
    LayerDescription.activation(.tanh)
    LayerDescription.dense(units: 3, initializer: .zeros)
    LayerDescription.activation(.softmax)
  }

  private func scaler(_ names: [String]) -> StandardScaler {
    StandardScaler(
      featureNames: names, means: names.map { _ in 0 }, widths: names.map { _ in 1 },
      placeholders: names.map { _ in nil })
  }

  @Test func aStateDictAnswersAsInPyTorch() async throws {
    let url = referenceURL("onnx/state-dict.safetensors")
    let parameters = try Safetensors.decode(Data(contentsOf: url), path: url.path)
    #expect(parameters["0.running_var"]?.shape == [4] && parameters["0.num_batches_tracked"] == nil)
    let reference = try ONNXReference.read("imports")
    let peer = try #require(reference.cases.first { $0.file == "torch-all-legacy.onnx" })
    let names = ["a", "b", "c", "d"]
    let network = ScaledNetwork(scaler: scaler(names), architecture: architecture, parameters: parameters)
    #expect(largestDifference(try await network.outputs(reference.features(names)), peer.values) < 1e-6)
  }

  /// A network of another shape says which parameter does not fit.
  @Test func anotherArchitectureIsAnError() async throws {
    let url = referenceURL("onnx/state-dict.safetensors")
    let parameters = try Safetensors.decode(Data(contentsOf: url), path: url.path)
    var other = architecture
    other.layers[1] = .dense(units: 7, initializer: .zeros)
    let network = ScaledNetwork(scaler: scaler(["a", "b", "c", "d"]), architecture: other, parameters: parameters)
    await #expect(throws: NetworkError.shapeMismatch(name: "1.weight", expected: [7, 4], found: [6, 4])) {
      try await network.outputs(FeatureMatrix(names: ["a", "b", "c", "d"], values: [0, 0, 0, 0]))
    }
  }
}
