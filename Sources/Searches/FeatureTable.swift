import Columns
import EventFiles
import Foundation
import Records

extension SearchRun {
  /// Writes the features of all samples' selected events to one table, for other programs and for comparisons of
  /// classifiers: `label` (1 signal, 0 background, float32), the card's features (float32), `mass` (float32, where samples have
  /// one; 0 for those that have none), `weight` (expected events at the card's luminosity). Rows come in an order that mixes the samples and depends on nothing but the card and its events.
  /// - Returns: the number of rows by sample.
  public func writeFeatures(to url: URL) throws -> [(sample: String, rows: Int)] {
    let lock = try RunLock(folder: options.output)
    defer { withExtendedLifetime(lock) {} }
    let prepared = try prepareSamples()
    let samples = try card.samples.map { sample in
      guard let result = prepared[sample.name] else { preconditionFailure("sample '\(sample.name)' was not prepared") }
      return (events: try PreparedSample(contentsOf: result.file("events.h5")), isSignal: sample.role == .signal)
    }
    guard let names = samples.first?.events.featureNames else { return [] }
    let hasMasses = card.samples.contains { $0.mass != nil }
    for reserved in ["label", "weight"] + (hasMasses ? ["mass"] : []) where names.contains(reserved) {
      throw SampleError(
        sample: card.samples[0].name,
        problem: "a feature is called '\(reserved)', as a column of the table is: rename it")
    }
    let order = mixedOrder(samples.map(\.events.count))
    var table = Table()
    try table.add("label", Column(order.map { samples[$0.sample].isSignal ? Float(1) : 0 }))
    for (column, name) in names.enumerated() {
      try table.add(
        name, Column(order.map { samples[$0.sample].events.features[$0.row * names.count + column] }))
    }
    if hasMasses { try table.add("mass", Column(order.map { Float(card.samples[$0.sample].mass ?? 0) })) }
    try table.add("weight", Column(order.map { samples[$0.sample].events.weights[$0.row] }))
    var metadata = SampleMetadata(name: card.name)
    metadata.notes = ["title": card.title]
    let writer = try EventTableWriter(url, metadata: metadata)
    do {
      try writer.append(table)
      try writer.finish(record: record(prepared, libraries: [:]))
    } catch {
      writer.abandon()
      throw error
    }
    return zip(card.samples, samples).map { ($0.name, $1.events.count) }
  }

  /// Rows of all samples, sorted by a number that a hash draws for each.
  private func mixedOrder(_ counts: [Int]) -> [(sample: Int, row: Int)] {
    let base = SeedTree(root: card.seed).child("features").derivedSeed
    let key = SIMD2(UInt32(truncatingIfNeeded: base), UInt32(truncatingIfNeeded: base >> 32))
    var rows: [(draw: UInt64, sample: Int, row: Int)] = []
    rows.reserveCapacity(counts.reduce(0, +))
    for (sample, count) in counts.enumerated() {
      for row in 0..<count {
        let words = Philox.block(counter: SIMD4(UInt32(sample), UInt32(truncatingIfNeeded: row), 0, 0), key: key)
        rows.append((UInt64(words[0]) << 32 | UInt64(words[1]), sample, row))
      }
    }
    rows.sort { ($0.draw, $0.sample, $0.row) < ($1.draw, $1.sample, $1.row) }
    return rows.map { ($0.sample, $0.row) }
  }
}
