import Histograms
import Inference
import Records
import StatisticalModels

/// The fit of one observable to one signal: bins chosen on events that it does not use, then a HistFactory model of the
/// held-out events and the upper limit on μ.
public struct LimitFit: Sendable {
  let card: SearchCard
  let training: String
  let observable: Observable

  enum Observable: Hashable, Sendable {
    /// A network's output, in [0, 1].
    case network
    /// A detector's level, of this title.
    case level(String)
    case baseline
  }

  public struct Result: Sendable {
    public var limit: BandedLimit
    public var limitWithUncertainties: BandedLimit?
    /// With the same bins, as if the simulation had no statistical uncertainty: what more events could bring at most.
    public var limitOfPerfectSimulation: BandedLimit
    public var edges: [Double]
    /// Expected events of the signal at μ = 1 and of each background, in the card's order.
    public var signal: Histogram1D
    public var backgrounds: [Histogram1D]
    public var workspace: Workspace
    public var workspaceWithUncertainties: Workspace?
  }

  /// - Parameter events: a sample's events and their values of the observable.
  /// - Throws: ``FitBinningError``, ``SampleError``, `WorkspaceError`, `InferenceError`.
  func run(signal: String, events: (String) throws -> (PreparedSample, [Double])) throws -> Result {
    try run(signal: signal, axis: chooseAxis(signal, events), events: events)
  }

  /// The fit in bins that are given.
  func run(
    signal: String, axis: Axis, events: (String) throws -> (PreparedSample, [Double])
  ) throws -> Result {
    func histogram(_ sample: String) throws -> Histogram1D {
      let (prepared, values) = try events(sample)
      return try prepared.values(values, part: .test).histogram(axis)
    }
    let signalHistogram = try histogram(signal)
    let backgrounds = try card.backgrounds.map { try histogram($0.name) }
    let plain = try fit(signal, signalHistogram, backgrounds, uncertainties: nil)
    let extended =
      card.fit.uncertainties.isEmpty
      ? nil : try fit(signal, signalHistogram, backgrounds, uncertainties: card.fit.uncertainties)
    let perfect = try fit(signal, signalHistogram, backgrounds, uncertainties: nil, ofSimulation: false)
    return Result(
      limit: plain.limit, limitWithUncertainties: extended?.limit, limitOfPerfectSimulation: perfect.limit,
      edges: axis.edges, signal: signalHistogram,
      backgrounds: backgrounds, workspace: plain.workspace, workspaceWithUncertainties: extended?.workspace)
  }

  /// Quantiles of the signal's training and validation events, merged until the held-out background meets the floors.
  func chooseAxis(_ signal: String, _ events: (String) throws -> (PreparedSample, [Double])) throws -> Axis {
    let (prepared, values) = try events(signal)
    let share = card.split.train / (card.split.train + card.split.validation)
    let seen = WeightedValues.joined([
      try prepared.values(values, part: .train).scaled(by: share),
      try prepared.values(values, part: .validation).scaled(by: 1 - share),
    ])
    let background = try heldOutBackground(events)
    // The baseline's axis spans what is there; values of held-out signal beyond it join the end bins.
    let low = min(seen.values.min() ?? 0, background.values.min() ?? 0)
    let high = max(seen.values.max() ?? 1, background.values.max() ?? 1)
    let range = observable == .network ? 0...1.0 : low.rounded(.down)...(high.rounded(.up) + 1)
    let edges = try card.fit.binning.edges(signal: seen, background: background, range: range)
    switch observable {
    case .network: return try Axis(edges: edges, title: "output of the \(training) network")
    case .level(let title): return try Axis(edges: edges, title: "level of \(title)")
    case .baseline: return try Axis(edges: edges, title: card.fit.baseline.title, unit: card.fit.baseline.unit)
    }
  }

  func heldOutBackground(_ events: (String) throws -> (PreparedSample, [Double])) throws -> WeightedValues {
    WeightedValues.joined(
      try card.backgrounds.map { sample in
        let (prepared, values) = try events(sample.name)
        return try prepared.values(values, part: .test)
      })
  }

  private func fit(
    _ signal: String, _ signalHistogram: Histogram1D, _ backgrounds: [Histogram1D],
    uncertainties: SearchCard.Uncertainties?, ofSimulation: Bool = true
  ) throws -> (limit: BandedLimit, workspace: Workspace) {
    var builder = WorkspaceBuilder(name: "\(training) on \(signal)")
    builder.statisticalUncertainty = ofSimulation
    builder.luminosityUncertainty = uncertainties?.luminosity ?? 0
    try builder.addChannel(
      "SR", signal: .init(name: signal, histogram: signalHistogram),
      backgrounds: zip(card.backgrounds, backgrounds).map { sample, histogram in
        let size = uncertainties?.normalisation[sample.name] ?? 0
        return .init(
          name: sample.name, histogram: histogram, normalisation: size > 0 ? ["xs_\(sample.name)": size] : [:])
      })
    let workspace = try builder.build()
    let limit = try Model(workspace).upperLimit(confidenceLevel: card.fit.confidenceLevel)
    let bound = 5 * max(limit.observed, limit.expected[4])
    return (
      BandedLimit(observed: limit.observed, expected: limit.expected),
      workspace.settingParameterOfInterest(bounds: 0...bound, start: limit.median)
    )
  }
}

extension SearchCard.Fit {
  var binning: FitBinning {
    FitBinning(bins: bins, minimumBackground: minimumBackground, minimumEffective: minimumEffective)
  }
}
