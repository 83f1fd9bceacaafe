import Figures
public import Inference

extension RankReport {
  /// Impacts beside pulls, the largest first; none where no nuisance parameter is free.
  public var figures: [ReportFigure] {
    let shown = Array(ranking.impacts.prefix(30))
    guard !shown.isEmpty else { return [] }
    let rows = Double(shown.count)
    let centres = shown.indices.map { Double($0) + 0.5 }
    let names = shown.map(\.name)
    func bars(
      _ label: String, _ values: [Double?], fill: UInt32?, outline: UInt32?
    ) -> Series? {
      let present = values.enumerated().compactMap { row, value in value.map { (centres[row], $0) } }
      guard !present.isEmpty else { return nil }
      return .spans(
        SpanSeries(
          label, from: present.map { _ in 0 }, to: present.map(\.1), y: present.map(\.0), height: 0.66,
          fill: fill.map { Fill(Color($0)) }, outline: outline.map { LineStyle(Color($0), width: 0.8) }))
    }
    let reach = 1.08 * (shown.flatMap { [$0.up, $0.down, $0.prefitUp ?? 0, $0.prefitDown ?? 0] }.map(abs).max() ?? 1)
    let series = [
      bars("+1σ, after fit", shown.map(\.up), fill: 0xE0884F, outline: nil),
      bars("−1σ, after fit", shown.map(\.down), fill: 0x5AA5D6, outline: nil),
      bars("+1σ, before", shown.map(\.prefitUp), fill: nil, outline: 0x9C4A12),
      bars("−1σ, before", shown.map(\.prefitDown), fill: nil, outline: 0x1C5A86),
      .rule(RuleSeries(nil, .vertical(x: 0))),
    ].compactMap(\.self)
    // Room below the rows for the legend: categories without names.
    let legendRows = 5.0
    let impacts = Panel(
      x: AxisDescription(
        "Δ\(literal(poi))", lower: reach > 0 ? -reach : -1, upper: reach > 0 ? reach : 1),
      y: .categories(names.map { Category(literal(shortened($0))) } + (0..<Int(legendRows)).map { _ in Category("") }),
      series: series, legend: .bottomLeft)
    let pullReach = max(2.5, shown.map { abs($0.pull ?? 0) + ($0.constraint ?? 0) }.max() ?? 0).rounded(.up)
    let pulled = shown.indices.filter { shown[$0].pull != nil }
    var pulls = pullPanel(
      names: names, pulls: pulled.map { shown[$0].pull ?? 0 }, constraints: pulled.map { shown[$0].constraint ?? 0 },
      at: pulled.map { centres[$0] }, height: rows + legendRows,
      reach: pullReach, showsNames: false)
    pulls.y = .categories((0..<shown.count + Int(legendRows)).map { _ in Category("") })
    let margin = 14 + widestLabel(names.map { literal(shortened($0)) })
    let rest = ranking.impacts.count - shown.count
    return [
      ReportFigure(
        name: "ranking",
        caption:
          "Nuisance parameters by their impact on \(poi): its change with the parameter held one uncertainty up and "
          + "down and all others fitted again, filled with the uncertainty after the fit, outlined with that before it. "
          + "Right: pulls (θ − θ₀)/σ₀ with the uncertainties after the fit; none for parameters without an auxiliary "
          + "measurement." + (rest > 0 ? " \(rest) more have smaller impacts." : ""),
        figure: Figure(
          title: "Ranking of nuisance parameters", width: margin + 2 * 205, height: 62 + 13 * (rows + legendRows),
          columns: [[impacts], [pulls]], leftMargin: margin, rightMargin: 14, innerMargin: 4))
    ]
  }
}
