import CoreNumerics
import Foundation
import HyperparameterSearch
import Learning
import NeuralNetworks
import Records
import Synchronization
import TestSupport
import Tensors
import Testing

@testable import AnomalyDetection

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DeepDetectorTests {
  private let seed = SeedTree(root: 11)

  @Test func presetsAreThePapers() throws {
    let (encoder, sphere) = (DeepNetworkConfiguration.autoEncoder, DeepNetworkConfiguration.deepSVDD)
    #expect(encoder.layers == 3 && encoder.units == 93 && encoder.latent == 16 && encoder.clipNorm == 100)
    #expect(encoder.initialLearningRate == 4.487459e-7 && encoder.maximumLearningRate == 0.063960)
    #expect(encoder.gamma == 0.992 && encoder.weightDecay == 0)
    #expect(sphere.layers == 1 && sphere.units == 128 && sphere.latent == 16 && sphere.clipNorm == nil)
    #expect(sphere.initialLearningRate == 1e-6 && sphere.maximumLearningRate == 0.02)
    #expect(sphere.gamma == 0.995 && sphere.weightDecay == 1e-8)
    #expect(DeepSVDD.Configuration().network == sphere && AutoEncoder.Configuration().network == encoder)
  }

  @Test func decodersMirrorEncoders() throws {
    let network = DeepNetworkConfiguration.autoEncoder
    let chain = NetworkArchitecture(
      inputs: 58, layers: network.encoder(hasBias: true) + network.decoder(features: 58, hasBias: true))
    let dense = zip(chain.layers, chain.widths).compactMap { layer, width in
      if case .dense = layer { width } else { nil }
    }
    #expect(dense == [93, 93, 93, 16, 93, 93, 93, 58])
    #expect(chain.widths[chain.layers.count / 2 - 1] == 16)
  }

  @Test func deepSVDDHasNoBiasAndACentreAwayFromZero() async throws {
    var configuration = DeepSVDD.Configuration.small(epochs: 1)
    let detector = try await DeepSVDD.fit(
      DeepSample.background(500), validation: DeepSample.validation(), configuration: configuration, seed: seed)
    #expect(detector.network.parameters.keys.allSatisfy { $0.hasSuffix("weight") })
    #expect(detector.geometry.centre.allSatisfy { abs($0) >= 0.1 })
    // What is 0 for the scaler is 0 for the network: a mean event.
    let mean = try FeatureMatrix(
      names: detector.featureNames, values: detector.network.scaler.means.map { Float($0) })
    #expect(try await detector.network.outputs(mean).allSatisfy { abs($0) < 1e-5 })
    // Components that are exactly 0 are not left there.
    configuration.network.initializer = .zeros
    let zero = try await DeepSVDD.fit(
      DeepSample.background(500), validation: DeepSample.validation(), configuration: configuration, seed: seed)
    #expect(zero.geometry.centre.allSatisfy { $0 == 0.1 })
  }

  @Test func theSoftBoundaryLeavesNuOutside() async throws {
    let background = try DeepSample.background()
    let detector = try await DeepSVDD.fit(
      background, validation: DeepSample.validation(), configuration: .small(.softBoundary(nu: 0.2)), seed: seed)
    #expect(detector.geometry.radius > 0)
    let outside = try await detector.scores(background.features).filter { $0 > 0 }.count
    // The radius is of one batch of 200: five binomial errors, and what a step moves.
    let part = Double(outside) / 4000, error = (0.16 / 200).squareRoot()
    #expect(abs(part - 0.2) < 5 * error + 0.02)
  }

  @Test func pretrainingStartsFromAnEncoder() async throws {
    var configuration = DeepSVDD.Configuration.small(epochs: 2)
    configuration.pretraining = .small(layers: 1, latent: 8, epochs: 5)
    let plain = try await DeepSVDD.fit(
      DeepSample.background(1000), validation: DeepSample.validation(), configuration: .small(epochs: 2), seed: seed)
    let detector = try await DeepSVDD.fit(
      DeepSample.background(1000), validation: DeepSample.validation(), configuration: configuration, seed: seed)
    #expect(detector.geometry != plain.geometry)
    #expect(detector.network.architecture == plain.network.architecture)
    #expect(try await DeepSample.auc(detector) > 0.6)
  }

  /// Stopped in the third epoch and taken up again: the same bytes as in one go.
  private func checkResume<Detector: DeepAnomalyDetector>(
    _ kind: Detector.Type, _ configuration: Detector.Configuration
  ) async throws {
    let (background, validation) = (try DeepSample.background(800), try DeepSample.validation())
    let whole = try await Detector.fit(background, validation: validation, configuration: configuration, seed: seed)
    try await withTemporaryFolder { folder in
      let token = CancellationToken()
      await #expect(throws: RecordError.cancelled) {
        _ = try await Detector.fit(
          background, validation: validation, configuration: configuration, seed: seed, state: folder,
          progress: { if $0.completed == 3 { token.cancel() } }, cancellation: token)
      }
      let epochs = Mutex<[Int]>([])
      let resumed = try await Detector.fit(
        background, validation: validation, configuration: configuration, seed: seed, state: folder,
        progress: { update in epochs.withLock { $0.append(update.completed) } })
      #expect(resumed == whole)
      #expect(epochs.withLock { $0.first } == 4, "the training began anew")
    }
  }

  @Test func stoppedFitsEndWithTheSameBytes() async throws {
    try await checkResume(AutoEncoder.self, .small(epochs: 6))
    try await checkResume(DeepSVDD.self, .small(.softBoundary(nu: 0.1, warmUpEpochs: 1), epochs: 6))
    try await checkResume(VariationalAutoEncoder.self, .small(epochs: 6))
  }

  @Test func fusedAndPlainStepsAgree() async throws {
    func scores<Detector: DeepAnomalyDetector>(
      _ kind: Detector.Type, _ configuration: Detector.Configuration, fused: Bool
    ) async throws -> [Float] {
      var configuration = configuration
      configuration.network.fused = fused
      return try await Detector.fit(
        DeepSample.background(600), validation: DeepSample.validation(), configuration: configuration, seed: seed
      ).scores(DeepSample.rows(100, seed: 5))
    }
    func check<Detector: DeepAnomalyDetector>(_ kind: Detector.Type, _ configuration: Detector.Configuration)
      async throws
    {
      let one = try await scores(kind, configuration, fused: true)
      for (a, b) in zip(one, try await scores(kind, configuration, fused: false)) {
        // Roundings of 6 steps of Adam.
        #expect(abs(a - b) < 2e-3 * max(1, abs(a)))
      }
    }
    try await check(AutoEncoder.self, .small(epochs: 2))
    try await check(DeepSVDD.self, .small(.softBoundary(nu: 0.1, warmUpEpochs: 1), epochs: 2))
  }

  @Test func placeholdersAreNotReconstructedAsValues() async throws {
    // A column that is absent in half of the events: its scale is that of the values present.
    var features = try DeepSample.rows(800, seed: 1)
    for row in stride(from: 0, to: 800, by: 2) { features[row, 3] = -99 }
    let placeholders: [Float?] = (0..<DeepSample.columns).map { $0 == 3 ? -99 : nil }
    let detector = try await AutoEncoder.fit(
      BackgroundSample(features: features), validation: DeepSample.validation(), configuration: .small(epochs: 2),
      seed: seed, placeholders: placeholders)
    #expect(detector.network.scaler.widths[3] < 3 && abs(detector.network.scaler.means[3]) < 2)
  }

  /// A penalty on the correlation with a mass: the correlation falls, the reconstruction is little worse.
  @Test func decorrelatedScoresFollowTheMassLess() async throws {
    func sample(_ rows: Int, _ seed: UInt64) throws -> BackgroundSample {
      // The spread of the reconstruction grows with the first latent variable, and so does the mass.
      let features = try DeepSample.rows(rows, seed: seed)
      let mass = (0..<rows).map { row in abs(features[row, 0]) + abs(features[row, 1]) }
      return try BackgroundSample(features: features, protected: mass)
    }
    let (background, validation, test) = (try sample(3000, 1), try sample(1000, 2), try sample(1500, 3))
    func outcome(_ strength: Double) async throws -> (correlation: Double, error: Double) {
      var configuration = AutoEncoder.Configuration.small(epochs: 30)
      configuration.decorrelation = strength
      let detector = try await AutoEncoder.fit(
        background, validation: validation, configuration: configuration, seed: seed)
      let scores = try await detector.scores(test.features).map(Double.init)
      let correlation = DistanceCorrelation.squared(
        scores.map { $0.squareRoot() }, (test.protected ?? []).map(Double.init))
      return (correlation, scores.reduce(0, +) / Double(scores.count))
    }
    let (plain, decorrelated) = (try await outcome(0), try await outcome(0.5))
    #expect(plain.correlation > 0.03, "there is nothing to take away: \(plain)")
    #expect(decorrelated.correlation < 0.5 * plain.correlation, "\(plain), \(decorrelated)")
    #expect(decorrelated.error < 1.5 * plain.error, "\(plain), \(decorrelated)")
  }

  private final class MemoryStore: TrialStoring {
    private let kept = Mutex<[Int: Trial]>([:])
    func trials() -> [Trial] { kept.withLock { $0.values.sorted { $0.number < $1.number } } }
    func save(_ trial: Trial) { kept.withLock { $0[trial.number] = trial } }
  }

  @Test func smallTuningsWork() async throws {
    let space = try DeepNetworkConfiguration.searchSpace()
    #expect(space.parameters.map(\.name).count == 7)
    var random = seed.stream()
    for _ in 0..<50 { _ = try DeepNetworkConfiguration().applying(space.randomPoint(&random)) }
    #expect(throws: LearningError.self) { try DeepNetworkConfiguration().applying(["unitss": .integer(3)]) }
    #expect(throws: LearningError.self) { try DeepNetworkConfiguration().applying(["units": .real(3)]) }

    var base = AutoEncoder.Configuration()
    (base.network.epochs, base.network.latent, base.network.batchSize) = (3, 3, 100)
    base.network.gammaPeriod = .cycle
    let (background, validation) = (try DeepSample.background(600), try DeepSample.validation())
    let (best, trials) = try await AutoEncoder.tune(
      background, validation: validation, base: base, trials: 8, seed: seed, store: MemoryStore(),
      strategy: BayesianSearch(batchSize: 2, initialCount: 4))
    let values = trials.compactMap(\.value)
    #expect(values.count == 8 && Set(values).count > 4)
    let winner = try #require(trials.best(.minimize))
    #expect(try best.network == base.network.applying(winner.point))
    // The number of a trial is that of a fit with its seed.
    let search = HyperparameterSearch(
      space: space, strategy: BayesianSearch(), direction: .minimize, seed: seed, trialCount: 8)
    let again = try await AutoEncoder.fit(
      background, validation: validation, configuration: best, seed: search.seed(ofTrial: winner.number))
    #expect(again.validationLoss == winner.value)
  }

  @Test func badConfigurationsAreExplained() async throws {
    func message<Detector: DeepAnomalyDetector>(
      _ kind: Detector.Type, _ background: BackgroundSample? = nil, _ change: (inout Detector.Configuration) -> Void
    ) async throws -> String {
      var configuration = Detector.Configuration()
      change(&configuration)
      do {
        _ = try await Detector.fit(
          background ?? DeepSample.background(100), validation: DeepSample.validation(), configuration: configuration,
          seed: seed)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(try await message(AutoEncoder.self) { $0.network.units = 0 }.contains("units is 0"))
    #expect(try await message(AutoEncoder.self) { $0.network.clipNorm = -1 }.contains("a norm > 0"))
    #expect(try await message(AutoEncoder.self) { $0.decorrelation = 1 }.contains("protected variable"))
    #expect(try await message(DeepSVDD.self) { $0.decorrelation = 1 }.contains("protected variable"))
    #expect(try await message(DeepSVDD.self) { $0.objective = .softBoundary(nu: 0) }.contains("nu is 0"))
    #expect(try await message(VariationalAutoEncoder.self) { $0.beta = -1 }.contains("beta is -1"))
    let other = try FeatureMatrix(names: ["a", "b"], values: (0..<40).map { Float($0 * $0 % 7) })
    #expect(
      try await message(AutoEncoder.self, BackgroundSample(features: other)) { _ in }.contains("takes 2 columns"))
  }
}
