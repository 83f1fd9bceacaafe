import Figures
public import Inference

extension LimitReport {
  /// CLs against the parameter of interest with the expected band; limits are where it crosses 1 − CL.
  public var figures: [ReportFigure] {
    guard scan.count > 1 else { return [] }
    let x = scan.map(\.mu)
    let alpha = 1 - limit.confidenceLevel
    func band(_ label: String, _ low: Int, _ high: Int, _ color: UInt32) -> Series {
      .band(
        BandSeries(
          label, abscissa: .points(x), lower: scan.map { max($0.expected[low], Self.floor) },
          upper: scan.map { max($0.expected[high], Self.floor) }, fill: Fill(Color(color))))
    }
    let level = trimmed(100 * limit.confidenceLevel)
    return [
      ReportFigure(
        name: "limit",
        caption:
          "CLs against \(limit.poi): observed, and expected without signal with ±1σ and ±2σ. Upper limits at \(level) % CL "
          + "are where the curves fall to \(trimmed(alpha)): observed \(trimmed(rounded(limit.observed))), expected "
          + "\(trimmed(rounded(limit.median))).",
        figure: Figure(
          title: "CLs against \(limit.poi)",
          columns: [
            [
              Panel(
                x: AxisDescription(literal(limit.poi), lower: x.first, upper: x.last),
                y: AxisDescription("CL_{s}", scale: .logarithmic, lower: 0.004, marksEnd: 1),
                series: [
                  band("expected ±2σ", 0, 4, 0xF5D64A), band("expected ±1σ", 1, 3, 0x5AAE61),
                  .rule(RuleSeries(nil, .horizontal(y: alpha), style: LineStyle(Color(0xC0282D), width: 0.9))),
                  .line(
                    LineSeries(
                      "median expected", x: x, y: scan.map { max($0.expected[2], Self.floor) },
                      style: LineStyle(dash: .dashed))),
                  .line(
                    LineSeries(
                      "observed", x: x, y: scan.map { max($0.cls, Self.floor) }, style: LineStyle(width: 1.8))),
                ])
            ]
          ]))
    ]
  }

  /// What lies lower is below the axis anyway.
  private static let floor = 1e-5

  private func rounded(_ value: Double) -> Double { Double(String(format: "%.4g", value)) ?? value }
}
