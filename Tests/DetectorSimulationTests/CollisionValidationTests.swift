import DetectorSimulation
import EventGeneration
import Foundation
import PhysicsObjects
import Records
import Testing

/// What the detector makes of Pythia's collisions, beside what CMS publishes of its own.
@Suite(.enabled(if: Generator.isAvailable, "needs the Pythia room")) struct CollisionValidationTests {
  private func validate(_ card: ProcessCard, events: Int) throws -> EventValidation {
    let validation = try EventValidation(try shippedCard())
    let seed = SeedTree(root: 2024).child("validation")
    let node = seed.child("detector")
    var index: UInt64 = 0
    try EventGenerator(card: card, slice: 0, seed: seed).generateBlock(0, count: events) { event in
      var random = node.stream(index)
      index += 1
      try validation.add(event, random: &random)
    }
    return validation
  }

  @Test func z_peaks_stand_where_they_do_in_cms() throws {
    let validation = try validate(
      ProcessCard(
        name: "z", crossSectionNote: "Z to two leptons",
        settings: [
          "WeakSingleBoson:ffbar2gmZ = on", "WeakZ0:gmZmode = 2", "23:onMode = off", "23:onIfAny = 11 13",
          "PhaseSpace:mHatMin = 60",
        ]), events: 2000)
    let muons = try #require(EventValidation.peak(validation.dimuonMasses))
    let electrons = try #require(EventValidation.peak(validation.dielectronMasses))
    // Position: CMS calibrates muons to 0.1 % and electrons to 0.3 %; final-state radiation moves the median down
    // by some 0.3 GeV, and more for electrons outside a tower: bands of 0.7 and 1.5 GeV about the pole.
    #expect(abs(muons.position - ParticleMass.zBoson) < 0.7 + 3 * muons.error, "μμ \(muons)")
    #expect(abs(electrons.position - ParticleMass.zBoson) < 1.5 + 3 * electrons.error, "ee \(electrons)")
    // Width in 81-101 GeV: a Breit-Wigner of Γ = 2.495 GeV alone has a half width of 1.25 tan(0.6827 atan 8) = 1.9 GeV.
    // Muons of 1.3-2 % (CMS, arXiv:1206.4071) make it 2.2-2.5, electrons of 1.7-4.5 % (CMS, arXiv:1502.02701) 2.2-3.7; photons
    // off the leptons widen both by some 5 %.
    #expect((1.9...2.7).contains(muons.halfWidth), "μμ \(muons)")
    #expect((2.0...3.8).contains(electrons.halfWidth), "ee \(electrons)")
    #expect(electrons.halfWidth > muons.halfWidth)
    // Each channel is half of the decays; within |η| < 2.4 and above 25 GeV about a third of the pairs is reconstructed.
    #expect((0.2...0.5).contains(Double(validation.dimuonMasses.count) / 1000))
    #expect((0.1...0.4).contains(Double(validation.dielectronMasses.count) / 1000))
  }

  @Test func jets_and_tags_of_top_pairs_are_like_those_of_cms() throws {
    let validation = try validate(
      ProcessCard(
        name: "tt", crossSectionNote: "top pairs", settings: ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on"]),
      events: 800
    ).validation()
    // Response after the energy scale within 6 % of 1 from 40 GeV in the barrel; resolution falls from about 20 % at 40 GeV to
    // 10 % at 100 GeV, about 0.9/√(p_T/GeV) (CMS, arXiv:1607.03663): within a factor 1.6.
    let response = try #require(validation["jet_response_0.0_1.3"])
    let resolution = try #require(validation["jet_resolution_0.0_1.3"])
    #expect(response.points.count >= 4)
    for point in response.points where point.low >= 40 {
      #expect(abs(point.measured - 1) < 0.06 + 3 * point.error, "response \(point)")
    }
    for point in resolution.points where point.low >= 40 {
      let published = 0.9 / (point.low * point.high).squareRoot().squareRoot()
      #expect((1 / 1.6...1.6).contains(point.measured / published), "resolution \(point)")
    }
    // The card's formulas, by flavour.
    for name in ["tag_b", "tag_c", "tag_light"] {
      for point in try #require(validation[name]).points where point.count > 30 {
        let expected = try #require(point.expected)
        #expect(abs(point.measured - expected) < 5 * point.error, "\(name) \(point)")
      }
    }
    // CMS, arXiv:1211.4462, working point M of the combined tagger at 80-120 GeV: b 0.70 ± 0.05, light 0.014 ± 0.01.
    let b = try #require(validation["tag_b"]?.points.first { $0.low == 80 })
    let light = try #require(validation["tag_light"]?.points.first { $0.low == 80 })
    #expect(abs(b.measured - 0.70) < 0.05 + 3 * b.error)
    #expect(abs(light.measured - 0.014) < 0.01 + 3 * light.error)
  }
}
