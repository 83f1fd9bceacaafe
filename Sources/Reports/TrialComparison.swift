import Figures

/// Several searches side by side: how fast each finds what.
public struct TrialComparison: Hashable, Sendable {
  /// With the names they are shown under.
  public var reports: [(name: String, report: TrialReport)] { zip(names, all).map { ($0, $1) } }
  private let names: [String]
  private let all: [TrialReport]

  public init(_ reports: [(name: String, report: TrialReport)]) {
    names = reports.map(\.name)
    all = reports.map(\.report)
  }

  /// A line a search: trials, and the best after a third, two thirds and all of them.
  public var text: String {
    let rows = reports.map { name, report in
      let count = report.trials.count
      let bests = [count / 3, 2 * count / 3, count].map { part in
        part > 0 ? report.best[part - 1].map(TrialReport.number) ?? "–" : "–"
      }
      return [name, "\(count)"] + bests + [report.search.objective]
    }
    return TrialReport.aligned([["store", "trials", "best of 1/3", "of 2/3", "of all", "of"]] + rows)
      .joined(separator: "\n")
  }

  /// `best-by-trial`; none where no trial is complete.
  public var figures: [ReportFigure] {
    let shown = reports.filter { $0.report.bestTrial != nil }
    guard let first = shown.first?.report else { return [] }
    // The first trials of one search may be far off: the axis begins where all have found something.
    let starts = shown.compactMap { entry in entry.report.best.compactMap(\.self).dropFirst(2).first }
    let range: ClosedRange<Double> =
      first.search.direction == .minimize
      ? -Double.infinity...(starts.max() ?? .infinity) : (starts.min() ?? -.infinity)...Double.infinity
    let series = shown.enumerated().map { index, entry in
      Series.line(entry.report.bestLine(literal(entry.name), .cycle(index, width: 1.6), within: range))
    }
    let count = shown.map(\.report.trials.count).max() ?? 1
    let panel = Panel(
      x: AxisDescription("Trial", lower: 0, upper: Double(max(count, 2)), integers: true),
      y: AxisDescription("Best \(first.search.objective)"), series: series)
    return [
      ReportFigure(
        name: "best-by-trial",
        caption: "Best \(first.search.objective) of each trial and those before: \(names.joined(separator: ", ")).",
        figure: Figure(title: "Best result by trial", width: 400, height: 270, columns: [[panel]], leftMargin: 58))
    ]
  }
}
