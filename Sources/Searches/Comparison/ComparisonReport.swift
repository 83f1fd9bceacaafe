import ByteIO
import Figures
import Foundation
import Histograms
import Learning
import Records
import Reports

extension ComparisonRun.Outcome {
  /// Titles of models, by name.
  public var titles: [String: String] {
    Dictionary(card.models.map { ($0.name, $0.title) }, uniquingKeysWith: { first, _ in first })
  }

  /// Writes `tables.json`, `tables.txt`, `tables.csv`, `diagnostics.json` and `record.json`.
  /// - Throws: `FileError`.
  public func writeTables(to folder: URL) throws {
    try AtomicFile.write(try JSONEncoder.canonical.encode(tables), to: folder.appendingPathComponent("tables.json"))
    try AtomicFile.write(
      Data((tables.text(titles: titles) + "\n").utf8), to: folder.appendingPathComponent("tables.txt"))
    try AtomicFile.write(Data(tables.csv.utf8), to: folder.appendingPathComponent("tables.csv"))
    try AtomicFile.write(
      try JSONEncoder.canonical.encode(ComparisonDiagnostics.Document(trainings: diagnostics)),
      to: folder.appendingPathComponent("diagnostics.json"))
    try AtomicFile.write(try JSONEncoder.canonical.encode(record), to: folder.appendingPathComponent("record.json"))
  }

  /// Writes `report.html` and, in `formats`, each picture beside it under `figures/`.
  /// - Throws: `FigureError`, `FileError`, `LearningError`.
  public func writeReport(to folder: URL, formats: [FigureFormat]) throws {
    let pictures = try figures()
    for picture in pictures {
      for format in formats {
        try AtomicFile.write(
          try picture.figure.render(as: format),
          to: folder.appendingPathComponent("figures/\(picture.name).\(format.rawValue)"))
      }
    }
    try AtomicFile.write(Data(try report(pictures).html().utf8), to: folder.appendingPathComponent("report.html"))
  }

  private func report(_ pictures: [SearchFigure]) throws -> HTMLReport {
    func blocks(_ prefix: String) -> [HTMLReport.Block] {
      pictures.filter { $0.name.hasPrefix(prefix) }.map { .figure($0.figure, caption: $0.caption) }
    }
    let rows = Membership.allCases.map { "\(tables.rows["\($0)"] ?? 0) \($0)" }.joined(separator: ", ")
    let results = ComparisonTables.Quantity.allCases.map { quantity -> HTMLReport.Block in
      let (header, rows) = tables.cells(quantity, titles)
      return .table(HTMLReport.Table(caption: tables.caption(quantity) + ".", header: header, rows: rows))
    }
    let record = String(decoding: try JSONEncoder.canonical.encode(record), as: UTF8.self)
    let cardText = String(decoding: try JSONEncoder.canonical.encode(card), as: UTF8.self)
    return HTMLReport(
      title: card.title,
      sections: [
        .init("Results", [.paragraph("Events of \(tables.table): \(rows) rows.")] + results),
        .init("ROC curves", blocks("roc")),
        .init("Features", blocks("features")),
        .init("Trainings", [.table(trainingTable)] + descriptionBlocks),
        .init("Record", [.record(title: "Run record", text: record), .record(title: "Card as read", text: cardText)]),
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
      let series = try card.models.enumerated().compactMap { index, model -> Series? in
        guard let scores = curves[inputs.name]?[model.name] else { return nil }
        let curve = try Metrics.rocCurve(
          scores: scores.scores, labels: scores.labels, weights: [Float](repeating: 1, count: scores.labels.count))
        // At most 400 points: more are not seen.
        let step = max(1, curve.count / 400)
        let points = curve.enumerated().filter { $0.offset % step == 0 || $0.offset == curve.count - 1 }.map(\.element)
        let auc = tables.measures[inputs.name]?[model.name]?.first?.auc ?? 0
        return .line(
          LineSeries(
            "\(model.title) (AUC = \(String(format: "%.3f", auc)))", x: points.map(\.signalEfficiency),
            y: points.map { 1 - $0.backgroundEfficiency }, style: .cycle(index)))
      }
      return Panel(
        x: AxisDescription("Signal efficiency", lower: 0, upper: 1),
        y: AxisDescription("Background rejection", lower: 0, upper: 1), series: series, legend: .bottomLeft,
        notes: [])
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
    let panels = try page.columns.compactMap { column -> Panel? in
      let values = table.values(of: column, rows: rows).map(Double.init)
      let sorted = values.sorted()
      let low = sorted[sorted.count / 200], high = sorted[sorted.count - 1 - sorted.count / 100]
      guard low < high else { return nil }
      let axis = try Axis(binCount: 30, from: low, to: high)
      let series = try [Float(1), 0].enumerated().map { position, label -> Series in
        var histogram = Histogram1D(axis: axis)
        for (value, row) in zip(values, rows) where table.labels[row] == label { try histogram.fill(value, weight: 1) }
        let total = max(histogram.integral, 1)
        return .histogram(
          HistogramSeries(
            label == 1 ? "signal" : "background", edges: axis.edges, values: histogram.sumW.map { $0 / total },
            style: .cycle(position)))
      }
      return Panel(
        x: AxisDescription(column.replacing("_", with: "\\_")), y: AxisDescription("Fraction of events"),
        series: series,
        legend: column == page.columns.first ? .above : .none)
    }
    let width = max(1, (panels.count + 1) / 2)
    let columns = (0..<width).map { column in
      [column, column + width].compactMap { panels.indices.contains($0) ? panels[$0] : nil }
    }
    return SearchFigure(
      name: "features-\(index + 1)",
      caption: "\(page.title): features of test rows, signal and background each normalised to one in the range shown.",
      figure: Figure(
        title: page.title, width: 230 * Double(width), height: panels.count > 1 ? 420 : 230, columns: columns))
  }
}
