import ByteIO
import Foundation
import Records
import StatisticalModels

extension SearchRun {
  /// What the card's `anomaly` asks for, of finished scores and fits; `nil` without detectors.
  func anomalyTables(_ outcome: Outcome) throws -> AnomalyTables? {
    guard !card.detectors.isEmpty else { return nil }
    let (baseline, fits) = (card.fit.baseline.name, outcome.fits)
    let views = try scoreViews(outcome.detectors, outcome.samples)
    let compared = views.filter { view in
      view.name == baseline || card.detectors.contains { $0.name == view.name }
    }
    let rows = card.detectorRows.map(\.name)
    return AnomalyTables(
      detectors: outcome.detectors.map { .init(name: $0.name, title: $0.title, summary: $0.summary) },
      signals: card.signals.map(\.name), rows: rows,
      normalisedToBaseline: normalisedToBaseline(rows + [AnomalyTables.network], fits),
      scores: compared.map(\.name), correlations: correlations(compared), tail: tail(compared),
      backgroundEfficiencies: card.anomaly.backgroundEfficiencies,
      performance: try performance(views.map(\.name) + [AnomalyTables.network], outcome),
      injection: try card.anomaly.injection.map { try injection($0, views, fits) },
      decorrelation: try outcome.decorrelations())
  }

  private func performance(
    _ rows: [String], _ outcome: Outcome
  ) throws -> [String: [String: AnomalyTables.Performance]] {
    var table: [String: [String: AnomalyTables.Performance]] = [:]
    for row in rows {
      for signal in card.signals.map(\.name) {
        guard let sample = try outcome.heldOut(row, signal: signal) else { continue }
        table[row, default: [:]][signal] = try .init(
          sample, backgroundEfficiencies: card.anomaly.backgroundEfficiencies)
      }
    }
    return table
  }

  private func normalisedToBaseline(
    _ rows: [String], _ fits: [String: [String: LimitFit.Result]]
  ) -> [String: [String: BandedLimit]] {
    var table: [String: [String: BandedLimit]] = [:]
    for row in rows {
      for signal in card.signals.map(\.name) {
        let fit = row == AnomalyTables.network ? fits[signal]?[signal] : fits[row]?[signal]
        guard let limit = fit?.limit, let unit = fits[card.fit.baseline.name]?[signal]?.limit else { continue }
        table[row, default: [:]][signal] = limit.normalised(to: unit.median)
      }
    }
    return table
  }

  /// The background and each signal, with the events of every view in the same order.
  private func populations(_ views: [ScoreView]) -> [(name: String, values: [[Double]], weights: [Double])] {
    let parts =
      [(AnomalyTables.background, { (view: ScoreView) in view.background(card) })]
      + card.signals.map { signal in
        (signal.name, { $0.values[signal.name] ?? WeightedValues(values: [], weights: []) })
      }
    return parts.map { name, pick in
      let picked = views.map(pick)
      return (name, picked.map(\.values), picked.first?.weights ?? [])
    }
  }

  private func correlations(_ views: [ScoreView]) -> [String: AnomalyTables.Correlation] {
    var result: [String: AnomalyTables.Correlation] = [:]
    for (name, values, weights) in populations(views) {
      let pearson = { ScoreRelations.pearson($0, $1, weights: weights) }
      let ranks = values.map { ScoreRelations.ranks($0, weights: weights) }
      result[name] = .init(
        spearman: ScoreRelations.matrix(ranks, pearson), pearson: ScoreRelations.matrix(values, pearson))
    }
    return result
  }

  private func tail(_ views: [ScoreView]) -> AnomalyTables.Tail {
    let thresholds = views.map { view in
      let background = view.background(card)
      return ScoreRelations.threshold(
        background.values, weights: background.weights, fraction: card.anomaly.fraction)
    }
    func weight(_ view: ScoreView, _ sample: String, above threshold: Double) -> Double {
      guard let events = view.values[sample] else { return 0 }
      return zip(events.values, events.weights).reduce(0) { $0 + ($1.0 >= threshold ? $1.1 : 0) }
    }
    func shares(_ view: ScoreView, above threshold: Double) -> [String: Double] {
      let sums = card.backgrounds.map { weight(view, $0.name, above: threshold) }
      let total = sums.reduce(0, +)
      return Dictionary(uniqueKeysWithValues: zip(card.backgrounds.map(\.name), sums.map { $0 / total }))
    }
    var composition = [AnomalyTables.all: shares(views[0], above: -.infinity)]
    var signals: [String: [String: Double]] = [:]
    for (view, threshold) in zip(views, thresholds) {
      composition[view.name] = shares(view, above: threshold)
      for signal in card.signals.map(\.name) {
        signals[view.name, default: [:]][signal] =
          weight(view, signal, above: threshold) / weight(view, signal, above: -.infinity)
      }
    }
    var overlap: [String: [[Double]]] = [:]
    for (name, values, weights) in populations(views) {
      overlap[name] = values.indices.map { i in
        values.indices.map { j in
          ScoreRelations.overlap(
            values[i], above: thresholds[i], values[j], above: thresholds[j], weights: weights)
        }
      }
    }
    return .init(
      fraction: card.anomaly.fraction, composition: composition, signals: signals, overlap: overlap)
  }

  // MARK: injection

  private func injection(
    _ settings: SearchCard.Injection, _ views: [ScoreView], _ fits: [String: [String: LimitFit.Result]]
  ) throws -> [InjectionResult] {
    var results: [InjectionResult] = []
    for (index, view) in views.enumerated() {
      progress(
        ProgressUpdate(
          stage: "inject", completed: index, total: views.count, unit: "scores", detail: view.title))
      results += try injection(settings, view, fits)
    }
    progress(ProgressUpdate(stage: "inject", completed: views.count, total: views.count, unit: "scores"))
    return results
  }

  private func injection(
    _ settings: SearchCard.Injection, _ view: ScoreView, _ fits: [String: [String: LimitFit.Result]]
  ) throws -> [InjectionResult] {
    var content = DigestBuilder()
    for sample in card.samples {
      guard let events = view.levels[sample.name] else { continue }
      content.update(sample.name)
      for numbers in [events.values, events.weights] { numbers.withUnsafeBytes { content.update($0) } }
    }
    let workspaces = try card.signals.map { signal -> (name: String, workspace: Workspace) in
      guard let workspace = fits[view.name]?[signal.name]?.workspace else {
        throw SampleError(sample: signal.name, problem: "there is no fit of \(view.name) to it")
      }
      return (signal.name, workspace)
    }
    let key = StepStore.Key(
      kind: "inject", version: 1,
      configuration: [
        "score": view.name, "injection": try json(settings), "fit": try json(card.fit), "seed": "\(card.seed)",
        "samples": try json(card.samples.map { "\($0.role.rawValue) \($0.name)" }),
      ], inputs: ["events": content.finish()], libraries: ["cpu": currentCPUClass()])
    let result = try store.result(for: key) { folder in
      let test = try InjectionTest(
        score: view.name, settings, background: view.backgroundLevels(card), floors: card.fit.binning,
        seed: SeedTree(root: card.seed).child("injection"))
      let toys = test.backgroundToys()
      var jobs: [(signal: String, workspace: Workspace, fraction: Double)] = []
      for (signal, workspace) in workspaces { jobs += settings.fractions.map { (signal, workspace, $0) } }
      let found = try concurrently(jobs, stage: "inject \(view.title)", unit: "tests") { job in
        try test.run(
          job.signal, fraction: job.fraction,
          signal: view.levels[job.signal] ?? WeightedValues(values: [], weights: []),
          toys: toys, workspace: job.workspace)
      }
      try AtomicFile.write(try JSONEncoder.canonical.encode(found), to: folder.appendingPathComponent("tests.json"))
    }
    return try JSONDecoder().decode([InjectionResult].self, from: Data(readingFrom: result.file("tests.json")))
  }
}
