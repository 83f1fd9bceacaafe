import Columns
import Foundation
import Records

/// What an HDF5 file holds: of event tables the columns and the metadata, of any other file the tree of its objects.
public struct FileInspection: Hashable, Sendable, Encodable {
  /// A group or dataset of the file.
  public struct Object: Hashable, Sendable, Encodable {
    /// `/events/Jet_pt`
    public var path: String
    public var isGroup: Bool
    /// `float32`, `text`, `compound(pt, eta)`, `other` for what no column can hold, or `damaged: …`; empty for groups.
    public var type: String
    public var shape: [Int]
    /// Bytes of the values before and after compression.
    public var bytes: Int
    public var storedBytes: Int
    /// As text, in order of their names.
    public var attributes: [String: String]
  }

  public var file: String
  public var fileBytes: Int
  public var digest: Digest
  /// Why the file is no event table that this program reads; `nil` where it is one.
  public var obstacle: String?
  public var rows: Int?
  public var schemaVersion: Int?
  /// In the order of the file; empty where it is no event table.
  public var columns: [EventColumn]
  public var sample: SampleMetadata?
  public var record: RunRecord?
  /// All objects, each group before its members.
  public var objects: [Object]

  /// Looks into a file; the events themselves are not read.
  /// - Throws: ``EventFileError`` if it is no readable HDF5 file.
  public init(of url: URL) throws {
    let file = try HDF5File.open(url.path)
    self.file = url.path
    digest = try Digest.of(fileAt: url)
    fileBytes = (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
    objects = []
    columns = []
    do {
      let reader = try EventTableReader(url)
      rows = reader.rowCount
      schemaVersion = reader.schemaVersion
      columns = reader.columns
      sample = reader.metadata
      record = reader.record
    } catch let error as EventFileError {
      obstacle = error.problem.text
    }
    try collect("/", of: file, depth: 0)
  }

  private mutating func collect(_ group: String, of file: HDF5File, depth: Int) throws {
    // Hard links may make a circle; nothing sensible lies this deep.
    guard depth < 32 else { return }
    for name in try file.names(in: group) {
      let path = group == "/" ? "/\(name)" : "\(group)/\(name)"
      var object = Object(
        path: path, isGroup: false, type: "", shape: [], bytes: 0, storedBytes: 0, attributes: [:])
      switch file.kind(of: path) {
      case .group:
        object.isGroup = true
        object.attributes = try attributes(of: path, file)
        objects.append(object)
        try collect(path, of: file, depth: depth + 1)
      case .dataset:
        do {
          let info = try file.openDataset(path).info()
          object.type = try type(of: info, path, file)
          object.shape = info.shape
          object.bytes = info.bytes
          object.storedBytes = info.storedBytes
          object.attributes = try attributes(of: path, file)
        } catch let error as EventFileError {
          guard case .damaged(_, let reason) = error.problem else { throw error }
          object.type = "damaged: \(reason)"
        }
        objects.append(object)
      case .absent, .other:
        object.type = "other"
        objects.append(object)
      }
    }
  }

  private func type(of info: HDF5Dataset.Info, _ path: String, _ file: HDF5File) throws -> String {
    if let type = info.type { return type.rawValue }
    if info.isText { return "text" }
    if info.isUnsigned64 { return "uint64" }
    if info.isBits { return "bool" }
    guard info.isCompound else { return "other" }
    let names = try file.openDataset(path).memberNames()
    return "compound(\(names.prefix(6).joined(separator: ", "))\(names.count > 6 ? ", …" : ""))"
  }

  private func attributes(of path: String, _ file: HDF5File) throws -> [String: String] {
    var result = [String: String]()
    for name in try file.attributeNames(of: path) {
      result[name] =
        file.textAttribute(name, of: path) ?? file.integerAttribute(name, of: path).map(String.init)
        ?? file.realAttribute(name, of: path).map { "\($0)" } ?? "(an array)"
    }
    return result
  }
}

extension FileInspection: CustomStringConvertible {
  /// For a terminal: the sample, its columns or objects, slices and cut flows.
  public var description: String {
    var lines = ["\(file): \(Self.bytes(fileBytes)), sha256 \(digest.short)…"]
    if let sample, let rows, let schemaVersion {
      let parameters = sample.parameters.sorted { $0.key < $1.key }.map { ", \($0.key) = \($0.value)" }.joined()
      lines.append(
        "sample \(sample.name) (\(sample.kind.rawValue)\(parameters)): \(rows) events, schema \(schemaVersion)")
      for (key, note) in sample.notes.sorted(by: { $0.key < $1.key }) { lines.append("\(key): \(note)") }
      if let record {
        lines.append("made by \(record.program) \(record.version), seed \(record.seed): \(record.command)")
      }
      lines += ["", "columns"] + columnLines
      if !sample.slices.isEmpty {
        lines += ["", "slices, before cuts on reconstructed objects"] + sliceLines(sample.slices)
      }
      for (variation, flow) in sample.cutFlows.sorted(by: { $0.key < $1.key }) {
        lines += ["", "cut flow \(variation)"]
        lines += Self.aligned(
          [["cut", "raw", "Σw", "√Σw²", "N_eff"]]
            + flow.steps.map { step in
              [
                step.name, "\(step.count)", Self.number(step.sumW), Self.number(step.sumW2.squareRoot()),
                Self.number(step.effectiveCount),
              ]
            }, textColumns: 1)
      }
    } else {
      if let obstacle { lines.append("no event table: \(obstacle)") }
      lines += ["", "objects"]
      lines += Self.aligned(
        [["object", "type", "shape", "stored"]]
          + objects.map { object in
            [
              object.path, object.isGroup ? "group" : object.type,
              object.shape.map(String.init).joined(separator: " × "),
              object.isGroup ? "" : Self.bytes(object.storedBytes),
            ]
          }, textColumns: 3)
    }
    return lines.joined(separator: "\n")
  }

  private var columnLines: [String] {
    let rows = columns.map { column in
      [
        column.name, column.type.rawValue, column.counts.map { "per \($0)" } ?? "", column.unit, column.title,
        "\(column.valueCount)", Self.bytes(column.storedBytes),
      ]
    }
    return Self.aligned([["name", "type", "counts", "unit", "title", "values", "stored"]] + rows, textColumns: 5)
  }

  private func sliceLines(_ slices: [SampleSlice]) -> [String] {
    let rows = slices.map { slice in
      [
        slice.name, slice.includes, "\(slice.tried)", "\(slice.accepted)", Self.number(slice.sumW),
        Self.number(slice.effectiveCount),
        "\(Self.number(slice.crossSection)) ± \(Self.number(slice.crossSectionError))",
      ]
    }
    return Self.aligned([["slice", "includes", "tried", "accepted", "Σw", "N_eff", "σ [pb]"]] + rows, textColumns: 2)
  }

  private static func number(_ value: Double) -> String { String(format: "%.5g", value) }

  private static func bytes(_ count: Int) -> String {
    count < 1000
      ? "\(count) B"
      : count < 1_000_000
        ? String(format: "%.1f kB", Double(count) / 1e3)
        : String(format: "%.1f MB", Double(count) / 1e6)
  }

  /// Rows under each other: the first `textColumns` to the left, numbers to the right; empty columns are left out.
  private static func aligned(_ rows: [[String]], textColumns: Int) -> [String] {
    let width = rows[0].count
    let widths = (0..<width).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let used = (0..<width).filter { column in rows.dropFirst().contains { !$0[column].isEmpty } }
    return rows.map { row in
      let cells = used.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column < textColumns ? row[column] + space : space + row[column]
      }
      return "  " + cells.joined(separator: "  ").trimmingTrailingSpaces
    }
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var result = Substring(self)
    while result.last == " " { result.removeLast() }
    return String(result)
  }
}
