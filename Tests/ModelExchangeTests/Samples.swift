import DecisionTrees
import Foundation
import Learning
import NeuralNetworks
import Records
import TestSupport
import Testing

@testable import ModelExchange

/// Tests/Reference/onnx: rows, and what ONNX Runtime makes of them by each file.
struct ONNXReference: Decodable {
  struct Case: Decodable {
    var file, output: String
    var width: Int
    var values: [Double]
  }
  var x: [Float]
  var columns: Int
  var cases: [Case]

  static func read(_ name: String) throws -> ONNXReference {
    try JSONDecoder().decode(ONNXReference.self, from: Data(contentsOf: referenceURL("onnx/\(name).json")))
  }

  func features(_ names: [String]) throws -> FeatureMatrix { try FeatureMatrix(names: names, values: x) }
}

func largestDifference(_ found: [Float], _ expected: [Double]) -> Double {
  found.count == expected.count ? zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0 : .infinity
}

/// Holds a model to the bytes of its file in exports/, and what this program says to what ONNX Runtime made of the file;
/// writes the file where SEARCHLIGHT_WRITE_REFERENCE says so.
func checkExport(_ model: ONNXModel, _ file: String, _ output: String, _ found: [Float]) throws {
  let committed = referenceURL("onnx/exports/\(file).onnx")
  if ProcessInfo.processInfo.environment["SEARCHLIGHT_WRITE_REFERENCE"] == "1" {
    return try model.write(to: committed)
  }
  #expect(try Data(contentsOf: committed) == model.data(), "\(file)")
  let peer = try #require(try ONNXReference.read("exports").cases.first { $0.file == "\(file).onnx" })
  #expect(peer.output == output)
  let size = peer.values.map(abs).max() ?? 0
  // float32 on both sides; values of a hundred have an ulp of 7.6e-6.
  #expect(largestDifference(found, peer.values) < 1e-5 * max(1, size / 10), "\(file)")
}

/// Networks of every kind on four features, with parameters from named random streams.
enum SampleNetworks {
  static let scaler = StandardScaler(
    featureNames: ["met", "Jet2_PT", "eta", "lep_mt"], means: [0.1, 8.5, 1.02, -30.5], widths: [1.25, 2.5, 0.1, 18],
    placeholders: [nil, 0, nil, -99])

  private static func layers(
    _ hidden: [Activation], outputs: Int, isNormalized: Bool = false, hasBias: Bool = true,
    ends: [LayerDescription] = []
  ) -> NetworkArchitecture {
    NetworkArchitecture(inputs: 4) {
      for activation in hidden {
        if hasBias {
          LayerDescription.dense(units: 6, initializer: .lecunNormal)
        } else {
          LayerDescription.linear(units: 6, initializer: .lecunNormal)
        }
        if isNormalized { LayerDescription.batchNorm(momentum: 0.1, epsilon: 1e-3) }
        LayerDescription.activation(activation)
        if activation == .selu { LayerDescription.alphaDropout(rate: 0.1) } else { LayerDescription.dropout(rate: 0.2) }
      }
      LayerDescription.dense(units: outputs, initializer: .lecunNormal)
      for end in ends { end }
    }
  }

  static func parameters(_ architecture: NetworkArchitecture, _ name: String) -> [String: StoredParameter] {
    var random = SeedTree(root: 17).child(name).stream()
    var stored: [String: StoredParameter] = [:]
    for (index, (layer, before)) in zip(architecture.layers, [architecture.inputs] + architecture.widths).enumerated() {
      func add(_ part: String, _ shape: [Int], mean: Double, width: Double) {
        let values = (0..<shape.reduce(1, *)).map { _ in Float(mean + width * random.normal()) }
        stored["\(index).\(part)"] = StoredParameter(shape: shape, values: values)
      }
      switch layer {
      case .dense(let units, _), .linear(let units, _):
        add("weight", [units, before], mean: 0, width: 1 / Double(before).squareRoot())
        if case .dense = layer { add("bias", [units], mean: 0, width: 0.3) }
      case .batchNorm:
        add("weight", [before], mean: 1, width: 0.1)
        add("bias", [before], mean: 0, width: 0.1)
        add("running_mean", [before], mean: 0, width: 0.3)
        add("running_var", [before], mean: 1, width: 0.05)
      default: continue
      }
    }
    return stored
  }

  static func network(_ name: String, _ task: LearningTask, _ architecture: NetworkArchitecture)
    -> TrainedNetwork
  {
    TrainedNetwork(
      scaler: scaler, task: task, loss: .meanSquaredError, architecture: architecture,
      parameters: parameters(architecture, name), configuration: TrainingConfiguration(), history: TrainingHistory(),
      inputs: ["training": Digest.of("rows")])
  }

  static let classifier: TrainedClassifier = {
    let architecture = layers([.selu, .selu], outputs: 1)
    return TrainedClassifier(
      scaler: scaler, architecture: architecture, parameters: parameters(architecture, "classifier"),
      configuration: TrainingConfiguration(), history: TrainingHistory(), inputs: [:])
  }()

  /// By name: all tasks, all activations, batch normalisation, no bias.
  static let networks: [String: TrainedNetwork] = [
    "two-classes": network(
      "two-classes", .classes(names: ["background", "signal"]), layers([.relu, .tanh], outputs: 1, isNormalized: true)),
    "three-classes": network(
      "three-classes", .classes(names: ["a", "b", "c"]), layers([.leakyRelu(slope: 0.2), .elu(alpha: 0.7)], outputs: 3)),
    "values": network(
      "values", .values(names: ["mass", "pt"], means: [90, -3], widths: [2.5, 40]),
      layers([.sigmoid, .silu], outputs: 2)),
    "auto-encoder": network(
      "auto-encoder", .features, layers([.selu, .identity], outputs: 4, hasBias: false)),
    "variational": network(
      "variational", .features,
      NetworkArchitecture(inputs: 4) {
        LayerDescription.dense(units: 6, initializer: .lecunNormal)
        LayerDescription.gaussianSample
        LayerDescription.dense(units: 4, initializer: .lecunNormal)
      }),
    "softmax": network(
      "softmax", .features, layers([.softmax], outputs: 3, ends: [.activation(.softmax)])),
  ]

  static func trees(_ name: String) throws -> TreeEnsemble {
    struct Models: Decodable {
      struct Model: Decodable { var json: String }
      var models: [String: Model]
    }
    let models = try JSONDecoder().decode(Models.self, from: Data(contentsOf: referenceURL("trees/models.json")))
    return try TreeEnsemble(json: Array((models.models[name]?.json ?? "").utf8), path: name)
  }

  /// Rows of the trees' reference, NaN where a value is missing.
  static func gaps() throws -> [Float] {
    struct Rows: Decodable { var gaps: [Float?] }
    return try JSONDecoder().decode(Rows.self, from: Data(contentsOf: referenceURL("trees/models.json"))).gaps
      .map { $0 ?? .nan }
  }
}
