import Foundation

/// An upper limit on μ with its expected band.
public struct BandedLimit: Hashable, Codable, Sendable {
  /// From the data, or from the Asimov data of the background where there are none.
  public var observed: Double
  /// At −2σ, −1σ, median, +1σ, +2σ.
  public var expected: [Double]

  public var median: Double { expected[2] }

  /// The same divided by `unit`.
  public func normalised(to unit: Double) -> BandedLimit {
    BandedLimit(observed: observed / unit, expected: expected.map { $0 / unit })
  }
}

/// The numbers of a search: limits of every training on every signal. Written as `tables.json`.
public struct SearchTables: Hashable, Codable, Sendable {
  public var schema = 1
  public var luminosityInverseFemtobarn: Double
  /// Signals in the card's order.
  public var signals: [String]
  /// Trainings in the card's order, and the baseline last.
  public var trainings: [String]
  /// By training, then by signal.
  public var limits: [String: [String: BandedLimit]]
  /// The same, each divided by the median of the signal's dedicated network.
  public var normalised: [String: [String: BandedLimit]]
  /// As `limits`, with the card's luminosity and normalisation uncertainties.
  public var limitsWithUncertainties: [String: [String: BandedLimit]]?
  /// As `limits`, as if the simulation had no statistical uncertainty: shows where N_eff limits them.
  public var limitsOfPerfectSimulation: [String: [String: BandedLimit]]?
  /// By signal: what μ = 1 stands for, in words.
  public var unitMu: [String: String]
  /// `limits` as branching ratios, of the signals that the card gives one for.
  public var branchingRatios: [String: [String: BandedLimit]]?
  /// What the observed limits were set on.
  public var observation = "Asimov data of the background (no data were given)"

  enum CodingKeys: String, CodingKey {
    case luminosityInverseFemtobarn = "luminosity_ifb"
    case schema, signals, trainings, limits, normalised
    case limitsWithUncertainties = "limits_with_uncertainties"
    case limitsOfPerfectSimulation = "limits_of_perfect_simulation"
    case unitMu = "unit_mu"
    case branchingRatios = "branching_ratios"
    case observation
  }

  public init(
    luminosity: Double, signals: [String], trainings: [String], limits: [String: [String: BandedLimit]],
    limitsWithUncertainties: [String: [String: BandedLimit]]?,
    limitsOfPerfectSimulation: [String: [String: BandedLimit]]? = nil, unitMu: [String: String] = [:],
    branchingRatioAtUnitMu: [String: Double] = [:]
  ) {
    luminosityInverseFemtobarn = luminosity
    self.signals = signals
    self.trainings = trainings
    self.limits = limits
    self.limitsWithUncertainties = limitsWithUncertainties
    self.limitsOfPerfectSimulation = limitsOfPerfectSimulation
    self.unitMu = unitMu
    if !branchingRatioAtUnitMu.isEmpty {
      branchingRatios = limits.mapValues { row in
        Dictionary(
          uniqueKeysWithValues: branchingRatioAtUnitMu.compactMap { signal, ratio in
            row[signal].map { (signal, $0.normalised(to: 1 / ratio)) }
          })
      }
    }
    normalised = limits.mapValues { row in
      var result = [String: BandedLimit]()
      for (signal, limit) in row {
        if let dedicated = limits[signal]?[signal] { result[signal] = limit.normalised(to: dedicated.median) }
      }
      return result
    }
  }
}
