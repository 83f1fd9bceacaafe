import CoreNumerics
import Figures
public import Inference

extension GridReport {
  /// The exclusion contour in the plane of two parameters, or limits against one.
  /// - Parameter titles: rich text of the axes; the labels where there is none.
  public func figures(titles: [String] = []) -> [ReportFigure] {
    [contourFigure(titles), bandFigure(titles)].compactMap(\.self)
  }

  private func title(_ axis: Int, _ titles: [String]) -> String {
    titles.indices.contains(axis) ? titles[axis] : literal(labels[axes[axis]])
  }

  private func corners(_ polygon: [Triangulation.Point]) -> [AreaSeries.Corner] { polygon.map { .init($0.x, $0.y) } }

  private func contourFigure(_ titles: [String]) -> ReportFigure? {
    guard let contours else { return nil }
    let blue = Color(0x0072B2), red = Color(0xC0282D)
    func lines(_ label: String, _ lines: [[Triangulation.Point]], _ style: LineStyle) -> [Series] {
      lines.enumerated().map { index, line in
        .line(LineSeries(index == 0 ? label : nil, x: line.map(\.x), y: line.map(\.y), style: style))
      }
    }
    var series: [Series] = []
    if !contours.band.isEmpty {
      series.append(.areas(AreaSeries("expected ±1σ", areas: contours.band.map(corners), color: Color(0xFBE7A1))))
    }
    series += lines("expected", contours.expected, LineStyle(blue, dash: .dashed, width: 1.6))
    series += lines("observed", contours.observed, LineStyle(red, width: 2))
    func markers(_ label: String, _ shown: [Point], _ marker: Marker) -> Series? {
      let places = shown.compactMap { place($0) }
      guard !places.isEmpty else { return nil }
      return .points(
        PointSeries(
          label, x: places.map(\.0), y: places.map(\.1), marker: marker, markerSize: 3, color: Color(0x555555)))
    }
    let names = Set(excluded.map(\.name))
    series += [
      markers("excluded signal", points.filter { names.contains($0.name) }, .circle),
      markers("not excluded", points.filter { $0.test != nil && !names.contains($0.name) }, .openCircle),
    ].compactMap(\.self)
    let xs = contours.points.map(\.x), ys = contours.points.map(\.y)
    let (xRoom, yRoom) = (0.04 * ((xs.max() ?? 1) - (xs.min() ?? 0)), 0.04 * ((ys.max() ?? 1) - (ys.min() ?? 0)))
    let level = trimmed(100 * request.confidenceLevel)
    return ReportFigure(
      name: "exclusion",
      caption: "Signals excluded at \(level) % CL by the data (solid line) and expected to be (dashed, with ±1σ of the "
        + "background-only expectation) in the plane of \(labels[axes[0]]) and \(labels[axes[1]]). Z = Φ⁻¹(1 − CLs) is "
        + "interpolated linearly on Delaunay's triangles of the tested signals (points).",
      figure: Figure(
        title: "Exclusion contour", width: 380, height: 340,
        columns: [
          [
            Panel(
              x: AxisDescription(
                title(0, titles), lower: (xs.min() ?? 0) - xRoom, upper: (xs.max() ?? 1) + xRoom),
              y: AxisDescription(title(1, titles), lower: (ys.min() ?? 0) - yRoom), series: series,
              notes: ["\(level) % CL"])
          ]
        ]))
  }

  private func place(_ point: Point) -> (Double, Double)? {
    guard case .number(let x) = point.values[axes[0]], case .number(let y) = point.values[axes[1]] else { return nil }
    return (x, y)
  }

  /// Of a set with one parameter: limits on the signal strength against it.
  private func bandFigure(_ titles: [String]) -> ReportFigure? {
    guard axes.count == 1 else { return nil }
    let entries = points.compactMap { point -> (x: Double, limit: UpperLimit)? in
      guard case .number(let x) = point.values[axes[0]], let limit = point.limit else { return nil }
      return (x, limit)
    }.sorted { $0.x < $1.x }
    guard entries.count > 1, zip(entries, entries.dropFirst()).allSatisfy({ $0.x < $1.x }) else { return nil }
    let x = entries.map(\.x)
    func band(_ label: String, _ low: Int, _ high: Int, _ color: UInt32) -> Series {
      .band(
        BandSeries(
          label, abscissa: .points(x), lower: entries.map { $0.limit.expected[low] },
          upper: entries.map { $0.limit.expected[high] }, fill: Fill(Color(color))))
    }
    let level = trimmed(100 * request.confidenceLevel)
    let poi = entries[0].limit.poi
    return ReportFigure(
      name: "limits",
      caption:
        "Upper limits on \(poi) at \(level) % CL against \(labels[axes[0]]): observed, and expected without signal "
        + "with ±1σ and ±2σ. Signals whose limit lies below 1 are excluded.",
      figure: Figure(
        title: "Upper limits",
        columns: [
          [
            Panel(
              x: AxisDescription(title(0, titles)),
              y: AxisDescription("\(level) % CL upper limit on \(literal(poi))", scale: .logarithmic),
              series: [
                band("expected ±2σ", 0, 4, 0xF5D64A), band("expected ±1σ", 1, 3, 0x5AAE61),
                .rule(RuleSeries(nil, .horizontal(y: 1), style: LineStyle(Color(0xC0282D), width: 0.9))),
                .line(
                  LineSeries("median expected", x: x, y: entries.map(\.limit.median), style: LineStyle(dash: .dashed))),
                .line(
                  LineSeries("observed", x: x, y: entries.map(\.limit.observed), style: LineStyle(width: 1.8))),
              ])
          ]
        ]))
  }
}

/// Without zeros that say nothing: `95`, `99.7`.
func trimmed(_ value: Double) -> String { String(format: "%g", value) }
