import Figures
import Foundation

extension SearchRun.Outcome {
  func correlationOfBackground(_ anomaly: AnomalyTables) -> SearchFigure {
    let matrix = anomaly.correlations[AnomalyTables.background]?.spearman ?? []
    return SearchFigure(
      name: "correlation",
      caption: "Rank correlation (Spearman, weighted) of the scores on the held-out background.",
      figure: Figure(
        title: "Correlation of scores on the background", width: 166 + 48 * Double(matrix.count),
        height: 110 + 32 * Double(matrix.count), columns: [[matrixPanel(matrix, anomaly, title: "background")]],
        leftMargin: 92, rightMargin: 60, bottomMargin: 64))
  }

  func correlationsOfSignals(_ anomaly: AnomalyTables) -> SearchFigure {
    let panels = card.signals.map { signal in
      matrixPanel(anomaly.correlations[signal.name]?.spearman ?? [], anomaly, title: signal.title)
    }
    let columns = panels.inTwoRows()
    return SearchFigure(
      name: "correlation-signals",
      caption: "Rank correlation (Spearman, weighted) of the scores on the held-out events of each signal.",
      figure: Figure(
        title: "Correlation of scores on signals", width: 366 * Double(columns.count),
        height: panels.count > 1 ? 580 : 300, columns: columns, leftMargin: 92, rightMargin: 60, bottomMargin: 64))
  }

  func overlap(_ anomaly: AnomalyTables) -> SearchFigure {
    let matrix = anomaly.tail.overlap[AnomalyTables.background] ?? []
    let share = AnomalyTables.plain(100 * anomaly.tail.fraction)
    let independent = anomaly.tail.fraction / (2 - anomaly.tail.fraction)
    return SearchFigure(
      name: "overlap",
      caption:
        "Of the background events that either of two scores puts among its \(share) % most anomalous, the part that both do; "
        + "independent scores would share \(String(format: "%.2f", independent)).",
      figure: Figure(
        title: "Overlap of the most anomalous events", width: 166 + 48 * Double(matrix.count),
        height: 110 + 32 * Double(matrix.count), columns: [[matrixPanel(matrix, anomaly, title: "")]],
        leftMargin: 92, rightMargin: 60, bottomMargin: 64))
  }

  private func matrixPanel(_ matrix: [[Double]], _ anomaly: AnomalyTables, title: String) -> Panel {
    let categories = anomaly.scores.map { Category(shownTitle($0)) }
    let edges = (0...categories.count).map(Double.init)
    return Panel(
      x: .categories(categories), y: .categories(categories, title: title),
      series: [
        .heatMap(
          HeatMapSeries(
            xEdges: edges, yEdges: edges, values: matrix.map { $0.map { $0.isFinite ? $0 : nil } },
            texts: matrix.map { $0.map { String(format: "%.2f", $0).replacing("-", with: "−") } },
            scale: .diverging(limit: 1)))
      ], legend: .none)
  }

  /// What the most anomalous events are made of.
  func composition(_ anomaly: AnomalyTables) -> SearchFigure {
    // Empty rows at the top have room for the legend.
    let blank = (card.backgrounds.count + 1) / 2
    let rows = [AnomalyTables.all] + anomaly.scores
    var series: [Series] = []
    var below = [Double](repeating: 0, count: rows.count)
    for (index, sample) in card.backgrounds.enumerated() {
      let shares = rows.map { 100 * (anomaly.tail.composition[$0]?[sample.name] ?? 0) }
      series.append(
        .spans(
          SpanSeries(
            sample.title, from: below, to: zip(below, shares).map { $0 + $1 },
            y: rows.indices.map { Double($0 + blank) + 0.5 }, height: 0.7, fill: Fill(Palette.petroff[index]),
            outline: LineStyle(.black, width: 0.5))))
      below = zip(below, shares).map { $0 + $1 }
    }
    let share = AnomalyTables.plain(100 * anomaly.tail.fraction)
    return SearchFigure(
      name: "composition",
      caption:
        "Composition of the background's \(share) % most anomalous expected events by each score, beside that of all events.",
      figure: Figure(
        title: "Composition of the most anomalous events", width: 420, height: 90 + 24 * Double(rows.count + blank),
        columns: [
          [
            Panel(
              x: AxisDescription("Share of expected events", unit: "%", lower: 0, upper: 100),
              y: .categories(
                Array(repeating: Category(""), count: blank) + rows.map { Category(shownTitle($0)) }), series: series,
              legend: .above)
          ]
        ], leftMargin: 84))
  }
}
