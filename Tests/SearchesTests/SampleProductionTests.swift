import EventFiles
import EventGeneration
import Foundation
import Records
import TestSupport
import Testing

@testable import Searches

@Suite(.enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct SampleProductionTests {
  private func production(in folder: URL) throws -> SampleProduction {
    try writeSmallProduction(to: folder, eventsPerBlock: 12, blocks: [2, 1])
    let url = folder.appendingPathComponent("card.yaml")
    let search = try SearchCard.read(url)
    return try SampleProduction(card: search, cardURL: url, sample: search.backgrounds[0])
  }

  private func make(_ production: SampleProduction, _ folder: URL, _ name: String, workers: Int) throws -> Data {
    let url = folder.appendingPathComponent("\(name).h5")
    try production.run(
      into: url, store: StepStore(root: folder.appendingPathComponent("store-\(name)")), workers: workers,
      progress: { _ in }, cancellation: CancellationToken())
    return try Data(contentsOf: url)
  }

  @Test func oneAndTwoWorkersMakeTheSameFile() throws {
    try withTemporaryFolder { folder in
      let production = try production(in: folder)
      let one = try make(production, folder, "one", workers: 1)
      #expect(try make(production, folder, "two", workers: 2) == one)
      // A block that is there is taken; one that was lost is made again, to the same file.
      let store = folder.appendingPathComponent("store-one/block")
      let names = try FileManager.default.contentsOfDirectory(atPath: store.path).sorted()
      #expect(names.count == 3)
      try FileManager.default.removeItem(at: store.appendingPathComponent(names[1]))
      #expect(try make(production, folder, "one", workers: 1) == one)
    }
  }

  /// Weights are cross-sections: over all events that came in they add up to the slices' cross-sections.
  @Test func weightsAreCrossSections() throws {
    try withTemporaryFolder { folder in
      _ = try make(production(in: folder), folder, "one", workers: 2)
      let reader = try EventTableReader(folder.appendingPathComponent("one.h5"))
      let total = reader.metadata.slices.reduce(0) { $0 + $1.crossSection }
      let flow = try #require(reader.metadata.cutFlows["nominal"]?.steps)
      #expect(abs(flow[0].sumW / total - 1) < 1e-9)
      #expect(flow[0].count == 36 && flow[1].count <= 36 && flow[1].count > 10)
      let weights = try reader.read(columns: ["weight"]).doubles("weight")
      #expect(weights.reduce(0, +) >= flow[1].sumW * (1 - 1e-9))
    }
  }

  @Test func aStopKeepsFinishedBlocks() throws {
    try withTemporaryFolder { folder in
      let production = try production(in: folder)
      let token = CancellationToken()
      let store = StepStore(root: folder.appendingPathComponent("store-one"))
      #expect(throws: RecordError.cancelled) {
        try production.run(
          into: folder.appendingPathComponent("one.h5"), store: store, workers: 1,
          progress: { if $0.completed == 1 { token.cancel() } }, cancellation: token)
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("one.h5").path))
      let kept = try store.list().count
      #expect(kept >= 1)
      let whole = try make(production, folder, "two", workers: 2)
      #expect(try make(production, folder, "one", workers: 1) == whole)
    }
  }
}
