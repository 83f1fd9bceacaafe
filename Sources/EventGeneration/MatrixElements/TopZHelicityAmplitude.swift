import Foundation

/// The helicity amplitudes of q g → t Z: the reference that the closed form of `TopZProduction` is tested against.
///
/// M = t̄(p₃) [ε̸*_Z P_L (p̸₁ + p̸₂)/ŝ ε̸_g + ε̸_g (p̸₃ − p̸₂ + m_t)/(û − m_t²) ε̸*_Z P_L] q(p₁), with couplings, colour
/// and i taken out. The partonic centre-of-mass frame has the quark along +z.
struct TopZHelicityAmplitude {
  let quark, gluon, top, zBoson: OnShellMomentum

  /// - Parameters:
  ///   - energy: √ŝ in GeV, above m₃ + m₄.
  ///   - cosTheta: of the top against the quark.
  init(energy: Double, cosTheta: Double, topMass: Double, zMass: Double, phi: Double = 0) {
    precondition(energy > topMass + zMass, "need √ŝ above \(topMass + zMass) GeV, got \(energy)")
    let (sum, difference) = (topMass + zMass, topMass - zMass)
    let momentum =
      ((energy - sum) * (energy + sum) * (energy - difference) * (energy + difference)).squareRoot() / (2 * energy)
    let theta = acos(cosTheta)
    quark = OnShellMomentum(momentum: energy / 2, mass: 0, theta: 0)
    gluon = OnShellMomentum(momentum: energy / 2, mass: 0, theta: .pi)
    top = OnShellMomentum(momentum: momentum, mass: topMass, theta: theta, phi: phi)
    zBoson = OnShellMomentum(momentum: momentum, mass: zMass, theta: .pi - theta, phi: phi + .pi)
  }

  /// ŝ = (p₁ + p₂)² in GeV².
  var sHat: Double { 4 * quark.energy * quark.energy }
  /// t̂ = (p₁ − p₃)² in GeV².
  var tHat: Double { square(quark.vector - top.vector) }
  /// û = (p₂ − p₃)² in GeV².
  var uHat: Double { square(gluon.vector - top.vector) }

  /// The s- and u-channel matrices between t̄(p₃) and q(p₁), for any polarisation vectors.
  func diagrams(gluon epsilon: ComplexVector, conjugateZ: ComplexVector) -> (s: DiracMatrix, u: DiracMatrix) {
    let (gluonSlash, zSlash) = (DiracMatrix.slash(epsilon), DiracMatrix.slash(conjugateZ) * .leftProjector)
    let sPropagator = (1 / sHat) * DiracMatrix.slash(quark.vector + gluon.vector)
    let uNumerator = DiracMatrix.slash(top.vector - gluon.vector) + top.mass * DiracMatrix.identity
    let uPropagator = (1 / (uHat - top.mass * top.mass)) * uNumerator
    return (zSlash * sPropagator * gluonSlash, gluonSlash * uPropagator * zSlash)
  }

  /// Both diagrams for given spins of quark and top and any polarisation vectors.
  func amplitudes(
    quark quarkSpin: Helicity, top topSpin: Helicity, gluon epsilon: ComplexVector, conjugateZ: ComplexVector
  ) -> (s: Complex, u: Complex) {
    let (incoming, outgoing) = (quark.particleSpinor(quarkSpin), top.particleSpinor(topSpin))
    let matrices = diagrams(gluon: epsilon, conjugateZ: conjugateZ)
    return (outgoing.bar(times: matrices.s * incoming), outgoing.bar(times: matrices.u * incoming))
  }

  /// Σ|M|² over all helicities.
  var squaredAmplitude: Double {
    var sum = 0.0
    for gluonSpin in VectorHelicity.transverse {
      for zSpin in VectorHelicity.allCases {
        let (epsilon, conjugateZ) = (gluon.polarisation(gluonSpin), zBoson.polarisation(zSpin).conjugate)
        for quarkSpin in Helicity.allCases {
          for topSpin in Helicity.allCases {
            let parts = amplitudes(quark: quarkSpin, top: topSpin, gluon: epsilon, conjugateZ: conjugateZ)
            sum += (parts.s + parts.u).squaredModulus
          }
        }
      }
    }
    return sum
  }

  private func square(_ vector: ComplexVector) -> Double { vector.dot(vector).real }
}
