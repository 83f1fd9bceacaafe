import Columns
import Foundation
import Records
import TestSupport
import Testing

@testable import EventFiles

@Suite struct ExchangeTests {
  @Test func filesByH5pyAreRead() throws {
    let reader = try EventTableReader(referenceURL("eventfiles/by_h5py.h5"))
    #expect(reader.rowCount == 50)
    #expect(reader.record.libraries["h5py"] == "3.16.0")
    #expect(reader.metadata.name == "python")
    #expect(try reader.read() == makeEvents(0..<50))
    #expect(try reader.read(columns: ["Jet_pt"], rows: 13..<31) == makeEvents(13..<31).selecting(["Jet_pt"]))
  }

  /// The committed file passed `make_data.py check` with h5py; what the program writes now has the same objects and values.
  ///
  /// Bytes are not compared: they change with the versions of zlib and of the program.
  @Test func h5pyReadsWhatIsCommitted() throws {
    let committed = referenceURL("eventfiles/by_searchlight.h5")
    try withTemporaryFolder { folder in
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<20, 20..<50])
      if ProcessInfo.processInfo.environment["SEARCHLIGHT_WRITE_REFERENCE"] == "1" {
        try Data(contentsOf: url).write(to: committed)
      }
      #expect(try FileSeal.check(committed.path))
      #expect(try EventTableReader(committed).read() == makeEvents(0..<50))
      func shape(_ url: URL) throws -> [FileInspection.Object] {
        try FileInspection(of: url).objects.map {
          var object = $0
          object.storedBytes = 0
          // The texts hold the program's version.
          if object.path.hasPrefix("/metadata/") { object.bytes = 0 }
          return object
        }
      }
      #expect(try shape(url) == shape(committed))
    }
  }

  @Test func commaSeparatedValues() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      let writer = try EventTableWriter(url, metadata: SampleMetadata(name: "x"))
      try writer.append(
        Table([
          ("weight", Column([1.5, 0.1])), ("Jet_pt", Column(.float32([10, 0.1]), offsets: [0, 2, 2])),
          ("good", Column([true, false])), ("a,\"b\"", Column(.int32([-1, 7]))),
        ]))
      try writer.finish(record: testRecord)
      let csv = folder.appendingPathComponent("a.csv")
      try EventTableReader(url).writeCSV(to: csv, batchSize: 1)
      let text = String(decoding: try Data(contentsOf: csv), as: UTF8.self)
      #expect(text == "weight,Jet_pt[0],Jet_pt[1],good,\"a,\"\"b\"\"\"\r\n1.5,10.0,0.1,1,-1\r\n0.1,,,0,7\r\n")
      try EventTableReader(url).writeCSV(to: csv, columns: ["good"])
      #expect(String(decoding: try Data(contentsOf: csv), as: UTF8.self) == "good\r\n1\r\n0\r\n")
    }
  }

  @Test func inspectionShowsTableAndForeignFiles() throws {
    try withTemporaryFolder { folder in
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<2000])
      let inspection = try FileInspection(of: url)
      #expect(inspection.rows == 2000)
      #expect(inspection.obstacle == nil)
      #expect(try inspection.columns.map(\.name) == makeEvents(0..<0).names)
      let jets = try #require(inspection.objects.first { $0.path == "/events/Jet_pt" })
      #expect(jets.attributes == ["counts": "nJet", "title": "p_{T} of jets", "unit": "GeV"])
      #expect(jets.bytes == 4 * jets.shape[0])
      let text = inspection.description
      for part in ["2000 events", "pt200", "Z → ll", "50 ± 2", "per nJet", "cut flow nominal", "searchlight test"] {
        #expect(text.contains(part), "\(part) is missing in\n\(text)")
      }
      let foreign = folder.appendingPathComponent("b.h5")
      let file = try HDF5File.create(foreign.path, namedInErrors: foreign.path)
      try file.createGroup("/deep")
      try file.writeText("hello", to: "/deep/text")
      try file.close()
      let other = try FileInspection(of: foreign)
      #expect(other.obstacle?.contains("no attribute 'format'") == true)
      #expect(other.objects.map(\.path) == ["/deep", "/deep/text"])
      #expect(other.objects.map(\.type) == ["", "text"])
    }
  }

  /// The readers of several threads do not disturb each other.
  @Test func threadsReadTogether() async throws {
    try await withTemporaryFolder { folder in
      let reader = try EventTableReader(writeEvents(folder.appendingPathComponent("a.h5"), [0..<20_000]))
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for part in 0..<20 {
          group.addTask {
            let rows = part * 1000..<(part + 1) * 1000
            return try reader.read(rows: rows) == makeEvents(rows)
          }
        }
        for try await isEqual in group { #expect(isEqual) }
      }
    }
  }
}
