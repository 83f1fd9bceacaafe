import Foundation

extension HeatMapSeries: PlotElement {
  var subject: String { "heat map" }

  func validate() throws(FigureError) {
    try check.notEmpty(values.count)
    if case .diverging(let limit) = scale, !(limit > 0 && limit.isFinite) {
      throw FigureError(.parameter("the colour scale's limit must be positive, got \(limit)"), in: subject)
    }
    if case .linear(let from, let to) = scale, !(from < to && (to - from).isFinite) {
      throw FigureError(.parameter("the colour scale must rise, got \(from) to \(to)"), in: subject)
    }
    try check.edges(yEdges, for: values.count)
    for row in values { try check.edges(xEdges, for: row.count) }
    for (index, row) in values.enumerated() {
      for value in row {
        guard value.map({ $0.isFinite && ($0 > 0 || scale != .logarithmic) }) ?? true else {
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

  /// The ends of the colour scale; of a logarithmic one the smallest and largest value.
  var range: (low: Double, high: Double) {
    switch scale {
    case .diverging(let limit): return (-limit, limit)
    case .linear(let from, let to): return (from, to)
    case .logarithmic: break
    }
    let all = values.flatMap { $0.compactMap { $0 } }
    let low = all.min() ?? 1
    let high = all.max() ?? 1
    return low < high ? (low, high) : (low / 2, high * 2)
  }

  /// The place of a value between the ends of the scale.
  func fraction(_ value: Double) -> Double {
    let (low, high) = range
    return scale == .logarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
  }

  /// The colour at a fraction of the scale; one from pale to dark leaves out the darkest, for texts.
  func color(at fraction: Double) -> Color {
    switch scale {
    case .logarithmic: ColorMap.blues.color(at: 0.08 + 0.8 * fraction)
    case .linear: ColorMap.blues.color(at: 0.85 * fraction)
    case .diverging: ColorMap.diverging.color(at: fraction)
    }
  }

  /// Marks of the colour bar.
  var ticks: Ticks {
    let (low, high) = range
    return scale == .logarithmic
      ? Ticks.logarithmic(from: low, to: high, target: 6) : Ticks.linear(from: low, to: high, target: 8)
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    for (row, cells) in values.enumerated() {
      for (column, value) in cells.enumerated() {
        let rect = Rect(around: [map(xEdges[column], yEdges[row]), map(xEdges[column + 1], yEdges[row + 1])])
        let color = value.map { self.color(at: fraction($0)) } ?? .white
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
