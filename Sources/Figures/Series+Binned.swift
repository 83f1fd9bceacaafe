extension HistogramSeries: PlotElement {
  var subject: String { label ?? "histogram" }

  func validate() throws(FigureError) {
    try check.edges(edges, for: values.count)
    try check.finite(values, "value")
    if let errors {
      try check.same(errors.count, as: values.count, "errors")
      try check.finite(errors, "error")
      try check.ordered(errors.map { _ in 0 }, errors)
    }
  }

  var xExtent: DataExtent { DataExtent(values: edges, tight: true) }
  var yExtent: DataExtent {
    let tops = errors.map { zip(values, $0).map(+) } ?? []
    return DataExtent(values: values + tops, standsOnZero: standsOnZero)
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    let outline = stepPoints(edges: edges, values: values, map: map)
    let closed = standsOnZero ? [map(edges[0], 0)] + outline + [map(edges[edges.count - 1], 0)] : outline
    if let fill {
      if fill.pattern == .solid {
        drawing.polygon(closed, fill: fill.color, role: .data)
      } else {
        for bin in values.indices {
          let box = Rect(around: [map(edges[bin], 0), map(edges[bin + 1], values[bin])])
          drawing.hatch(box, color: fill.color, role: .data)
        }
      }
    }
    if style.width > 0 { drawing.line(closed, stroke: style.stroke, role: .data) }
    guard let errors else { return }
    for bin in values.indices where errors[bin] > 0 {
      let x = map.x((edges[bin] + edges[bin + 1]) / 2)
      let bar = [Point(x, map.y(values[bin] - errors[bin])), Point(x, map.y(values[bin] + errors[bin]))]
      drawing.line(bar, stroke: Stroke(style.color, width: 0.9), role: .uncertainty)
    }
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    let outline = stepPoints(edges: edges, values: values, map: map)
    guard fill == nil, errors == nil else {
      return values.indices.map { bin in
        let top = values[bin] + (errors?[bin] ?? 0)
        return .box(Rect(around: [map(edges[bin], fill == nil ? values[bin] : 0), map(edges[bin + 1], top)]))
      }
    }
    return Obstacle.polyline(outline)
  }

  var legendEntries: [LegendEntry] {
    guard let label else { return [] }
    let swatch: LegendEntry.Swatch = fill == nil ? .line(style) : .area(fill, outline: style)
    return [LegendEntry(label: label, swatch: swatch)]
  }
}

extension StackSeries: PlotElement {
  var subject: String { "stack of " + layers.map { $0.label ?? "?" }.joined(separator: ", ") }

  func validate() throws(FigureError) {
    try check.notEmpty(layers.count)
    try check.edges(edges, for: edges.count - 1)
    for layer in layers {
      let check = DataCheck(subject: layer.label ?? subject)
      try check.same(layer.values.count, as: edges.count - 1, "values")
      try check.finite(layer.values, "value")
    }
  }

  var xExtent: DataExtent { DataExtent(values: edges, tight: true) }
  /// A bin that simulated weights make negative is drawn as it sums: the layers above start lower.
  var yExtent: DataExtent { DataExtent(values: totals, standsOnZero: true) }

  /// Each layer is drawn as the area from zero to its running sum, the highest sum first, so that layers meet without
  /// seams.
  func draw(into drawing: inout Drawing, map: PanelMap) {
    var sums: [[Double]] = []
    for layer in layers { sums.append(sums.last.map { zip($0, layer.values).map(+) } ?? layer.values) }
    for (layer, sum) in zip(layers, sums).reversed() {
      let outline =
        [map(edges[0], 0)] + stepPoints(edges: edges, values: sum, map: map) + [map(edges[edges.count - 1], 0)]
      drawing.polygon(outline, fill: layer.color, role: .data)
      drawing.line(outline, stroke: Stroke(.black, width: 0.6), role: .data)
    }
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    totals.enumerated().map { bin, total in
      .box(Rect(around: [map(edges[bin], 0), map(edges[bin + 1], total)]))
    }
  }

  var legendEntries: [LegendEntry] {
    layers.reversed().compactMap { layer in
      layer.label.map {
        LegendEntry(label: $0, swatch: .area(Fill(layer.color), outline: LineStyle(.black, width: 0.6)))
      }
    }
  }
}

extension BarSeries: PlotElement {
  var subject: String { label ?? "bars" }

  func validate() throws(FigureError) {
    try check.notEmpty(values.count)
    try check.same(x.count, as: values.count, "x")
    try check.finite(x, "x")
    try check.finite(values, "value")
    try check.validate(errors, count: values.count)
    guard width > 0, width.isFinite else {
      throw FigureError(.parameter("bars of width \(width); give a positive one"), in: subject)
    }
  }

  var xExtent: DataExtent { DataExtent(values: x.flatMap { [$0 - width / 2, $0 + width / 2] }) }
  var yExtent: DataExtent {
    DataExtent(
      values: values.indices.flatMap { i in
        [values[i], values[i] + (errors?.up[i] ?? 0), values[i] - (errors?.down[i] ?? 0)]
      }, standsOnZero: true)
  }

  private func box(_ i: Int, _ map: PanelMap) -> Rect {
    Rect(around: [map(x[i] - width / 2, 0), map(x[i] + width / 2, values[i])])
  }

  func draw(into drawing: inout Drawing, map: PanelMap) {
    for i in values.indices {
      drawing.rectangle(box(i, map), fill: color, stroke: Stroke(.black, width: 0.5), role: .data)
    }
    guard let errors else { return }
    drawing.errorBars(x: x, y: values, along: .vertical, errors, map: map, stroke: Stroke(.black, width: 0.9), cap: 1.6)
  }

  func obstacles(map: PanelMap) -> [Obstacle] {
    values.indices.map { i in
      let top = values[i] + (errors?.up[i] ?? 0)
      return .box(Rect(around: [map(x[i] - width / 2, 0), map(x[i] + width / 2, top)]))
    }
  }

  var legendEntries: [LegendEntry] {
    guard let label else { return [] }
    return [LegendEntry(label: label, swatch: .area(Fill(color), outline: LineStyle(.black, width: 0.5)))]
  }
}
