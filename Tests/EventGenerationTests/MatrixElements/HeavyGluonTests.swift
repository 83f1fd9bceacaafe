import Foundation
import Testing

@testable import EventGeneration

@Suite("q q̄ → heavy gluon → T T̄")
struct HeavyGluonTests {
  private static let points: [(energy: Double, cosTheta: Double)] = [2000.1, 2500, 3000, 6000].flatMap { energy in
    [-1.0, -0.4, 0.0, 0.7, 1.0].map { (energy, $0) }
  }

  private func pair(
    _ energy: Double, _ cosTheta: Double, mass: Double = 1000, id1: Int = 2, alphaS: Double = 0.1
  ) -> HardKinematics {
    kinematics(
      energy: energy, cosTheta: cosTheta, m3: mass, m4: mass, id1: id1, id2: -id1, alphaS: alphaS)
  }

  /// σ̂ in GeV⁻²: the integral over t̂.
  private func total(_ process: HeavyGluonPairProduction, energy: Double, mass: Double, alphaS: Double = 0.1) -> Double
  {
    let beta = (1 - 4 * mass * mass / (energy * energy)).squareRoot()
    return integral(from: -1, to: 1) { cosTheta in
      process.differentialCrossSection(pair(energy, cosTheta, mass: mass, alphaS: alphaS))
    } * 0.5 * energy * energy * beta
  }

  @Test("With g_s for couplings and no mass the octet is the gluon: Pythia's q q̄ → Q Q̄")
  func gluonLimit() {
    // couplings of 1 in units of g_s(M), evaluated at α_S(M)
    let octet = HeavyGluon(
      mass: 1000, lightQuarkCoupling: 1, topLeftCoupling: 1, topRightCoupling: 1, partnerCoupling: 1, givenWidth: 0)
    let alphaS = octet.parameters.alphaS(at: 1000)
    let process = HeavyGluonPairProduction(octet: octet)
    for (energy, cosTheta) in Self.points {
      let k = pair(energy, cosTheta, alphaS: alphaS)
      // Sigma2qqbar2QQbar::sigmaKin with s34Avg = m².
      let tHQ = -0.5 * (k.sHat - k.tHat + k.uHat)
      let uHQ = -0.5 * (k.sHat + k.tHat - k.uHat)
      let sigS = 4.0 / 9 * ((tHQ * tHQ + uHQ * uHQ) / (k.sHat * k.sHat) + 2 * 1e6 / k.sHat)
      let pythia = .pi / (k.sHat * k.sHat) * alphaS * alphaS * sigS
      // Breit-Wigner → gluon propagator: ŝ²/(ŝ − M²)² → 1.
      let breitWigner = pow(k.sHat / (k.sHat - 1e6), 2)
      #expect(abs(process.differentialCrossSection(k) / (pythia * breitWigner) - 1) < 1e-12)
    }
  }

  @Test("Without a coupling to T and with the gluon, plain QCD remains")
  func interferenceWithNothing() {
    let octet = HeavyGluon(partnerCoupling: 0)
    let process = HeavyGluonPairProduction(octet: octet, interference: .withGluon)
    let k = pair(2500, 0.3, alphaS: 0.11)
    let qcd = .pi / (k.sHat * k.sHat) * 0.11 * 0.11 * HeavyGluonPairProduction.shape(k)
    #expect(abs(process.differentialCrossSection(k) / qcd - 1) < 1e-13)
    #expect(HeavyGluonPairProduction(octet: octet).differentialCrossSection(k) == 0)
  }

  @Test("The angular shape is the trace at 50 digits")
  func shape() throws {
    let reference = try MatrixElementReference.load().vectorExchange
    #expect(reference.count == 16)
    for point in reference {
      let k = HardKinematics(
        sHat: point.s, tHat: point.t, uHat: point.u, m3: point.m3, m4: point.m4, alphaS: 0.1, alphaEM: 0, id1: 1,
        id2: -1)
      #expect(abs(HeavyGluonPairProduction.shape(k) / point.value - 1) < 1e-12, "\(point.testDescription)")
    }
  }

  @Test("Interference: below the pole opposite signs of couplings add up, above they cancel, and swap with the sign")
  func interferenceSign() {
    let plus = HeavyGluon(lightQuarkCoupling: 0.5), minus = HeavyGluon(lightQuarkCoupling: -0.5)
    for (energy, sign) in [(2200.0, -1.0), (6000, 1)] {
      let k = pair(energy, 0.3)
      let values = [plus, minus].map { octet in
        HeavyGluonPairProduction(octet: octet, interference: .withGluon).differentialCrossSection(k)
      }
      #expect(sign * (values[0] - values[1]) > 0, "√ŝ = \(energy)")
      let alone = HeavyGluonPairProduction(octet: plus).differentialCrossSection(k)
      let qcd = .pi / (k.sHat * k.sHat) * k.alphaS * k.alphaS * HeavyGluonPairProduction.shape(k)
      // The mean of both signs has no interference.
      #expect(abs(0.5 * (values[0] + values[1]) / (alone + qcd) - 1) < 1e-12)
    }
  }

  @Test("Symmetric in t̂ ↔ û and in q ↔ q̄; zero for other partons; finite and not negative")
  func symmetry() {
    for interference in HeavyGluonPairProduction.Interference.allCases {
      let process = HeavyGluonPairProduction(octet: HeavyGluon(), interference: interference)
      for (energy, cosTheta) in Self.points {
        let value = process.differentialCrossSection(pair(energy, cosTheta))
        let mirrored = process.differentialCrossSection(pair(energy, -cosTheta))
        #expect(value.isFinite && value >= 0)
        #expect(abs(value - mirrored) <= 1e-13 * value)
        #expect(value == process.differentialCrossSection(pair(energy, cosTheta, id1: -3)))
      }
      for (id1, id2) in [(21, 21), (2, -1), (2, 21), (6, -6), (2, 2), (0, 0)] {
        var k = pair(2500, 0.1)
        (k.id1, k.id2) = (id1, id2)
        #expect(process.differentialCrossSection(k) == 0, "\(id1) \(id2)")
      }
    }
  }

  @Test("Off-shell masses: the pair's common mass keeps β")
  func offShell() {
    let (m3, m4, energy) = (985.0, 1020.0, 2600.0)
    let k = kinematics(energy: energy, cosTheta: 0.4, m3: m3, m4: m4, id1: 2, id2: -2)
    let s = energy * energy
    let beta2 = pow(1 - (m3 * m3 + m4 * m4) / s, 2) - pow(2 * m3 * m4 / s, 2)
    // (t̂₁² + û₁²)/ŝ² + 2m²/ŝ = ½(1 + β²cos²θ) + ½(1 − β²)
    let expected = 4.0 / 9 * (0.5 * (1 + beta2 * 0.16) + 0.5 * (1 - beta2))
    #expect(abs(HeavyGluonPairProduction.shape(k) / expected - 1) < 1e-12)
  }

  @Test("The cross-section is the J = 1 octet's Breit-Wigner of its partial widths", arguments: [2300.0, 3000, 5000])
  func breitWigner(energy: Double) {
    let octet = HeavyGluon()
    let found = total(HeavyGluonPairProduction(octet: octet), energy: energy, mass: octet.partnerMass)
    let widths = octet.partialWidths(at: energy)
    let s = energy * energy
    // 16π (2J + 1) 8/(2·2·3·3) Γ_in Γ_out/((ŝ − M²)² + ŝΓ²)
    let denominator = pow(s - octet.mass * octet.mass, 2) + s * pow(widths.total, 2)
    let expected = 16 * .pi * 24 / 36 * (widths.lightQuarks / 5) * widths.partner / denominator
    #expect(abs(found / expected - 1) < 1e-11)
    // Unitarity: a partial wave's inelastic cross-section is at most a quarter of 16π(2J + 1)·8/36/ŝ.
    #expect(found < 16 * .pi * 24 / 36 / s / 4)
  }

  @Test("Pythia's q q̄ → KK gluon, summed over a massless quark")
  func kaluzaKleinGluon() {
    // All quarks massless and alike (the top's mass does not enter with six T-like channels switched off).
    let octet = HeavyGluon(
      mass: 3000, lightQuarkCoupling: 0.2, topLeftCoupling: 0, topRightCoupling: 0, partnerCoupling: 1, partnerMass: 0)
    let process = HeavyGluonPairProduction(octet: octet)
    let alphaS = octet.parameters.alphaS(at: 3000)
    for energy in [2000.0, 2950, 3000, 4000] {
      // Sigma1qqbar2KKgluonStar::sigmaKin: widthIn = α_S m̂ 4/27, widthOut = α_S m̂/6, running width ŝΓ/M.
      let s = energy * energy
      let sigSM = (alphaS * energy * 4 / 27) * 12 * .pi * (alphaS * energy / 6) / (s * s)
      let ratio = octet.width / octet.mass
      let sigKK = sigSM * s * s / (pow(s - 9e6, 2) + pow(s * ratio, 2))
      #expect(abs(total(process, energy: energy, mass: 0) / (0.2 * 0.2 * sigKK) - 1) < 1e-11)
    }
  }

  @Test("At high energy the resonance falls as QCD with the couplings' product")
  func highEnergy() {
    let octet = HeavyGluon(givenWidth: 0)
    let k = pair(3e6, 0.2, alphaS: octet.parameters.alphaS(at: 3000))
    let qcd = .pi / (k.sHat * k.sHat) * k.alphaS * k.alphaS * HeavyGluonPairProduction.shape(k)
    #expect(abs(HeavyGluonPairProduction(octet: octet).differentialCrossSection(k) / qcd - 1) < 1e-5)
  }
}

@Suite("The heavy gluon's width")
struct HeavyGluonWidthTests {
  /// Γ(G → Q Q̄) from helicity amplitudes, integrated over the angle of a polarised octet.
  private func width(_ octet: HeavyGluon, left: Double, right: Double, quarkMass: Double) -> Double {
    let momentum = (octet.mass * octet.mass / 4 - quarkMass * quarkMass).squareRoot()
    let rest = OnShellMomentum(momentum: 0, mass: octet.mass, theta: 0)
    let coupling = left * DiracMatrix.leftProjector + right * DiracMatrix.rightProjector
    var sum = 0.0
    for spin in VectorHelicity.allCases {
      let vertex = DiracMatrix.slash(rest.polarisation(spin)) * coupling
      sum += integral(from: -1, to: 1, panels: 1) { cosTheta in
        let theta = acos(cosTheta)
        let quark = OnShellMomentum(momentum: momentum, mass: quarkMass, theta: theta)
        let antiquark = OnShellMomentum(momentum: momentum, mass: quarkMass, theta: .pi - theta, phi: .pi)
        var squared = 0.0
        for a in Helicity.allCases {
          for b in Helicity.allCases {
            squared += quark.particleSpinor(a).bar(times: vertex * antiquark.antiparticleSpinor(b)).squaredModulus
          }
        }
        return squared
      }
    }
    // ⅓ over spins, ½ = Tr(T^a T^a)/8 over colours, dΦ₂ = |p|/(8π M) · d cos θ/2, 1/(2M).
    let average = sum / 3 * 0.5 * octet.unitSquared
    return average * momentum / (8 * .pi * octet.mass) / 2 / (2 * octet.mass) * 2
  }

  @Test("Partial widths are the phase-space integrals of helicity amplitudes", arguments: [1000.0, 1200, 1400, 1499])
  func partialWidths(partnerMass: Double) {
    let octet = HeavyGluon(partnerMass: partnerMass)
    let found = octet.partialWidths(at: octet.mass)
    let light = width(octet, left: -0.5, right: -0.5, quarkMass: 0)
    let top = width(octet, left: -0.5, right: 2, quarkMass: 173)
    let partner = width(octet, left: 2, right: 2, quarkMass: partnerMass)
    #expect(abs(found.lightQuarks / (5 * light) - 1) < 1e-11)
    #expect(abs(found.top / top - 1) < 1e-11)
    #expect(abs(found.partner / partner - 1) < 1e-11)
    #expect(octet.width == found.total && octet.runningWidth(at: octet.mass) == found.total)
  }

  @Test("Below the pair's threshold a channel is closed; a given width scales the running one")
  func thresholds() {
    let octet = HeavyGluon(partnerMass: 1600)
    #expect(octet.partialWidths(at: 3000).partner == 0)
    #expect(octet.partialWidths(at: 3300).partner > 0)
    var given = octet
    given.givenWidth = 2 * octet.width
    #expect(abs(given.runningWidth(at: 2000) / (2 * octet.runningWidth(at: 2000)) - 1) < 1e-14)
    #expect(given.width == 2 * octet.width)
  }

  @Test("One-loop α_S: continuous at the top threshold, decoupling in the known way")
  func runningCoupling() {
    let p = GaugeCouplings.pythia
    #expect(p.alphaS(at: p.zMass) == 0.130)
    #expect(abs(p.alphaS(at: 171.0001) / p.alphaS(at: 170.9999) - 1) < 1e-6)
    // By hand: 1/0.13 + 23/(6π) ln(171/91.1876) + 21/(6π) ln(3000/171) = 11.651017.
    #expect(abs(1 / p.alphaS(at: 3000) - 11.651_017) < 1e-4)
  }
}

@Suite("Kinds of hard processes in cards")
struct HardProcessKindTests {
  @Test("Defaults of the parameters are the defaults of the types")
  func defaults() throws {
    for kind in HardProcessKind.all {
      let values = Dictionary(uniqueKeysWithValues: kind.parameters.map { ($0.name, $0.defaultValue) })
      for parameter in kind.parameters { #expect(parameter.range.contains(parameter.defaultValue)) }
      let process = kind.make(values)
      if let pair = process as? HeavyGluonPairProduction {
        #expect(pair.octet == HeavyGluon())
        #expect(pair.interference == .resonanceOnly)
      } else if let topZ = process as? TopZProduction {
        #expect(topZ.upVertex == TopZVertex(branchingRatio: 1e-4))
        #expect(topZ.charmVertex.coupling == 0)
      } else {
        Issue.record("no test of the defaults of \(kind.name)")
      }
    }
    #expect(Set(HardProcessKind.all.map(\.name)).isSuperset(of: ["topZ", "heavyGluonPair"]))
    #expect(Set(HardProcessKind.all.map { $0.make([:]).descriptor.code }).count == HardProcessKind.all.count)
  }

  @Test("Parameters reach the process and Pythia's settings")
  func parameters() {
    let values: [String: Double] = ["mass": 2500, "width": 123, "partnerMass": 1200, "withGluon": 1]
    let process = HeavyGluonPairProduction.kind.make(values) as? HeavyGluonPairProduction
    #expect(process?.octet.mass == 2500 && process?.octet.givenWidth == 123 && process?.octet.partnerMass == 1200)
    #expect(process?.interference == .withGluon)
    let settings = HeavyGluonPairProduction.kind.settings(values)
    #expect(settings.contains("8:m0 = 1200.0"))
    #expect(settings.contains { $0.hasPrefix("6000021:all") && $0.contains("2500.0 123.0") })
    #expect(TopZProduction.kind.settings(["topMass": 172.5]) == ["6:m0 = 172.5"])
  }
}
