/// What a panel needs from a series.
protocol PlotElement {
  /// How errors name the series.
  var subject: String { get }
  func validate() throws(FigureError)
  var xExtent: DataExtent { get }
  var yExtent: DataExtent { get }
  func draw(into drawing: inout Drawing, map: PanelMap)
  /// Where no legend may stand.
  func obstacles(map: PanelMap) -> [Obstacle]
  var legendEntries: [LegendEntry] { get }
}

extension PlotElement {
  var check: DataCheck { DataCheck(subject: subject) }
}

/// Something on the page that texts should leave clear.
enum Obstacle {
  case segment(Point, Point)
  case box(Rect)

  func meets(_ rect: Rect) -> Bool {
    switch self {
    case .segment(let a, let b): rect.meetsSegment(from: a, to: b)
    case .box(let box): rect.intersects(box)
    }
  }

  static func polyline(_ points: [Point]) -> [Obstacle] {
    points.indices.dropFirst().map { .segment(points[$0 - 1], points[$0]) }
  }
}

/// A line of a legend.
struct LegendEntry {
  enum Swatch {
    case line(LineStyle)
    case area(Fill?, outline: LineStyle?)
    case marker(Marker, size: Double, color: Color, bars: Bool)
  }

  var label: String
  var swatch: Swatch
}

/// Corners of a histogram's outline on the page, without its ends at zero.
func stepPoints(edges: [Double], values: [Double], map: PanelMap) -> [Point] {
  values.indices.flatMap { [map(edges[$0], values[$0]), map(edges[$0 + 1], values[$0])] }
}

extension Drawing {
  /// Thin diagonal lines in a rectangle, in step with every other hatched rectangle of the page.
  mutating func hatch(_ rect: Rect, color: Color, role: Role) {
    guard rect.width > 0, rect.height > 0 else { return }
    let spacing = 3.6
    var segments: [Segment] = []
    var k = ((rect.left + rect.top) / spacing).rounded(.up)
    while k * spacing <= rect.right + rect.bottom {
      let sum = k * spacing
      let fromX = max(rect.left, sum - rect.bottom)
      let toX = min(rect.right, sum - rect.top)
      if fromX < toX { segments += [.move(Point(fromX, sum - fromX)), .line(Point(toX, sum - toX))] }
      k += 1
    }
    path(segments, stroke: Stroke(color, width: 0.5), role: role)
  }

  mutating func marker(_ marker: Marker, at p: Point, size: Double, color: Color, role: Role) {
    let r = size / 2
    let open = [Marker.openCircle, .openSquare, .openTriangle, .openDiamond].contains(marker)
    let fill = open ? Color.white : color
    let stroke = Stroke(color, width: open ? 1.1 : 0.6)
    switch marker {
    case .none: break
    case .circle, .openCircle: path([.circle(center: p, radius: r)], fill: fill, stroke: stroke, role: role)
    case .square, .openSquare:
      rectangle(Rect(around: [p]).inset(by: -0.89 * r), fill: fill, stroke: stroke, role: role)
    case .triangle, .openTriangle:
      let corners = [
        Point(p.x, p.y - 1.2 * r), Point(p.x + 1.1 * r, p.y + 0.8 * r), Point(p.x - 1.1 * r, p.y + 0.8 * r),
      ]
      polygon(corners, fill: fill, stroke: stroke, role: role)
    case .diamond, .openDiamond:
      let d = 1.2 * r
      let corners = [Point(p.x, p.y - d), Point(p.x + d, p.y), Point(p.x, p.y + d), Point(p.x - d, p.y)]
      polygon(corners, fill: fill, stroke: stroke, role: role)
    }
  }
}
