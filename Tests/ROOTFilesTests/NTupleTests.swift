import Columns
import Foundation
import TestSupport
import Testing

@testable import ROOTFiles

@Suite("RNTuples of real files", .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"))
struct RealNTupleTests {
  static let names = [
    "ntpl001_staff", "test_1jag_int_float", "test_int_float", "test_multiple_cluster_groups", "test_nested_structs",
  ].map { "\($0)_rntuple_v1-0-0-0.root" }

  @Test(arguments: names)
  func uprootReadsTheSame(name: String) throws {
    let file = try ROOTFile(try real("rntuple/\(name)"))
    let digests = try String(contentsOf: committed("digests/\(name).txt"), encoding: .utf8)
    let tuple = try file.ntuple(try #require(file.keys().first).path)
    let lines = digests.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(lines.map { $0[1] } == tuple.fields.map(\.name))
    for line in lines {
      let array = try tuple.array(line[1])
      #expect(arrayDigest(array) == line[2], "\(name): \(line[1]): \(array.typeName)")
      #expect(try tuple.field(line[1]).storedBytes > 0)
    }
  }

  /// A part of the entries is that part of all, across pages and clusters.
  @Test(arguments: names)
  func partsAreThoseOfTheWhole(name: String) throws {
    let file = try ROOTFile(try real("rntuple/\(name)"))
    let tuple = try file.ntuple(try #require(file.keys().first).path)
    let count = tuple.entryCount
    for field in tuple.fields {
      let parts = try stride(from: 0, to: count, by: count / 4 + 1).map {
        try tuple.array(field.name, entries: $0..<min($0 + count / 4 + 1, count))
      }
      #expect(try ROOTArray.joined(parts) == tuple.array(field.name), "\(name): \(field.name)")
    }
  }

  @Test func tablesAndNames() throws {
    let url = try real("rntuple/test_nested_structs_rntuple_v1-0-0-0.root")
    let tuple = try ROOTFile(url).ntuple("ntuple")
    let table = try tuple.table()
    #expect(
      table.names == [
        "my_struct_i", "my_struct_sub_struct_i", "my_struct_sub_struct_sub_sub_struct_i",
        "my_struct_sub_struct_sub_sub_struct_v",
      ])
    #expect(
      complaint { _ = try tuple.array("my_strut") }
        == "\(url.path): ntuple: no branch 'my_strut'; nearest: 'my_struct'. There are my_struct")
    #expect(complaint { _ = try ROOTFile(url).tree("ntuple") }.contains("is a ROOT::RNTuple, expected TTree"))
    let staff = try ROOTFile(try real("rntuple/ntpl001_staff_rntuple_v1-0-0-0.root")).ntuple("Staff")
    #expect(try staff.table(["Age", "N*"]).names == ["Age"])
    #expect(try staff.array("Nation", entries: 0..<2).texts == ["DE", "CH"])
  }

  /// Each byte of a page or its metadata is under a checksum: flips are found, or hit what is not read.
  @Test(arguments: names)
  func flippedBytesAreSurvived(name: String) throws {
    try flipBytes(of: try real("rntuple/\(name)"), rounds: 40, seed: 4)
  }

  /// Wherever a byte of the pages is changed, an error names the checksum, and no wrong value comes out.
  @Test func noWrongValuesUnderAChecksum() throws {
    let source = try real("rntuple/test_multiple_cluster_groups_rntuple_v1-0-0-0.root")
    let bytes = try Data(contentsOf: source)
    let right = try ROOTFile(source).ntuple("ntuple").arrays(["one", "int_vector"])
    var random = SplitMix(state: 5)
    var found = 0
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("flipped.root")
      for _ in 0..<150 {
        var changed = bytes
        changed[500 + random.below(bytes.count - 500)] ^= UInt8(1 << random.below(8))
        try changed.write(to: url)
        do {
          #expect(try ROOTFile(url).ntuple("ntuple").arrays(["one", "int_vector"]) == right)
        } catch let error as ROOTFileError { found += "\(error)".contains("checksum") ? 1 : 0 }
      }
    }
    #expect(found > 25)
  }
}

/// Column records of uncompressed RNTuples whose type becomes that of a variant's choices, under right checksums.
@Suite struct NTupleColumnTests {
  @Test func choicesAreNoNumbers() throws {
    let file = try ROOTFile(committed("plain.root"))
    let whole = Array(try Data(contentsOf: committed("plain.root")))
    var changed = 0
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("choices.root")
      for key in try file.keys() where key.className == "ROOT::RNTuple" {
        let sealed = try SealedNTuple(file, key.path)
        // Type, bits: int64 or an index, 64.
        for type in [UInt8(0x09), 0x0f] {
          for place in sealed.header where Array(whole[place..<place + 4]) == [type, 0, 64, 0] {
            var bytes = whole
            bytes[place] = 0x10
            sealed.seal(&bytes)
            try Data(bytes).write(to: url)
            let tuple = try ROOTFile(url).ntuple(key.path)
            let complaints = tuple.fields.map { field in complaint { _ = try tuple.array(field.name) } }
            if complaints.contains(where: { $0.contains("a variant's choices where numbers belong") }) { changed += 1 }
          }
        }
      }
    }
    #expect(changed >= 5)
  }
}

/// The encodings of columns, each against numbers written down by the format's definition.
@Suite struct NTupleEncodingTests {
  private func decode<Value>(_ encoding: RNTupleEncoding, _ page: [UInt8], count: Int, as _: Value.Type) -> [Value] {
    [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      page.withUnsafeBytes { source in
        if let from = source.baseAddress, let to = buffer.baseAddress { encoding.decode(from, count: count, to: to) }
      }
      initialized = count
    }
  }

  private func column(_ type: Int, bits: Int, low: Double = 0, high: Double = 0) throws -> RNTupleEncoding {
    var record: [UInt8] = []
    func put<Value: FixedWidthInteger>(_ value: Value) { withUnsafeBytes(of: value.littleEndian) { record += $0 } }
    put(UInt16(type))
    put(UInt16(bits))
    put(UInt32(0))
    put(UInt16(high > low ? 2 : 0))
    put(UInt16(0))
    put(low.bitPattern)
    put(high.bitPattern)
    let buffer = ByteBuffer(count: record.count)
    buffer.bytes.copyBytes(from: record)
    var cursor = ByteCursor(buffer.region)
    return try RNTupleEncoding(try RNTupleColumn(&cursor))
  }

  /// The bytes of words, first bytes of all first.
  private func split<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
    (0..<MemoryLayout<Word>.size).flatMap { byte in words.map { UInt8(truncatingIfNeeded: $0 >> Word(8 * byte)) } }
  }

  @Test func bitsAreLeastSignificantFirst() throws {
    let bits = decode(try column(0x00, bits: 1), [0b1010_0110, 0b1], count: 9, as: Bool.self)
    #expect(bits == [false, true, true, false, false, true, false, true, true])
  }

  @Test func zigzagAndDelta() throws {
    let values: [Int32] = [0, -1, 1, .max, .min, 77]
    let zigzag = values.map { UInt32(bitPattern: $0 << 1 ^ $0 >> 31) }
    #expect(zigzag[1] == 1 && zigzag[2] == 2)
    #expect(decode(try column(0x13, bits: 32), split(zigzag), count: 6, as: Int32.self) == values)
    let shorts: [Int16] = [-300, 300, .min]
    let zigzag16 = shorts.map { UInt16(bitPattern: $0 << 1 ^ $0 >> 15) }
    #expect(decode(try column(0x11, bits: 16), split(zigzag16), count: 3, as: Int16.self) == shorts)
    let longs: [Int64] = [.min, -5, .max]
    let zigzag64 = longs.map { UInt64(bitPattern: $0 << 1 ^ $0 >> 63) }
    #expect(decode(try column(0x15, bits: 64), split(zigzag64), count: 3, as: Int64.self) == longs)
    let differences: [UInt64] = [3, 0, 1 << 40, 2]
    #expect(
      decode(try column(0x1b, bits: 64), split(differences), count: 4, as: UInt64.self)
        == [3, 3, 3 + 1 << 40, 5 + 1 << 40])
    #expect(decode(try column(0x1a, bits: 32), split([1, 1, 1] as [UInt32]), count: 3, as: UInt32.self) == [1, 2, 3])
  }

  @Test func splitNumbers() throws {
    let floats: [Float] = [1.5, -0.25, .infinity]
    #expect(decode(try column(0x18, bits: 32), split(floats.map(\.bitPattern)), count: 3, as: Float.self) == floats)
    let doubles = [Double.pi, -1e300]
    #expect(decode(try column(0x19, bits: 64), split(doubles.map(\.bitPattern)), count: 2, as: Double.self) == doubles)
    #expect(
      decode(try column(0x12, bits: 16), split([7, 65535] as [UInt16]), count: 2, as: UInt16.self) == [7, 65535])
    #expect(decode(try column(0x14, bits: 32), split([7, .max] as [UInt32]), count: 2, as: UInt32.self) == [7, .max])
    #expect(decode(try column(0x16, bits: 64), split([7, .max] as [UInt64]), count: 2, as: UInt64.self) == [7, .max])
  }

  /// Half precision: the values of IEEE-754's own examples, subnormals and infinities.
  @Test func halfPrecision() throws {
    let halves: [UInt16] = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0x8000, 0x3555]
    let values: [Float] = [1, -2, 65504, 0x1p-24, 0x1p-14, .infinity, -0.0, 0.333_251_95]
    #expect(decode(try column(0x17, bits: 16), split(halves), count: 8, as: Float.self) == values)
    let plain = halves.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(decode(try column(0x0b, bits: 16), plain, count: 8, as: Float.self) == values)
  }

  /// Packed integers of any width up to 32 bits, across bytes.
  @Test(arguments: [10, 13, 17, 24, 31])
  func truncatedFloats(bits: Int) throws {
    let values: [Float] = [1, -3.25, 1e-20, 6.5e7, 0]
    let cut = values.map { $0.bitPattern >> UInt32(32 - bits) }
    let expected = cut.map { Float(bitPattern: $0 << UInt32(32 - bits)) }
    #expect(decode(try column(0x1c, bits: bits), pack(cut, bits: bits), count: 5, as: Float.self) == expected)
  }

  @Test(arguments: [1, 7, 20, 32])
  func quantisedFloats(bits: Int) throws {
    let top = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(bits) - 1)
    let page = pack([0, top, top / 2], bits: bits)
    let values = decode(try column(0x1d, bits: bits, low: -2, high: 6), page, count: 3, as: Float.self)
    #expect(values[0] == -2 && values[1] == 6)
    #expect(abs(Double(values[2]) - (-2 + 8 * Double(top / 2) / Double(top))) < 1e-6)
  }

  private func pack(_ words: [UInt32], bits: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (words.count * bits + 7) / 8)
    for (index, word) in words.enumerated() {
      for bit in 0..<bits where word >> UInt32(bit) & 1 == 1 {
        let place = index * bits + bit
        bytes[place / 8] |= 1 << UInt8(place % 8)
      }
    }
    return bytes
  }

  @Test func unknownTypesAreNamed() {
    #expect(complaint { _ = try column(0x77, bits: 8) }.contains("its type 119 of 8 bits is not known"))
    #expect(complaint { _ = try column(0x1c, bits: 9) }.contains("its type 28 of 9 bits is not known"))
  }
}
