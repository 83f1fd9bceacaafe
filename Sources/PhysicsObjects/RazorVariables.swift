import Foundation

/// The razor variables of two visible systems (C. Rogan, arXiv:1006.2727), which estimate the scale of a pair of heavy
/// particles, each decaying to a visible and an invisible one.
public struct RazorVariables: Hashable, Sendable {
  /// M_R = √((|p₁| + |p₂|)² − (p_z1 + p_z2)²) in GeV: the same in all frames along the beam.
  public var mR: Double
  /// M_T^R = √((E_T^miss (p_T1 + p_T2) − E_T^miss · (p_T1 + p_T2))/2) in GeV.
  public var mTR: Double
  /// R = M_T^R/M_R; 0 where M_R is 0.
  public var ratio: Double { mR > 0 ? mTR / mR : 0 }

  public init(_ first: FourMomentum, _ second: FourMomentum, missing: MissingMomentum) {
    let sum = first.momentum + second.momentum
    let along = first.pz + second.pz
    mR = max(sum * sum - along * along, 0).squareRoot()
    let scalar = missing.magnitude * (first.pt + second.pt)
    let vector = missing.px * (first.px + second.px) + missing.py * (first.py + second.py)
    mTR = (max(scalar - vector, 0) / 2).squareRoot()
  }
}

/// The super-razor variables of two visible systems (M. Buckley, J. Lykken, C. Rogan, M. Spiropulu, Phys. Rev. D 89 (2014)
/// 055020): the frame of the pair (R) and of the two heavy particles (R + 1), approximated from what is seen.
public struct SuperRazorVariables: Hashable, Sendable {
  /// √ŝ_R in GeV: an estimate of the pair's mass.
  public var sR: Double
  /// M_Δ^R in GeV: its end point is (m² − m_χ²)/m for heavy particles of mass m.
  public var mDeltaR: Double
  /// |Δϕ_R^β|, in [0, π]: between the visible momentum in R and the boost to R.
  public var deltaPhiBeta: Double
  /// |cos θ_(R+1)|: of the visible momenta in the heavy particles' frames to the boost between these.
  public var cosTheta: Double

  public init(_ first: FourMomentum, _ second: FourMomentum, missing: MissingMomentum) {
    let energy = first.energy + second.energy
    guard energy > 0, abs(first.pz + second.pz) < energy else {
      (sR, mDeltaR, deltaPhiBeta, cosTheta) = (0, 0, 0, 0)
      return
    }
    let toVisible = (x: 0.0, y: 0.0, z: -(first.pz + second.pz) / energy)
    let (a, b) = (first.boosted(by: toVisible), second.boosted(by: toVisible))
    let visible = a + b
    // The transverse momentum of all that the pair became.
    let (x, y) = (visible.px + missing.px, visible.py + missing.py)
    let overlap = visible.px * x + visible.py * y
    let square = visible.energy * visible.energy
    let under = max(square + x * x + y * y - 2 * overlap, 0)
    sR = max(2 * (square - overlap + visible.energy * under.squareRoot()), 0).squareRoot()
    let boostEnergy = (x * x + y * y + sR * sR).squareRoot()
    let toPair = boostEnergy > 0 ? (x: -x / boostEnergy, y: -y / boostEnergy, z: 0.0) : (x: 0.0, y: 0.0, z: 0.0)
    let (c, d) = (a.boosted(by: toPair), b.boosted(by: toPair))
    deltaPhiBeta = abs(((c + d).phi - atan2(y, x)).remainder(dividingBy: 2 * .pi))
    (mDeltaR, cosTheta) = Self.inHeavyFrames(c, d)
  }

  private static func inHeavyFrames(_ a: FourMomentum, _ b: FourMomentum) -> (mDelta: Double, cosTheta: Double) {
    let energy = a.energy + b.energy
    let beta = (x: (a.px - b.px) / energy, y: (a.py - b.py) / energy, z: (a.pz - b.pz) / energy)
    let speed = (beta.x * beta.x + beta.y * beta.y + beta.z * beta.z).squareRoot()
    guard energy > 0, speed < 1 else { return (0, 0) }
    let rest = a.boosted(by: (-beta.x, -beta.y, -beta.z))
    guard speed > 0, rest.momentum > 0 else { return (2 * rest.energy, 0) }
    let along = rest.px * beta.x + rest.py * beta.y + rest.pz * beta.z
    return (2 * rest.energy, min(abs(along) / (rest.momentum * speed), 1))
  }
}
