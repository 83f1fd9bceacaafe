import EventSelection
import Figures
import Foundation
import Histograms

extension SearchRun.Outcome {
  func featureShapes() throws -> SearchFigure {
    let all = try card.compiledFeatures(file: card.name).features
    let chosen = card.figures.keyFeatures.isEmpty ? all.prefix(8).map(\.name) : card.figures.keyFeatures
    let shown = card.backgrounds + [card.signals.first, card.signals.last].compactMap { $0 }
    var panels: [Panel] = []
    for name in chosen {
      guard let first = samples[card.backgrounds[0].name] else { continue }
      guard let column = first.featureNames.firstIndex(of: name), let feature = all.first(where: { $0.name == name })
      else {
        continue
      }
      var series: [Series] = []
      let pooled = shown.flatMap { values(of: column, $0.name, feature) }.map(\.value).sorted()
      guard pooled.count > 10 else { continue }
      guard let (axis, isCount) = try shapeAxis(pooled) else { continue }
      for (index, sample) in shown.enumerated() {
        var histogram = Histogram1D(axis: axis)
        for entry in values(of: column, sample.name, feature) { try histogram.fill(entry.value, weight: entry.weight) }
        guard histogram.integral > 0 else { continue }
        let shape = histogram.scaled(by: 1 / histogram.integral)
        series.append(
          .histogram(
            HistogramSeries(
              sample.title, edges: axis.edges, values: shape.sumW,
              style: shapeStyle(sample, index))))
      }
      guard !series.isEmpty else { continue }
      panels.append(
        Panel(
          x: AxisDescription(feature.title, unit: feature.unit.isEmpty ? nil : feature.unit, integers: isCount),
          y: AxisDescription("Fraction of events"), series: series, legend: panels.isEmpty ? .above : .none))
    }
    let columnCount = max(1, (panels.count + 1) / 2)
    let columns = panels.inTwoRows()
    return SearchFigure(
      name: "features",
      caption: "Key features, each normalised to one, after the pre-selection; events without the object are left out.",
      figure: Figure(title: "Key features", width: 230 * Double(columnCount), height: 420, columns: columns))
  }

  /// Backgrounds solid in the colours of the stack, signals broken.
  private func shapeStyle(_ sample: SearchCard.Sample, _ index: Int) -> LineStyle {
    guard sample.role == .signal else { return LineStyle(Palette.petroff[index], width: 1.3) }
    return index == card.backgrounds.count
      ? LineStyle(.black, dash: .dashed, width: 1.3) : LineStyle(Color(0x7A21DD), dash: .longDashed, width: 1.3)
  }

  /// The bulk of sorted values in 24 bins; a bin for each number where all are whole. `nil` if they are all the same.
  private func shapeAxis(_ sorted: [Double]) throws -> (axis: Axis, isCount: Bool)? {
    let low = sorted[sorted.count / 200], high = sorted[sorted.count - 1 - sorted.count / 100]
    guard low < high else { return nil }
    guard high - low < 40, sorted.allSatisfy({ $0 == $0.rounded() }) else {
      return (try Axis(binCount: 24, from: low, to: high), false)
    }
    return (try Axis(binCount: Int(high - low) + 1, from: low - 0.5, to: high + 0.5), true)
  }

  private func values(of column: Int, _ sample: String, _ feature: Feature) -> [(value: Double, weight: Double)] {
    guard let events = samples[sample] else { return [] }
    return (0..<events.count).compactMap { row in
      let value = Double(events.features[row * events.featureNames.count + column])
      return feature.placeholder == value ? nil : (value, events.weights[row])
    }
  }
}
