import CoreNumerics
import Foundation
import Histograms

extension AnomalyTables {
  /// How scores follow a variable that some detector was told not to follow; held-out background.
  public struct Decorrelation: Hashable, Codable, Sendable {
    /// A feature, or the baseline.
    public var variable: String
    /// The detectors that were decorrelated from it.
    public var detectors: [String]
    /// By detector.
    public var scores: [String: Measures]

    public struct Measures: Hashable, Codable, Sendable {
      /// dCor² of the level and the variable, 0 … 1.
      public var distanceCorrelation: Double
      /// How far a cut that keeps the tail changes the variable's distribution: the Jensen–Shannon divergence between the
      /// distribution in the tail and in all events, in bits, 0 … 1; events without the object are left out.
      public var sculpting: Double

      enum CodingKeys: String, CodingKey {
        case sculpting
        case distanceCorrelation = "squared_distance_correlation"
      }
    }
  }
}

/// A variable of the held-out background: in all events, and in the tails of scores.
struct TailSpectrum {
  let edges: [Double]
  /// Shares of the events that have the object; they add up to one.
  let all: [Double]

  private let values: [Double]
  private let weights: [Double]
  private let placeholder: Double?
  private let axis: Axis

  /// Thirty bins over all but the outermost half per cent; what lies outside joins the end bins.
  init(_ variable: WeightedValues, placeholder: Double?) throws {
    self.placeholder = placeholder
    values = variable.values
    weights = variable.weights
    let present = values.filter { $0 != placeholder }.sorted()
    guard let last = present.last, present[0] < last else {
      throw FitBinningError.emptySignal(0)
    }
    let cut = present.count / 200
    let (low, high) = (present[cut], present[present.count - 1 - cut])
    axis = try Axis(binCount: 30, from: low < high ? low : present[0], to: low < high ? high : last)
    edges = axis.edges
    all = try Self.shape(values, weights, axis, placeholder) { _ in true }
  }

  /// The shares among the events that `keeps` says by their place.
  func shares(_ keeps: (Int) -> Bool) throws -> [Double] {
    try Self.shape(values, weights, axis, placeholder, keeps)
  }

  private static func shape(
    _ values: [Double], _ weights: [Double], _ axis: Axis, _ placeholder: Double?, _ keeps: (Int) -> Bool
  ) throws -> [Double] {
    var histogram = Histogram1D(axis: axis)
    for row in values.indices where values[row] != placeholder && keeps(row) {
      try histogram.fill(values[row], weight: weights[row])
    }
    let folded = histogram.foldingOverflow()
    return folded.sumW.map { folded.integral > 0 ? max(0, $0 / folded.integral) : 0 }
  }

  /// The Jensen–Shannon divergence of two distributions in bits: 0 where they are the same, 1 where they have nothing in common.
  static func divergence(_ p: [Double], _ q: [Double]) -> Double {
    zip(p, q).reduce(0) { sum, pair in
      let middle = (pair.0 + pair.1) / 2
      func part(_ x: Double) -> Double { x > 0 ? 0.5 * x * log2(x / middle) : 0 }
      return sum + part(pair.0) + part(pair.1)
    }
  }
}

extension SearchRun.Outcome {
  /// The variables that detectors are decorrelated from, in the card's order.
  var protectedVariables: [String] {
    card.detectors.compactMap(\.protected).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// A variable of the held-out background, in the order of ``heldOutBackground(_:)``.
  func spectrum(_ variable: String) throws -> TailSpectrum {
    let feature = try card.compiledFeatures(file: card.name).features.first { $0.name == variable }
    return try TailSpectrum(
      heldOutBackground { try $0.variable(variable, baseline: card.fit.baseline.name) },
      placeholder: feature?.placeholder)
  }

  /// Levels of a detector on the held-out background.
  func backgroundLevels(_ detector: DetectorScores) throws -> WeightedValues {
    try heldOutBackground { detector.levels[$0.name] ?? [] }
  }

  private func heldOutBackground(_ values: (PreparedSample) throws -> [Double]) throws -> WeightedValues {
    .joined(
      try card.backgrounds.compactMap { sample in
        guard let events = samples[sample.name] else { return nil }
        return try events.values(values(events), part: .test)
      })
  }

  func decorrelations() throws -> [AnomalyTables.Decorrelation]? {
    let variables = protectedVariables
    guard !variables.isEmpty else { return nil }
    return try variables.map { variable in
      let spectrum = try spectrum(variable)
      let numbers = try heldOutBackground { try $0.variable(variable, baseline: card.fit.baseline.name) }
      var measures: [String: AnomalyTables.Decorrelation.Measures] = [:]
      for detector in detectors where card.detectors.contains(where: { $0.name == detector.name }) {
        let levels = try backgroundLevels(detector)
        let threshold = ScoreRelations.threshold(
          levels.values, weights: levels.weights, fraction: card.anomaly.fraction)
        measures[detector.name] = .init(
          distanceCorrelation: DistanceCorrelation.squared(
            levels.values, numbers.values, weights: numbers.weights.map { max(0, $0) }),
          sculpting: TailSpectrum.divergence(
            try spectrum.shares { levels.values[$0] >= threshold }, spectrum.all))
      }
      return .init(
        variable: variable, detectors: card.detectors.filter { $0.protected == variable }.map(\.name),
        scores: measures)
    }
  }
}
