import ByteIO
import Foundation
import Interpretation
import Learning
import Records

extension SearchRun {
  /// Raised when the network of the classes or what is said of it changes for equal inputs.
  static let classesVersion = 1

  /// The network that tells the card's classes apart: a step of the store. nil where the card names none.
  func classify(
    _ prepared: [String: StepStore.Result], _ samples: [String: PreparedSample]
  ) async throws -> MulticlassDiagnostics? {
    guard let classes = card.classes else { return nil }
    let used = classes.classes.flatMap(\.samples)
    let key = StepStore.Key(
      kind: "classify", version: Self.classesVersion,
      configuration: [
        "classes": try json(classes), "network": try json(card.network), "training": try json(card.training),
        "seed": "\(card.seed)",
      ],
      inputs: Dictionary(uniqueKeysWithValues: used.compactMap { name in prepared[name].map { (name, $0.digest) } }),
      libraries: try await libraries(answering: true))
    let result: StepStore.Result
    if let found = try store.find(key) {
      result = found
    } else {
      var configuration = trainingConfiguration
      // A loss of the card's may be one for two classes.
      configuration.loss = nil
      configuration.resampling = classes.resampling
      configuration.classWeights = classes.classes.map { classes.weights[$0.name] ?? 1 }
      let placeholders = try card.compiledFeatures(file: cardURL.path).features.map { $0.placeholder.map(Float.init) }
      let trainer = NetworkTrainer(
        configuration: configuration, seed: SeedTree(root: card.seed).child("classify"), placeholders: placeholders)
      let state = try store.scratch(for: key)
      let network = try await trainer.train(
        labelled(classes, samples, .train), validation: labelled(classes, samples, .validation), state: state,
        name: "train \(classes.classes.count) classes", progress: progress, cancellation: cancellation)
      let diagnostics = try await MulticlassDiagnostics(of: network, test: labelled(classes, samples, .test))
      result = try store.result(for: key) { folder in
        try network.save(to: folder)
        try AtomicFile.write(
          try JSONEncoder.canonical.encode(diagnostics), to: folder.appendingPathComponent("classes.json"))
      }
      try? FileManager.default.removeItem(at: state)
    }
    let url = result.file("classes.json")
    do {
      return try JSONDecoder().decode(MulticlassDiagnostics.self, from: Data(readingFrom: url))
    } catch let error as DecodingError {
      throw SampleError(
        sample: "classes", problem: "\(url.path) does not hold diagnostics (\(error)); remove the run's store")
    }
  }

  private func labelled(
    _ classes: SearchCard.Classes, _ samples: [String: PreparedSample], _ part: Membership
  ) throws -> SupervisedSample {
    var values: [Float] = [], numbers: [Int] = [], weights: [Float] = [], names: [String] = []
    for (number, own) in classes.classes.enumerated() {
      for sample in own.samples {
        guard let events = samples[sample] else { continue }
        names = events.featureNames
        for row in events.rows(of: part) {
          values += events.features[row * names.count..<(row + 1) * names.count]
          numbers.append(number)
          weights.append(Float(events.weights[row]))
        }
      }
    }
    return try SupervisedSample(
      features: FeatureMatrix(names: names, values: values),
      targets: .classes(numbers, names: classes.classes.map(\.name)), weights: weights,
      name: "the \(part) events of the classes")
  }
}
