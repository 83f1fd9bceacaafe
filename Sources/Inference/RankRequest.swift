import Foundation
public import Records
public import StatisticalModels

/// A ranking of nuisance parameters, asked of a workspace file.
public struct RankRequest: Hashable, Codable, Sendable {
  public var source: WorkspaceSource

  public init(_ source: WorkspaceSource) { self.source = source }

  /// Reads, fits and reports.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``InferenceError``, ``FileError``.
  public func run() throws -> RankReport {
    let (model, digest) = try source.model()
    return RankReport(
      request: self, poi: model.poi.map { model.parameters[$0].name } ?? "", ranking: try model.ranking(),
      version: searchlightVersion, workspaceDigest: digest)
  }
}

/// A ranking with what it rests on.
public struct RankReport: Hashable, Codable, Sendable {
  public var request: RankRequest
  /// The parameter of interest.
  public var poi: String
  public var ranking: ParameterRanking
  public var version: String
  public var workspaceDigest: Digest

  /// The parameter of interest at the best fit.
  public var best: FitReport.FittedParameter? { ranking.fit.parameters.first { $0.name == poi } }

  /// A plain verdict first, then the numbers.
  public var text: String {
    let fitted = best.map { best in
      "\(number(best.value))" + (best.uncertainty.map { " ± \(number($0))" } ?? " (at its bound)")
    }
    guard let first = ranking.impacts.first else { return "\(poi) = \(fitted ?? "?"); no nuisance parameter is free." }
    let width = max(9, ranking.impacts.map(\.name.count).max() ?? 0)
    var lines = [
      "\(first.name) moves \(poi) = \(fitted ?? "?") most: by \(signed(first.up)) and \(signed(first.down)) for ±1 sigma.",
      "", "\(padded("parameter", width))  impact up  down       before the fit       pull    constraint",
    ]
    for impact in ranking.impacts {
      let before = impact.prefitUp.flatMap { up in impact.prefitDown.map { "\(signed(up))  \(signed($0))" } } ?? ""
      let pull = impact.pull.map { String(format: "%+.3f", $0) } ?? ""
      let constraint = impact.constraint.map { String(format: "%.3f", $0) } ?? ""
      lines.append(
        ("\(padded(impact.name, width))  \(padded(signed(impact.up), 9))  \(padded(signed(impact.down), 9))  "
          + "\(padded(before, 20))  \(padded(pull, 6))  \(constraint)").trimmedAtEnd)
    }
    return lines.joined(separator: "\n")
  }

  private func signed(_ value: Double) -> String { String(format: "%+.5f", value == 0 ? 0 : value) }

  /// `{"poi", "best_fit", "uncertainty", "impacts": [{"name", "up", "down", "prefit_up", "prefit_down", "pull", …}]}`.
  public var document: JSONValue {
    .object([
      JSONMember("poi", .string(poi)), JSONMember("best_fit", finite(best?.value)),
      JSONMember("uncertainty", finite(best?.uncertainty)),
      JSONMember(
        "impacts",
        .array(
          ranking.impacts.map { impact in
            .object([
              JSONMember("name", .string(impact.name)), JSONMember("up", finite(impact.up)),
              JSONMember("down", finite(impact.down)), JSONMember("prefit_up", finite(impact.prefitUp)),
              JSONMember("prefit_down", finite(impact.prefitDown)), JSONMember("value", finite(impact.value)),
              JSONMember("uncertainty", finite(impact.uncertainty)), JSONMember("pull", finite(impact.pull)),
              JSONMember("constraint", finite(impact.constraint)),
            ])
          })),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ])
  }
}
