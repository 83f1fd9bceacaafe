/// Parallel coordinates: an upright axis for each quantity, a line across all of them for each point. Goes with a horizontal axis of
/// categories, one a quantity, and a vertical axis from a little below 0 to a little above 1 without marks (`marksEnd: -1`).
public struct ParallelSeries: Hashable, Codable, Sendable {
  /// A mark of a quantity's axis.
  public struct Mark: Hashable, Codable, Sendable {
    /// 0 is the lower end, 1 the upper one.
    public var position: Double
    /// Rich text.
    public var label: String

    public init(_ position: Double, _ label: String) {
      self.position = position
      self.label = label
    }
  }

  /// Marks by quantity.
  public var axes: [[Mark]]
  /// Positions by line, then by quantity. Later lines lie on top.
  public var lines: [[Double]]
  /// What colours the lines, one number each.
  public var values: [Double]
  /// Whether the smallest value is the darkest.
  public var darkIsLow: Bool

  public init(axes: [[Mark]], lines: [[Double]], values: [Double], darkIsLow: Bool) {
    self.axes = axes
    self.lines = lines
    self.values = values
    self.darkIsLow = darkIsLow
  }
}

extension ParallelSeries: PlotElement, ColorBarScale {
  var subject: String { "parallel coordinates" }

  func validate() throws(FigureError) {
    try check.notEmpty(lines.count)
    try check.same(values.count, as: lines.count, "values")
    try check.finite(values, "values")
    for line in lines {
      try check.same(line.count, as: axes.count, "positions")
      try check.finite(line, "positions")
    }
    for marks in axes { try check.finite(marks.map(\.position), "positions of marks") }
  }

  var xExtent: DataExtent { DataExtent(values: [0, Double(axes.count)], tight: true) }
  var yExtent: DataExtent { DataExtent(values: [0, 1]) }
  var legendEntries: [LegendEntry] { [] }
  func obstacles(map: PanelMap) -> [Obstacle] { [.box(map.frame)] }

  private var range: (low: Double, high: Double) {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    return low < high ? (low, high) : (low - 0.5, high + 0.5)
  }

  func fraction(_ value: Double) -> Double { (value - range.low) / (range.high - range.low) }

  /// The palest end of the scale is left out: it would not be seen on white.
  func color(at fraction: Double) -> Color {
    ColorMap.viridis.color(at: 0.9 * (darkIsLow ? fraction : 1 - fraction))
  }

  var ticks: Ticks { Ticks.linear(from: range.low, to: range.high, target: 6) }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    for (line, value) in zip(lines, values) {
      let points = line.enumerated().map { map(Double($0) + 0.5, $1) }
      drawing.line(
        points, stroke: Stroke(color(at: fraction(value)), width: 0.9, cap: .round), role: .data)
    }
    for (index, marks) in axes.enumerated() {
      let x = Double(index) + 0.5
      drawing.line([map(x, 0), map(x, 1)], stroke: Stroke(.black, width: 0.8), role: .tick)
      for mark in marks {
        let at = map(x, mark.position)
        drawing.line([Point(at.x - 2.5, at.y), at], stroke: Stroke(.black, width: 0.8), role: .tick)
        let layout = TextLayout(mark.label, size: Self.markSize)
        let box = Rect(
          left: at.x - 5 - layout.advance, top: at.y - 4.5, right: at.x - 3, bottom: at.y + 4.5)
        // Words stay readable on the lines.
        drawing.rectangle(box, fill: Color(0xFFFFFF, alpha: 0.75), role: .label)
        drawing.text(
          layout, at: Point(at.x - 4, at.y), size: Self.markSize, horizontal: .right, vertical: .middle,
          role: .tickLabel)
      }
    }
  }

  private static let markSize = 7.0
}

/// A scale of colours with the marks of its bar.
protocol ColorBarScale {
  var ticks: Ticks { get }
  func fraction(_ value: Double) -> Double
  func color(at fraction: Double) -> Color
}

extension HeatMapSeries: ColorBarScale {}
