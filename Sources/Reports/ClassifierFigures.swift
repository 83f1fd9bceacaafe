import Figures
import Foundation
public import Learning

/// A ROC curve under its label.
public struct LabelledCurve: Sendable {
  /// Rich text.
  public var label: String
  public var area: Estimate
  public var points: [OperatingPoint]

  public init(label: String, area: Estimate, points: [OperatingPoint]) {
    self.label = label
    self.area = area
    self.points = points
  }
}

/// Background rejection 1/ε_B, and the significance improvement ε_S/√ε_B, against signal efficiency.
public func rejectionFigure(_ curves: [LabelledCurve], notes: [String] = []) -> ReportFigure {
  func series(
    _ value: (OperatingPoint) -> (value: Double, uncertainty: Double)?, isLabelled: Bool
  ) -> [Series] {
    curves.enumerated().compactMap { index, curve -> Series? in
      let known = curve.points.compactMap { point in
        value(point).map { (x: point.signalEfficiency.value, y: $0.value) }
      }
      guard known.count > 1 else { return nil }
      let label = "\(curve.label), AUC = \(RoundedValue.symmetric(curve.area.value, curve.area.uncertainty))"
      return .line(
        LineSeries(isLabelled ? label : nil, x: known.map(\.x), y: known.map(\.y), style: .cycle(index)))
    }
  }
  let x = AxisDescription("Signal efficiency ε_{S}", lower: 0, upper: 1)
  return ReportFigure(
    name: "rejection",
    caption:
      "Left: background rejection 1/ε_B against signal efficiency, with the areas under the ROC curves and their statistical uncertainties "
      + "(DeLong). Right: ε_S/√ε_B, by which a cut multiplies s/√b. Test events; curves end where N_eff of the background falls below 10.",
    figure: Figure(
      title: "Background rejection and significance improvement", width: 640, height: 320,
      columns: [
        [
          Panel(
            x: x, y: AxisDescription("Background rejection 1/ε_{B}", scale: .logarithmic),
            series: series({ $0.backgroundRejection }, isLabelled: true), notes: notes)
        ],
        [
          Panel(
            x: x, y: AxisDescription("ε_{S} / \\sqrt{ε_{B}}", lower: 0),
            series: series({ $0.significanceImprovement }, isLabelled: false), legend: .none)
        ],
      ]))
}

extension ConfusionMatrix {
  /// The matrix as a heat map with its numbers.
  /// - Parameter titles: rich text of the classes; their names where not given.
  public func figure(
    name: String = "confusion", normalization: Normalization = .byTruth, titles: [String]? = nil
  ) -> ReportFigure {
    let cells = normalized(normalization)
    let names = titles ?? classes.map { literal(shortened($0)) }
    let largest = cells.joined().compactMap { $0?.value }.max() ?? 1
    let texts = cells.map { row in
      row.map { cell in
        cell.map { estimate -> String in
          guard normalization != .none else { return String(format: "%.4g", estimate.value) }
          let rounded = RoundedValue(100 * estimate.value, uncertainties: [100 * estimate.uncertainty])
          return "\(rounded.value) %\n± \(rounded.uncertainties[0])"
        } ?? ""
      }
    }
    let count = Double(classes.count), margin = 20 + widestLabel(names)
    let axis = names.map { Category($0) }
    let words = [
      Normalization.none: "sums of weights", .byTruth: "the fraction of each true class (rows)",
      .byPrediction: "the fraction of each predicted class (columns)",
    ]
    return ReportFigure(
      name: name,
      caption:
        "Confusion matrix: true classes in rows, the most probable class in columns; \(words[normalization] ?? ""), with statistical uncertainties.",
      figure: Figure(
        title: "Confusion matrix", width: margin + 62 * count + 62, height: 74 + 44 * count + min(margin, 60),
        columns: [
          [
            Panel(
              x: .categories(axis, title: "predicted"), y: .categories(axis, title: "true"),
              series: [
                .heatMap(
                  HeatMapSeries(
                    xEdges: (0...classes.count).map(Double.init), yEdges: (0...classes.count).map(Double.init),
                    values: cells.map { $0.map { $0?.value } }, texts: texts,
                    scale: .linear(from: 0, to: normalization == .none ? max(largest, 1e-300) : 1)))
              ], legend: .none)
          ]
        ], leftMargin: max(margin, 50), rightMargin: 56, bottomMargin: 40))
  }
}
