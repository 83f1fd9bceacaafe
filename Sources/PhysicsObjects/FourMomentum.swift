import Foundation

/// A four-momentum in natural units (ħ = c = 1), metric (+, −, −, −).
///
/// Rows of events live in struct-of-array buffers; this type is for single objects and for results.
public struct FourMomentum: Hashable, Codable, Sendable {
  /// Cartesian components in GeV.
  public var px, py, pz, energy: Double

  public init(px: Double, py: Double, pz: Double, energy: Double) {
    self.px = px
    self.py = py
    self.pz = pz
    self.energy = energy
  }

  /// The momentum of a particle of a given mass, in GeV.
  public init(px: Double, py: Double, pz: Double, mass: Double) {
    self.init(px: px, py: py, pz: pz, energy: (px * px + py * py + pz * pz + mass * mass).squareRoot())
  }

  /// Collider coordinates: GeV and radians; `eta` is pseudorapidity.
  public init(pt: Double, eta: Double, phi: Double, mass: Double) {
    self.init(px: pt * cos(phi), py: pt * sin(phi), pz: pt * sinh(eta), mass: mass)
  }

  /// Collider coordinates: GeV and radians; `eta` is pseudorapidity.
  public init(pt: Double, eta: Double, phi: Double, energy: Double) {
    self.init(px: pt * cos(phi), py: pt * sin(phi), pz: pt * sinh(eta), energy: energy)
  }

  /// Collider coordinates with true rapidity in place of pseudorapidity.
  public init(pt: Double, rapidity: Double, phi: Double, mass: Double) {
    let transverseMass = (pt * pt + mass * mass).squareRoot()
    self.init(
      px: pt * cos(phi), py: pt * sin(phi), pz: transverseMass * sinh(rapidity), energy: transverseMass * cosh(rapidity)
    )
  }

  public static let zero = FourMomentum(px: 0, py: 0, pz: 0, energy: 0)

  /// Transverse momentum in GeV.
  public var pt: Double { (px * px + py * py).squareRoot() }

  /// Magnitude of the three-momentum in GeV.
  public var momentum: Double { (px * px + py * py + pz * pz).squareRoot() }

  /// Pseudorapidity; ±∞ along the beam, 0 for the zero vector.
  public var eta: Double {
    let pt = pt
    guard pt > 0 else { return pz == 0 ? 0 : (pz > 0 ? .infinity : -.infinity) }
    return asinh(pz / pt)
  }

  /// Azimuth in radians, in (−π, π]; 0 where there is no transverse momentum.
  public var phi: Double { atan2(py, px) }

  /// Rapidity; ±∞ for massless momenta along the beam.
  ///
  // ½ ln((E + p_z)/(E − p_z)) loses all digits of E − |p_z| when boosted: with m_T² = m² + p_T² in its place,
  // E − |p_z| = m_T²/(E + |p_z|), both factors keep theirs.
  public var rapidity: Double {
    let transverseMassSquared = max(massSquared, 0) + px * px + py * py
    guard transverseMassSquared > 0 else { return pz == 0 ? 0 : (pz > 0 ? .infinity : -.infinity) }
    let rise = log((energy + abs(pz)) / transverseMassSquared.squareRoot())
    return pz < 0 ? -rise : rise
  }

  /// E² − p², in GeV².
  public var massSquared: Double {
    // (E + p)(E − p) keeps one rounding more than the difference of the squares.
    let p = momentum
    return (energy + p) * (energy - p)
  }

  /// Invariant mass in GeV; −√(−m²) for spacelike momenta.
  public var mass: Double {
    let square = massSquared
    return square < 0 ? -(-square).squareRoot() : square.squareRoot()
  }

  /// √(m² + p_T²) in GeV; 0 where the argument is negative.
  public var transverseMass: Double { max(massSquared + px * px + py * py, 0).squareRoot() }

  public static func + (a: FourMomentum, b: FourMomentum) -> FourMomentum {
    FourMomentum(px: a.px + b.px, py: a.py + b.py, pz: a.pz + b.pz, energy: a.energy + b.energy)
  }

  public static func - (a: FourMomentum, b: FourMomentum) -> FourMomentum {
    FourMomentum(px: a.px - b.px, py: a.py - b.py, pz: a.pz - b.pz, energy: a.energy - b.energy)
  }

  public static func += (a: inout FourMomentum, b: FourMomentum) { a = a + b }

  public static prefix func - (a: FourMomentum) -> FourMomentum {
    FourMomentum(px: -a.px, py: -a.py, pz: -a.pz, energy: -a.energy)
  }

  public static func * (factor: Double, a: FourMomentum) -> FourMomentum {
    FourMomentum(px: factor * a.px, py: factor * a.py, pz: factor * a.pz, energy: factor * a.energy)
  }

  /// The Minkowski product, in GeV².
  public func dot(_ other: FourMomentum) -> Double {
    energy * other.energy - px * other.px - py * other.py - pz * other.pz
  }
}
