import Figures
import Foundation
import Learning

extension SearchRun.Outcome {
  func rocCurves() throws -> SearchFigure {
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
      name: "roc",
      caption: "Background efficiency against signal efficiency of each network on its own signal, held-out events.",
      figure: Figure(
        title: "ROC curves",
        columns: [
          [
            Panel(
              x: AxisDescription("Signal efficiency", lower: 0, upper: 1),
              y: AxisDescription("Background efficiency", scale: .logarithmic, marksEnd: 1), series: series,
              notes: notes)
          ]
        ]))
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

  func learningCurves() -> SearchFigure {
    let panels = card.signals.compactMap { signal -> Panel? in
      guard let history = networks[signal.name]?.history, !history.epochs.isEmpty else { return nil }
      let epochs = history.epochs.map { Double($0.epoch) }
      return Panel(
        x: AxisDescription("Epoch", lower: 0, upper: (epochs.last ?? 1) + 1, integers: true),
        y: AxisDescription("Loss"),
        series: [
          .line(LineSeries("training", x: epochs, y: history.epochs.map(\.trainingLoss), style: .cycle(0))),
          .line(LineSeries("validation", x: epochs, y: history.epochs.map(\.validationLoss), style: .cycle(1))),
          .rule(
            RuleSeries(
              nil, .vertical(x: Double(history.bestEpoch)), style: LineStyle(Color(0x666666), dash: .dotted, width: 0.9)
            )),
        ], notes: [signal.title])
    }
    let columnCount = (panels.count + 1) / 2
    let columns = panels.inTwoRows()
    return SearchFigure(
      name: "learning",
      caption:
        "Weighted cross-entropy by epoch: training (with dropout) and validation; the dotted line marks the epoch that is kept.",
      figure: Figure(
        title: "Learning curves", width: 220 * Double(columnCount), height: 420, columns: columns, leftMargin: 46))
  }
}
