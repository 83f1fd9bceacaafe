import Columns
import Records

/// The entries of a tree or an RNTuple as columns by name: what readers of experiments' schemas see of a file.
///
/// Names are those of ``ROOTTree/table(_:entries:)``: `Jet_PT` for the branch `Jet.PT`, `Muon_p4_fE` for a member of a record.
public struct ROOTEvents: Sendable {
  private enum Content: Sendable {
    case tree(ROOTTree, byColumn: [String: ROOTBranch])
    case ntuple(ROOTNTuple)
  }

  public let file: ROOTFile
  public let path: String
  public let entryCount: Int
  private let content: Content
  private let sources: Set<String>

  /// - Throws: ``ROOTFileError`` if the file has neither a tree nor an RNTuple of that path.
  public init(_ file: ROOTFile, path: String) throws {
    self.file = file
    self.path = path
    if try file.key(path).className == "ROOT::RNTuple" {
      let ntuple = try file.ntuple(path)
      content = .ntuple(ntuple)
      entryCount = ntuple.entryCount
      sources = Set(ntuple.fields.map(\.name))
    } else {
      let tree = try file.tree(path)
      let named = tree.branches.map { (tree.columnName($0), $0) }
      // A readable branch goes before a node of the same name.
      let byColumn = Dictionary(named) { first, second in first.isReadable ? first : second }
      content = .tree(tree, byColumn: byColumn)
      entryCount = tree.entryCount
      sources = Set(byColumn.keys)
    }
  }

  /// The names of branches or fields as columns; records have a column for each of their members instead.
  public var columnNames: [String] { sources.sorted() }

  /// Why a column cannot be had; `nil` if it can, as far as can be told without reading it.
  public func problem(ofColumn name: String) -> String? {
    guard let source = source(of: name) else {
      let near = nearestName(to: name, in: columnNames).map { "; nearest: '\($0)'" } ?? ""
      return "'\(path)' has no '\(name)'\(near)"
    }
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
      if !wanted.contains(source) { wanted.append(source) }
    }
    var all = Table()
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
