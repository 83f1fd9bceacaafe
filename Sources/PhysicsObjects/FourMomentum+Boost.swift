import Foundation

extension FourMomentum {
  /// The velocity p/E, with components in (−1, 1) for timelike momenta.
  public var velocity: (x: Double, y: Double, z: Double) {
    precondition(energy != 0, "a momentum of zero energy has no velocity")
    return (px / energy, py / energy, pz / energy)
  }

  /// The momentum seen after an active boost by a velocity in units of c: `rest.boosted(by: frame.velocity)` carries
  /// a momentum from the rest frame of `frame` to where `frame` was measured.
  public func boosted(by velocity: (x: Double, y: Double, z: Double)) -> FourMomentum {
    let square = velocity.x * velocity.x + velocity.y * velocity.y + velocity.z * velocity.z
    precondition(square < 1, "need a velocity below that of light, got β² = \(square)")
    guard square > 0 else { return self }
    let gamma = 1 / (1 - square).squareRoot()
    let along = velocity.x * px + velocity.y * py + velocity.z * pz
    // (γ − 1)/β² = γ²/(γ + 1): without the cancellation at small velocities.
    let factor = gamma * gamma / (gamma + 1) * along + gamma * energy
    return FourMomentum(
      px: px + factor * velocity.x, py: py + factor * velocity.y, pz: pz + factor * velocity.z,
      energy: gamma * (energy + along))
  }

  /// The momentum after a boost along the beam that adds `rapidity` to rapidities.
  public func boostedAlongBeam(rapidity: Double) -> FourMomentum {
    FourMomentum(
      px: px, py: py, pz: pz * cosh(rapidity) + energy * sinh(rapidity),
      energy: energy * cosh(rapidity) + pz * sinh(rapidity))
  }

  /// This momentum as seen in the rest frame of another.
  public func inRestFrame(of frame: FourMomentum) -> FourMomentum {
    let velocity = frame.velocity
    return boosted(by: (-velocity.x, -velocity.y, -velocity.z))
  }

  /// The momentum turned by an angle in radians about the beam.
  public func rotatedAboutBeam(by angle: Double) -> FourMomentum {
    FourMomentum(
      px: px * cos(angle) - py * sin(angle), py: px * sin(angle) + py * cos(angle), pz: pz, energy: energy)
  }
}
