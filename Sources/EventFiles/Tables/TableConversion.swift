import ByteIO
import Columns
import EventSelection
import Foundation
import Records

/// Reads a table, chooses columns and rows, and writes it in another format: in chunks, in constant memory.
///
/// ```swift
/// var conversion = TableConversion(from: nano, to: csv)
/// conversion.columns = ["Jet_*", "MET_pt"]
/// conversion.condition = try ColumnExpression(parsing: "nJet >= 2")
/// let summary = try conversion.run()
/// ```
public struct TableConversion: Sendable {
  /// Tables with the same columns, one after another.
  public var inputs: [URL]
  public var output: URL
  /// Of ROOT or HDF5 files with several tables.
  public var tree: String?
  /// Tables whose columns are read beside those of the inputs.
  public var friends: [FriendFile] = []
  /// Whether the friends that ROOT trees name themselves are read with them.
  public var readsNamedFriends = true
  /// Names and patterns; derived columns come behind those of the file.
  public var columns = ["*"]
  public var definitions: [NamedExpression] = []
  /// Which rows are kept.
  public var condition: ColumnExpression?
  /// Which entries of the file are read; all where not told.
  public var entries: Range<Int>?
  /// How to read text.
  public var text = TextTableOptions()
  /// Rows read at a time.
  public var chunkSize = 100_000
  /// What the record of an HDF5 file says was run.
  public var command = "searchlight convert"

  public init(from inputs: URL..., to output: URL) { self.init(from: inputs, to: output) }

  public init(from inputs: [URL], to output: URL) {
    self.inputs = inputs
    self.output = output
  }

  /// A friend of the inputs: one file for each of them, or the inputs themselves, and a tree.
  public struct FriendFile: Hashable, Sendable {
    /// Empty: a tree of the inputs themselves.
    public var files: [URL]
    public var tree: String?
    public var alias: String

    /// - Parameter alias: what stands before names that are taken; where not told the tree's or file's own name.
    public init(files: [URL] = [], tree: String? = nil, alias: String? = nil) {
      self.files = files
      self.tree = tree
      let name = tree ?? files.first?.deletingPathExtension().lastPathComponent ?? "friend"
      self.alias = alias ?? String(name.split(separator: "/").last ?? "friend")
    }
  }

  /// The inputs with their friends as one table.
  /// - Throws: an error that names the file that does not fit.
  public func source() throws -> any TabularSource {
    func chain(_ files: [URL], _ tree: String?) throws -> any TabularSource {
      let tables = try files.map { try openTable($0, tree: tree, text: text, namedFriends: readsNamedFriends) }
      return tables.count == 1 ? tables[0] : try ChainedTable(tables)
    }
    let table = try chain(inputs, tree)
    guard !friends.isEmpty else { return table }
    return try FriendTable(
      table,
      friends: friends.map { .init(alias: $0.alias, table: try chain($0.files.isEmpty ? inputs : $0.files, $0.tree)) })
  }

  public struct Summary: Hashable, Sendable, Codable {
    public var readRows: Int
    public var writtenRows: Int
    public var columns: [TabularColumn]
    /// Columns that were asked for by a pattern with `*` alone and that no table holds.
    public var left: [UnreadableColumn]
  }

  /// - Throws: ``EventFileError``, `ROOTFileError`, `FileError`, `ExpressionError`, `RecordError` (cancelled). Nothing then stands
  ///   at the place of the output that did not before.
  public func run(
    progress: @escaping ProgressHandler = { _ in }, cancellation: CancellationToken = CancellationToken()
  ) throws -> Summary {
    try Self.checkOutput(output)
    let read = inputs + friends.flatMap(\.files)
    guard !read.contains(where: { $0.standardizedFileURL == output.standardizedFileURL }) else {
      throw EventFileError(.cannotWrite("it is the file that is read; choose another name"), path: output.path)
    }
    let source = try source()
    let name = inputs.count == 1 ? source.url.lastPathComponent : "\(source.url.lastPathComponent), …"
    let plan = try TableConversionPlan(source, self)
    let writer = try self.writer(source, widths: try textWidths(source, plan, progress, cancellation))
    var written = 0
    var isEmpty = true
    let rows = try eachChunk(source, plan, "convert \(name)", progress, cancellation) { chunk in
      // A first batch sets the columns even where it has no rows.
      if chunk.rowCount > 0 || isEmpty { try writer.append(chunk) }
      isEmpty = false
      written += chunk.rowCount
    }
    if isEmpty { try writer.append(try plan.output(of: plan.emptyInput(source))) }
    try writer.finish()
    return Summary(readRows: rows, writtenRows: written, columns: plan.outputs, left: plan.left)
  }

  /// Whether a file of this name can be written.
  /// - Throws: ``EventFileError`` for formats that are only read, and for unknown ones.
  public static func checkOutput(_ url: URL) throws {
    switch TableFormat.named(url) {
    case .root:
      throw EventFileError(
        .unknownFormat("ROOT files are read, not written; write .h5, .npz or .csv, and from .npz a tree with uproot"),
        path: url.path)
    case .parquet: throw EventFileError(.unknownFormat(TableFormat.noParquet), path: url.path)
    case .numpy where url.pathExtension.lowercased() != "npz":
      throw EventFileError(.unknownFormat("arrays are written to .npz files"), path: url.path)
    case nil:
      throw EventFileError(
        .unknownFormat("no format has this ending; known: .h5, .npz, .csv, .tsv, .csv.gz, .tsv.gz"), path: url.path)
    default: return
    }
  }

  /// How many columns of a text file each jagged column needs.
  func textWidths(
    _ source: any TabularSource, _ plan: TableConversionPlan, _ progress: ProgressHandler,
    _ cancellation: CancellationToken
  ) throws -> [String: Int] {
    var widths: [String: Int] = [:]
    guard TableFormat.named(output) == .text, plan.hasJaggedOutput else { return widths }
    try eachChunk(source, plan, "measure \(source.url.lastPathComponent)", progress, cancellation) { chunk in
      for name in chunk.names {
        guard let offsets = chunk[name]?.offsets else { continue }
        widths[name] = zip(offsets, offsets.dropFirst()).reduce(widths[name] ?? 0) { max($0, $1.1 - $1.0) }
      }
    }
    return widths
  }

  @discardableResult
  func eachChunk(
    _ source: any TabularSource, _ plan: TableConversionPlan, _ stage: String, _ progress: ProgressHandler,
    _ cancellation: CancellationToken, _ body: (Table) throws -> Void
  ) throws -> Int {
    let chunks = try source.chunks(of: chunkSize, columns: plan.inputs, entries: entries)
    var read = 0
    while let chunk = try chunks.next() {
      try cancellation.check()
      read += chunk.rowCount
      try body(try plan.output(of: chunk))
      let total = entries?.count ?? source.entryCount ?? Int(Double(read) / max(chunks.fractionDone, 1e-9))
      progress(ProgressUpdate(stage: stage, completed: read, total: max(read, total), unit: "rows"))
    }
    return read
  }

  func writer(_ source: any TabularSource, widths: [String: Int]) throws -> any TabularWriter {
    let name = output.lastPathComponent.lowercased()
    switch TableFormat.named(output) {
    case .hdf5:
      let files = inputs + friends.flatMap(\.files)
      return try EventTableTabularWriter(output, source: source, files: files, command: command)
    case .numpy: return try NumPyTableWriter(output)
    default:
      let isTabs =
        name.hasSuffix(".tsv") || name.hasSuffix(".tsv.gz") || name.hasSuffix(".tab") || name.hasSuffix(".tab.gz")
      return try TextTableWriter(
        output, delimiter: isTabs ? .tab : .comma, compression: name.hasSuffix(".gz") ? 6 : nil, widths: widths)
    }
  }
}

/// Which columns are read, and what is made of them.
struct TableConversionPlan {
  let inputs: [String]
  let outputs: [TabularColumn]
  let left: [UnreadableColumn]
  private let definitions: [NamedExpression]
  private let condition: ColumnExpression?

  /// - Parameter added: columns that come to the derived ones, for which `needs` are read.
  init(
    _ source: any TabularSource, _ conversion: TableConversion, added: [String] = [], needs: [String] = []
  ) throws {
    definitions = conversion.definitions
    condition = conversion.condition
    let derived = Set(definitions.map(\.name))
    let patterns = conversion.columns.filter { !derived.contains($0) }
    let chosen = try source.columnNames(matching: patterns)
    // With all columns of the file, so that errors name the nearest of them.
    var all = Table()
    for column in source.columns { try all.add(column.name, emptyColumn(column)) }
    for definition in definitions { try all.add(definition.name, definition.expression.evaluate(on: all)) }
    for name in needs where all[name] == nil { _ = try source.column(named: name) }
    for name in added { try all.add(name, Column(.float32([]))) }
    if let condition { _ = try condition.mask(on: all) }
    let named = Set(needs).union((definitions.map(\.expression) + [condition].compactMap(\.self)).flatMap(\.columns))
    let needed = named.compactMap { name -> String? in
      if source.columns.contains(where: { $0.name == name }) { return name }
      // `nJet` is the number of values of a column of jets.
      guard name.hasPrefix("n") else { return nil }
      return source.columns.first { $0.isJagged && $0.name.hasPrefix(name.dropFirst() + "_") }?.name
    }
    let wanted = Set(chosen + needed)
    inputs = source.columns.map(\.name).filter(wanted.contains)
    let names = chosen.filter { !derived.contains($0) } + definitions.map(\.name) + added
    outputs = names.compactMap { name in
      all[name].map { TabularColumn(name: name, type: $0.values.type, isJagged: $0.isJagged) }
    }
    left = conversion.columns == ["*"] ? source.unreadable : []
  }

  var hasJaggedOutput: Bool { outputs.contains(where: \.isJagged) }

  func emptyInput(_ source: any TabularSource) throws -> Table {
    var table = Table()
    for name in inputs { try table.add(name, emptyColumn(try source.column(named: name))) }
    return table
  }

  func output(of chunk: Table) throws -> Table { try chosen(from: try derived(from: chunk)) }

  /// With the derived columns.
  func derived(from chunk: Table) throws -> Table {
    var table = chunk
    for definition in definitions { try table.add(definition.name, definition.expression.evaluate(on: table)) }
    return table
  }

  /// The rows and columns that are wanted.
  func chosen(from table: Table) throws -> Table {
    let mask = try condition?.mask(on: table)
    let table = try table.selecting(outputs.map(\.name))
    return mask.map { $0.allSatisfy(\.self) ? table : table.filtered($0) } ?? table
  }
}

/// Writes a table of any source as this program's table of events.
///
/// The metadata of an event table go along. A flat column that only counts the values of a jagged one (`nJet` beside `Jet_pt`) is
/// stored as that one's counts, as the layout has them.
final class EventTableTabularWriter: TabularWriter {
  private let writer: EventTableWriter
  private let record: RunRecord
  private let url: URL

  init(_ url: URL, source: any TabularSource, files: [URL], command: String) throws {
    self.url = url
    var metadata = SampleMetadata(name: source.url.deletingPathExtension().lastPathComponent)
    if let table = source as? EventTable { metadata = table.reader.metadata }
    metadata.notes["converted"] = "from \(source.kind) of \(source.url.lastPathComponent)"
    // Files of one name in several folders are told apart by their place in the list.
    let areNamed = Set(files.map(\.lastPathComponent)).count == files.count
    let digests = try files.enumerated().map { index, file in
      (areNamed ? file.lastPathComponent : "\(index + 1): \(file.lastPathComponent)", try Digest.of(fileAt: file))
    }
    record = RunRecord(command: command, seed: 0, inputs: Dictionary(uniqueKeysWithValues: digests))
    writer = try EventTableWriter(url, metadata: metadata)
  }

  func append(_ batch: Table) throws {
    var batch = batch
    for name in batch.names {
      guard let column = batch[name], let offsets = column.offsets else { continue }
      let counts = EventTableLayout.countsName(of: name)
      guard let flat = batch[counts], !flat.isJagged else { continue }
      guard zip(flat.values.asDoubles(), zip(offsets, offsets.dropFirst())).allSatisfy({ $0 == Double($1.1 - $1.0) })
      else {
        let reason =
          "HDF5 stores how many values '\(name)' has under this name, which are others; leave one of both out"
        throw EventFileError(.mismatch(column: counts, reason: reason), path: url.path)
      }
      batch.remove(counts)
    }
    try writer.append(batch)
  }

  func finish() throws { try writer.finish(record: record) }
}
