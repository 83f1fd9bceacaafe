import ByteIO
import Foundation
import Learning
import NeuralNetworks
import Records

/// One classifier for a family of signals: a network of the features x and of the parameters θ that the signal depends on, after
/// P. Baldi, K. Cranmer, T. Faucett, P. Sadowski and D. Whiteson, Eur. Phys. J. C 76 (2016) 235, arXiv:1601.07913.
///
/// With θ held fixed it is a classifier of x alone, ``conditioned(at:)``, for the signal of that θ; between the points that it was
/// trained on it interpolates.
///
/// On disk: the files of `TrainedClassifier`, and `parameters.json`.
public struct ParametrizedNetwork: Hashable, Sendable {
  public static let schemaVersion = 1

  /// Of the features and, as its last columns, the parameters.
  public let joint: TrainedClassifier
  /// Of the signal that it was trained on.
  public let distribution: ParameterDistribution

  public var parameterNames: [String] { distribution.names }
  public var featureNames: [String] { Array(joint.featureNames.dropLast(distribution.names.count)) }

  /// - Throws: `LearningError` unless the network's last columns are the distribution's.
  public init(joint: TrainedClassifier, distribution: ParameterDistribution) throws {
    let last = Array(joint.featureNames.suffix(distribution.names.count))
    guard last == distribution.names, last.count < joint.featureNames.count else {
      throw LearningError.wrongColumnCount(expected: distribution.names, found: last)
    }
    self.joint = joint
    self.distribution = distribution
  }

  /// The classifier of the features at a point θ, inside the training's range or beyond: the first layer's share of θ is a constant,
  /// which is added to its bias. So it costs what a network without θ costs, and is stored, exported and used as any other.
  ///
  /// With scaled inputs (x̂, θ̂) the first layer is W_x x̂ + W_θ θ̂ + b; here it is W_x x̂ + b′ with b′ = b + W_θ θ̂, summed in double.
  /// - Throws: `LearningError` for a point of another length or that is not finite.
  public func conditioned(at point: [Float]) throws -> TrainedClassifier {
    let count = featureNames.count, scaled = try scaled(point)
    var network = joint
    guard case .dense(let units, _)? = joint.architecture.layers.first, let weight = joint.parameters["0.weight"],
      let bias = joint.parameters["0.bias"]
    else { preconditionFailure("a trained parametrised network begins with a dense layer with a bias") }
    let width = joint.architecture.inputs
    var weights: [Float] = [], biases = bias.values
    weights.reserveCapacity(units * count)
    for unit in 0..<units {
      let row = weight.values[unit * width..<(unit + 1) * width]
      weights += row.prefix(count)
      biases[unit] = Float(zip(row.dropFirst(count), scaled).reduce(Double(biases[unit])) { $0 + Double($1.0) * $1.1 })
    }
    network.parameters["0.weight"] = StoredParameter(shape: [units, count], values: weights)
    network.parameters["0.bias"] = StoredParameter(shape: [units], values: biases)
    network.architecture.inputs = count
    network.scaler = StandardScaler(
      featureNames: featureNames, means: Array(joint.scaler.means.prefix(count)),
      widths: Array(joint.scaler.widths.prefix(count)), placeholders: Array(joint.scaler.placeholders.prefix(count)))
    return network
  }

  private func scaled(_ point: [Float]) throws -> [Double] {
    guard point.count == parameterNames.count else {
      throw LearningError.countMismatch(
        what: "a point of \(parameterNames.joined(separator: ", "))", expected: parameterNames.count, found: point.count
      )
    }
    return try point.indices.map { index in
      guard point[index].isFinite else {
        throw LearningError.notFinite(
          value: "\(point[index])", column: "the parameter '\(parameterNames[index])'", row: 0)
      }
      let column = featureNames.count + index
      return (Double(point[index]) - joint.scaler.means[column]) / joint.scaler.widths[column]
    }
  }

  /// One score a row, all at one point.
  public func scores(_ features: FeatureMatrix, at point: [Float]) async throws -> [Float] {
    try await conditioned(at: point).scores(features)
  }

  /// One score a row at each of some points: `[points][rows]`.
  public func scores(_ features: FeatureMatrix, at points: [[Float]]) async throws -> [[Float]] {
    var scores: [[Float]] = []
    for point in points { scores.append(try await self.scores(features, at: point)) }
    return scores
  }

  /// One score a row, each at its own point.
  public func scores(_ features: FeatureMatrix, parameters: FeatureMatrix) async throws -> [Float] {
    try features.checkColumns(featureNames)
    try parameters.checkColumns(parameterNames)
    return try await joint.scores(features.joined(parameters))
  }

  // MARK: On disk

  private struct Description: Codable {
    var schema: Int
    var distribution: ParameterDistribution
  }

  /// - Throws: `FileError`.
  public func save(to folder: URL) throws {
    let description = Description(schema: Self.schemaVersion, distribution: distribution)
    try AtomicFile.write(
      try JSONEncoder.canonical.encode(description), to: folder.appendingPathComponent("parameters.json"))
    try joint.save(to: folder)
  }

  /// Reads what ``save(to:)`` wrote.
  /// - Throws: `FileError`; `LearningError.unreadableCheckpoint` for damaged, foreign or newer files.
  public init(contentsOf folder: URL) throws {
    let url = folder.appendingPathComponent("parameters.json")
    guard let description = try? JSONDecoder().decode(Description.self, from: Data(readingFrom: url)) else {
      throw LearningError.unreadableCheckpoint(
        path: url.path, reason: "it is no description of a parametrised network's parameters")
    }
    guard description.schema == Self.schemaVersion else {
      throw LearningError.unreadableCheckpoint(
        path: url.path, reason: "its schema is \(description.schema); this program reads \(Self.schemaVersion)")
    }
    try self.init(joint: TrainedClassifier(contentsOf: folder), distribution: description.distribution)
  }
}
