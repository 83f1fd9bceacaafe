import Figures
import Histograms

/// Rows whose features are drawn as one line.
struct ShapeGroup {
  var title: String
  var rows: [Int]
  var style: LineStyle
}

extension ComparisonTable {
  /// A panel for each feature that varies, a histogram for each group, normalised to one in the range shown.
  func shapes(_ columns: [String], _ groups: [ShapeGroup]) throws -> [Panel] {
    try columns.compactMap { column in
      let values = groups.map { self.values(of: column, rows: $0.rows).map(Double.init) }
      let sorted = values.joined().sorted()
      let low = sorted[sorted.count / 200], high = sorted[sorted.count - 1 - sorted.count / 100]
      guard low < high else { return nil }
      let axis = try Axis(binCount: 30, from: low, to: high)
      let series = try zip(groups, values).map { group, values -> Series in
        var histogram = Histogram1D(axis: axis)
        for value in values { try histogram.fill(value, weight: 1) }
        let total = max(histogram.integral, 1)
        return .histogram(
          HistogramSeries(
            group.title, edges: axis.edges, values: histogram.sumW.map { $0 / total }, style: group.style))
      }
      return Panel(
        x: AxisDescription(column.replacing("_", with: "\\_")), y: AxisDescription("Fraction of events"),
        series: series, legend: column == columns.first ? .above : .none)
    }
  }
}
