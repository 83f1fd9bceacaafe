import Tensors

/// A function of each element; softmax of each row.
public enum Activation: Hashable, Codable, Sendable {
  /// `λ x` above zero, `λ α (exp x − 1)` below, with the constants of Klambauer et al., arXiv:1706.02515.
  case selu
  case relu, sigmoid, tanh, identity
  /// `x · sigmoid(x)`: swish.
  case silu
  /// `exp xᵢ / Σ exp xⱼ` over the row: probabilities of classes.
  case softmax
  case leakyRelu(slope: Double)
  case elu(alpha: Double)

  public static let seluAlpha = 1.673_263_242_354_377_284_817_042_991_671_7
  public static let seluScale = 1.050_700_987_355_480_493_419_334_985_294_6

  @TorchActor
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    switch self {
    case .selu: try x.selu()
    case .relu: try x.relu()
    case .sigmoid: try x.sigmoid()
    case .tanh: try x.tanh()
    case .silu: try x.silu()
    case .identity: x
    case .softmax: try x.softmax(axis: x.shape.count - 1)
    case .leakyRelu(let slope): try x.leakyRelu(slope: slope)
    case .elu(let alpha): try x.elu(alpha: alpha)
    }
  }

  /// The same function in the fused step; nil for softmax, which mixes elements.
  public var fused: FusedActivation? {
    switch self {
    case .selu: .selu
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .silu: .silu
    case .identity: .identity
    case .softmax: nil
    case .leakyRelu(let slope): .leakyRelu(slope: slope)
    case .elu(let alpha): .elu(alpha: alpha)
    }
  }

  var typeName: String {
    switch self {
    case .selu: "SELU"
    case .relu: "ReLU"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    case .silu: "SiLU"
    case .identity: "Identity"
    case .softmax: "Softmax"
    case .leakyRelu: "LeakyReLU"
    case .elu: "ELU"
    }
  }
}

extension Activation {
  private static let byWord: [String: Activation] = [
    "selu": .selu, "relu": .relu, "sigmoid": .sigmoid, "tanh": .tanh, "swish": .silu, "silu": .silu,
    "linear": .identity, "identity": .identity, "softmax": .softmax, "elu": .elu(alpha: 1),
    "leaky_relu": .leakyRelu(slope: 0.01),
  ]

  /// What cards may write: a name, and `leaky_relu(SLOPE)` or `elu(ALPHA)`.
  public static var words: [String] { byWord.keys.sorted() + ["leaky_relu(SLOPE)", "elu(ALPHA)"] }

  /// From the word of a card: `selu`, `swish`, `leaky_relu(0.1)`.
  public init?(word: String) {
    if let known = Activation.byWord[word] {
      self = known
      return
    }
    guard word.hasSuffix(")"), let open = word.firstIndex(of: "("),
      let number = Double(word[word.index(after: open)...].dropLast()), number.isFinite
    else { return nil }
    switch word[..<open] {
    case "leaky_relu": self = .leakyRelu(slope: number)
    case "elu": self = .elu(alpha: number)
    default: return nil
    }
  }

  /// The word that cards use.
  public var word: String {
    switch self {
    case .selu: "selu"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .silu: "swish"
    case .identity: "linear"
    case .softmax: "softmax"
    case .leakyRelu(let slope): "leaky_relu(\(slope))"
    case .elu(let alpha): "elu(\(alpha))"
    }
  }
}
