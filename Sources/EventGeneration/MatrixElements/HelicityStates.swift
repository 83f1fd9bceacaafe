import Foundation

/// Sign of spin along the momentum.
enum Helicity: Int, CaseIterable, Sendable {
  case negative = -1
  case positive = 1

  var opposite: Helicity { self == .positive ? .negative : .positive }
}

/// Spin state of a vector boson along its momentum.
enum VectorHelicity: CaseIterable, Sendable {
  case negative, longitudinal, positive

  /// The two states of a massless boson.
  static let transverse: [VectorHelicity] = [.negative, .positive]
}

extension OnShellMomentum {
  var vector: ComplexVector {
    ComplexVector(
      energy: energy, px: momentum * sin(theta) * cos(phi), py: momentum * sin(theta) * sin(phi),
      pz: momentum * cos(theta))
  }

  /// u(p, λ) with Σ_λ u ū = p̸ + m: (√(E − λ|p|) ξ_λ, √(E + λ|p|) ξ_λ), ξ_λ the eigenstate of σ·p̂.
  func particleSpinor(_ helicity: Helicity) -> DiracSpinor {
    let xi = spinState(helicity)
    let (upper, lower) = (root(helicity.opposite), root(helicity))
    return DiracSpinor([upper * xi.0, upper * xi.1, lower * xi.0, lower * xi.1])
  }

  /// v(p, λ) with Σ_λ v v̄ = p̸ − m: (√(E + λ|p|) ξ_−λ, −√(E − λ|p|) ξ_−λ).
  func antiparticleSpinor(_ helicity: Helicity) -> DiracSpinor {
    let xi = spinState(helicity.opposite)
    let (upper, lower) = (root(helicity), -root(helicity.opposite))
    return DiracSpinor([upper * xi.0, upper * xi.1, lower * xi.0, lower * xi.1])
  }

  /// ε(p, λ) of an incoming boson, ε·p = 0, ε·ε* = −1; the longitudinal state needs a mass.
  func polarisation(_ helicity: VectorHelicity) -> ComplexVector {
    let (sinT, cosT, sinP, cosP) = (sin(theta), cos(theta), sin(phi), cos(phi))
    guard helicity != .longitudinal else {
      precondition(mass > 0, "a massless boson has no longitudinal state")
      let scale = energy / mass
      return ComplexVector(
        energy: momentum / mass, px: scale * sinT * cosP, py: scale * sinT * sinP, pz: scale * cosT)
    }
    // ∓(θ̂ ± iφ̂)/√2
    let sign: Double = helicity == .positive ? 1 : -1
    let norm = Complex(-sign * 0.5.squareRoot())
    return ComplexVector(
      t: .zero, x: norm * Complex(cosT * cosP, -sign * sinP), y: norm * Complex(cosT * sinP, sign * cosP),
      z: norm * Complex(-sinT))
  }

  /// √(E + λ|p|). E − |p| cancels for fast particles: m²/(E + |p|) keeps all digits.
  private func root(_ helicity: Helicity) -> Double {
    let sum = energy + momentum
    if helicity == .positive { return sum.squareRoot() }
    return sum > 0 ? mass / sum.squareRoot() : 0
  }

  private func spinState(_ helicity: Helicity) -> (Complex, Complex) {
    let (c, s) = (cos(theta / 2), sin(theta / 2))
    return switch helicity {
    case .positive: (Complex(c), s * Complex(cos(phi), sin(phi)))
    case .negative: ((-s) * Complex(cos(phi), -sin(phi)), Complex(c))
    }
  }
}
