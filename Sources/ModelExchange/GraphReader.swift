import Foundation
import NeuralNetworks

/// Finds the chain of steps that leads from a graph's input to one of its outputs, from the end to the beginning: what
/// does not lie on that way (labels, other outputs) is not looked at.
struct GraphReader {
  let graph: Onnx_GraphProto
  let path: String
  private let folder: URL?
  private let producers: [String: Int]
  private let initializers: [String: Int]
  /// The name of the graph's only input that is no constant.
  let input: String

  init(_ model: ONNXModel, path: String, folder: URL?) throws {
    graph = model.message.graph
    self.path = path
    self.folder = folder
    producers = Dictionary(
      graph.node.enumerated().flatMap { index, node in node.output.filter { !$0.isEmpty }.map { ($0, index) } },
      uniquingKeysWith: { first, _ in first })
    let initializers = Dictionary(
      graph.initializer.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.initializers = initializers
    let inputs = graph.input.filter { initializers[$0.name] == nil }
    guard inputs.count == 1, let only = inputs.first else {
      throw ONNXError.unreadable(
        path: path,
        reason: "the model has the inputs \(inputs.map(\.name)); a feed-forward network of one input is read")
    }
    let type = only.type.tensorType.elemType
    guard type == 1 || type == 11 || type == 0 else {
      throw ONNXError.unreadable(path: path, reason: "its input '\(only.name)' is of type \(type); float32 (1) is read")
    }
    input = only.name
  }

  /// Columns of the input, where the file tells.
  var inputWidth: Int? {
    guard let value = graph.input.first(where: { $0.name == input }), let last = value.type.tensorType.shape.dim.last,
      value.type.tensorType.shape.dim.count == 2, last.dimValue > 0
    else { return nil }
    return Int(last.dimValue)
  }

  /// The output of that name; where not told the only one of numbers, or that called `probabilities`.
  func output(named name: String?) throws -> String {
    let numbers = graph.output.filter { [0, 1, 11].contains($0.type.tensorType.elemType) && !$0.name.isEmpty }.map(
      \.name)
    if let name {
      guard numbers.contains(name) else { throw ONNXError.noOutput(path: path, name: name, available: numbers) }
      return name
    }
    if numbers.count == 1 { return numbers[0] }
    guard let usual = numbers.first(where: { ["probabilities", "output_probability"].contains($0) }) else {
      throw ONNXError.unreadable(path: path, reason: "it has the outputs \(numbers); name one")
    }
    return usual
  }

  /// The steps from input to output.
  func steps(to output: String) throws -> [FeedForwardStep] {
    var steps: [FeedForwardStep] = []
    var value = output
    // No node is passed twice: a graph with a circle ends here.
    for _ in 0...graph.node.count {
      if value == input { return steps.reversed() }
      guard let index = producers[value] else {
        throw ONNXError.unreadable(path: path, reason: "nothing gives '\(value)', on the way to '\(output)'")
      }
      let found = try NodeReader(self, graph.node[index]).read()
      steps += found.steps.reversed()
      value = found.input
    }
    throw ONNXError.unreadable(path: path, reason: "its nodes form a circle on the way to '\(output)'")
  }

  func producer(of value: String) -> Onnx_NodeProto? { producers[value].map { graph.node[$0] } }

  /// The constant of that name: an initializer, or what nodes make of one; nil where it depends on the input.
  func constant(_ name: String, depth: Int = 0) throws -> TensorValues? {
    guard depth < 8 else { return nil }
    if let index = initializers[name] { return try values(of: graph.initializer[index], name) }
    guard let node = producer(of: name) else { return nil }
    switch node.opType {
    case "Constant":
      for attribute in node.attribute {
        switch attribute.name {
        case "value": return try values(of: attribute.t, name)
        case "value_float": return TensorValues(shape: [], values: [Double(attribute.f)])
        case "value_floats":
          return TensorValues(shape: [attribute.floats.count], values: attribute.floats.map(Double.init))
        case "value_int": return TensorValues(shape: [], values: [Double(attribute.i)])
        case "value_ints": return TensorValues(shape: [attribute.ints.count], values: attribute.ints.map(Double.init))
        default: continue
        }
      }
      return nil
    case "Identity", "Cast": return try node.input.first.flatMap { try constant($0, depth: depth + 1) }
    case "Transpose": return try node.input.first.flatMap { try constant($0, depth: depth + 1) }?.transposed
    default: return nil
    }
  }

  private func values(of tensor: Onnx_TensorProto, _ name: String) throws -> TensorValues {
    do { return try TensorValues(tensor, folder: folder) } catch let problem as TensorValues.Problem {
      throw ONNXError.unreadable(path: path, reason: "constant '\(name)': \(problem.text)")
    }
  }
}
