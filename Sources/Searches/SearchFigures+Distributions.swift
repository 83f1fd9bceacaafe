import Figures
import Foundation
import Histograms

extension SearchRun.Outcome {
  /// The fitted distribution: bins of the fit, drawn with equal widths, as their edges crowd towards the signal.
  func distribution(training: String, signal: SearchCard.Sample) throws -> SearchFigure {
    guard let fit = fits[training]?[signal.name] else {
      throw SampleError(sample: signal.name, problem: "there is no fit of \(training) to it")
    }
    let isScore = training != card.fit.baseline.name
    let edges = isScore ? fit.edges.indices.map(Double.init) : closingLastBin(fit.edges)
    let palette = Palette.petroff
    let layers = zip(card.backgrounds, fit.backgrounds).enumerated().map { index, entry in
      StackSeries.Layer(entry.0.title, values: entry.1.sumW, color: palette[index])
    }
    var total = fit.backgrounds[0]
    for histogram in fit.backgrounds.dropFirst() { try total.add(histogram) }
    let errors = total.errors
    let scale = signalScale(fit.signal, total)
    let upper = Panel(
      x: xAxis(isScore, fit.signal.axis, training),
      y: AxisDescription(
        "Events / bin", scale: .logarithmic, lower: lowerEnd(total.sumW, fit.signal.sumW.map { $0 * scale })),
      series: [
        .stack(StackSeries(edges: edges, layers: layers)),
        .band(
          BandSeries(
            "Simulation uncertainty", abscissa: .edges(edges),
            lower: zip(total.sumW, errors).map { max(1e-3, $0 - $1) },
            upper: zip(total.sumW, errors).map { $0 + $1 }, fill: Fill(Color(0x333333), pattern: .hatched))),
        .histogram(
          HistogramSeries(
            "\(signal.title)\(scale == 1 ? "" : " × \(trimmed(scale))")", edges: edges,
            values: fit.signal.sumW.map { max($0 * scale, 1e-3) }, style: LineStyle(.black, dash: .dashed, width: 1.6),
            standsOnZero: false)),
      ], notes: notes, heightShare: 3)
    let relative = zip(errors, total.sumW).map { $1 > 0 ? $0 / $1 : 0 }
    let ratio = zip(fit.signal.sumW, total.sumW).map { $1 > 0 ? $0 * scale / $1 : 0 }
    let lower = Panel(
      x: upper.x, y: AxisDescription(scale == 1 ? "S / B" : "\(trimmed(scale)) S / B", lower: 0),
      series: [
        .band(
          BandSeries(
            abscissa: .edges(edges), lower: relative.map { _ in 0 }, upper: relative,
            fill: Fill(Color(0x999999), pattern: .hatched))),
        .histogram(HistogramSeries(edges: edges, values: ratio, style: LineStyle(.black, width: 1.4))),
      ], legend: .none, heightShare: 1.1)
    let what = isScore ? "output of the network trained on \(titles[training] ?? training)" : card.fit.baseline.name
    return SearchFigure(
      name: "distribution-\(training)",
      caption:
        "The \(what), as fitted for \(signal.title): held-out events scaled to \(trimmed(card.luminosity)) fb⁻¹. "
        + "Below: signal over background, and the relative uncertainty of the simulated background (hatched)."
        + (isScore ? " Bins are drawn with equal widths." : " The last bin holds all that lies above."),
      figure: Figure(title: "Distribution of the \(what)", width: 380, height: 360, columns: [[upper, lower]]))
  }

  private func xAxis(_ isScore: Bool, _ axis: Axis, _ training: String) -> AxisDescription {
    isScore
      ? AxisDescription("Bin of the \(titles[training] ?? training) network's output", integers: true)
      : AxisDescription(axis.title, unit: axis.unit.isEmpty ? nil : axis.unit)
  }

  /// Below the smallest bin, within reason.
  private func lowerEnd(_ background: [Double], _ signal: [Double]) -> Double {
    let smallest = (background + signal).filter { $0 > 0 }.min() ?? 1
    return max(0.02, (background.max() ?? 1) * 1e-6, smallest * 0.4)
  }

  /// The edges with the last bin, which is open in truth, no wider than the two before it.
  private func closingLastBin(_ edges: [Double]) -> [Double] {
    guard let last = edges.indices.last, last >= 3 else { return edges }
    return edges.dropLast() + [min(edges[last], 2 * edges[last - 1] - edges[last - 3])]
  }

  /// A power of ten that brings the signal into sight.
  private func signalScale(_ signal: Histogram1D, _ total: Histogram1D) -> Double {
    let ratio = total.integral / max(signal.integral, 1e-12)
    return ratio > 300 ? pow(10, (log10(ratio) - 1).rounded(.down)) : 1
  }
}
