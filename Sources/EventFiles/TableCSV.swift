import Columns
import Foundation

extension EventTableReader {
  /// Writes columns as comma-separated values in constant memory, as ``TextTableWriter`` does.
  ///
  /// The rows are read twice where there are jagged columns, whose longest row sets the number of fields.
  /// - Throws: ``EventFileError``, `FileError`.
  public func writeCSV(to url: URL, columns names: [String]? = nil, batchSize: Int = 10_000) throws {
    let wanted = try (names ?? columnNames).map(column(named:))
    var widths: [String: Int] = [:]
    for column in wanted where column.isJagged {
      widths[column.name] = try longestRow(of: column, batchSize: batchSize)
    }
    let writer = try TextTableWriter(url, widths: widths)
    var batches = batches(of: batchSize, columns: wanted.map(\.name))
    if rowCount == 0 { try writer.append(emptyTable(columns: wanted.map(\.name))) }
    while let batch = try batches.next() { try writer.append(batch) }
    try writer.finish()
  }

  private func longestRow(of column: EventColumn, batchSize: Int) throws -> Int {
    var longest = 0
    var batches = batches(of: batchSize, columns: [column.name])
    while let batch = try batches.next() {
      let offsets = try batch.column(column.name).offsets ?? [0]
      longest = zip(offsets, offsets.dropFirst()).reduce(longest) { max($0, $1.1 - $1.0) }
    }
    return longest
  }
}
