import Records
import Tensors

/// A chain of layers, made from its description. Parameters are named as in PyTorch's `nn.Sequential`: the place of
/// the layer, then `weight` or `bias`.
@TorchActor
public struct Sequential: Sendable {
  public let architecture: NetworkArchitecture
  public let layers: [any Layer]
  public let parameters: [NamedParameter]

  /// - Throws: ``NetworkError`` for an invalid description, or stored parameters that do not fit it.
  public init(_ architecture: NetworkArchitecture, _ source: ParameterScope.Source, device: Device = .cpu) throws {
    self.architecture = try architecture.validated()
    let scope = ParameterScope(source, device: device)
    var before = architecture.inputs
    layers = try architecture.layers.enumerated().map { index, description -> any Layer in
      let name = String(index)
      switch description {
      case .dense(let units, let initializer):
        defer { before = units }
        return try Dense(scope.child(name), inputs: before, units: units, initializer: initializer)
      case .linear(let units, let initializer):
        defer { before = units }
        return try Dense(scope.child(name), inputs: before, units: units, initializer: initializer, hasBias: false)
      case .batchNorm(let momentum, let epsilon):
        return try BatchNorm(scope.child(name), features: before, momentum: momentum, epsilon: epsilon)
      case .activation(let activation): return ActivationLayer(activation)
      case .dropout(let rate): return Dropout(rate: rate, name: name)
      case .alphaDropout(let rate): return AlphaDropout(rate: rate, name: name)
      case .gaussianSample:
        before /= 2
        return GaussianSample(name: name)
      }
    }
    parameters = try scope.finish()
  }

  /// - Input: [batch, inputs]; output: [batch, width of the last layer].
  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor {
    try output(of: layers.count, input, mode: mode)
  }

  /// What the first `count` layers make of the input: [batch, width of that layer], a latent space say.
  public func output(of count: Int, _ input: Tensor, mode: ForwardMode) throws -> Tensor {
    let shape = input.shape
    guard shape.count == 2, shape[1] == architecture.inputs else {
      throw NetworkError.wrongInputWidth(expected: architecture.inputs, found: shape)
    }
    return try layers.prefix(count).reduce(input) { x, layer in try layer(x, mode: mode) }
  }

  /// The network's output and, of the same pass, what its first `count` layers made of the input.
  public func outputs(hidden count: Int, _ input: Tensor, mode: ForwardMode) throws -> (last: Tensor, hidden: Tensor) {
    let hidden = try output(of: count, input, mode: mode)
    return (try layers.dropFirst(count).reduce(hidden) { x, layer in try layer(x, mode: mode) }, hidden)
  }

  /// Copies of all parameters by name.
  public func stored() throws -> [String: StoredParameter] {
    try Dictionary(
      uniqueKeysWithValues: parameters.map {
        ($0.name, StoredParameter(shape: $0.tensor.shape, values: try $0.tensor.floats()))
      })
  }

  /// Overwrites all parameters.
  public func assign(_ values: [String: StoredParameter]) throws {
    for parameter in parameters {
      guard let stored = values[parameter.name] else {
        throw NetworkError.missingParameter(name: parameter.name, known: values.keys.sorted())
      }
      guard stored.shape == parameter.tensor.shape else {
        throw NetworkError.shapeMismatch(
          name: parameter.name, expected: parameter.tensor.shape, found: stored.shape)
      }
      try parameter.tensor.assign(Tensor(stored.values, shape: stored.shape))
    }
  }
}
