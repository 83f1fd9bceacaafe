import AnomalyDetection
import ByteIO
import Foundation
import HyperparameterSearch
import Records
import TrialStores

extension SearchRun {
  /// The method with the network and descent of the best trial, where the card says that it is tuned.
  ///
  /// Bayesian optimisation over `DeepNetworkConfiguration.searchSpace()` makes the loss on the backgrounds' validation events
  /// small; no signal enters. Trials are kept in the step's scratch folder, so that a search that was stopped goes on.
  func tuned(
    _ detector: SearchCard.Detector, _ fitting: FittedDetector.Fitting, inputs: [String: Digest]
  ) async throws -> DetectorMethod {
    guard let trials = detector.trials else { return detector.method }
    let key = StepStore.Key(
      kind: "tune", version: 1,
      configuration: [
        "detector": detector.name, "method": try json(detector.method), "protected": detector.protected ?? "",
        "trials": "\(trials)", "seed": "\(card.seed)",
      ], inputs: inputs, libraries: try await libraries(answering: detector.method.fitsByAnswers))
    func search<Detector: DeepAnomalyDetector>(
      _ type: Detector.Type, _ base: Detector.Configuration, _ folder: URL
    ) async throws {
      let trialStore = try TrialStore(
        store.scratch(for: key).appendingPathComponent("trials.sqlite"),
        of: StoredSearch(
          title: detector.title, objective: "loss on validation background", direction: .minimize,
          space: DeepNetworkConfiguration.searchSpace(), conditions: ["step": key.digest().hex]))
      let best = try await Detector.tune(
        fitting.background, validation: fitting.validation, base: base, trials: trials,
        seed: fitting.seed.child("tune"), store: trialStore,
        placeholders: fitting.placeholders, progress: fitting.progress, cancellation: fitting.cancellation)
      try AtomicFile.write(
        try JSONEncoder.canonical.encode(best.configuration.network), to: folder.appendingPathComponent("best.json"))
      try AtomicFile.write(
        try JSONEncoder.canonical.encode(best.trials), to: folder.appendingPathComponent("trials.json"))
    }
    let result = try await store.result(for: key) { folder in
      switch detector.method {
      case .autoEncoder(let base): try await search(AutoEncoder.self, base, folder)
      case .deepSVDD(let base): try await search(DeepSVDD.self, base, folder)
      case .variational(let base): try await search(VariationalAutoEncoder.self, base, folder)
      case .isolationForest, .histogram, .neighbours:
        preconditionFailure("the card's reader lets deep detectors alone be tuned")
      }
    }
    try? FileManager.default.removeItem(at: store.scratch(for: key))
    let network = try JSONDecoder().decode(
      DeepNetworkConfiguration.self, from: Data(readingFrom: result.file("best.json")))
    return detector.method.with(network)
  }
}

extension DetectorMethod {
  /// The same with another network and descent; shallow methods as they are.
  func with(_ network: DeepNetworkConfiguration) -> DetectorMethod {
    switch self {
    case .autoEncoder(var configuration):
      configuration.network = network
      return .autoEncoder(configuration)
    case .deepSVDD(var configuration):
      configuration.network = network
      return .deepSVDD(configuration)
    case .variational(var configuration):
      configuration.network = network
      return .variational(configuration)
    case .isolationForest, .histogram, .neighbours: return self
    }
  }
}
