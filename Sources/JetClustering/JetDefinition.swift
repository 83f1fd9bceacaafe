/// A sequential recombination algorithm: the measure d_ij = min(k_ti^2p, k_tj^2p) ΔR²/R², d_iB = k_ti^2p, by its power p.
public enum JetAlgorithm: Hashable, Codable, Sendable {
  /// p = 1: Catani, Dokshitzer, Seymour, Webber, Nucl. Phys. B406 (1993) 187; Ellis, Soper, hep-ph/9305266.
  case kt
  /// p = 0: Dokshitzer, Leder, Moretti, Webber, hep-ph/9707323; Wobisch, Wengler, hep-ph/9907280.
  case cambridgeAachen
  /// p = −1: Cacciari, Salam, Soyez, arXiv:0802.1189.
  case antiKt
  /// Any power.
  case generalizedKt(power: Double)

  /// The power p of the measure.
  public var power: Double {
    switch self {
    case .kt: 1
    case .cambridgeAachen: 0
    case .antiKt: -1
    case .generalizedKt(let power): power
    }
  }
}

/// How two momenta become one.
public enum RecombinationScheme: Hashable, Codable, Sendable, CaseIterable {
  /// The sum of the four-momenta.
  case energy
  /// Sum of p_T; rapidity and azimuth averaged with p_T as weight; massless.
  case pt
  /// Sum of p_T; rapidity and azimuth of the harder one; massless (Larkoski, Neill, Thaler, arXiv:1401.2158).
  case winnerTakesAll
}

/// Which algorithm, with which radius, joins momenta into jets.
public struct JetDefinition: Hashable, Codable, Sendable {
  public var algorithm: JetAlgorithm
  /// The radius R in the plane of rapidity and azimuth; above 0.
  public var radius: Double
  public var recombination: RecombinationScheme

  public init(_ algorithm: JetAlgorithm, radius: Double, recombination: RecombinationScheme = .energy) {
    precondition(radius > 0 && radius.isFinite, "need a jet radius above 0, got \(radius)")
    self.algorithm = algorithm
    self.radius = radius
    self.recombination = recombination
  }
}

/// Trimming (Krohn, Thaler, Wang, arXiv:0912.1342): a jet's constituents are clustered again with a smaller radius, and
/// subjets with less than a fraction of the jet's transverse momentum are dropped.
public struct TrimmingDefinition: Hashable, Codable, Sendable {
  public var subjets: JetDefinition
  /// The fraction f_cut in [0, 1).
  public var ptFraction: Double

  public init(subjets: JetDefinition, ptFraction: Double) {
    precondition((0..<1).contains(ptFraction), "need a trimming fraction in [0, 1), got \(ptFraction)")
    self.subjets = subjets
    self.ptFraction = ptFraction
  }
}

/// Why an event could not be clustered.
public struct JetClusteringError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found and what would have worked.
  public let reason: String

  public var description: String { "jet clustering: \(reason)" }
}
