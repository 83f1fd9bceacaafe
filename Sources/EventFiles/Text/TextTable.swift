import ByteIO
import Columns
import Foundation
import Records

/// A table in a text file: comma-separated values (RFC 4180), tab-separated and the like, with a header or not, plain or gzip.
///
/// Rows are read in blocks, each by all cores; memory is taken for a block or two. Numbers are read to the nearest double.
/// ```swift
/// let table = try TextTable(url)
/// let masses = try table.read(columns: ["m_bb"], entries: 0..<1000)
/// ```
public struct TextTable: TabularSource {
  public let url: URL
  public let columns: [TabularColumn]
  public let unreadable: [UnreadableColumn]
  /// Known where the types were inferred, which takes a pass over the file.
  public let entryCount: Int?
  public let delimiter: TextTableOptions.Delimiter
  public let hasHeader: Bool

  private let fields: TextFields
  /// The columns as they stand in the file.
  private let fileNames: [String]
  /// For each of `columns` its columns in the file: one, or those of a jagged one in order.
  private let places: [[Int]]
  private let checkpoints: [Checkpoint]

  /// The first row of a block.
  struct Checkpoint: Sendable {
    var row: Int
    var offset: Int
    var line: Int
  }

  public var kind: String { "\(delimiter.rawValue)-separated text" }

  /// Looks at the first rows, and, unless told the types, at all of them.
  /// - Throws: `FileError`; ``EventFileError`` with line and column where the text is no table.
  public init(_ url: URL, options: TextTableOptions = TextTableOptions()) throws {
    self.url = url
    let head = try TextHead(url, options)
    delimiter = head.delimiter
    hasHeader = head.hasHeader
    fields = head.fields
    fileNames = head.names
    switch options.types {
    case .all(let type):
      (columns, places) = Self.grouped(head.names, types: head.names.map { _ in type }, options)
      unreadable = []
      entryCount = nil
      checkpoints = []
    case .inferred:
      let found = try TextTypeScan(url, head: head)
      (columns, places) = Self.grouped(head.names, types: found.kinds.map(\.type), options)
      unreadable = zip(head.names, found.kinds).compactMap { name, kinds in
        kinds.type == nil ? UnreadableColumn(name: name, reason: "its fields are texts") : nil
      }
      entryCount = found.rows
      checkpoints = found.checkpoints
    }
  }

  /// Columns with those named `Jet_pt[0]`, `Jet_pt[1]`, … joined, where all of them hold numbers and no other column
  /// of numbers is a `Jet_pt`.
  private static func grouped(
    _ names: [String], types: [ColumnType?], _ options: TextTableOptions
  ) -> ([TabularColumn], [[Int]]) {
    var columns: [TabularColumn] = [], places: [[Int]] = []
    let readable = Set(zip(names, types).compactMap { $1 == nil ? nil : $0 })
    var i = 0
    while i < names.count {
      guard let type = types[i] else {
        i += 1
        continue
      }
      var group = [i]
      let base = names[i].dropLast(3)
      if options.joinsIndexedColumns, names[i].hasSuffix("[0]"), !readable.contains(String(base)) {
        while i + group.count < names.count, names[i + group.count] == "\(base)[\(group.count)]",
          types[i + group.count] != nil
        { group.append(i + group.count) }
        let kinds = Set(group.compactMap { types[$0] })
        // Where a column has no values at all, its fields say nothing of the others'.
        columns.append(
          TabularColumn(name: String(base), type: kinds.count == 1 ? type : .float64, isJagged: true))
      } else {
        columns.append(TabularColumn(name: names[i], type: type))
      }
      places.append(group)
      i += group.count
    }
    return (columns, places)
  }

  /// The rows there are, or, where the types were not inferred, about how many, from those of the first megabyte.
  public func estimatedEntryCount() throws -> Int {
    if let entryCount { return entryCount }
    let blocks = try TextBlocks(url, blockBytes: 1 << 20)
    guard let block = try blocks.next() else { return 0 }
    let lines = countLines(UnsafeRawBufferPointer(block.bytes)) - (hasHeader ? 1 : 0)
    return Int((Double(lines) / max(blocks.fractionDone, 1e-9)).rounded())
  }

  public func chunks(of size: Int, columns names: [String], entries: Range<Int>?) throws -> any TableChunks {
    precondition(size > 0, "chunks hold at least one row, got \(size)")
    let wanted = try names.map { try column(named: $0) }
    if let entries, entries.lowerBound < 0 || entries.upperBound > entryCount ?? .max {
      throw EventFileError(.rows(requested: entries, available: entryCount ?? 0), path: url.path)
    }
    var actions = [TextValuePass.Action](repeating: .skip, count: fileNames.count)
    var outputs: [TextValuePass.Output] = []
    for column in wanted {
      guard let index = columns.firstIndex(where: { $0.name == column.name }) else { continue }
      for (position, place) in places[index].enumerated() {
        actions[place] = action(column, slot: outputs.count, isLast: position == places[index].count - 1)
      }
      outputs.append(.init(name: column.name, type: column.type, isJagged: column.isJagged))
    }
    let pass = TextValuePass(fields: fields, actions: actions, outputs: outputs, names: fileNames)
    let from = entries?.lowerBound ?? 0
    let start = checkpoints.last { $0.row <= from }
    return TextChunks(
      pass: pass, blocks: try TextBlocks(url, from: start.map { ($0.offset, $0.line) }), path: url.path,
      skipsHeader: hasHeader && start == nil, firstRow: start?.row ?? 0, entries: entries, size: size)
  }

  private func action(_ column: TabularColumn, slot: Int, isLast: Bool) -> TextValuePass.Action {
    if column.isJagged { return .element(slot, isLast: isLast) }
    return switch column.type {
    case .float32, .float64: .number(slot)
    case .int32, .int64, .uint8: .whole(slot)
    case .bool: .truth(slot)
    }
  }
}

/// What the first rows of a text say about the rest.
struct TextHead {
  let delimiter: TextTableOptions.Delimiter
  let hasHeader: Bool
  let names: [String]
  let fields: TextFields

  init(_ url: URL, _ options: TextTableOptions) throws {
    let blocks = try TextBlocks(url, blockBytes: 1 << 16)
    guard let block = try blocks.next(), let base = block.bytes.baseAddress else {
      throw EventFileError(.inText(line: 1, column: nil, reason: "the file is empty"), path: url.path)
    }
    let end = base + block.bytes.count
    let plain = TextFields(.comma, options)
    let first = plain.rowStart(base, end: end)
    guard first < end else {
      throw EventFileError(.inText(line: block.line, column: nil, reason: "there are no rows"), path: url.path)
    }
    do throws(TextFault) {
      let delimiter = options.delimiter ?? Self.delimiter(ofRowAt: first, end)
      let fields = TextFields(delimiter, options)
      let start = fields.rowStart(base, end: end)
      let row = try fields.row(at: start, end: end).fields
      self.delimiter = delimiter
      self.fields = fields
      switch options.header {
      case .present: hasHeader = true
      case .absent: hasHeader = false
      case .detected: hasHeader = row.contains { TextTypePass.kind(of: $0, fields) == .text }
      }
      names = try Self.names(row, hasHeader: hasHeader, options, at: start)
    } catch {
      throw error.located(in: block, path: url.path)
    }
  }

  private static func delimiter(
    ofRowAt start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> TextTableOptions.Delimiter {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for p in start..<end {
      if p.pointee == TextFields.quote { isQuoted.toggle() }
      if isQuoted { continue }
      if p.pointee == TextFields.lineFeed { break }
      counts[p.pointee, default: 0] += 1
    }
    let candidates: [TextTableOptions.Delimiter] = [.tab, .comma, .semicolon]
    let best = candidates.max { counts[$0.byte] ?? 0 < counts[$1.byte] ?? 0 } ?? .comma
    if counts[best.byte] ?? 0 > 0 { return best }
    return counts[UInt8(ascii: " ")] ?? 0 > 0 ? .blanks : .comma
  }

  private static func names(
    _ row: [TextFields.Field], hasHeader: Bool, _ options: TextTableOptions, at start: UnsafePointer<UInt8>
  ) throws(TextFault) -> [String] {
    if let names = options.names {
      guard names.count == row.count else {
        throw TextFault(start, "the row has \(row.count) fields, but \(names.count) names were given")
      }
      return names
    }
    guard hasHeader else { return row.indices.map { "column\($0)" } }
    var seen = Set<String>()
    var names: [String] = []
    for (index, field) in row.enumerated() {
      let name = field.text.isEmpty ? "column\(index)" : field.text
      guard seen.insert(name).inserted else { throw TextFault(start, "two columns have the name '\(name)'") }
      names.append(name)
    }
    return names
  }
}

/// A pass over a whole text: what its columns hold, how many rows there are, and where they are.
struct TextTypeScan {
  private(set) var kinds: [FieldKinds]
  private(set) var rows = 0
  /// The first row of each block; empty for compressed files, into which nobody can jump.
  private(set) var checkpoints: [TextTable.Checkpoint] = []

  init(_ url: URL, head: TextHead) throws {
    kinds = Array(repeating: [], count: head.names.count)
    let blocks = try TextBlocks(url)
    var isFirst = true
    while let block = try blocks.next() {
      let body = isFirst && head.hasHeader ? try block.withoutFirstRow(head.fields, path: url.path) : block
      isFirst = false
      if !blocks.isCompressed { checkpoints.append(.init(row: rows, offset: body.offset, line: body.line)) }
      let pass = TextTypePass(fields: head.fields, settled: kinds.map(\.isSettled))
      for part in try overLanes(body, path: url.path, pass.run) {
        for column in kinds.indices { kinds[column].formUnion(part.kinds[column]) }
        rows += part.rows
      }
    }
  }
}

extension TextBlocks.Block {
  /// The rest of the block behind its first row that is neither empty nor a comment: the header.
  func withoutFirstRow(_ fields: TextFields, path: String) throws -> TextBlocks.Block {
    guard let base = bytes.baseAddress else { return self }
    let end = base + bytes.count
    do throws(TextFault) {
      let next = try fields.row(at: fields.rowStart(base, end: end), end: end).next
      // The header's own line break is part of it, so that the rest begins with a row.
      var start = next
      while start < end, start.pointee != TextFields.lineFeed, start.pointee != TextFields.carriageReturn { start += 1 }
      if start < end, start.pointee == TextFields.carriageReturn { start += 1 }
      if start < end, start.pointee == TextFields.lineFeed { start += 1 }
      var rest = self
      rest.bytes = UnsafeBufferPointer(start: start, count: end - start)
      rest.offset += start - base
      rest.line += countLines(UnsafeRawBufferPointer(start: base, count: start - base))
      return rest
    } catch {
      throw error.located(in: self, path: path)
    }
  }
}

/// The rows of a text, chunk by chunk.
final class TextChunks: TableChunks {
  private let pass: TextValuePass
  private let blocks: TextBlocks
  private let path: String
  private let entries: Range<Int>?
  private let size: Int
  private var skipsHeader: Bool
  /// The number of the row that the next block begins with.
  private var row: Int
  private var pending = Table()
  private var given = 0
  private var isDone = false

  init(
    pass: TextValuePass, blocks: TextBlocks, path: String, skipsHeader: Bool, firstRow: Int, entries: Range<Int>?,
    size: Int
  ) {
    self.pass = pass
    self.blocks = blocks
    self.path = path
    self.skipsHeader = skipsHeader
    row = firstRow
    self.entries = entries
    self.size = size
  }

  var fractionDone: Double { isDone ? 1 : blocks.fractionDone }

  func next() throws -> Table? {
    while given == pending.rowCount {
      guard !isDone, try readBlock() else {
        try checkEnd()
        return nil
      }
    }
    let end = min(given + size, pending.rowCount)
    defer { given = end }
    return given == 0 && end == pending.rowCount ? pending : pending[rows: given..<end]
  }

  /// Rows that were asked for must be there.
  private func checkEnd() throws {
    isDone = true
    if let entries, row < entries.upperBound {
      throw EventFileError(.rows(requested: entries, available: row), path: path)
    }
  }

  private func readBlock() throws -> Bool {
    if let entries, row >= entries.upperBound { return false }
    guard var block = try blocks.next() else { return false }
    if skipsHeader {
      block = try block.withoutFirstRow(pass.fields, path: path)
      skipsHeader = false
    }
    var table = Table(), rows = 0
    for part in try overLanes(block, path: path, pass.run) {
      var piece = Table()
      for (output, column) in zip(pass.outputs, part.columns) { try piece.add(output.name, column) }
      try table.append(piece)
      rows += part.rows
    }
    if let entries {
      let kept = entries.clamped(to: row..<row + rows)
      if kept.count < rows { table = table[rows: kept.lowerBound - row..<kept.upperBound - row] }
      if kept.isEmpty { table = Table() }
    }
    row += rows
    pending = table
    given = 0
    return true
  }
}
