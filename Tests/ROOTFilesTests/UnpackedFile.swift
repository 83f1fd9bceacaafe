import Foundation

@testable import ROOTFiles

/// A copy of a ROOT file whose records are not compressed, so that a changed byte reaches what reads them.
///
/// Records are written again behind the end of the file; what points at them is changed: the lists of keys, the header, and in
/// the descriptions of trees the places of baskets.
struct UnpackedFile {
  private(set) var bytes: [UInt8]
  /// Where bytes lie that are still read.
  private(set) var live: [Range<Int>] = []
  private let file: ROOTFile

  /// - Throws: `ROOTFileError` for what cannot be unpacked.
  init(_ url: URL) throws {
    file = try ROOTFile(url)
    bytes = Array(try Data(contentsOf: url))
    guard bytes[4..<8].lexicographicallyPrecedes([0, 0x0f, 0x42, 0x40]) else {
      throw ROOTFileError(.damaged("a file of more than two gigabytes"))
    }
    let original = bytes.count
    live = [0..<min(file.header.firstRecord + 200, original)]
    for key in try file.keys() where key.className != "ROOT::RNTuple" && !key.className.hasPrefix("TDirectory") {
      var content = try key.record.content(in: file.region).copy
      if key.className == "TTree" { try moveBaskets(of: try file.tree("\(key.path);\(key.cycle)"), named: &content) }
      try move(key.record, content)
    }
    if file.header.streamersOffset > 0 {
      var cursor = ByteCursor(file.region, at: file.header.streamersOffset)
      let key = try KeyRecord(&cursor)
      let place = append(
        key, try key.content(in: file.region).copy, at: file.header.streamersOffset)
      put(place, at: 37)
      put(bytes.count - place, at: 41)
    }
    live.append(original..<bytes.count)
    put(bytes.count, at: 12)
  }

  /// Baskets behind the end, and their new places in the tree's description.
  private mutating func moveBaskets(of tree: ROOTTree, named content: inout [UInt8]) throws {
    for branch in tree.branches {
      for place in branch.record.basketOffsets.prefix(branch.record.writtenBaskets) where place > 0 {
        var cursor = ByteCursor(file.region, at: place)
        let key = try KeyRecord(&cursor)
        let stored = try file.region.part(from: place, count: key.recordBytes)
          .part(from: key.headerBytes, count: key.storedBytes)
        let new = append(key, try CompressedBlocks.decompress(stored, to: key.objectBytes).copy, at: place)
        let found = content.indices(of: Self.big(place, bytes: 8))
        guard found.count == 1 else { throw ROOTFileError(.damaged("a basket whose place is not found once")) }
        content.replaceSubrange(found[0]..<found[0] + 8, with: Self.big(new, bytes: 8))
      }
    }
  }

  /// An object's record behind the end, and its new place in the list that has its key.
  private mutating func move(_ key: KeyRecord, _ content: [UInt8]) throws {
    let header = Array(bytes[key.offset..<key.offset + key.headerBytes])
    let place = append(key, content)
    for copy in bytes[..<key.offset].indices(of: header) + bytes[(key.offset + 1)..<place].indices(of: header) {
      put(bytes.count - place, at: copy)
      putPlace(place, ofKeyAt: copy)
      live.append(copy..<copy + header.count)
    }
  }

  /// A record with the header of another, uncompressed.
  /// - Returns: where it begins.
  private mutating func append(_ key: KeyRecord, _ content: [UInt8], at old: Int? = nil) -> Int {
    let place = bytes.count, start = old ?? key.offset
    bytes += bytes[start..<start + key.headerBytes]
    bytes += content
    put(bytes.count - place, at: place)
    putPlace(place, ofKeyAt: place)
    return place
  }

  /// A key of version 1000 and more has eight bytes for its place.
  private mutating func putPlace(_ place: Int, ofKeyAt start: Int) {
    let version = Int(bytes[start + 4]) << 8 | Int(bytes[start + 5])
    put(place, at: version > 1000 ? start + 22 : start + 18)
  }

  private mutating func put(_ value: Int, at place: Int) {
    bytes.replaceSubrange(place..<place + 4, with: Self.big(value, bytes: 4))
  }

  private static func big(_ value: Int, bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * (bytes - 1 - $0))) }
  }
}

extension ByteRegion {
  /// The bytes, which outlive the region.
  fileprivate var copy: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }
}

extension Collection where Element == UInt8, Index == Int {
  /// Where a text of bytes begins.
  func indices(of text: [UInt8]) -> [Int] {
    guard count >= text.count else { return [] }
    return (startIndex...(endIndex - text.count)).filter {
      self[$0] == text[0] && self[$0..<$0 + text.count].elementsEqual(text)
    }
  }
}
