import Columns
import Foundation
import Records

/// Columns that are computed from others of the same rows by something slower than an expression: a network's scores.
public struct TableAddition: Sendable {
  /// The columns that it needs, of the file or derived.
  public var inputs: [String]
  /// The columns that it gives, flat and float32.
  public var names: [String]
  /// Of a table with these inputs, a column for each name.
  public var columns: @Sendable (Table) async throws -> [[Float]]

  public init(
    inputs: [String], names: [String], columns: @escaping @Sendable (Table) async throws -> [[Float]]
  ) {
    self.inputs = inputs
    self.names = names
    self.columns = columns
  }
}

extension TableConversion {
  /// ``run(progress:cancellation:)`` with columns added behind the derived ones; the condition may use them.
  /// - Throws: as there; ``EventFileError`` where the table lacks an input, or has a column of an added name.
  public func run(
    adding addition: TableAddition, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) async throws -> Summary {
    try Self.checkOutput(output)
    let files = inputs + friends.flatMap(\.files)
    guard !files.contains(where: { $0.standardizedFileURL == output.standardizedFileURL }) else {
      throw EventFileError(.cannotWrite("it is the file that is read; choose another name"), path: output.path)
    }
    let source = try source()
    let name = inputs.count == 1 ? source.url.lastPathComponent : "\(source.url.lastPathComponent), …"
    let present = source.columns.map(\.name) + definitions.map(\.name)
    if let taken = addition.names.first(where: present.contains) {
      throw EventFileError(
        .mismatch(column: taken, reason: "the table has a column of this name; choose another for what is added"),
        path: source.url.path)
    }
    let plan = try TableConversionPlan(source, self, added: addition.names, needs: addition.inputs)
    // The condition may need what is added: all rows are measured.
    var unconditional = self
    unconditional.condition = nil
    let widths = try textWidths(source, TableConversionPlan(source, unconditional), name, progress, cancellation)
    let writer = try self.writer(source, widths: widths)
    let chunks = try source.chunks(of: chunkSize, columns: plan.inputs, entries: entries)
    var read = 0, written = 0
    var isEmpty = true
    while let chunk = try chunks.next() ?? (isEmpty ? plan.emptyInput(source) : nil) {
      try cancellation.check()
      var table = try plan.derived(from: chunk)
      for (column, values) in zip(addition.names, try await addition.columns(table.selecting(addition.inputs))) {
        try table.add(column, Column(.float32(values)))
      }
      table = try plan.chosen(from: table)
      if table.rowCount > 0 || isEmpty { try writer.append(table) }
      isEmpty = false
      read += chunk.rowCount
      written += table.rowCount
      let total = entries?.count ?? source.entryCount ?? Int(Double(read) / max(chunks.fractionDone, 1e-9))
      progress(
        ProgressUpdate(
          stage: "score \(name)", completed: read, total: max(read, total), unit: "rows"))
    }
    try writer.finish()
    return Summary(readRows: read, writtenRows: written, columns: plan.outputs, left: plan.left)
  }
}
