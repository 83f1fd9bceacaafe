import CoreNumerics
import Figures
public import Inference

extension ScanReport {
  public var figures: [ReportFigure] {
    switch outcome {
    case .line(let scan, let intervals): [lineFigure(scan, intervals)]
    case .plane(let grid): [planeFigure(grid)]
    }
  }

  private func lineFigure(_ scan: ProfileScan, _ intervals: [ProfileInterval]) -> ReportFigure {
    let top = max(4.5, min(12.5, scan.points.map(\.twiceDeltaNLL).max() ?? 0))
    let grey = LineStyle(Color(0x888888), dash: .dotted, width: 0.9)
    var series: [Series] = []
    for (index, interval) in intervals.enumerated().reversed() {
      let level = Self.oneParameterLevels[index]
      let low = max(interval.lower.value, scan.points.first?.value ?? scan.best)
      let high = min(interval.upper.value, scan.points.last?.value ?? scan.best)
      guard low < high else { continue }
      series.append(
        .band(
          BandSeries(
            "\(level.label) CL", abscissa: .points([low, high]), lower: [0, 0],
            upper: [level.twiceDeltaNLL, level.twiceDeltaNLL], fill: Fill(Color(index == 0 ? 0x9BCB9D : 0xFBEFA6)))))
    }
    series += Self.oneParameterLevels.map { .rule(RuleSeries(nil, .horizontal(y: $0.twiceDeltaNLL), style: grey)) }
    let shown = scan.points.filter { $0.twiceDeltaNLL <= 3 * top }
    series.append(
      .line(
        LineSeries(
          "profile likelihood", x: shown.map(\.value), y: shown.map(\.twiceDeltaNLL), style: LineStyle(width: 1.8))))
    return ReportFigure(
      name: "scan-\(fileName(scan.parameter))",
      caption:
        "−2 ln λ of \(scan.parameter), all other parameters fitted at each point, with its intervals at 68 and 95 % CL "
        + "(−2 ln λ = 1 and 3.84).",
      figure: Figure(
        title: "Profile likelihood of \(scan.parameter)",
        columns: [
          [
            Panel(
              x: AxisDescription(
                literal(scan.parameter), lower: scan.points.first?.value, upper: scan.points.last?.value),
              y: AxisDescription("−2 ln λ", lower: 0, upper: top * 1.3, marksEnd: top), series: series)
          ]
        ]))
  }

  private func planeFigure(_ grid: ProfileGrid) -> ReportFigure {
    var series: [Series] = []
    let styles = [LineStyle(Color(0x0072B2), width: 1.8), LineStyle(Color(0x0072B2), dash: .dashed, width: 1.8)]
    for (index, lines) in contours.enumerated() {
      for (number, line) in lines.enumerated() where line.count > 1 {
        series.append(
          .line(
            LineSeries(
              number == 0 ? "\(Self.twoParameterLevels[index].label) CL" : nil, x: line.map(\.x), y: line.map(\.y),
              style: styles[index])))
      }
    }
    series.append(
      .points(PointSeries("best fit", x: [grid.best[0]], y: [grid.best[1]], marker: .diamond, markerSize: 6)))
    return ReportFigure(
      name: "scan-\(fileName(grid.first))-\(fileName(grid.second))",
      caption:
        "Contours of the profile likelihood of \(grid.first) and \(grid.second), all other parameters fitted at each of "
        + "\(grid.firstValues.count) × \(grid.secondValues.count) points: 68.3 and 95 % CL of two parameters "
        + "(−2 ln λ = 2.30 and 5.99).",
      figure: Figure(
        title: "Contours of \(grid.first) and \(grid.second)", width: 340, height: 320,
        columns: [
          [
            Panel(
              x: AxisDescription(literal(grid.first), lower: grid.firstValues.first, upper: grid.firstValues.last),
              y: AxisDescription(literal(grid.second), lower: grid.secondValues.first), series: series)
          ]
        ], leftMargin: 56))
  }
}

/// A name that is a file's on any system.
func fileName(_ name: String) -> String {
  String(name.map { $0.isLetter || $0.isNumber || "_-".contains($0) ? $0 : "-" })
}
