import Figures
import Foundation
import Interpretation
import Learning
import Reports

extension SearchRun.Outcome {
  /// In the card's order.
  private var diagnosed: [(title: String, name: String, values: ClassifierDiagnostics)] {
    card.signals.compactMap { signal in diagnostics[signal.name].map { (signal.title, signal.name, $0) } }
  }

  var diagnosticsBlocks: [HTMLReport.Block] {
    let entries = diagnosed
    guard let first = entries.first else { return [.paragraph("None: see the warnings at the samples.")] }
    return [
      .paragraph(
        "Each network on its own signal and all backgrounds. Uncertainties are statistical, those of areas by DeLong with weights. All "
          + "numbers are in diagnostics.json."), .table(qualityTable(entries)), .table(trainingTable(entries)),
      .table(countingTable(entries, systematic: first.values.counting.best.systematic)),
    ]
  }

  private func text(_ estimate: Estimate?) -> String {
    estimate.map { RoundedValue.symmetric($0.value, $0.uncertainty) } ?? "–"
  }

  private func rejection(_ point: OperatingPoint) -> String {
    point.backgroundRejection.map { RoundedValue.symmetric($0.value, $0.uncertainty) } ?? "no background left"
  }

  private func qualityTable(
    _ entries: [(title: String, name: String, values: ClassifierDiagnostics)]
  ) -> HTMLReport.Table {
    HTMLReport.Table(
      caption:
        "Separation of test events: area under the ROC curve, background rejection 1/ε_B at fixed signal efficiency, signal "
        + "efficiency at fixed background efficiency.",
      header: ["trained on", "AUC", "1/ε_B at ε_S = 0.3", "at 0.5", "at 0.7", "ε_S at ε_B = 10⁻²", "at 10⁻³"],
      rows: entries.map { entry in
        [entry.title, text(entry.values.areaUnderCurve["test"])]
          + entry.values.atSignalEfficiency.map(rejection)
          + entry.values.atBackgroundEfficiency.map { text($0.signalEfficiency) }
      })
  }

  private func trainingTable(
    _ entries: [(title: String, name: String, values: ClassifierDiagnostics)]
  ) -> HTMLReport.Table {
    HTMLReport.Table(
      caption:
        "Over-training (area on training events, p-values of Kolmogorov and Smirnov's test between training and test scores) and "
        + "calibration (Brier score, and expected calibration error with equal classes: of the score, and after Platt's and isotonic "
        + "calibration on validation events).",
      header: [
        "trained on", "AUC, training", "p, signal", "p, background", "Brier", "ECE", "ECE, Platt", "ECE, isotonic",
      ],
      rows: entries.map { entry in
        let values = entry.values
        return [
          entry.title, text(values.areaUnderCurve["training"]),
          String(format: "%.2g", values.overTraining.signal.kolmogorovSmirnov.pValue),
          String(format: "%.2g", values.overTraining.background.kolmogorovSmirnov.pValue),
          String(format: "%.4f", values.calibration["score"]?.brierScore ?? .nan),
        ]
          + ["score", "platt", "isotonic"].map {
            String(format: "%.4f", values.calibration[$0]?.expectedCalibrationError ?? .nan)
          }
      })
  }

  private func countingTable(
    _ entries: [(title: String, name: String, values: ClassifierDiagnostics)], systematic: Double
  ) -> HTMLReport.Table {
    let percent = String(format: "%g %%", 100 * systematic)
    func z(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "–" }
    return HTMLReport.Table(
      caption:
        "Counting test events behind the cut that is best on validation events, at \(trimmed(card.luminosity)) fb⁻¹ and nominal signal: "
        + "expected significance in σ, with the background known exactly and to \(percent).",
      header: [
        "trained on", "cut", "signal", "background", "N_eff", "Z_A", "Z_A, \(percent)", "s/√b", "s/√(s+b+δ²b²)",
      ],
      rows: entries.map { entry in
        let best = entry.values.counting.best
        return [
          entry.title, String(format: "%.4f", best.threshold), text(best.signal), text(best.background),
          String(format: "%.0f", best.effectiveBackground), z(best.asimov), z(best.asimovWithSystematic),
          z(best.simple), z(best.measured),
        ]
      })
  }

  /// A section for the network of several classes, where there is one.
  func classSections(_ figures: [SearchFigure]) -> [HTMLReport.Section] {
    classes.map { [.init("Classes", [.table(classTable($0))] + figures.blocks("classes"))] } ?? []
  }

  private func classTable(_ classes: MulticlassDiagnostics) -> HTMLReport.Table {
    HTMLReport.Table(
      caption: String(
        format:
          "One network for %d classes: area under the ROC curve of each class against all others, on test events with equal classes. "
          + "Of all test events %.2f %% are told right; epoch %d of %d is kept, with a validation loss of %.4f.",
        classes.classes.count, 100 * classes.accuracy, classes.bestEpoch, classes.epochs, classes.bestValidationLoss),
      header: ["class", "samples", "AUC", "told right"],
      rows: classes.classes.enumerated().map { number, name in
        [
          name, (card.classes?.classes[number].samples ?? []).map { titles[$0] ?? $0 }.joined(separator: ", "),
          text(classes.areaUnderCurve[number]), text(classes.confusion.normalized(.byTruth)[number][number]),
        ]
      })
  }

  // MARK: Pictures

  func diagnosticsFigures() -> [SearchFigure] {
    let entries = diagnosed
    let confusion = classes.map { classes in
      [("truth", ConfusionMatrix.Normalization.byTruth), ("prediction", .byPrediction)].map { word, normalization in
        let made = classes.confusion.figure(normalization: normalization)
        return SearchFigure(name: "classes-confusion-by-\(word)", caption: made.caption, figure: made.figure)
      }
    }
    guard !entries.isEmpty else { return confusion ?? [] }
    let curves = entries.map { entry in
      LabelledCurve(
        label: entry.title, area: entry.values.areaUnderCurve["test"] ?? Estimate(value: .nan, uncertainty: 0),
        points: entry.values.significanceImprovement)
    }
    let rejection = rejectionFigure(curves, notes: Array(notes.prefix(1)))
    var figures = [
      rejection,
      grid(
        "over-training",
        "Scores of test events (areas) and of training events (points), with Kolmogorov and Smirnov's distance and p-value.",
        entries.map { $0.values.overTrainingPanel(title: $0.title) }),
      grid(
        "calibration",
        "Fraction of signal among test events against their mean score, classes counted equally: of the score as it is, and "
          + "with calibrations fitted on validation events; ECE is the expected calibration error.",
        entries.map { $0.values.reliabilityPanel(title: $0.title) }),
    ]
    for entry in entries {
      figures.append(entry.values.significanceFigure(name: "significance-\(entry.name)", title: entry.title))
      figures.append(entry.values.importanceFigure(name: "importance-\(entry.name)", title: entry.title))
      if let cut = entry.values.cutFigure(name: "cut-\(entry.name)", title: entry.title) { figures.append(cut) }
    }
    // With few events a curve may have no point.
    return figures.filter(\.figure.isDrawable).map {
      SearchFigure(name: "diagnostics-\($0.name)", caption: $0.caption, figure: $0.figure)
    } + (confusion ?? [])
  }

  private func grid(_ name: String, _ caption: String, _ all: [Panel]) -> ReportFigure {
    let panels = all.filter { !$0.series.isEmpty }
    let count = (panels.count + 1) / 2
    return ReportFigure(
      name: name, caption: caption,
      figure: Figure(
        title: caption, width: 270 * Double(count), height: panels.count > 1 ? 480 : 250, columns: panels.inTwoRows()))
  }
}
