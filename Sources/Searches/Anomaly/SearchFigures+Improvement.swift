import Figures
import Foundation
import Learning

extension SearchRun.Outcome {
  /// Detectors, the baseline and, in black, the signal's own network.
  private func curveStyle(_ row: String, _ rows: [String]) -> LineStyle {
    if row == AnomalyTables.network { return LineStyle(.black, dash: .dashed, width: 1.4) }
    if row == card.fit.baseline.name { return LineStyle(Color(0x777777), dash: .dotted, width: 1.8) }
    // Black and yellow, the last colours, are taken and too faint: dashes come first.
    let index = rows.firstIndex(of: row) ?? 0
    return .cycle(index < 6 ? index : index + 2, width: 1.3)
  }

  func improvementCurves(_ anomaly: AnomalyTables) throws -> SearchFigure {
    let rows = anomaly.scores + [AnomalyTables.network]
    let panels = try card.signals.enumerated().map { index, signal -> Panel in
      let series = try rows.compactMap { row -> Series? in
        guard let sample = try heldOut(row, signal: signal.name) else { return nil }
        let points = try sample.cuts().significanceImprovementCurve(count: 60).compactMap { point in
          point.significanceImprovement.map { (point.backgroundEfficiency.value, $0.value) }
        }
        guard points.count > 1 else { return nil }
        return .line(
          LineSeries(shownTitle(row), x: points.map(\.0), y: points.map(\.1), style: curveStyle(row, rows)))
      }
      return Panel(
        x: AxisDescription("Background efficiency", scale: .logarithmic, lower: 1e-4, upper: 1),
        y: AxisDescription("ε_{S} / √ε_{B}", scale: .logarithmic), series: series,
        legend: index == 0 ? .above : .none, notes: [signal.title])
    }
    let columns = panels.inTwoRows()
    return SearchFigure(
      name: "improvement",
      caption:
        "Significance improvement ε_S/√ε_B of a cut on each score against the background that it keeps, as far as the held-out "
        + "background has an N_eff of 10; dashed: the signal's own supervised network.",
      figure: Figure(
        title: "Significance improvement", width: 264 * Double(columns.count), height: panels.count > 1 ? 500 : 260,
        columns: columns, leftMargin: 46))
  }

  /// Of each signal: the p-value of the largest excess in each score's tail, against the hidden fraction.
  func injectionFigure(_ anomaly: AnomalyTables) -> [SearchFigure] {
    guard let injection = anomaly.injection, let settings = card.anomaly.injection, settings.fractions.count > 1 else {
      return []
    }
    let rows = anomaly.scores
    let floor = 1 / Double(settings.toys + 1)
    let panels = card.signals.enumerated().map { index, signal -> Panel in
      var series: [Series] = rows.compactMap { row in
        let found = injection.filter { $0.score == row && $0.signal == signal.name }
        guard !found.isEmpty else { return nil }
        return .line(
          LineSeries(
            shownTitle(row), x: found.map { 100 * $0.fraction }, y: found.map { $0.excess[0] },
            style: curveStyle(row, rows)))
      }
      series.append(
        .rule(
          RuleSeries(
            index == 0 ? "3σ" : nil, .horizontal(y: InjectionTest.evidence),
            style: LineStyle(Color(0x999999), dash: .dashed, width: 0.9))))
      return Panel(
        x: AxisDescription("Hidden signal / background", unit: "%", scale: .logarithmic),
        y: AxisDescription("p-value", scale: .logarithmic, lower: floor / 2, marksEnd: 1), series: series,
        legend: index == 0 ? .above : .none, notes: [signal.title])
    }
    let columns = panels.inTwoRows()
    return [
      SearchFigure(
        name: "injection",
        caption:
          "Signal hidden in pseudo-data: the p-value of the largest excess in the tail of each score, which knows no signal, against "
          + "the hidden events for each background event (in all of the selection); median of \(settings.experiments) "
          + "pseudo-experiments, from \(settings.toys) background-only toys, so that none lies below "
          + String(format: "%.0e.", floor),
        figure: Figure(
          title: "Hidden signals", width: 266 * Double(columns.count), height: panels.count > 1 ? 520 : 270,
          columns: columns, leftMargin: 48))
    ]
  }
}
