import CoreNumerics
import Figures
import Foundation
import Histograms
import Reports

extension SearchRun.Outcome {
  /// The pictures of detectors; none without them.
  /// - Throws: `FigureError`, `SampleError`, `LearningError`.
  func anomalyFigures() throws -> [SearchFigure] {
    guard let anomaly else { return [] }
    return try [scoreShapes(), detectorLimits(), correlationOfBackground(anomaly), correlationsOfSignals(anomaly)]
      + [composition(anomaly), overlap(anomaly), improvementCurves(anomaly)]
      + injectionFigure(anomaly) + decorrelationFigure()
  }

  /// Detectors and the baseline, in the order of matrices.
  func shownTitle(_ name: String) -> String {
    switch name {
    case card.fit.baseline.name: card.fit.baseline.title
    case AnomalyTables.network: "own network"
    case AnomalyTables.background: "background"
    case AnomalyTables.all: "all events"
    default: titles[name] ?? name
    }
  }

  /// Colours of signals, the same in all pictures of detectors.
  func signalStyle(_ index: Int) -> LineStyle { .cycle(index, width: 1.2) }

  /// Each detector's scores: the background and every signal as shapes.
  private func scoreShapes() throws -> SearchFigure {
    let shown = detectors.filter { detector in card.detectors.contains { $0.name == detector.name } }
    let panels = try shown.enumerated().map { try scoreShape($1, withLegend: $0 == 0) }
    let columns = panels.inTwoRows()
    return SearchFigure(
      name: "scores",
      caption:
        "Scores of each detector on held-out events, each sample normalised to one: the background (filled) and the signals. "
        + "The last 0.1 % of the background and 1 % of the signals may lie outside.",
      figure: Figure(
        title: "Scores of anomaly detectors", width: 250 * Double(columns.count), height: panels.count > 1 ? 500 : 280,
        columns: columns, leftMargin: 48))
  }

  private func scoreShape(_ detector: DetectorScores, withLegend: Bool) throws -> Panel {
    func heldOut(_ sample: String) throws -> WeightedValues? {
      guard let events = samples[sample], let scores = detector.scores[sample] else { return nil }
      return try events.values(scores, part: .test)
    }
    let background = WeightedValues.joined(try card.backgrounds.compactMap { try heldOut($0.name) })
    let signals = try card.signals.map { try heldOut($0.name) ?? WeightedValues(values: [], weights: []) }
    func quantiles(_ part: WeightedValues, _ shares: [Double]) -> [Double] {
      weightedQuantiles(of: part.values, weights: part.weights.map { max($0, 0) }, at: shares) ?? []
    }
    let ends = quantiles(background, [0.001, 0.5, 0.999])
    let tops = signals.flatMap { quantiles($0, [0.99]) }
    guard ends.count == 3 else { throw SampleError(sample: detector.name, problem: "no background is held out") }
    let (low, high) = (ends[0], max(ends[2], tops.max() ?? ends[2]))
    // Errors span powers of ten.
    let isLogarithmic = low > 0 && high > 20 * ends[1]
    let bins = 40
    let edges = (0...bins).map { step -> Double in
      let share = Double(step) / Double(bins)
      return isLogarithmic ? low * pow(high / low, share) : low + share * (high - low)
    }
    let axis = try Axis(edges: edges)
    func shape(_ part: WeightedValues) throws -> [Double] {
      var histogram = Histogram1D(axis: axis)
      for (value, weight) in zip(part.values, part.weights) { try histogram.fill(value, weight: weight) }
      let total = part.weights.reduce(0, +)
      return histogram.sumW.map { max(0, $0 / total) }
    }
    let grey = Color(0xC9CDD2)
    var series: [Series] = [
      .histogram(
        HistogramSeries(
          "background", edges: edges, values: try shape(background), style: LineStyle(Color(0x5B6066), width: 0.9),
          fill: Fill(grey)))
    ]
    for (index, signal) in card.signals.enumerated() {
      series.append(
        .histogram(
          HistogramSeries(
            signal.title, edges: edges, values: try shape(signals[index]), style: signalStyle(index),
            standsOnZero: false)))
    }
    return Panel(
      x: AxisDescription("Score", scale: isLogarithmic ? .logarithmic : .linear),
      y: AxisDescription("Fraction of events / bin", scale: .logarithmic, lower: 2e-4, marksEnd: 1), series: series,
      legend: withLegend ? .above : .none, notes: [detector.title])
  }

  /// Limits of detectors and their combinations, divided by those of the networks: the table of the source.
  private func detectorLimits() -> SearchFigure {
    let rows = card.detectorRows.map(\.name) + [card.fit.baseline.name]
    let groups = Dictionary(
      card.detectorRows.map { row in
        (row.name, row.kind == .detector ? "detectors" : "combined")
      }, uniquingKeysWith: { first, _ in first })
    let values = rows.map { row in card.signals.map { tables.normalised[row]?[$0.name]?.median } }
    let texts = rows.map { row in
      card.signals.map { signal -> String in
        guard let limit = tables.limits[row]?[signal.name], let ratio = tables.normalised[row]?[signal.name]
        else { return "" }
        return String(format: ratio.median < 9.95 ? "%.2f" : "%.1f", ratio.median)
          + "\nμ < \(RoundedValue(limit.median, uncertainties: []).value)"
      }
    }
    return SearchFigure(
      name: "detectors",
      caption:
        "Expected upper limits at \(trimmed(100 * card.fit.confidenceLevel)) % CL from fits to the scores of detectors that "
        + "have seen no signal (rows) on each signal (columns), divided by the limit of the signal's own supervised network on the same "
        + "features; below each, the limit on μ.",
      figure: Figure(
        title: "Limits of anomaly detectors", width: 150 + 66 * Double(card.signals.count),
        height: 80 + 34 * Double(rows.count),
        columns: [
          [
            Panel(
              x: .categories(card.signals.map { Category($0.title, group: $0.group) }, title: "signal"),
              y: .categories(rows.map { Category(shownTitle($0), group: groups[$0] ?? "baseline") }),
              series: [
                .heatMap(
                  HeatMapSeries(
                    xEdges: (0...card.signals.count).map(Double.init), yEdges: (0...rows.count).map(Double.init),
                    values: values, texts: texts))
              ], legend: .none)
          ]
        ], leftMargin: 130, rightMargin: 56))
  }
}
