import Reports

extension SearchRun.Outcome {
  /// Sections of the report about detectors; none without them.
  func anomalySections(_ figures: [SearchFigure]) -> [HTMLReport.Section] {
    guard let anomaly else { return [] }
    func picture(_ name: String) -> [HTMLReport.Block] {
      figures.filter { $0.name == name }.map { .figure($0.figure, caption: $0.caption) }
    }
    func table(_ grid: AnomalyTables.Grid) -> HTMLReport.Block {
      .table(HTMLReport.Table(caption: grid.caption + ".", header: grid.header, rows: grid.rows))
    }
    let grids = anomaly.sectionedGrids(titles)
    let descriptions = HTMLReport.Table(
      caption: "Detectors, fitted on the backgrounds' train events alone; products of their background p-values.",
      header: ["detector", "what it is"], rows: anomaly.detectors.map { [$0.title, $0.summary] })
    var sections = [
      HTMLReport.Section(
        "Anomaly detectors",
        [
          .paragraph(
            "A detector learns what the background looks like and has seen no signal. Its score is fitted as level −log₁₀ p, p being the "
              + "fraction of the background's train events above it; limits are in the tables above, in rows of their own."
          ),
          .table(descriptions),
        ] + picture("detectors") + grids.limits.map(table) + picture("scores")),
      HTMLReport.Section("Efficiencies of detectors", grids.performance.map(table) + picture("improvement")),
      HTMLReport.Section(
        "Do detectors agree?",
        picture("correlation") + picture("correlation-signals") + picture("overlap") + picture("composition")
          + grids.tail.map(table)),
    ]
    if anomaly.injection != nil {
      sections.append(HTMLReport.Section("Hidden signals", picture("injection") + grids.injection.map(table)))
    }
    if !grids.decorrelation.isEmpty {
      sections.append(
        HTMLReport.Section("Decorrelation", picture("decorrelation") + grids.decorrelation.map(table)))
    }
    return sections
  }
}
