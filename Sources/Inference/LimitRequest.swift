import Foundation
import Records
import StatisticalModels

/// An upper limit asked of a workspace file.
public struct LimitRequest: Hashable, Codable, Sendable {
  /// pyhf's JSON.
  public var workspace: URL
  /// A JSON Patch, or a patch set of which ``patchName`` is taken; `nil` for none.
  public var patch: URL?
  /// A patch of the set.
  public var patchName: String?
  /// *(name, default the first)*: the measurement.
  public var measurement: String?
  /// *(number, default 0.95, in (0, 1))*: the confidence level.
  public var confidenceLevel: Double
  public var statistic: TestStatistic

  public init(
    workspace: URL, patch: URL? = nil, patchName: String? = nil, measurement: String? = nil, cl: Double = 0.95,
    statistic: TestStatistic = .qtilde
  ) {
    self.workspace = workspace
    self.patch = patch
    self.patchName = patchName
    self.measurement = measurement
    confidenceLevel = cl
    self.statistic = statistic
  }

  /// The same with a patch as it is named on a command line: a file, or where there is none of that name, a patch of the set
  /// `patchset.json` beside the workspace, as HEPData's archives have it.
  /// - Throws: ``WorkspaceError`` where it is neither.
  public init(
    workspace: URL, patchOrName word: String?, patchName: String? = nil, measurement: String? = nil, cl: Double = 0.95
  ) throws {
    self.init(
      workspace: workspace, patch: word.map { URL(fileURLWithPath: $0) }, patchName: patchName,
      measurement: measurement,
      cl: cl)
    guard let word, !FileManager.default.fileExists(atPath: word) else { return }
    let set = workspace.deletingLastPathComponent().appendingPathComponent("patchset.json")
    guard patchName == nil, FileManager.default.fileExists(atPath: set.path) else {
      let asName =
        patchName == nil ? ", and there is no patchset.json beside the workspace to hold a patch of that name" : ""
      throw WorkspaceError(file: word, path: "", message: "no such file\(asName)")
    }
    patch = set
    self.patchName = word
  }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``FileError``.
  public func run() throws -> LimitReport {
    let (workspace, digest) = try load()
    let model = try Model(workspace, measurement: measurement)
    let calculator = try AsymptoticCalculator(model, statistic: statistic)
    let limit = try calculator.upperLimit(confidenceLevel: confidenceLevel)
    return LimitReport(
      request: self, limit: limit, nominal: try calculator.test(1), bestFit: calculator.bestFit,
      version: searchlightVersion,
      workspaceDigest: digest)
  }

  /// The workspace, patched.
  public func load() throws -> (workspace: Workspace, digest: Digest) {
    let name = workspace.lastPathComponent
    var document = try JSONValue.parse(Data(readingFrom: workspace), file: name)
    if let patch {
      let change = try JSONValue.parse(Data(readingFrom: patch), file: patch.lastPathComponent)
      if case .object = change {
        let set = try PatchSet(change, file: patch.lastPathComponent)
        try set.verify(document, file: name)
        guard let patchName else {
          throw WorkspaceError(
            file: patch.lastPathComponent, path: "",
            message: "is a set of \(set.patches.count) patches; name one, for example '\(set.patches[0].name)'")
        }
        document = try set.patch(named: patchName).patch.applied(to: document)
      } else {
        document = try JSONPatch(change, file: patch.lastPathComponent).applied(to: document)
      }
    }
    return (try Workspace(document, file: name), document.digest)
  }
}

/// A limit with what it rests on.
public struct LimitReport: Hashable, Codable, Sendable {
  public var request: LimitRequest
  public var limit: UpperLimit
  /// The test of μ = 1.
  public var nominal: HypothesisTest
  public var bestFit: FitReport
  public var version: String
  public var workspaceDigest: Digest

  /// A plain verdict first, then the numbers.
  public var text: String {
    let level = percent(limit.confidenceLevel)
    let alpha = 1 - limit.confidenceLevel
    let expected = nominal.expected[2]
    var lines = [
      "\(limit.poi) = 1 is \(nominal.cls < alpha ? "excluded" : "not excluded") at \(level) CL by the data "
        + "(CLs \(number(nominal.cls))) and \(expected < alpha ? "was" : "was not") expected to be (\(number(expected))).",
      "",
      "Upper limit on \(limit.poi) at \(level) CL (asymptotic CLs, \(limit.statistic.rawValue))",
      "  observed   \(number(limit.observed))",
      "  expected   \(number(limit.expected[2]))   (median)",
      "  ±1 sigma   \(number(limit.expected[1])) … \(number(limit.expected[3]))",
      "  ±2 sigma   \(number(limit.expected[0])) … \(number(limit.expected[4]))",
      "  best fit   \(number(limit.bestMu))",
    ]
    if !bestFit.parametersAtBounds.filter({ $0 != limit.poi }).isEmpty {
      lines.append("  at bounds: \(bestFit.parametersAtBounds.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n")
  }

  /// `{"poi", "cl", "observed", "expected": [-2σ, …, +2σ], "best_fit", "CLs_obs", "CLs_exp", …}`, the last two for μ = 1 as
  /// `pyhf cls` prints them.
  public var document: JSONValue {
    func list(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
    return .object([
      JSONMember("poi", .string(limit.poi)), JSONMember("cl", .number(limit.confidenceLevel)),
      JSONMember("test_stat", .string(limit.statistic.rawValue)), JSONMember("observed", .number(limit.observed)),
      JSONMember("expected", list(limit.expected)), JSONMember("best_fit", .number(limit.bestMu)),
      JSONMember("CLs_obs", .number(nominal.cls)), JSONMember("CLs_exp", list(nominal.expected)),
      JSONMember("twice_nll", .number(bestFit.twiceNLL)), JSONMember("deviance", .number(bestFit.deviance)),
      JSONMember("parameters_at_bounds", .array(bestFit.parametersAtBounds.map { .string($0) })),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }

  private func number(_ value: Double) -> String {
    value != 0 && (abs(value) < 1e-3 || abs(value) >= 1e5)
      ? String(format: "%.4e", value) : String(format: "%.5g", value)
  }

  private func percent(_ level: Double) -> String { String(format: "%g %%", level * 100) }
}
