import Figures
import Foundation

extension SearchRun.Outcome {
  /// Of each protected variable: its distribution in all background and behind a cut on scores, of the detectors that were
  /// decorrelated from it and of those of the same kind that were not.
  func decorrelationFigure() throws -> [SearchFigure] {
    let panels = try protectedVariables.map { variable -> Panel in
      let spectrum = try spectrum(variable)
      let feature = try card.compiledFeatures(file: card.name).features.first { $0.name == variable }
      var series: [Series] = [
        .histogram(
          HistogramSeries(
            "all background", edges: spectrum.edges, values: spectrum.all,
            style: LineStyle(Color(0x5B6066), width: 0.9),
            fill: Fill(Color(0xC9CDD2))))
      ]
      let kinds = card.detectors.filter { $0.protected == variable }.map(\.method.kind)
      let shown = card.detectors.filter { kinds.contains($0.method.kind) && [nil, variable].contains($0.protected) }
      for (index, detector) in shown.enumerated() {
        guard let scores = detectors.first(where: { $0.name == detector.name }) else { continue }
        let levels = try backgroundLevels(scores)
        let threshold = ScoreRelations.threshold(
          levels.values, weights: levels.weights, fraction: card.anomaly.fraction)
        series.append(
          .histogram(
            HistogramSeries(
              detector.title, edges: spectrum.edges, values: try spectrum.shares { levels.values[$0] >= threshold },
              style: LineStyle(
                Palette.okabeIto[index], dash: detector.protected == nil ? .dashed : .solid, width: 1.6),
              standsOnZero: false)))
      }
      return Panel(
        x: AxisDescription(
          feature?.title ?? card.fit.baseline.title, unit: feature?.unit ?? card.fit.baseline.unit),
        y: AxisDescription("Fraction of events / bin", lower: 0), series: series,
        notes: notes + ["\(AnomalyTables.plain(100 * card.anomaly.fraction)) % most anomalous"])
    }
    guard !panels.isEmpty else { return [] }
    return [
      SearchFigure(
        name: "decorrelation",
        caption:
          "The protected variable in all of the held-out background (filled) and among its most anomalous events: by detectors that "
          + "were decorrelated from it (solid) and by those of the same kind that were not (dashed). Events without the object are left out; "
          + "the end bins hold what lies outside.",
        figure: Figure(
          title: "Decorrelation", width: 380 * Double(panels.count), height: 320, columns: panels.map { [$0] }))
    ]
  }
}
