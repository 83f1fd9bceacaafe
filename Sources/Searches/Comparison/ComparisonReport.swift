import ByteIO
import Figures
import Foundation
import Histograms
import Learning
import Records
import Reports

extension ComparisonRun.Outcome: RunOutcome {
  /// Titles of models, by name.
  public var titles: [String: String] {
    Dictionary(card.models.map { ($0.name, $0.title) }, uniquingKeysWith: { first, _ in first })
  }

  public var text: String { tables.text(titles: titles) }
  public var csv: String { tables.csv }
  public var diagnosticsDocument: (any Encodable)? { ComparisonDiagnostics.Document(trainings: diagnostics) }

  public func report(_ pictures: [SearchFigure]) throws -> HTMLReport {
    let rows = Membership.allCases.map { "\(tables.rows["\($0)"] ?? 0) \($0)" }.joined(separator: ", ")
    let results = ComparisonTables.Quantity.allCases.map { quantity -> HTMLReport.Block in
      let (header, rows) = tables.cells(quantity, titles)
      return .table(HTMLReport.Table(caption: tables.caption(quantity) + ".", header: header, rows: rows))
    }
    return HTMLReport(
      title: card.title,
      sections: [
        .init("Results", [.paragraph("Events of \(tables.table): \(rows) rows.")] + results),
        .init("ROC curves", pictures.blocks("roc")),
        .init("Features", pictures.blocks("features")),
        .init("Trainings", [.table(trainingTable)] + descriptionBlocks),
        try recordSection(card: card),
      ])
  }

  private var trainingTable: HTMLReport.Table {
    HTMLReport.Table(
      caption:
        "All trainings. AUCs with their statistical uncertainty on these test rows (DeLong), which all trainings share; 1/ε_B is the "
        + "background rejection at a signal efficiency of ½. The last efficiencies are those of the best cut.",
      header: [
        "inputs", "model", "seed", "epochs", "validation loss", "AUC", "1/ε_B", "ECE", "signal eff.", "background eff.",
        "bins",
      ],
      rows: card.inputs.flatMap { inputs in
        card.models.flatMap { model in
          (tables.measures[inputs.name]?[model.name] ?? []).enumerated().map { index, m -> [String] in
            let own = diagnostics[inputs.name]?[model.name]?[index]
            return [
              inputs.name, model.title, "\(index + 1)", "\(m.epochs)", String(format: "%.5f", m.validationLoss),
              own.map { RoundedValue.symmetric($0.areaUnderCurve.value, $0.areaUnderCurve.uncertainty) } ?? "–",
              own?.atHalfSignal.backgroundRejection.map { RoundedValue.symmetric($0.value, $0.uncertainty) } ?? "–",
              String(format: "%.4f", own?.calibration.expectedCalibrationError ?? .nan),
              String(format: "%.3f", m.signalEfficiency),
              String(format: "%.4f", m.backgroundEfficiency), "\(m.bins)",
            ]
          }
        }
      })
  }

  private var descriptionBlocks: [HTMLReport.Block] {
    guard let inputs = card.inputs.last else { return [] }
    return card.models.compactMap { model in
      descriptions[inputs.name]?[model.name].map {
        .record(title: "\(model.title) on \(inputs.name)", text: $0)
      }
    }
  }

  // MARK: Pictures

  /// - Throws: `FigureError`, `LearningError`.
  public func figures() throws -> [SearchFigure] {
    try [roc()] + card.figures.features.enumerated().map { try features($1, index: $0) }
  }

  /// A panel for each inputs, a line for each model: background rejection against signal efficiency.
  private func roc() throws -> SearchFigure {
    let panels = try card.inputs.map { inputs in
      try ROCLine.panel(
        card.models.enumerated().compactMap { index, model in
          curves[inputs.name]?[model.name].map {
            ROCLine(model.title, scores: $0.scores, labels: $0.labels, style: .cycle(index))
          }
        })
    }
    let names = card.inputs.map(\.name).joined(separator: ", ")
    return SearchFigure(
      name: "roc",
      caption:
        "Background rejection 1 − ε_b against signal efficiency on test rows, first seed; inputs from left to right: \(names).",
      figure: Figure(
        title: "ROC curves", width: 300 * Double(panels.count), height: 300, columns: panels.map { [$0] }))
  }

  private func features(_ page: ComparisonCard.FeaturePage, index: Int) throws -> SearchFigure {
    let rows = table.rows(of: .test)
    let groups = [Float(1), 0].enumerated().map { position, label in
      ShapeGroup(
        title: label == 1 ? "signal" : "background", rows: rows.filter { table.labels[$0] == label },
        style: .cycle(position))
    }
    let panels = try table.shapes(page.columns, groups)
    let columns = panels.inTwoRows()
    return SearchFigure(
      name: "features-\(index + 1)",
      caption: "\(page.title): features of test rows, signal and background each normalised to one in the range shown.",
      figure: Figure(
        title: page.title, width: 230 * Double(columns.count), height: panels.count > 1 ? 420 : 230, columns: columns))
  }
}
