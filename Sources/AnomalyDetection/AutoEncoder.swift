import Foundation
import Learning
import NeuralNetworks
import Records

/// A network that reproduces background events through a space of few dimensions: what it has not seen comes out worse.
///
/// `layers` dense layers with LeakyReLU, a latent layer without activation, and the same mirrored; the loss is the weighted mean
/// of `‖x̂ − x‖²/n` over scaled features x, n of them.
public struct AutoEncoder: DeepAnomalyDetector {
  public static let method = "auto-encoder"

  public struct Configuration: DeepDetectorConfiguration {
    public var network = DeepNetworkConfiguration.autoEncoder
    /// *(number, 0, ≥ 0)*: factor of the squared distance correlation of the root of the score and the background's protected
    /// variable, which joins the loss (Kasieczka and Shih, arXiv:2001.05310).
    public var decorrelation = 0.0

    public init() {}

    public func validated() throws -> Self {
      _ = try network.validated()
      try checkDecorrelation(decorrelation)
      return self
    }
  }

  public let configuration: Configuration
  public let network: TrainedNetwork
  public var geometry: NoGeometry { NoGeometry() }

  public init(configuration: Configuration, network: TrainedNetwork, geometry: NoGeometry) throws {
    guard network.architecture.outputs == network.featureNames.count else {
      throw LearningError.countMismatch(
        what: "outputs of an auto-encoder", expected: network.featureNames.count, found: network.architecture.outputs)
    }
    self.configuration = configuration
    self.network = network
  }

  public static func fit(
    _ background: BackgroundSample, validation: BackgroundSample, configuration: Configuration, seed: SeedTree,
    placeholders: [Float?]?, state: URL?, name: String, progress: @escaping ProgressHandler,
    cancellation: CancellationToken
  ) async throws -> AutoEncoder {
    let configuration = try configuration.validated()
    let chain =
      configuration.network.encoder(hasBias: true)
      + configuration.network.decoder(features: background.features.columnCount, hasBias: true)
    let (network, _) = try await train(
      chain, on: background, validation: validation, configuration: configuration.network, seed: seed,
      placeholders: placeholders, state: state, name: name, progress: progress, cancellation: cancellation
    ) { $0.decorrelation = configuration.decorrelation }
    return try AutoEncoder(configuration: configuration, network: network, geometry: NoGeometry())
  }

  public var summary: String {
    "auto-encoder: \(configuration.network.shape), \(network.history.epochs.count) epochs"
  }

  /// The validation sample's loss in the best epoch: 1 is as good as the mean of every feature.
  public var validationLoss: Double { network.history.bestValidationLoss }

  /// The mean over features of the squared differences between scaled features and their reproduction.
  public func scores(_ features: FeatureMatrix) async throws -> [Float] {
    let outputs = try await network.outputs(features)
    return RowScores.meanSquares(outputs, try network.scaler.transform(features), width: features.columnCount)
      .map { Float($0) }
  }

  /// Row-major [rows, latent]: where events lie in the latent space.
  public func latent(_ features: FeatureMatrix) async throws -> [Float] {
    try await network.outputs(features, depth: network.architecture.layers.count / 2)
  }
}

extension DeepNetworkConfiguration {
  /// Of the encoder, for reports.
  var shape: String { "\(layers) × \(units) units, \(latent) latent dimensions" }
}

/// - Throws: `LearningError.invalidConfiguration`.
func checkDecorrelation(_ strength: Double) throws {
  guard strength >= 0, strength.isFinite else {
    throw LearningError.invalidConfiguration(key: "decorrelation", value: "\(strength)", allowed: "≥ 0")
  }
}
