import ByteIO
import Cards
import EventFiles
import Foundation
import Interpretation
import Learning
import Records
import Tensors

/// A search from its card to limits: a graph of steps whose results stand in a store.
///
/// prepare (a sample) → train (a signal) or detect (a detector) → score → fit (a training and a signal) → tables. A step is made
/// again only when something that went into it has changed; fits, which take milliseconds, are made each time.
public struct SearchRun: Sendable {
  public struct Options: Sendable {
    /// The run's folder: tables, figures, report, and the store.
    public var output: URL
    /// The fraction of each sample's events that is read, in (0, 1].
    public var scale: Double
    /// Fits at a time.
    public var workers: Int
    /// Forget all stored results first.
    public var fresh: Bool

    public init(output: URL, scale: Double = 1, workers: Int = 2, fresh: Bool = false) {
      self.output = output
      self.scale = scale
      self.workers = workers
      self.fresh = fresh
    }
  }

  /// All that tables, figures and the report are made from.
  public struct Outcome: Sendable {
    public var card: SearchCard
    public var tables: SearchTables
    /// By sample.
    public var samples: [String: PreparedSample]
    public var metadata: [String: SampleMetadata]
    /// By signal: the network trained on it.
    public var networks: [String: TrainedClassifier]
    /// Scores by training, then by sample.
    public var scores: [String: [String: [Double]]]
    /// Detectors in the card's order, then products of their p-values.
    public var detectors: [DetectorScores]
    /// What the card's `anomaly` asks for; `nil` without detectors.
    public var anomaly: AnomalyTables?
    /// By training (or row of detectors), then by signal.
    public var fits: [String: [String: LimitFit.Result]]
    /// By training: what its network is worth and looks at.
    public var diagnostics: [String: ClassifierDiagnostics]
    /// Of the network for the card's classes.
    public var classes: MulticlassDiagnostics?
    /// By training: why there are none.
    public var missingDiagnostics: [String: String]
    public var record: RunRecord
  }

  public let card: SearchCard
  public let cardURL: URL
  public let options: Options
  let store: StepStore
  let progress: ProgressHandler
  let cancellation: CancellationToken

  /// - Throws: `FileError`, `CardError`.
  public init(
    cardURL: URL, options: Options, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) throws {
    precondition(options.scale > 0 && options.scale <= 1, "need a scale in (0, 1], got \(options.scale)")
    card = try SearchCard.read(cardURL)
    self.cardURL = cardURL
    self.options = options
    store = StepStore(root: options.output.appendingPathComponent("store"))
    self.progress = progress
    self.cancellation = cancellation
  }

  var folder: URL { cardURL.deletingLastPathComponent() }

  /// Runs all steps that are needed and returns what they gave.
  public func execute() async throws -> Outcome {
    let lock = try RunLock(folder: options.output)
    defer { withExtendedLifetime(lock) {} }
    if options.fresh { try? FileManager.default.removeItem(at: store.root) }
    let prepared = try prepareSamples()
    let samples = try prepared.mapValues { try PreparedSample(contentsOf: $0.file("events.h5")) }
    let metadata = try prepared.mapValues { try EventTableReader($0.file("events.h5")).metadata }
    var networks: [String: TrainedClassifier] = [:]
    var scores: [String: [String: [Double]]] = [:]
    var diagnostics: [String: ClassifierDiagnostics] = [:], missing: [String: String] = [:]
    for signal in card.signals {
      let result = try await train(signal, prepared, samples)
      let network = try TrainedClassifier(contentsOf: result.folder)
      networks[signal.name] = network
      let own = try await score(signal.name, network, result.digest, prepared, samples)
      scores[signal.name] = own
      do {
        diagnostics[signal.name] = try await diagnose(signal, network, result.digest, own, prepared, samples)
      } catch let error as LearningError { missing[signal.name] = "\(error)" }
    }
    let classes = try await classify(prepared, samples)
    let detectors = try await scoreDetectors(prepared, samples)
    let fits = try fitAll(samples, scores, detectors)
    let tables = self.tables(fits)
    var outcome = Outcome(
      card: card, tables: tables, samples: samples, metadata: metadata, networks: networks, scores: scores,
      detectors: detectors, fits: fits, diagnostics: diagnostics, classes: classes, missingDiagnostics: missing,
      record: record(prepared, libraries: try await libraries()))
    outcome.anomaly = try anomalyTables(outcome)
    try store.recordUse(by: "run")
    return outcome
  }

  /// Prepares the samples and trains these signals' networks, no more.
  public func trainNetworks(_ signals: [String]) async throws -> [String: TrainedClassifier] {
    let lock = try RunLock(folder: options.output)
    defer { withExtendedLifetime(lock) {} }
    let prepared = try prepareSamples()
    let samples = try prepared.mapValues { try PreparedSample(contentsOf: $0.file("events.h5")) }
    var networks: [String: TrainedClassifier] = [:]
    for signal in card.signals where signals.contains(signal.name) {
      networks[signal.name] = try TrainedClassifier(contentsOf: await train(signal, prepared, samples).folder)
    }
    return networks
  }

  // MARK: prepare

  /// - Parameter chosen: the samples, all where not told.
  func prepareSamples(of chosen: [SearchCard.Sample]? = nil) throws -> [String: StepStore.Result] {
    let chosen = chosen ?? card.samples
    let preparation = SamplePreparation(card: card, cardPath: cardURL.path, folder: folder, scale: options.scale)
    var results: [String: StepStore.Result] = [:]
    for (index, sample) in chosen.enumerated() {
      progress(
        ProgressUpdate(
          stage: "prepare", completed: index, total: chosen.count, unit: "samples", detail: sample.name))
      let inputs = try preparation.inputs(of: sample)
      let friends = try preparation.friendFiles(of: sample, inputs).enumerated().map { index, url in
        ("friend \(index)", try Digest.of(fileAt: url))
      }
      let key = StepStore.Key(
        kind: "prepare", version: SamplePreparation.version, configuration: try preparationSettings(sample),
        inputs: try digests(of: inputs).merging(friends) { first, _ in first })
      results[sample.name] = try store.result(for: key) { folder in
        try preparation.prepare(
          sample, from: inputs, into: folder.appendingPathComponent("events.h5"),
          record: RunRecord(command: "searchlight run", seed: card.seed), cancellation: cancellation)
      }
    }
    progress(
      ProgressUpdate(stage: "prepare", completed: chosen.count, total: chosen.count, unit: "samples"))
    return results
  }

  private func preparationSettings(_ sample: SearchCard.Sample) throws -> [String: String] {
    var settings = [
      "sample": sample.name, "selection": try json(card.selection.expressions),
      "features": try json(card.features.expressions), "split": try json(card.split),
      "baseline": card.fit.baseline.observable, "luminosity": "\(card.luminosity)", "scale": "\(options.scale)",
    ]
    if let files = sample.files {
      settings["files"] = try json(files)
      settings["cross_section"] = sample.crossSection.map { "\($0)" } ?? ""
    }
    return settings
  }

  /// By their order, which events' identities depend on.
  private func digests(of inputs: [URL]) throws -> [String: Digest] {
    if inputs.count == 1 { return ["events": try Digest.of(fileAt: inputs[0])] }
    return Dictionary(
      uniqueKeysWithValues: try inputs.enumerated().map { ("events \($0)", try Digest.of(fileAt: $1)) })
  }

  // MARK: train and score

  private func train(
    _ signal: SearchCard.Sample, _ prepared: [String: StepStore.Result], _ samples: [String: PreparedSample]
  ) async throws -> StepStore.Result {
    let used = [signal] + card.backgrounds
    let key = StepStore.Key(
      kind: "train", version: 1,
      configuration: [
        "signal": signal.name, "network": try json(card.network), "training": try json(card.training),
        "seed": "\(card.seed)",
      ],
      inputs: Dictionary(
        uniqueKeysWithValues: used.compactMap { sample in prepared[sample.name].map { (sample.name, $0.digest) } }),
      libraries: try await libraries())
    if let found = try store.find(key) { return found }
    let placeholders = try card.compiledFeatures(file: cardURL.path).features.map { $0.placeholder.map(Float.init) }
    let trainer = DenseTrainer(
      configuration: trainingConfiguration, seed: SeedTree(root: card.seed).child("train").child(signal.name),
      placeholders: placeholders)
    let state = try store.scratch(for: key)
    let model = try await trainer.train(
      labelled(signal, samples, .train), validation: labelled(signal, samples, .validation), state: state,
      name: "train \(signal.name)", progress: progress, cancellation: cancellation)
    let result = try store.result(for: key) { try model.save(to: $0) }
    try? FileManager.default.removeItem(at: state)
    return result
  }

  /// What shapes the bytes of trained weights and scores beside the program. A `TrainedClassifier` trains and answers by
  /// LibTorch's own products, which matrix tiles have no part in; `answering` is for answers of a `TrainedNetwork`.
  func libraries(answering: Bool = false) async throws -> [String: String] {
    try await TorchRuntime.libraries(answering: answering)
  }

  var trainingConfiguration: TrainingConfiguration {
    if let tuned = card.network.tuned { return tuned }
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = Array(repeating: card.network.units, count: card.network.hiddenLayers)
    configuration.dropout = card.network.dropout
    configuration.epochs = card.training.maxEpochs
    configuration.batchSize = card.training.batch
    configuration.learningRate = card.training.learningRate
    configuration.optimizer = .nadam(epsilon: card.training.epsilon, momentumDecay: card.training.momentumDecay)
    configuration.patience = card.training.patience
    configuration.classBalance = card.training.balance == .equal ? .equal : .asWeighted
    for settings in [card.network.settings, card.training.settings] {
      if let settings { configuration.apply(settings) }
    }
    return configuration
  }

  func labelled(
    _ signal: SearchCard.Sample, _ samples: [String: PreparedSample], _ part: Membership
  ) throws -> LabelledSample {
    var values: [Float] = [], labels: [Float] = [], weights: [Float] = []
    var names: [String] = []
    for (label, group) in [(Float(1), [signal]), (0, card.backgrounds)] {
      for sample in group {
        guard let events = samples[sample.name] else { continue }
        names = events.featureNames
        for row in events.rows(of: part) {
          values += events.features[row * names.count..<(row + 1) * names.count]
          labels.append(label)
          weights.append(Float(events.weights[row]))
        }
      }
    }
    return try LabelledSample(
      features: FeatureMatrix(names: names, values: values), labels: labels, weights: weights,
      name: "the \(part) events of \(signal.name) and the backgrounds")
  }

  private func score(
    _ training: String, _ network: TrainedClassifier, _ model: Digest, _ prepared: [String: StepStore.Result],
    _ samples: [String: PreparedSample]
  ) async throws -> [String: [Double]] {
    var scores: [String: [Double]] = [:]
    for sample in card.samples {
      guard let events = samples[sample.name], let input = prepared[sample.name] else { continue }
      let key = StepStore.Key(
        kind: "score", version: 1, configuration: ["training": training, "sample": sample.name],
        inputs: ["model": model, "events": input.digest], libraries: try await libraries())
      let result = try await store.result(for: key) { folder in
        let matrix = try FeatureMatrix(names: events.featureNames, values: events.features)
        try storeScores(try await network.logits(matrix), named: "logit", in: folder)
      }
      let logits = try storedScores("logit", of: result, sample: sample.name, count: events.count)
      scores[sample.name] = logits.map { 1 / (1 + exp(-Double($0))) }
    }
    return scores
  }

  // MARK: fit

  private func fitAll(
    _ samples: [String: PreparedSample], _ scores: [String: [String: [Double]]], _ detectors: [DetectorScores]
  ) throws -> [String: [String: LimitFit.Result]] {
    let rows = fitRows(samples, scores, detectors)
    var jobs: [(row: FitRow, signal: String)] = []
    for row in rows { for signal in card.signals { jobs.append((row, signal.name)) } }
    let fits = try concurrently(jobs, stage: "fit") { job in try job.row.fit(signal: job.signal, card, samples) }
    var result: [String: [String: LimitFit.Result]] = [:]
    for (job, fit) in zip(jobs, fits) { result[job.row.name, default: [:]][job.signal] = fit }
    try writeWorkspaces(result)
    return result
  }

  /// Every workspace as pyhf JSON: `workspaces/<training>/<signal>.json`.
  private func writeWorkspaces(_ fits: [String: [String: LimitFit.Result]]) throws {
    for (training, row) in fits {
      for (signal, fit) in row {
        let folder = options.output.appendingPathComponent("workspaces/\(training)")
        try fit.workspace.write(to: folder.appendingPathComponent("\(signal).json"))
        if let other = fit.workspaceWithUncertainties {
          try other.write(to: folder.appendingPathComponent("\(signal)_uncertainties.json"))
        }
      }
    }
  }

  /// Independent jobs over the workers; results in the order of the jobs, the first error in that order thrown.
  func concurrently<Job: Sendable, Value: Sendable>(
    _ jobs: [Job], stage: String, unit: String = "fits", _ body: @Sendable (Job) throws -> Value
  ) throws -> [Value] {
    let results = ConcurrentResults<Value>(count: jobs.count)
    progress(ProgressUpdate(stage: stage, completed: 0, total: jobs.count, unit: unit))
    let lanes = max(1, min(options.workers, jobs.count))
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      for index in stride(from: lane, to: jobs.count, by: lanes) where !cancellation.isCancelled {
        let done = results.set(index, Result { try body(jobs[index]) })
        progress(ProgressUpdate(stage: stage, completed: done, total: jobs.count, unit: unit))
      }
    }
    try cancellation.check()
    return try results.all()
  }

  private func tables(_ fits: [String: [String: LimitFit.Result]]) -> SearchTables {
    let hasUncertainties = !card.fit.uncertainties.isEmpty
    return SearchTables(
      luminosity: card.luminosity, signals: card.signals.map(\.name),
      trainings: card.signals.map(\.name) + card.detectorRows.map(\.name) + [card.fit.baseline.name],
      limits: fits.mapValues { $0.mapValues(\.limit) },
      limitsWithUncertainties: hasUncertainties
        ? fits.mapValues { $0.compactMapValues(\.limitWithUncertainties) } : nil,
      limitsOfPerfectSimulation: fits.mapValues { $0.mapValues(\.limitOfPerfectSimulation) },
      unitMu: Dictionary(uniqueKeysWithValues: card.signals.map { ($0.name, $0.reference) }),
      branchingRatioAtUnitMu: Dictionary(
        uniqueKeysWithValues: card.signals.compactMap { signal in
          signal.branchingRatioAtUnitMu.map { (signal.name, $0) }
        }))
  }

  func record(_ prepared: [String: StepStore.Result], libraries: [String: String] = [:]) -> RunRecord {
    var inputs = prepared.mapValues(\.digest)
    inputs["card"] = try? Digest.of(fileAt: cardURL)
    return RunRecord(
      command: "searchlight run \(cardURL.lastPathComponent) --scale \(options.scale)", seed: card.seed, inputs: inputs,
      libraries: libraries)
  }

  func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
