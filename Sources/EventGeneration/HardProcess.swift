/// A 2→2 hard process that the generator samples: the matrix element in Swift, parton densities, phase space,
/// showers and hadronisation in Pythia 8.
///
/// The instance is shared by all generation threads, hence `Sendable`; `differentialCrossSection` is called about a
/// million times for each thousand events and should not allocate.
public protocol HardProcess: Sendable {
  /// What Pythia must know to sample the process.
  var descriptor: HardProcessDescriptor { get }

  /// dσ̂/dt̂ in GeV⁻⁴ for one pair of incoming flavours, averaged over incoming and summed over outgoing spins and
  /// colours, without decay fractions (the room multiplies by Pythia's fraction of open decay channels).
  /// Zero for pairs that do not take part. Must be finite and not negative.
  func differentialCrossSection(_ kinematics: HardKinematics) -> Double
}

/// Incoming pairs of partons that are offered to a hard process.
public enum IncomingFlux: String, Hashable, Codable, Sendable, CaseIterable {
  /// Quark or antiquark with a gluon, both assignments to the beams.
  case quarkGluon
  /// Quark with its own antiquark, both assignments to the beams.
  case quarkAntiquark
}

/// How colour flows from the incoming to the outgoing particles of a hard process.
public enum ColourFlow: String, Hashable, Codable, Sendable, CaseIterable {
  /// q g → Q X: outgoing particle 3 is the colour triplet and takes the gluon's colour, particle 4 has none
  /// (as in Pythia's q g → q′ W).
  case quarkGluonToTriplet
  /// q q̄ → octet → Q Q̄: Q takes the quark's colour (as in Pythia's q q̄ → Q Q̄).
  case octetToTripletPair
  /// q q̄ → singlet → Q Q̄: colour connects the outgoing pair.
  case singletToTripletPair
  /// q q̄ → two particles without colour.
  case singletToUncoloured
}

/// What Pythia must know about a 2→2 process to sample it.
public struct HardProcessDescriptor: Hashable, Codable, Sendable {
  /// Shown in records and messages.
  public var name: String
  /// Pythia's process code; user processes take 10 000 and above.
  public var code: Int
  public var flux: IncomingFlux
  /// PDG ids of outgoing particles 3 and 4 when the incoming fermion that defines `HardKinematics.tHat` is a quark.
  /// When it is an antiquark, both are replaced by their antiparticles (Z, H, γ stay as they are).
  public var outgoing: (Int, Int) {
    get { (outgoing3, outgoing4) }
    set { (outgoing3, outgoing4) = newValue }
  }
  private var outgoing3: Int
  private var outgoing4: Int
  /// PDG id of an s-channel resonance whose mass and width shape the sampling of ŝ; 0 for none.
  public var resonance: Int
  /// Only s-channel exchange contributes: Pythia then takes ŝ as the default scale of α_S and parton densities in
  /// place of the geometric mean of the outgoing transverse masses squared.
  public var isSChannelOnly: Bool
  public var colourFlow: ColourFlow

  public init(
    name: String, code: Int, flux: IncomingFlux, outgoing: (Int, Int), resonance: Int = 0,
    isSChannelOnly: Bool = false, colourFlow: ColourFlow
  ) {
    precondition(code >= 10_000, "need a process code of at least 10000, got \(code)")
    self.name = name
    self.code = code
    self.flux = flux
    (outgoing3, outgoing4) = outgoing
    self.resonance = resonance
    self.isSChannelOnly = isSChannelOnly
    self.colourFlow = colourFlow
  }
}

/// Kinematics of one 2→2 phase-space point.
///
/// a is the incoming fermion: the quark or antiquark of `quarkGluon`, and for `quarkAntiquark` the one whose
/// momentum p_a makes t̂ = (p_a − p₃)² with particle 3 as the descriptor orients it (Q follows q, Q̄ follows q̄).
/// ŝ + t̂ + û = m₃² + m₄².
public struct HardKinematics: Hashable, Sendable {
  /// ŝ, t̂ = (p_a − p₃)², û = (p_a − p₄)² in GeV².
  public var sHat, tHat, uHat: Double
  /// Masses in GeV of this event's outgoing particles, off their pole by the Breit-Wigner where a width is set.
  public var m3, m4: Double
  /// Running couplings at Pythia's renormalisation scale.
  public var alphaS, alphaEM: Double
  /// PDG ids of the partons from beam A and beam B.
  public var id1, id2: Int

  public init(
    sHat: Double, tHat: Double, uHat: Double, m3: Double, m4: Double, alphaS: Double, alphaEM: Double, id1: Int,
    id2: Int
  ) {
    self.sHat = sHat
    self.tHat = tHat
    self.uHat = uHat
    self.m3 = m3
    self.m4 = m4
    self.alphaS = alphaS
    self.alphaEM = alphaEM
    self.id1 = id1
    self.id2 = id2
  }
}
