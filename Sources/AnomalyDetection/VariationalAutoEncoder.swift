import CoreNumerics
import Foundation
import Learning
import NeuralNetworks
import Records
import Tensors

/// An auto-encoder whose latent space is kept close to a standard normal distribution (Kingma and Welling, arXiv:1312.6114; with
/// β, Higgins et al., ICLR 2017).
///
/// The encoder gives means μ and logarithms of variances of a normal distribution, from which a point is drawn while training
/// (noise of a step from the seed's stream of its number) and whose mean is taken otherwise. The loss of an event is
/// `½‖x̂ − x‖² + β KL`, `KL = ½ Σ(μ² + σ² − ln σ² − 1)`, divided by the number of features: the negative evidence lower bound of
/// a decoder of width 1, without constants.
public struct VariationalAutoEncoder: DeepAnomalyDetector {
  public static let method = "variational-auto-encoder"

  public enum Score: String, Hashable, Codable, Sendable, CaseIterable {
    /// The mean over features of the squared differences at z = μ.
    case reconstruction
    /// The loss at z = μ.
    case evidence
  }

  public struct Configuration: DeepDetectorConfiguration {
    public var network = DeepNetworkConfiguration.autoEncoder
    /// *(number, 1, ≥ 0)*: weight of the divergence.
    public var beta = 1.0
    /// *(reconstruction or evidence, reconstruction)*.
    public var score = Score.reconstruction

    public init() {}

    public func validated() throws -> Self {
      _ = try network.validated()
      guard beta >= 0, beta.isFinite else {
        throw LearningError.invalidConfiguration(key: "beta", value: "\(beta)", allowed: "≥ 0")
      }
      return self
    }
  }

  public let configuration: Configuration
  public let network: TrainedNetwork
  public var geometry: NoGeometry { NoGeometry() }

  public init(configuration: Configuration, network: TrainedNetwork, geometry: NoGeometry) throws {
    guard network.architecture.outputs == network.featureNames.count else {
      throw LearningError.countMismatch(
        what: "outputs of a variational auto-encoder", expected: network.featureNames.count,
        found: network.architecture.outputs)
    }
    guard network.architecture.layers.contains(.gaussianSample) else {
      throw NetworkError.invalidLayer(index: 0, reason: "a variational auto-encoder has a layer of Gaussian samples")
    }
    self.configuration = configuration
    self.network = network
  }

  public static func fit(
    _ background: BackgroundSample, validation: BackgroundSample, configuration: Configuration, seed: SeedTree,
    placeholders: [Float?]?, state: URL?, name: String, progress: @escaping ProgressHandler,
    cancellation: CancellationToken
  ) async throws -> VariationalAutoEncoder {
    let configuration = try configuration.validated()
    let encoder = configuration.network.encoder(hasBias: true, outputs: 2 * configuration.network.latent)
    let chain =
      encoder + [.gaussianSample]
      + configuration.network.decoder(features: background.features.columnCount, hasBias: true)
    let (network, _) = try await train(
      chain, on: background, validation: validation, configuration: configuration.network, seed: seed,
      placeholders: placeholders, state: state, name: name, progress: progress, cancellation: cancellation
    ) { $0.objective = EvidenceObjective(encoderDepth: encoder.count, beta: configuration.beta) }
    return try VariationalAutoEncoder(configuration: configuration, network: network, geometry: NoGeometry())
  }

  public var summary: String {
    "variational auto-encoder: \(configuration.network.shape), β = \(configuration.beta), "
      + "\(network.history.epochs.count) epochs"
  }

  public var validationLoss: Double { network.history.bestValidationLoss }

  package var encoderDepth: Int { network.architecture.layers.firstIndex(of: .gaussianSample) ?? 0 }

  /// The number that ``Score`` names.
  public func scores(_ features: FeatureMatrix) async throws -> [Float] {
    let outputs = try await network.outputs(features)
    let errors = RowScores.meanSquares(
      outputs, try network.scaler.transform(features), width: features.columnCount)
    guard configuration.score == .evidence else { return errors.map { Float($0) } }
    let hidden = try await network.outputs(features, depth: encoderDepth)
    let divergences = EvidenceObjective.divergences(hidden, latent: configuration.network.latent)
    let factor = configuration.beta / Double(features.columnCount)
    return zip(errors, divergences).map { Float(0.5 * $0 + factor * $1) }
  }

  /// Row-major [rows, latent]: the means of events in the latent space.
  public func latent(_ features: FeatureMatrix) async throws -> [Float] {
    try await network.outputs(features, depth: encoderDepth + 1)
  }
}

/// The negative evidence lower bound over the number of features.
struct EvidenceObjective: TrainingObjective {
  let encoderDepth: Int
  let beta: Double

  var identity: String { "evidence \(encoderDepth) \(beta)" }
  var hiddenDepth: Int? { encoderDepth }

  func sum(_ batch: ObjectiveBatch, state: inout [Double]) throws -> Tensor {
    let width = Double(batch.outputs.shape[1])
    let errors = try (batch.outputs - batch.targets).squared().sum(axes: [1])
    guard let hidden = batch.hidden else { preconditionFailure("a variational loss without the encoder's output") }
    let (means, logVariances) = try GaussianSample.halves(hidden)
    let divergences = try (means.squared() + logVariances.exp() - logVariances - 1).sum(axes: [1])
    return try ((errors + divergences * beta) * batch.weights).sum() * (0.5 / width)
  }

  /// At z = μ: the same number for the same parameters.
  func value(_ sample: ObjectiveSample, state: [Double]) throws -> Double {
    let errors = RowScores.meanSquares(sample.outputs, sample.targets, width: sample.width)
    let divergences = Self.divergences(sample.hidden, latent: sample.hidden.count / max(sample.weights.count, 1) / 2)
    var sum = 0.0, total = 0.0
    for (row, weight) in sample.weights.enumerated() {
      sum += Double(weight) * (0.5 * errors[row] + beta * divergences[row] / Double(sample.width))
      total += Double(weight)
    }
    return sum / total
  }

  /// KL of each row of means and logarithms of variances.
  static func divergences(_ hidden: [Float], latent: Int) -> [Double] {
    let (low, high) = (GaussianSample.logVarianceRange.lowerBound, GaussianSample.logVarianceRange.upperBound)
    return stride(from: 0, to: hidden.count, by: 2 * latent).map { start in
      (0..<latent).reduce(0.0) { sum, index in
        let mean = Double(hidden[start + index])
        let logVariance = min(max(Double(hidden[start + latent + index]), low), high)
        return sum + 0.5 * (mean * mean + exp(logVariance) - logVariance - 1)
      }
    }
  }
}
