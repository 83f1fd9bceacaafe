import ByteIO
import Foundation

@testable import ROOTFiles

/// The places in a file of an RNTuple that is not compressed: so that, after a change, its checksums can be made right again,
/// and the change reaches what reads the metadata.
struct SealedNTuple {
  let anchor: Range<Int>
  let header: Range<Int>
  let footer: Range<Int>
  let pageLists: [Range<Int>]
  let pages: [Range<Int>]
  /// Those pages that have a checksum of their own, with it.
  private let sealedPages: [Range<Int>]

  /// - Throws: `ROOTFileError`, also for compressed metadata.
  init(_ file: ROOTFile, _ path: String) throws {
    let key = try file.key(path).record
    let content = try key.content(in: file.region)
    guard content.count == key.storedBytes else { throw ROOTFileError(.damaged("a compressed anchor")) }
    let found = try RNTupleAnchor(content)
    // After a byte count and a version.
    anchor = key.offset + key.headerBytes + 6..<key.offset + key.recordBytes
    header = try Self.place(found.header, found.headerBytes)
    footer = try Self.place(found.footer, found.footerBytes)
    var envelope = try RNTupleEnvelope(.footer, at: found.footer, length: found.footerBytes, in: file.region)
    try envelope.checkFeatures()
    try envelope.cursor.skip(8)
    try envelope.cursor.record { _ in }
    pageLists = try envelope.cursor.list { cursor in
      try cursor.record { cursor in
        try cursor.skip(20)
        let length = Int(try cursor.little(UInt64.self))
        return try Self.place(RNTupleLocator(&cursor), length)
      }
    }
    let all = try file.ntuple(path).clusters.flatMap { $0.columns.flatMap(\.pages) }
    func place(_ page: RNTupleCluster.Page) -> Range<Int> {
      page.locator.offset..<page.locator.offset + page.locator.storedBytes + (page.hasChecksum ? 8 : 0)
    }
    pages = all.map(place)
    sealedPages = all.filter(\.hasChecksum).map(place)
  }

  private static func place(_ locator: RNTupleLocator, _ length: Int) throws -> Range<Int> {
    guard locator.storedBytes == length else { throw ROOTFileError(.damaged("compressed metadata")) }
    return locator.offset..<locator.offset + length
  }

  /// All of it.
  var places: [Range<Int>] { [anchor, header, footer] + pageLists + pages }

  /// Makes all checksums right.
  func seal(_ bytes: inout [UInt8]) {
    let own = seal(header, in: &bytes)
    bytes.replaceSubrange(footer.lowerBound + 16..<footer.lowerBound + 24, with: own)
    _ = seal(footer, in: &bytes)
    for list in pageLists {
      bytes.replaceSubrange(list.lowerBound + 8..<list.lowerBound + 16, with: own)
      _ = seal(list, in: &bytes)
    }
    for page in sealedPages { _ = seal(page, in: &bytes) }
    let fields = anchor.lowerBound..<anchor.upperBound - 8
    let sum = bytes[fields].withUnsafeBytes { XXHash.xxh3($0) }
    withUnsafeBytes(of: sum.bigEndian) { bytes.replaceSubrange(fields.upperBound..<anchor.upperBound, with: $0) }
  }

  /// The checksum that now stands in the last eight bytes.
  private func seal(_ place: Range<Int>, in bytes: inout [UInt8]) -> [UInt8] {
    let sum = bytes[place.dropLast(8)].withUnsafeBytes { XXHash.xxh3($0) }
    let little = withUnsafeBytes(of: sum.littleEndian, Array.init)
    bytes.replaceSubrange(place.upperBound - 8..<place.upperBound, with: little)
    return little
  }
}
