import EventFiles
import EventGeneration
import Foundation
import Records
import TestSupport
import Testing

@testable import Searches

/// Samples of a card whose events come from files of other generators.
@Suite(.enabled(if: realDataURL != nil, "SEARCHLIGHT_DATA is not set"))
struct EventFileSampleTests {
  private func card(_ entry: String, energy: String, in folder: URL) throws -> URL {
    let card = """
      schema: 1
      name: files
      seed: 5
      collision_energy: \(energy)
      luminosity: 10 fb-1
      generation: {detector: "\(projectURL("Detectors/cms.yaml").path)"}
      samples:
        made: {role: background, events: made.h5, generate: [\(entry)]}
        other: {role: signal, events: other.h5}
      selection:
        cuts: {"a lepton": count(Electron_pt > 10) + count(Muon_pt > 10) >= 1}
      features: tz-transfer
      """
    let url = folder.appendingPathComponent("card.yaml")
    try card.write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  private func event(_ name: String) throws -> String {
    try #require(realDataURL).appendingPathComponent("events/\(name)").path
  }

  private func make(_ card: URL, _ name: String, workers: Int) throws -> URL {
    let search = try SearchCard.read(card)
    let folder = card.deletingLastPathComponent()
    let url = folder.appendingPathComponent("\(name).h5")
    try SampleProduction(card: search, cardURL: card, sample: search.backgrounds[0]).run(
      into: url, store: StepStore(root: folder.appendingPathComponent("store-\(name)")), workers: workers,
      progress: { _ in }, cancellation: CancellationToken())
    return url
  }

  @Test(.enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
  func topPairsOfAFileAreASample() throws {
    try withTemporaryFolder { folder in
      let file = try event("pylhe-testfile-pythia-6.413-ttbar.lhe")
      let card = try card("{lhe: [\"\(file)\"], events_per_block: 30, includes: LO}", energy: "1.96 TeV", in: folder)
      let one = try make(card, "one", workers: 1)
      let two = try make(card, "two", workers: 2)
      let same = try Data(contentsOf: one) == Data(contentsOf: two)
      #expect(same)
      let reader = try EventTableReader(one)
      let slice = try #require(reader.metadata.slices.first)
      #expect(reader.metadata.slices.count == 1 && slice.tried == 100 && slice.accepted == 100)
      #expect(abs(slice.crossSection - 5.4803624) < 1e-9 && slice.includes == "LO")
      #expect(abs(slice.crossSectionError - (0.5384128 * 0.5384128 + 0.1062492 * 0.1062492).squareRoot()) < 1e-9)
      let flow = try #require(reader.metadata.cutFlows["nominal"]?.steps)
      #expect(abs(flow[0].sumW / slice.crossSection - 1) < 1e-9 && flow[0].count == 100)
      // 34 of the 100 events have an e or μ from a W; the detector loses some, b hadrons and τ add some.
      #expect((20...60).contains(flow[1].count))
      #expect(reader.metadata.notes.values.contains("100 events, 0 of them with a negative weight"))
    }
  }

  /// POWHEG's W⁻ → e⁻ν̄ and MadGraph's single top, whose W Pythia decays, are showered, reconstructed and selected.
  /// Both write the cross-section as the mean of the weights (IDWTUP = −4); one of POWHEG's hundred is negative.
  @Test(
    .enabled(if: Generator.isAvailable, "Pythia's room is not installed"),
    arguments: [
      ("pylhe-testfile-powheg-box-v2-W.lhe", 100, 4911.6228, 0.4..<0.95),
      ("pylhe-testfile-madgraph-2.0.0-wbj.lhe", 59, 50.109093, 0.05..<0.6),
    ])
  func eventsOfOtherGeneratorsAreASample(name: String, count: Int, sigma: Double, seen: Range<Double>) throws {
    try withTemporaryFolder { folder in
      let file = try event(name)
      let url = try make(card("{lhe: [\"\(file)\"]}", energy: "8 TeV", in: folder), "made", workers: 2)
      let reader = try EventTableReader(url)
      let slice = try #require(reader.metadata.slices.first)
      #expect(slice.tried == count && slice.accepted == count)
      #expect(abs(slice.crossSection / sigma - 1) < 1e-6)
      let flow = try #require(reader.metadata.cutFlows["nominal"]?.steps)
      #expect(flow[0].count == count && flow[1].count == reader.rowCount)
      // Nearly all electrons of the first are within the detector, or half of them; of the second's W a third has a lepton.
      #expect(seen.contains(Double(flow[1].count) / Double(count)), "\(flow[1].count)")
      #expect(abs(flow[0].sumW / slice.crossSection - 1) < 1e-9)
    }
  }

  @Test func whatACardMayNotSay() throws {
    try withTemporaryFolder { folder in
      let w = try event("pylhe-testfile-powheg-box-v2-W.lhe")
      let mlm = try event("pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz")
      func message(_ entry: String) throws -> String {
        let card = try card(entry, energy: "13 TeV", in: folder)
        do {
          let search = try SearchCard.read(card)
          _ = try SampleProduction(card: search, cardURL: card, sample: search.backgrounds[0])
          return "none"
        } catch { return "\(error)" }
      }
      #expect(try message("{lhe: [\"\(w)\"]}").contains("are for 8000.0 GeV, the search card for 13000.0 GeV"))
      #expect(try message("{lhe: [\"\(mlm)\"]}").contains("was made for the merging of jets"))
      #expect(try message("{lhe: []}").contains("expected at least one file"))
      #expect(try message("{lhe: [a.lhe], blocks: [1]}").contains("unknown key 'blocks'"))
      #expect(try message("{lhe: [a.lhe], pythia: [\"Beams:eCM = 5\"]}").contains("is not for the card"))
      #expect(try message("{hepmc: [a.hepmc], passes: 2}").contains("unknown key 'passes'"))
      #expect(try message("{lhe: [a.lhe]}").contains("a.lhe: cannot be read: no such file"))
      try Data(contentsOf: URL(fileURLWithPath: w)).dropLast(300).write(to: folder.appendingPathComponent("cut.lhe"))
      #expect(try message("{lhe: [cut.lhe]}").contains("cut.lhe:"))
    }
  }

  /// Whole events of a file need no Pythia: e⁺e⁻ → τ⁺τ⁻ without decays leaves nothing that passes.
  @Test func hepMCEventsAreASample() throws {
    try withTemporaryFolder { folder in
      let file = try event("gohep_test.hepmc")
      let card = try card("{hepmc: [\"\(file)\"], events_per_block: 4}", energy: "7 TeV", in: folder)
      let one = try make(card, "one", workers: 1)
      let two = try make(card, "two", workers: 2)
      let same = try Data(contentsOf: one) == Data(contentsOf: two)
      #expect(same)
      let metadata = try EventTableReader(one).metadata
      #expect(metadata.slices.count == 1 && metadata.slices[0].tried == 6)
      #expect(metadata.cutFlows["nominal"]?.steps[0].count == 6)
      #expect(abs((metadata.cutFlows["nominal"]?.steps[0].sumW ?? 0) / metadata.slices[0].crossSection - 1) < 1e-9)
    }
  }
}
