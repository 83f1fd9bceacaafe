/// A parametric detector as numbers. Read with ``DetectorCard/read(_:)``; `Detectors/cms.yaml` documents the file.
///
/// Each property says *(type, default, range): meaning* of its key. Momenta and energies are in GeV, lengths in mm.
public struct DetectorCard: Hashable, Codable, Sendable {
  public static let schemaVersion = 1

  /// `name` *(text, required)*.
  public var name: String
  /// `title` *(text, the name)*.
  public var title: String
  /// `magnet`: the solenoid and the surface of the calorimeters.
  public var magnet: Magnet
  /// `tracking_efficiency`: probability that a charged particle leaves a track.
  public var trackingEfficiency: BySpecies<[EfficiencyRegion]>
  /// `tracking_resolution`: relative resolution of transverse momentum.
  public var trackingResolution: BySpecies<[TrackResolutionRegion]>
  /// `ecal`, `hcal`.
  public var ecal: Calorimeter
  public var hcal: Calorimeter
  /// `electrons`, `muons`, `photons`: identification and isolation.
  public var electrons: Identification
  public var muons: Identification
  public var photons: Identification
  /// `jets`, `large_jets`, `b_tagging`.
  public var jets: Jets
  public var largeJets: LargeJets
  public var bTagging: BTagging

  /// `magnet`.
  public struct Magnet: Hashable, Codable, Sendable {
    /// `field` *(number, required, −20 … 20)*: tesla along +z.
    public var field: Double
    /// `radius`, `half_length` *(numbers, required, > 0)*: the cylinder where calorimeters begin, in mm.
    public var radius: Double
    public var halfLength: Double
  }

  /// One value for each kind of charged particle.
  public struct BySpecies<Value: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
    public var hadrons: Value
    public var electrons: Value
    public var muons: Value
  }

  /// *{eta, pt, value}*: a probability below |η| `eta` and from `pt` upwards.
  public struct EfficiencyRegion: Hashable, Codable, Sendable {
    public var eta: Double
    public var pt: Double
    public var value: Double
  }

  /// *{eta, constant, slope}*: σ(p_T)/p_T = √(constant² + (slope · p_T)²) below |η| `eta`.
  public struct TrackResolutionRegion: Hashable, Codable, Sendable {
    public var eta: Double
    public var constant: Double
    public var slope: Double
  }

  /// `ecal`, `hcal`.
  public struct Calorimeter: Hashable, Codable, Sendable {
    /// `threshold` *(number, required, ≥ 0)*: least energy of a tower, in GeV.
    public var threshold: Double
    /// `significance` *(number, required, ≥ 0)*: least ratio of a tower's energy to its resolution.
    public var significance: Double
    /// `grid` *(list, required)*: rings of towers.
    public var grid: [Rings]
    /// `resolution` *(list, required)*.
    public var resolution: [EnergyResolutionRegion]
  }

  /// Rings of towers at rising |η|, both sides alike, each divided into `phi` cells.
  public struct Rings: Hashable, Codable, Sendable {
    /// Rising edges in |η|.
    public var edges: [Double]
    public var phi: Int
  }

  /// *{eta, constant, stochastic, noise, shape}*: σ(E) = f(|η|) √((constant E)² + stochastic² E + noise²).
  public struct EnergyResolutionRegion: Hashable, Codable, Sendable {
    public var eta: Double
    public var constant: Double
    public var stochastic: Double
    public var noise: Double
    /// f0, f1, f2 of f = f0 + f1 |η| + f2 η².
    public var shape: [Double]
  }

  /// `electrons`, `muons`, `photons`.
  public struct Identification: Hashable, Codable, Sendable {
    /// `efficiency` *(list of regions, required)*.
    public var efficiency: [EfficiencyRegion]
    /// `isolation` *(number, required, > 0)*: the largest Σp_T around the object relative to its own p_T.
    public var isolation: Double
    /// `isolation_radius` *(number, 0.5, > 0)*.
    public var isolationRadius: Double
    /// `isolation_pt` *(number, 0.5, ≥ 0)*: softer objects do not count.
    public var isolationPt: Double
  }

  /// `jets`.
  public struct Jets: Hashable, Codable, Sendable {
    /// `radius` *(number, 0.4, > 0)*: anti-kT.
    public var radius: Double
    /// `pt_min` *(number, 20, ≥ 1)*: a jet is kept that has this after the energy scale in any variation.
    public var ptMin: Double
    /// `scale.offset`, `scale.slope`: p_T is multiplied by √((offset − slope |η|)²/p_T + 1).
    public var scaleOffset: Double
    public var scaleSlope: Double
    /// `scale_uncertainty` *(list of {eta, constant, low}, empty)*: √(constant² + (low/p_T)²).
    public var scaleUncertainty: [ScaleUncertaintyRegion]
  }

  /// *{eta, constant, low}*.
  public struct ScaleUncertaintyRegion: Hashable, Codable, Sendable {
    public var eta: Double
    public var constant: Double
    public var low: Double
  }

  /// `large_jets`.
  public struct LargeJets: Hashable, Codable, Sendable {
    /// `radius` *(number, 0.8, > 0)*: anti-kT.
    public var radius: Double
    /// `pt_min` *(number, 200, ≥ 1)*: before trimming.
    public var ptMin: Double
    /// `trim_radius` *(number, 0.2, > 0)* and `trim_fraction` *(number, 0.05, 0 … 1)*: kT subjets.
    public var trimRadius: Double
    public var trimFraction: Double
  }

  /// `b_tagging`.
  public struct BTagging: Hashable, Codable, Sendable {
    /// `eta_max` *(number, 2.5, > 0)*.
    public var etaMax: Double
    /// `match_radius` *(number, 0.4, > 0)*: the heaviest hadron within makes the flavour.
    public var matchRadius: Double
    /// `b`, `c`: efficiency amplitude · tanh(rise · p_T)/(1 + fall · p_T).
    public var b: TagCurve
    public var c: TagCurve
    /// `light.constant`, `light.slope`: constant + slope · p_T.
    public var lightConstant: Double
    public var lightSlope: Double
  }

  /// *{amplitude, rise, fall}*.
  public struct TagCurve: Hashable, Codable, Sendable {
    public var amplitude: Double
    public var rise: Double
    public var fall: Double
  }
}
