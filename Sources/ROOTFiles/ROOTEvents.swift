import Columns
import Foundation
import Records

/// The entries of a tree or an RNTuple as columns by name: what readers of experiments' schemas see of a file.
///
/// Names are those of ``ROOTTree/table(_:entries:)``: `Jet_PT` for the branch `Jet.PT`, `Muon_p4_fE` for a member of a record.
/// Those of the trees that a tree names as its friends are among them, behind the friend's alias where they are taken.
public struct ROOTEvents: Sendable {
  private enum Content: Sendable {
    case tree(ROOTTree, byColumn: [String: ROOTBranch])
    case ntuple(ROOTNTuple)
  }

  public let file: ROOTFile
  public let path: String
  public let entryCount: Int
  private let content: Content
  private var sources: Set<String>
  private var friends: [ROOTEvents] = []
  /// For each source of a friend which one, and its name there.
  private var places: [String: (friend: Int, name: String)] = [:]

  /// - Parameter friends: beside those that the tree names itself; of an RNTuple there are none.
  /// - Throws: ``ROOTFileError`` if the file has neither a tree nor an RNTuple of that path, or a friend cannot be opened.
  public init(_ file: ROOTFile, path: String, friends: [ROOTFriend] = []) throws {
    if try file.key(path).className == "ROOT::RNTuple" {
      guard friends.isEmpty else {
        throw ROOTFileError(
          .wrongClass(found: "ROOT::RNTuple", expected: "TTree, for friends"), path: file.path, object: path)
      }
      self.init(file, path, try file.ntuple(path))
    } else {
      let tree = try file.tree(path)
      self.init(tree, friends: try tree.openFriends(and: friends))
    }
  }

  private init(_ file: ROOTFile, _ path: String, _ ntuple: ROOTNTuple) {
    (self.file, self.path, entryCount, content) = (file, path, ntuple.entryCount, .ntuple(ntuple))
    sources = Set(ntuple.fields.map(\.name))
  }

  private init(_ tree: ROOTTree, friends opened: [ROOTTree.OpenFriend]) {
    (file, path, entryCount) = (tree.file, tree.path, tree.entryCount)
    let named = tree.branches.map { (tree.columnName($0), $0) }
    // A readable branch goes before a node of the same name.
    let byColumn = Dictionary(named) { first, second in first.isReadable ? first : second }
    content = .tree(tree, byColumn: byColumn)
    sources = Set(byColumn.keys)
    friends = opened.map { ROOTEvents($0.tree, friends: $0.friends) }
    for (index, friend) in friends.enumerated() {
      for name in friend.columnNames {
        let own = sources.contains(name) ? "\(opened[index].alias)_\(name)" : name
        // Of what is taken even so the first is meant, as by ROOT.
        if sources.insert(own).inserted { places[own] = (index, name) }
      }
    }
  }

  /// The names of branches or fields as columns; records have a column for each of their members instead.
  public var columnNames: [String] { sources.sorted() }

  /// The files of friends, and of theirs, each once; that of the tree itself may be among them.
  public var friendFiles: [URL] {
    friends.flatMap { [$0.file.url] + $0.friendFiles }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Why a column cannot be had; `nil` if it can, as far as can be told without reading it.
  public func problem(ofColumn name: String) -> String? {
    guard let source = source(of: name) else {
      let near = nearestName(to: name, in: columnNames).map { "; nearest: '\($0)'" } ?? ""
      return "'\(path)' has no '\(name)'\(near)"
    }
    if let place = places[source] { return friends[place.friend].problem(ofColumn: place.name) }
    guard case .tree(_, let byColumn) = content else { return nil }
    return byColumn[source]?.problem.map { "'\(path)': \(byColumn[source]?.path ?? source): \($0)" }
  }

  /// The branch or field that has a column: of that name, or a record of which the column is a member.
  private func source(of column: String) -> String? {
    if sources.contains(column) { return column }
    var name = Substring(column)
    while let mark = name.lastIndex(of: "_") {
      name = name[..<mark]
      if sources.contains(String(name)) { return String(name) }
    }
    return nil
  }

  /// A table of these columns, in their order; only their branches are read.
  /// - Throws: ``ROOTFileError``.
  public func table(_ names: [String], entries: Range<Int>) throws -> Table {
    var wanted = [String]()
    for name in names {
      guard let source = source(of: name) else { throw noColumn(name) }
      if places[source] == nil, !wanted.contains(source) { wanted.append(source) }
    }
    var all = try friendTable(names, entries)
    for (source, array) in zip(wanted, try arrays(wanted, entries)) {
      try locating(path: file.path, object: "\(path): \(source)") {
        for (name, column) in try columns(of: array, named: source) { try all.add(name, column) }
      }
    }
    return try Table(
      names.map { name in
        guard let column = all[name] else { throw noColumn(name) }
        return (name, column)
      })
  }

  /// Those of some columns that friends have.
  private func friendTable(_ names: [String], _ entries: Range<Int>) throws -> Table {
    var result = Table()
    for (index, friend) in friends.enumerated() {
      let columns = names.compactMap { name -> (here: String, there: String)? in
        guard let source = source(of: name), let place = places[source], place.friend == index else { return nil }
        return (name, place.name + name.dropFirst(source.count))
      }
      if columns.isEmpty { continue }
      let table = try friend.table(columns.map(\.there), entries: entries)
      for (here, there) in columns { try result.add(here, table.column(there)) }
    }
    return result
  }

  private func arrays(_ sources: [String], _ entries: Range<Int>) throws -> [ROOTArray] {
    switch content {
    case .tree(let tree, let byColumn): try tree.arrays(of: sources.compactMap { byColumn[$0] }, entries: entries)
    case .ntuple(let ntuple): try ntuple.arrays(sources, entries: entries)
    }
  }

  private func noColumn(_ name: String) -> ROOTFileError {
    ROOTFileError(
      .noBranch(name: name, nearest: nearestName(to: name, in: columnNames), available: columnNames), path: file.path,
      object: path)
  }
}
