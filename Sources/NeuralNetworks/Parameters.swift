import Records
import Tensors

/// What is wrong with a network's description or its parameters.
public enum NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  case missingParameter(name: String, known: [String])
  case shapeMismatch(name: String, expected: [Int], found: [Int])
  case unusedParameters(names: [String])
  case invalidLayer(index: Int, reason: String)
  case wrongInputWidth(expected: Int, found: [Int])
  case batchTooSmall(rows: Int)

  public var description: String {
    switch self {
    case .missingParameter(let name, let known):
      "no parameter '\(name)'\(nearestName(to: name, in: known).map { "; nearest: '\($0)'" } ?? "")"
        + "; there are \(known.isEmpty ? "none" : known.joined(separator: ", "))"
    case .shapeMismatch(let name, let expected, let found):
      "parameter '\(name)' has shape \(found), the network needs \(expected)"
    case .unusedParameters(let names):
      "the network has no place for the parameters \(names.joined(separator: ", "))"
    case .invalidLayer(let index, let reason):
      "layer \(index): \(reason)"
    case .wrongInputWidth(let expected, let found):
      "the network takes [batch, \(expected)], got shape \(found)"
    case .batchTooSmall(let rows):
      "batch normalisation needs at least two rows in a training batch, got \(rows)"
    }
  }
}

/// Values of a parameter outside LibTorch: shape and row-major elements.
public struct StoredParameter: Hashable, Sendable {
  public var shape: [Int]
  public var values: [Float]

  public init(shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "shape \(shape) with \(values.count) values")
    self.shape = shape
    self.values = values
  }
}

/// A parameter with PyTorch's name for it: `3.weight`.
@TorchActor
public struct NamedParameter: Sendable {
  public let name: String
  public let tensor: Tensor
  /// False for numbers that are stored with the network but follow no gradient (running means).
  public let isTrained: Bool
}

/// Where layers get their parameters from, by name: fresh from a seed or stored ones. The same code of a layer serves
/// both.
@TorchActor
public final class ParameterScope {
  public enum Source: Sendable {
    /// Each parameter is drawn from the seed's child of its full name.
    case initialized(SeedTree)
    case stored([String: StoredParameter])
  }

  private let source: Source
  private let prefix: String
  private let device: Device
  private let collected: Collected

  @TorchActor private final class Collected {
    var parameters: [NamedParameter] = []
  }

  public init(_ source: Source, device: Device = .cpu) {
    self.source = source
    self.device = device
    prefix = ""
    collected = Collected()
  }

  private init(parent: ParameterScope, name: String) {
    source = parent.source
    device = parent.device
    prefix = parent.prefix.isEmpty ? name : "\(parent.prefix).\(name)"
    collected = parent.collected
  }

  /// The scope of a part: its parameters are named `name.…`.
  public func child(_ name: String) -> ParameterScope { ParameterScope(parent: self, name: name) }

  /// The parameter of this name, which records gradients.
  public func parameter(_ name: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    let tensor = try collect(name, shape, initializer, isTrained: true)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  /// Numbers of this name that are stored with the network but follow no gradient.
  public func buffer(_ name: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    try collect(name, shape, initializer, isTrained: false)
  }

  private func collect(_ name: String, _ shape: [Int], _ initializer: Initializer, isTrained: Bool) throws -> Tensor {
    let full = prefix.isEmpty ? name : "\(prefix).\(name)"
    let tensor = try Tensor(values(full, shape, initializer), shape: shape, device: device)
    collected.parameters.append(NamedParameter(name: full, tensor: tensor, isTrained: isTrained))
    return tensor
  }

  private func values(_ name: String, _ shape: [Int], _ initializer: Initializer) throws -> [Float] {
    switch source {
    case .initialized(let seed):
      var random = seed.child(name).stream()
      return initializer.values(shape: shape, random: &random)
    case .stored(let parameters):
      guard let stored = parameters[name] else {
        throw NetworkError.missingParameter(name: name, known: parameters.keys.sorted())
      }
      guard stored.shape == shape else {
        throw NetworkError.shapeMismatch(name: name, expected: shape, found: stored.shape)
      }
      return stored.values
    }
  }

  /// All parameters asked for so far, in order.
  /// - Throws: ``NetworkError/unusedParameters(names:)`` where stored ones were left over.
  public func finish() throws -> [NamedParameter] {
    if case .stored(let parameters) = source {
      let left = Set(parameters.keys).subtracting(collected.parameters.map { $0.name })
      if !left.isEmpty { throw NetworkError.unusedParameters(names: left.sorted()) }
    }
    return collected.parameters
  }
}
