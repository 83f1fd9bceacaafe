import CoreNumerics
import Figures
import Foundation
public import Interpretation
import Learning

extension ClassifierDiagnostics {
  /// Significances against the threshold, the luminosity and the background's uncertainty.
  /// - Parameters:
  ///   - name: of the picture's file.
  ///   - title: what the classifier was trained on, rich text.
  public func significanceFigure(name: String, title: String) -> ReportFigure {
    let systematic = counting.best.systematic
    let percent = "δ = \(trimmed(100 * systematic)) %"
    func curves(_ points: [CountingAnalysis.Point], _ x: (CountingAnalysis.Point) -> Double) -> [Series] {
      [
        line("Z_{A}, b known", points, 0, .solid, x) { $0.asimov },
        line("Z_{A}, \(percent)", points, 1, .solid, x) { $0.asimovWithSystematic },
        line("s / \\sqrt{b}", points, 2, .dashed, x) { $0.simple },
        line("s / (s + b + δ^{2}b^{2})^{1/2}, \(percent)", points, 3, .dashDotted, x) { $0.measured },
      ].compactMap(\.self)
    }
    let grey = LineStyle(Color(0x888888), dash: .dotted, width: 0.8)
    let rules = [3.0, 5].map { Series.rule(RuleSeries(nil, .horizontal(y: $0), style: grey)) }
    let y = AxisDescription("Expected significance", unit: "σ", lower: 0)
    let best = logit(counting.best)
    let systematics = counting.bySystematic, anew = counting.bySystematicChosenAnew
    let panels = [
      Panel(
        x: AxisDescription("Threshold, ln p/(1 − p)"), y: y,
        series: curves(counting.byThreshold, logit) + [.rule(RuleSeries(nil, .vertical(x: best), style: grey))],
        notes: [title]),
      Panel(
        x: AxisDescription("Integrated luminosity", unit: "fb^{−1}", scale: .logarithmic), y: y,
        series: rules + curves(counting.byLuminosity) { $0.luminosity }, legend: .none),
      Panel(
        x: AxisDescription("Uncertainty δ of the background", unit: "%"), y: y,
        series: rules
          + [
            line("Z_{A}, cut of the left", systematics, 0, .solid, { 100 * $0.systematic }) { $0.asimovWithSystematic },
            line("Z_{A}, cut chosen for δ", anew, 4, .longDashed, { 100 * $0.systematic }) { $0.asimovWithSystematic },
            line("s / (s + b + δ^{2}b^{2})^{1/2}", systematics, 3, .dashDotted, { 100 * $0.systematic }) {
              $0.measured
            },
          ].compactMap(\.self)),
    ]
    let luminosity = trimmed(counting.best.luminosity)
    return ReportFigure(
      name: name,
      caption:
        "Expected significance of counting behind a cut on the score, signal at its nominal strength. Left: against the cut, at "
        + "\(luminosity) fb⁻¹; the dotted line is the cut that is best on validation events without an uncertainty of the background. "
        + "Middle: behind that cut, against the luminosity (colours as on the left). Right: against the relative uncertainty of the "
        + "background at \(luminosity) fb⁻¹, behind that cut and behind one chosen for each uncertainty. Events are test events.",
      figure: Figure(
        title: "Significance of counting, \(title)", width: 780, height: 270, columns: panels.map { [$0] },
        leftMargin: 46))
  }

  private func logit(_ point: CountingAnalysis.Point) -> Double {
    let p = min(max(Double(point.threshold), 1e-7), 1 - 1e-7)
    return log(p / (1 - p))
  }

  private func line(
    _ label: String, _ points: [CountingAnalysis.Point], _ color: Int, _ dash: LineStyle.Dash,
    _ x: (CountingAnalysis.Point) -> Double, _ y: (CountingAnalysis.Point) -> Double?
  ) -> Series? {
    let known = points.compactMap { point in y(point).map { (x(point), $0) } }
    guard known.count > 1 else { return nil }
    return .line(
      LineSeries(
        label, x: known.map(\.0), y: known.map(\.1), style: LineStyle(Palette.okabeIto[color], dash: dash, width: 1.4)))
  }

  /// Ranked bars of permutation and gradient importances, at most so many of each.
  public func importanceFigure(name: String, title: String, count: Int = 15) -> ReportFigure {
    func panel(_ importances: [FeatureImportance], _ axis: String, _ color: Color, notes: [String]) -> Panel {
      let shown = Array(importances.prefix(count))
      let centres = shown.indices.map { Double($0) + 0.5 }
      let ends: [Double] = shown.flatMap { [0.0, $0.value - $0.uncertainty, $0.value + $0.uncertainty] }
      let (low, high) = (ends.min() ?? 0, ends.max() ?? 0)
      return Panel(
        x: AxisDescription(
          axis, lower: low < 0 ? 1.1 * low : 0, upper: high > 0 ? 1.08 * high : max(1e-6, -low)),
        y: .categories(shown.map { Category(literal(shortened($0.feature, to: 28))) }),
        series: [
          .spans(
            SpanSeries(
              from: shown.map { _ in 0 }, to: shown.map(\.value), y: centres, height: 0.68, fill: Fill(color))),
          .points(
            PointSeries(
              x: shown.map(\.value), y: centres, xErrors: ErrorBars(symmetric: shown.map(\.uncertainty)),
              marker: .none)),
          .rule(RuleSeries(nil, .vertical(x: 0))),
        ], legend: .none, notes: notes)
    }
    let names = (permutationImportance.prefix(count) + gradientImportance.prefix(count)).map {
      literal(shortened($0.feature, to: 28))
    }
    let margin = 14 + widestLabel(names), rows = min(count, permutationImportance.count)
    return ReportFigure(
      name: name,
      caption:
        "What the network trained on \(RichText(title).plain) looks at. Left: how far the area under the ROC curve falls when a "
        + "feature is shuffled among events. Right: the mean change of the score when a feature moves by its width. With standard errors.",
      figure: Figure(
        title: "Importance of features, \(title)", width: 2 * (margin + 190), height: 70 + 14 * Double(rows),
        columns: [
          [panel(permutationImportance, "Fall of the AUC, shuffled", Color(0x5AA5D6), notes: [])],
          [panel(gradientImportance, "⟨|∂p/∂x|⟩ · width of x", Color(0xE0884F), notes: [])],
        ], leftMargin: margin))
  }

  /// Features before and after the cut, each distribution normalised to one.
  public func cutFigure(name: String, title: String) -> ReportFigure? {
    let panels = cutViews.enumerated().map { index, view -> Panel in
      let colors = [Color(0xC0282D), Color(0x3F90DA)]
      var series: [Series] = []
      for (word, shapes, color) in [("signal", view.signal, colors[0]), ("background", view.background, colors[1])] {
        for (when, sums, isAfter) in [("before", shapes.before, false), ("after", shapes.after, true)] {
          let total = sums.reduce(0) { $0 + $1.sum }
          guard total > 0 else { continue }
          series.append(
            .histogram(
              HistogramSeries(
                "\(word), \(when)", edges: view.edges, values: sums.map { $0.sum / total },
                errors: isAfter ? sums.map { $0.uncertainty / total } : nil,
                style: LineStyle(color, dash: isAfter ? .solid : .dashed, width: isAfter ? 1.5 : 1.1))))
        }
      }
      return Panel(
        x: AxisDescription(view.title, unit: view.unit.isEmpty ? nil : view.unit, integers: view.isCount),
        y: AxisDescription("Fraction of events"), series: series, legend: index == 0 ? .above : .none,
        notes: index == 0 ? [title] : [])
    }.filter { !$0.series.isEmpty }
    guard !panels.isEmpty else { return nil }
    let count = (panels.count + 1) / 2
    let columns = (0..<count).map { column in
      [column, column + count].compactMap { panels.indices.contains($0) ? panels[$0] : nil }
    }
    return ReportFigure(
      name: name,
      caption:
        "Features of test events before (dashed) and after (solid) the cut p ≥ \(String(format: "%.4g", cutViewThreshold)) on the score of "
        + "the network trained on \(RichText(title).plain), each normalised to one: the kinematic cuts that the network has learnt to make, "
        + "and what it makes of the background.",
      figure: Figure(
        title: "Before and after a cut on the score, \(title)", width: 230 * Double(count),
        height: panels.count > 1 ? 420 : 230, columns: columns))
  }

  /// Scores of training events over those of test events, with the comparison in the legend.
  public func overTrainingPanel(title: String) -> Panel {
    let centres = overTraining.edges.indices.dropLast().map {
      (overTraining.edges[$0] + overTraining.edges[$0 + 1]) / 2
    }
    var series: [Series] = []
    let colors = [
      ("background", overTraining.background, Color(0x3F90DA)), ("signal", overTraining.signal, Color(0xC0282D)),
    ]
    for (word, comparison, color) in colors {
      series.append(
        .histogram(
          HistogramSeries(
            "\(word), test", edges: overTraining.edges, values: comparison.test.map(\.sum),
            style: LineStyle(color, width: 1),
            fill: word == "signal" ? nil : Fill(color.mixed(with: .white, fraction: 0.65)))))
    }
    let heights = (overTraining.signal.test + overTraining.background.test).map(\.sum).filter { $0 > 0 }
    for (word, comparison, color) in colors {
      let shown = comparison.training.indices.filter { comparison.training[$0].sum > 0 }
      let ks = comparison.kolmogorovSmirnov
      series.append(
        .points(
          PointSeries(
            "\(word), train: KS \(String(format: "%.3f", ks.distance)), p = \(Self.probability(ks.pValue))",
            x: shown.map { centres[$0] }, y: shown.map { comparison.training[$0].sum },
            yErrors: ErrorBars(
              down: shown.map { min(comparison.training[$0].uncertainty, 0.9 * comparison.training[$0].sum) },
              up: shown.map { comparison.training[$0].uncertainty }),
            markerSize: 3.2, color: color.mixed(with: .black, fraction: 0.35))))
    }
    return Panel(
      x: AxisDescription("Score", lower: 0, upper: 1),
      y: AxisDescription(
        "Fraction of events", scale: .logarithmic, lower: max(0.3 * (heights.min() ?? 1e-3), 1e-5),
        marksEnd: 1),
      series: series, notes: [title])
  }

  private static func probability(_ p: Double) -> String {
    guard p < 1e-3 else { return String(format: "%.2g", p) }
    guard p >= 1e-300 else { return "0" }
    let exponent = Int(log10(p).rounded(.down))
    return "\(String(format: "%.0f", p / pow(10, Double(exponent))))×10^{\(exponent)}"
  }

  /// How often events of a score are signal, with the score as it is and calibrated.
  public func reliabilityPanel(title: String) -> Panel {
    let kinds = [
      ("score", "score as it is", Marker.circle, 0), ("platt", "Platt", .openSquare, 1),
      ("isotonic", "isotonic", .openTriangle, 2),
    ]
    let series = kinds.compactMap { key, word, marker, color -> Series? in
      guard let curve = calibration[key] else { return nil }
      return .points(
        PointSeries(
          "\(word): ECE = \(String(format: "%.4f", curve.expectedCalibrationError))", x: curve.bins.map(\.meanScore),
          y: curve.bins.map(\.signalFraction.value),
          yErrors: ErrorBars(symmetric: curve.bins.map(\.signalFraction.uncertainty)), marker: marker,
          color: Palette.okabeIto[color]))
    }
    return Panel(
      x: AxisDescription("Mean score", lower: 0, upper: 1),
      y: AxisDescription("Fraction of signal", lower: 0, marksEnd: 1),
      series: [
        .line(LineSeries(x: [0, 1], y: [0, 1], style: LineStyle(Color(0x888888), dash: .dotted, width: 0.9)))
      ] + series, notes: [title])
  }
}
