import EventSelection
import Figures
import Foundation
import Histograms
import Learning

/// The pictures of a search, each with its file name and caption.
public struct SearchFigure: Sendable {
  public var name: String
  public var caption: String
  public var figure: Figure
}

extension SearchRun.Outcome {
  /// All pictures of the run.
  /// - Throws: `FigureError`, `SampleError`, `LearningError`.
  public func figures() throws -> [SearchFigure] {
    var figures: [SearchFigure] = []
    for signal in card.signals { figures.append(try distribution(training: signal.name, signal: signal)) }
    for signal in card.signals.prefix(1) { figures.append(try distribution(training: card.fit.baseline.name, signal: signal)) }
    figures.append(try rocCurves())
    figures.append(learningCurves())
    figures.append(transferMatrix())
    figures += limitScans()
    figures.append(try featureShapes())
    return figures
  }

  private var notes: [String] {
    ["Searchlight simulation", "√s = \(trimmed(card.collisionEnergy / 1000)) TeV, \(trimmed(card.luminosity)) fb^{−1}"]
  }

  private func trimmed(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(format: "%.3g", value)
  }

  // MARK: distributions

  /// The fitted distribution: bins of the fit, drawn with equal widths, as their edges crowd towards the signal.
  private func distribution(training: String, signal: SearchCard.Sample) throws -> SearchFigure {
    guard let fit = fits[training]?[signal.name] else {
      throw SampleError(sample: signal.name, problem: "there is no fit of \(training) to it")
    }
    let isScore = training != card.fit.baseline.name
    let edges = isScore ? fit.edges.indices.map(Double.init) : fit.edges
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
      y: AxisDescription("Events / bin", scale: .logarithmic, lower: max(0.05, (total.sumW.min() ?? 1) * 0.3)),
      series: [
        .stack(StackSeries(edges: edges, layers: layers)),
        .band(
          BandSeries(
            "Simulation uncertainty", abscissa: .edges(edges), lower: zip(total.sumW, errors).map { max(1e-3, $0 - $1) },
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
      x: upper.x, y: AxisDescription("S / B", lower: 0),
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
      caption: "The \(what), as fitted for \(signal.title): held-out events scaled to \(trimmed(card.luminosity)) fb⁻¹. "
        + "Below: signal over background, and the relative uncertainty of the simulated background (hatched)."
        + (isScore ? " Bins are drawn with equal widths." : ""),
      figure: Figure(title: "Distribution of the \(what)", width: 380, height: 360, columns: [[upper, lower]]))
  }

  private func xAxis(_ isScore: Bool, _ axis: Axis, _ training: String) -> AxisDescription {
    isScore
      ? AxisDescription("Bin of the \(titles[training] ?? training) network's output", integers: true)
      : AxisDescription(axis.title, unit: axis.unit.isEmpty ? nil : axis.unit)
  }

  /// A power of ten that brings the signal into sight.
  private func signalScale(_ signal: Histogram1D, _ total: Histogram1D) -> Double {
    let ratio = total.integral / max(signal.integral, 1e-12)
    return ratio > 300 ? pow(10, (log10(ratio) - 1).rounded(.down)) : 1
  }

  // MARK: curves

  private func rocCurves() throws -> SearchFigure {
    var series: [Series] = []
    for (index, signal) in card.signals.enumerated() {
      let (values, labels, weights) = try heldOut(signal.name)
      let curve = try Metrics.rocCurve(scores: values, labels: labels, weights: weights)
      let auc = try Metrics.rocAUC(scores: values, labels: labels, weights: weights)
      // At most 400 points: more are not seen.
      let step = max(1, curve.count / 400)
      let points = curve.enumerated().filter { $0.offset % step == 0 || $0.offset == curve.count - 1 }.map(\.element)
        .filter { $0.backgroundEfficiency > 0 && $0.signalEfficiency > 0 }
      series.append(
        .line(
          LineSeries(
            "\(signal.title), AUC = \(String(format: "%.4f", auc))", x: points.map(\.signalEfficiency),
            y: points.map(\.backgroundEfficiency), style: .cycle(index))))
    }
    return SearchFigure(
      name: "roc", caption: "Background efficiency against signal efficiency of each network on its own signal, held-out events.",
      figure: Figure(
        title: "ROC curves", columns: [[
          Panel(
            x: AxisDescription("Signal efficiency", lower: 0, upper: 1),
            y: AxisDescription("Background efficiency", scale: .logarithmic), series: series, notes: notes)
        ]]))
  }

  private func heldOut(_ signal: String) throws -> (scores: [Float], labels: [Float], weights: [Float]) {
    var values: [Float] = [], labels: [Float] = [], weights: [Float] = []
    for (label, names) in [(Float(1), [signal]), (0, card.backgrounds.map(\.name))] {
      for name in names {
        guard let events = samples[name], let scores = scores[signal]?[name] else { continue }
        let test = try events.values(scores, part: .test)
        values += test.values.map(Float.init)
        weights += test.weights.map(Float.init)
        labels += Array(repeating: label, count: test.values.count)
      }
    }
    return (values, labels, weights)
  }

  private func learningCurves() -> SearchFigure {
    let panels = card.signals.compactMap { signal -> Panel? in
      guard let history = networks[signal.name]?.history, !history.epochs.isEmpty else { return nil }
      let epochs = history.epochs.map { Double($0.epoch) }
      return Panel(
        x: AxisDescription("Epoch", lower: 0, upper: (epochs.last ?? 1) + 1, integers: true), y: AxisDescription("Loss"),
        series: [
          .line(LineSeries("training", x: epochs, y: history.epochs.map(\.trainingLoss), style: .cycle(0))),
          .line(LineSeries("validation", x: epochs, y: history.epochs.map(\.validationLoss), style: .cycle(1))),
          .rule(RuleSeries(nil, .vertical(x: Double(history.bestEpoch)), style: LineStyle(Color(0x666666), dash: .dotted, width: 0.9))),
        ], notes: [signal.title])
    }
    let columnCount = (panels.count + 1) / 2
    let columns = inTwoRows(panels)
    return SearchFigure(
      name: "learning",
      caption: "Weighted cross-entropy by epoch: training (with dropout) and validation; the dotted line marks the epoch that is kept.",
      figure: Figure(title: "Learning curves", width: 220 * Double(columnCount), height: 420, columns: columns, leftMargin: 46))
  }

  /// Panels row by row in two rows, as columns.
  private func inTwoRows(_ panels: [Panel]) -> [[Panel]] {
    let count = (panels.count + 1) / 2
    return (0..<count).map { column in
      var cells = [panels[column]]
      if column + count < panels.count { cells.append(panels[column + count]) }
      return cells
    }
  }

  // MARK: limits

  private func transferMatrix() -> SearchFigure {
    let columns = card.signals
    let values = tables.trainings.map { training in
      columns.map { tables.normalised[training]?[$0.name]?.median }
    }
    let texts = tables.trainings.map { training in
      columns.map { signal -> String in
        guard let limit = tables.limits[training]?[signal.name], let ratio = tables.normalised[training]?[signal.name] else { return "" }
        return "\(significant(ratio.median))\nμ < \(significant(limit.median))"
      }
    }
    let heatMap = HeatMapSeries(
      xEdges: (0...columns.count).map(Double.init), yEdges: (0...tables.trainings.count).map(Double.init), values: values,
      texts: texts)
    let groups = Dictionary(uniqueKeysWithValues: card.signals.map { ($0.name, $0.group) })
    return SearchFigure(
      name: "transfer",
      caption: "Expected upper limits at \(trimmed(100 * card.fit.confidenceLevel)) % CL of each training (rows) on each "
        + "signal (columns), divided by the limit of the signal's own network; below each, the limit on μ itself.",
      figure: Figure(
        title: "Transfer matrix", width: 110 + 66 * Double(columns.count), height: 80 + 34 * Double(tables.trainings.count),
        columns: [[
          Panel(
            x: .categories(columns.map { Category($0.title, group: $0.group) }, title: "tested on"),
            y: .categories(
              tables.trainings.map { Category(titles[$0] ?? $0, group: groups[$0] ?? "baseline") }, title: "trained on"),
            series: [.heatMap(heatMap)], legend: .none)
        ]], leftMargin: 76, rightMargin: 56))
  }

  /// Limits of the dedicated networks against the mass, one picture for each group of signals with masses.
  private func limitScans() -> [SearchFigure] {
    let families = Dictionary(grouping: card.signals.filter { $0.mass != nil }, by: \.group)
    return families.keys.sorted().compactMap { group in
      let signals = (families[group] ?? []).sorted { ($0.mass ?? 0) < ($1.mass ?? 0) }
      guard signals.count > 1 else { return nil }
      let limits = signals.compactMap { tables.limits[$0.name]?[$0.name] }
      let baseline = signals.compactMap { tables.limits[card.fit.baseline.name]?[$0.name]?.median }
      guard limits.count == signals.count, baseline.count == signals.count else { return nil }
      let mass = signals.compactMap { $0.mass.map { $0 / 1000 } }
      let yellow = Color(0xF5D64A), green = Color(0x5AAE61)
      return SearchFigure(
        name: "limit-\(group.lowercased().replacing(" ", with: "-"))",
        caption: "Expected upper limits on μ of the dedicated networks against the mass (\(group)), with the ±1σ and ±2σ "
          + "bands, and of the fit to \(card.fit.baseline.name). Below the line at μ = 1 the model is excluded.",
        figure: Figure(
          title: "Limit against mass, \(group)", columns: [[
            Panel(
              x: AxisDescription("m_{T}", unit: "TeV"),
              y: AxisDescription("\(trimmed(100 * card.fit.confidenceLevel)) % CL upper limit on μ", scale: .logarithmic),
              series: [
                .band(BandSeries("±2σ", abscissa: .points(mass), lower: limits.map { $0.expected[0] }, upper: limits.map { $0.expected[4] }, fill: Fill(yellow))),
                .band(BandSeries("±1σ", abscissa: .points(mass), lower: limits.map { $0.expected[1] }, upper: limits.map { $0.expected[3] }, fill: Fill(green))),
                .line(LineSeries("median expected", x: mass, y: limits.map(\.median), style: LineStyle(.black, dash: .dashed))),
                .line(LineSeries("fit to \(card.fit.baseline.title)", x: mass, y: baseline, style: LineStyle(Color(0xD55E00), dash: .dotted, width: 1.8))),
                .rule(RuleSeries("theory, μ = 1", .horizontal(y: 1), style: LineStyle(Color(0x0072B2), width: 1.2))),
              ], notes: notes + ["\(group), dedicated networks"])
          ]]))
    }
  }

  // MARK: features

  private func featureShapes() throws -> SearchFigure {
    let all = try card.compiledFeatures(file: card.name).features
    let chosen = card.figures.keyFeatures.isEmpty ? all.prefix(8).map(\.name) : card.figures.keyFeatures
    let shown = card.backgrounds + [card.signals.first, card.signals.last].compactMap { $0 }
    var panels: [Panel] = []
    for name in chosen {
      guard let first = samples[card.backgrounds[0].name] else { continue }
      guard let column = first.featureNames.firstIndex(of: name), let feature = all.first(where: { $0.name == name }) else {
        continue
      }
      var series: [Series] = []
      let pooled = shown.flatMap { values(of: column, $0.name, feature) }.map(\.value).sorted()
      guard pooled.count > 10 else { continue }
      let low = pooled[pooled.count / 200], high = pooled[pooled.count - 1 - pooled.count / 100]
      guard low < high else { continue }
      let axis = try Axis(binCount: 24, from: low, to: high)
      for (index, sample) in shown.enumerated() {
        var histogram = Histogram1D(axis: axis)
        for entry in values(of: column, sample.name, feature) { try histogram.fill(entry.value, weight: entry.weight) }
        guard histogram.integral > 0 else { continue }
        let shape = histogram.scaled(by: 1 / histogram.integral)
        series.append(
          .histogram(
            HistogramSeries(
              sample.title, edges: axis.edges, values: shape.sumW,
              style: LineStyle(sample.role == .background ? Palette.petroff[index] : Palette.okabeIto[index + 1], dash: sample.role == .background ? .solid : .dashed, width: 1.3))))
      }
      guard !series.isEmpty else { continue }
      panels.append(
        Panel(
          x: AxisDescription(feature.title, unit: feature.unit.isEmpty ? nil : feature.unit),
          y: AxisDescription("Fraction of events"), series: series, legend: panels.isEmpty ? .above : .none))
    }
    let columnCount = max(1, (panels.count + 1) / 2)
    let columns = inTwoRows(panels)
    return SearchFigure(
      name: "features", caption: "Key features, each normalised to one, after the pre-selection; events without the object are left out.",
      figure: Figure(title: "Key features", width: 230 * Double(columnCount), height: 420, columns: columns))
  }

  private func values(of column: Int, _ sample: String, _ feature: Feature) -> [(value: Double, weight: Double)] {
    guard let events = samples[sample] else { return [] }
    return (0..<events.count).compactMap { row in
      let value = Double(events.features[row * events.featureNames.count + column])
      return feature.placeholder == value ? nil : (value, events.weights[row])
    }
  }

  private func significant(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    return String(format: "%.\(max(0, 1 - Int(log10(value).rounded(.down))))f", value)
  }
}
