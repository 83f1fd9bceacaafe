import Foundation
import PhysicsObjects
import Records
import Testing

@testable import EventGeneration

private let topPairs = """
  schema: 1
  name: ttbar
  crossSection: LO QCD
  pythia: ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on"]
  slices: [{pTHat: [0, 100], eventsPerBlock: 8}, {pTHat: [100, null], eventsPerBlock: 8}]
  """

private let vetoed = topPairs + "\nveto: {leptons: {count: 2, taus: false, pt: 20, eta: 2.5}}\n"

/// All numbers of a block's events.
private func digests(_ yaml: String, slice: Int = 0, block: Int = 0, count: Int = 6) throws -> (
  digests: [Digest], summary: BlockSummary
) {
  let generator = EventGenerator(
    card: try ProcessCard(yaml: yaml, file: "card.yaml"), slice: slice, seed: SeedTree(root: 5).child("test"))
  var digests: [Digest] = []
  let summary = try generator.generateBlock(block, count: count) { event in
    var builder = DigestBuilder()
    for column in [event.px, event.py, event.pz, event.energy, event.mass, event.x, event.y, event.z, event.t] {
      column.withUnsafeBytes { builder.update($0) }
    }
    for column in [event.pdgID, event.status, event.mother] { column.withUnsafeBytes { builder.update($0) } }
    digests.append(builder.finish())
  }
  return (digests, summary)
}

@Suite(.enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct EventGeneratorTests {
  @Test func theSameBlockIsTheSameEvents() async throws {
    let first = try digests(topPairs)
    // In another thread, beside another block.
    async let again = Task { try digests(topPairs) }.value
    async let other = Task { try digests(topPairs, block: 1) }.value
    #expect(try await again.digests == first.digests)
    #expect(try await again.summary == first.summary)
    #expect(try await other.digests != first.digests)
    #expect(try digests(topPairs, slice: 1).digests != first.digests)
  }

  @Test func aLongerBlockBeginsWithTheShorterOne() throws {
    #expect(try Array(digests(topPairs, count: 8).digests.prefix(3)) == digests(topPairs, count: 3).digests)
  }

  @Test func momentumAndChargeAreConserved() throws {
    let generator = EventGenerator(
      card: try ProcessCard(yaml: topPairs, file: "card.yaml"), slice: 1, seed: SeedTree(root: 6))
    try generator.generateBlock(0, count: 5) { event in
      var sum = (x: 0.0, y: 0.0, z: 0.0, energy: 0.0, charge: 0)
      for row in 0..<event.count where event.status[row] == ParticleRole.final {
        sum.x += event.px[row]
        sum.y += event.py[row]
        sum.z += event.pz[row]
        sum.energy += event.energy[row]
        sum.charge += Int(event.charge[row])
      }
      // Pythia keeps momenta to about 1e-6 of the beams' energy through its many boosts.
      #expect(abs(sum.energy - 13_000) < 0.05 && abs(sum.x) < 0.05 && abs(sum.y) < 0.05 && abs(sum.z) < 0.05)
      // Two protons, in units of e/3.
      #expect(sum.charge == 6)
    }
  }

  /// With the veto the cross-section is the fraction that passes: W → eν, μν for both, 4.7 % at most.
  @Test func theVetoIsPartOfTheCrossSection() throws {
    let open = try digests(topPairs, count: 40).summary, cut = try digests(vetoed, count: 40).summary
    #expect(open.vetoed == 0 && cut.vetoed > 0)
    #expect(open.accepted == 40 && cut.accepted == 40)
    let fraction = cut.crossSection / open.crossSection
    #expect(fraction > 0.01 && fraction < 0.06, "\(fraction)")
  }

  @Test func badCardsAreNamed() throws {
    func message(_ old: String, _ new: String) -> String {
      do {
        let card = try ProcessCard(yaml: topPairs.replacing(old, with: new), file: "card.yaml")
        _ = try EventGenerator(card: card, slice: 0, seed: SeedTree(root: 1)).generateBlock(0, count: 1) { _ in }
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message("slices:", "slicse:").contains("nearest: 'slices'"))
    #expect(message("pTHat: [100, null]", "pTHat: [90, null]").contains("slices must adjoin"))
    #expect(message("Top:gg2ttbar = on", "Top:gg2ttbra = on").contains("gg2ttbra"))
    #expect(message("Top:gg2ttbar = on", "Random:seed = 1").contains("the run's seed"))
  }
}

@Suite struct BlockRunnerTests {
  @Test(arguments: [1, 2, 5])
  func resultsComeInOrderWhateverTheWorkers(workers: Int) throws {
    let blocks = (0..<20).map { BlockIdentity(slice: $0 / 10, block: $0 % 10) }
    var delivered: [BlockIdentity] = []
    try BlockRunner(workers: workers).run(blocks) { block, _ in
      block.block * block.block
    } deliver: { block, result in
      #expect(result == block.block * block.block)
      delivered.append(block)
    }
    #expect(delivered == blocks)
  }

  @Test func theFirstErrorEndsTheRun() {
    struct Stop: Error {}
    let blocks = (0..<20).map { BlockIdentity(slice: 0, block: $0) }
    #expect(throws: Stop.self) {
      try BlockRunner(workers: 2).run(blocks) { block, _ in
        if block.block == 3 { throw Stop() }
        return block.block
      } deliver: { block, _ in
        #expect(block.block < 3)
      }
    }
  }
}
