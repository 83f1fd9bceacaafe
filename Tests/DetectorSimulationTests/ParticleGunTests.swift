import DetectorSimulation
import Foundation
import Records
import Testing

@Suite struct ParticleGunTests {
  /// Five standard deviations of the sample, and what the formula leaves out: relative in the resolution (|η| of towers is
  /// that of their centres), absolute in the efficiency (the share of split electrons is an estimate).
  private func check(
    _ species: ParticleGun.Species, beyond: Double, efficiency: Double = 0, _ card: DetectorCard
  ) throws {
    let gun = ParticleGun(card, particlesPerBin: 800, seed: SeedTree(root: 77))
    let curves = try gun.measure(species).curves
    #expect(curves.count == 6)
    for curve in curves {
      #expect(curve.points.count == 7)
      for point in curve.points {
        let expected = try #require(point.expected)
        let allowed = 5 * point.error + (curve.name.contains("resolution") ? beyond * expected : efficiency)
        #expect(
          abs(point.measured - expected) < allowed,
          "\(curve.name) at \(point.low)–\(point.high) GeV: \(point.measured) ± \(point.error), card \(expected)")
      }
    }
  }

  @Test func muons_follow_the_card() throws { try check(.muon, beyond: 0.01, try shippedCard()) }
  @Test func electrons_follow_the_card() throws {
    try check(.electron, beyond: 0.08, efficiency: 0.015, try shippedCard())
  }
  @Test func photons_follow_the_card() throws { try check(.photon, beyond: 0.03, try shippedCard()) }
  @Test func charged_hadrons_follow_the_card() throws { try check(.hadron, beyond: 0.01, try shippedCard()) }

  @Test func another_detector_gives_other_curves() throws {
    // The measurement must see a change of the card.
    let card = try shippedCard()
    var worse = card
    for index in worse.trackingResolution.muons.indices {
      worse.trackingResolution.muons[index].constant *= 1.5
      worse.trackingResolution.muons[index].slope *= 1.5
    }
    let name = "muon_resolution_0.0_0.5"
    let seed = SeedTree(root: 78)
    let usual = try #require(try ParticleGun(card, particlesPerBin: 800, seed: seed).measure(.muon)[name])
    let other = try #require(try ParticleGun(worse, particlesPerBin: 800, seed: seed).measure(.muon)[name])
    for (a, b) in zip(usual.points, other.points) { #expect(b.measured > 1.3 * a.measured) }
  }
}
