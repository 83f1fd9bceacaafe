/// One layer of a chain, as a value.
public enum LayerDescription: Hashable, Codable, Sendable {
  case dense(units: Int, initializer: Initializer)
  /// A dense layer without bias: `y = x Wᵀ`. A chain of these and activations that are 0 at 0 cannot give a constant
  /// other than 0, which one-class training needs.
  case linear(units: Int, initializer: Initializer)
  /// ``BatchNorm``.
  case batchNorm(momentum: Double, epsilon: Double)
  case activation(Activation)
  case dropout(rate: Double)
  case alphaDropout(rate: Double)
  /// ``GaussianSample``: halves the width.
  case gaussianSample

  var typeName: String {
    switch self {
    case .dense: "Dense"
    case .linear: "Linear"
    case .batchNorm: "BatchNorm"
    case .activation(let activation): activation.typeName
    case .dropout: "Dropout"
    case .alphaDropout: "AlphaDropout"
    case .gaussianSample: "GaussianSample"
    }
  }
}

/// Puts layers into a chain.
@resultBuilder
public enum ChainBuilder {
  public static func buildExpression(_ layer: LayerDescription) -> [LayerDescription] { [layer] }
  public static func buildBlock(_ parts: [LayerDescription]...) -> [LayerDescription] { parts.flatMap { $0 } }
  public static func buildArray(_ parts: [[LayerDescription]]) -> [LayerDescription] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [LayerDescription]?) -> [LayerDescription] { part ?? [] }
  public static func buildEither(first: [LayerDescription]) -> [LayerDescription] { first }
  public static func buildEither(second: [LayerDescription]) -> [LayerDescription] { second }
}

/// A chain of layers as a value: what a checkpoint stores and a network is made from.
///
/// ```swift
/// NetworkArchitecture(inputs: 58) {
///   for _ in 0..<3 {
///     LayerDescription.dense(units: 352, initializer: .lecunNormal)
///     LayerDescription.activation(.selu)
///     LayerDescription.alphaDropout(rate: 0.1)
///   }
///   LayerDescription.dense(units: 1, initializer: .lecunNormal)
/// }
/// ```
public struct NetworkArchitecture: Hashable, Codable, Sendable {
  public var inputs: Int
  public var layers: [LayerDescription]

  public init(inputs: Int, @ChainBuilder layers: () -> [LayerDescription]) {
    self.inputs = inputs
    self.layers = layers()
  }

  public init(inputs: Int, layers: [LayerDescription]) {
    self.inputs = inputs
    self.layers = layers
  }

  /// How hidden units are dropped.
  public enum Dropping: Hashable, Sendable {
    case none
    case plain(rate: Double)
    case alpha(rate: Double)
  }

  /// Hidden layers of equal build and `outputs` numbers at the end, without activation (logits). Batch normalisation
  /// stands between a dense layer and its activation.
  public static func dense(
    inputs: Int, hidden: [Int], outputs: Int = 1, activation: Activation = .selu, dropping: Dropping = .none,
    initializer: Initializer = .lecunNormal, firstInitializer: Initializer? = nil,
    outputInitializer: Initializer? = nil, isNormalized: Bool = false, hasBias: Bool = true,
    droppedLayers: Int = .max
  ) -> NetworkArchitecture {
    func layer(_ units: Int, _ start: Initializer) -> LayerDescription {
      hasBias ? .dense(units: units, initializer: start) : .linear(units: units, initializer: start)
    }
    return NetworkArchitecture(inputs: inputs) {
      for (index, units) in hidden.enumerated() {
        layer(units, index == 0 ? firstInitializer ?? initializer : initializer)
        if isNormalized { LayerDescription.batchNorm(momentum: 0.1, epsilon: 1e-5) }
        LayerDescription.activation(activation)
        if hidden.count - index <= droppedLayers {
          if case .plain(let rate) = dropping { LayerDescription.dropout(rate: rate) }
          if case .alpha(let rate) = dropping { LayerDescription.alphaDropout(rate: rate) }
        }
      }
      layer(outputs, outputInitializer ?? initializer)
    }
  }

  /// - Throws: ``NetworkError/invalidLayer(index:reason:)``.
  public func validated() throws -> NetworkArchitecture {
    guard inputs > 0 else {
      throw NetworkError.invalidLayer(index: 0, reason: "needs at least one input, got \(inputs)")
    }
    for (index, (layer, before)) in zip(layers, [inputs] + widths).enumerated() {
      switch layer {
      case .gaussianSample where before % 2 != 0:
        throw NetworkError.invalidLayer(
          index: index, reason: "needs as many means as logarithms of variances, got \(before) numbers")
      case .dense(let units, _) where units < 1, .linear(let units, _) where units < 1:
        throw NetworkError.invalidLayer(index: index, reason: "needs at least one unit, got \(units)")
      case .dropout(let rate) where !(0..<1).contains(rate), .alphaDropout(let rate) where !(0..<1).contains(rate):
        throw NetworkError.invalidLayer(index: index, reason: "a dropout rate lies in [0, 1), got \(rate)")
      case .batchNorm(let momentum, let epsilon) where !(0...1).contains(momentum) || !(epsilon > 0):
        throw NetworkError.invalidLayer(
          index: index, reason: "needs a momentum in [0, 1] and ε > 0, got \(momentum) and \(epsilon)")
      default: continue
      }
    }
    return self
  }

  /// The width after each layer.
  public var widths: [Int] {
    var width = inputs
    return layers.map { layer in
      switch layer {
      case .dense(let units, _), .linear(let units, _): width = units
      case .gaussianSample: width /= 2
      default: break
      }
      return width
    }
  }

  /// The width of the last layer.
  public var outputs: Int { widths.last ?? inputs }

  /// Numbers that training changes, layer by layer.
  public var parameterCounts: [Int] {
    zip(layers, [inputs] + widths).map { layer, before in
      switch layer {
      case .dense(let units, _): units * (before + 1)
      case .linear(let units, _): units * before
      case .batchNorm: 2 * before
      default: 0
      }
    }
  }

  public var parameterCount: Int { parameterCounts.reduce(0, +) }

  /// The table of layers as Keras prints it: type, output shape, parameters.
  public func summary() -> String {
    let rows = zip(zip(layers, widths), parameterCounts).enumerated().map { index, row in
      ["\(row.0.0.typeName) (\(index))", "(None, \(row.0.1))", grouped(row.1)]
    }
    let head = ["Layer (type)", "Output Shape", "Param #"]
    let sizes = (0..<3).map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let cell = { (i: Int) in String(repeating: " ", count: sizes[i] - cells[i].count) }
      return " \(cells[0])\(cell(0))   \(cells[1])\(cell(1))   \(cell(2))\(cells[2])"
    }
    let width = sizes.reduce(0, +) + 8
    let rule = String(repeating: "─", count: width), heavy = String(repeating: "═", count: width)
    let total = " Total params: \(grouped(parameterCount))"
    return ([line(head), heavy] + rows.map(line) + [rule, total]).joined(separator: "\n")
  }

  private func grouped(_ number: Int) -> String {
    let digits = String(number)
    return String(
      digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
      })
  }
}
