import ByteIO
import Columns
import Foundation
import Records
import TestSupport
import Testing

@testable import EventFiles

/// Mutated tables of text, NumPy and HDF5 against their readers; settings by `FuzzSettings`. Text that is read is written and read again
/// as the same numbers. HDF5 is that of other programs; what this one writes carries a seal, and `BadInputTests` damages it.
@Suite("Fuzzing of tables", .serialized)
struct TableFuzzTests {
  enum Target: String, CaseIterable, Sendable {
    case text, gzipText, numpy, numpyArchives, hdf5
  }

  @Test("values or errors, never a crash or a hang", arguments: Target.allCases)
  func readers(_ target: Target) throws {
    let corpus = try corpus(target)
    let mutator = ByteMutator(corpus: corpus, marks: " \t\r\n\",;[](){}':")
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(target == .text ? "input.csv" : "input")
      let faults = try fuzz(
        target.rawValue,
        input: {
          switch target {
          case .numpyArchives: try archive(of: corpus, &$0, in: folder)
          case .hdf5: structure(corpus, &$0) ?? mutator.input(&$0)
          default: mutator.input(&$0)
          }
        },
        run: { bytes, random in
          try Data(bytes).write(to: url)
          return FuzzOutcome.of(isExpected: { $0 is EventFileError || $0 is FileError }) {
            switch target {
            case .text, .gzipText: try text(url, again: folder.appendingPathComponent("again.csv"), &random)
            case .numpy, .numpyArchives: try parts(of: NumPyTable(url), &random)
            case .hdf5: try hdf5(url)
            }
          }
        })
      for fault in faults { Issue.record("\(fault)") }
    }
  }

  private func corpus(_ target: Target) throws -> [[UInt8]] {
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: referenceURL("tables/\(name)"))) }
    switch target {
    case .text:
      let jagged = Array("w,Jet_pt[0],Jet_pt[1],m[0]\n1,10,20.5,7\n# a\n2,,,8\n3,30,,\"9\"\n".utf8)
      return try ["plain.csv", "uci.csv", "savetxt.txt"].map(bytes) + [jagged]
    case .gzipText: return [try bytes("pandas.tsv.gz")]
    case .numpy: return try ["matrix.npy", "record.npy", "by_numpy.npz", "compressed.npz"].map(bytes)
    case .hdf5:
      return try ["by_h5py.h5", "fixed.h5", "table.h5"].map(bytes)
        + [Array(try Data(contentsOf: referenceURL("eventfiles/by_h5py.h5")))]
    case .numpyArchives:
      let archive = try ZipArchive(referenceURL("tables/by_numpy.npz"))
      return try archive.members.map { member in
        var bytes = [UInt8](repeating: 0, count: member.bytes)
        let reader = try ZipMemberReader(archive, member)
        try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
        return bytes
      }
    }
  }

  /// A file with other numbers in its structure, which leaves most bytes zero; of one in four, nothing.
  private func structure(_ corpus: [[UInt8]], _ random: inout RandomStream) -> [UInt8]? {
    guard random.integer(below: 4) > 0 else { return nil }
    var bytes = corpus[random.integer(below: corpus.count)]
    for _ in 0...random.integer(below: 3) {
      let start = random.integer(below: bytes.count)
      guard let place = bytes[start...].firstIndex(where: { $0 != 0 }) else { continue }
      ByteMutator.patch(&bytes, in: place..<min(place + 8, bytes.count), &random)
    }
    return bytes
  }

  /// An archive whose checksums fit, of members that may be changed: what is behind the checksum is reached.
  private func archive(of members: [[UInt8]], _ random: inout RandomStream, in folder: URL) throws -> [UInt8] {
    let url = folder.appendingPathComponent("archive.npz")
    let sink = try ByteSink(url)
    var writer = ZipWriter(sink: sink)
    let names = ["a", "a.offsets", "b", "c", "x[0]", "a.offsets.offsets"]
    for _ in 0...random.integer(below: 3) {
      var bytes = members[random.integer(below: members.count)]
      if random.integer(below: 2) == 0 { ByteMutator.patch(&bytes, in: 0..<bytes.count, &random) }
      if random.integer(below: 4) == 0 { ByteMutator(corpus: members).mutate(&bytes, &random) }
      var crc = CRC32()
      bytes.withUnsafeBytes { crc.update($0) }
      try writer.begin("\(names[random.integer(below: names.count)]).npy", bytes: bytes.count, crc: crc.value)
      try writer.write(bytes[...])
    }
    try writer.end()
    try sink.finish()
    return Array(try Data(contentsOf: url))
  }

  /// All tables of a file, and the file as a table of events.
  private func hdf5(_ url: URL) throws -> String? {
    let inspection = try FileInspection(of: url)
    _ = "\(inspection)"
    if inspection.obstacle == nil { _ = try? EventTableReader(url).read() }
    for path in try HDF5Table.tables(of: HDF5File.open(url.path)) {
      guard let table = try? HDF5Table(url, path: path) else { continue }
      // Not in parts: of a chunk that is shorter than its index says, HDF5 reads on in memory, and may find something else there.
      for column in table.columns {
        guard let whole = try? table.read(columns: [column.name]), whole.rowCount != table.entryCount else { continue }
        return "\(path): \(column.name) has \(whole.rowCount) rows of \(table.entryCount ?? -1)"
      }
    }
    return nil
  }

  /// A column is what its parts are.
  private func parts(of source: some TabularSource, _ random: inout RandomStream) throws -> String? {
    let count = source.entryCount ?? 0
    for column in source.columns {
      guard let whole = try? source.read(columns: [column.name]) else { continue }
      guard whole.rowCount == count else { return "\(column.name) has \(whole.rowCount) rows of \(count)" }
      let middle = random.integer(below: count + 1)
      var parts = try source.read(columns: [column.name], entries: 0..<middle)
      try parts.append(source.read(columns: [column.name], entries: middle..<count))
      if !Self.agree(whole, parts) { return "\(column.name) is another in parts, cut at \(middle)" }
    }
    return nil
  }

  private func text(_ url: URL, again: URL, _ random: inout RandomStream) throws -> String? {
    var options = TextTableOptions()
    if random.integer(below: 4) == 0 {
      options.delimiter = TextTableOptions.Delimiter.allCases[random.integer(below: 4)]
      options.header = TextTableOptions.Header.allCases[random.integer(below: 3)]
    }
    let source = try TextTable(url, options: options)
    let table = try source.read()
    guard !table.names.isEmpty else { return nil }
    guard table.rowCount == source.entryCount else { return "\(table.rowCount) rows of \(source.entryCount ?? -1)" }
    var widths: [String: Int] = [:]
    for name in table.names {
      guard let offsets = table[name]?.offsets else { continue }
      widths[name] = zip(offsets, offsets.dropFirst()).map { $1 - $0 }.max() ?? 0
    }
    // A jagged column without any value has no field.
    guard !widths.values.contains(0) else { return nil }
    let writer = try TextTableWriter(again, widths: widths)
    try writer.append(table)
    try writer.finish()
    var plain = TextTableOptions()
    plain.delimiter = .comma
    plain.header = .present
    plain.comment = nil
    let copy: Table
    do { copy = try TextTable(again, options: plain).read() } catch { return "what is written is not read: \(error)" }
    return Self.agree(table, copy) ? nil : "what is written is read as another table"
  }

  /// The same numbers to the bit (also those that are none), in columns of the same order and offsets.
  private static func agree(_ a: Table, _ b: Table) -> Bool {
    func numbers(_ table: Table) -> [([UInt64], [Int])] {
      table.names.compactMap { table[$0] }.map { column in
        (column.values.asDoubles().map { $0.isNaN ? 1 : $0.bitPattern }, column.offsets ?? [])
      }
    }
    return zip(numbers(a), numbers(b)).allSatisfy { $0 == $1 } && a.names.count == b.names.count
  }
}
