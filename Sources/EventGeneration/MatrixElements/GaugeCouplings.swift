import Foundation

/// Standard Model parameters that enter hard processes, with the values that Pythia 8.318 uses by default.
///
/// Production takes the running couplings that Pythia passes with each phase-space point; the values here fix what a
/// card's parameters mean (branching ratios, widths), so they must not depend on that point.
public struct GaugeCouplings: Hashable, Codable, Sendable {
  /// Masses in GeV (`6:m0`, `24:m0`, `23:m0`).
  public var topMass = 173.0
  public var wMass = 80.385
  public var zMass = 91.1876
  /// sin²θ_W of vertices (`StandardModel:sin2thetaW`).
  public var sin2ThetaW = 0.2312
  /// α_EM(m_Z) (`StandardModel:alphaEMmZ`).
  public var alphaEMAtZ = 0.007_817_51
  /// α_S(m_Z) of hard processes, run at one loop (`SigmaProcess:alphaSvalue`, `SigmaProcess:alphaSorder = 1`), as in
  /// the default parton densities, NNPDF2.3 QCD+QED LO.
  public var alphaSAtZ = 0.130
  /// Mass in GeV above which six flavours run (the top threshold of Pythia's `AlphaStrong`).
  public var alphaSTopThreshold = 171.0

  public init() {}

  /// The values above.
  public static let pythia = GaugeCouplings()

  public var cos2ThetaW: Double { 1 - sin2ThetaW }

  /// (g / (2 cos θ_W))² = π α_EM / (sin²θ_W cos²θ_W).
  public func neutralCouplingSquared(alphaEM: Double) -> Double {
    .pi * alphaEM / (sin2ThetaW * cos2ThetaW)
  }

  /// One-loop α_S at a scale in GeV of at least m_Z: five flavours up to the top threshold, six above.
  /// - Precondition: `scale >= zMass`.
  public func alphaS(at scale: Double) -> Double {
    precondition(scale >= zMass, "need a scale of at least \(zMass) GeV, got \(scale)")
    func run(_ alpha: Double, from low: Double, to high: Double, flavours: Double) -> Double {
      let slope = (33 - 2 * flavours) / (6 * Double.pi)
      return alpha / (1 + alpha * slope * log(high / low))
    }
    guard scale > alphaSTopThreshold else { return run(alphaSAtZ, from: zMass, to: scale, flavours: 5) }
    let atTop = run(alphaSAtZ, from: zMass, to: alphaSTopThreshold, flavours: 5)
    return run(atTop, from: alphaSTopThreshold, to: scale, flavours: 6)
  }
}
