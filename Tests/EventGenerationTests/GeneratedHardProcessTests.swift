import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import EventGeneration

/// The matrix elements as Pythia samples them: totals against an independent convolution, particles, decays.
@Suite("Hard processes in Pythia", .enabled(if: Generator.isAvailable))
struct GeneratedHardProcessTests {
  private struct Reference: Decodable {
    var crossSection: Double
    var width: Double?
  }

  private func reference(_ name: String) throws -> Reference {
    let data = try Data(contentsOf: referenceURL("total-cross-sections/cross-sections.json"))
    return try #require(try JSONDecoder().decode([String: Reference].self, from: data)[name])
  }

  private static let hardProcessOnly = [
    "PartonLevel:ISR = off", "PartonLevel:FSR = off", "PartonLevel:MPI = off", "HadronLevel:all = off",
  ]

  /// Hard processes only, with masses on their poles, as the reference has them.
  private func generate(
    _ kind: HardProcessKind, _ parameters: [String: Double] = [:], settings: [String] = [], count: Int,
    _ consume: (borrowing GeneratedEvent) throws -> Void = { _ in }
  ) throws -> BlockSummary {
    var values = Dictionary(uniqueKeysWithValues: kind.parameters.map { ($0.name, $0.defaultValue) })
    values.merge(parameters) { $1 }
    let card = ProcessCard(
      name: "test", crossSectionNote: "test", settings: settings + Self.hardProcessOnly,
      hardProcess: .init(kind: kind.name, parameters: values))
    let generator = EventGenerator(card: card, slice: 0, seed: SeedTree(root: 20), content: .hard)
    return try generator.generateBlock(0, count: count, into: consume)
  }

  /// Interpolation of parton densities and quadrature differ between Pythia and the reference.
  private let interpolation = 0.01

  @Test("σ(q g → t Z) is the convolution's, and the top is a top when the quark is a quark")
  func topZ() throws {
    var events = 0
    let summary = try generate(TopZProduction.kind, settings: ["PhaseSpace:useBreitWigners = off"], count: 4000) {
      event in
      let ids = (0..<event.count).filter { event.status[$0] == ParticleRole.hardIncoming }.map { event.pdgID[$0] }
      let tops = (0..<event.count).filter {
        abs(event.pdgID[$0]) == 6 && event.status[$0] == ParticleRole.hardResonance
      }
      let quark = ids.first { abs($0) == 2 }
      #expect(ids.contains(21) && quark != nil)
      #expect(tops.map { event.pdgID[$0] } == [quark.map { $0 > 0 ? 6 : -6 } ?? 0])
      events += 1
    }
    #expect(events == 4000)
    let expected = try reference("topZ").crossSection
    let tolerance = 4 * summary.crossSectionError + interpolation * expected
    #expect(abs(summary.crossSection - expected) < tolerance, "found \(summary.crossSection) pb, expected \(expected)")
    #expect(summary.crossSectionError < 0.02 * expected)
  }

  @Test("σ(q q̄ → G → T T̄) is the convolution's", arguments: [1000, 1200, 1400])
  func heavyGluon(mass: Int) throws {
    let expected = try reference("heavyGluonPair\(mass)")
    #expect(abs(HeavyGluon(partnerMass: Double(mass)).width / (try #require(expected.width)) - 1) < 1e-9)
    let summary = try generate(
      HeavyGluonPairProduction.kind, ["partnerMass": Double(mass)],
      settings: ["PhaseSpace:useBreitWigners = off"], count: 4000)
    let tolerance = 4 * summary.crossSectionError + interpolation * expected.crossSection
    #expect(
      abs(summary.crossSection - expected.crossSection) < tolerance,
      "\(summary.crossSection) pb, expected \(expected.crossSection)")
    #expect(summary.crossSectionError < 0.02 * expected.crossSection)
  }

  @Test(
    "T decays of the cards: Wb, Zt, Ht as 1/2, 1/4, 1/4; a Zt in 7/16 of events", arguments: [1000, 1400])
  func decayFractions(mass: Int) throws {
    let card = try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/hg-tt-\(mass).yaml"))
    var decays: [Int32: Int] = [:]
    var eventsWithZ = 0
    let parameters = try #require(card.hardProcess?.parameters)
    _ = try generate(HeavyGluonPairProduction.kind, parameters, settings: card.settings, count: 3000) { event in
      var bosons: [Int32] = []
      for row in 0..<event.count where event.mother[row] >= 0 && abs(event.pdgID[Int(event.mother[row])]) == 8 {
        let id = abs(event.pdgID[row])
        if (23...25).contains(id) { bosons.append(id) }
      }
      #expect(bosons.count == 2)
      for id in bosons { decays[id, default: 0] += 1 }
      if bosons.contains(23) { eventsWithZ += 1 }
    }
    for (id, fraction) in [(Int32(24), 0.5), (23, 0.25), (25, 0.25)] {
      let sigma = (6000 * fraction * (1 - fraction)).squareRoot()
      #expect(abs(Double(decays[id] ?? 0) - 6000 * fraction) < 4 * sigma, "\(id): \(decays)")
    }
    let sigma = (3000 * 7.0 / 16 * 9 / 16).squareRoot()
    #expect(abs(Double(eventsWithZ) - 3000 * 7.0 / 16) < 4 * sigma)
  }

  @Test("Every process card of the study is read; those of this program name its processes")
  func cards() throws {
    let tz = try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/fcnc-tz.yaml"))
    #expect(tz.hardProcess?.kind == "topZ" && tz.hardProcess?.parameters["upBranchingRatio"] == 1e-4)
    for mass in [1000, 1200, 1400] {
      let card = try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/hg-tt-\(mass).yaml"))
      #expect(card.hardProcess?.parameters["partnerMass"] == Double(mass))
      #expect(card.settings.contains("8:m0 = \(mass)"))
    }
  }
}
