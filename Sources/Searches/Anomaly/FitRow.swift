import Histograms

/// One row of the tables of limits: what is fitted, of every sample.
struct FitRow: Sendable {
  let name: String
  let observable: LimitFit.Observable
  /// By sample, one number an event.
  let values: [String: [Double]]
  /// The second score of a plane.
  var second: (title: String, values: [String: [Double]])?

  func fit(
    signal: String, _ card: SearchCard, _ samples: [String: PreparedSample]
  ) throws -> LimitFit.Result {
    func events(_ values: [String: [Double]]) -> (String) throws -> (PreparedSample, [Double]) {
      { sample in
        guard let events = samples[sample] else { throw SampleError(sample: sample, problem: "it was not prepared") }
        guard let values = values[sample] else {
          throw SampleError(sample: sample, problem: "it has no scores of \(name)")
        }
        return (events, values)
      }
    }
    let fit = LimitFit(card: card, training: name, observable: observable)
    guard let second else { return try fit.run(signal: signal, events: events(values)) }
    let across = LimitFit(card: card, training: name, observable: .level(second.title))
    let (one, two) = (events(values), events(second.values))
    let background = try fit.heldOutBackground(one)
    let plane = try PlaneBinning(
      first: fit.chooseAxis(signal, one), second: across.chooseAxis(signal, two),
      background: (background.values, try across.heldOutBackground(two).values, background.weights),
      floors: card.fit.binning)
    let axis = try Axis(binCount: plane.cellCount, from: 0, to: Double(plane.cellCount), title: "cell of \(name)")
    return try fit.run(signal: signal, axis: axis) { sample in
      let (events, first) = try one(sample)
      return (events, zip(first, try two(sample).1).map { Double(plane.cell($0, $1)) + 0.5 })
    }
  }
}

extension SearchRun {
  /// All rows in the order of tables: networks, detectors and their combinations, the baseline.
  func fitRows(
    _ samples: [String: PreparedSample], _ scores: [String: [String: [Double]]], _ detectors: [DetectorScores]
  ) -> [FitRow] {
    let levels = Dictionary(uniqueKeysWithValues: detectors.map { ($0.name, $0) })
    return card.signals.map { FitRow(name: $0.name, observable: .network, values: scores[$0.name] ?? [:]) }
      + card.detectorRows.map { row in
        guard case .plane(let first, let second) = row.kind else {
          return FitRow(name: row.name, observable: .level(row.title), values: levels[row.name]?.levels ?? [:])
        }
        return FitRow(
          name: row.name, observable: .level(levels[first]?.title ?? first), values: levels[first]?.levels ?? [:],
          second: (levels[second]?.title ?? second, levels[second]?.levels ?? [:]))
      }
      + [FitRow(name: card.fit.baseline.name, observable: .baseline, values: samples.mapValues(\.baseline))]
  }
}
