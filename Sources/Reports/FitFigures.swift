import Figures
import Foundation
public import Inference

extension WorkspaceFit {
  /// Pulls and correlations; neither where there is nothing to show.
  public var figures: [ReportFigure] { [pullFigure, correlationFigure].compactMap(\.self) }

  /// (θ − θ₀)/σ₀ with σ/σ₀ as bars, of every parameter with an auxiliary measurement.
  private var pullFigure: ReportFigure? {
    let entries = zip(fit.parameters, pulls).compactMap { parameter, pull in
      pull.map { (name: parameter.name, pull: $0) }
    }
    guard !entries.isEmpty else { return nil }
    let perColumn = 45
    let columnCount = (entries.count + perColumn - 1) / perColumn
    let rows = (entries.count + columnCount - 1) / columnCount
    let reach = max(3, entries.map { abs($0.pull.value) + ($0.pull.constraint ?? 0) }.max() ?? 0)
    let chunks = stride(from: 0, to: entries.count, by: rows).map {
      Array(entries[$0..<min($0 + rows, entries.count)])
    }
    let columns = chunks.map { chunk in
      [
        pullPanel(
          names: chunk.map(\.name), pulls: chunk.map(\.pull.value), constraints: chunk.map { $0.pull.constraint ?? 0 },
          reach: reach.rounded(.up))
      ]
    }
    let margin = 14 + widestLabel(entries.map { literal(shortened($0.name)) })
    return ReportFigure(
      name: "pulls",
      caption:
        "Pulls (θ − θ₀)/σ₀ of the fitted parameters that an auxiliary measurement θ₀ ± σ₀ constrains, with their "
        + "uncertainties after the fit in units of those before it. Green and yellow: ±1 and ±2.",
      figure: Figure(
        title: "Pulls of the nuisance parameters", width: Double(columnCount) * (margin + 192),
        height: 70 + 12.5 * Double(rows), columns: columns, leftMargin: margin))
  }

  /// Correlations of the parameters that are correlated with any other by more than a tenth.
  private var correlationFigure: ReportFigure? {
    guard let correlations else { return nil }
    let strength = correlations.values.enumerated().map { row, values in
      values.enumerated().filter { $0.offset != row }.map { abs($0.element) }.max() ?? 0
    }
    let threshold = 0.1
    let ranked = strength.indices.filter { strength[$0] >= threshold }.sorted { strength[$0] > strength[$1] }
    // As many as can be read on a page, in the order of the fit.
    let shown = ranked.prefix(30).sorted()
    guard shown.count >= 2 else { return nil }
    let names = shown.map { literal(shortened(correlations.names[$0])) }
    let size = Double(names.count)
    let cell = names.count <= 20 ? 27.0 : 15
    let texts = shown.map { i in
      shown.map { j in
        let value = correlations.values[i][j]
        return abs(value) < 0.045 || names.count > 20 ? "" : trueMinus(String(format: "%.2f", value))
      }
    }
    let margin = 14 + widestLabel(names)
    let axis = AxisDescription.categories(names.map { Category($0) })
    let left = ranked.count > shown.count ? " The \(shown.count) most correlated are shown." : ""
    return ReportFigure(
      name: "correlations",
      caption:
        "Correlation coefficients of the fitted parameters, without those that no other is correlated with by more "
        + "than \(threshold) in size.\(left)",
      figure: Figure(
        title: "Correlations of the fitted parameters", width: margin + size * cell + 58,
        height: 18 + size * cell + margin,
        columns: [
          [
            Panel(
              x: axis, y: axis,
              series: [
                .heatMap(
                  HeatMapSeries(
                    xEdges: (0...names.count).map(Double.init), yEdges: (0...names.count).map(Double.init),
                    values: shown.map { i in shown.map { j in correlations.values[i][j] } }, texts: texts,
                    scale: .diverging(limit: 1)))
              ], legend: .none)
          ]
        ], leftMargin: margin, rightMargin: 58, bottomMargin: margin))
  }
}

/// A panel of pulls with one parameter a row, each at its centre or at those given; `showsNames` false for a panel beside another of the same rows.
func pullPanel(
  names: [String], pulls: [Double], constraints: [Double], at rowCentres: [Double]? = nil,
  height: Double? = nil, reach: Double,
  showsNames: Bool = true
) -> Panel {
  let rows = height ?? Double(names.count)
  func band(_ width: Double, _ color: UInt32) -> Series {
    .band(
      BandSeries(
        abscissa: .points([-width, width]), lower: [0, 0], upper: [rows, rows], fill: Fill(Color(color))))
  }
  let centres = names.indices.map { Double($0) + 0.5 }
  return Panel(
    x: AxisDescription("(θ − θ_{0}) / σ_{0}", lower: -reach, upper: reach),
    y: .categories(names.map { Category(showsNames ? literal(shortened($0)) : "") }),
    series: [
      band(min(2, reach), 0xFBEFA6), band(1, 0xBFE3C0), .rule(RuleSeries(nil, .vertical(x: 0))),
      .points(
        PointSeries(
          x: pulls, y: rowCentres ?? centres, xErrors: ErrorBars(symmetric: constraints), markerSize: 4)),
    ], legend: .none)
}

/// The sign of mathematics for that of typewriters.
func trueMinus(_ text: String) -> String { text.replacing("-", with: "−") }
