import CoreNumerics
import Foundation
public import Records
public import StatisticalModels

/// The look-elsewhere effect of a scan over signals, by toys: how often does background alone show, somewhere in the scan, an
/// excess at least as large as the largest of the data?
///
/// Signals are models of the same regions and bins. A toy draws counts and auxiliary measurements of the background as it fits the
/// data, one set for all signals: parameters of the same name have the same measurement. Each signal's q₀ is computed, and
/// the largest counts (E. Gross and O. Vitells, arXiv:1005.1891).
public struct LookElsewhere: Sendable {
  public let models: [(name: String, model: Model)]
  public let seed: SeedTree
  public let workers: Int
  private let generators: [ToyGenerator]
  private let truths: [[Double]]
  private let columns: [[Int]]
  private let auxiliaryNames: [String]

  /// - Parameter models: with the same regions; at least one.
  /// - Throws: ``InferenceError``, ``GridError`` for models of different regions.
  public init(
    _ models: [(name: String, model: Model)], seed: SeedTree,
    workers: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    guard let first = models.first else { throw GridError(description: "a scan needs at least one signal") }
    for (name, model) in models where model.regions != first.model.regions || model.observed != first.model.observed {
      throw GridError(
        description: "'\(name)' has other regions or observations than '\(first.name)'; a scan looks at one set of data"
      )
    }
    self.models = models
    self.seed = seed
    self.workers = workers
    truths = try models.map { _, model in
      try ToyExperiment(model, statistic: .q0, mu: 0).parameters(fitting: model.data, at: 0)
    }
    generators = zip(models, truths).map { ToyGenerator($0.model, at: $1) }
    // Auxiliary measurements by name, each drawn from the first model that has it.
    var places: [String: Int] = [:]
    var names: [String] = []
    columns = models.map { _, model in
      model.parameters.map { parameter in
        if let place = places[parameter.name] { return place }
        places[parameter.name] = names.count
        names.append(parameter.name)
        return names.count - 1
      }
    }
    auxiliaryNames = names
  }

  /// Toys that were thrown already: what a resumed test goes on from.
  public struct Progress: Hashable, Codable, Sendable {
    /// The largest q₀ of each toy.
    public var maxima: [Double] = []
    public init() {}
  }

  /// - Parameters:
  ///   - state: toys of an earlier call with the same models and seed; completed here, also when it is cancelled or fails.
  /// - Throws: ``InferenceError``, `RecordError.cancelled`.
  public func test(
    toys: Int, state: inout Progress, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) throws -> GlobalSignificance {
    precondition(toys > 0, "need a positive number of toys, got \(toys)")
    let local = try models.map { _, model in
      try ToyExperiment(model, statistic: .q0, mu: 0).statisticValue(of: model.data)
    }
    while state.maxima.count < toys {
      let first = state.maxima.count
      let count = min(8 * workers, toys - first)
      let batch = try concurrentMap(
        count: count, workers: workers, stage: "toys of the scan", unit: "toys", progress: { _ in },
        cancellation: cancellation
      ) { try largestStatistic(ofToy: first + $0) }
      for result in batch { state.maxima.append(try result.get()) }
      progress(.init(stage: "toys of the scan", completed: first + count, total: toys, unit: "toys"))
    }
    let largest = local.indices.max { local[$0] < local[$1] } ?? 0
    return GlobalSignificance(
      signals: models.map(\.name), local: local, largest: largest,
      globalP: ToyDistribution(values: Array(state.maxima.prefix(toys))).tail(from: local[largest]), toys: toys)
  }

  /// The largest q₀ of one toy.
  private func largestStatistic(ofToy index: Int) throws -> Double {
    var random = seed.child("look-elsewhere").stream(UInt64(index))
    let main = generators[0].drawMain(&random)
    var auxiliary = [Double](repeating: 0, count: auxiliaryNames.count)
    var next = 0
    for (generator, columns) in zip(generators, columns) {
      // Names are numbered in the order of their first appearance.
      for (parameter, column) in columns.enumerated() where column == next {
        auxiliary[column] = generator.drawAuxiliary(parameter, &random)
        next += 1
      }
    }
    var result = 0.0
    for (place, (_, model)) in models.enumerated() {
      let data = ModelData(main: main, auxiliary: columns[place].map { auxiliary[$0] })
      let experiment = try ToyExperiment(model, statistic: .q0, mu: 0)
      result = max(result, try experiment.statisticValue(of: data, startingAt: truths[place]))
    }
    return result
  }
}

/// The largest excess of a scan and how often background alone shows as large a one somewhere.
public struct GlobalSignificance: Hashable, Codable, Sendable {
  public var signals: [String]
  /// q₀ of the data, for each signal.
  public var local: [Double]
  /// The signal with the largest.
  public var largest: Int
  /// With its binomial error.
  public var globalP: ToyTest.Estimate
  public var toys: Int

  /// Z = √q₀ and its p-value, by asymptotic formulae.
  public var localZ: Double { local[largest].squareRoot() }
  public var localP: Double { Normal.upperTail(localZ) }
  public var globalZ: Double { Normal.upperQuantile(globalP.value) }

  var text: String {
    let bound = globalP.value == 0
    let p = bound ? "below \(number(1 / Double(toys)))" : "\(number(globalP.value)) ± \(number(globalP.error))"
    return
      "The largest excess is at \(signals[largest]): locally \(String(format: "%.3f", localZ)) sigma (p \(number(localP))); "
      + "background alone shows as large a one somewhere with p \(p) (\(toys) toys)"
      + (bound ? "." : ", \(String(format: "%.3f", max(0, globalZ))) sigma globally.")
  }

  var document: JSONValue {
    .object([
      JSONMember("largest", .string(signals[largest])), JSONMember("Z_local", finite(localZ)),
      JSONMember("p_local", finite(localP)), JSONMember("p_global", finite(globalP.value)),
      JSONMember("p_global_error", finite(globalP.error)), JSONMember("Z_global", finite(globalZ)),
      JSONMember("toys", .integer(toys)),
      JSONMember("Z_local_all", numbers(local.map { $0.squareRoot() })),
    ])
  }
}
