import AnomalyDetection
import ByteIO
import Foundation
import Learning
import Records

extension SearchRun {
  /// Fits all detectors of the card, scores all samples, and multiplies p-values where the card combines them.
  func scoreDetectors(
    _ prepared: [String: StepStore.Result], _ samples: [String: PreparedSample]
  ) async throws -> [DetectorScores] {
    guard !card.detectors.isEmpty else { return [] }
    var all: [DetectorScores] = []
    for (index, detector) in card.detectors.enumerated() {
      progress(
        ProgressUpdate(
          stage: "detect", completed: index, total: card.detectors.count, unit: "detectors", detail: detector.title))
      try cancellation.check()
      let result = try await fit(detector, samples, prepared)
      let fitted = try FittedDetector(contentsOf: result.folder)
      var scores: [String: [Double]] = [:]
      for sample in card.samples {
        scores[sample.name] = try await score(detector, fitted, result.digest, sample.name, prepared, samples)
      }
      all.append(
        try DetectorScores(
          name: detector.name, title: detector.title, summary: fitted.summary, scores: scores,
          backgrounds: card.backgrounds, samples: samples))
    }
    progress(
      ProgressUpdate(
        stage: "detect", completed: card.detectors.count, total: card.detectors.count, unit: "detectors"))
    return all + (try products(of: all, samples))
  }

  /// A part of all backgrounds, with the variable that a detector's score should not follow.
  private func background(
    _ part: Membership, _ samples: [String: PreparedSample], protecting name: String?
  ) throws -> BackgroundSample {
    var values: [Float] = [], weights: [Float] = [], protected: [Float] = []
    var names: [String] = []
    for sample in card.backgrounds {
      guard let events = samples[sample.name] else { continue }
      names = events.featureNames
      let variable = try name.map { try events.variable($0, baseline: card.fit.baseline.name) }
      for row in events.rows(of: part) {
        values += events.features[row * names.count..<(row + 1) * names.count]
        weights.append(Float(events.weights[row]))
        if let variable { protected.append(Float(variable[row])) }
      }
    }
    return try BackgroundSample(
      features: FeatureMatrix(names: names, values: values), weights: weights,
      protected: name == nil ? nil : protected, isValidation: part == .validation)
  }

  private func fit(
    _ detector: SearchCard.Detector, _ samples: [String: PreparedSample], _ prepared: [String: StepStore.Result]
  ) async throws -> StepStore.Result {
    let inputs = Dictionary(
      uniqueKeysWithValues: card.backgrounds.compactMap { sample in
        prepared[sample.name].map { (sample.name, $0.digest) }
      })
    let fitting = FittedDetector.Fitting(
      background: try background(.train, samples, protecting: detector.protected),
      validation: try background(.validation, samples, protecting: detector.protected),
      seed: SeedTree(root: card.seed).child("detect").child(detector.name),
      placeholders: try card.compiledFeatures(file: cardURL.path).features.map { $0.placeholder.map(Float.init) },
      name: "detect \(detector.name)", progress: progress, cancellation: cancellation)
    let method = try await tuned(detector, fitting, inputs: inputs)
    let key = StepStore.Key(
      kind: "detect", version: 1,
      configuration: [
        "detector": detector.name, "method": try json(method), "rotate": "\(detector.rotate)",
        "protected": detector.protected ?? "", "seed": "\(card.seed)",
      ], inputs: inputs, libraries: try await libraries(answering: method.fitsByAnswers))
    if let found = try store.find(key) { return found }
    let state = try store.scratch(for: key)
    let fitted = try await FittedDetector(fitting, method, rotates: detector.rotate, state: state)
    let result = try store.result(for: key) { try fitted.save(to: $0) }
    try? FileManager.default.removeItem(at: state)
    return result
  }

  private func score(
    _ detector: SearchCard.Detector, _ fitted: FittedDetector, _ model: Digest, _ sample: String,
    _ prepared: [String: StepStore.Result], _ samples: [String: PreparedSample]
  ) async throws -> [Double] {
    guard let events = samples[sample], let input = prepared[sample] else { return [] }
    let key = StepStore.Key(
      kind: "score", version: 1, configuration: ["detector": detector.name, "sample": sample],
      inputs: ["model": model, "events": input.digest], libraries: try await libraries(answering: true))
    let result = try await store.result(for: key) { folder in
      let matrix = try FeatureMatrix(names: events.featureNames, values: events.features)
      try storeScores(try await fitted.scores(matrix), named: "score", in: folder)
    }
    return try storedScores("score", of: result, sample: sample, count: events.count).map(Double.init)
  }

  private func products(
    of detectors: [DetectorScores], _ samples: [String: PreparedSample]
  ) throws -> [DetectorScores] {
    let known = Dictionary(uniqueKeysWithValues: detectors.map { ($0.name, $0) })
    return try card.detectorRows.compactMap { row in
      guard case .product(let names) = row.kind else { return nil }
      let members = names.compactMap { known[$0] }
      // −log₁₀ of the product of p-values; that its members are correlated is in its own levels on the background.
      var sums: [String: [Double]] = [:]
      for sample in card.samples {
        let levels = members.map { $0.levels[sample.name] ?? [] }
        sums[sample.name] = (levels.first ?? []).indices.map { row in levels.reduce(0) { $0 + $1[row] } }
      }
      return try DetectorScores(
        name: row.name, title: row.title,
        summary: "product of the background p-values of \(members.map(\.title).joined(separator: ", "))", scores: sums,
        backgrounds: card.backgrounds, samples: samples)
    }
  }
}

extension SearchRun {
  /// Writes one number an event to a step's folder.
  func storeScores(_ values: [Float], named name: String, in folder: URL) throws {
    let data = try Safetensors.encode([name: .init(shape: [values.count], values: values)])
    try AtomicFile.write(data, to: folder.appendingPathComponent("scores.safetensors"))
  }

  /// Reads what ``storeScores(_:named:in:)`` wrote.
  /// - Throws: ``SampleError`` unless it has one number for each event.
  func storedScores(_ name: String, of result: StepStore.Result, sample: String, count: Int) throws -> [Float] {
    let url = result.file("scores.safetensors")
    let stored = try Safetensors.decode(Data(contentsOf: url), path: url.path)
    guard let values = stored[name]?.values, values.count == count else {
      throw SampleError(
        sample: sample, problem: "\(url.path) does not hold one score an event; remove the run's store")
    }
    return values
  }
}
