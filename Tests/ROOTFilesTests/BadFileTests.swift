import ByteIO
import Foundation
import TestSupport
import Testing

@testable import ROOTFiles

@Suite struct BadFileTests {
  @Test func missingForeignAndShortFiles() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.root")
      #expect(complaint { _ = try ROOTFile(url) } == "\(url.path): cannot be read: no such file")
      #expect(complaint { _ = try ROOTFile(folder) } == "\(folder.path): cannot be read: no regular file")
      try Data().write(to: url)
      #expect(complaint { _ = try ROOTFile(url) }.contains("is truncated: 4 bytes expected, 0 found"))
      try Data("\u{1}PNG and so on".utf8).write(to: url)
      #expect(
        complaint { _ = try ROOTFile(url) }.contains("is no ROOT file: it begins with '\\x1PNG' instead of 'root'"))
    }
  }

  /// Each cut file is refused, whatever it is cut in.
  @Test func truncatedFilesAreRefused() throws { try expectTruncationRefused(of: "histograms.root") }

  /// Flipped bytes give errors or other numbers, never a crash.
  @Test func flippedBytesAreSurvived() throws {
    try flipBytes(of: committed("histograms.root"), rounds: 150, seed: 1)
  }

  @Test(
    .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"),
    arguments: ["root/uproot-histograms.root", "histfactory/xmlimport_input/data/ShapeSys2D.root"])
  func flippedBytesOfRealFilesAreSurvived(name: String) throws {
    try flipBytes(of: try real(name), rounds: 150, seed: 2)
  }

  @Test func damageIsPlacedInTheFile() throws {
    var bytes = try Data(contentsOf: committed("histograms.root"))
    let file = try ROOTFile(committed("histograms.root"))
    let key = try file.key("weighted")
    let start = key.record.offset + key.record.headerBytes
    #expect(String(decoding: bytes[start..<start + 2], as: UTF8.self) == "ZL")
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.root")
      bytes[start + 40] ^= 0xff
      try bytes.write(to: url)
      #expect(
        complaint { _ = try ROOTFile(url).histogram("weighted") }
          == "\(url.path): weighted: is damaged: its zlib data cannot be decoded; copy or make the file again (at byte \(start))"
      )
      bytes[start] = UInt8(ascii: "Q")
      try bytes.write(to: url)
      #expect(
        complaint { _ = try ROOTFile(url).histogram("weighted") }.contains(
          "is compressed with 'QL', which is not known"))
      // The other objects are still there.
      #expect(try ROOTFile(url).histogram("shapes/plain").integral > 0)
    }
  }

  /// ROOT's oldest compression is that of zlib without its frame.
  @Test func oldCompressionIsRead() throws {
    let text = Array("compressed long ago".utf8)
    // A stored block of RFC 1951: final, type 0, length, its complement, the bytes.
    let count = UInt16(text.count)
    let deflated = [1, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)] + text
    let header: [UInt8] = [
      UInt8(ascii: "C"), UInt8(ascii: "S"), 8, UInt8(deflated.count), 0, 0, UInt8(text.count), 0, 0,
    ]
    let stored = ByteBuffer(count: header.count + deflated.count)
    stored.bytes.copyBytes(from: header + deflated)
    let result = try CompressedBlocks.decompress(stored.region, to: text.count)
    #expect(Array(result.bytes) == text)
    #expect(throws: ROOTFileError.self) { try CompressedBlocks.decompress(stored.region, to: text.count + 1) }
  }
}
