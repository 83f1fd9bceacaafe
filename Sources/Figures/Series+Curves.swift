extension LineSeries: PlotElement {
  var subject: String { label ?? "line" }

  func validate() throws(FigureError) {
    try check.notEmpty(x.count)
    try check.same(y.count, as: x.count, "y")
    try check.finite(x, "x")
    try check.finite(y, "y")
  }

  var xExtent: DataExtent { DataExtent(values: x, tight: true) }
  var yExtent: DataExtent { DataExtent(values: y) }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    drawing.line(zip(x, y).map { map($0, $1) }, stroke: style.stroke, role: .data)
  }

  func obstacles(map: PanelMap) -> [Obstacle] { Obstacle.polyline(zip(x, y).map { map($0, $1) }) }

  var legendEntries: [LegendEntry] { label.map { [LegendEntry(label: $0, swatch: .line(style))] } ?? [] }
}

extension BandSeries: PlotElement {
  var subject: String { label ?? "band" }

  func validate() throws(FigureError) {
    switch abscissa {
    case .points(let x):
      try check.notEmpty(x.count)
      try check.same(lower.count, as: x.count, "lower edges")
      try check.finite(x, "x")
      try check.increasing(x, "x")
      if fill.pattern == .hatched {
        throw FigureError(.parameter("hatching is for stepped bands; give bin edges or a solid fill"), in: subject)
      }
    case .edges(let edges): try check.edges(edges, for: lower.count)
    }
    try check.same(upper.count, as: lower.count, "upper edges")
    try check.finite(lower, "lower")
    try check.finite(upper, "upper")
    try check.ordered(lower, upper)
  }

  private var xValues: [Double] {
    switch abscissa {
    case .points(let x), .edges(let x): x
    }
  }

  var xExtent: DataExtent { DataExtent(values: xValues, tight: true) }
  /// An uncertainty band of a histogram does not stretch the axis downwards.
  var yExtent: DataExtent {
    if case .edges = abscissa { DataExtent(values: upper) } else { DataExtent(values: lower + upper) }
  }

  private func boxes(_ edges: [Double], _ map: PanelMap) -> [Rect] {
    lower.indices.map { Rect(around: [map(edges[$0], lower[$0]), map(edges[$0 + 1], upper[$0])]) }
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    switch abscissa {
    case .points(let x):
      let outline = zip(x, upper).map { map($0, $1) } + zip(x, lower).map { map($0, $1) }.reversed()
      drawing.polygon(outline, fill: fill.color, role: .uncertainty)
    case .edges(let edges):
      for box in boxes(edges, map) {
        if fill.pattern == .solid {
          drawing.rectangle(box, fill: fill.color, role: .uncertainty)
        } else {
          drawing.hatch(box, color: fill.color, role: .uncertainty)
        }
      }
    }
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    switch abscissa {
    case .edges(let edges): return boxes(edges, map).map { .box($0) }
    case .points(let x):
      // Upright strokes every few points of the page stand for the area.
      var result = Obstacle.polyline(zip(x, upper).map { map($0, $1) })
      result += Obstacle.polyline(zip(x, lower).map { map($0, $1) })
      for i in x.indices.dropFirst() {
        let (a, b) = (map(x[i - 1], upper[i - 1]), map(x[i], upper[i]))
        let (c, d) = (map(x[i - 1], lower[i - 1]), map(x[i], lower[i]))
        let steps = max(1, Int((b.x - a.x) / 6))
        for k in 0...steps {
          let f = Double(k) / Double(steps)
          let px = a.x + f * (b.x - a.x)
          result.append(.segment(Point(px, a.y + f * (b.y - a.y)), Point(px, c.y + f * (d.y - c.y))))
        }
      }
      return result
    }
  }

  var legendEntries: [LegendEntry] { label.map { [LegendEntry(label: $0, swatch: .area(fill, outline: nil))] } ?? [] }
}

extension PointSeries: PlotElement {
  var subject: String { label ?? "points" }

  func validate() throws(FigureError) {
    try check.notEmpty(x.count)
    try check.same(y.count, as: x.count, "y")
    try check.finite(x, "x")
    try check.finite(y, "y")
    try check.validate(xErrors, count: x.count)
    try check.validate(yErrors, count: x.count)
  }

  var xExtent: DataExtent {
    guard let xErrors else { return DataExtent(values: x) }
    // Horizontal bars are bins: their ends are the axis' ends.
    return DataExtent(values: x.indices.flatMap { [x[$0] - xErrors.down[$0], x[$0] + xErrors.up[$0]] }, tight: true)
  }
  var yExtent: DataExtent {
    guard let yErrors else { return DataExtent(values: y) }
    return DataExtent(values: y + y.indices.flatMap { [y[$0] - yErrors.down[$0], y[$0] + yErrors.up[$0]] })
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    let stroke = Stroke(color, width: 0.9)
    if let xErrors { drawing.errorBars(x: x, y: y, along: .horizontal, xErrors, map: map, stroke: stroke, cap: 0) }
    if let yErrors { drawing.errorBars(x: x, y: y, along: .vertical, yErrors, map: map, stroke: stroke, cap: 0) }
    for i in x.indices where map.x.isVisible(x[i]) && map.y.isVisible(y[i]) {
      drawing.marker(marker, at: map(x[i], y[i]), size: markerSize, color: color, role: .data)
    }
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    x.indices.map { i in
      let p = map(x[i], y[i])
      let ends = [
        p, Point(map.x(x[i] - (xErrors?.down[i] ?? 0)), p.y), Point(map.x(x[i] + (xErrors?.up[i] ?? 0)), p.y),
        Point(p.x, map.y(y[i] - (yErrors?.down[i] ?? 0))), Point(p.x, map.y(y[i] + (yErrors?.up[i] ?? 0))),
      ]
      return .box(Rect(around: ends).inset(by: -markerSize / 2))
    }
  }

  var legendEntries: [LegendEntry] {
    guard let label else { return [] }
    let swatch = LegendEntry.Swatch.marker(marker, size: markerSize, color: color, bars: yErrors != nil)
    return [LegendEntry(label: label, swatch: swatch)]
  }
}

extension RuleSeries: PlotElement {
  var subject: String { label ?? "line across the panel" }

  func validate() throws(FigureError) {
    switch position {
    case .horizontal(let y): try check.finite([y], "y")
    case .vertical(let x): try check.finite([x], "x")
    }
  }

  var xExtent: DataExtent {
    if case .vertical(let x) = position { DataExtent(values: [x]) } else { DataExtent() }
  }
  var yExtent: DataExtent {
    if case .horizontal(let y) = position { DataExtent(values: [y]) } else { DataExtent() }
  }

  private func ends(_ map: PanelMap) -> (Point, Point) {
    switch position {
    case .horizontal(let y): (Point(map.frame.left, map.y(y)), Point(map.frame.right, map.y(y)))
    case .vertical(let x): (Point(map.x(x), map.frame.top), Point(map.x(x), map.frame.bottom))
    }
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    let (a, b) = ends(map)
    drawing.line([a, b], stroke: style.stroke, role: .reference)
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    let (a, b) = ends(map)
    return [.segment(a, b)]
  }

  var legendEntries: [LegendEntry] { label.map { [LegendEntry(label: $0, swatch: .line(style))] } ?? [] }
}

extension DataCheck {
  func validate(_ errors: ErrorBars?, count: Int) throws(FigureError) {
    guard let errors else { return }
    for (values, name) in [(errors.down, "downward errors"), (errors.up, "upward errors")] {
      try same(values.count, as: count, name)
      try finite(values, name)
      try ordered(values.map { _ in 0 }, values)
    }
  }
}

extension Drawing {
  enum BarDirection { case horizontal, vertical }

  /// Error bars with end strokes of `cap` points to each side.
  mutating func errorBars(
    x: [Double], y: [Double], along direction: BarDirection, _ errors: ErrorBars, map: PanelMap, stroke: Stroke,
    cap: Double
  ) {
    var segments: [Segment] = []
    for i in x.indices where errors.down[i] > 0 || errors.up[i] > 0 {
      let horizontal = direction == .horizontal
      let a = horizontal ? map(x[i] - errors.down[i], y[i]) : map(x[i], y[i] - errors.down[i])
      let b = horizontal ? map(x[i] + errors.up[i], y[i]) : map(x[i], y[i] + errors.up[i])
      segments += [.move(a), .line(b)]
      guard cap > 0 else { continue }
      for end in [a, b] {
        let (dx, dy) = horizontal ? (0, cap) : (cap, 0)
        segments += [.move(Point(end.x - dx, end.y - dy)), .line(Point(end.x + dx, end.y + dy))]
      }
    }
    path(segments, stroke: stroke, role: .uncertainty)
  }
}
