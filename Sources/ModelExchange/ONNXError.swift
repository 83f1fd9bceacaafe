import Records

/// What is wrong with an ONNX file, or with a model that is to become one.
public enum ONNXError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No ONNX file, or a damaged one.
  case unreadable(path: String, reason: String)
  /// A node that is no part of a feed-forward network as this module knows them.
  case unsupportedNode(path: String, node: String, operation: String, reason: String)
  case noOutput(path: String, name: String, available: [String])
  case unwritable(reason: String)

  /// What import takes.
  public static let supportedOperators = [
    "Add", "BatchNormalization", "Cast", "Clip (as ReLU)", "Concat (of 1 − p and p)", "Div", "Dropout", "Elu",
    "Flatten",
    "Gemm", "Identity", "LeakyRelu", "MatMul", "Mul", "Relu", "Reshape", "Scaler", "Selu", "Sigmoid", "Softmax",
    "Squeeze", "Sub", "Swish", "Tanh", "Where (placeholders)",
  ]

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .unsupportedNode(let path, let node, let operation, let reason):
      "\(path): node '\(node)' (\(operation)): \(reason)"
    case .noOutput(let path, let name, let available):
      "\(path): no output '\(name)'\(nearestName(to: name, in: available).map { "; nearest: '\($0)'" } ?? "")"
        + ". The model has \(available.isEmpty ? "none of numbers" : available.joined(separator: ", "))"
    case .unwritable(let reason): "the model has no place in ONNX: \(reason)"
    }
  }
}
