import Columns
import EventFiles
import Foundation
import Records

/// Where a sample's events come from: tables whose weights are cross-sections in pb, with the events' identities.
protocol SampleSource {
  /// For errors and warnings.
  var path: String { get }
  /// What is known of the sample beside its events.
  var metadata: SampleMetadata { get }
  /// The columns as a table without rows.
  func emptyTable() throws -> Table
  /// Gives all events in batches of at most `size`, checked for finite numbers, with `weight`, `event_slice`, `event_block` and
  /// `event_index`.
  func forEachBatch(of size: Int, _ body: (Table) throws -> Void) throws
}

/// The HDF5 file that `searchlight generate` made.
struct TableSource: SampleSource {
  let reader: EventTableReader

  init(_ url: URL) throws { reader = try EventTableReader(url) }

  var path: String { reader.url.path }
  var metadata: SampleMetadata { reader.metadata }
  func emptyTable() throws -> Table { try reader.emptyTable() }

  func forEachBatch(of size: Int, _ body: (Table) throws -> Void) throws {
    var batches = reader.batches(of: size, check: .required)
    while let batch = try batches.next() { try body(batch) }
  }
}
