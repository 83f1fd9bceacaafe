/// A heavy colour octet vector G with couplings L = G^a_μ q̄ γ^μ T^a (g_L P_L + g_R P_R) q to quarks and to a
/// vector-like partner T of the top.
///
/// Couplings are in units of the strong coupling at the octet's mass, g = c √(4π α_S(M)), and do not run further.
/// The defaults are those of a two-site model of a composite Higgs boson (the setting of arXiv:1507.05628) in which the
/// gluon and its heavy partner mix with tan θ = 1/2: elementary quarks couple with −tan θ, composite ones (T and a
/// fully composite right-handed top) with cot θ.
public struct HeavyGluon: Hashable, Codable, Sendable {
  /// M in GeV.
  public var mass: Double
  /// c of u, d, s, c and b, both chiralities.
  public var lightQuarkCoupling: Double
  /// c of the top's two chiralities.
  public var topLeftCoupling, topRightCoupling: Double
  /// c of T, both chiralities.
  public var partnerCoupling: Double
  /// m_T in GeV.
  public var partnerMass: Double
  /// Γ(M) in GeV to use in place of the sum of partial widths; nil to compute it.
  public var givenWidth: Double?
  public var parameters: GaugeCouplings

  public init(
    mass: Double = 3000, lightQuarkCoupling: Double = -0.5, topLeftCoupling: Double = -0.5,
    topRightCoupling: Double = 2, partnerCoupling: Double = 2, partnerMass: Double = 1000, givenWidth: Double? = nil,
    parameters: GaugeCouplings = .pythia
  ) {
    precondition(mass > 2 * parameters.topMass, "need a mass above the top pair's threshold, got \(mass)")
    self.mass = mass
    self.lightQuarkCoupling = lightQuarkCoupling
    self.topLeftCoupling = topLeftCoupling
    self.topRightCoupling = topRightCoupling
    self.partnerCoupling = partnerCoupling
    self.partnerMass = partnerMass
    self.givenWidth = givenWidth
    self.parameters = parameters
  }

  /// 4π α_S(M): the square of the coupling's unit.
  public var unitSquared: Double { 4 * .pi * parameters.alphaS(at: mass) }

  /// Total and partial widths in GeV at a virtuality, the sum over u, d, s, c, b in `lightQuarks`.
  public struct Widths: Hashable, Codable, Sendable {
    public var lightQuarks, top, partner: Double
    public var total: Double { lightQuarks + top + partner }
  }

  /// Partial widths of an octet of mass `virtuality` (GeV), from the couplings alone.
  ///
  /// Γ(G → q q̄) = β √ŝ/(24π) · [(g_L² + g_R²)/2 · (1 − r) + 3 g_L g_R r], r = m²/ŝ, β = √(1 − 4r), which for
  /// g_L = g_R = g is g²/(24π) √ŝ β (1 + 2r); the colour factor is Tr(T^a T^b) = δ^{ab}/2.
  public func partialWidths(at virtuality: Double) -> Widths {
    let scale = unitSquared * virtuality / (24 * .pi)
    func width(_ left: Double, _ right: Double, quarkMass: Double) -> Double {
      let ratio = quarkMass * quarkMass / (virtuality * virtuality)
      guard ratio < 0.25 else { return 0 }
      let chiral = 0.5 * (left * left + right * right) * (1 - ratio) + 3 * left * right * ratio
      return scale * (1 - 4 * ratio).squareRoot() * chiral
    }
    return Widths(
      lightQuarks: 5 * width(lightQuarkCoupling, lightQuarkCoupling, quarkMass: 0),
      top: width(topLeftCoupling, topRightCoupling, quarkMass: parameters.topMass),
      partner: width(partnerCoupling, partnerCoupling, quarkMass: partnerMass))
  }

  /// Γ(M) in GeV.
  public var width: Double { givenWidth ?? partialWidths(at: mass).total }

  /// The total width at a virtuality in GeV: the partial widths there, scaled to the given Γ(M) if there is one.
  public func runningWidth(at virtuality: Double) -> Double {
    let computed = partialWidths(at: virtuality).total
    guard let givenWidth else { return computed }
    return computed * givenWidth / partialWidths(at: mass).total
  }
}
