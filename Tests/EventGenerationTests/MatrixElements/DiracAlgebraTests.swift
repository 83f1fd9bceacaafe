import Foundation
import Testing

@testable import EventGeneration

/// Rounding of a handful of 4×4 products of order-one elements.
private let rounding = 1e-13

private func largest(_ matrix: DiracMatrix) -> Double {
  (0..<16).map { matrix[$0 / 4, $0 % 4].modulus }.max() ?? 0
}

@Suite("Dirac algebra")
struct DiracAlgebraTests {
  private static let momenta = [
    OnShellMomentum(momentum: 0, mass: 173, theta: 0.3),
    OnShellMomentum(momentum: 250, mass: 173, theta: 1.1, phi: 2.5),
    OnShellMomentum(momentum: 5000, mass: 91.1876, theta: 2.9, phi: -0.7),
    OnShellMomentum(momentum: 300, mass: 0, theta: .pi / 2, phi: 0.2),
    OnShellMomentum(momentum: 6500, mass: 0, theta: .pi),
  ]

  @Test("γ^μ γ^ν + γ^ν γ^μ = 2g^μν")
  func clifford() {
    for mu in 0..<4 {
      for nu in 0..<4 {
        let (a, b) = (DiracMatrix.gamma[mu], DiracMatrix.gamma[nu])
        let expected = (mu == nu ? 2 * ComplexVector.metric[mu] : 0) * DiracMatrix.identity
        #expect(a * b + b * a == expected, "μ = \(mu), ν = \(nu)")
      }
    }
  }

  @Test("γ⁵ = iγ⁰γ¹γ²γ³ anticommutes; P_L and P_R are projectors")
  func gamma5() {
    let g = DiracMatrix.gamma
    #expect(Complex.i * (g[0] * g[1] * g[2] * g[3]) == DiracMatrix.gamma5)
    for matrix in g { #expect(matrix * .gamma5 + .gamma5 * matrix == 0 * DiracMatrix.identity) }
    let (left, right) = (DiracMatrix.leftProjector, DiracMatrix.rightProjector)
    #expect(left * left == left && right * right == right)
    #expect(left * right == 0 * DiracMatrix.identity && left + right == .identity)
  }

  @Test("Tr(a̸ b̸) = 4a·b and Tr(γ⁵ a̸ b̸ c̸ d̸) = −4iε^{abcd} for the unit vectors")
  func traces() {
    let (p, q) = (Self.momenta[1].vector, Self.momenta[2].vector)
    let trace = (DiracMatrix.slash(p) * DiracMatrix.slash(q)).trace
    #expect((trace - 4 * p.dot(q)).modulus < rounding * trace.modulus)
    let g = DiracMatrix.gamma
    // ε^{0123} = −1 in the convention of the textbook that the basis is taken from.
    #expect((DiracMatrix.gamma5 * g[0] * g[1] * g[2] * g[3]).trace == Complex(0, -4))
  }

  @Test("Spinors: p̸u = mu, p̸v = −mv, Σuū = p̸ + m, Σvv̄ = p̸ − m", arguments: momenta)
  func spinors(_ p: OnShellMomentum) {
    let slash = DiracMatrix.slash(p.vector)
    let mass = p.mass * DiracMatrix.identity
    let particles = Helicity.allCases.map { p.particleSpinor($0) }
    let antiparticles = Helicity.allCases.map { p.antiparticleSpinor($0) }
    let sumU = particles[0].outer(bar: particles[0]) + particles[1].outer(bar: particles[1])
    let sumV = antiparticles[0].outer(bar: antiparticles[0]) + antiparticles[1].outer(bar: antiparticles[1])
    #expect(largest(sumU - (slash + mass)) < rounding * p.energy)
    #expect(largest(sumV - (slash - mass)) < rounding * p.energy)
    for (u, v) in zip(particles, antiparticles) {
      let (zeroU, zeroV) = ((slash - mass) * u, (slash + mass) * v)
      for index in 0..<4 {
        // Components are √(2E): (p̸ − m)u cancels terms of size E √(2E).
        #expect(zeroU[index].modulus < rounding * pow(p.energy, 1.5) * 4)
        #expect(zeroV[index].modulus < rounding * pow(p.energy, 1.5) * 4)
      }
    }
  }

  @Test("A fast massive fermion of the wrong chirality keeps its digits: ū_R-part is m/√(2E)")
  func smallComponent() {
    let p = OnShellMomentum(momentum: 1e9, mass: 1, theta: 0)
    let small = p.particleSpinor(.positive)[0].modulus
    #expect(abs(small / (1 / (2e9).squareRoot()) - 1) < 1e-15 * 8)
  }

  @Test("Polarisations: ε·p = 0, ε·ε* = −1, Σεε* = −g + pp/M² or −g + (pn + np)/p·n", arguments: momenta)
  func polarisations(_ p: OnShellMomentum) {
    let isMassive = p.mass > 0
    let states = (isMassive ? VectorHelicity.allCases : VectorHelicity.transverse).map { p.polarisation($0) }
    let boost = isMassive ? p.energy / p.mass : 1
    for state in states {
      #expect(state.dot(p.vector).modulus < rounding * p.energy * boost)
      #expect((state.dot(state.conjugate) + Complex(1)).modulus < rounding * boost * boost)
    }
    let vector = p.vector
    let back = ComplexVector(t: vector.t, x: -vector.x, y: -vector.y, z: -vector.z)
    for mu in 0..<4 {
      for nu in 0..<4 {
        let sum = states.reduce(Complex.zero) { $0 + $1[mu] * $1[nu].conjugate }
        let metric = Complex(mu == nu ? -ComplexVector.metric[mu] : 0)
        let rest =
          isMassive
          ? (1 / (p.mass * p.mass)) * (vector[mu] * vector[nu])
          : (vector[mu] * back[nu] + back[mu] * vector[nu]) * (1 / vector.dot(back))
        #expect((sum - metric - rest).modulus < rounding * boost * boost, "μ = \(mu), ν = \(nu)")
      }
    }
  }
}
