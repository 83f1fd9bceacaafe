public import Foundation
public import HyperparameterSearch
import Records
public import TrialStores

/// The trials of a search as a table, with the best so far and what the parameters have to do with it.
public struct TrialReport: Hashable, Codable, Sendable {
  public var schema = 1
  public var search: StoredSearch
  public var trials: [Trial]
  /// By trial: the best value of it and those before it; nil until one is complete.
  public var best: [Double?]
  /// The number of the best trial.
  public var bestTrial: Int?
  /// Nil where too few trials are complete.
  public var importances: ParameterImportances?

  enum CodingKeys: String, CodingKey {
    case schema, search, trials, best, importances
    case bestTrial = "best_trial"
  }

  public init(search: StoredSearch, trials: [Trial]) {
    self.search = search
    self.trials = trials
    best = trials.indices.map { trials.prefix($0 + 1).best(search.direction)?.value }
    bestTrial = trials.best(search.direction)?.number
    importances = ParameterImportances(of: trials, in: search.space, direction: search.direction)
  }

  /// - Throws: `TrialStoreError`.
  public init(_ store: TrialStore) throws { self.init(search: store.search, trials: try store.trials()) }

  /// All of it, with the numbers of reports that are not finite as texts.
  public func json() throws -> Data {
    let encoder = JSONEncoder.canonical
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(self)
  }

  /// Counts, the table of trials, the importances.
  public var text: String {
    [[summary], table, importanceTable].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n")
  }

  private var summary: String {
    let counts = [Trial.Status.complete, .pruned, .failed, .running].compactMap { status in
      let count = trials.count { $0.status == status }
      return count > 0 ? "\(count) \(status == .running ? "not finished" : status.rawValue)" : nil
    }
    let wanted = search.direction == .minimize ? "smaller is better" : "larger is better"
    let best = trials.best(search.direction).map { "best \(Self.text($0.value)) of trial \($0.number)" }
    return "\(search.title): \(trials.count) trials (\(counts.joined(separator: ", "))); \(search.objective), \(wanted)"
      + (best.map { "; \($0)" } ?? "")
  }

  private var table: [String] {
    guard !trials.isEmpty else { return [] }
    let names = search.space.parameters.map(\.name)
    let rows = zip(trials, best).map { trial, best in
      ["\(trial.number)", trial.status.rawValue, Self.text(trial.value), Self.text(best)]
        + names.map { trial.point[$0].map(Self.text) ?? "" }
    }
    var lines = Self.aligned([["trial", "status", search.objective, "best"] + names] + rows)
    for trial in trials { if let failure = trial.failure { lines.append("trial \(trial.number): \(failure)") } }
    return lines
  }

  private var importanceTable: [String] {
    guard let importances else { return [] }
    let rows = importances.shares.map {
      [$0.parameter, String(format: "%.2f", $0.main), String(format: "%.2f", $0.total)]
    }
    return Self.aligned([["importance", "alone", "in all"]] + rows) + [
      String(
        format: "the surrogate predicts %.0f %% of the variance of trials that it has not seen",
        100 * max(0, importances.predictivity))
    ]
  }

  static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let pad = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + pad : pad + text
      }.joined(separator: "  ")
    }
  }

  static func number(_ value: Double) -> String { String(format: "%.6g", value) }

  private static func text(_ value: Double?) -> String { value.map(number) ?? "" }

  static func text(_ value: SearchValue) -> String {
    if case .real(let x) = value { String(format: "%.4g", x) } else { value.description }
  }
}
