import EventGeneration
import Foundation
import Tensors
import TestSupport
import Testing

/// Files that may not become larger than some size, as on a disk that is full: the program says what would have worked,
/// loses nothing, and goes on when there is room.
@Suite(
  .enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"),
  .enabled(if: Generator.isAvailable, "Pythia's room is not installed"))
struct FullDiskTests {
  private func check(
    _ command: (String) -> [String], in folder: URL, limits: (URL) throws -> [(kilobytes: Int, file: String)],
    keeps: String
  ) async throws {
    #expect(try await Program.run(command("whole"), in: folder).status == 0)
    let wholePlace = folder.appendingPathComponent("whole")
    let whole = try contents(of: wholePlace)
    let place = folder.appendingPathComponent("full")
    var kept: [String: Date] = [:]
    for limit in try limits(wholePlace) {
      let ending = try await Program.run(command("full"), in: folder, fileLimit: limit.kilobytes)
      #expect(ending.status == 1 && !ending.wasKilled, "\(ending.errors)")
      #expect(ending.errors.contains("\(limit.file): cannot be written: the file would be larger"), "\(ending.errors)")
      #expect(ending.errors.hasSuffix("choose another folder\n"), "\(ending.errors)")
      #expect(!exists(below: place) { $0.hasSuffix(".partial") || $0.hasSuffix(".writing") })
      // What is there is whole.
      let left = try contents(of: place)
      #expect(left.allSatisfy { whole[$0.key] == $0.value })
      kept = try dates(below: place) { $0.hasPrefix(keeps) }
    }
    #expect(!kept.isEmpty)
    let last = try await Program.run(command("full"), in: folder)
    #expect(last.status == 0, "\(last.errors)")
    #expect(try contents(of: place) == whole)
    // Finished steps were not made again.
    #expect(try dates(below: place) { $0.hasPrefix(keeps) } == kept)
  }

  @Test func aRunOnAFullDiskLosesNothing() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      // The first limit stops the preparation, the second the report.
      try await check(
        { ["run", "card.yaml", "--output", $0] }, in: folder,
        limits: { _ in [(4, "events.h5"), (40, "report.html")] }, keeps: "store/train/")
    }
  }

  @Test func aGenerationOnAFullDiskLosesNothing() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallProduction(to: folder, eventsPerBlock: 8, blocks: [4, 2])
      try await check(
        { ["generate", "card.yaml", "--samples", "ttbar", "--output", $0, "--store", "\($0)/store"] }, in: folder,
        limits: { place in
          // The second is larger than each block, smaller than all of them together.
          func size(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.appendingPathComponent(path).path)
            return try #require(attributes[.size] as? Int)
          }
          let names = try FileManager.default.subpathsOfDirectory(atPath: place.path)
          let largest = try names.filter { $0.hasSuffix("events.h5") }.map(size).max() ?? 0
          return [(64, "events.h5"), ((largest + (try size("ttbar.h5"))) / 2 / 1024, "ttbar.h5")]
        }, keeps: "store/block/")
    }
  }
}
