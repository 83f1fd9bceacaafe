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

  /// In bytes, by the path within a folder.
  private func sizes(in folder: URL) throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(name).path)
      if attributes[.type] as? FileAttributeType == .typeRegular { sizes[name] = attributes[.size] as? Int }
    }
    return sizes
  }

  @Test func aRunOnAFullDiskLosesNothing() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallSearch(to: folder)
      // The first limit stops the preparation, the second the report.
      try await check(
        { ["run", "card.yaml", "--output", $0] }, in: folder,
        limits: { place in
          // The second is larger than all else.
          let sizes = try sizes(in: place)
          let other = sizes.filter { $0.key != "report.html" }.values.max() ?? 0
          return [(4, "events.h5"), ((other + (sizes["report.html"] ?? 0)) / 2 / 1024, "report.html")]
        }, keeps: "store/train/")
    }
  }

  @Test func aGenerationOnAFullDiskLosesNothing() async throws {
    try await withTemporaryFolder { folder in
      try writeSmallProduction(to: folder, eventsPerBlock: 8, blocks: [4, 2])
      try await check(
        { ["generate", "card.yaml", "--samples", "ttbar", "--output", $0, "--store", "\($0)/store"] }, in: folder,
        limits: { place in
          // The second is larger than each block, smaller than all of them together.
          let sizes = try sizes(in: place)
          let largest = sizes.filter { $0.key.hasSuffix("events.h5") }.values.max() ?? 0
          return [(64, "events.h5"), ((largest + (sizes["ttbar.h5"] ?? 0)) / 2 / 1024, "ttbar.h5")]
        }, keeps: "store/block/")
    }
  }
}
