import Foundation
import Testing

@testable import EventGeneration

/// Energies and angles from just above threshold to 13 TeV.
private let points: [(energy: Double, cosTheta: Double)] = [264.3, 270, 350, 700, 2000, 13_000].flatMap { energy in
  [-0.99999, -0.6, 0.0, 0.37, 0.8, 0.99999].map { (energy, $0) }
}

private func amplitude(_ point: (energy: Double, cosTheta: Double), phi: Double = 0.4) -> TopZHelicityAmplitude {
  TopZHelicityAmplitude(
    energy: point.energy, cosTheta: point.cosTheta, topMass: 173, zMass: 91.1876, phi: phi)
}

@Suite("q g → t Z by a flavour-changing vertex")
struct TopZProductionTests {
  @Test("The closed form is the helicity sum, masses included")
  func helicitySum() {
    for point in points {
      let reference = amplitude(point)
      let sum = reference.squaredAmplitude
      let closed = TopZProduction.squaredAmplitude(reference.sHat, reference.uHat, m3: 173, m4: 91.1876)
      #expect(abs(closed - sum) < 1e-10 * sum, "\(point)")
    }
  }

  @Test("Both are the spin sums of matrix traces at 50 digits in another representation")
  func traces() throws {
    let reference = try MatrixElementReference.load().topZ
    #expect(reference.count == 60)
    for point in reference {
      let closed = TopZProduction.squaredAmplitude(point.s, point.u, m3: point.m3, m4: point.m4)
      #expect(abs(closed / point.value - 1) < 1e-11, "\(point.testDescription)")
      let helicities = TopZHelicityAmplitude(
        energy: point.energy, cosTheta: point.cosTheta, topMass: point.m3, zMass: point.m4)
      #expect(abs(helicities.squaredAmplitude / point.value - 1) < 1e-10, "\(point.testDescription)")
      #expect(abs(helicities.tHat / point.t - 1) < 1e-10 && abs(helicities.uHat / point.u - 1) < 1e-10)
    }
  }

  @Test("Gauge invariance: a gluon polarised along its momentum gives zero")
  func wardIdentity() {
    for point in points {
      let reference = amplitude(point)
      for zSpin in VectorHelicity.allCases {
        for topSpin in Helicity.allCases {
          let parts = reference.amplitudes(
            quark: .negative, top: topSpin, gluon: reference.gluon.vector,
            conjugateZ: reference.zBoson.polarisation(zSpin).conjugate)
          let scale = parts.s.modulus + parts.u.modulus
          // Each diagram alone is of the order of √ŝ; where both vanish by angular momentum, rounding remains.
          #expect((parts.s + parts.u).modulus < 1e-11 * (scale + point.energy), "\(point), \(zSpin), \(topSpin)")
        }
      }
    }
  }

  @Test("The identity needs both diagrams: one alone does not vanish")
  func oneDiagramIsNotGaugeInvariant() {
    let reference = amplitude((700, 0.37))
    let parts = reference.amplitudes(
      quark: .negative, top: .negative, gluon: reference.gluon.vector,
      conjugateZ: reference.zBoson.polarisation(.longitudinal).conjugate)
    #expect(parts.s.modulus > 1)
  }

  @Test("A right-handed quark does not couple, and rates do not depend on the azimuth")
  func chirality() {
    let reference = amplitude((500, 0.2))
    let parts = reference.amplitudes(
      quark: .positive, top: .positive, gluon: reference.gluon.polarisation(.positive),
      conjugateZ: reference.zBoson.polarisation(.positive).conjugate)
    #expect(parts.s == .zero && parts.u == .zero)
    let turned = amplitude((500, 0.2), phi: -2).squaredAmplitude
    #expect(abs(turned / reference.squaredAmplitude - 1) < 1e-13)
  }

  @Test("Massless top: Pythia's q g → W q′, with g²/2 replaced by the vertex", arguments: [0.1, 1e-3])
  func masslessLimit(topMass: Double) {
    let vertex = TopZVertex(coupling: 0.3)
    let process = TopZProduction(upVertex: vertex)
    for (energy, cosTheta) in points where cosTheta < 0.99 {
      let k = kinematics(energy: energy, cosTheta: cosTheta, m3: topMass, m4: 80.385, id1: 2, id2: 21)
      // Sigma2qg2Wq::sigmaKin: (π/ŝ²)(α_EM α_S/sin²θ_W)(1/12)(ŝ² + û² + 2t̂ m_W²)/(−ŝû)
      let shape = (k.sHat * k.sHat + k.uHat * k.uHat + 2 * k.tHat * k.m4 * k.m4) / (-k.sHat * k.uHat)
      let sin2 = GaugeCouplings.pythia.sin2ThetaW
      let pythia = .pi / (k.sHat * k.sHat) * (k.alphaEM * k.alphaS / sin2) / 12 * shape
      let ratioOfCouplings = 0.3 * 0.3 / (2 * (1 - sin2))
      let found = process.differentialCrossSection(k)
      // What is left is of the order of m_t²/(−û) and m_t²/m_W².
      let rest = 20 * topMass * topMass * (1 / -k.uHat + 1 / (k.m4 * k.m4))
      #expect(abs(found / (pythia * ratioOfCouplings) - 1) < rest + 1e-12)
    }
  }

  @Test("Equivalence theorem: at high energy the longitudinal Z is a scalar with a Yukawa coupling ∝ m_t/m_Z")
  func goldstoneLimit() {
    let k = kinematics(energy: 2e5, cosTheta: 0.1, m3: 173, m4: 91.1876, id1: 2, id2: 21)
    // Transverse: q g → q V, 4(ŝ² + û²)/(−ŝû). Scalar: q g → q φ, 2y² t̂²/(−ŝû) with y = m_t/m_Z.
    let transverse = 4 * (k.sHat * k.sHat + k.uHat * k.uHat) / (-k.sHat * k.uHat)
    let scalar = 2 * pow(173 / 91.1876, 2) * k.tHat * k.tHat / (-k.sHat * k.uHat)
    let found = TopZProduction.squaredAmplitude(k.sHat, k.uHat, m3: 173, m4: 91.1876)
    #expect(abs(found / (transverse + scalar) - 1) < 1e-5)
    #expect(scalar > 0.1 * transverse)
  }

  @Test("Charge conjugation and the order of beams change nothing; other partons give zero")
  func flavours() {
    let process = TopZProduction(upVertex: TopZVertex(branchingRatio: 1e-4))
    func value(_ id1: Int, _ id2: Int) -> Double {
      process.differentialCrossSection(
        kinematics(energy: 500, cosTheta: 0.3, m3: 173, m4: 91.1876, id1: id1, id2: id2))
    }
    #expect(value(2, 21) > 0)
    #expect(value(2, 21) == value(-2, 21) && value(2, 21) == value(21, 2) && value(2, 21) == value(21, -2))
    for pair in [(1, 21), (21, 4), (2, 2), (2, -2), (21, 21), (5, 21), (2, 22)] {
      #expect(value(pair.0, pair.1) == 0, "\(pair)")
    }
    #expect(process.descriptor.outgoing == (6, 23))
  }

  @Test("The cross-section is proportional to the branching ratio")
  func scaling() {
    let k = kinematics(energy: 500, cosTheta: 0.3, m3: 173, m4: 91.1876, id1: 4, id2: 21)
    let none = TopZVertex(coupling: 0)
    let one = TopZProduction(upVertex: none, charmVertex: TopZVertex(branchingRatio: 1e-4))
    let two = TopZProduction(upVertex: none, charmVertex: TopZVertex(branchingRatio: 2.5e-4))
    let ratio = two.differentialCrossSection(k) / one.differentialCrossSection(k)
    #expect(abs(ratio - 2.5) < 1e-12)
  }

  @Test("Finite and not negative up to threshold and the edges of the Breit-Wigners")
  func edges() {
    let process = TopZProduction(upVertex: TopZVertex(branchingRatio: 1e-4))
    for (m3, m4) in [(173.0, 91.1876), (86, 10), (300, 10), (173, 200)] {
      for energy in [m3 + m4 + 1e-9, m3 + m4 + 1, 13_000] {
        for cosTheta in [-1.0, 0, 1] {
          let value = process.differentialCrossSection(
            kinematics(energy: energy, cosTheta: cosTheta, m3: m3, m4: m4, id1: 21, id2: 2))
          #expect(value.isFinite && value >= 0, "\(m3) \(m4) \(energy) \(cosTheta)")
        }
      }
    }
  }
}

@Suite("The t-q-Z vertex and the top's widths")
struct TopZVertexTests {
  /// Γ(t → qV) = |p|/(8π m_t²) · ½Σ|q̄ ε̸* P_L t|²·g_V² from helicity states.
  private func width(bosonMass: Double, couplingSquared: Double) -> Double {
    let topMass = GaugeCouplings.pythia.topMass
    let momentum = (topMass * topMass - bosonMass * bosonMass) / (2 * topMass)
    let top = OnShellMomentum(momentum: 0, mass: topMass, theta: 0)
    let quark = OnShellMomentum(momentum: momentum, mass: 0, theta: 0.7, phi: 0.1)
    let boson = OnShellMomentum(momentum: momentum, mass: bosonMass, theta: .pi - 0.7, phi: 0.1 + .pi)
    var sum = 0.0
    for spin in VectorHelicity.allCases {
      let vertex = DiracMatrix.slash(boson.polarisation(spin).conjugate) * .leftProjector
      for topSpin in Helicity.allCases {
        for quarkSpin in Helicity.allCases {
          sum += quark.particleSpinor(quarkSpin).bar(times: vertex * top.particleSpinor(topSpin)).squaredModulus
        }
      }
    }
    return momentum / (8 * .pi * topMass * topMass) * 0.5 * sum * couplingSquared
  }

  @Test("Both width formulas are the helicity sums")
  func widths() {
    let p = GaugeCouplings.pythia
    let vertex = TopZVertex(coupling: 0.02)
    let toZ = width(
      bosonMass: p.zMass, couplingSquared: 0.02 * 0.02 * p.neutralCouplingSquared(alphaEM: p.alphaEMAtZ))
    let toW = width(bosonMass: p.wMass, couplingSquared: 2 * .pi * p.alphaEMAtZ / p.sin2ThetaW)
    #expect(abs(vertex.widthToZ / toZ - 1) < 1e-12)
    #expect(abs(vertex.widthToW / toW - 1) < 1e-12)
  }

  @Test("Γ(t → bW) is the leading-order width of a 173 GeV top")
  func topWidth() {
    // 1.47 to 1.52 GeV at leading order, depending on the electroweak scheme; 1.32 to 1.42 with QCD corrections.
    #expect((1.45...1.55).contains(TopZVertex(coupling: 1).widthToW))
  }

  @Test("A branching ratio is given back by the vertex it defines; X² is its known multiple of BR")
  func branchingRatio() {
    let vertex = TopZVertex(branchingRatio: 1e-4)
    #expect(abs(vertex.branchingRatio / 1e-4 - 1) < 1e-13)
    // By hand: ½ · m_W²/(c_W² m_Z²) · (1 − z)²(1 + 2z)/((1 − w)²(1 + 2w)), z = 0.277832, w = 0.215903.
    let perCoupling = 1e-4 / (vertex.coupling * vertex.coupling)
    #expect(abs(perCoupling - 0.465_805_5) < 1e-7)
    #expect(TopZVertex(branchingRatio: 0).coupling == 0)
  }
}
