import ByteIO
import EventSelection
import Foundation
import Interpretation
import Learning
import Records

/// What `diagnostics.json` holds.
public struct SearchDiagnostics: Codable, Sendable {
  public var schema = 1
  public var luminosityInverseFemtobarn: Double
  /// By the signal that a network was trained on.
  public var trainings: [String: ClassifierDiagnostics]
  /// Of the network for the card's classes; absent where it names none.
  public var classes: MulticlassDiagnostics?

  enum CodingKeys: String, CodingKey {
    case schema, trainings, classes
    case luminosityInverseFemtobarn = "luminosity_ifb"
  }

  init(_ outcome: SearchRun.Outcome) {
    luminosityInverseFemtobarn = outcome.card.luminosity
    trainings = outcome.diagnostics
    classes = outcome.classes
  }
}

extension SearchRun {
  /// Raised when diagnostics change for equal inputs.
  static let diagnosticsVersion = 1

  /// What a network is worth on its own signal and the backgrounds: a step of the store, one for each training.
  func diagnose(
    _ signal: SearchCard.Sample, _ network: TrainedClassifier, _ model: Digest, _ scores: [String: [Double]],
    _ prepared: [String: StepStore.Result], _ samples: [String: PreparedSample]
  ) async throws -> ClassifierDiagnostics {
    let used = [signal] + card.backgrounds
    var inputs = Dictionary(
      uniqueKeysWithValues: used.compactMap { sample in prepared[sample.name].map { (sample.name, $0.digest) } })
    inputs["model of the training"] = model
    let key = StepStore.Key(
      kind: "diagnose", version: Self.diagnosticsVersion,
      configuration: [
        "training": signal.name, "luminosity": "\(card.luminosity)", "seed": "\(card.seed)",
        "features": try json(card.features.expressions), "key_features": try json(card.figures.keyFeatures),
      ], inputs: inputs, libraries: try await libraries())
    let result = try await store.result(for: key) { folder in
      progress(
        ProgressUpdate(
          stage: "diagnose \(signal.name)", completed: 0, total: network.featureNames.count, unit: "features"))
      let test = try scored(.test, used, scores, samples)
      let matrix = try FeatureMatrix(
        names: network.featureNames,
        values: used.flatMap { sample -> [Float] in
          guard let events = samples[sample.name] else { return [] }
          let width = events.featureNames.count
          return events.rows(of: .test).flatMap { events.features[$0 * width..<($0 + 1) * width] }
        })
      let diagnostics = try await ClassifierDiagnostics(
        of: network, training: try scored(.train, used, scores, samples),
        validation: try scored(.validation, used, scores, samples), test: test, testFeatures: matrix,
        views: try viewedFeatures(), choices: .init(luminosity: card.luminosity),
        seed: SeedTree(root: card.seed).child("diagnose").child(signal.name), cancellation: cancellation)
      try AtomicFile.write(
        try JSONEncoder.canonical.encode(diagnostics), to: folder.appendingPathComponent("diagnostics.json"))
    }
    let url = result.file("diagnostics.json")
    do {
      return try JSONDecoder().decode(ClassifierDiagnostics.self, from: Data(readingFrom: url))
    } catch let error as DecodingError {
      throw SampleError(
        sample: signal.name, problem: "\(url.path) does not hold diagnostics (\(error)); remove the run's store")
    }
  }

  /// Signal (the first) and backgrounds of a part, with weights that stand for the whole samples.
  private func scored(
    _ part: Membership, _ used: [SearchCard.Sample], _ scores: [String: [Double]], _ samples: [String: PreparedSample]
  ) throws -> ScoredSample {
    var values: [Float] = [], labels: [Float] = [], weights: [Float] = []
    for sample in used {
      guard let events = samples[sample.name], let own = scores[sample.name] else { continue }
      let entries = try events.values(own, part: part)
      values += entries.values.map(Float.init)
      weights += entries.weights.map(Float.init)
      labels += Array(repeating: sample.role == .signal ? 1 : 0, count: entries.values.count)
    }
    return try ScoredSample(scores: values, labels: labels, weights: weights)
  }

  /// The card's key features, or the first eight.
  private func viewedFeatures() throws -> [CutView.Feature] {
    let all = try card.compiledFeatures(file: cardURL.path).features
    let chosen = card.figures.keyFeatures.isEmpty ? all.prefix(8).map(\.name) : card.figures.keyFeatures
    return chosen.compactMap { name in
      all.first { $0.name == name }.map {
        CutView.Feature(name: name, title: $0.title, unit: $0.unit, placeholder: $0.placeholder.map(Float.init))
      }
    }
  }
}
