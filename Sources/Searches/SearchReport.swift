import ByteIO
import EventFiles
import Figures
import Foundation
import Histograms
import Records
import Reports

extension SearchRun.Outcome {
  public func report(_ figures: [SearchFigure]) throws -> HTMLReport {
    let limitBlocks: [HTMLReport.Block] =
      [
        .paragraph(
          "CLs upper limits at \(String(format: "%.4g", 100 * card.fit.confidenceLevel)) % CL with statistical uncertainties of "
            + "data and simulation, expected for the background alone: median with its ±1σ band. "
            + "Observed limits are those of the \(tables.observation).")
      ] + tables.sections.map { .table(limitTable($0)) }
    return HTMLReport(
      title: card.title,
      sections: [
        .init("Limits", limitBlocks + figures.blocks("transfer") + figures.blocks("limit-")),
        .init("Samples", warnings.map { .paragraph("Warning: \($0).") } + [.table(sampleTable)]),
        .init("Cut flow", [.table(cutFlowTable)]),
        .init(
          "Networks", [.table(networkTable)] + networkSummaries + figures.blocks("learning") + figures.blocks("roc")),
        .init("Diagnostics", diagnosticsBlocks + figures.blocks("diagnostics")),
      ] + classSections(figures) + [
        .init("Distributions", figures.blocks("distribution") + figures.blocks("features"))
      ] + anomalySections(figures) + [try recordSection(card: card)])
  }

  private func limitTable(_ section: SearchTables.Section) -> HTMLReport.Table {
    HTMLReport.Table(
      caption: "\(section.caption). \(tables.unitMuNote(section.signals, titles))",
      header: ["trained on \\ tested on"] + section.signals.map { titles[$0] ?? $0 },
      rows: tables.trainings.map { training in
        [titles[training] ?? training]
          + section.signals.map { section.table[training]?[$0].map(SearchTables.cell) ?? "–" }
      })
  }

  private var sampleTable: HTMLReport.Table {
    HTMLReport.Table(
      caption: "Cross-sections are those of the generated events; what they include stands in each process card. "
        + "Expected events and N_eff are after the pre-selection, all parts together.",
      header: ["sample", "σ [pb]", "generated", "selected", "N_eff", "expected events", "μ = 1 means"],
      rows: card.samples.map { sample in
        let slices = metadata[sample.name]?.slices ?? []
        let sigma = slices.reduce(0) { $0 + $1.crossSection }
        let error = slices.reduce(0) { $0 + $1.crossSectionError * $1.crossSectionError }.squareRoot()
        let events = samples[sample.name]
        return [
          sample.title, RoundedValue.symmetric(sigma, error), "\(slices.reduce(0) { $0 + $1.accepted })",
          "\(events?.count ?? 0)", String(format: "%.0f", events?.effectiveCount ?? 0),
          String(format: "%.4g", events?.weights.reduce(0, +) ?? 0), sample.role == .signal ? sample.reference : "",
        ]
      })
  }

  private var cutFlowTable: HTMLReport.Table {
    let steps = card.samples.lazy.compactMap { metadata[$0.name]?.cutFlows["nominal"]?.steps }.first ?? []
    return HTMLReport.Table(
      caption:
        "Expected events at the card's luminosity, with the raw number of simulated ones, as the samples were made.",
      header: ["sample"] + steps.map(\.name),
      rows: card.samples.map { sample in
        let flow = metadata[sample.name]?.cutFlows["nominal"]?.steps ?? []
        return [sample.title] + flow.map { "\(RoundedValue.symmetric($0.sumW, $0.sumW2.squareRoot())) (\($0.count))" }
      })
  }

  private var networkTable: HTMLReport.Table {
    HTMLReport.Table(
      header: ["trained on", "epochs", "kept", "validation loss"],
      rows: card.signals.compactMap { signal in
        networks[signal.name].map {
          [
            signal.title, "\($0.history.epochs.count)", "\($0.history.bestEpoch)",
            String(format: "%.5f", $0.history.bestValidationLoss),
          ]
        }
      })
  }

  private var networkSummaries: [HTMLReport.Block] {
    card.signals.first.flatMap { networks[$0.name] }.map { [.record(title: "Layers", text: $0.architecture.summary())] }
      ?? []
  }
}
