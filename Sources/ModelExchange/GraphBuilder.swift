import Foundation
import NeuralNetworks
import Records

/// Nodes and constants of a graph, in the order in which they are computed.
struct GraphBuilder {
  /// `TensorProto.DataType`.
  enum ElementType: Int32 { case float = 1, int64 = 7, bool = 9, double = 11 }

  static let input = "features"
  private var graph = Onnx_GraphProto()
  private var usesTrees = false
  /// The name of the value that was computed last.
  private(set) var current = GraphBuilder.input
  private(set) var width: Int

  init(name: String, inputs: Int) {
    width = inputs
    graph.name = name
    graph.input = [Self.value(Self.input, width: inputs)]
  }

  private static func value(_ name: String, width: Int) -> Onnx_ValueInfoProto {
    var batch = Onnx_TensorShapeProto.Dimension(), columns = Onnx_TensorShapeProto.Dimension()
    batch.dimParam = "batch"
    columns.dimValue = Int64(width)
    var value = Onnx_ValueInfoProto()
    value.name = name
    value.type.tensorType.elemType = ElementType.float.rawValue
    value.type.tensorType.shape.dim = [batch, columns]
    return value
  }

  /// A constant; its name.
  mutating func constant(_ name: String, _ shape: [Int], _ values: [Float]) -> String {
    add(name, shape, .float, values.withUnsafeBytes { Data($0) })
  }

  mutating func constant(_ name: String, _ shape: [Int], _ values: [Double]) -> String {
    add(name, shape, .double, values.withUnsafeBytes { Data($0) })
  }

  mutating func constant(_ name: String, _ shape: [Int], _ values: [Int]) -> String {
    add(name, shape, .int64, values.map(Int64.init).withUnsafeBytes { Data($0) })
  }

  private mutating func add(_ name: String, _ shape: [Int], _ type: ElementType, _ bytes: Data) -> String {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dims = shape.map(Int64.init)
    tensor.dataType = type.rawValue
    tensor.rawData = bytes
    graph.initializer.append(tensor)
    return name
  }

  /// Appends a node whose result is the new ``current``.
  /// - Parameters:
  ///   - inputs: names; ``current`` alone where not told.
  ///   - extraOutputs: results after the first.
  ///   - width: of the result's rows; as before where not told.
  mutating func node(
    _ operation: String, _ name: String, inputs: [String]? = nil, attributes: [Onnx_AttributeProto] = [],
    width newWidth: Int? = nil, domain: String = "", extraOutputs: [String] = []
  ) {
    var node = Onnx_NodeProto()
    node.opType = operation
    node.name = name
    node.domain = domain
    node.input = inputs ?? [current]
    node.output = [name] + extraOutputs
    node.attribute = attributes
    graph.node.append(node)
    usesTrees = usesTrees || domain == "ai.onnx.ml"
    current = name
    width = newWidth ?? width
  }

  /// Goes on from a value that was computed before.
  mutating func resume(from name: String, width: Int) {
    current = name
    self.width = width
  }

  /// The model with the last value as its output of that name.
  mutating func model(output name: String, metadata: [String: String]) -> ONNXModel {
    // The last node's result takes the name of the output; its own stays as the node's name.
    if graph.node.isEmpty { node("Identity", "identity") }
    graph.node[graph.node.count - 1].output = [name]
    graph.output = [Self.value(name, width: width)]
    var model = Onnx_ModelProto()
    model.irVersion = Int64(ONNXModel.formatVersion)
    model.producerName = "searchlight"
    model.producerVersion = searchlightVersion
    model.graph = graph
    var standard = Onnx_OperatorSetIdProto()
    standard.version = Int64(ONNXModel.operatorSet)
    model.opsetImport = [standard]
    if usesTrees {
      var trees = Onnx_OperatorSetIdProto()
      trees.domain = "ai.onnx.ml"
      trees.version = Int64(ONNXModel.treeOperatorSet)
      model.opsetImport.append(trees)
    }
    model.metadataProps = metadata.keys.sorted().map { key in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = metadata[key] ?? ""
      return entry
    }
    return ONNXModel(model)
  }
}

/// `AttributeProto.AttributeType`.
private enum AttributeType: Int32 { case float = 1, int = 2, string = 3, floats = 6, ints = 7, strings = 8 }

extension Onnx_AttributeProto {
  private init(_ name: String, _ type: AttributeType) {
    self.init()
    self.name = name
    self.type = type.rawValue
  }

  static func int(_ name: String, _ value: Int) -> Self {
    var attribute = Self(name, .int)
    attribute.i = Int64(value)
    return attribute
  }

  static func float(_ name: String, _ value: Double) -> Self {
    var attribute = Self(name, .float)
    attribute.f = Float(value)
    return attribute
  }

  static func string(_ name: String, _ value: String) -> Self {
    var attribute = Self(name, .string)
    attribute.s = Data(value.utf8)
    return attribute
  }

  static func ints(_ name: String, _ values: [Int]) -> Self {
    var attribute = Self(name, .ints)
    attribute.ints = values.map(Int64.init)
    return attribute
  }

  static func floats(_ name: String, _ values: [Float]) -> Self {
    var attribute = Self(name, .floats)
    attribute.floats = values
    return attribute
  }

  static func strings(_ name: String, _ values: [String]) -> Self {
    var attribute = Self(name, .strings)
    attribute.strings = values.map { Data($0.utf8) }
    return attribute
  }
}
