import Columns
import Foundation
import Histograms
import Records
import TestSupport
import Testing

@testable import EventFiles

@Suite struct BadInputTests {
  /// What opening or reading a file says.
  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no complaint"
    } catch { return "\(error)" }
  }

  private func raw(_ url: URL, _ fill: (HDF5File) throws -> Void) throws {
    let file = try HDF5File.create(url.path, namedInErrors: url.path)
    try fill(file)
    try file.close()
  }

  @Test func missingForeignAndNewerFiles() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      #expect(complaint { _ = try EventTableReader(url) } == "\(url.path): no such file")
      try Data("weight,pt\n1,2\n".utf8).write(to: url)
      #expect(complaint { _ = try EventTableReader(url) }.contains("is no HDF5 file"))
      try Data().write(to: url)
      #expect(complaint { _ = try EventTableReader(url) }.contains("is no HDF5 file"))
      #expect(complaint { _ = try EventTableReader(folder) }.contains(folder.path))
      try raw(url) { _ in }
      #expect(complaint { _ = try EventTableReader(url) }.contains("no attribute 'format'"))
      try raw(url) { try $0.setAttribute("format", of: "/", to: "something else") }
      #expect(complaint { _ = try EventTableReader(url) }.contains("its format is 'something else'"))
      try raw(url) {
        try $0.setAttribute("format", of: "/", to: EventTableLayout.format)
        try $0.setAttribute("schema_version", of: "/", to: 99)
      }
      let newer = complaint { _ = try EventTableReader(url) }
      #expect(newer.contains("schema version 99, this program knows 1 to 1"))
    }
  }

  /// The bytes of a file without its seal, as another program would have written it.
  private func unsealed(_ url: URL) throws -> Data {
    let bytes = try Data(contentsOf: url)
    return Data(count: FileSeal.blockSize) + bytes.dropFirst(FileSeal.blockSize)
  }

  /// Bits flipped, bytes overwritten, ends cut or added anywhere: HDF5 never sees the file.
  @Test func damagedFilesAreRefusedBeforeTheLibrarySeesThem() throws {
    try withTemporaryFolder { folder in
      let whole = try Data(contentsOf: writeEvents(folder.appendingPathComponent("a.h5"), [0..<300]))
      let url = folder.appendingPathComponent("damaged.h5")
      var random = SeedTree(root: 9).child("damage").stream()
      for trial in 0..<400 {
        var bytes = whole
        for _ in 0..<random.integer(below: 4) + 1 where !bytes.isEmpty {
          // Half of the places among the metadata at the start.
          let place = random.integer(below: random.uniform() < 0.5 ? min(4096, bytes.count) : bytes.count)
          switch random.integer(below: 4) {
          case 0: bytes[place] ^= UInt8(1 << random.integer(below: 8))
          case 1: bytes[place] = bytes[place] &+ UInt8(1 + random.integer(below: 255))
          case 2: bytes = Data(bytes.prefix(place))
          default: bytes.append(contentsOf: [0, 1, 2])
          }
        }
        guard bytes != whole else { continue }
        try bytes.write(to: url)
        let text = complaint { _ = try EventTableReader(url) }
        #expect(text.contains("damaged") || text.contains("truncated") || text.contains("no HDF5"), "\(trial): \(text)")
      }
    }
  }

  @Test func filesWithoutASealAreRead() throws {
    try withTemporaryFolder { folder in
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<300])
      #expect(try FileSeal.check(url.path))
      let events = try EventTableReader(url).read()
      try unsealed(url).write(to: url)
      #expect(try !FileSeal.check(url.path))
      #expect(try EventTableReader(url).read() == events)
    }
  }

  /// Structure on which HDF5 1.10 divides by zero, frees what it never had, or reads beyond its memory. One of the bytes is changed each.
  @Test(arguments: [
    ("eventfiles/by_h5py.h5", 8882, UInt8(0), "/events/weight"), ("eventfiles/by_h5py.h5", 938, 0, "/"),
    ("tables/by_h5py.h5", 8081, 255, "/data"), ("tables/by_h5py.h5", 1509, 0, "/data/x"),
  ])
  func structureThatHDF5CrashesOn(name: String, place: Int, value: UInt8, object: String) throws {
    try withTemporaryFolder { folder in
      var bytes = try Data(contentsOf: referenceURL(name))
      let url = folder.appendingPathComponent("damaged.h5")
      try bytes.write(to: url)
      #expect(complaint { _ = try FileInspection(of: url) } == "no complaint")
      bytes[place] = value
      try bytes.write(to: url)
      let text = complaint { _ = try FileInspection(of: url) }
      #expect(text.hasPrefix("\(url.path): '\(object)' is damaged: HDF5 crashes on it ("), "\(text)")
      #expect(complaint { _ = try openTable(url) } == text)
    }
  }

  /// What reads the file may also end later, for whatever reason: then reading is an error, and the program goes on.
  @Test func aReaderThatIsKilledIsAnError() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      try FileManager.default.copyItem(at: referenceURL("tables/by_h5py.h5"), to: url)
      let table = try HDF5Table(url, path: "/data")
      let column = try #require(table.columns.first).name
      let values = try table.read(columns: [column])
      let readers = processes(thatHold: url)
      #expect(readers.count == 1 && readers != [getpid()])
      for reader in readers { kill(reader, SIGKILL) }
      for _ in 0..<2 {
        #expect(complaint { _ = try table.read(columns: [column]) }.contains("is damaged: HDF5 crashes on it (Killed)"))
      }
      #expect(try HDF5Table(url, path: "/data").read(columns: [column]) == values)
    }
  }

  private func processes(thatHold url: URL) -> [Int32] {
    let manager = FileManager.default
    let all = (try? manager.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { Int32($0) }.filter { process in
      let folder = "/proc/\(process)/fd"
      let files = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
      return files.contains { (try? manager.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) == url.path }
    }
  }

  /// A dataset whose values are not all stored, one with bits behind its bytes: the others are read.
  @Test(arguments: [
    (
      "eventfiles/by_h5py.h5", "/events", 8298, UInt8(192), "nJet:jes_up", "fewer bytes are stored than its values take"
    ),
    ("tables/fixed.h5", "/events", 10688, 1, "long", "its type reaches beyond its bytes"),
  ])
  func theOthersOfADamagedDatasetAreRead(
    name: String, table: String, place: Int, value: UInt8, column: String, reason: String
  ) throws {
    try withTemporaryFolder { folder in
      let whole = try HDF5Table(referenceURL(name), path: table)
      var bytes = try Data(contentsOf: whole.url)
      bytes[place] = value
      let url = folder.appendingPathComponent("damaged.h5")
      try bytes.write(to: url)
      let damaged = try HDF5Table(url, path: table)
      #expect(damaged.unreadable.contains { $0.name == column && $0.reason.contains(reason) }, "\(damaged.unreadable)")
      #expect(!damaged.columns.isEmpty)
      for other in damaged.columns {
        #expect(try damaged.read(columns: [other.name]) == whole.read(columns: [other.name]))
      }
      #expect(try FileInspection(of: url).objects.count { $0.type == "damaged: \(reason)" } == 1)
    }
  }

  /// A member that lies behind its element; the only dataset of its group.
  @Test func aTableOfDamagedDatasetsOnlyIsRefused() throws {
    try withTemporaryFolder { folder in
      var bytes = try Data(contentsOf: referenceURL("tables/by_h5py.h5"))
      bytes[14873] = 239
      let url = folder.appendingPathComponent("damaged.h5")
      try bytes.write(to: url)
      let text = complaint { _ = try HDF5Table(url, path: "/deep/below") }
      #expect(
        text.contains("no numbers in rows; record: '/deep/below/record' is damaged: its type reaches beyond its bytes"))
    }
  }

  /// Cut anywhere, a file is refused or, where the cut is inside the values, reading them is; never other events.
  @Test func truncatedFilesGiveNoEvents() throws {
    try withTemporaryFolder { folder in
      let whole = try unsealed(writeEvents(folder.appendingPathComponent("a.h5"), [0..<3000]))
      let url = folder.appendingPathComponent("cut.h5")
      for length in stride(from: 0, to: whole.count, by: 1024) {
        try whole.prefix(length).write(to: url)
        let text = complaint { _ = try EventTableReader(url).read() }
        #expect(
          text.contains("truncated") || text.contains("damaged") || text.contains("no HDF5"), "\(length): \(text)")
      }
    }
  }

  /// Archives and compressed text carry checksums: each cut is refused, and a flipped bit is, or changes no value.
  @Test(arguments: ["by_numpy.npz", "compressed.npz", "pandas.tsv.gz"])
  func damagedArchivesGiveNoOtherValues(name: String) throws {
    let whole = try Data(contentsOf: referenceURL("tables/\(name)"))
    func bits(_ url: URL) throws -> [[UInt64]] {
      let table = try openTable(url).read()
      return table.names.map { table[$0]?.values.asDoubles().map(\.bitPattern) ?? [] }
    }
    let right = try bits(referenceURL("tables/\(name)"))
    var random = SeedTree(root: 3).child(name).stream()
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(name)
      for length in stride(from: 0, to: whole.count - 1, by: 256) {
        try whole.prefix(length).write(to: url)
        #expect(throws: (any Error).self, "\(length) bytes") { try bits(url) }
      }
      for _ in 0..<400 {
        var changed = whole
        changed[random.integer(below: whole.count)] ^= UInt8(1 << random.integer(below: 8))
        try changed.write(to: url)
        // Names and sizes of members stand outside of the checksums: a column may be lost, but not get other values.
        guard let found = try? bits(url) else { continue }
        #expect(found.allSatisfy(right.contains))
      }
    }
  }

  /// Text has no checksum and no end: cut within a row it is refused, cut behind one it is the rows before.
  @Test func cutTextIsItsFirstRows() throws {
    let rows = 3000
    let text = Data(("a,b\r\n" + (0..<rows).map { "\($0),\(Double($0) / 7)\r\n" }.joined()).utf8)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      for length in stride(from: 1024, to: text.count, by: 1024) {
        try text.prefix(length).write(to: url)
        let isWhole = text[length - 1] == 10 || text[length] == 13
        guard let table = try? openTable(url).read() else {
          #expect(!isWhole, "\(length)")
          continue
        }
        let found = try table.doubles("b")
        // A number that is cut is a number still: only the last row may differ.
        #expect(zip(found.dropLast(), 0..<rows).allSatisfy { $0 == Double($1) / 7 })
      }
    }
  }

  /// A dataset that claims more values than its bytes can hold is refused before memory is taken for them.
  @Test func lengthsWithoutBytesAreRefused() throws {
    try withTemporaryFolder { folder in
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<10])
      var bytes = try unsealed(url)
      // The dataspace of a column of ten rows that can grow: its length, then its unlimited maximum.
      let dataspace = Data([10, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8))
      let place = try #require(bytes.range(of: dataspace))
      bytes.replaceSubrange(place.lowerBound..<place.lowerBound + 8, with: Data([0, 0, 0, 0, 0, 0, 0, 0x10]))
      try bytes.write(to: url)
      #expect(
        complaint { _ = try EventTableReader(url).read() }.contains("claims 1152921504606846976 values, but only"))
      #expect(complaint { _ = try FileInspection(of: url) } == "no complaint")
    }
  }

  /// What is said of a file with these counts, and so many values and weights.
  private func complaintAbout(counts: [Int32], values: Int, weights: Int) throws -> String {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      try raw(url) { file in
        try file.setAttribute("format", of: "/", to: EventTableLayout.format)
        try file.setAttribute("schema_version", of: "/", to: 1)
        for group in ["/events", "/metadata"] { try file.createGroup(group) }
        let columns: [(String, ColumnValues)] = [
          ("weight", .float64(Array(repeating: 1, count: weights))), ("nJet", .int32(counts)),
          ("Jet_pt", .float32(Array(repeating: 1, count: values))),
        ]
        for (name, values) in columns {
          let dataset = try file.createDataset("/events/\(name)", type: values.type, chunk: 4, compression: 0)
          try dataset.append(values)
          dataset.close()
        }
        try file.setAttribute("role", of: "/events/nJet", to: "counts")
        try file.setAttribute("counts", of: "/events/Jet_pt", to: "nJet")
        let encoder = JSONEncoder.canonical
        try file.writeText(String(decoding: encoder.encode(makeMetadata()), as: UTF8.self), to: EventTableLayout.sample)
        try file.writeText(String(decoding: encoder.encode(testRecord), as: UTF8.self), to: EventTableLayout.record)
      }
      return complaint { _ = try EventTableReader(url).read() }
    }
  }

  @Test(
    arguments: [
      ([1, 2, 0], 3, 3, "no complaint"), ([1, 2, 0], 3, 4, "'/events/nJet' is damaged: it has 3 rows, the table 4"),
      ([1, 2, 0], 4, 3, "it has 4 values, 'nJet' counts 3"), ([1, 3, 0], 3, 3, "it has 3 values, 'nJet' counts 4"),
      ([4, -1, 0], 3, 3, "row 1 counts -1 values"),
    ] as [([Int32], Int, Int, String)])
  func columnsThatContradictEachOther(counts: [Int32], values: Int, weights: Int, expected: String) throws {
    let text = try complaintAbout(counts: counts, values: values, weights: weights)
    #expect(text.contains(expected), "\(text)")
  }

  @Test func unknownColumnsAndRowsAreNamed() throws {
    try withTemporaryFolder { folder in
      let reader = try EventTableReader(writeEvents(folder.appendingPathComponent("a.h5"), [0..<10]))
      let text = complaint { _ = try reader.read(columns: ["Jet_ptt"]) }
      #expect(text.contains("no column 'Jet_ptt'; nearest: 'Jet_pt'. The file has weight, Jet_pt"))
      #expect(complaint { _ = try reader.read(rows: 5..<11) }.contains("rows 5..<11 were asked for, the file has 10"))
    }
  }

  @Test func valuesThatAreNotFiniteAreFound() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "x"))
      try writer.append(
        Table([
          ("weight", Column([1.0, 2, 3])), ("Jet_pt", Column(.float32([1, 2, .nan, 4]), offsets: [0, 2, 2, 4])),
          ("MET", Column(.float32([0, -.infinity, 0]))),
        ]))
      try writer.finish(record: testRecord)
      let reader = try EventTableReader(url)
      #expect(complaint { _ = try reader.read(columns: ["weight"], check: .required) } == "no complaint")
      #expect(
        complaint { _ = try reader.read(columns: ["Jet_pt"], check: .required) }.contains("'Jet_pt' holds nan in row 2")
      )
      #expect(
        complaint { _ = try reader.read(columns: ["MET"], check: .required) }.contains("'MET' holds -inf in row 1"))
      #expect(complaint { _ = try reader.read(columns: ["MET"], rows: 1..<2, check: .required) }.contains("row 1;"))
      #expect(try reader.read(columns: ["MET"]).rowCount == 3)
    }
  }

  @Test func batchesThatDoNotFitAreRefused() throws {
    func complaintAbout(_ batch: Table) throws -> String {
      try withTemporaryFolder { folder in
        let url = folder.appendingPathComponent("a.h5")
        let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "x"))
        try writer.append(makeEvents(0..<3))
        let text = complaint { try writer.append(batch) }
        // What was refused cannot be finished by mistake.
        #expect(throws: EventFileError.self) { try writer.finish(record: testRecord) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        return text
      }
    }
    var other = try makeEvents(3..<6)
    other.remove("number")
    #expect(try complaintAbout(other).contains("column 'number' does not fit: this batch lacks it"))
    other = try makeEvents(3..<6)
    try other.add("extra", Column([1.0, 2, 3]))
    #expect(try complaintAbout(other).contains("column 'extra' does not fit: the batches before had no such column"))
    other = try makeEvents(3..<6)
    try other.add("weight", Column(.float32([1, 2, 3])))
    #expect(try complaintAbout(other).contains("the file has flat float64, the batch flat float32"))
    other = try makeEvents(3..<6)
    try other.add("Jet_btag", Column(.uint8([1]), offsets: [0, 0, 1, 1]))
    #expect(try complaintAbout(other).contains("another number of values than 'Jet_pt' of its collection"))
  }

  /// `/dev/full` refuses every write, as a full disk does.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskIsNamedAndLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      let temporary = folder.appendingPathComponent(".a.h5.writing")
      try FileManager.default.createSymbolicLink(atPath: temporary.path, withDestinationPath: "/dev/full")
      let text = complaint {
        let writer = try EventTableWriter(
          url, temporary: temporary, metadata: SampleMetadata(name: "x"), descriptions: [:], compression: 4)
        try writer.append(makeEvents(0..<20_000))
        try writer.finish(record: testRecord)
      }
      #expect(text.contains("no space left on the device"), "\(text)")
      #expect(text.contains(url.path))
      #expect(!FileManager.default.fileExists(atPath: url.path))
    }
  }

  @Test func aWriterThatIsDroppedLeavesTheOldFile() throws {
    try withTemporaryFolder { folder in
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<10])
      do {
        let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "other"))
        try writer.append(makeEvents(0..<20_000))
      }
      #expect(try EventTableReader(url).rowCount == 10)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.h5"])
    }
  }

  /// A process that is killed leaves its temporary file; it is never taken for events, and the next writer removes it.
  @Test func whatAKilledWriterLeavesIsRemoved() throws {
    try withTemporaryFolder { folder in
      let dead = Process()
      dead.executableURL = URL(fileURLWithPath: "/bin/true")
      try dead.run()
      dead.waitUntilExit()
      let left = folder.appendingPathComponent(".a.h5.\(dead.processIdentifier).writing")
      let other = folder.appendingPathComponent(".a.h5.\(getppid()).writing")
      for place in [left, other] { try Data("half".utf8).write(to: place) }
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<10])
      #expect(!FileManager.default.fileExists(atPath: left.path))
      #expect(FileManager.default.fileExists(atPath: other.path))
      #expect(try EventTableReader(url).rowCount == 10)
    }
  }
}
