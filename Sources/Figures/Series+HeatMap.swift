import Foundation

extension HeatMapSeries: PlotElement {
  var subject: String { "heat map" }

  func validate() throws(FigureError) {
    try check.notEmpty(values.count)
    try check.edges(yEdges, for: values.count)
    for row in values { try check.edges(xEdges, for: row.count) }
    for (index, row) in values.enumerated() {
      for value in row {
        guard value.map({ $0.isFinite && $0 > 0 }) ?? true else {
          throw FigureError(
            .notFinite(
              quantity: "values (positive on the logarithmic colour scale)", index: index, value: "\(value ?? 0)"),
            in: subject)
        }
      }
    }
  }

  var xExtent: DataExtent { DataExtent(values: xEdges, tight: true) }
  var yExtent: DataExtent { DataExtent(values: yEdges, tight: true) }
  func obstacles(map: PanelMap) -> [Obstacle] { [.box(map.frame)] }
  var legendEntries: [LegendEntry] { [] }

  /// The smallest and largest value; the ends of the colour scale.
  var range: (low: Double, high: Double) {
    let all = values.flatMap { $0.compactMap { $0 } }
    let low = all.min() ?? 1
    let high = all.max() ?? 1
    return low < high ? (low, high) : (low / 2, high * 2)
  }

  /// The place of a value on the logarithmic colour scale; pale for small values.
  func fraction(_ value: Double) -> Double {
    let (low, high) = range
    return log(value / low) / log(high / low)
  }

  static let colors = ColorMap.blues

  func draw(into drawing: inout Drawing, map: PanelMap) {
    for (row, cells) in values.enumerated() {
      for (column, value) in cells.enumerated() {
        let rect = Rect(around: [map(xEdges[column], yEdges[row]), map(xEdges[column + 1], yEdges[row + 1])])
        let color = value.map { Self.colors.color(at: 0.08 + 0.8 * fraction($0)) } ?? .white
        drawing.rectangle(rect, fill: color, stroke: Stroke(.white, width: 0.8), role: .cell)
        guard let lines = texts?[row][column].split(separator: "\n"), !lines.isEmpty else { continue }
        let size = min(8.5, rect.height / (1.5 * Double(lines.count)))
        for (index, line) in lines.enumerated() {
          let y = rect.center.y + (Double(index) - Double(lines.count - 1) / 2) * size * 1.35
          drawing.text(
            TextLayout(String(line), size: index == 0 ? size : size * 0.82), at: Point(rect.center.x, y),
            size: index == 0 ? size : size * 0.82, horizontal: .center, vertical: .middle, color: color.readableText,
            role: .cellText)
        }
      }
    }
  }
}
