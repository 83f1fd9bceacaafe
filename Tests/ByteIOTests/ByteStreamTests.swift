import ByteIO
import Foundation
import Records
import TestSupport
import Testing

@Suite struct ByteStreamTests {
  private func contents(_ url: URL, piece: Int = 1000) throws -> [UInt8] {
    let stream = try ByteStream(url)
    var all: [UInt8] = [], buffer = [UInt8](repeating: 0, count: piece)
    while case let count = try buffer.withUnsafeMutableBytes({ try stream.read(into: $0) }), count > 0 {
      all += buffer[..<count]
    }
    #expect(stream.consumedBytes == stream.fileBytes)
    return all
  }

  private func text(_ seed: UInt64, count: Int) -> [UInt8] {
    var random = SeedTree(root: seed).stream()
    return (0..<count).map { _ in UInt8(97 + random.integer(below: 5)) }
  }

  /// Python 3.11: gzip.compress(b"lepton_pT,lepton_eta\n0.869,-0.635\n", 9, mtime=0).hex()
  private static let byPython =
    "1f8b0800000000000203cb492d28c9cf8b2f08d1c981b0524b12b90cf42ccc2c75740df4cc8c4db900f19400d022000000"

  private var pythonBytes: [UInt8] {
    let digits = Array(Self.byPython)
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
  }

  @Test func gzipByPython() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      try Data(pythonBytes).write(to: url)
      #expect(String(decoding: try contents(url, piece: 7), as: UTF8.self) == "lepton_pT,lepton_eta\n0.869,-0.635\n")
      // Members one after another, with padding of zeros at the end, as `cat a.gz b.gz` and tape drives leave them.
      try Data(pythonBytes + pythonBytes + [0, 0, 0]).write(to: url)
      #expect(try contents(url).count == 68)
    }
  }

  @Test(arguments: [nil, 1, 9] as [Int?]) func writtenIsRead(_ compression: Int?) throws {
    try withTemporaryFolder { folder in
      for count in [0, 1, 262_143, 262_144, 700_001] {
        let url = folder.appendingPathComponent("\(count)"), bytes = text(UInt64(count), count: count)
        let sink = try ByteSink(url, compression: compression)
        for start in stride(from: 0, to: count, by: 99_999) {
          try sink.write(bytes[start..<min(count, start + 99_999)])
        }
        try sink.finish()
        #expect(try contents(url, piece: 4096) == bytes)
        #expect(try ByteStream(url).isCompressed == (compression != nil))
      }
    }
  }

  @Test func damageIsFound() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.gz")
      for end in 2..<pythonBytes.count {
        try Data(pythonBytes[..<end]).write(to: url)
        #expect(throws: FileError.self) { try contents(url) }
      }
      var changed = pythonBytes
      changed[changed.count - 6] ^= 1
      try Data(changed).write(to: url)
      #expect(throws: FileError.self) { try contents(url) }
      #expect(throws: FileError.self) { try contents(folder.appendingPathComponent("none")) }
      #expect(throws: FileError.self) { try contents(folder) }
    }
  }

  /// CRC-32 of "123456789", the check value of its catalogues.
  @Test func crc() {
    var crc = CRC32()
    for part in ["1234", "", "56789"] { Array(part.utf8).withUnsafeBytes { crc.update($0) } }
    #expect(crc.value == 0xCBF4_3926)
  }
}
