import Columns
import Foundation
import Records

/// Several tables with the same columns, one after another: ROOT's TChain, for any format.
public struct ChainedTable: TabularSource {
  public let parts: [any TabularSource]
  public let columns: [TabularColumn]
  public let unreadable: [UnreadableColumn]
  public let entryCount: Int?

  /// - Throws: ``EventFileError`` that names the file which lacks a column of the first, or has it in another type.
  public init(_ parts: [any TabularSource]) throws {
    precondition(!parts.isEmpty, "a chain without tables")
    self.parts = parts
    columns = parts[0].columns
    for part in parts.dropFirst() {
      for column in columns where try part.column(named: column.name) != column {
        throw EventFileError(
          .mismatch(column: column.name, reason: "it is of another type than in \(parts[0].url.path)"),
          path: part.url.path)
      }
    }
    unreadable = parts[0].unreadable
    let counts = parts.compactMap(\.entryCount)
    entryCount = counts.count == parts.count ? counts.reduce(0, +) : nil
  }

  public var url: URL { parts[0].url }
  public var kind: String { parts.count == 1 ? parts[0].kind : "\(parts[0].kind) and \(parts.count - 1) more" }

  public func chunks(of size: Int, columns names: [String], entries: Range<Int>?) throws -> any TableChunks {
    for name in names { _ = try column(named: name) }
    let range = try entries.map(checked)
    return ChainedChunks(parts: parts, size: size, columns: names, entries: range)
  }
}

/// The chunks of one table after another; none is of two tables.
final class ChainedChunks: TableChunks {
  private let parts: [any TabularSource]
  private let size: Int
  private let columns: [String]
  private let entries: Range<Int>?
  private var index = 0
  /// The entries of the tables before this one.
  private var passed = 0
  private var open: (any TableChunks)?

  init(parts: [any TabularSource], size: Int, columns: [String], entries: Range<Int>?) {
    self.parts = parts
    self.size = size
    self.columns = columns
    self.entries = entries
  }

  func next() throws -> Table? {
    while index < parts.count {
      let part = parts[index]
      // Where entries were asked for, the number of each table's is known.
      let count = part.entryCount ?? 0
      let wanted = entries.map { ($0.clamped(to: passed..<passed + count), $0) }
      if wanted?.0.isEmpty != true {
        let own = wanted.map { $0.0.lowerBound - passed..<$0.0.upperBound - passed }
        let chunks = try open ?? part.chunks(of: size, columns: columns, entries: own)
        open = chunks
        if let table = try chunks.next() { return table }
      }
      open = nil
      index += 1
      passed += count
    }
    return nil
  }

  var fractionDone: Double {
    guard index < parts.count else { return 1 }
    return (Double(index) + (open?.fractionDone ?? 0)) / Double(parts.count)
  }
}
