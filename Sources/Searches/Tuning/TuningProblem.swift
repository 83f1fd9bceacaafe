import Foundation
import HyperparameterSearch
import Learning
import Records
import Tensors
import TrialStores

/// Which network of a card is tuned, and where its results are kept.
public struct TuningSubject: Sendable {
  public var card: URL
  /// The run's folder, in whose store prepared samples are found or made.
  public var output: URL
  /// Of a search: the signal; the first where not told.
  public var signal: String?
  /// Of a search: the fraction of each sample's events that is read.
  public var scale: Double
  /// Of a comparison: the file with the events, instead of the card's.
  public var table: URL?
  /// Instead of the card's strategy.
  public var strategy: Tuning.Strategy?

  public init(
    card: URL, output: URL, signal: String? = nil, scale: Double = 1, table: URL? = nil,
    strategy: Tuning.Strategy? = nil
  ) {
    self.card = card
    self.output = output
    self.signal = signal
    self.scale = scale
    self.table = table
    self.strategy = strategy
  }
}

/// A card that cannot be tuned.
public struct TuningError: Error, Hashable, Sendable, CustomStringConvertible {
  public var card: String
  public var problem: String
  public var description: String { "\(card): \(problem)" }
}

/// What is tuned: events, the card's training, and what a trial changes of it.
struct TuningProblem: Sendable {
  /// Raised with whatever changes results of trials.
  static let version = 1
  /// The condition of a store that has the training that its trials change, as JSON.
  static let baseCondition = "the card's training"

  /// `tt-1000 of tz-transfer`.
  var title: String
  /// Names the store's file: `tt-1000`.
  var name: String
  var tuning: Tuning
  var seed: SeedTree
  /// As the card has it, without what a trial changes.
  var card: TrainingConfiguration
  var training, validation: LabelledSample
  var placeholders: [Float?]?
  var yields: ValidationYields
  var libraries: [String: String]
  /// Where the best values go.
  var place: TuningFragment.Place

  /// What a store's trials have to agree on.
  func storedSearch() throws -> StoredSearch {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var expected = DigestBuilder()
    yields.expected.withUnsafeBytes { expected.update($0) }
    var conditions = [
      "strategy": try json(tuning.strategy), "seed": "\(seed.root) \(seed.path)",
      "pruning": tuning.pruning.map { "\($0)" } ?? "none", "trainings a trial": "\(tuning.seeds)",
      Self.baseCondition: try json(tuning.configuration(card)), "training data": training.digest.hex,
      "validation data": validation.digest.hex, "expected events": expected.finish().hex,
      "placeholders": try json(placeholders), "version of trials": "\(Self.version)",
    ]
    conditions.merge(libraries) { mine, _ in mine }
    return StoredSearch(
      title: title, objective: tuning.objective.title, direction: tuning.objective.direction, space: tuning.space,
      conditions: conditions)
  }

  /// Trains at a point and measures on validation events: the mean over the trial's trainings.
  ///
  /// Each epoch of the first training is reported with the value that the trial would have if it ended there: that of the epoch with the
  /// best validation loss so far.
  /// - Throws: `LearningError` where the point is to blame, a `TrialInterruption` for all else.
  func evaluate(
    _ trial: Trial, _ seed: SeedTree, cancellation: CancellationToken,
    report: @escaping @Sendable (Int, Double) throws -> Bool
  ) async throws -> Double {
    var sum = 0.0
    for index in 0..<tuning.seeds {
      let standing = Standing()
      let trainer = DenseTrainer(
        configuration: tuning.configuration(card, at: trial.point), seed: seed.child("training").child(index),
        placeholders: placeholders)
      do {
        _ = try await trainer.train(
          training, validation: validation, name: "trial \(trial.number)", cancellation: cancellation
        ) { [yields, tuning] now in
          if now.isBest {
            standing.value = try yields.value(
              tuning.objective, logits: now.validationOutputs, loss: now.epoch.validationLoss)
          }
          guard index == 0 else { return .goOn }
          standing.isHopeless = try report(now.epoch.epoch, standing.value)
          return standing.isHopeless ? .stop : .goOn
        }
      } catch let error as LearningError {
        switch error {
        case .diverged, .invalidConfiguration: throw error
        default: throw TrialInterruption(error)
        }
      } catch let error as RecordError where error == .cancelled {
        throw error
      } catch {
        throw TrialInterruption(error)
      }
      if standing.isHopeless { return standing.value }
      sum += standing.value
    }
    return sum / Double(tuning.seeds)
  }

  /// Written on LibTorch's thread while the training runs, read when it has ended.
  private final class Standing: @unchecked Sendable {
    var value = Double.nan
    var isHopeless = false
  }
}

extension TuningProblem {
  /// Reads card and events.
  /// - Parameter isWorker: a process that works for another, which holds the run's lock and has made what is to be found.
  /// - Throws: `CardError`, `FileError`, ``SampleError``, ``TuningError``, ``RunLockError``, `RecordError`.
  static func load(
    _ subject: TuningSubject, isWorker: Bool, progress: @escaping ProgressHandler, cancellation: CancellationToken
  ) async throws -> TuningProblem {
    let lock = isWorker ? nil : try RunLock(folder: subject.output)
    defer { withExtendedLifetime(lock) {} }
    var problem =
      switch try CardKind.of(subject.card) {
      case .search: try await search(subject, progress, cancellation)
      case .comparison: try await comparison(subject, progress, cancellation)
      case .parametrised:
        throw TuningError(
          card: subject.card.path, problem: "is of the kind parametrised; tunings are for searches and comparisons")
      }
    if let strategy = subject.strategy { problem.tuning.strategy = strategy }
    // What every trial shares is checked before the first one.
    do {
      _ = try problem.tuning.configuration(problem.card).validated()
    } catch {
      throw TuningError(card: subject.card.path, problem: "tuning: \(error)")
    }
    return problem
  }

  private static func search(
    _ subject: TuningSubject, _ progress: @escaping ProgressHandler, _ cancellation: CancellationToken
  ) async throws -> TuningProblem {
    guard subject.table == nil else {
      throw TuningError(
        card: subject.card.path, problem: "--table is for comparisons; a search's events are in its card")
    }
    let run = try SearchRun(
      cardURL: subject.card, options: .init(output: subject.output, scale: subject.scale), progress: progress,
      cancellation: cancellation)
    let card = run.card
    guard let tuning = card.tuning else { throw missing(subject) }
    let signals = card.signals.map(\.name)
    let name = subject.signal ?? signals[0]
    guard let signal = card.signals.first(where: { $0.name == name }) else {
      throw unknown("signal", name, signals, subject)
    }
    let prepared = try run.prepareSamples(of: [signal] + card.backgrounds)
    let samples = try prepared.mapValues { try PreparedSample(contentsOf: $0.file("events.h5")) }
    try run.store.recordUse(by: "tune-\(name)")
    let validation = try run.labelled(signal, samples, .validation)
    var expected: [Double] = []
    for sample in [signal] + card.backgrounds {
      guard let events = samples[sample.name] else { continue }
      let scale = try events.scale(of: .validation)
      expected += events.rows(of: .validation).map { events.weights[$0] * scale }
    }
    return TuningProblem(
      title: "\(name) of \(card.name)", name: name, tuning: tuning,
      seed: SeedTree(root: card.seed).child("tune").child(name), card: run.trainingConfiguration,
      training: try run.labelled(signal, samples, .train), validation: validation,
      placeholders: try card.compiledFeatures(file: subject.card.path).features.map { $0.placeholder.map(Float.init) },
      yields: ValidationYields(
        labels: validation.labels,
        weights: run.trainingConfiguration.classBalance == .equal ? equalised(validation) : validation.weights,
        expected: expected),
      libraries: try await run.libraries(), place: .search)
  }

  private static func comparison(
    _ subject: TuningSubject, _ progress: @escaping ProgressHandler, _ cancellation: CancellationToken
  ) async throws -> TuningProblem {
    guard subject.signal == nil else {
      throw TuningError(
        card: subject.card.path, problem: "--signal is for searches; tuning.model and tuning.inputs say what is tuned")
    }
    let run = try ComparisonRun(
      cardURL: subject.card, options: .init(output: subject.output, table: subject.table), progress: progress,
      cancellation: cancellation)
    let card = run.card
    guard let tuning = card.tuning else { throw missing(subject) }
    let model = card.models.first { $0.name == tuning.model ?? $0.name && $0.method.network != nil }
    let inputs = card.inputs.first { $0.name == tuning.inputs } ?? card.inputs[card.inputs.count - 1]
    guard let model, let configuration = model.method.network else { throw missing(subject) }
    let table = try run.readTable()
    let columns = card.columns(of: inputs)
    let validation = try table.labelled(columns, part: .validation, name: "the validation rows")
    let counts = [Float(0), 1].map { label in Double(validation.labels.count { $0 == label }) }
    let totals = [card.discovery.background, card.discovery.signal]
    return TuningProblem(
      title: "\(model.title) on \(inputs.name) of \(card.name)", name: "\(model.name)-\(inputs.name)", tuning: tuning,
      seed: SeedTree(root: card.seed).child("tune").child(inputs.name).child(model.name), card: configuration,
      training: try table.labelled(columns, part: .train, name: "the train rows"), validation: validation,
      placeholders: nil,
      yields: ValidationYields(
        labels: validation.labels, weights: validation.weights,
        expected: validation.labels.map { totals[Int($0)] / counts[Int($0)] }),
      libraries: try await model.method.libraries(), place: .comparison(model: model.name))
  }

  /// Weights of which each class has the same sum.
  private static func equalised(_ sample: LabelledSample) -> [Float] {
    var sums = [0.0, 0.0]
    for (label, weight) in zip(sample.labels, sample.weights) { sums[Int(label)] += Double(weight) }
    return zip(sample.labels, sample.weights).map { Float(Double($1) / sums[Int($0)]) }
  }

  private static func missing(_ subject: TuningSubject) -> TuningError {
    TuningError(
      card: subject.card.path, problem: "has no 'tuning'; add it with a space, as Sources/Searches/README.md describes")
  }

  private static func unknown(
    _ what: String, _ name: String, _ known: [String], _ subject: TuningSubject
  ) -> TuningError {
    let near = nearestName(to: name, in: known).map { "; nearest: '\($0)'" } ?? ""
    return TuningError(
      card: subject.card.path, problem: "no \(what) '\(name)'\(near). The card has \(known.joined(separator: ", "))")
  }
}
