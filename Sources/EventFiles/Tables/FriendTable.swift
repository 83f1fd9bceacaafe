import Columns
import Foundation
import Records

/// A table and its friends: tables whose entries go with its own, one by one, and whose columns are read as its own.
///
/// A friend's column that has the name of one before it is called `<alias>_<name>`.
public struct FriendTable: TabularSource {
  /// A friend and what stands before its names where they are taken.
  public struct Friend: Sendable {
    public var alias: String
    public var table: any TabularSource

    public init(alias: String, table: any TabularSource) {
      self.alias = alias
      self.table = table
    }
  }

  public let columns: [TabularColumn]
  public let unreadable: [UnreadableColumn]
  private let tables: [any TabularSource]
  /// For each column the table that has it, and its name there.
  private let places: [String: (table: Int, name: String)]

  /// - Throws: ``EventFileError`` for a friend with another number of entries, or a name that is taken even with its alias.
  public init(_ table: any TabularSource, friends: [Friend]) throws {
    var columns = table.columns
    var places = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, (table: 0, name: $0.name)) })
    var unreadable = table.unreadable
    for (index, friend) in friends.enumerated() {
      guard friend.table.entryCount == table.entryCount else {
        throw EventFileError(
          .friend(
            friend.table.kind, entries: friend.table.entryCount ?? 0, of: "\(table.kind) of \(table.url.path)",
            expected: table.entryCount ?? 0), path: friend.table.url.path)
      }
      for column in friend.table.columns {
        var own = column
        if places[own.name] != nil { own.name = "\(friend.alias)_\(column.name)" }
        guard places[own.name] == nil else {
          throw EventFileError(
            .mismatch(column: column.name, reason: "'\(own.name)' is taken too; give the friend another alias"),
            path: friend.table.url.path)
        }
        places[own.name] = (index + 1, column.name)
        columns.append(own)
      }
      unreadable += friend.table.unreadable
    }
    self.columns = columns
    self.places = places
    self.unreadable = unreadable
    tables = [table] + friends.map(\.table)
  }

  public var url: URL { tables[0].url }
  public var kind: String { "\(tables[0].kind) with \(tables.count - 1) friend\(tables.count == 2 ? "" : "s")" }
  public var entryCount: Int? { tables[0].entryCount }

  public func chunks(of size: Int, columns names: [String], entries: Range<Int>?) throws -> any TableChunks {
    for name in names { _ = try column(named: name) }
    let range = try checked(entries)
    let used = tables.indices.filter { index in names.contains { places[$0]?.table == index } }
    let sources = try used.map { index in
      let own = names.filter { places[$0]?.table == index }
      return FriendChunks.Source(
        chunks: try tables[index].chunks(of: size, columns: own.compactMap { places[$0]?.name }, entries: range),
        names: own.map { ($0, places[$0]?.name ?? $0) })
    }
    return FriendChunks(sources: sources, order: names)
  }
}

/// The chunks of several tables side by side; each table may cut its entries in its own way.
final class FriendChunks: TableChunks {
  struct Source {
    let chunks: any TableChunks
    /// The names of its columns here and there.
    let names: [(here: String, there: String)]
    var pending = Table()
  }

  private var sources: [Source]
  private let order: [String]

  init(sources: [Source], order: [String]) {
    self.sources = sources
    self.order = order
  }

  func next() throws -> Table? {
    for index in sources.indices {
      while sources[index].pending.rowCount == 0 {
        guard let table = try sources[index].chunks.next() else { return nil }
        sources[index].pending = table
      }
    }
    guard let count = sources.map(\.pending.rowCount).min() else { return nil }
    var result = Table()
    for index in sources.indices {
      let table = sources[index].pending
      let isWhole = table.rowCount == count
      for (here, there) in sources[index].names {
        let column = try table.column(there)
        try result.add(here, isWhole ? column : column[rows: 0..<count])
      }
      sources[index].pending = isWhole ? Table() : table[rows: count..<table.rowCount]
    }
    return try result.selecting(order)
  }

  var fractionDone: Double { sources.map(\.chunks.fractionDone).min() ?? 1 }
}
