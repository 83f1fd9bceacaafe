import Columns
import Foundation
import ROOTFiles
import Records

/// The formats of files with tables, by what stands in the file or by its name.
public enum TableFormat: String, Hashable, Codable, Sendable, CaseIterable {
  case root, hdf5, numpy, text
  case parquet

  /// What a file's first bytes say; text where they say nothing and its name does.
  /// - Throws: ``EventFileError`` for a missing file and for one of no known format.
  public static func of(_ url: URL) throws -> TableFormat {
    guard let handle = try? FileHandle(forReadingFrom: url), let head = try? handle.read(upToCount: 8) ?? Data() else {
      throw EventFileError(.noSuchFile, path: url.path)
    }
    try? handle.close()
    let marks: [([UInt8], TableFormat)] = [
      (Array("root".utf8), .root), ([0x89] + Array("HDF\r\n".utf8), .hdf5), (NumPyHeader.magic, .numpy),
      ([0x50, 0x4B, 3, 4], .numpy), ([0x50, 0x4B, 5, 6], .numpy), (Array("PAR1".utf8), .parquet),
    ]
    if let (_, format) = marks.first(where: { head.starts(with: $0.0) }) { return format }
    if let named = named(url) { return named }
    // HDF5 may begin behind a block of another program's, and this one's seal is such a block.
    if HDF5File.isHDF5(url.path) { return .hdf5 }
    throw EventFileError(
      .unknownFormat(
        "no table that is known by its first bytes or its ending; known: ROOT, HDF5, NumPy (.npz, .npy), text (.csv, .tsv, .txt, .dat, also .gz)"
      ), path: url.path)
  }

  /// What a file's name says; `nil` for endings that are not known.
  public static func named(_ url: URL) -> TableFormat? {
    var name = url.lastPathComponent.lowercased()
    if name.hasSuffix(".gz") { name.removeLast(3) }
    switch (name as NSString).pathExtension {
    case "root": return .root
    case "h5", "hdf5", "hdf": return .hdf5
    case "npz", "npy": return .numpy
    case "csv", "tsv", "tab", "txt", "dat", "data": return .text
    case "parquet", "pq": return .parquet
    default: return nil
    }
  }

  static let noParquet =
    "Parquet is not read or written: no library for it is light enough to be linked. "
    + "In Python: pandas.read_parquet(file).to_hdf(…) or numpy.savez(…)"
}

/// The files that fit a path whose last part may have `*` and `?`, by name; the path itself where it has none.
/// - Throws: ``EventFileError`` if no file fits.
public func filesMatching(_ url: URL) throws -> [URL] {
  let pattern = url.lastPathComponent
  guard pattern.contains("*") || pattern.contains("?") else {
    guard FileManager.default.fileExists(atPath: url.path) else { throw EventFileError(.noSuchFile, path: url.path) }
    return [url]
  }
  let parent = url.deletingLastPathComponent()
  let names = ((try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? [])
    .filter { fnmatch(pattern, $0, FNM_PERIOD) == 0 }.sorted()
  guard !names.isEmpty else { throw EventFileError(.noSuchFile, path: url.path) }
  return names.map { parent.appendingPathComponent($0) }
}

/// The table of a file, whatever its format; that of a ROOT tree with the friends that the tree names.
/// - Parameters:
///   - tree: of a ROOT or HDF5 file that holds several tables, the path of one.
///   - text: how to read text.
///   - namedFriends: whether the friends that a ROOT tree names itself are read with it.
/// - Throws: an error that names the file, and the tables of a file that has several.
public func openTable(
  _ url: URL, tree: String? = nil, text: TextTableOptions = TextTableOptions(), namedFriends: Bool = true
) throws -> any TabularSource {
  let format = try TableFormat.of(url)
  if tree != nil, format == .numpy || format == .text {
    throw EventFileError(.unknownFormat("--tree is for ROOT and HDF5 files; this file is one table"), path: url.path)
  }
  switch format {
  case .root:
    let table = try ROOTTable(url, path: tree)
    return namedFriends ? try table.withItsFriends() : table
  case .hdf5:
    let isEventTable = tree == nil || tree == "events" || tree == "/events"
    if isEventTable, HDF5Table.isEventTable(url) { return try EventTable(url) }
    return try HDF5Table(url, path: tree)
  case .numpy: return try NumPyTable(url)
  case .text: return try TextTable(url, options: text)
  case .parquet: throw EventFileError(.unknownFormat(TableFormat.noParquet), path: url.path)
  }
}

extension HDF5Table {
  /// Whether a file has the mark of this program's event tables.
  static func isEventTable(_ url: URL) -> Bool {
    (try? HDF5File.open(url.path))?.textAttribute("format", of: "/") == EventTableLayout.format
  }
}

/// This program's own table of events as a ``TabularSource``.
public struct EventTable: TabularSource {
  public let reader: EventTableReader

  public init(_ url: URL) throws { reader = try EventTableReader(url) }

  public var url: URL { reader.url }
  public var kind: String { "event table" }
  public var entryCount: Int? { reader.rowCount }
  public var unreadable: [UnreadableColumn] { [] }
  public var columns: [TabularColumn] {
    reader.columns.map { TabularColumn(name: $0.name, type: $0.type, isJagged: $0.isJagged) }
  }

  public func chunks(of size: Int, columns: [String], entries: Range<Int>?) throws -> any TableChunks {
    RangeChunks(try checked(entries), size: size) { try reader.read(columns: columns, rows: $0) }
  }
}
