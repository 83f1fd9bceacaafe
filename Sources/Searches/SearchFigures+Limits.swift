import Figures
import Foundation
import Reports

extension SearchRun.Outcome {
  func transferMatrix() -> SearchFigure {
    let columns = card.signals
    let values = tables.trainings.map { training in
      columns.map { tables.normalised[training]?[$0.name]?.median }
    }
    let texts = tables.trainings.map { training in
      columns.map { signal -> String in
        guard let limit = tables.limits[training]?[signal.name], let ratio = tables.normalised[training]?[signal.name]
        else { return "" }
        let rounded = RoundedValue(
          ratio.median, uncertainties: [ratio.expected[3] - ratio.median, ratio.median - ratio.expected[1]])
        return "\(rounded.value)\n+\(rounded.uncertainties[0]) −\(rounded.uncertainties[1])\n"
          + "μ < \(RoundedValue(limit.median, uncertainties: []).value)"
      }
    }
    let heatMap = HeatMapSeries(
      xEdges: (0...columns.count).map(Double.init), yEdges: (0...tables.trainings.count).map(Double.init),
      values: values,
      texts: texts)
    let groups = Dictionary(
      uniqueKeysWithValues: card.signals.map { ($0.name, $0.group) } + card.detectorRows.map { ($0.name, "detectors") })
    return SearchFigure(
      name: "transfer",
      caption:
        "Expected upper limits at \(trimmed(100 * card.fit.confidenceLevel)) % CL of each training (rows) on each "
        + "signal (columns), divided by the limit of the signal's own network, with the ±1σ band; below each, the limit on μ itself.",
      figure: Figure(
        title: "Transfer matrix", width: 110 + 68 * Double(columns.count),
        height: 80 + 42 * Double(tables.trainings.count),
        columns: [
          [
            Panel(
              x: .categories(columns.map { Category($0.title, group: $0.group) }, title: "tested on"),
              y: .categories(
                tables.trainings.map { Category(titles[$0] ?? $0, group: groups[$0] ?? "baseline") },
                title: "trained on"),
              series: [.heatMap(heatMap)], legend: .none)
          ]
        ], leftMargin: 76, rightMargin: 56))
  }

  /// Limits of the dedicated networks against the mass, one picture for each group of signals with masses: on the
  /// cross-section where the card says what it is at μ = 1, else on μ.
  func limitScans() -> [SearchFigure] {
    let families = Dictionary(grouping: card.signals.filter { $0.mass != nil }, by: \.group)
    return families.keys.sorted().compactMap { group in
      limitScan(group, (families[group] ?? []).sorted { ($0.mass ?? 0) < ($1.mass ?? 0) })
    }
  }

  private func limitScan(_ group: String, _ signals: [SearchCard.Sample]) -> SearchFigure? {
    let limits = signals.compactMap { tables.limits[$0.name]?[$0.name] }
    let baseline = signals.compactMap { tables.limits[card.fit.baseline.name]?[$0.name]?.median }
    guard signals.count > 1, limits.count == signals.count, baseline.count == signals.count else { return nil }
    let mass = signals.compactMap { $0.mass.map { $0 / 1000 } }
    let known = signals.compactMap { $0.crossSection.map { $0 * 1000 } }
    let isCrossSection = known.count == signals.count
    let theory = isCrossSection ? known : signals.map { _ in 1 }
    func scaled(_ value: (Int) -> Double) -> [Double] { theory.indices.map { theory[$0] * value($0) } }
    func band(_ label: String, _ low: Int, _ high: Int, _ color: UInt32) -> Series {
      .band(
        BandSeries(
          label, abscissa: .points(mass), lower: scaled { limits[$0].expected[low] },
          upper: scaled { limits[$0].expected[high] }, fill: Fill(Color(color))))
    }
    let quantity = isCrossSection ? "the cross-section" : "μ"
    return SearchFigure(
      name: "limit-\(group.lowercased().replacing(" ", with: "-"))",
      caption:
        "Expected upper limits on \(quantity) (\(group)) against the mass: of the dedicated networks with the ±1σ and "
        + "±2σ bands, and of the fit to \(card.fit.baseline.name). Where a limit lies below the line of the theory (μ = 1: "
        + "\(signals[0].reference)) the model is expected to be excluded.",
      figure: Figure(
        title: "Limit against mass, \(group)",
        columns: [
          [
            Panel(
              x: AxisDescription("Mass", unit: "TeV"),
              y: AxisDescription(
                "\(trimmed(100 * card.fit.confidenceLevel)) % CL upper limit on \(isCrossSection ? "σ" : "μ")",
                unit: isCrossSection ? "fb" : nil, scale: .logarithmic),
              series: [
                band("expected ±2σ", 0, 4, 0xF5D64A), band("expected ±1σ", 1, 3, 0x5AAE61),
                .line(
                  LineSeries(
                    "median expected", x: mass, y: scaled { limits[$0].median }, style: LineStyle(dash: .dashed))),
                .line(
                  LineSeries(
                    "fit to \(card.fit.baseline.title)", x: mass, y: scaled { baseline[$0] },
                    style: LineStyle(Color(0xD55E00), dash: .dotted, width: 1.8))),
                .line(
                  LineSeries(
                    "theory, μ = 1", x: mass, y: theory,
                    style: LineStyle(Color(0x0072B2), width: 1.4))),
              ], notes: notes + ["\(group), dedicated networks"])
          ]
        ]))
  }
}
