import Foundation
import Learning
import NeuralNetworks

/// A feed-forward network from an ONNX file of anybody's: a chain of dense layers, batch normalisations and activations,
/// with scaling before and after.
public struct ImportedNetwork: Hashable, Sendable {
  /// Scaler, layers and their parameters.
  public var network: ScaledNetwork
  /// The name that the file has for what comes out.
  public var outputName: String
  /// Names of the columns that come out, where the file tells.
  public var outputNames: [String]
  public var producer: String
  public var metadata: [String: String]

  public var featureNames: [String] { network.scaler.featureNames }
  public var outputCount: Int { network.architecture.outputs }

  /// - Parameters:
  ///   - output: the graph's output that is asked for; where not told its only one of numbers, or `probabilities`.
  ///   - featureNames: the columns in order; where not given, those noted in the file, or `f0`, `f1`, ….
  /// - Throws: `FileError`; ``ONNXError``, which names the node and the operator that is not read.
  public init(contentsOf url: URL, output: String? = nil, featureNames: [String]? = nil) throws {
    try self.init(
      ONNXModel(contentsOf: url), path: url.path, folder: url.deletingLastPathComponent(), output: output,
      featureNames: featureNames)
  }

  /// - Parameters:
  ///   - path: what errors call the model.
  ///   - folder: where files of external data lie.
  public init(
    _ model: ONNXModel, path: String, folder: URL? = nil, output: String? = nil, featureNames: [String]? = nil
  ) throws {
    let reader = try GraphReader(model, path: path, folder: folder)
    let name = try reader.output(named: output)
    let steps = try reader.steps(to: name)
    let noted = model.metadata["features"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    guard let width = reader.inputWidth ?? steps.lazy.compactMap(\.inputWidth).first ?? noted?.count else {
      throw ONNXError.unreadable(path: path, reason: "neither its input nor its constants tell the number of features")
    }
    if let featureNames, featureNames.count != width {
      throw ONNXError.unreadable(
        path: path, reason: "it takes \(width) features, \(featureNames.count) names were given")
    }
    var assembly = ChainAssembly(
      featureNames: featureNames ?? (noted?.count == width ? noted : nil) ?? (0..<width).map { "f\($0)" })
    for step in steps {
      do { try assembly.append(step) } catch let problem as TensorValues.Problem {
        throw ONNXError.unreadable(path: path, reason: problem.text)
      }
    }
    network = assembly.network
    outputName = name
    let classes = model.metadata["outputs"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    outputNames = classes?.count == network.architecture.outputs ? classes ?? [] : []
    producer = model.producer
    metadata = model.metadata
  }

  /// What comes out, row-major [rows, outputs].
  /// - Throws: `LearningError` for other columns or values that are not finite.
  public func outputs(_ features: FeatureMatrix) async throws -> [Float] { try await network.outputs(features) }
}

extension FeedForwardStep {
  /// How many columns it takes, where that is clear from it.
  var inputWidth: Int? {
    switch self {
    case .dense(let weight, _): weight.shape[1]
    case .batchNorm(let weight, _, _, _, _): weight.values.count
    case .subtract(let row), .add(let row), .multiply(let row), .divide(let row), .missing(let row):
      row.values.count > 1 ? row.values.count : nil
    case .activation, .complementAndSelf, .reshape: nil
    }
  }
}

/// Puts steps together: those before the first layer become the scaler, the rest layers.
private struct ChainAssembly {
  private var scaler: StandardScaler
  private var layers: [LayerDescription] = []
  private var parameters: [String: StoredParameter] = [:]
  private var width: Int
  private var isScaling = true

  init(featureNames: [String]) {
    width = featureNames.count
    scaler = StandardScaler(
      featureNames: featureNames, means: featureNames.map { _ in 0 }, widths: featureNames.map { _ in 1 },
      placeholders: featureNames.map { _ in nil })
  }

  var network: ScaledNetwork {
    ScaledNetwork(
      scaler: scaler, architecture: NetworkArchitecture(inputs: scaler.featureNames.count, layers: layers),
      parameters: parameters)
  }

  mutating func append(_ step: FeedForwardStep) throws {
    if isScaling, try scale(step) { return }
    if case .reshape = step {} else { isScaling = false }
    switch step {
    case .dense(let weight, let bias): try dense(weight, bias)
    case .batchNorm(let weight, let bias, let mean, let variance, let epsilon):
      guard variance.values.allSatisfy({ $0 >= 0 }), epsilon > 0 else {
        throw TensorValues.Problem(text: "a batch normalisation has a negative variance or an ε of \(epsilon)")
      }
      try batchNorm([weight, bias, mean, variance].map { try row($0) }, epsilon: epsilon)
    case .activation(let activation): layers.append(.activation(activation))
    case .add(let shift): try add(try row(shift))
    case .subtract(let shift): try add(try row(shift).map { -$0 })
    case .multiply(let factor): try affine(try row(factor), (0..<width).map { _ in 0 })
    case .divide(let factor): try affine(try row(factor).map { 1 / $0 }, (0..<width).map { _ in 0 })
    case .complementAndSelf:
      guard width == 1 else { throw TensorValues.Problem(text: "(1 − p, p) is made of \(width) values, not one") }
      try dense(TensorValues(shape: [2, 1], values: [-1, 1]), TensorValues(shape: [2], values: [1, 0]))
    case .reshape(let newWidth):
      guard newWidth == width else {
        throw TensorValues.Problem(
          text: "rows of \(width) values are reshaped to \(newWidth); only equal ones are read")
      }
    case .missing:
      throw TensorValues.Problem(
        text: "placeholders are replaced in the midst of the network; only before it this is read")
    }
  }

  /// A value for each column.
  private func row(_ values: TensorValues) throws -> [Double] {
    if values.values.count == width { return values.values }
    guard values.values.count == 1 else {
      throw TensorValues.Problem(text: "a constant has \(values.values.count) values where rows have \(width)")
    }
    return [Double](repeating: values.values[0], count: width)
  }

  /// Takes a step into the scaler, `x ↦ (x − mean)/width`; false where it is none.
  private mutating func scale(_ step: FeedForwardStep) throws -> Bool {
    let before = scaler
    switch step {
    case .subtract(let values):
      for (column, value) in try row(values).enumerated() { scaler.means[column] += value * scaler.widths[column] }
    case .add(let values):
      for (column, value) in try row(values).enumerated() { scaler.means[column] -= value * scaler.widths[column] }
    case .multiply(let values): for (column, value) in try row(values).enumerated() { scaler.widths[column] /= value }
    case .divide(let values): for (column, value) in try row(values).enumerated() { scaler.widths[column] *= value }
    case .missing(let values):
      scaler.placeholders = try row(values).map { $0.isNaN ? nil : Float($0) }
      // What follows would act on the zeros too.
      isScaling = false
    default: return false
    }
    // A factor of zero, say, has no place in a scaler.
    guard (scaler.means + scaler.widths).allSatisfy(\.isFinite), scaler.widths.allSatisfy({ $0 != 0 }) else {
      scaler = before
      return false
    }
    return true
  }

  private mutating func dense(_ weight: TensorValues, _ bias: TensorValues?) throws {
    guard weight.shape.count == 2, weight.shape[1] == width, weight.shape[0] > 0 else {
      throw TensorValues.Problem(text: "a weight of shape \(weight.shape) follows rows of \(width) values")
    }
    let name = "\(layers.count)"
    width = weight.shape[0]
    parameters["\(name).weight"] = StoredParameter(shape: weight.shape, values: weight.values.map(Float.init))
    if let bias { parameters["\(name).bias"] = StoredParameter(shape: [width], values: try row(bias).map(Float.init)) }
    layers.append(
      bias == nil ? .linear(units: width, initializer: .zeros) : .dense(units: width, initializer: .zeros))
  }

  private mutating func add(_ shift: [Double]) throws {
    // `MatMul` and `Add` are one layer.
    guard case .linear(let units, let initializer)? = layers.last else {
      return try affine(shift.map { _ in 1 }, shift)
    }
    let name = "\(layers.count - 1)"
    layers[layers.count - 1] = .dense(units: units, initializer: initializer)
    parameters["\(name).bias"] = StoredParameter(shape: [width], values: shift.map(Float.init))
  }

  /// `scale · x + shift` by column: a batch normalisation of mean 0 and variance 1.
  private mutating func affine(_ scale: [Double], _ shift: [Double]) throws {
    try batchNorm([scale, shift, shift.map { _ in 0 }, shift.map { _ in 1 }], epsilon: 1e-12)
  }

  private mutating func batchNorm(_ rows: [[Double]], epsilon: Double) throws {
    let name = "\(layers.count)"
    for (part, values) in zip(["weight", "bias", "running_mean", "running_var"], rows) {
      guard values.allSatisfy(\.isFinite) else { throw TensorValues.Problem(text: "a factor is not finite") }
      parameters["\(name).\(part)"] = StoredParameter(shape: [width], values: values.map(Float.init))
    }
    layers.append(.batchNorm(momentum: 0.1, epsilon: epsilon))
  }
}
