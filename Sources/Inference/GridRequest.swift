import CoreNumerics
import Foundation
public import Records
import StatisticalModels

/// Tests of all signals of a patch set at their nominal strength.
public struct GridRequest: Hashable, Codable, Sendable {
  /// The background's workspace.
  public var workspace: URL
  public var patchSet: URL
  /// *(name, default the first)*: the measurement.
  public var measurement: String?
  public var statistic: TestStatistic
  /// *(number, default 0.95, in (0, 1))*: the confidence level of verdict and contours.
  public var confidenceLevel: Double
  /// *(names, default the first two that have numbers)*: the set's labels that span the plane of the contours.
  public var axes: [String]?
  /// *(Boolean, default false)*: whether upper limits are computed too; with one axis they are, for its figure.
  public var limits: Bool
  /// *(integer, default 0: none, not negative)*: toys of the background for the global significance of the largest excess.
  public var globalToys: Int
  public var seed: UInt64

  public init(
    workspace: URL, patchSet: URL, measurement: String? = nil, statistic: TestStatistic = .qtilde, cl: Double = 0.95,
    axes: [String]? = nil, limits: Bool = false, globalToys: Int = 0, seed: UInt64 = 1
  ) {
    self.workspace = workspace
    self.patchSet = patchSet
    self.measurement = measurement
    self.statistic = statistic
    confidenceLevel = cl
    self.axes = axes
    self.limits = limits
    self.globalToys = globalToys
    self.seed = seed
  }

  /// Reads, tests all signals in parallel and reports. A signal whose test fails has its reason in the report.
  /// - Parameters:
  ///   - state: a file that keeps the toys of the global significance; see ``GlobalToyState``.
  ///   - workers: threads; the result does not depend on them.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``GridError``, ``ToyStateError``,
  ///   ``FileError``, `RecordError.cancelled`.
  public func run(
    state: URL? = nil, workers: Int = ProcessInfo.processInfo.activeProcessorCount,
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) throws -> GridReport {
    guard confidenceLevel > 0, confidenceLevel < 1 else { throw InferenceError.badConfidenceLevel(confidenceLevel) }
    let file = workspace.lastPathComponent
    let document = try JSONValue.parse(Data(readingFrom: workspace), file: file)
    let set = try PatchSet(readingFrom: patchSet)
    try set.verify(document, file: file)
    let axes = try GridAxes(self.axes, of: set)
    let results = try concurrentMap(
      count: set.patches.count, workers: workers, stage: "tests", unit: "signals", progress: progress,
      cancellation: cancellation
    ) { index in
      let patch = set.patches[index]
      let workspace = try Workspace(patch.patch.applied(to: document), file: "\(file) with \(patch.name)")
      let model = try Model(workspace, measurement: measurement)
      let calculator = try AsymptoticCalculator(model, statistic: statistic)
      return Tested(
        model: globalToys > 0 ? model : nil, test: try calculator.test(1),
        limit: limits || axes.indices.count == 1
          ? try calculator.upperLimit(confidenceLevel: confidenceLevel) : nil,
        bestMu: calculator.bestMu)
    }
    let points = zip(set.patches, results).map { patch, result in
      GridReport.Point(
        name: patch.name, values: patch.values.map(GridReport.Value.init), outcome: GridReport.Outcome(result))
    }
    return GridReport(
      request: self, labels: set.labels, axes: axes.indices, points: points,
      global: try globalSignificance(set, results, document.digest, state, workers, progress, cancellation),
      version: searchlightVersion, workspaceDigest: document.digest,
      patchSetDigest: Digest.of(try Data(readingFrom: patchSet)))
  }

  struct Tested {
    var model: Model?
    var test: HypothesisTest
    var limit: UpperLimit?
    var bestMu: Double
  }

  private func globalSignificance(
    _ set: PatchSet, _ results: [Result<Tested, any Error>], _ digest: Digest, _ state: URL?, _ workers: Int,
    _ progress: @escaping ProgressHandler, _ cancellation: CancellationToken
  ) throws -> GlobalSignificance? {
    guard globalToys > 0 else { return nil }
    // The largest of a list that lacks some is not the largest: failures are failures here.
    let models = try zip(set.patches, results).map { patch, result in
      (name: patch.name, model: try result.get().model)
    }.compactMap { entry in entry.model.map { (name: entry.name, model: $0) } }
    let search = try LookElsewhere(models, seed: SeedTree(root: seed), workers: workers)
    let arguments = GlobalToyState.Arguments(
      workspaceDigest: digest, patchSetDigest: Digest.of(try Data(readingFrom: patchSet)), measurement: measurement,
      seed: seed)
    var kept = GlobalToyState(arguments: arguments)
    if let state, FileManager.default.fileExists(atPath: state.path) {
      kept = try GlobalToyState(readingFrom: state, for: arguments)
    }
    func step(to count: Int) throws -> GlobalSignificance {
      let before = kept.progress
      let result = Result {
        try search.test(
          toys: count, state: &kept.progress,
          progress: { update in
            progress(.init(stage: update.stage, completed: update.completed, total: globalToys, unit: update.unit))
          }, cancellation: cancellation)
      }
      if let state, kept.progress != before { try kept.write(to: state) }
      return try result.get()
    }
    // In portions that grow with what is there, each kept when it is done, so that also a kill loses only one.
    var done = kept.progress.maxima.count
    while done + max(100, done / 4) < globalToys {
      done += max(100, done / 4)
      _ = try step(to: done)
    }
    return try step(to: globalToys)
  }
}

/// A grid that cannot be tested.
public struct GridError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  public init(description: String) { self.description = description }
}

/// Which labels of a patch set span the plane.
struct GridAxes {
  /// At most two of the set's labels, by index.
  var indices: [Int]

  init(_ names: [String]?, of set: PatchSet) throws {
    let numeric = set.labels.indices.filter { label in
      set.patches.allSatisfy { patch in
        if case .number = GridReport.Value(patch.values[label]) { true } else { false }
      }
    }
    guard let names else {
      indices = Array(numeric.prefix(2))
      return
    }
    indices = try names.map { name in
      guard let index = set.labels.firstIndex(of: name) else {
        throw GridError(
          description: "\(set.file): no label '\(name)'; there are \(set.labels.joined(separator: ", "))")
      }
      guard numeric.contains(index) else {
        throw GridError(description: "\(set.file): the label '\(name)' has values that are no numbers")
      }
      return index
    }
  }
}
