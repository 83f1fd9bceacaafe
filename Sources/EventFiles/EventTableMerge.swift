import Foundation
import Records

extension EventTableWriter {
  /// Joins the block files of a sample into one, in constant memory.
  ///
  /// Blocks are put in the order of their ``SampleMetadata/block``, so the result does not depend on the order in which
  /// they were produced or are named here; files that lack it keep the given order, after the others.
  /// - Throws: ``EventFileError``.
  public static func merge(
    _ blocks: [URL], into url: URL, metadata: SampleMetadata, descriptions: [String: ColumnDescription] = [:],
    compression: Int = 4, record: RunRecord, progress: ProgressHandler? = nil, cancellation: CancellationToken? = nil
  ) throws {
    // One block is open at a time: a sample may have more blocks than a process may have files.
    var places = [(block: SampleMetadata.Block, order: Int, url: URL)]()
    for (order, block) in blocks.enumerated() {
      let place = try EventTableReader(block).metadata.block ?? .init(slice: .max, index: .max)
      places.append((place, order, block))
    }
    places.sort { ($0.block, $0.order) < ($1.block, $1.order) }
    let writer = try EventTableWriter(url, metadata: metadata, descriptions: descriptions, compression: compression)
    for (done, place) in places.enumerated() {
      do { try cancellation?.check() } catch {
        writer.abandon()
        throw error
      }
      try writer.append(contentsOf: EventTableReader(place.url))
      progress?(
        ProgressUpdate(stage: "merge \(metadata.name)", completed: done + 1, total: places.count, unit: "blocks"))
    }
    try writer.finish(record: record)
  }
}
