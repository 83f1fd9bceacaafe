import Columns
import Foundation
import Histograms
import Records
import TestSupport
import Testing

@testable import EventFiles

let testRecord = RunRecord(command: "searchlight test", seed: 7, cpuClass: "any")

/// Events with everything a file can hold; the counts of jets vary with the row.
func makeEvents(_ rows: Range<Int>) throws -> Table {
  var offsets = [0]
  var pt = [Float]()
  for row in rows {
    for jet in 0..<(row * 7 % 5) { pt.append(Float(row) + 100 / Float(jet + 1)) }
    offsets.append(pt.count)
  }
  return try Table([
    ("weight", Column(rows.map { 0.5 + Double($0) })),
    ("Jet_pt", Column(.float32(pt), offsets: offsets)),
    ("Jet_btag", Column(.uint8(pt.map { UInt8(Int($0) % 2) }), offsets: offsets)),
    ("Jet_pt:jes_up", Column(.float32(pt.map { $0 * 1.02 }), offsets: offsets)),
    ("event_index", Column(.int32(rows.map(Int32.init)))),
    ("number", Column(.int64(rows.map { Int64($0) << 40 }))),
    ("isGood", Column(rows.map { $0 % 3 == 0 })),
    ("Muon_good", Column(.bool(pt.map { $0 > 50 }), offsets: offsets)),
  ])
}

func makeMetadata(_ block: Int = 0, rows: Int = 10) -> SampleMetadata {
  SampleMetadata(
    name: "ttbar", parameters: ["mass": 172.5],
    slices: [
      SampleSlice(
        name: "pt200", tried: 100 * rows, accepted: rows, sumW: Double(rows), sumW2: Double(rows),
        crossSection: 50 + Double(block), crossSectionError: 2, includes: "Z → ll")
    ],
    cutFlows: ["nominal": CutFlow(steps: [.init(name: "all", sumW: 2, sumW2: 2, count: rows)])],
    block: .init(slice: 0, index: block))
}

@discardableResult
func writeEvents(_ url: URL, _ batches: [Range<Int>], block: Int = 0) throws -> URL {
  let rows = batches.reduce(0) { $0 + $1.count }
  let writer = try EventTableWriter(
    url, metadata: makeMetadata(block, rows: rows), descriptions: ["Jet_pt": .init(unit: "GeV", title: "p_{T} of jets")]
  )
  for batch in batches { try writer.append(makeEvents(batch)) }
  try writer.finish(record: testRecord)
  return url
}

@Suite struct EventTableTests {
  @Test func aTableComesBackAsItWasWritten() throws {
    try withTemporaryFolder { folder in
      let url = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<20_000])
      let reader = try EventTableReader(url)
      #expect(reader.rowCount == 20_000)
      #expect(try reader.read() == makeEvents(0..<20_000))
      #expect(reader.metadata == makeMetadata(rows: 20_000))
      #expect(reader.record == testRecord)
      #expect(try reader.column(named: "Jet_pt").unit == "GeV")
      #expect(try reader.column(named: "Jet_pt:jes_up").counts == "nJet:jes_up")
    }
  }

  @Test(arguments: [0..<0, 0..<1, 8191..<8193, 8192..<8192, 16_383..<20_000, 5..<19_999, 20_000..<20_000])
  func anyRowsCanBeRead(rows: Range<Int>) throws {
    try withTemporaryFolder { folder in
      let reader = try EventTableReader(writeEvents(folder.appendingPathComponent("a.h5"), [0..<20_000]))
      #expect(
        try reader.read(columns: ["Jet_pt", "weight"], rows: rows)
          == makeEvents(rows).selecting(["Jet_pt", "weight"]))
    }
  }

  @Test func batchesJoinToTheWhole() throws {
    try withTemporaryFolder { folder in
      let reader = try EventTableReader(writeEvents(folder.appendingPathComponent("a.h5"), [0..<10_000]))
      var batches = reader.batches(of: 777)
      var joined = Table()
      while let batch = try batches.next() { try joined.append(batch) }
      #expect(try joined == makeEvents(0..<10_000))
    }
  }

  @Test func bytesDependOnTheEventsAlone() throws {
    try withTemporaryFolder { folder in
      let a = try writeEvents(folder.appendingPathComponent("a.h5"), [0..<30_000])
      let b = try writeEvents(
        folder.appendingPathComponent("b.h5"), [0..<1, 1..<9000, 9000..<9000, 9000..<29_999, 29_999..<30_000])
      #expect(try Digest.of(fileAt: a) == Digest.of(fileAt: b))
      let c = try writeEvents(folder.appendingPathComponent("c.h5"), [0..<29_999])
      #expect(try Digest.of(fileAt: a) != Digest.of(fileAt: c))
    }
  }

  @Test func mergedBlocksDoNotDependOnTheirOrder() throws {
    try withTemporaryFolder { folder in
      let blocks = try (0..<5).map { block in
        try writeEvents(
          folder.appendingPathComponent("block\(block).h5"), [block * 3000..<(block + 1) * 3000], block: block)
      }
      let whole = SampleMetadata(name: "ttbar")
      let a = folder.appendingPathComponent("a.h5")
      let b = folder.appendingPathComponent("b.h5")
      try EventTableWriter.merge(blocks, into: a, metadata: whole, record: testRecord)
      try EventTableWriter.merge([3, 0, 4, 1, 2].map { blocks[$0] }, into: b, metadata: whole, record: testRecord)
      #expect(try Digest.of(fileAt: a) == Digest.of(fileAt: b))
      let reader = try EventTableReader(a)
      #expect(try reader.read() == makeEvents(0..<15_000))
      let slice = try #require(reader.metadata.slices.first)
      #expect(slice.tried == 1_500_000)
      #expect(slice.sumW == 15_000)
      #expect(abs(slice.crossSection - 52) < 1e-12)
      #expect(abs(slice.crossSectionError - 2 / 5.0.squareRoot()) < 1e-12)
      #expect(reader.metadata.cutFlows["nominal"]?.steps.first?.count == 15_000)
    }
  }

  @Test func aFileWithoutEventsKeepsItsColumns() throws {
    try withTemporaryFolder { folder in
      let reader = try EventTableReader(writeEvents(folder.appendingPathComponent("a.h5"), [0..<0]))
      #expect(reader.rowCount == 0)
      #expect(try reader.read() == makeEvents(0..<0))
      let target = folder.appendingPathComponent("b.h5")
      let merged = try EventTableWriter(target, metadata: makeMetadata())
      try merged.append(contentsOf: reader)
      try merged.finish(record: testRecord)
      #expect(try EventTableReader(target).read() == makeEvents(0..<0))
    }
  }

  @Test func fewerBitsStayWithinTheirError() {
    let values: [Float] = [0, 1, -1.2345678, 172.5, 3.4e38, .infinity, Float(bitPattern: 100)]
    guard case .float32(let short) = rounded(.float32(values), bits: 10) else { return }
    for (a, b) in zip(values, short) where a.isFinite {
      #expect(abs(a - b) <= max(abs(a) / 2048, Float.leastNormalMagnitude))
    }
    #expect(short[5] == .infinity)
    #expect(rounded(.float32([1.0009766]), bits: 10) == .float32([1.0009766]))
  }
}
