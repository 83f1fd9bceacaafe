import Figures
import Foundation
import Learning
import Reports

extension ParametrizedRun.Outcome: RunOutcome {
  /// Titles of models, by name.
  public var titles: [String: String] {
    Dictionary(card.models.map { ($0.name, $0.title) }, uniquingKeysWith: { first, _ in first })
  }

  public var text: String { tables.text(titles: titles) }
  public var csv: String { tables.csv }

  public func report(_ pictures: [SearchFigure]) throws -> HTMLReport {
    let (header, rows) = tables.cells(titles)
    let counts = Membership.allCases.map { "\(tables.rows["\($0)"] ?? 0) \($0)" }.joined(separator: ", ")
    let summaries = card.models.compactMap { model in
      networks[model.name]?.first.map {
        HTMLReport.Block.record(title: model.title, text: $0.trained.architecture.summary())
      }
    }
    return HTMLReport(
      title: card.title,
      sections: [
        .init(
          "Results",
          [
            .paragraph("Events of \(tables.table): \(counts) rows."),
            .table(HTMLReport.Table(caption: tables.caption + ".", header: header, rows: rows)),
          ] + pictures.blocks("auc") + pictures.blocks("response")),
        .init("ROC curves", pictures.blocks("roc")),
        .init("Features", pictures.blocks("shapes")),
        .init("Trainings", [.table(trainingTable)] + summaries),
        try recordSection(card: card),
      ].filter { !$0.blocks.isEmpty })
  }

  private var trainingTable: HTMLReport.Table {
    HTMLReport.Table(
      caption: "All trainings, as tested at each point.",
      header: ["model", tables.parameter, "seed", "epochs", "validation loss", "AUC"],
      rows: card.models.flatMap { model in
        zip(tables.points, tables.measures[model.name] ?? []).flatMap { point, measures in
          measures.enumerated().map { index, m in
            [
              model.title, plainNumber(point), "\(index + 1)", "\(m.epochs)", String(format: "%.5f", m.validationLoss),
              String(format: "%.4f", m.auc),
            ]
          }
        }
      })
  }

  // MARK: Pictures

  /// - Throws: `FigureError`, `LearningError`.
  public func figures() throws -> [SearchFigure] {
    var figures = [aucByPoint()]
    if let response { figures.append(response.figure(points: tables.points, trained: tables.train, name: name)) }
    if !card.figures.roc.isEmpty { figures.append(try roc()) }
    if !card.figures.shapes.isEmpty { figures.append(try shapes()) }
    return figures
  }

  private func name(_ point: Float) -> String {
    "\(card.parameter.title) = \(plainNumber(point))" + (card.parameter.unit.map { " \($0)" } ?? "")
  }

  /// A line for each model, with bars of the spread over seeds.
  private func aucByPoint() -> SearchFigure {
    let x = tables.points.map(Double.init)
    let (low, high) = (x.first ?? 0, x.last ?? 0), margin = max(0.05 * (high - low), 1e-3)
    let axis = AxisDescription(
      card.parameter.title, unit: card.parameter.unit, lower: low - margin, upper: high + margin)
    let series = card.models.enumerated().flatMap { index, model -> [Series] in
      let values = tables.points.map { tables.auc(model.name, at: $0) ?? SpreadValue([]) }
      let style = LineStyle.cycle(index)
      return [
        .line(LineSeries(nil, x: x, y: values.map(\.mean), style: style)),
        .points(
          PointSeries(
            model.title, x: x, y: values.map(\.mean), yErrors: ErrorBars(symmetric: values.map(\.spread)),
            marker: .cycle(index), color: style.color)),
      ]
    }
    return SearchFigure(
      name: "auc", caption: "\(tables.caption). Bars are standard deviations over seeds.",
      figure: Figure(
        title: "Area under the ROC curve against the parameter", width: 400, height: 320,
        columns: [[Panel(x: axis, y: AxisDescription("AUC", marksEnd: 1), series: series)]]))
  }

  private func roc() throws -> SearchFigure {
    let panels = try card.figures.roc.map { point in
      try ROCLine.panel(
        card.models.enumerated().compactMap { index, model in
          curves[model.name]?[point].map {
            ROCLine(model.title, scores: $0.scores, labels: $0.labels, style: .cycle(index))
          }
        }, notes: [name(point)])
    }
    return SearchFigure(
      name: "roc",
      caption: "Background rejection 1 − ε_b against signal efficiency on test rows, first seed, at "
        + card.figures.roc.map { "\(tables.parameter) = \(plainNumber($0))" }.joined(separator: ", ") + ".",
      figure: Figure(
        title: "ROC curves", width: 340 * Double(panels.count), height: 320, columns: panels.map { [$0] }))
  }

  private func shapes() throws -> SearchFigure {
    let background = events.rows(.test, points: [])
    let groups =
      [ShapeGroup(title: "background", rows: background, style: LineStyle(.black, width: 1.8))]
      + events.points.enumerated().map { index, point in
        let rows = events.rows(.test, points: [point]).filter { events.table.labels[$0] == 1 }
        return ShapeGroup(title: plainNumber(point), rows: rows, style: .cycle(index + 1))
      }
    let columns = try events.table.shapes(card.figures.shapes, groups).inTwoRows()
    return SearchFigure(
      name: "shapes",
      caption: "Features of test rows, the background and the signal by \(tables.parameter), each normalised to one.",
      figure: Figure(
        title: "Features of background and signals", width: 270 * Double(columns.count),
        height: columns[0].count > 1 ? 480 : 260, columns: columns))
  }
}
