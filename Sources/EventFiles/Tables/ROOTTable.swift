import Columns
import Foundation
import ROOTFiles
import Records

/// A tree or an RNTuple of a ROOT file as a ``TabularSource``: its branches as columns, by the rules of `ROOTTree.table`.
public struct ROOTTable: TabularSource {
  public let url: URL
  /// The tree's name with its directories.
  public let path: String
  public let columns: [TabularColumn]
  public let unreadable: [UnreadableColumn]
  private let rows: Int
  private let content: Content
  /// For each column the branch that it comes from.
  private let branches: [String: String]

  private enum Content: Sendable {
    case tree(ROOTTree)
    case ntuple(ROOTNTuple)

    func table(_ patterns: [String], _ entries: Range<Int>) throws -> Table {
      switch self {
      case .tree(let tree): try tree.table(patterns, entries: entries)
      case .ntuple(let tuple): try tuple.table(patterns, entries: entries)
      }
    }
  }

  public var kind: String { "ROOT tree '\(path)'" }
  public var entryCount: Int? { rows }

  /// - Parameter path: the only tree of the file where not told.
  /// - Throws: `ROOTFileError`; ``EventFileError`` that names the trees of a file that has several.
  public init(_ url: URL, path: String? = nil) throws {
    let file = try ROOTFile(url)
    let place = try path ?? Self.onlyTree(of: file)
    let isTuple = try file.key(place).className == "ROOT::RNTuple"
    try self.init(url, place, isTuple ? .ntuple(file.ntuple(place)) : .tree(file.tree(place)))
  }

  private init(_ url: URL, _ path: String, _ content: Content) throws {
    (self.url, self.path, self.content) = (url, path, content)
    var sources: [(column: String, branch: String)] = []
    switch content {
    case .ntuple(let tuple):
      rows = tuple.entryCount
      sources = tuple.fields.map { ($0.name, $0.name) }
      unreadable = []
    case .tree(let tree):
      rows = tree.entryCount
      let selection = try tree.tableBranches(["*"])
      sources = selection.chosen.map { (tree.columnName($0), $0.path) }
      unreadable = selection.left.map { UnreadableColumn(name: $0.branch.path, reason: $0.reason) }
    }
    let empty = try content.table(["*"], 0..<0)
    columns = empty.names.compactMap { name in
      empty[name].map { TabularColumn(name: name, type: $0.values.type, isJagged: $0.isJagged) }
    }
    branches = Self.origins(of: empty.names, sources)
  }

  /// The table with the friends that its tree names.
  /// - Throws: `ROOTFileError` for a friend that cannot be opened; ``EventFileError`` for names that are taken.
  func withItsFriends() throws -> any TabularSource {
    guard case .tree(let tree) = content, !tree.friends.isEmpty else { return self }
    return try Self.joined(self, tree.openFriends())
  }

  private static func joined(_ table: ROOTTable, _ friends: [ROOTTree.OpenFriend]) throws -> any TabularSource {
    guard !friends.isEmpty else { return table }
    return try FriendTable(
      table,
      friends: friends.map { friend in
        let own = try ROOTTable(friend.tree.url, friend.tree.path, .tree(friend.tree))
        return .init(alias: friend.alias, table: try joined(own, friend.friends))
      })
  }

  private static func onlyTree(of file: ROOTFile) throws -> String {
    let trees = try file.keys().filter {
      ["TTree", "TNtuple", "TNtupleD", "TChain", "ROOT::RNTuple"].contains($0.className)
    }
    let paths = trees.map(\.path).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    if paths.count == 1 { return paths[0] }
    throw EventFileError(
      .unknownFormat(
        paths.isEmpty
          ? "a ROOT file without a tree or an RNTuple"
          : "a ROOT file with several trees (\(paths.joined(separator: ", "))): name one with --tree"),
      path: file.url.path)
  }

  /// A record's columns begin with the name of its branch; of several such the longest is meant.
  private static func origins(of names: [String], _ sources: [(column: String, branch: String)]) -> [String: String] {
    let byName = Dictionary(sources.map { ($0.column, $0.branch) }, uniquingKeysWith: { first, _ in first })
    var result: [String: String] = [:]
    for name in names {
      var prefix = Substring(name)
      while byName[String(prefix)] == nil, let underscore = prefix.lastIndex(of: "_") { prefix = prefix[..<underscore] }
      result[name] = byName[String(prefix)] ?? name
    }
    return result
  }

  public func chunks(of size: Int, columns names: [String], entries: Range<Int>?) throws -> any TableChunks {
    for name in names { _ = try column(named: name) }
    let wanted = names.count == columns.count ? ["*"] : Array(Set(names.compactMap { branches[$0] })).sorted()
    return RangeChunks(try checked(entries), size: size) { range in
      try content.table(wanted, range).selecting(names)
    }
  }
}
