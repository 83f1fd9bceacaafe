extension SpanSeries: PlotElement {
  var subject: String { label ?? "bars" }

  func validate() throws(FigureError) {
    try check.notEmpty(y.count)
    try check.same(from.count, as: y.count, "from")
    try check.same(to.count, as: y.count, "to")
    try check.finite(from, "from")
    try check.finite(to, "to")
    try check.finite(y + [height], "y")
    guard height > 0, fill != nil || outline != nil else {
      throw FigureError(.parameter("bars need a positive height, and a fill or an outline"), in: subject)
    }
  }

  var xExtent: DataExtent { DataExtent(values: from + to) }
  var yExtent: DataExtent { DataExtent(values: y.flatMap { [$0 - height / 2, $0 + height / 2] }) }

  private func boxes(_ map: PanelMap) -> [Rect] {
    y.indices.map { index in
      Rect(around: [map(from[index], y[index] - height / 2), map(to[index], y[index] + height / 2)])
    }
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    for box in boxes(map) where box.width > 0 {
      if let fill, fill.pattern == .hatched {
        drawing.hatch(box, color: fill.color, role: .data)
      } else if let fill {
        drawing.rectangle(box, fill: fill.color, role: .data)
      }
      if let outline { drawing.rectangle(box, stroke: outline.stroke, role: .data) }
    }
  }

  func obstacles(map: PanelMap) -> [Obstacle] { boxes(map).map { .box($0) } }

  var legendEntries: [LegendEntry] {
    label.map { [LegendEntry(label: $0, swatch: .area(fill, outline: outline))] } ?? []
  }
}

extension AreaSeries: PlotElement {
  var subject: String { label ?? "areas" }

  func validate() throws(FigureError) {
    try check.notEmpty(areas.count)
    for area in areas {
      guard area.count >= 3 else { throw FigureError(.parameter("an area needs three corners"), in: subject) }
      try check.finite(area.map(\.x), "x")
      try check.finite(area.map(\.y), "y")
    }
  }

  var xExtent: DataExtent { DataExtent(values: areas.flatMap { $0.map(\.x) }) }
  var yExtent: DataExtent { DataExtent(values: areas.flatMap { $0.map(\.y) }) }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    // A thin line of the same colour closes the seams that smoothing leaves between areas that meet.
    for area in areas {
      drawing.polygon(
        area.map { map($0.x, $0.y) }, fill: color, stroke: Stroke(color, width: 0.4), role: .uncertainty)
    }
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    areas.map { .box(Rect(around: $0.map { map($0.x, $0.y) })) }
  }

  var legendEntries: [LegendEntry] {
    label.map { [LegendEntry(label: $0, swatch: .area(Fill(color), outline: nil))] } ?? []
  }
}
