import Foundation
import PhysicsObjects
import Records
import Testing

@Suite struct FourMomentumTests {
  private func random(_ stream: inout RandomStream) -> FourMomentum {
    FourMomentum(
      pt: stream.uniform(in: 1..<500), eta: stream.uniform(in: -5..<5), phi: stream.uniform(in: -3.1..<3.1),
      mass: stream.uniform(in: 0.1..<200))
  }

  @Test func collider_coordinates_come_back() {
    var stream = SeedTree(root: 1).child("momenta").stream()
    for _ in 0..<200 {
      let (pt, eta, phi, mass) = (
        stream.uniform(in: 1..<900), stream.uniform(in: -4..<4), stream.uniform(in: -3.1..<3.1),
        stream.uniform(in: 1..<300)
      )
      let momentum = FourMomentum(pt: pt, eta: eta, phi: phi, mass: mass)
      #expect(abs(momentum.pt / pt - 1) < 1e-13)
      #expect(abs(momentum.eta - eta) < 1e-12)
      #expect(abs(momentum.phi - phi) < 1e-13)
      // The mass is a difference of E and p; at η = 4 the energy is up to 27 · 900 times larger than 1 GeV.
      #expect(abs(momentum.mass / mass - 1) < 1e-6)
      let again = FourMomentum(pt: pt, rapidity: momentum.rapidity, phi: phi, mass: mass)
      #expect(abs(again.pz - momentum.pz) < 1e-9 * momentum.energy)
    }
  }

  @Test func boosts_keep_masses_and_products_and_can_be_undone() {
    var stream = SeedTree(root: 2).child("boosts").stream()
    for _ in 0..<200 {
      let (a, b, frame) = (random(&stream), random(&stream), random(&stream))
      let (a2, b2) = (a.inRestFrame(of: frame), b.inRestFrame(of: frame))
      #expect(abs(a2.dot(b2) - a.dot(b)) < 1e-10 * a.energy * b.energy * (frame.energy / frame.mass))
      let back = a2.boosted(by: frame.velocity)
      #expect(abs(back.px - a.px) < 1e-9 * a.energy * frame.energy / frame.mass)
    }
  }

  @Test func a_particle_at_rest_has_only_energy() {
    let frame = FourMomentum(pt: 80, eta: 1.2, phi: 2, mass: 91.2)
    let rest = frame.inRestFrame(of: frame)
    #expect(abs(rest.energy - 91.2) < 1e-10)
    #expect(rest.momentum < 1e-10)
  }

  @Test func beam_boosts_add_rapidity() {
    let momentum = FourMomentum(pt: 40, eta: 0.3, phi: 1, mass: 5)
    let boosted = momentum.boostedAlongBeam(rapidity: 3)
    #expect(abs(boosted.rapidity - momentum.rapidity - 3) < 1e-12)
    #expect(abs(boosted.mass - 5) < 1e-9)
  }

  @Test func rapidity_keeps_its_digits_far_forward() {
    // ½ ln((E + pz)/(E − pz)) would be off in the third digit here.
    let momentum = FourMomentum(pt: 0.5, rapidity: 11, phi: 0, mass: 0)
    #expect(abs(momentum.rapidity - 11) < 1e-6)
  }

  @Test func edges_of_eta_and_phi() {
    #expect(FourMomentum(px: 0, py: 0, pz: 5, energy: 5).eta == .infinity)
    #expect(FourMomentum(px: 0, py: 0, pz: -5, energy: 5).eta == -.infinity)
    #expect(FourMomentum.zero.eta == 0)
    #expect(FourMomentum.zero.phi == 0)
    #expect(FourMomentum(px: 3, py: 0, pz: 4, energy: 4).mass == -3)
  }

  @Test func angles_wrap() {
    #expect(abs(deltaPhi(3.1, -3.1) - (6.2 - 2 * .pi)) < 1e-15)
    #expect(abs(deltaR(eta1: 0, phi1: .pi - 0.1, eta2: 0, phi2: -.pi + 0.1) - 0.2) < 1e-12)
    #expect(abs(deltaPhi(17, 17 - 4 * .pi)) < 1e-12)
  }
}

@Suite struct ParticleIDTests {
  @Test(arguments: [
    (11, -3), (-11, 3), (211, 3), (-211, -3), (321, 3), (111, 0), (130, 0), (310, 0), (2212, 3), (2112, 0), (-2212, -3),
    (3122, 0), (3112, -3), (3222, 3), (3312, -3), (3334, -3), (411, 3), (421, 0), (431, 3), (511, 0), (521, 3),
    (541, 3), (-521, -3),
    (4122, 3), (5122, 0), (5232, 0), (5132, -3), (5332, -3), (2224, 6), (22, 0), (12, 0), (24, 3), (6, 2), (-5, 1),
    (443, 0), (553, 0),
    (10311, 0), (10213, 3), (1000022, 0),
  ])
  func charges_follow_the_quark_content(code: Int32, thirds: Int) {
    #expect(ParticleID(code).chargeThirds == thirds)
  }

  @Test func heavy_hadrons_are_known() {
    for code: Int32 in [511, -521, 531, 541, 5122, -5232, 553, 10511] { #expect(ParticleID(code).isBHadron, "\(code)") }
    for code: Int32 in [411, -421, 431, 4122, 443, 4332] {
      #expect(ParticleID(code).isCHadron, "\(code)")
      #expect(!ParticleID(code).isBHadron, "\(code)")
    }
    for code: Int32 in [211, 321, 130, 310, 2212, 22, 11, 5, -5, 21, 24, 1_000_022, 1_000_005, 9_900_041] {
      #expect(!ParticleID(code).isBHadron && !ParticleID(code).isCHadron, "\(code)")
    }
  }

  @Test func what_leaves_nothing_is_known() {
    for code: Int32 in [12, -14, 16, 1_000_022] { #expect(ParticleID(code).isInvisible) }
    for code: Int32 in [11, 13, 22, 130, 2112, 211] { #expect(!ParticleID(code).isInvisible) }
    #expect(ParticleID(-2212).isBaryon && ParticleID(211).isMeson && !ParticleID(211).isBaryon)
  }
}
