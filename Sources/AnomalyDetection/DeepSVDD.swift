import CoreNumerics
import Foundation
import Learning
import NeuralNetworks
import Records
import Tensors

/// Deep support vector data description: a network that pulls background events towards a point c of a latent space; what it has
/// not seen ends farther away (L. Ruff et al., "Deep One-Class Classification", ICML 2018).
///
/// No layer has a bias, activations are unbounded and there is none at the end, so that the network cannot give c whatever the
/// event. c is the background's mean after a first pass of the untrained (or pre-trained) network, its small components moved
/// away from zero: |c_j| < 0.1 becomes ±0.1 with the sign it had, and +0.1 where it is exactly 0, which weights without bias
/// could reach for every event.
public struct DeepSVDD: DeepAnomalyDetector {
  public static let method = "deep-svdd"

  /// What is made small; d² = ‖φ(x) − c‖², means are weighted.
  public enum Objective: Hashable, Codable, Sendable {
    /// The mean of d².
    case oneClass
    /// `R² + mean(max(0, d² − R²))/ν`, 0 < ν ≤ 1 being the part of the background that may lie outside. R is 0 for
    /// `warmUpEpochs` epochs, then the (1 − ν) quantile of the last batch's distances.
    case softBoundary(nu: Double = 0.1, warmUpEpochs: Int = 10)
  }

  public struct Configuration: DeepDetectorConfiguration {
    public var network = DeepNetworkConfiguration.deepSVDD
    /// *(objective, one-class)*.
    public var objective = Objective.oneClass
    /// *(descent, none)*: the encoder starts from that of an auto-encoder trained with this; its layers, units, latent
    /// dimension and slope are those of `network`.
    public var pretraining: DeepNetworkConfiguration?
    /// *(number, 0, ≥ 0)*: as the auto-encoder's, with the distance d.
    public var decorrelation = 0.0

    public init() {}

    public func validated() throws -> Self {
      _ = try network.validated()
      _ = try pretraining?.validated()
      try checkDecorrelation(decorrelation)
      if case .softBoundary(let nu, let epochs) = objective {
        guard nu > 0, nu <= 1 else {
          throw LearningError.invalidConfiguration(key: "nu", value: "\(nu)", allowed: "(0, 1]")
        }
        guard epochs >= 0 else {
          throw LearningError.invalidConfiguration(key: "warm_up_epochs", value: "\(epochs)", allowed: "≥ 0")
        }
      }
      return self
    }
  }

  /// The sphere in latent space.
  public struct Geometry: Hashable, Codable, Sendable {
    public var centre: [Float]
    /// 0 for one class.
    public var radius: Double

    public init(centre: [Float], radius: Double) {
      self.centre = centre
      self.radius = radius
    }
  }

  public let configuration: Configuration
  public let network: TrainedNetwork
  public let geometry: Geometry

  public init(configuration: Configuration, network: TrainedNetwork, geometry: Geometry) throws {
    guard network.architecture.outputs == geometry.centre.count else {
      throw LearningError.countMismatch(
        what: "the centre of Deep SVDD", expected: network.architecture.outputs, found: geometry.centre.count)
    }
    self.configuration = configuration
    self.network = network
    self.geometry = geometry
  }

  public static func fit(
    _ background: BackgroundSample, validation: BackgroundSample, configuration: Configuration, seed: SeedTree,
    placeholders: [Float?]?, state: URL?, name: String, progress: @escaping ProgressHandler,
    cancellation: CancellationToken
  ) async throws -> DeepSVDD {
    let configuration = try configuration.validated()
    let layers = configuration.network.encoder(hasBias: false)
    let architecture = NetworkArchitecture(inputs: background.features.columnCount, layers: layers)
    let start: [String: StoredParameter]
    if let descent = configuration.pretraining {
      start = try await pretrained(
        background, validation: validation, configuration, descent, seed: seed.child("pretraining"),
        placeholders: placeholders, state: state?.appendingPathComponent("pretraining"), name: "\(name), pre-training",
        progress: progress, cancellation: cancellation)
    } else {
      start = try await TorchActor.run {
        try Sequential(architecture, .initialized(seed.child("parameters"))).stored()
      }
    }
    let centre = try await centre(background, architecture, start, placeholders)
    let objective = SphereObjective(
      centre: centre, objective: configuration.objective, decorrelation: configuration.decorrelation)
    if objective.decorrelation > 0, background.protected == nil || validation.protected == nil {
      throw LearningError.invalidConfiguration(
        key: "decorrelation", value: "\(objective.decorrelation)",
        allowed: "0 without a protected variable in both samples")
    }
    var (network, numbers) = try await train(
      layers, on: background, validation: validation, configuration: configuration.network, seed: seed,
      placeholders: placeholders, state: state, name: name, progress: progress, cancellation: cancellation
    ) { trainer in
      trainer.objective = objective
      trainer.initialParameters = start
    }
    let names = (1...centre.count).map { "z\($0)" }
    network.task = .values(names: names, means: names.map { _ in 0 }, widths: names.map { _ in 1 })
    return try DeepSVDD(
      configuration: configuration, network: network, geometry: Geometry(centre: centre, radius: numbers.first ?? 0))
  }

  /// The encoder of an auto-encoder without biases.
  private static func pretrained(
    _ background: BackgroundSample, validation: BackgroundSample, _ configuration: Configuration,
    _ descent: DeepNetworkConfiguration, seed: SeedTree, placeholders: [Float?]?, state: URL?, name: String,
    progress: @escaping ProgressHandler, cancellation: CancellationToken
  ) async throws -> [String: StoredParameter] {
    let encoder = configuration.network.encoder(hasBias: false)
    let (network, _) = try await train(
      encoder + configuration.network.decoder(features: background.features.columnCount, hasBias: false),
      on: background, validation: validation, configuration: descent, seed: seed, placeholders: placeholders,
      state: state, name: name, progress: progress, cancellation: cancellation)
    // Parameters are named by the place of their layer, and the encoder comes first.
    return network.parameters.filter { name, _ in
      name.split(separator: ".").first.flatMap { Int($0) }.map { $0 < encoder.count } ?? false
    }
  }

  /// The background's mean in the latent space of a network, away from zero.
  private static func centre(
    _ background: BackgroundSample, _ architecture: NetworkArchitecture, _ parameters: [String: StoredParameter],
    _ placeholders: [Float?]?
  ) async throws -> [Float] {
    let network = TrainedNetwork(
      scaler: try StandardScaler(
        fitting: background.features, weights: background.weights, placeholders: placeholders),
      task: .features, loss: .meanSquaredError, architecture: architecture, parameters: parameters,
      configuration: TrainingConfiguration(), history: TrainingHistory(), inputs: [:])
    let outputs = try await network.outputs(background.features)
    let width = architecture.outputs
    var sums = [Double](repeating: 0, count: width), total = 0.0
    for (row, weight) in background.weights.enumerated() {
      total += Double(weight)
      for column in 0..<width { sums[column] += Double(weight) * Double(outputs[row * width + column]) }
    }
    return sums.map { sum in
      let mean = Float(sum / total)
      return abs(mean) >= smallestComponent ? mean : mean < 0 ? -smallestComponent : smallestComponent
    }
  }

  /// The least magnitude of the centre's components.
  static let smallestComponent: Float = 0.1

  public var summary: String {
    let kind =
      switch configuration.objective {
      case .oneClass: "one class"
      case .softBoundary(let nu, _): "soft boundary of \(nu)"
      }
    return "Deep SVDD: \(configuration.network.shape), \(kind), \(network.history.epochs.count) epochs"
  }

  /// The validation sample's loss over ‖c‖², which is what a network gets that gives 0 for every event.
  public var validationLoss: Double {
    network.history.bestValidationLoss / geometry.centre.reduce(0) { $0 + Double($1) * Double($1) }
  }

  /// d² − R²: the squared distance from the centre, less the sphere's squared radius.
  public func scores(_ features: FeatureMatrix) async throws -> [Float] {
    let outputs = try await network.outputs(features)
    let offset = geometry.radius * geometry.radius
    return SphereObjective.squaredDistances(outputs, geometry.centre).map { Float($0 - offset) }
  }
}

/// The loss of Deep SVDD; its one number is the radius.
struct SphereObjective: TrainingObjective {
  let centre: [Float]
  let objective: DeepSVDD.Objective
  let decorrelation: Double

  var identity: String { "sphere \(centre) \(objective) \(decorrelation)" }
  var initialState: [Double] { [0] }
  var warmUpEpochs: Int {
    if case .softBoundary(_, let epochs) = objective { epochs } else { 0 }
  }

  func sum(_ batch: ObjectiveBatch, state: inout [Double]) throws -> Tensor {
    let centre = try Tensor(centre, shape: [1, centre.count], device: batch.outputs.device).converted(
      to: batch.outputs.elementType)
    let squares = try (batch.outputs - centre).squared().sum(axes: [1])
    let rows = Double(batch.rows)
    let sum: Tensor
    switch objective {
    case .oneClass: sum = try (squares * batch.weights).sum()
    case .softBoundary(let nu, let warmUpEpochs):
      let square = state[0] * state[0]
      sum = try ((squares - square).relu() * batch.weights).sum() * (1 / nu) + square * rows
      if batch.epoch > warmUpEpochs {
        state[0] = Self.radius(try squares.detached().doubles(), try batch.weights.doubles(), nu: nu)
      }
    }
    guard decorrelation > 0, let protected = batch.protected else { return sum }
    let distances = try (squares + 1e-12).squareRoot()
    let correlation = try distances.squaredDistanceCorrelation(with: protected, weights: batch.weights)
    return try sum + correlation * (decorrelation * rows)
  }

  func value(_ sample: ObjectiveSample, state: [Double]) throws -> Double {
    let squares = Self.squaredDistances(sample.outputs, centre)
    let weights = sample.weights.map(Double.init)
    let total = weights.reduce(0, +)
    func mean(_ values: some Sequence<Double>) -> Double { zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / total }
    let value: Double
    switch objective {
    case .oneClass: value = mean(squares)
    case .softBoundary(let nu, _):
      let square = state[0] * state[0]
      value = square + mean(squares.lazy.map { max(0, $0 - square) }) / nu
    }
    guard decorrelation > 0, let protected = sample.protected else { return value }
    return value
      + decorrelation
      * DistanceCorrelation.squared(squares.map { $0.squareRoot() }, protected.map(Double.init), weights: weights)
  }

  /// The distance that the part ν of a batch is beyond.
  static func radius(_ squares: [Double], _ weights: [Double], nu: Double) -> Double {
    weightedQuantiles(of: squares.map { $0.squareRoot() }, weights: weights, at: [1 - nu])?.first ?? 0
  }

  /// ‖φ − c‖² of each row.
  static func squaredDistances(_ outputs: [Float], _ centre: [Float]) -> [Double] {
    stride(from: 0, to: outputs.count, by: centre.count).map { start in
      centre.indices.reduce(0.0) { sum, column in
        let difference = Double(outputs[start + column]) - Double(centre[column])
        return sum + difference * difference
      }
    }
  }
}
