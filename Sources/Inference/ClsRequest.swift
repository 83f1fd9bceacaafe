import CoreNumerics
import Foundation
public import Records
import StatisticalModels

/// How p-values come about.
public enum CalculatorKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// The formulae of arXiv:1007.1727.
  case asymptotics
  /// Toy experiments.
  case toys
}

/// A test of one value of the parameter of interest, asked of a workspace file.
public struct ClsRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource
  /// *(number, default 1)*: the tested value. q₀ tests 0, whatever this is.
  public var mu: Double
  public var statistic: TestStatistic
  public var calculator: CalculatorKind
  /// *(number, default 0.95, in (0, 1))*: the confidence level of the verdict.
  public var confidenceLevel: Double
  /// *(integer, default 2000, above 0)*: toys of each hypothesis.
  public var toys: Int
  public var seed: UInt64
  /// Of asymptotic tests; toys expect what fits the data.
  public var expectation: ExpectationKind

  public init(
    _ source: WorkspaceSource, mu: Double = 1, statistic: TestStatistic = .qtilde,
    calculator: CalculatorKind = .asymptotics, cl: Double = 0.95, toys: Int = 2000, seed: UInt64 = 1,
    expectation: ExpectationKind = .postFit
  ) {
    self.source = source
    self.mu = mu
    self.statistic = statistic
    self.calculator = calculator
    confidenceLevel = cl
    self.toys = toys
    self.seed = seed
    self.expectation = expectation
  }

  /// Reads, tests and reports.
  /// - Parameters:
  ///   - state: a file with the toys of an earlier call, which this one goes on from and keeps its own in: every few thousand,
  ///     when it is cancelled and when it fails. Asymptotic tests leave it alone.
  ///   - workers: threads that throw toys. The result does not depend on them.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``ToyStateError``, ``FileError``,
  ///   `RecordError.cancelled`.
  public func run(
    state: URL? = nil, workers: Int = ProcessInfo.processInfo.activeProcessorCount,
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) throws -> ClsReport {
    guard confidenceLevel > 0, confidenceLevel < 1 else { throw InferenceError.badConfidenceLevel(confidenceLevel) }
    let (workspace, digest) = try source.load()
    let model = try Model(workspace, measurement: source.measurement)
    let result: ClsReport.Outcome
    switch calculator {
    case .asymptotics:
      var test = try AsymptoticCalculator(model, statistic: statistic).test(mu)
      if let prior = try expectation.calculator(model, statistic) { test.expected = try prior.test(mu).expected }
      result = .asymptotics(test)
    case .toys:
      let calculator = ToyCalculator(model, statistic: statistic, seed: SeedTree(root: seed), workers: workers)
      let arguments = ToyState.Arguments(
        workspaceDigest: digest, measurement: try workspace.measurement(named: source.measurement).name,
        mu: statistic == .q0 ? 0 : mu, statistic: statistic, seed: seed)
      result = .toys(try throwToys(calculator, arguments, state, progress, cancellation))
    }
    return ClsReport(
      request: self, poi: model.poi.map { model.parameters[$0].name } ?? "", outcome: result,
      version: searchlightVersion, workspaceDigest: digest)
  }

  /// Toys in portions, each kept when it is done, so that also a kill loses only one.
  private func throwToys(
    _ calculator: ToyCalculator, _ arguments: ToyState.Arguments, _ url: URL?, _ progress: @escaping ProgressHandler,
    _ cancellation: CancellationToken
  ) throws -> ToyTest {
    var state = ToyState(arguments: arguments)
    if let url, FileManager.default.fileExists(atPath: url.path) {
      state = try ToyState(readingFrom: url, for: arguments)
    }
    let total = toys
    func step(to count: Int) throws -> ToyTest {
      let before = state.progress
      let result = Result {
        try calculator.test(
          mu, toys: count, state: &state.progress,
          progress: { update in
            progress(.init(stage: update.stage, completed: update.completed, total: total, unit: update.unit))
          }, cancellation: cancellation)
      }
      if let url, state.progress != before { try state.write(to: url) }
      return try result.get()
    }
    // Portions grow with what is there, so that writing takes a constant share of the time.
    var done = state.progress.alternative.values.count
    while done + max(5000, done / 4) < total {
      done += max(5000, done / 4)
      _ = try step(to: done)
    }
    return try step(to: total)
  }
}
