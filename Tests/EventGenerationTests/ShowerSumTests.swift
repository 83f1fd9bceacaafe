import Foundation
import PhysicsObjects
import Records
import TestSupport
import Testing

@testable import EventGeneration

/// Slices of the scalar sum within the shower.
@Suite("Slices of the shower's scalar sum", .enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct ShowerSumTests {
  private func card(_ name: String, _ settings: [String]) throws -> ProcessCard {
    var card = try ProcessCard(contentsOf: projectURL("Studies/tz-transfer/processes/\(name).yaml"))
    card.settings += settings
    return card
  }

  private func generate(
    _ card: ProcessCard, _ slice: ProcessCard.Slice, _ count: Int,
    _ consume: (borrowing GeneratedEvent) throws -> Void = { _ in }
  ) throws -> BlockSummary {
    var card = card
    card.slices = [slice]
    let generator = EventGenerator(card: card, slice: 0, seed: SeedTree(root: 31), content: [.hard])
    return try generator.generateBlock(0, count: count, into: consume)
  }

  /// With nothing radiated the sum is that of the hard process: bosons, tops, and quarks that an incoming one is alike.
  @Test(arguments: ["ttbar", "zjets", "wz", "fcnc-tz", "tt-1000"])
  func withoutRadiationItIsTheHardProcess(name: String) throws {
    let card = try card(
      name,
      [
        "PartonLevel:ISR = off", "PartonLevel:FSR = off", "PartonLevel:MPI = off", "HadronLevel:all = off",
        "BeamRemnants:primordialKT = off",
      ])
    _ = try generate(card, .init(pTHatMinimum: 100, showerSum: .init(minimum: 0)), 60) { event in
      var sum = 0.0
      for row in 0..<event.count where event.status[row] == ParticleRole.hardOutgoing {
        if ![12, 14, 16].contains(abs(event.pdgID[row])) { sum += hypot(event.px[row], event.py[row]) }
      }
      #expect(abs(event.showerSum / sum - 1) < 1e-9, "\(name): \(event.showerSum), the hard process has \(sum) GeV")
    }
  }

  @Test(arguments: ["ttbar", "zjets"])
  func slicesShareOutTheCrossSection(name: String) throws {
    let card = try card(name, ["HadronLevel:all = off"])
    let (count, border) = (600, name == "ttbar" ? 450.0 : 380.0)
    var above = 0
    let whole = try generate(card, .init(pTHatMinimum: 150, showerSum: .init(minimum: 0)), count) {
      if $0.showerSum >= border { above += 1 }
    }
    let low = try generate(
      card, .init(pTHatMinimum: 150, showerSum: .init(minimum: 0, maximum: border)), count
    ) { #expect($0.showerSum < border) }
    let high = try generate(card, .init(pTHatMinimum: 150, showerSum: .init(minimum: border)), count) {
      #expect($0.showerSum >= border)
    }
    let parts = low.crossSection + high.crossSection
    let error = [low, high, whole].reduce(0) { $0 + $1.crossSectionError * $1.crossSectionError }.squareRoot()
    #expect(abs(parts - whole.crossSection) < 4 * error, "\(parts) and \(whole.crossSection) ± \(error) pb")
    let share = Double(above) / Double(count)
    let binomial = (share * (1 - share) / Double(count)).squareRoot()
    #expect(share > 0.1 && share < 0.9, "\(share)")
    #expect(
      abs(high.crossSection / whole.crossSection - share) < 4
        * (binomial + high.crossSectionError / whole.crossSection),
      "\(high.crossSection / whole.crossSection), \(share)")
    #expect(high.vetoed > low.vetoed / 10 && high.accepted == count)
  }

  @Test func badSlicesAreNamed() throws {
    func message(_ slices: String) -> String {
      let yaml = """
        schema: 1
        name: zjets
        crossSection: LO
        pythia: ["WeakBosonAndParton:qg2gmZq = on"]
        slices: \(slices)
        """
      do {
        _ = try ProcessCard(yaml: yaml, file: "card.yaml")
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message("[{pTHat: [100, 200], showerSum: [400, 600]}, {pTHat: [100, 200], showerSum: [600, null]}]") == "no error"
    )
    #expect(
      message("[{pTHat: [100, 200], showerSum: [400, 600]}, {pTHat: [100, 200], showerSum: [500, null]}]")
        .contains("showerSum starts at 500.0 GeV, the slice before ends at 600.0 GeV"))
    #expect(message("[{pTHat: [100, 200]}, {pTHat: [100, 200]}]").contains("give both a 'showerSum'"))
    #expect(message("[{pTHat: [100, 200], showerSum: [600, 400]}]").contains("must be above the lower one"))
    #expect(
      message("[{pTHat: [100, 200], showerSum: 600}]").contains("card.yaml:5: slices[0].showerSum: expected a list"))
    #expect(message("[{pTHat: [100, 200], showersum: [1, 2]}]").contains("nearest: 'showerSum'"))
  }

  @Test func titlesTellSlicesApart() throws {
    let card = try card("ttbar", [])
    #expect(Set(card.slices.map(\.title)).count == card.slices.count)
    #expect(card.slices[0].title == "p̂_T 0.0–150.0 GeV, shower sum 400.0–600.0 GeV")
    #expect(ProcessCard.Slice(showerSum: .init(minimum: 400)).title == "all p̂_T, shower sum > 400.0 GeV")
  }
}
