import Columns
import EventFiles
import EventGeneration
import Foundation
import Records
import TestSupport
import Testing

@testable import Searches

private func isTheShippedEventsMachine() throws -> Bool {
  let record = try EventTableReader(projectURL("Studies/tz-transfer/events/tt-1400.h5")).record
  return try record.cpuClass == currentCPUClass() && record.libraries["pythia"] == Generator.version()
}

/// The events that the study ships are those that its cards make.
@Suite struct ShippedEventsTests {
  private let cardURL = projectURL("Studies/tz-transfer/card.yaml")

  private func url(_ sample: SearchCard.Sample) -> URL {
    URL(fileURLWithPath: sample.events ?? "", relativeTo: cardURL.deletingLastPathComponent())
  }

  @Test func enoughEventsInLittleRoom() throws {
    let card = try SearchCard.read(cardURL)
    var (backgrounds, bytes) = (0, 0)
    for sample in card.samples {
      let reader = try EventTableReader(url(sample))
      let flow = try #require(reader.metadata.cutFlows["nominal"])
      let count = try #require(flow.steps.last?.count)
      if sample.role == .signal { #expect(count >= 8000, "\(sample.name)") } else { backgrounds += count }
      #expect(flow.steps.map(\.expression).filter { !$0.isEmpty } == card.selection.cuts.map(\.expression))
      bytes += try Data(contentsOf: url(sample)).count
    }
    #expect(backgrounds >= 40_000)
    #expect(bytes <= 40_000_000)
  }

  @Test func recordsNameTheCardsAsTheyStand() throws {
    let card = try SearchCard.read(cardURL)
    let generation = try #require(card.generation)
    let folder = cardURL.deletingLastPathComponent()
    let detector = try Digest.of(fileAt: URL(fileURLWithPath: generation.detector, relativeTo: folder))
    for sample in card.samples {
      let record = try EventTableReader(url(sample)).record
      #expect(record.seed == card.seed)
      #expect(record.inputs["detector"] == detector)
      for slice in try sample.slices(in: folder) {
        #expect(record.inputs["process \(slice.process.name)"] == slice.digest, "\(sample.name)")
      }
    }
  }

  /// Bytes are promised per processor class and library versions: elsewhere there is nothing to compare.
  @Test(
    .enabled(if: Generator.isAvailable, "needs the Pythia room"),
    .enabled("another processor class or Pythia than the shipped events'") { try isTheShippedEventsMachine() }
  )
  func aBlockIsMadeAgainByteForByte() throws {
    let card = try SearchCard.read(cardURL)
    let sample = try #require(card.signals.last)
    let shipped = try EventTableReader(url(sample))
    try withTemporaryFolder { folder in
      let production = try SampleProduction(card: card, cardURL: cardURL, sample: sample)
      let block = BlockIdentity(slice: 0, block: 3)
      let store = StepStore(root: folder.appendingPathComponent("store"))
      let again = folder.appendingPathComponent("again.h5")
      try production.join([production.makeBlock(block, store: store, cancellation: CancellationToken())], into: again)
      let made = try EventTableReader(again).read()
      let all = try shipped.read()
      let (slices, blocks) = (try all.doubles("event_slice"), try all.doubles("event_block"))
      let kept = all.filtered(slices.indices.map { slices[$0] == 0 && blocks[$0] == 3 })
      #expect(kept.rowCount > 50 && made.rowCount == kept.rowCount && made.names == kept.names)
      for name in made.names where name != "weight" { #expect(try made.column(name) == kept.column(name), "\(name)") }
      // A weight is a share of the cross-section that all blocks measured, not this one alone.
      let ratios = try zip(made.doubles("weight"), kept.doubles("weight")).map { $0 / $1 }
      #expect(ratios.allSatisfy { abs($0 / ratios[0] - 1) < 1e-12 })
    }
  }
}
