/// q q̄ → G → T T̄ at leading order: Pythia's q q̄ → Q Q̄ with the gluon's propagator replaced by the octet's
/// Breit-Wigner, whose width runs with ŝ through every open channel, so that each partial wave stays unitary.
///
/// A heavy octet has no coupling to two gluons at tree level, hence no g g initial state. T decays are left to the
/// generator and carry no spin correlation.
public struct HeavyGluonPairProduction: HardProcess {
  /// What the amplitude holds besides the octet.
  public enum Interference: Int, Hashable, Codable, Sendable, CaseIterable {
    /// The octet alone: a signal of its own, to which Standard Model pair production is added as another sample.
    case resonanceOnly = 0
    /// The octet and the gluon: all of q q̄ → T T̄, interference included (g g → T T̄ is another process).
    case withGluon = 1
  }

  /// PDG id of T (Pythia's t′) and the id under which the octet is made known to Pythia.
  public static let partnerID = 8
  public static let octetID = 6_000_021

  public let octet: HeavyGluon
  public let interference: Interference
  public let descriptor: HardProcessDescriptor
  /// g_q g_T, the product of the couplings with their unit.
  private let couplingProduct: Double

  public init(octet: HeavyGluon, interference: Interference = .resonanceOnly) {
    self.octet = octet
    self.interference = interference
    descriptor = HardProcessDescriptor(
      name: "q qbar -> G -> T Tbar", code: 10_002, flux: .quarkAntiquark,
      outgoing: (Self.partnerID, -Self.partnerID), resonance: Self.octetID,
      isSChannelOnly: true, colourFlow: .octetToTripletPair)
    couplingProduct = octet.unitSquared * octet.lightQuarkCoupling * octet.partnerCoupling
  }

  public func differentialCrossSection(_ k: HardKinematics) -> Double {
    guard k.id1 + k.id2 == 0, k.id1 != 0, abs(k.id1) <= 5 else { return 0 }
    var amplitude = couplingProduct * k.sHat * propagator(k.sHat)
    if interference == .withGluon { amplitude += Complex(4 * .pi * k.alphaS) }
    return amplitude.squaredModulus * Self.shape(k) / (16 * .pi * k.sHat * k.sHat)
  }

  /// 1/(ŝ − M² + i√ŝ Γ(√ŝ)) in GeV⁻².
  func propagator(_ sHat: Double) -> Complex {
    let virtuality = sHat.squareRoot()
    let denominator = Complex(sHat - octet.mass * octet.mass, virtuality * octet.runningWidth(at: virtuality))
    return 1 / denominator
  }

  /// (4/9) [(t̂₁² + û₁²)/ŝ² + 2m²/ŝ], t̂₁ = t̂ − m², û₁ = û − m²: Σ|M|² of a vector exchange, averaged over incoming
  /// and summed over outgoing spins and colours, for unit couplings and propagator 1/ŝ.
  ///
  /// For m₃ ≠ m₄, off shell, the pair is given the common mass of the same β, as Pythia does it in q q̄ → Q Q̄.
  static func shape(_ k: HardKinematics) -> Double {
    let massDifference = k.m3 * k.m3 - k.m4 * k.m4
    let massSquared = 0.5 * (k.m3 * k.m3 + k.m4 * k.m4) - 0.25 * massDifference * massDifference / k.sHat
    let t = -0.5 * (k.sHat - k.tHat + k.uHat)
    let u = -0.5 * (k.sHat + k.tHat - k.uHat)
    return 4.0 / 9 * ((t * t + u * u) / (k.sHat * k.sHat) + 2 * massSquared / k.sHat)
  }
}
