import CoreNumerics
import Foundation
public import Records
public import StatisticalModels

/// Tests of a grid of signals with what they rest on.
public struct GridReport: Hashable, Codable, Sendable {
  /// A parameter of a signal.
  public enum Value: Hashable, Codable, Sendable, CustomStringConvertible {
    case number(Double)
    case text(String)

    init(_ value: JSONValue) {
      switch value {
      case .number(let number): self = .number(number)
      case .integer(let integer): self = .number(Double(integer))
      case .string(let text): self = .text(text)
      default: self = .text(value.text())
      }
    }

    public var description: String {
      switch self {
      case .number(let number): String(format: "%g", number)
      case .text(let text): text
      }
    }

    var document: JSONValue {
      switch self {
      case .number(let number): .number(number)
      case .text(let text): .string(text)
      }
    }
  }

  public enum Outcome: Hashable, Codable, Sendable {
    case tested(HypothesisTest, limit: UpperLimit?, bestMu: Double)
    /// Why there is no number.
    case failed(String)

    init(_ result: Result<GridRequest.Tested, any Error>) {
      switch result {
      case .success(let tested): self = .tested(tested.test, limit: tested.limit, bestMu: tested.bestMu)
      case .failure(let error): self = .failed("\(error)")
      }
    }
  }

  public struct Point: Hashable, Codable, Sendable {
    /// The patch's.
    public var name: String
    /// In the order of the set's labels.
    public var values: [Value]
    public var outcome: Outcome

    /// The test of the nominal signal strength; `nil` where it failed.
    public var test: HypothesisTest? {
      if case .tested(let test, _, _) = outcome { test } else { nil }
    }
    public var limit: UpperLimit? {
      if case .tested(_, let limit, _) = outcome { limit } else { nil }
    }
    public var failure: String? {
      if case .failed(let reason) = outcome { reason } else { nil }
    }
  }

  public var request: GridRequest
  public var labels: [String]
  /// The labels of the plane, by index: two, one, or none where the values are no numbers.
  public var axes: [Int]
  public var points: [Point]
  public var global: GlobalSignificance?
  public var version: String
  public var workspaceDigest: Digest
  /// Of the patch set's file.
  public var patchSetDigest: Digest

  public var failures: [Point] { points.filter { $0.failure != nil } }

  private var alpha: Double { 1 - request.confidenceLevel }
  /// Signals that the data exclude, and those expected to be (median).
  public var excluded: [Point] { points.filter { ($0.test?.cls ?? 1) < alpha } }
  public var expectedExcluded: [Point] { points.filter { ($0.test?.expected[2] ?? 1) < alpha } }
}

extension GridReport {
  /// A plain verdict first, then the numbers.
  public var text: String {
    let level = percent(request.confidenceLevel)
    var lines = [
      "\(excluded.count) of \(points.count) signals are excluded at \(level) CL by the data; \(expectedExcluded.count) were "
        + "expected to be."
    ]
    if let global { lines.append(global.text) }
    if !failures.isEmpty { lines.append("\(failures.count) could not be tested; the reasons are below.") }
    let width = max(6, points.map(\.name.count).max() ?? 0)
    lines += [
      "",
      "\(padded("signal", width))  CLs         expected    ±1 sigma                  verdict"
        + (points.contains { $0.limit != nil } ? "        limit       expected" : ""),
    ]
    for point in points {
      guard let test = point.test else {
        lines.append("\(padded(point.name, width))  failed: \(point.failure ?? "")")
        continue
      }
      let band = "\(number(test.expected[1])) … \(number(test.expected[3]))"
      let verdict = test.cls < alpha ? "excluded" : "not excluded"
      let limit = point.limit.map { "  \(padded(number($0.observed), 10))  \(number($0.median))" } ?? ""
      lines.append(
        ("\(padded(point.name, width))  \(padded(number(test.cls), 10))  \(padded(number(test.expected[2]), 10))  "
          + "\(padded(band, 24))  \(padded(verdict, 13))\(limit)").trimmedAtEnd)
    }
    return lines.joined(separator: "\n")
  }

  /// `{"points": [{"name", "values", "CLs_obs", "CLs_exp", …}], "contours": {"observed": […], …}, "global", …}`.
  public var document: JSONValue {
    let contours = contours.map { contours in
      JSONValue.object([
        JSONMember("observed", Self.document(contours.observed)),
        JSONMember("expected", Self.document(contours.expected)),
        JSONMember("expected_minus_1sigma", Self.document(contours.minusOneSigma)),
        JSONMember("expected_plus_1sigma", Self.document(contours.plusOneSigma)),
      ])
    }
    return .object([
      JSONMember("cl", .number(request.confidenceLevel)), JSONMember("test_stat", .string(request.statistic.rawValue)),
      JSONMember("labels", .array(labels.map { .string($0) })),
      JSONMember("excluded", .array(excluded.map { .string($0.name) })),
      JSONMember("expected_excluded", .array(expectedExcluded.map { .string($0.name) })),
      JSONMember("points", .array(points.map(Self.document))), JSONMember("contours", contours ?? .null),
      JSONMember("global", global?.document ?? .null), JSONMember("workspace_sha256", .string(workspaceDigest.hex)),
      JSONMember("patch_set_file_sha256", .string(patchSetDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }

  private static func document(_ point: Point) -> JSONValue {
    var members = [
      JSONMember("name", .string(point.name)), JSONMember("values", .array(point.values.map(\.document))),
    ]
    switch point.outcome {
    case .failed(let reason): members.append(JSONMember("error", .string(reason)))
    case .tested(let test, let limit, let bestMu):
      members += [
        JSONMember("CLs_obs", finite(test.cls)), JSONMember("CLs_exp", numbers(test.expected)),
        JSONMember("best_fit", finite(bestMu)),
      ]
      if let limit {
        members += [
          JSONMember("limit_obs", finite(limit.observed)), JSONMember("limit_exp", numbers(limit.expected)),
        ]
      }
    }
    return .object(members)
  }

  private static func document(_ lines: [[Triangulation.Point]]) -> JSONValue {
    .array(lines.map { .array($0.map { numbers([$0.x, $0.y]) }) })
  }

  /// One line a signal (RFC 4180): its name, its values, CLs and its band; limits where they were computed. Empty cells for
  /// what failed.
  public var csv: String {
    let band = ["-2", "-1", "0", "+1", "+2"]
    let hasLimits = points.contains { $0.limit != nil }
    var rows = [
      ["name"] + labels + ["CLs_obs"] + band.map { "CLs_exp_\($0)sigma" } + ["best_fit"]
        + (hasLimits ? ["limit_obs"] + band.map { "limit_exp_\($0)sigma" } : [])
    ]
    func cell(_ value: Double) -> String { value.isFinite ? "\(value)" : "" }
    for point in points {
      var row = [point.name] + point.values.map(\.description)
      if case .tested(let test, let limit, let bestMu) = point.outcome {
        row += ([test.cls] + test.expected + [bestMu]).map(cell)
        if let limit { row += ([limit.observed] + limit.expected).map(cell) }
      }
      rows.append(row + Array(repeating: "", count: max(0, rows[0].count - row.count)))
    }
    return rows.map { $0.map(Self.quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
  }

  private static func quoted(_ cell: String) -> String {
    cell.contains { ",\"\r\n".contains($0) } ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
  }
}
