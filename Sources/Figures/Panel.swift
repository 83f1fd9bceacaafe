import Foundation

/// One plot: two axes and what is drawn between them.
public struct Panel: Hashable, Codable, Sendable {
  /// Where the legend stands.
  public enum LegendPlace: String, Hashable, Codable, Sendable, CaseIterable {
    /// Above the data: the vertical axis is extended until they are clear of each other.
    case above
    case bottomLeft, bottomRight
    case none
  }

  public var x, y: AxisDescription
  public var series: [Series]
  public var legend: LegendPlace
  /// Lines of rich text in the upper left corner; the first is bold.
  public var notes: [String]
  /// Relative height among the panels of its column.
  public var heightShare: Double

  public init(
    x: AxisDescription, y: AxisDescription, series: [Series], legend: LegendPlace = .above, notes: [String] = [],
    heightShare: Double = 1
  ) {
    self.x = x
    self.y = y
    self.series = series
    self.legend = legend
    self.notes = notes
    self.heightShare = heightShare
  }
}

extension Panel {
  /// The ends of the horizontal axis.
  func xRange() throws(FigureError) -> AxisRange {
    var extent = DataExtent()
    for series in series { extent.merge(series.element.xExtent) }
    return try x.range(for: extent, name: "horizontal", subject: x.title)
  }
}

/// Sizes in points that all figures share.
enum Metrics {
  static let labelSize = 9.0
  static let titleSize = 10.0
  static let legendSize = 8.5
  static let noteSize = 9.5
  static let lineHeight = 13.0
  static let majorTick = 6.0
  static let minorTick = 3.0
}

/// A panel on its way to the page.
struct PanelLayout {
  let panel: Panel
  let frame: Rect
  let map: PanelMap
  /// Where the axis' numbers and title are left to a panel below.
  let hidesX: Bool

  init(_ panel: Panel, frame: Rect, hidesX: Bool) throws(FigureError) {
    self.panel = panel
    self.frame = frame
    self.hidesX = hidesX
    guard frame.width > 30, frame.height > 20 else {
      throw FigureError(.pageTooSmall(width: frame.width, height: frame.height), in: panel.y.title)
    }
    guard !panel.series.isEmpty else { throw FigureError(.empty, in: panel.y.title) }
    var yExtent = DataExtent()
    for series in panel.series {
      try series.element.validate()
      yExtent.merge(series.element.yExtent)
    }
    let xRange = try panel.xRange()
    var yMap = AxisMap(
      range: try panel.y.range(for: yExtent, name: "vertical", subject: panel.y.title),
      logarithmic: panel.y.isLogarithmic, start: frame.bottom, end: frame.top)
    if panel.y.categoryList != nil {
      // The first category stands at the top.
      (yMap.start, yMap.end) = (frame.top, frame.bottom)
    } else if panel.y.upper == nil {
      yMap.range = yMap.withHeadroom(min(0.6, PanelLayout.headroom(panel, width: frame.width) / frame.height))
    }
    map = PanelMap(
      x: AxisMap(range: xRange, logarithmic: panel.x.isLogarithmic, start: frame.left, end: frame.right), y: yMap,
      frame: frame)
  }

  static func entries(_ panel: Panel) -> [LegendEntry] { panel.series.flatMap { $0.element.legendEntries } }

  /// Two columns above the data, one elsewhere or where two entries do not fit beside each other.
  private static func legendColumns(_ panel: Panel, width: Double) -> Int {
    let widest = entries(panel).map { TextLayout($0.label, size: Metrics.legendSize).advance }.max() ?? 0
    return panel.legend == .above && 2 * (widest + 36) <= width - 10 ? 2 : 1
  }

  /// The height that notes and a legend above the data take.
  private static func headroom(_ panel: Panel, width: Double) -> Double {
    let columns = legendColumns(panel, width: width)
    let legend = panel.legend == .above ? (entries(panel).count + columns - 1) / columns : 0
    let lines = Double(panel.notes.count + legend)
    return lines > 0 ? lines * Metrics.lineHeight + 14 : 0
  }

  func draw(into drawing: inout Drawing) {
    drawing.clipped(to: frame, role: .data) { drawing in
      for series in panel.series { series.element.draw(into: &drawing, map: map) }
    }
    drawTicks(panel.x, horizontal: true, into: &drawing)
    drawTicks(panel.y, horizontal: false, into: &drawing)
    drawing.rectangle(frame, stroke: Stroke(.black, width: 0.9), role: .frame)
    drawTitles(into: &drawing)
    drawNotes(into: &drawing)
    drawLegend(into: &drawing)
    for series in panel.series {
      if let scale = series.element as? any ColorBarScale { drawColorBar(scale, into: &drawing) }
    }
  }

  // MARK: axes

  private func drawTicks(_ axis: AxisDescription, horizontal: Bool, into drawing: inout Drawing) {
    let axisMap = horizontal ? map.x : map.y
    if let categories = axis.categoryList {
      drawCategories(categories, axisMap, horizontal: horizontal, into: &drawing)
      return
    }
    let length = horizontal ? frame.width : frame.height
    let target = max(2, Int(length / (horizontal ? 55 : 34)))
    let ticks =
      axis.isLogarithmic
      ? Ticks.logarithmic(from: axisMap.range.lower, to: axisMap.range.upper, target: target)
      : Ticks.linear(from: axisMap.range.lower, to: axisMap.range.upper, target: target, integers: axis.integers)
    let pen = Stroke(.black, width: 0.7)
    func isMarked(_ position: Double) -> Bool {
      axisMap.isVisible(position) && position <= axis.marksEnd.map { $0 + 1e-9 * abs($0) } ?? .infinity
    }
    func mark(_ position: Double, _ size: Double) {
      guard isMarked(position) else { return }
      let at = axisMap(position)
      let ends: [(Point, Point)] =
        horizontal
        ? [
          (Point(at, frame.bottom), Point(at, frame.bottom - size)),
          (Point(at, frame.top), Point(at, frame.top + size)),
        ]
        : [
          (Point(frame.left, at), Point(frame.left + size, at)),
          (Point(frame.right, at), Point(frame.right - size, at)),
        ]
      for (from, to) in ends { drawing.line([from, to], stroke: pen, role: .tick) }
    }
    for position in ticks.minors { mark(position, Metrics.minorTick) }
    for major in ticks.majors {
      mark(major.position, Metrics.majorTick)
      guard isMarked(major.position), !(horizontal && hidesX) else { continue }
      let at = axisMap(major.position)
      drawing.text(
        TextLayout(major.label, size: Metrics.labelSize),
        at: horizontal ? Point(at, frame.bottom + 5) : Point(frame.left - 5, at), size: Metrics.labelSize,
        horizontal: horizontal ? .center : .right, vertical: horizontal ? .top : .middle, role: .tickLabel)
    }
    guard ticks.exponent != 0, !(horizontal && hidesX) else { return }
    let power = TextLayout("×10^{\(ticks.exponent)}", size: Metrics.labelSize)
    drawing.text(
      power, at: horizontal ? Point(frame.right, frame.bottom + 30) : Point(frame.left, frame.top - 5),
      size: Metrics.labelSize, horizontal: horizontal ? .right : .left, role: .tickLabel)
  }

  private func drawCategories(
    _ categories: [Category], _ axisMap: AxisMap, horizontal: Bool, into drawing: inout Drawing
  ) {
    let labels = categories.map { TextLayout($0.label, size: Metrics.labelSize) }
    // Below the axis, names that are wider than their categories stand on end.
    let room = frame.width / Double(max(1, categories.count)) - 4
    let upright = horizontal && labels.contains { $0.advance > room }
    for (index, label) in labels.enumerated() {
      let at = axisMap(Double(index) + 0.5)
      drawing.text(
        label, at: horizontal ? Point(at, frame.bottom + 6) : Point(frame.left - 6, at), size: Metrics.labelSize,
        horizontal: upright || !horizontal ? .right : .center, vertical: horizontal && !upright ? .top : .middle,
        angle: upright ? -.pi / 2 : 0, role: .tickLabel)
    }
    for index in 1..<max(1, categories.count) where categories[index].group != categories[index - 1].group {
      let at = axisMap(Double(index))
      let ends =
        horizontal
        ? [Point(at, frame.top), Point(at, frame.bottom)] : [Point(frame.left, at), Point(frame.right, at)]
      drawing.line(ends, stroke: Stroke(.black, width: 1.2), role: .grid)
    }
  }

  private func drawTitles(into drawing: inout Drawing) {
    if !hidesX, !panel.x.fullTitle.isEmpty {
      drawing.text(
        TextLayout(panel.x.fullTitle, size: Metrics.titleSize), at: Point(frame.right, frame.bottom + 20),
        size: Metrics.titleSize, horizontal: .right, vertical: .top, role: .axisTitle)
    }
    guard !panel.y.fullTitle.isEmpty else { return }
    let isCategories = panel.y.categoryList != nil
    let layout = TextLayout(panel.y.fullTitle, size: Metrics.titleSize)
    if isCategories {
      drawing.text(
        layout, at: Point(frame.left - 6, frame.top - 8), size: Metrics.titleSize, horizontal: .right, role: .axisTitle)
    } else {
      // Titles longer than the axis hang centred, so that neither end leaves the page.
      let tooLong = layout.advance > frame.height
      drawing.text(
        layout, at: Point(frame.left - 36, tooLong ? frame.center.y : frame.top), size: Metrics.titleSize,
        horizontal: tooLong ? .center : .right, angle: -.pi / 2, role: .axisTitle)
    }
  }

  private func drawNotes(into drawing: inout Drawing) {
    for (index, note) in panel.notes.enumerated() {
      let y = frame.top + 10 + Double(index) * Metrics.lineHeight
      drawing.text(
        TextLayout(note, size: Metrics.noteSize, face: index == 0 ? .bold : .regular), at: Point(frame.left + 10, y),
        size: Metrics.noteSize, vertical: .top, role: .note)
    }
  }

  // MARK: legend

  private func drawLegend(into drawing: inout Drawing) {
    let entries = Self.entries(panel)
    guard panel.legend != .none, !entries.isEmpty else { return }
    let layouts = entries.map { TextLayout($0.label, size: Metrics.legendSize) }
    let columns = Self.legendColumns(panel, width: frame.width)
    let rows = (entries.count + columns - 1) / columns
    let widest = (layouts.map(\.advance).max() ?? 0) + 36
    let columnWidth = columns == 2 ? (frame.width - 20) / 2 : widest
    let left = panel.legend == .bottomRight ? frame.right - widest - 4 : frame.left + 10
    let top =
      panel.legend == .above
      ? frame.top + 10 + Double(panel.notes.count) * Metrics.lineHeight
      : frame.bottom - 10 - Double(rows) * Metrics.lineHeight
    for (index, entry) in entries.enumerated() {
      let x = left + Double(index / rows) * columnWidth
      let y = top + Double(index % rows) * Metrics.lineHeight + Metrics.lineHeight / 2
      drawSwatch(entry.swatch, Rect(left: x, top: y - 4, right: x + 20, bottom: y + 4), into: &drawing)
      drawing.text(
        layouts[index], at: Point(x + 26, y), size: Metrics.legendSize, vertical: .middle, role: .legendText)
    }
  }

  private func drawSwatch(_ swatch: LegendEntry.Swatch, _ box: Rect, into drawing: inout Drawing) {
    switch swatch {
    case .line(let style):
      drawing.line(
        [Point(box.left, box.center.y), Point(box.right, box.center.y)], stroke: style.stroke, role: .legend)
    case .area(let fill, let outline):
      if let fill, fill.pattern == .hatched {
        drawing.hatch(box, color: fill.color, role: .legend)
      } else if let fill {
        drawing.rectangle(box, fill: fill.color, role: .legend)
      }
      if let outline { drawing.rectangle(box, stroke: outline.stroke, role: .legend) }
    case .marker(let marker, let size, let color, let bars):
      if bars {
        drawing.line(
          [Point(box.center.x, box.top - 1), Point(box.center.x, box.bottom + 1)], stroke: Stroke(color, width: 1),
          role: .legend)
      }
      drawing.marker(marker, at: box.center, size: size, color: color, role: .legend)
    }
  }

  private func drawColorBar(_ scale: any ColorBarScale, into drawing: inout Drawing) {
    let bar = Rect(left: frame.right + 12, top: frame.top, right: frame.right + 24, bottom: frame.bottom)
    let steps = 64
    for step in 0..<steps {
      let low = Double(step) / Double(steps), high = Double(step + 1) / Double(steps)
      let rect = Rect(
        left: bar.left, top: bar.bottom - high * bar.height, right: bar.right,
        bottom: bar.bottom - low * bar.height + 0.3)
      drawing.rectangle(rect, fill: scale.color(at: (low + high) / 2), role: .colorBar)
    }
    drawing.rectangle(bar, stroke: Stroke(.black, width: 0.7), role: .colorBar)
    for major in scale.ticks.majors {
      let y = bar.bottom - scale.fraction(major.position) * bar.height
      guard y >= bar.top - 0.5, y <= bar.bottom + 0.5 else { continue }
      drawing.line([Point(bar.right - 4, y), Point(bar.right, y)], stroke: Stroke(.black, width: 0.7), role: .tick)
      drawing.text(
        TextLayout(major.label, size: Metrics.labelSize), at: Point(bar.right + 4, y), size: Metrics.labelSize,
        vertical: .middle, role: .tickLabel)
    }
  }
}
