import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import EventGeneration

/// Pairs of top quarks and of T quarks as the study's process cards have them, at the level of the hard process: totals
/// against an independent convolution and a published number, fractions of decays.
@Suite("Pairs of heavy quarks from the study's process cards", .enabled(if: Generator.isAvailable))
struct QuarkPairTests {
  private func card(_ name: String) throws -> ProcessCard {
    var card = try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/\(name).yaml"))
    card.settings += [
      "PartonLevel:ISR = off", "PartonLevel:FSR = off", "PartonLevel:MPI = off", "HadronLevel:all = off",
      // Masses on their poles, as the reference has them.
      "PhaseSpace:useBreitWigners = off",
    ]
    card.veto = nil
    // Slices of p̂_T alone: there is no shower.
    card.slices = card.slices.reduce(into: []) { slices, slice in
      guard slices.last?.pTHatMinimum != slice.pTHatMinimum else { return }
      slices.append(.init(pTHatMinimum: slice.pTHatMinimum, pTHatMaximum: slice.pTHatMaximum))
    }
    return card
  }

  /// The cross-section of all slices together, with its error, in pb.
  private func total(
    _ card: ProcessCard, count: Int, _ consume: (borrowing GeneratedEvent) throws -> Void = { _ in }
  ) throws -> (value: Double, error: Double) {
    var (value, variance) = (0.0, 0.0)
    for slice in card.slices.indices {
      let generator = EventGenerator(card: card, slice: slice, seed: SeedTree(root: 21), content: .hard)
      let summary = try generator.generateBlock(0, count: count, into: consume)
      value += summary.crossSection
      variance += summary.crossSectionError * summary.crossSectionError
    }
    return (value, variance.squareRoot())
  }

  private struct Reference: Decodable { var crossSection: Double }

  private func reference(_ name: String) throws -> Double {
    let data = try Data(contentsOf: referenceURL("total-cross-sections/cross-sections.json"))
    return try #require(try JSONDecoder().decode([String: Reference].self, from: data)[name]).crossSection
  }

  /// Interpolation of parton densities and quadrature differ between Pythia and the reference.
  private let interpolation = 0.01

  @Test("σ(t t̄) over the card's slices is the convolution's, and the published one within its scale uncertainty")
  func topPairs() throws {
    var card = try card("ttbar")
    #expect(card.slices.count == 3)
    let forced = try total(card, count: 3000)
    card.settings.removeAll { $0.hasPrefix("24:") }
    let found = try total(card, count: 3000)
    let expected = try reference("quarkPair173")
    #expect(
      abs(found.value - expected) < 4 * found.error + interpolation * expected, "\(found) pb, expected \(expected)")
    #expect(found.error < 0.01 * expected)
    // J. Alwall et al., arXiv:1405.0301, table of heavy quarks and jets: 458.4 pb +29.0 % −21.1 % at leading order, 13 TeV.
    // Densities and α_S are other ones there (0.13 at m_Z here), hence the whole band of scales.
    #expect(found.value > 458.4 * (1 - 0.211) && found.value < 458.4 * (1 + 0.290), "\(found.value) pb")
    // Both W to e, μ, τ: three times 10.86 % each in the PDG's listings; Pythia has its own widths at leading order.
    let fraction = forced.value / found.value
    #expect(abs(fraction / pow(3 * 0.1086, 2) - 1) < 0.03, "\(fraction)")
  }

  @Test("σ(T T̄) of the cards is the convolution's", arguments: [1000, 1200, 1400])
  func partnerPairs(mass: Int) throws {
    let found = try total(card("tt-\(mass)"), count: 4000)
    let expected = try reference("quarkPair\(mass)")
    #expect(
      abs(found.value - expected) < 4 * found.error + interpolation * expected, "\(found) pb, expected \(expected)")
    #expect(found.error < 0.01 * expected)
  }

  /// With at least one T → tZ, which 7/16 of the pairs have: Z with W in 4/7 of events, with H in 2/7, with Z in 1/7.
  @Test("T decays of Pythia's own pairs, one T → tZ demanded", arguments: [1000, 1400])
  func decayFractions(mass: Int) throws {
    let count = 3000
    var card = try card("tt-\(mass)")
    let open = try total(card, count: count)
    var veto = ProcessVeto()
    veto.decays = try #require(
      try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/tt-\(mass).yaml")).veto
    ).decays
    card.veto = veto
    var partners: [Int32: Int] = [:]
    let demanded = try total(card, count: count) { event in
      var bosons: [Int32] = []
      for row in 0..<event.count where event.mother[row] >= 0 && abs(event.pdgID[Int(event.mother[row])]) == 8 {
        let id = abs(event.pdgID[row])
        if (23...25).contains(id) { bosons.append(id) }
      }
      #expect(bosons.count == 2 && bosons.contains(23), "\(bosons)")
      // The one beside the Z.
      partners[bosons.first { $0 != 23 } ?? 23, default: 0] += 1
    }
    for (id, share) in [(Int32(24), 4.0 / 7), (25, 2.0 / 7), (23, 1.0 / 7)] {
      let sigma = (Double(count) * share * (1 - share)).squareRoot()
      #expect(abs(Double(partners[id] ?? 0) - Double(count) * share) < 4 * sigma, "\(id): \(partners)")
    }
    let fraction = demanded.value / open.value
    let relative = (pow(demanded.error / demanded.value, 2) + pow(open.error / open.value, 2)).squareRoot()
    #expect(abs(fraction / (7.0 / 16) - 1) < 4 * relative, "\(fraction) ± \(fraction * relative)")
  }
}
