import Columns
import Foundation
import Records

/// Any table in an HDF5 file: what h5py, PyTables and pandas write. Event tables of this program have ``EventTableReader``.
///
/// A table is one of
/// - a group: its datasets whose first dimension is as long as most of them have it. A one-dimensional dataset is a flat
///   column, one of more dimensions a jagged column whose rows are of one length, one of compound elements a column for each member;
/// - a dataset: of compound elements, a column for each member; of numbers in two dimensions, a column for each of its own,
///   `column0`, `column1`, …;
/// - a data frame of pandas, `fixed` or `table`, with its columns' names.
/// 64-bit unsigned numbers are read as int64; one beyond it is an error.
public struct HDF5Table: TabularSource {
  public let url: URL
  /// Of the group or dataset.
  public let path: String
  public let columns: [TabularColumn]
  public let unreadable: [UnreadableColumn]
  private let rowCount: Int
  private let layouts: [String: Layout]
  private let file: HDF5File

  public var kind: String { "HDF5 table '\(path)'" }
  public var entryCount: Int? { rowCount }

  struct Layout: Sendable {
    var dataset: HDF5Dataset
    var member: String?
    var type: ColumnType
    /// Values a row has in the file.
    var width: Int
    /// Which of them the column takes; all where it is jagged.
    var index: Int?
    var isUnsigned64: Bool
    var isBits: Bool
  }

  /// - Parameter path: the group or dataset; the only table of the file where not told.
  /// - Throws: ``EventFileError``; it names the tables of a file that has several.
  public init(_ url: URL, path: String? = nil) throws {
    self.url = url
    let file = try HDF5File.open(url.path)
    self.file = file
    let place = try path.map { $0.hasPrefix("/") ? $0 : "/" + $0 } ?? Self.onlyTable(of: file)
    self.path = place
    var finder = HDF5TableFinder(file: file)
    switch file.kind(of: place) {
    case .group: try finder.addGroup(place)
    case .dataset: try finder.addDataset(place, isTable: true)
    default:
      let tables = try Self.tables(of: file)
      throw EventFileError(
        .noColumn(name: place, nearest: nearestName(to: place, in: tables), available: tables), path: url.path)
    }
    let found = finder.finished()
    guard !found.columns.isEmpty else {
      let reasons = found.unreadable.prefix(3).map { "; \($0.name): \($0.reason)" }.joined()
      throw EventFileError(
        .unreadableType(
          dataset: place, reason: "it holds no numbers in rows\(reasons); 'searchlight inspect' shows what it holds"),
        path: url.path)
    }
    columns = found.columns
    unreadable = found.unreadable
    layouts = found.layouts
    rowCount = found.rows
  }

  private static func onlyTable(of file: HDF5File) throws -> String {
    let tables = try tables(of: file)
    if tables.count == 1 { return tables[0] }
    let reason =
      tables.isEmpty
      ? "an HDF5 file without a table: no group or dataset of it holds numbers in rows"
      : "an HDF5 file with several tables (\(tables.joined(separator: ", "))): name one with --tree"
    throw EventFileError(.unknownFormat(reason), path: file.path)
  }

  /// Groups and datasets of a file that are tables: groups that hold datasets of numbers, and frames of pandas.
  static func tables(of file: HDF5File) throws -> [String] {
    var found: [String] = []
    func visit(_ group: String, depth: Int) throws {
      guard depth < 16, found.count < 1000 else { return }
      if file.textAttribute("pandas_type", of: group) != nil { return found.append(group) }
      var holdsNumbers = false
      var below: [String] = []
      for name in try file.names(in: group) {
        let path = group == "/" ? "/\(name)" : "\(group)/\(name)"
        switch file.kind(of: path) {
        case .group: below.append(path)
        case .dataset:
          if let info = try? file.openDataset(path).info(), !info.shape.isEmpty,
            info.type != nil || info.isCompound || info.isUnsigned64 || info.isBits
          {
            holdsNumbers = true
          }
        default: break
        }
      }
      if holdsNumbers { found.append(group) }
      for path in below { try visit(path, depth: depth + 1) }
    }
    try visit("/", depth: 0)
    return found
  }

  public func chunks(of size: Int, columns names: [String], entries: Range<Int>?) throws -> any TableChunks {
    let range = try checked(entries)
    let wanted = try names.map { try column(named: $0) }
    return RangeChunks(range, size: size) { rows in
      var table = Table()
      for column in wanted { try table.add(column.name, try read(column, rows)) }
      return table
    }
  }

  private func read(_ column: TabularColumn, _ rows: Range<Int>) throws -> Column {
    guard let layout = layouts[column.name] else { preconditionFailure("'\(column.name)' has no layout") }
    var values = try layout.dataset.read(
      layout.type, rows: rows, width: layout.width, member: layout.member, isBits: layout.isBits)
    if layout.isUnsigned64, case .int64(let numbers) = values, numbers.contains(.max) {
      throw EventFileError(
        .unreadableType(dataset: column.name, reason: "it has whole numbers of 2⁶³ or more"), path: url.path)
    }
    if let index = layout.index {
      values = values.gathered(at: Array(stride(from: index, to: values.count, by: layout.width)))
    }
    guard column.isJagged else { return Column(values) }
    return Column(values, offsets: (0...rows.count).map { $0 * layout.width })
  }
}

/// Looks for the columns of a table.
struct HDF5TableFinder {
  let file: HDF5File
  private var found: [(column: TabularColumn, layout: HDF5Table.Layout, rows: Int)] = []
  private var unreadable: [UnreadableColumn] = []

  init(file: HDF5File) { self.file = file }

  mutating func addGroup(_ group: String) throws {
    switch file.textAttribute("pandas_type", of: group) {
    case "frame": return try addFixedFrame(group)
    case "frame_table": return try addDataset(place("table", in: group), isTable: true, pandas: true)
    default: break
    }
    for name in try file.names(in: group) {
      let path = place(name, in: group)
      guard file.kind(of: path) == .dataset else { continue }
      do {
        try addDataset(path, isTable: false)
      } catch let error as EventFileError {
        refuse(name, error.problem.text)
      }
    }
  }

  private func place(_ name: String, in group: String) -> String { group == "/" ? "/\(name)" : "\(group)/\(name)" }

  private func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// - Parameter isTable: whether the dataset is the table itself, not a column in a group.
  mutating func addDataset(_ path: String, isTable: Bool, pandas: Bool = false) throws {
    let dataset = try file.openDataset(path)
    let info = try dataset.info()
    let name = lastName(path)
    guard let rows = info.shape.first else { return refuse(name, "it is a single value") }
    guard info.isPlausible else {
      return refuse(name, "it claims \(rows) rows, but only \(info.storedBytes) bytes are stored")
    }
    if info.isCompound {
      guard info.shape.count == 1 else { return refuse(name, "compound elements in \(info.shape.count) dimensions") }
      for member in try dataset.memberNames() {
        let part = try dataset.info(ofMember: member)
        let title = isTable ? member : "\(name)_\(member)"
        try addMember(title, member, part, of: dataset, path, rows: rows, pandas: pandas)
      }
      return
    }
    guard let type = columnType(info) else { return refuse(name, unfit(info)) }
    let width = info.shape.dropFirst().reduce(1, multiplied)
    guard width > 0, width < 1 << 24 else { return refuse(name, "its rows have \(width) values") }
    let layout = HDF5Table.Layout(
      dataset: dataset, member: nil, type: type, width: width, isUnsigned64: info.isUnsigned64,
      isBits: info.isBits)
    if isTable, info.shape.count == 2, width <= 1 << 16 {
      spread((0..<width).map { "column\($0)" }, layout, rows)
    } else {
      take(TabularColumn(name: name, type: type, isJagged: info.shape.count > 1), layout, rows)
    }
  }

  private mutating func addMember(
    _ title: String, _ member: String, _ info: HDF5Dataset.Info, of dataset: HDF5Dataset, _ path: String, rows: Int,
    pandas: Bool
  ) throws {
    guard let type = columnType(info) else { return refuse(title, unfit(info)) }
    let width = info.shape.reduce(1, multiplied)
    guard width > 0, width < 1 << 24 else { return refuse(title, "it has \(width) values a row") }
    let layout = HDF5Table.Layout(
      dataset: dataset, member: member, type: type, width: width, isUnsigned64: info.isUnsigned64,
      isBits: info.isBits)
    if pandas, let kinds = file.textAttribute("\(member)_kind", of: path), let names = pickledNames(kinds),
      names.count == width
    {
      return spread(names, layout, rows)
    }
    take(TabularColumn(name: title, type: type, isJagged: !info.shape.isEmpty), layout, rows)
  }

  /// pandas keeps columns of one type together: `block0_values` [rows, columns], whose names are `block0_items`.
  private mutating func addFixedFrame(_ group: String) throws {
    for block in 0..<1000 {
      let values = place("block\(block)_values", in: group), items = place("block\(block)_items", in: group)
      guard file.kind(of: values) == .dataset, file.kind(of: items) == .dataset else { return }
      let names = try file.readTexts(items)
      let dataset: HDF5Dataset, info: HDF5Dataset.Info
      do {
        dataset = try file.openDataset(values)
        info = try dataset.info()
      } catch let error as EventFileError {
        for name in names { refuse(name, error.problem.text) }
        continue
      }
      guard info.shape.count == 2, info.shape[1] == names.count, let type = columnType(info), info.isPlausible else {
        refuse(names.joined(separator: ", "), unfit(info))
        continue
      }
      spread(
        names,
        HDF5Table.Layout(
          dataset: dataset, member: nil, type: type, width: names.count, isUnsigned64: info.isUnsigned64,
          isBits: info.isBits),
        info.shape[0])
    }
  }

  private func columnType(_ info: HDF5Dataset.Info) -> ColumnType? {
    info.isUnsigned64 ? .int64 : info.isBits ? .bool : info.type
  }

  private func unfit(_ info: HDF5Dataset.Info) -> String {
    info.isText ? "it holds texts" : "its elements are no numbers that a column holds"
  }

  private func multiplied(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  /// A column for each value of a row.
  private mutating func spread(_ names: [String], _ layout: HDF5Table.Layout, _ rows: Int) {
    for (index, name) in names.enumerated() {
      var part = layout
      part.index = names.count == 1 ? nil : index
      take(TabularColumn(name: name, type: layout.type), part, rows)
    }
  }

  private mutating func take(_ column: TabularColumn, _ layout: HDF5Table.Layout, _ rows: Int) {
    guard !found.contains(where: { $0.column.name == column.name }) else {
      return refuse(column.name, "another column has this name")
    }
    found.append((column, layout, rows))
  }

  private mutating func refuse(_ name: String, _ reason: String) {
    unreadable.append(UnreadableColumn(name: name, reason: reason))
  }

  /// The columns of the length that most have; of equally many, the first.
  func finished() -> (
    columns: [TabularColumn], layouts: [String: HDF5Table.Layout], rows: Int, unreadable: [UnreadableColumn]
  ) {
    var counts: [Int: Int] = [:]
    for entry in found { counts[entry.rows, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    let rows = found.first { counts[$0.rows] == most }?.rows ?? 0
    let chosen = found.filter { $0.rows == rows }
    let other = found.filter { $0.rows != rows }.map {
      UnreadableColumn(name: $0.column.name, reason: "it has \($0.rows) rows, the table \(rows)")
    }
    return (
      chosen.map(\.column),
      Dictionary(chosen.map { ($0.column.name, $0.layout) }, uniquingKeysWith: { first, _ in first }), rows,
      unreadable + other
    )
  }
}

/// The texts of a pickled list (protocol 0), as PyTables keeps names in attributes: `(lp1\nVjet_pt\np2\naVjet_eta\n…`.
func pickledNames(_ text: String) -> [String]? {
  guard text.hasPrefix("(lp") else { return nil }
  return text.split(separator: "\n").compactMap { line in
    line.hasPrefix("aV") ? String(line.dropFirst(2)) : line.hasPrefix("V") ? String(line.dropFirst()) : nil
  }
}
