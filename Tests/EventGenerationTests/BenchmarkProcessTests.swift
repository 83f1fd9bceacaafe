import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import EventGeneration

/// The process cards of the HIGGS and SUSY sets and of the parametrised study, at the level of the hard process.
@Suite(.enabled(if: Generator.isAvailable))
struct BenchmarkProcessTests {
  private func card(_ name: String, study: String = "higgs-benchmark") throws -> ProcessCard {
    var card = try ProcessCard(contentsOf: projectURL("Studies/\(study)/processes/\(name).yaml"))
    card.settings += ["PartonLevel:ISR = off", "PartonLevel:FSR = off", "HadronLevel:all = off"]
    card.veto = nil
    return card
  }

  /// Counts of outgoing and intermediate particles by PDG id, and masses of these.
  private func contents(_ card: ProcessCard, events: Int) throws -> (counts: [Int32: Int], masses: [Int32: [Double]]) {
    var (counts, masses) = ([Int32: Int](), [Int32: [Double]]())
    let generator = EventGenerator(card: card, slice: 0, seed: SeedTree(root: 3), content: .hard)
    _ = try generator.generateBlock(0, count: events) { event in
      for row in 0..<event.count where event.status[row] != ParticleRole.hardIncoming {
        counts[event.pdgID[row], default: 0] += 1
        masses[event.pdgID[row], default: []].append(event.mass[row])
      }
    }
    return (counts, masses)
  }

  @Test(arguments: ["higgs-plus", "higgs-minus"])
  func heavyHiggsBosonsDecayAsWritten(name: String) throws {
    let events = 1000
    let (counts, masses) = try contents(card(name), events: events)
    #expect(counts[35] == events && counts[25] == events)
    #expect(counts[24] == events && counts[-24] == events)
    // And a few from W → cb.
    #expect((events...events + 10).contains(counts[5] ?? 0) && (events...events + 10).contains(counts[-5] ?? 0))
    // Both charges of H± alike, to four standard deviations.
    let plus = counts[37] ?? 0
    #expect(plus + (counts[-37] ?? 0) == events)
    #expect(abs(plus - events / 2) < 64, "\(plus) of \(events)")
    // One charged lepton of one charge.
    let sign: Int32 = name == "higgs-plus" ? -1 : 1
    #expect((counts[11 * sign] ?? 0) + (counts[13 * sign] ?? 0) == events)
    #expect((counts[-11 * sign] ?? 0) + (counts[-13 * sign] ?? 0) == 0)
    for (id, mass, width) in [(Int32(35), 425.0, 4.0), (37, 325, 3), (-37, 325, 3)] {
      let sorted = try #require(masses[id]).sorted()
      #expect(abs(sorted[sorted.count / 2] - mass) < width / 2)
    }
  }

  /// X of the parametrised study: a Z′ near its pole that decays to tt̄ only, with one lepton of the sign that the card's name says.
  @Test(arguments: [500, 750, 1000, 1250, 1500], ["plus", "minus"])
  func resonancesDecayToTopQuarks(mass: Int, name: String) throws {
    let events = 400
    let (counts, masses) = try contents(card("x\(mass)-\(name)", study: "parametrised"), events: events)
    #expect([32, 6, -6, 24, -24].allSatisfy { counts[$0] == events })
    let sign: Int32 = name == "plus" ? -1 : 1
    #expect((counts[11 * sign] ?? 0) + (counts[13 * sign] ?? 0) == events)
    #expect([11, 13].allSatisfy { counts[-$0 * sign] == nil })
    #expect(counts[15] == nil && counts[-15] == nil)
    let sorted = try #require(masses[32]).sorted(), pole = Double(mass)
    #expect(sorted.allSatisfy { (0.8 * pole...1.2 * pole).contains($0) })
    // Half of a Breit-Wigner of 2.2 % lies within half a width of its pole; parton densities pull it down a little.
    #expect(abs(sorted[events / 2] / pole - 1) < 0.01)
    let quarter = (sorted[3 * events / 4] - sorted[events / 4]) / pole
    #expect(quarter > 0.015 && quarter < 0.035, "\(quarter)")
  }

  /// The cross-section that the card's forced decays leave, of one with all decays open: BR(Z′ → tt̄) at leading order, with
  /// couplings v and a and r = m_t²/M² as β [(1 + 2r) v² + β² a²], times that of one W to e or μ and the other to quarks.
  @Test func forcedDecaysAreInTheCrossSection() throws {
    let forced = try card("x1000-plus", study: "parametrised")
    var open = forced
    open.settings.removeAll { $0.hasPrefix("32:on") || $0.hasPrefix("24:on") }
    #expect(open.settings.count == forced.settings.count - 5)
    func run(_ card: ProcessCard) throws -> BlockSummary {
      let generator = EventGenerator(card: card, slice: 0, seed: SeedTree(root: 8), content: .hard)
      return try generator.generateBlock(0, count: 4000) { _ in }
    }
    let (part, all) = (try run(forced), try run(open))
    let r = 171.0 * 171 / 1e6, beta = (1 - 4 * r).squareRoot()
    let up = (v: 0.387, a: 1.0), down = (v: 0.693, a: 1.0)
    let top = beta * ((1 + 2 * r) * up.v * up.v + beta * beta * up.a * up.a)
    let quarks = top + 2 * (up.v * up.v + up.a * up.a) + 3 * (down.v * down.v + down.a * down.a)
    // W → ℓν with QCD's correction of the quarks' widths, α_S = 0.12.
    let lepton = 1 / (3 + 6 * (1 + 0.12 / .pi)), expected = top / quarks * 2 * lepton * (1 - 3 * lepton)
    let ratio = part.crossSection / all.crossSection
    let error = ratio * hypot(part.crossSectionError / part.crossSection, all.crossSectionError / all.crossSection)
    // The mass runs over the resonance, and α_S with it: 2 %.
    #expect(abs(ratio - expected) < 4 * error + 0.02 * expected, "\(ratio) ± \(error), expected \(expected)")
    #expect(error < 0.04 * expected)
  }

  @Test func charginosComeFromTheSpectrum() throws {
    let events = 300
    let (counts, masses) = try contents(card("charginos"), events: events)
    #expect(counts[1_000_024] == events && counts[-1_000_024] == events)
    #expect(counts[1_000_022] == 2 * events && counts[24] == events && counts[-24] == events)
    #expect(try #require(masses[1_000_022]).allSatisfy { abs($0 - 100) < 1e-6 })
    #expect(try #require(masses[1_000_024]).allSatisfy { abs($0 - 200) < 0.2 })
    #expect([11, -11, 13, -13].reduce(0) { $0 + (counts[$1] ?? 0) } == 2 * events)
  }

  @Test func spectraThatAreNoneAreRefused() throws {
    let yaml = """
      schema: 1
      name: bad
      crossSection: none
      pythia: ["SUSY:qqbar2chi+chi- = on"]
      slha: spectrum.slha
      """
    let error = #expect(throws: (any Error).self) { try ProcessCard(yaml: yaml, file: "bad.yaml") }
    #expect("\(error.map { "\($0)" } ?? "")".contains("lines that begin with BLOCK"))
    let file = yaml.replacing("chi+chi- = on\"", with: "chi+chi- = on\", \"SLHA:file = x\"")
    let other = #expect(throws: (any Error).self) { try ProcessCard(yaml: file, file: "bad.yaml") }
    #expect("\(other.map { "\($0)" } ?? "")".contains("the key 'slha'"))
  }
}
