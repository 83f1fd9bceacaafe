import Histograms
import Inference
import Records
import StatisticalModels

/// The fit of one observable to one signal: bins chosen on events that it does not use, then a HistFactory model of the
/// held-out events and the upper limit on μ.
public struct LimitFit: Sendable {
  let card: SearchCard
  let training: String
  /// A network's output, in [0, 1]; else the baseline observable.
  let isScore: Bool

  public struct Result: Sendable {
    public var limit: BandedLimit
    public var limitWithUncertainties: BandedLimit?
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
    let axis = try chooseAxis(signal, events)
    func histogram(_ sample: String) throws -> Histogram1D {
      let (prepared, values) = try events(sample)
      return try prepared.values(values, part: .test).histogram(axis)
    }
    let signalHistogram = try histogram(signal)
    let backgrounds = try card.backgrounds.map { try histogram($0.name) }
    let plain = try fit(signal, signalHistogram, backgrounds, uncertainties: nil)
    let extended = card.fit.uncertainties.isEmpty
      ? nil : try fit(signal, signalHistogram, backgrounds, uncertainties: card.fit.uncertainties)
    return Result(
      limit: plain.limit, limitWithUncertainties: extended?.limit, edges: axis.edges, signal: signalHistogram,
      backgrounds: backgrounds, workspace: plain.workspace, workspaceWithUncertainties: extended?.workspace)
  }

  /// Quantiles of the signal on training and validation events; the floors must hold for the held-out events, so both
  /// their own counts and those expected from the other parts are asked.
  private func chooseAxis(_ signal: String, _ events: (String) throws -> (PreparedSample, [Double])) throws -> Axis {
    func seen(_ sample: String) throws -> WeightedValues {
      let (prepared, values) = try events(sample)
      let train = try prepared.values(values, part: .train)
      let validation = try prepared.values(values, part: .validation)
      let split = card.split
      let share = split.train / (split.train + split.validation)
      return WeightedValues(
        values: train.values + validation.values,
        weights: train.weights.map { $0 * share } + validation.weights.map { $0 * (1 - share) })
    }
    let signalValues = try seen(signal)
    let background = WeightedValues.joined(try card.backgrounds.map { try seen($0.name) })
    let held = WeightedValues.joined(
      try card.backgrounds.map { sample in
        let (prepared, values) = try events(sample.name)
        return try prepared.values(values, part: .test)
      })
    // The baseline's axis spans what is there; values of held-out events beyond it join the end bins.
    let low = min(signalValues.values.min() ?? 0, background.values.min() ?? 0)
    let high = max(signalValues.values.max() ?? 1, background.values.max() ?? 1)
    let range = isScore ? 0...1.0 : low.rounded(.down)...(high.rounded(.up) + 1)
    let binning = FitBinning(
      bins: card.fit.bins, minimumBackground: card.fit.minimumBackground, minimumEffective: card.fit.minimumEffective)
    let scale = (1 - card.split.train - card.split.validation) / (card.split.train + card.split.validation)
    let first = try binning.edges(signal: signalValues, background: background, range: range, effectiveScale: scale)
    let edges = try binning.merging(first, until: held)
    let baseline = card.fit.baseline
    return try isScore
      ? Axis(edges: edges, title: "output of the \(training) network")
      : Axis(edges: edges, title: baseline.title, unit: baseline.unit)
  }

  private func fit(
    _ signal: String, _ signalHistogram: Histogram1D, _ backgrounds: [Histogram1D],
    uncertainties: SearchCard.Uncertainties?
  ) throws -> (limit: BandedLimit, workspace: Workspace) {
    var builder = WorkspaceBuilder(name: "\(training) on \(signal)")
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

extension FitBinning {
  /// The edges without those whose bins miss a floor on other events: such a bin joins its neighbour, from the top down.
  /// - Throws: ``FitBinningError`` if all together miss a floor.
  public func merging(_ edges: [Double], until events: WeightedValues) throws -> [Double] {
    var edges = edges
    while true {
      let histogram = try events.histogram(Axis(edges: edges))
      let sums = histogram.sumW
      guard
        let bad = sums.indices.last(where: {
          sums[$0] < minimumBackground || histogram.effectiveCount($0) < minimumEffective
        })
      else { return edges }
      guard edges.count > 2 else {
        throw FitBinningError.tooLittleBackground(
          expected: sums[0], effective: histogram.effectiveCount(0), needed: (minimumBackground, minimumEffective))
      }
      edges.remove(at: bad == 0 ? 1 : bad)
    }
  }
}
