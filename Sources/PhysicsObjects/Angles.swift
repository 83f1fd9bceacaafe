import Foundation

/// The difference of two azimuths, in [−π, π]; the one place where angles are subtracted.
public func deltaPhi(_ first: Double, _ second: Double) -> Double {
  (first - second).remainder(dividingBy: 2 * .pi)
}

/// The distance √(Δη² + Δφ²) in the plane of pseudorapidity (or rapidity) and azimuth.
public func deltaR(eta1: Double, phi1: Double, eta2: Double, phi2: Double) -> Double {
  let phi = deltaPhi(phi1, phi2)
  let eta = eta1 - eta2
  return (eta * eta + phi * phi).squareRoot()
}

extension FourMomentum {
  /// `phi − other.phi`, in [−π, π].
  public func deltaPhi(to other: FourMomentum) -> Double { PhysicsObjects.deltaPhi(phi, other.phi) }

  /// The distance in the plane of pseudorapidity and azimuth.
  public func deltaR(to other: FourMomentum) -> Double {
    PhysicsObjects.deltaR(eta1: eta, phi1: phi, eta2: other.eta, phi2: other.phi)
  }
}

/// Pseudorapidity of a direction or of a point seen from the origin; ±∞ on the beam axis, 0 at the origin.
public func pseudorapidity(transverse: Double, longitudinal: Double) -> Double {
  guard transverse > 0 else { return longitudinal == 0 ? 0 : (longitudinal > 0 ? .infinity : -.infinity) }
  return asinh(longitudinal / transverse)
}
