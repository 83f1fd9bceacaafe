import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import EventGeneration

/// The process cards of the HIGGS and SUSY sets, at the level of the hard process.
@Suite(.enabled(if: Generator.isAvailable))
struct BenchmarkProcessTests {
  private func card(_ name: String) throws -> ProcessCard {
    var card = try ProcessCard(contentsOf: projectURL("Studies/higgs-benchmark/processes/\(name).yaml"))
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
