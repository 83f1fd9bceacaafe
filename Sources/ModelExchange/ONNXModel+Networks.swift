import Foundation
import Learning
import NeuralNetworks
import Records

extension ONNXModel {
  /// A network with its scaling and what follows its last layer. The output is called `probabilities` [batch, classes],
  /// `values` [batch, values] or `reconstruction` [batch, features] (of scaled features), and `logits` or `outputs` where the
  /// last layer is asked for.
  /// - Throws: ``ONNXError/unwritable(reason:)`` for parameters that do not fit the architecture.
  public init(_ network: TrainedNetwork, output: Output = .predictions) throws {
    var graph = GraphBuilder(name: "network", inputs: network.featureNames.count)
    graph.scale(by: network.scaler)
    try graph.layers(of: network.architecture, network.parameters)
    var metadata = try Self.record(
      network.featureNames, network.configuration, network.inputs, network.parameters, network.history)
    metadata["task"] = try canonicalText(network.task)
    let name: String
    switch (network.task, output) {
    case (.classes, .logits): name = "logits"
    case (_, .logits): name = "outputs"
    case (.classes(let names), .predictions):
      // softmax(0, z) = (1 − σ(z), σ(z)).
      if graph.width == 1 { graph.dense("pair", weight: [0, 1], bias: nil, outputs: names.count) }
      graph.node("Softmax", "softmax", attributes: [.int("axis", 1)])
      name = "probabilities"
    case (.values(let names, let means, let widths), .predictions):
      graph.inDouble("units", [("Mul", "widths", widths), ("Add", "means", means)], width: names.count)
      name = "values"
    case (.features, .predictions): name = "reconstruction"
    }
    if network.task.names.count == graph.width { metadata["outputs"] = try canonicalText(network.task.names) }
    self = graph.model(output: name, metadata: metadata)
  }

  /// A classifier of two classes; the output is `score` [batch, 1] in [0, 1], or `logit`.
  public init(_ classifier: TrainedClassifier, output: Output = .predictions) throws {
    var graph = GraphBuilder(name: "classifier", inputs: classifier.featureNames.count)
    graph.scale(by: classifier.scaler)
    try graph.layers(of: classifier.architecture, classifier.parameters)
    if output == .predictions { graph.node("Sigmoid", "sigmoid") }
    let metadata = try Self.record(
      classifier.featureNames, classifier.configuration, classifier.inputs, classifier.parameters, classifier.history)
    self = graph.model(output: output == .predictions ? "score" : "logit", metadata: metadata)
  }

  static func record(
    _ features: [String], _ configuration: TrainingConfiguration, _ inputs: [String: Digest],
    _ parameters: [String: StoredParameter], _ history: TrainingHistory
  ) throws -> [String: String] {
    [
      "features": try canonicalText(features), "configuration": try canonicalText(configuration),
      "inputs": try canonicalText(inputs), "parameters": Digest.of(try Safetensors.encode(parameters)).hex,
      "epochs": "\(history.epochs.count)", "best_epoch": "\(history.bestEpoch)",
    ]
  }
}

func canonicalText(_ value: some Encodable) throws -> String {
  String(decoding: try JSONEncoder.canonical.encode(value), as: UTF8.self)
}

extension GraphBuilder {
  /// What `StandardScaler.transform(_:)` does, in double as there.
  mutating func scale(by scaler: StandardScaler) {
    let raw = current, columns = width
    inDouble(
      "scaled", [("Sub", "scaler.means", scaler.means), ("Mul", "scaler.factors", scaler.widths.map { 1 / $0 })],
      width: columns)
    guard scaler.placeholders.contains(where: { $0 != nil }) else { return }
    let scaled = current
    // NaN equals nothing: columns without a placeholder miss nothing.
    let placeholders = constant("scaler.placeholders", [1, columns], scaler.placeholders.map { $0 ?? .nan })
    node("Equal", "is_missing", inputs: [raw, placeholders])
    let zero = constant("scaler.missing", [1], [Float(0)])
    node("Where", "present", inputs: [current, zero, scaled])
  }

  /// Elementwise steps with a constant a column, in double.
  mutating func inDouble(_ name: String, _ steps: [(String, String, [Double])], width columns: Int) {
    node("Cast", "\(name)_double", attributes: [.int("to", Int(ElementType.double.rawValue))])
    for (operation, constantName, values) in steps {
      let other = constant(constantName, [1, columns], values)
      node(operation, "\(name)_\(operation.lowercased())", inputs: [current, other])
    }
    node("Cast", name, attributes: [.int("to", Int(ElementType.float.rawValue))])
  }

  /// `y = x Wᵀ + b`; the weight is PyTorch's, [out, in], row-major.
  mutating func dense(_ name: String, weight: [Float], bias: [Float]?, outputs: Int) {
    var inputs = [current, constant("\(name).weight", [outputs, width], weight)]
    if let bias { inputs.append(constant("\(name).bias", [outputs], bias)) }
    node("Gemm", "dense_\(name)", inputs: inputs, attributes: [.int("transB", 1)], width: outputs)
  }

  /// Dropout has no node: it does nothing at inference.
  /// - Parameter range: of layers; all where not told.
  mutating func layers(
    of architecture: NetworkArchitecture, _ parameters: [String: StoredParameter], _ range: Range<Int>? = nil
  ) throws {
    func values(_ index: Int, _ name: String, _ count: Int) throws -> [Float] {
      guard let found = parameters["\(index).\(name)"], found.values.count == count else {
        throw ONNXError.unwritable(reason: "parameter '\(index).\(name)' is absent or has not \(count) values")
      }
      return found.values
    }
    let range = range ?? architecture.layers.indices
    for (index, layer) in zip(range, architecture.layers[range]) {
      switch layer {
      case .dense(let units, _), .linear(let units, _):
        let hasBias = if case .dense = layer { true } else { false }
        dense(
          "\(index)", weight: try values(index, "weight", units * width),
          bias: hasBias ? try values(index, "bias", units) : nil, outputs: units)
      case .batchNorm(_, let epsilon):
        let names = ["weight", "bias", "running_mean", "running_var"]
        var inputs = [current]
        for name in names { inputs.append(constant("\(index).\(name)", [width], try values(index, name, width))) }
        node("BatchNormalization", "norm_\(index)", inputs: inputs, attributes: [.float("epsilon", epsilon)])
      case .activation(let activation): activate(activation, "activation_\(index)")
      case .dropout, .alphaDropout: continue
      case .gaussianSample:
        // At inference the means, the first half.
        let latent = width / 2
        let means = (0..<latent * width).map { Float($0 % width == $0 / width ? 1 : 0) }
        dense("\(index)", weight: means, bias: nil, outputs: latent)
      }
    }
  }

  private mutating func activate(_ activation: Activation, _ name: String) {
    switch activation {
    case .selu:
      let constants = [("alpha", Activation.seluAlpha), ("gamma", Activation.seluScale)]
      node("Selu", name, attributes: constants.map { .float($0, $1) })
    case .relu: node("Relu", name)
    case .sigmoid: node("Sigmoid", name)
    case .tanh: node("Tanh", name)
    case .identity: node("Identity", name)
    case .softmax: node("Softmax", name, attributes: [.int("axis", 1)])
    case .leakyRelu(let slope): node("LeakyRelu", name, attributes: [.float("alpha", slope)])
    case .elu(let alpha): node("Elu", name, attributes: [.float("alpha", alpha)])
    case .silu:
      let x = current
      node("Sigmoid", "\(name)_gate")
      node("Mul", name, inputs: [x, current])
    }
  }
}
