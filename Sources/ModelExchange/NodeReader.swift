import NeuralNetworks

/// One node as steps of a chain.
struct NodeReader {
  let reader: GraphReader
  let node: Onnx_NodeProto

  /// The steps, and the value that they take.
  typealias Found = (steps: [FeedForwardStep], input: String)

  init(_ reader: GraphReader, _ node: Onnx_NodeProto) {
    self.reader = reader
    self.node = node
  }

  func unsupported(_ reason: String) -> ONNXError {
    .unsupportedNode(
      path: reader.path, node: node.name.isEmpty ? node.output.first ?? "" : node.name, operation: node.opType,
      reason: reason)
  }

  func read() throws -> Found {
    guard ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"].contains(node.domain) else {
      throw unsupported("its domain '\(node.domain)' is not read")
    }
    switch node.opType {
    case "Gemm": return try gemm()
    case "MatMul": return try product()
    case "Add", "Sub", "Mul", "Div": return try arithmetic()
    case "BatchNormalization": return try batchNorm()
    case "Scaler": return try scaler()
    case "Relu": return try activation(.relu)
    case "Sigmoid": return try activation(.sigmoid)
    case "Tanh": return try activation(.tanh)
    case "LeakyRelu": return try activation(.leakyRelu(slope: float("alpha", 0.01)))
    case "Elu": return try activation(.elu(alpha: float("alpha", 1)))
    case "Swish": return try swish()
    case "Selu": return try selu()
    case "Softmax":
      guard [1, -1].contains(int("axis", reader.graph.input.isEmpty ? 1 : -1)) else {
        throw unsupported("its axis is \(int("axis", -1)); read is the last one, of rows")
      }
      return try activation(.softmax)
    case "Clip": return try clip()
    case "Identity", "Dropout": return try keep()
    case "Cast":
      guard [1, 11].contains(int("to", 0)) else { throw unsupported("it casts to type \(int("to", 0)), not to floats") }
      return try keep()
    case "Flatten":
      guard int("axis", 1) == 1 else { throw unsupported("its axis is \(int("axis", 1)); 1 is read") }
      return try keep()
    case "Squeeze", "Unsqueeze": return ([.reshape(width: 1)], try data(0))
    case "Reshape": return try reshape()
    case "Concat": return try pair()
    case "Where": return try placeholders()
    default:
      throw unsupported(
        "this operator is not part of a feed-forward network as it is read; read are "
          + ONNXError.supportedOperators.joined(separator: ", "))
    }
  }

  // MARK: attributes and inputs

  private func attribute(_ name: String) -> Onnx_AttributeProto? { node.attribute.first { $0.name == name } }
  private func int(_ name: String, _ standard: Int) -> Int { attribute(name).map { Int($0.i) } ?? standard }
  private func float(_ name: String, _ standard: Double) -> Double { attribute(name).map { Double($0.f) } ?? standard }

  /// The name of an input.
  private func data(_ index: Int) throws -> String {
    guard node.input.indices.contains(index), !node.input[index].isEmpty else {
      throw unsupported("it has no input \(index)")
    }
    return node.input[index]
  }

  private func constant(_ index: Int) throws -> TensorValues {
    let name = try data(index)
    guard let values = try reader.constant(name) else {
      throw unsupported("its input '\(name)' must be a constant")
    }
    return values
  }

  private func keep() throws -> Found { ([], try data(0)) }
  private func activation(_ kind: Activation) throws -> Found { ([.activation(kind)], try data(0)) }

  // MARK: layers

  private func gemm() throws -> Found {
    guard int("transA", 0) == 0 else { throw unsupported("transA is not read") }
    let alpha = float("alpha", 1), beta = float("beta", 1)
    let stored = try constant(1)
    guard stored.shape.count == 2, var weight = int("transB", 0) == 1 ? stored : stored.transposed else {
      throw unsupported("its weight has the shape \(stored.shape)")
    }
    if alpha != 1 { weight.values = weight.values.map { $0 * alpha } }
    var bias = node.input.count > 2 && !node.input[2].isEmpty ? try constant(2) : nil
    if beta != 1, let found = bias { bias = TensorValues(shape: found.shape, values: found.values.map { $0 * beta }) }
    if let bias, !bias.isRow { throw unsupported("its bias has the shape \(bias.shape)") }
    return ([.dense(weight: weight, bias: bias)], try data(0))
  }

  private func product() throws -> Found {
    let stored = try constant(1)
    guard stored.shape.count == 2, let weight = stored.transposed else {
      throw unsupported("its weight has the shape \(stored.shape)")
    }
    return ([.dense(weight: weight, bias: nil)], try data(0))
  }

  private func batchNorm() throws -> Found {
    guard int("training_mode", 0) == 0 else {
      throw unsupported("it is in training mode; export the network for inference")
    }
    let step = FeedForwardStep.batchNorm(
      weight: try constant(1), bias: try constant(2), mean: try constant(3), variance: try constant(4),
      epsilon: float("epsilon", 1e-5))
    return ([step], try data(0))
  }

  /// `(x − offset) · scale` of `ai.onnx.ml`.
  private func scaler() throws -> Found {
    let offset = attribute("offset")?.floats ?? [], scale = attribute("scale")?.floats ?? []
    var steps: [FeedForwardStep] = []
    if !offset.isEmpty { steps.append(.subtract(TensorValues(shape: [offset.count], values: offset.map(Double.init)))) }
    if !scale.isEmpty { steps.append(.multiply(TensorValues(shape: [scale.count], values: scale.map(Double.init)))) }
    return (steps, try data(0))
  }

  private func selu() throws -> Found {
    let alpha = float("alpha", Activation.seluAlpha), gamma = float("gamma", Activation.seluScale)
    if abs(alpha - Activation.seluAlpha) < 1e-6, abs(gamma - Activation.seluScale) < 1e-6 {
      return try activation(.selu)
    }
    return ([.activation(.elu(alpha: alpha)), .multiply(TensorValues(shape: [], values: [gamma]))], try data(0))
  }

  private func clip() throws -> Found {
    let low = node.input.count > 1 && !node.input[1].isEmpty ? try constant(1).values : [float("min", -.infinity)]
    let hasHigh = node.input.count > 2 && !node.input[2].isEmpty || attribute("max") != nil
    guard low == [0], !hasHigh else { throw unsupported("only a lower bound of 0 is read, which is a ReLU") }
    return try activation(.relu)
  }

  private func swish() throws -> Found {
    guard float("alpha", 1) == 1 else { throw unsupported("its alpha is \(float("alpha", 1)); 1 is read") }
    return try activation(.silu)
  }

  private func reshape() throws -> Found {
    let shape = try constant(1).values
    guard shape.count == 2 || shape == [-1], shape.first == -1 || shape.first == 0 else {
      throw unsupported("it reshapes to \(shape.map { Int($0) }); rows must stay rows")
    }
    let width = shape.count == 2 ? shape[1] : 1
    return (width > 0 ? [.reshape(width: Int(width))] : [], try data(0))
  }

  // MARK: arithmetic

  private func arithmetic() throws -> Found {
    guard node.input.count == 2 else { throw unsupported("it has \(node.input.count) inputs, two are read") }
    let left = try reader.constant(node.input[0]), right = try reader.constant(node.input[1])
    switch (left, right) {
    case (nil, let constant?): return ([try step(constant)], node.input[0])
    case (let constant?, nil):
      switch node.opType {
      case "Sub": return ([.multiply(TensorValues(shape: [], values: [-1])), .add(try row(constant))], node.input[1])
      case "Div": throw unsupported("a constant divided by a value is not read")
      default: return ([try step(constant)], node.input[1])
      }
    case (nil, nil):
      // x · sigmoid(x).
      for (value, gate) in [(node.input[0], node.input[1]), (node.input[1], node.input[0])] {
        if node.opType == "Mul", let producer = reader.producer(of: gate), producer.opType == "Sigmoid",
          producer.input == [value]
        {
          return ([.activation(.silu)], value)
        }
      }
      throw unsupported("both inputs depend on the features: of such only x · sigmoid(x) is read, no branches")
    default: throw unsupported("it combines two constants")
    }
  }

  private func row(_ constant: TensorValues) throws -> TensorValues {
    guard constant.isRow else {
      throw unsupported("its constant has the shape \(constant.shape), not one value a column")
    }
    return constant
  }

  private func step(_ constant: TensorValues) throws -> FeedForwardStep {
    let constant = try row(constant)
    switch node.opType {
    case "Add": return .add(constant)
    case "Sub": return .subtract(constant)
    case "Mul": return .multiply(constant)
    default: return .divide(constant)
    }
  }

  // MARK: patterns

  /// `Concat(1 − p, p)`, as exporters write the probabilities of two classes.
  private func pair() throws -> Found {
    guard node.input.count == 2, [1, -1].contains(int("axis", 1)), let rest = reader.producer(of: node.input[0]),
      rest.opType == "Sub", rest.input.count == 2, rest.input[1] == node.input[1],
      try reader.constant(rest.input[0])?.values == [1]
    else { throw unsupported("of joined values only (1 − p, p) is read") }
    return ([.complementAndSelf], node.input[1])
  }

  /// `Where(Equal(features, placeholders), 0, scaled)`: what stands for a missing object becomes 0.
  private func placeholders() throws -> Found {
    let condition = reader.producer(of: try data(0))
    guard let condition, condition.opType == "Equal", condition.input.count == 2,
      let placeholders = try reader.constant(condition.input[1]), condition.input[0] == reader.input,
      try constant(1).values.allSatisfy({ $0 == 0 })
    else { throw unsupported("only Where(Equal(input, placeholders), 0, scaled input) is read") }
    return ([.missing(placeholders: try row(placeholders))], try data(2))
  }
}
