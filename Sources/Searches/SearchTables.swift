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

  enum CodingKeys: String, CodingKey {
    case luminosityInverseFemtobarn = "luminosity_ifb"
    case signals, trainings, limits, normalised
    case limitsWithUncertainties = "limits_with_uncertainties"
  }

  public init(
    luminosity: Double, signals: [String], trainings: [String], limits: [String: [String: BandedLimit]],
    limitsWithUncertainties: [String: [String: BandedLimit]]?
  ) {
    luminosityInverseFemtobarn = luminosity
    self.signals = signals
    self.trainings = trainings
    self.limits = limits
    self.limitsWithUncertainties = limitsWithUncertainties
    normalised = limits.mapValues { row in
      var result = [String: BandedLimit]()
      for (signal, limit) in row {
        if let dedicated = limits[signal]?[signal] { result[signal] = limit.normalised(to: dedicated.median) }
      }
      return result
    }
  }
}
