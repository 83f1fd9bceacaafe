import ByteIO
import Foundation
import Records
import TestSupport
import Testing

@testable import GeneratorFiles

/// Public files cut at every kilobyte, and with random bits flipped: a value or an error with its place, never an end of
/// the process.
@Suite(.enabled(if: realDataURL != nil, "SEARCHLIGHT_DATA is not set"))
struct DamagedFileTests {
  private static let names = [
    "pylhe-testfile-madgraph-2.0.0-wbj.lhe", "pylhe-testfile-powheg-box-v2-W.lhe", "example.hepmc3",
    "inputIO1.hepmc", "gohep_test.hepmc", "pylhe-testfile-pythia-6.413-ttbar.lhe",
  ]

  /// - Returns: the error's text, or `nil` for a file that was read.
  private func error(of bytes: [UInt8], in folder: URL) throws -> String? {
    let url = folder.appendingPathComponent("file")
    try Data(bytes).write(to: url)
    do {
      if bytes.starts(with: Array("<Les".utf8)) || bytes.starts(with: [0x1F, 0x8B]) {
        try LesHouchesReader(url).forEach { _ in }
      } else {
        try HepMCReader(url).forEach { _ in }
      }
      return nil
    } catch let error as GeneratorFileError {
      #expect(error.path == url.path && error.line >= 0)
      return error.description
    } catch let error as FileError {
      return error.description
    }
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: try #require(realDataURL).appendingPathComponent("events/\(name)")))
  }

  @Test(arguments: names) func cutAtEveryKilobyte(_ name: String) throws {
    let bytes = try bytes(name)
    try withTemporaryFolder { folder in
      for count in stride(from: 0, to: bytes.count - 40, by: 1024) {
        let found = try error(of: Array(bytes[..<count]), in: folder)
        #expect(found != nil, "cut at \(count)")
      }
    }
  }

  /// Compressed data carry a checksum: every cut and every changed bit within them is found.
  @Test func cutAndChangedGzip() throws {
    let bytes = try bytes("pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz").prefix(1 << 18)
    try withTemporaryFolder { folder in
      var random = SeedTree(root: 1).child("gzip").stream()
      for count in stride(from: 1024, to: bytes.count, by: 16_384) {
        let found = try error(of: Array(bytes[..<count]), in: folder)
        #expect(found != nil, "cut at \(count)")
      }
      let small = folder.appendingPathComponent("small.gz")
      let sink = try ByteSink(small, compression: 6)
      try sink.write(Array(Data(contentsOf: referenceURL("generator-files/example.lhe"))))
      try sink.finish()
      let whole = Array(try Data(contentsOf: small))
      let found = try error(of: whole, in: folder)
      #expect(found == nil)
      for place in 10..<whole.count {
        var changed = whole
        changed[place] ^= 1 << UInt8(random.integer(below: 8))
        let found = try error(of: changed, in: folder)
        // The byte before the trailer of eight ends with bits that mean nothing.
        #expect(found != nil || place == whole.count - 9, "byte \(place) of \(whole.count)")
      }
    }
  }

  @Test(arguments: names) func flippedBits(_ name: String) throws {
    let bytes = try bytes(name).prefix(40_000)
    var random = SeedTree(root: 1).child(name).stream()
    try withTemporaryFolder { folder in
      for _ in 0..<200 {
        var changed = Array(bytes)
        for _ in 0...random.integer(below: 8) {
          changed[random.integer(below: changed.count)] ^= 1 << UInt8(random.integer(below: 8))
        }
        _ = try error(of: changed, in: folder)
      }
    }
  }
}
