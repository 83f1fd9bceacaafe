import Foundation
import HyperparameterSearch
import Learning
import Records

extension DeepNetworkConfiguration {
  /// The ranges of M. C. Romão, N. F. Castro and R. Pedro, Eur. Phys. J. C 81 (2021) 27: `layers`, `units`, `initial_lr`,
  /// `max_lr`, `gamma`, `weight_decay`, `clipnorm`.
  public static func searchSpace() throws -> SearchSpace {
    let decays = [0] + (-9 ... -3).map { pow(10, Double($0)) }
    let norms = (-3...2).map { pow(10, Double($0)) }
    return try SearchSpace([
      SearchParameter("layers", .integer(1...5)),
      SearchParameter("units", .integer(32...256)),
      SearchParameter("initial_lr", .real(1e-8...1e-3, logarithmic: true)),
      SearchParameter("max_lr", .real(1e-3...1e-1, logarithmic: true)),
      SearchParameter("gamma", .real(0.95...0.999, step: 0.001)),
      SearchParameter("weight_decay", .choice(decays.map { .real($0) })),
      SearchParameter("clipnorm", .choice([.none] + norms.map { .real($0) })),
    ])
  }

  /// This configuration with the values of a point; names that the point lacks stay.
  /// - Throws: `LearningError.invalidConfiguration` for a name that no key has, or a value of another kind.
  public func applying(_ point: SearchPoint) throws -> DeepNetworkConfiguration {
    var changed = self
    for (name, value) in point.sorted(by: { $0.key < $1.key }) {
      switch (name, value) {
      case ("layers", .integer(let number)): changed.layers = number
      case ("units", .integer(let number)): changed.units = number
      case ("initial_lr", .real(let number)): changed.initialLearningRate = number
      case ("max_lr", .real(let number)): changed.maximumLearningRate = number
      case ("gamma", .real(let number)): changed.gamma = number
      case ("weight_decay", .real(let number)): changed.weightDecay = number
      case ("clipnorm", .real(let number)): changed.clipNorm = number
      case ("clipnorm", .none): changed.clipNorm = nil
      default:
        throw LearningError.invalidConfiguration(
          key: name, value: "\(value)",
          allowed: "a value of the search space: layers, units, initial_lr, max_lr, gamma, weight_decay, clipnorm")
      }
    }
    return try changed.validated()
  }
}

extension DeepAnomalyDetector {
  /// What a search evaluates: fits with a point's values and returns the loss on background that was held out
  /// (``validationLoss``), to be minimised. No signal enters.
  ///
  /// - Parameter base: what the points change.
  public static func tuningObjective(
    _ background: BackgroundSample, validation: BackgroundSample, base: Configuration = Configuration(),
    placeholders: [Float?]? = nil, cancellation: CancellationToken = CancellationToken()
  ) -> @Sendable (Trial, SeedTree, any TrialReporting) async throws -> Double {
    { trial, seed, _ in
      var configuration = base
      configuration.network = try base.network.applying(trial.point)
      return try await fit(
        background, validation: validation, configuration: configuration, seed: seed, placeholders: placeholders,
        cancellation: cancellation
      ).validationLoss
    }
  }

  /// Searches ``DeepNetworkConfiguration/searchSpace()`` by Bayesian optimisation.
  ///
  /// - Parameter store: keeps trials, so that a search that was killed goes on.
  /// - Returns: the configuration of the best trial, and all trials.
  /// - Throws: ``AnomalyError/noTrial(failures:)`` where all of them failed; what the search and the store throw.
  public static func tune(
    _ background: BackgroundSample, validation: BackgroundSample, base: Configuration = Configuration(),
    trials: Int, seed: SeedTree, store: some TrialStoring, strategy: any SearchStrategy = BayesianSearch(),
    placeholders: [Float?]? = nil, progress: ProgressHandler? = nil,
    cancellation: CancellationToken = CancellationToken()
  ) async throws -> (configuration: Configuration, trials: [Trial]) {
    let search = HyperparameterSearch(
      space: try DeepNetworkConfiguration.searchSpace(), strategy: strategy, direction: .minimize, seed: seed,
      trialCount: trials)
    let done = try await search.run(
      store: store, cancellation: cancellation, progress: progress,
      evaluate: tuningObjective(
        background, validation: validation, base: base, placeholders: placeholders, cancellation: cancellation))
    guard let best = done.best(.minimize) else {
      throw AnomalyError.noTrial(failures: done.compactMap(\.failure))
    }
    var configuration = base
    configuration.network = try base.network.applying(best.point)
    return (configuration, done)
  }
}
