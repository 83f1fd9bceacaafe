/// The flavour-changing vertex of a light up-type quark, the top quark and the Z boson:
///
///     L = (g / (2 cos θ_W)) X q̄ γ^μ P_L t Z_μ + h.c.
///
/// in the normalisation of J. A. Aguilar-Saavedra, arXiv:hep-ph/0409342. For a massless q a right-handed
/// vertex of the same X gives the same unpolarised rates.
public struct TopZVertex: Hashable, Codable, Sendable {
  /// X, real and not negative.
  public var coupling: Double
  public var parameters: GaugeCouplings

  public init(coupling: Double, parameters: GaugeCouplings = .pythia) {
    precondition(coupling >= 0, "need a coupling of at least 0, got \(coupling)")
    self.coupling = coupling
    self.parameters = parameters
  }

  /// The vertex for which Γ(t → qZ) / Γ(t → bW) has the given value, both at leading order with m_q = m_b = 0,
  /// |V_tb| = 1 and the same couplings. This is the convention of the experiments' limits on BR(t → qZ); the
  /// denominator leaves out Γ(t → qZ) itself, a relative 1e-4 at BR = 1e-4.
  public init(branchingRatio: Double, parameters: GaugeCouplings = .pythia) {
    precondition(branchingRatio >= 0, "need a branching ratio of at least 0, got \(branchingRatio)")
    let unit = TopZVertex(coupling: 1, parameters: parameters)
    self.init(coupling: (branchingRatio / unit.branchingRatio).squareRoot(), parameters: parameters)
  }

  /// Γ(t → qZ) / Γ(t → bW) at leading order.
  public var branchingRatio: Double { widthToZ / widthToW }

  /// Γ(t → qZ) in GeV with α_EM(m_Z):
  /// α X² m_t³ / (32 s_W² c_W² m_Z²) · (1 − x)² (1 + 2x), x = m_Z²/m_t² (arXiv:hep-ph/0409342).
  public var widthToZ: Double {
    let p = parameters
    let prefactor = p.alphaEMAtZ * coupling * coupling / (32 * p.sin2ThetaW * p.cos2ThetaW)
    return prefactor * Self.decayShape(p.topMass, p.zMass)
  }

  /// Γ(t → bW) in GeV with m_b = 0, |V_tb| = 1 and α_EM(m_Z): α m_t³ / (16 s_W² m_W²) · (1 − x)² (1 + 2x),
  /// x = m_W²/m_t².
  public var widthToW: Double {
    let p = parameters
    return p.alphaEMAtZ / (16 * p.sin2ThetaW) * Self.decayShape(p.topMass, p.wMass)
  }

  /// m_t³/M² (1 − x)² (1 + 2x), x = M²/m_t²: the kinematics of t → q V with a massless quark.
  private static func decayShape(_ topMass: Double, _ bosonMass: Double) -> Double {
    let x = bosonMass * bosonMass / (topMass * topMass)
    return topMass / x * (1 - x) * (1 - x) * (1 + 2 * x)
  }
}
