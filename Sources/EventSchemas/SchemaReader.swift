import Columns
import EventSelection
import Foundation
import ROOTFiles
import Records

/// Reads the events of ROOT files as the toolkit's columns, by an ``EventSchema``.
///
/// Beside the schema's columns, those of the file are there under their own names (`Jet_btagDeepB`, `Electron_IsolationVar`),
/// where the schema has none of that name. Only what is asked for is read.
public struct SchemaReader: Sendable {
  public let files: [URL]
  public let schema: EventSchema
  public let treePath: String
  /// Of each file, the friends that are read with its tree, beside those that the tree names.
  private let friends: [[ROOTFriend]]
  /// Entries of each file.
  public let entryCounts: [Int]
  /// Why columns of the schema are not there, by column.
  public let lacking: [String: String]

  /// How a column of the schema is made; one that merely has another name is not computed with.
  enum Recipe: Sendable {
    case renamed(String)
    case computed(ColumnExpression)
    /// Of no objects; flags are stored as such.
    case empty(isFlag: Bool)

    var columns: [String] {
      switch self {
      case .renamed(let name): [name]
      case .computed(let expression): expression.columns
      case .empty: []
      }
    }
  }
  let recipes: [String: Recipe]
  let weight: Recipe?

  /// Opens each file in turn and sees which of the schema's columns all of them have.
  /// - Parameters:
  ///   - tree: where the events are, if not where the schema says.
  ///   - friends: for each file trees whose columns are read as the tree's own; none where not told.
  /// - Throws: `ROOTFileError`; `ExpressionError` for a formula of the schema; ``SchemaError`` if there is no file, or a weight is
  ///   missing that is needed.
  public init(_ files: [URL], schema: EventSchema, tree: String? = nil, friends: [[ROOTFriend]]? = nil) throws {
    precondition(!files.isEmpty, "no files to read")
    precondition(
      friends.map { $0.count == files.count } ?? true, "friends of \(friends?.count ?? 0) files for \(files.count)")
    let friends = friends ?? Array(repeating: [], count: files.count)
    self.friends = friends
    self.files = files
    self.schema = schema
    treePath = tree ?? schema.tree
    var options = try schema.entries.map { ($0.column, try $0.alternatives.map(Recipe.init(parsing:))) }
    var weights = try schema.generatorWeight.map(Recipe.init(parsing:))
    var lacking: [String: String] = [:]
    var counts = [Int]()
    for (url, friends) in zip(files, friends) {
      let events = try ROOTEvents(ROOTFile(url), path: treePath, friends: friends)
      counts.append(events.entryCount)
      for index in options.indices {
        let reason = Self.keepPossible(&options[index].1, events)
        if let reason, lacking[options[index].0] == nil { lacking[options[index].0] = reason }
      }
      if let reason = Self.keepPossible(&weights, events), schema.needsGeneratorWeight {
        throw SchemaError(path: url.path, problem: "the generator's weight cannot be had: \(reason)")
      }
    }
    entryCounts = counts
    self.lacking = lacking
    var recipes = Dictionary(
      options.compactMap { name, possible in possible.first.map { (name, $0) } }, uniquingKeysWith: { _, last in last })
    for (collection, members) in schema.emptyCollections {
      for member in members {
        recipes["\(collection)_\(member)"] = .empty(isFlag: ["btag", "tautag", "positive"].contains(member))
      }
    }
    self.recipes = recipes
    weight = weights.first
  }

  /// Drops the ways that a file does not allow. Returns why none is left, the first time that is so.
  private static func keepPossible(_ options: inout [Recipe], _ events: ROOTEvents) -> String? {
    guard !options.isEmpty else { return nil }
    let reasons = options.map { option in option.columns.lazy.compactMap { events.problem(ofColumn: $0) }.first }
    options = zip(options, reasons).filter { $1 == nil }.map(\.0)
    guard options.isEmpty else { return nil }
    return "\(events.file.url.path): " + reasons.compactMap(\.self).joined(separator: ", and ")
  }

  public var entryCount: Int { entryCounts.reduce(0, +) }

  /// The columns of the schema that the files have.
  public var columnNames: [String] { schema.columnNames.filter { recipes[$0] != nil } }

  /// The entries of a file; keep it while reading it batch by batch.
  func open(_ file: Int) throws -> ROOTEvents {
    try ROOTEvents(ROOTFile(files[file]), path: treePath, friends: friends[file])
  }

  /// The files of friends, those that trees name themselves included, which are not among the files.
  /// - Throws: `ROOTFileError`.
  public func friendFiles() throws -> [URL] {
    let own = Set(files.map(\.standardizedFileURL.path))
    return try files.indices.flatMap { try open($0).friendFiles }.reduce(into: []) { found, url in
      if !own.contains(url.standardizedFileURL.path), !found.contains(url) { found.append(url) }
    }
  }

  /// A column of the schema or of the file.
  func recipe(_ name: String) -> Recipe { recipes[name] ?? .renamed(name) }

  /// Whether a column can be had from the first file; the schema's from all files.
  public func has(_ name: String) throws -> Bool {
    if recipes[name] != nil { return true }
    return try open(0).problem(ofColumn: name) == nil
  }

  /// Those of some names that are columns of the schema or of the first file.
  public func known(among names: [String]) throws -> [String] {
    let events = try open(0)
    return names.filter { recipes[$0] != nil || events.problem(ofColumn: $0) == nil }
  }

  /// The columns as a table without rows: their kinds and types.
  public func emptyTable(_ names: [String]) throws -> Table { try table(names, of: open(0), entries: 0..<0) }

  /// The events in batches of at most `size` from one file, in constant memory.
  /// ```swift
  /// var batches = reader.batches(of: 20_000, columns: ["Jet_pt", "MissingET_MET"])
  /// while let batch = try batches.next() { … batch.table … }
  /// ```
  public func batches(of size: Int, columns: [String]) -> SchemaBatches {
    precondition(size > 0, "batches hold at least one event, got \(size)")
    return SchemaBatches(reader: self, size: size, columns: columns)
  }

  /// Some columns of some entries of a file.
  func table(_ names: [String], of events: ROOTEvents, entries: Range<Int>) throws -> Table {
    var raw = [String]()
    for name in names {
      for column in recipe(name).columns where !raw.contains(column) { raw.append(column) }
    }
    let source = raw.isEmpty ? Table() : try events.table(raw, entries: entries)
    var result = Table()
    for name in names {
      let column: Column
      switch recipe(name) {
      case .renamed(let original): column = try source.column(original)
      case .computed(let expression): column = Self.flagged(try expression.evaluate(on: source))
      case .empty(let isFlag):
        column = Column(isFlag ? .uint8([]) : .float32([]), offsets: Array(repeating: 0, count: entries.count + 1))
      }
      guard column.rowCount == entries.count else {
        throw SchemaError(
          path: events.file.url.path, problem: "'\(name)' has \(column.rowCount) values for \(entries.count) events")
      }
      try result.add(name, column)
    }
    try checkCollections(result, events, firstEntry: entries.lowerBound)
    return result
  }

  /// Truth values are flags, as in the toolkit's own tables: they count, and stand where a condition is needed.
  private static func flagged(_ column: Column) -> Column {
    guard case .bool(let values) = column.values else { return column }
    let flags = ColumnValues.uint8(values.map { $0 ? 1 : 0 })
    return column.offsets.map { Column(flags, offsets: $0) } ?? Column(flags)
  }

  /// The members of a collection that the schema makes are of the same objects.
  private func checkCollections(_ table: Table, _ events: ROOTEvents, firstEntry: Int) throws {
    var first: [Substring: (name: String, offsets: [Int])] = [:]
    for name in table.names where recipes[name] != nil {
      guard let offsets = table[name]?.offsets else { continue }
      let collection = name.prefix { $0 != "_" }
      guard let other = first[collection] else {
        first[collection] = (name, offsets)
        continue
      }
      guard other.offsets != offsets else { continue }
      let row = offsets.indices.first { offsets[$0] != other.offsets[$0] } ?? 1
      throw SchemaError(
        path: events.file.url.path,
        problem:
          "'\(other.name)' and '\(name)' count different objects in entry \(firstEntry + row - 1) of '\(treePath)'; "
          + "the schema takes them from different collections, or the file is damaged")
    }
  }
}

extension SchemaReader.Recipe {
  init(parsing text: String) throws {
    let expression = try ColumnExpression(parsing: text)
    self = expression.columns == [text] ? .renamed(text) : .computed(expression)
  }
}

/// Batches of the events of several files, none across two files.
public struct SchemaBatches: Sendable {
  public struct Batch: Sendable {
    /// The position of the file, and the entry of the first row.
    public var file: Int
    public var firstEntry: Int
    public var table: Table
    /// The generator's weight of each event.
    public var generatorWeights: [Double]
  }

  let reader: SchemaReader
  let size: Int
  let columns: [String]
  private var file = 0
  private var entry = 0
  private var open: ROOTEvents?

  init(reader: SchemaReader, size: Int, columns: [String]) {
    self.reader = reader
    self.size = size
    self.columns = columns
  }

  /// The next batch, or `nil` after the last.
  public mutating func next() throws -> Batch? {
    while file < reader.files.count, entry == reader.entryCounts[file] {
      file += 1
      entry = 0
      open = nil
    }
    guard file < reader.files.count else { return nil }
    let events = try open ?? reader.open(file)
    open = events
    let count = reader.entryCounts[file]
    guard events.entryCount == count else {
      throw SchemaError(
        path: reader.files[file].path, problem: "had \(count) events a moment ago, now \(events.entryCount)")
    }
    let entries = entry..<min(entry + size, count)
    let table = try reader.table(columns, of: events, entries: entries)
    let weights = try reader.generatorWeights(of: events, entries: entries)
    defer { entry = entries.upperBound }
    return Batch(file: file, firstEntry: entry, table: table, generatorWeights: weights)
  }
}
