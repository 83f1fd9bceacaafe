import Foundation

/// Follows particles from their production to the surface of the calorimeters in a solenoid's field along z.
struct SolenoidPropagation {
  let magnet: DetectorCard.Magnet
  /// GeV/mm that a unit charge gains as curvature: p_T = 0.299792458 · B[T] · ρ[m].
  private let bending: Double

  init(_ magnet: DetectorCard.Magnet) {
    self.magnet = magnet
    bending = 0.299_792_458e-3 * magnet.field
  }

  /// Where a particle crosses the cylinder: direction from the origin. `nil` if it starts outside or never arrives.
  ///
  /// - Parameters:
  ///   - x: production vertex in mm, as `y`, `z`.
  ///   - charge: in units of e.
  func impact(
    px: Double, py: Double, pz: Double, x: Double, y: Double, z: Double, charge: Double
  ) -> (eta: Double, phi: Double)? {
    let pt = (px * px + py * py).squareRoot()
    guard x * x + y * y < magnet.radius * magnet.radius, abs(z) < magnet.halfLength, pt > 0 || pz != 0 else {
      return nil
    }
    guard charge != 0, bending != 0, pt > 0 else { return straight(px, py, pz, pt, x, y, z) }
    // A positive charge turns clockwise in a field along +z: the signed radius is negative.
    let radius = -pt / (charge * bending)
    let phi0 = atan2(py, px)
    let centreX = x - radius * sin(phi0)
    let centreY = y + radius * cos(phi0)
    let toEnd = pz == 0 ? .infinity : ((pz > 0 ? magnet.halfLength : -magnet.halfLength) - z) * pt / pz
    let toBarrel = barrelPath(radius, phi0, centreX, centreY)
    let path = min(toEnd, toBarrel)
    guard path.isFinite else { return nil }
    let phi = phi0 + path / radius
    return direction(
      x: centreX + radius * sin(phi), y: centreY - radius * cos(phi), z: z + pz / pt * path)
  }

  /// Transverse path to the cylinder; infinite for tracks that curl up inside.
  private func barrelPath(_ radius: Double, _ phi0: Double, _ centreX: Double, _ centreY: Double) -> Double {
    let distance = (centreX * centreX + centreY * centreY).squareRoot()
    guard distance > 0 else { return .infinity }
    // |position|² = d² + ρ² + 2ρd sin(φ − ψ) with ψ the azimuth of the circle's centre.
    let sine = (magnet.radius * magnet.radius - distance * distance - radius * radius) / (2 * radius * distance)
    guard abs(sine) <= 1 else { return .infinity }
    let psi = atan2(centreY, centreX)
    let turn = 2 * Double.pi
    var best = Double.infinity
    for phi in [psi + asin(sine), psi + .pi - asin(sine)] {
      var angle = (phi - phi0).truncatingRemainder(dividingBy: turn)
      if angle * radius < 0 { angle += radius > 0 ? turn : -turn }
      best = min(best, angle * radius)
    }
    return best
  }

  private func straight(
    _ px: Double, _ py: Double, _ pz: Double, _ pt: Double, _ x: Double, _ y: Double, _ z: Double
  ) -> (eta: Double, phi: Double)? {
    // |(x, y) + s (px, py)|² = R², the positive root.
    let along = x * px + y * py
    let missing = magnet.radius * magnet.radius - x * x - y * y
    let toBarrel = pt > 0 ? (-along + (along * along + pt * pt * missing).squareRoot()) / (pt * pt) : .infinity
    let toEnd = pz == 0 ? .infinity : ((pz > 0 ? magnet.halfLength : -magnet.halfLength) - z) / pz
    let path = min(toBarrel, toEnd)
    return direction(x: x + px * path, y: y + py * path, z: z + pz * path)
  }

  private func direction(x: Double, y: Double, z: Double) -> (eta: Double, phi: Double)? {
    let transverse = (x * x + y * y).squareRoot()
    guard transverse > 0 else { return nil }
    return (asinh(z / transverse), atan2(y, x))
  }
}
