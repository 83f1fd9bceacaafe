import Columns
import Foundation

/// Writes a table batch by batch in constant memory. The file appears under its name when it is finished, whole.
///
/// The first batch sets the columns and their types; the others must have the same. One owner at a time.
public protocol TabularWriter: AnyObject {
  /// - Throws: ``EventFileError``, `FileError`; the file is then abandoned.
  func append(_ batch: Table) throws
  /// - Throws: ``EventFileError``, `FileError`; nothing then stands under the name.
  func finish() throws
}

/// The columns that the first batch sets.
struct BatchSchema {
  private(set) var columns: [TabularColumn] = []
  let path: String

  init(path: String) { self.path = path }

  /// - Throws: ``EventFileError`` for a batch with other columns than the first.
  mutating func check(_ batch: Table) throws {
    let found = batch.names.compactMap { name in
      batch[name].map { TabularColumn(name: name, type: $0.values.type, isJagged: $0.isJagged) }
    }
    guard !columns.isEmpty else {
      columns = found
      return
    }
    guard found != columns else { return }
    let odd = columns.first { column in !found.contains(column) } ?? found.first { !columns.contains($0) }
    throw EventFileError(
      .mismatch(column: odd?.name ?? "", reason: "this batch has not the columns of the first one, in their order"),
      path: path)
  }
}
