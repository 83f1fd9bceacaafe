// The Dirac algebra with explicit 4×4 matrices, for amplitudes by helicity sums and traces by multiplication.
//
// Goals, in order: to be checked at a glance against a textbook; to be exact to rounding for massive and massless
// momenta alike; to be fast enough for some thousand phase-space points. Generation runs on closed forms that are
// tested against this file.
//
// Conventions: metric (+, −, −, −); chiral basis, γ⁰ = [[0, 1], [1, 0]], γⁱ = [[0, σⁱ], [−σⁱ, 0]], γ⁵ = diag(−1, −1, 1, 1)
// (M. Peskin and D. Schroeder, An Introduction to Quantum Field Theory, section 3.2).

/// A contravariant four-vector with complex components, in GeV for momenta and without unit for polarisations.
struct ComplexVector: Hashable, Sendable {
  var t, x, y, z: Complex

  init(t: Complex, x: Complex, y: Complex, z: Complex) {
    (self.t, self.x, self.y, self.z) = (t, x, y, z)
  }

  /// A real vector.
  init(energy: Double, px: Double, py: Double, pz: Double) {
    self.init(t: Complex(energy), x: Complex(px), y: Complex(py), z: Complex(pz))
  }

  /// Contravariant components 0…3.
  subscript(index: Int) -> Complex {
    switch index {
    case 0: t
    case 1: x
    case 2: y
    default: z
    }
  }

  var conjugate: ComplexVector {
    ComplexVector(t: t.conjugate, x: x.conjugate, y: y.conjugate, z: z.conjugate)
  }

  /// a·b without complex conjugation.
  func dot(_ other: ComplexVector) -> Complex { t * other.t - x * other.x - y * other.y - z * other.z }

  static func + (a: ComplexVector, b: ComplexVector) -> ComplexVector {
    ComplexVector(t: a.t + b.t, x: a.x + b.x, y: a.y + b.y, z: a.z + b.z)
  }
  static func - (a: ComplexVector, b: ComplexVector) -> ComplexVector {
    ComplexVector(t: a.t - b.t, x: a.x - b.x, y: a.y - b.y, z: a.z - b.z)
  }

  /// The metric's diagonal (+, −, −, −).
  static let metric: [Double] = [1, -1, -1, -1]
}

/// A 4×4 matrix in spinor space.
struct DiracMatrix: Hashable, Sendable {
  /// Row-major, [4, 4].
  private(set) var elements: [Complex]

  init(_ element: (_ row: Int, _ column: Int) -> Complex) {
    elements = (0..<16).map { element($0 / 4, $0 % 4) }
  }

  subscript(row: Int, column: Int) -> Complex { elements[4 * row + column] }

  static let identity = DiracMatrix { $0 == $1 ? .one : .zero }

  /// γ^μ for μ = 0…3.
  static let gamma: [DiracMatrix] = (0..<4).map { index in
    DiracMatrix { row, column in
      guard (row < 2) != (column < 2) else { return .zero }
      let sigma = pauli[index][row % 2][column % 2]
      return index > 0 && row >= 2 ? -sigma : sigma
    }
  }

  /// γ⁵ = iγ⁰γ¹γ²γ³.
  static let gamma5 = DiracMatrix { $0 == $1 ? Complex($0 < 2 ? -1 : 1) : .zero }
  /// P_L = (1 − γ⁵)/2.
  static let leftProjector = 0.5 * (identity - gamma5)
  /// P_R = (1 + γ⁵)/2.
  static let rightProjector = 0.5 * (identity + gamma5)

  /// γ_μ v^μ.
  static func slash(_ vector: ComplexVector) -> DiracMatrix {
    var result = 0 * identity
    for index in 0..<4 { result = result + ComplexVector.metric[index] * vector[index] * gamma[index] }
    return result
  }

  var trace: Complex { (0..<4).reduce(.zero) { $0 + self[$1, $1] } }

  static func + (a: DiracMatrix, b: DiracMatrix) -> DiracMatrix { DiracMatrix { a[$0, $1] + b[$0, $1] } }
  static func - (a: DiracMatrix, b: DiracMatrix) -> DiracMatrix { DiracMatrix { a[$0, $1] - b[$0, $1] } }
  static func * (a: Complex, b: DiracMatrix) -> DiracMatrix { DiracMatrix { a * b[$0, $1] } }
  static func * (a: Double, b: DiracMatrix) -> DiracMatrix { Complex(a) * b }
  static func * (a: DiracMatrix, b: DiracMatrix) -> DiracMatrix {
    DiracMatrix { row, column in (0..<4).reduce(.zero) { $0 + a[row, $1] * b[$1, column] } }
  }
  static func * (a: DiracMatrix, b: DiracSpinor) -> DiracSpinor {
    DiracSpinor((0..<4).map { row in (0..<4).reduce(.zero) { $0 + a[row, $1] * b[$1] } })
  }

  /// (1, σ¹, σ², σ³).
  private static let pauli: [[[Complex]]] = [
    [[.one, .zero], [.zero, .one]],
    [[.zero, .one], [.one, .zero]],
    [[.zero, -.i], [.i, .zero]],
    [[.one, .zero], [.zero, -.one]],
  ]
}

/// A column of spinor space.
struct DiracSpinor: Hashable, Sendable {
  private let components: [Complex]

  init(_ components: [Complex]) {
    precondition(components.count == 4, "need 4 components, got \(components.count)")
    self.components = components
  }

  subscript(index: Int) -> Complex { components[index] }

  /// ψ̄ χ = ψ†γ⁰ χ.
  func bar(times other: DiracSpinor) -> Complex {
    let lowered = DiracMatrix.gamma[0] * other
    return (0..<4).reduce(.zero) { $0 + self[$1].conjugate * lowered[$1] }
  }

  /// ψ χ̄, the matrix of a spin sum's summand.
  func outer(bar other: DiracSpinor) -> DiracMatrix {
    let row = DiracMatrix.gamma[0] * DiracSpinor((0..<4).map { other[$0].conjugate })
    return DiracMatrix { self[$0] * row[$1] }
  }
}

/// The direction and size of a momentum of given mass, from which spinors and polarisation vectors are made.
struct OnShellMomentum: Hashable, Sendable {
  /// |p|, m and E = √(p² + m²) in GeV.
  let momentum, mass, energy: Double
  /// Polar angle and azimuth in radians.
  let theta, phi: Double

  init(momentum: Double, mass: Double, theta: Double, phi: Double = 0) {
    precondition(momentum >= 0 && mass >= 0, "need |p| ≥ 0 and m ≥ 0, got \(momentum) and \(mass)")
    (self.momentum, self.mass, self.theta, self.phi) = (momentum, mass, theta, phi)
    energy = (momentum * momentum + mass * mass).squareRoot()
  }
}
