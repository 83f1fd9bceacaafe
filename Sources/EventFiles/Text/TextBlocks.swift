import ByteIO
import Foundation

/// A text file in blocks of whole rows, plain or gzip. A line break within quotes ends no row.
///
/// Behind each block there are some zero bytes, so that words of eight bytes may be loaded from anywhere in it.
final class TextBlocks {
  struct Block {
    /// Valid until the next block is asked for. Ends with a line feed.
    var bytes: UnsafeBufferPointer<UInt8>
    /// The line of the file that it begins with, from 1.
    var line: Int
    /// Bytes of the text before it, after inflation.
    var offset: Int
    var hasQuotes: Bool
  }

  static let padding = 16
  /// A row that is longer is taken for a quote that is never closed.
  static let largestRow = 1 << 26

  private let stream: ByteStream
  private let target: Int
  private var storage: UnsafeMutableRawBufferPointer
  private var filled = 0
  private var used = 0
  private var line = 1
  private var offset = 0
  private var hasEnded = false

  /// - Parameter place: where to begin in a file that is not compressed: a byte and the line that begins there.
  init(_ url: URL, blockBytes: Int = 1 << 22, from place: (offset: Int, line: Int)? = nil) throws {
    stream = try ByteStream(url, from: place?.offset ?? 0)
    target = max(blockBytes, 64)
    storage = .allocate(byteCount: max(blockBytes, 64) + Self.padding, alignment: 8)
    if let place { (offset, line) = place }
  }

  deinit { storage.deallocate() }

  var fractionDone: Double { stream.fileBytes == 0 ? 1 : Double(stream.consumedBytes) / Double(stream.fileBytes) }
  var isCompressed: Bool { stream.isCompressed }

  /// The next rows, or `nil` after the last.
  /// - Throws: `FileError`; ``EventFileError`` for a row beyond all measure.
  func next() throws -> Block? {
    discardUsed()
    var searched = 0
    while true {
      if filled == storage.count - Self.padding { try grow() }
      let room = UnsafeMutableRawBufferPointer(rebasing: storage[filled..<storage.count - Self.padding])
      let count = hasEnded ? 0 : try stream.read(into: room)
      if count < room.count { hasEnded = true }
      filled += count
      if offset == 0, searched == 0 { skipByteOrderMark() }
      guard filled > 0 else { return nil }
      if hasEnded, storage[filled - 1] != UInt8(ascii: "\n") {
        storage[filled] = UInt8(ascii: "\n")
        filled += 1
      }
      if let end = lastRowEnd() { return take(end) }
      if hasEnded { throw tooLong("a quote is not closed") }
      searched = filled
    }
  }

  private func take(_ end: Int) -> Block {
    let bytes = UnsafeBufferPointer(
      start: UnsafeRawPointer(storage.baseAddress)?.assumingMemoryBound(to: UInt8.self), count: end)
    let block = Block(bytes: bytes, line: line, offset: offset, hasQuotes: contains(UInt8(ascii: "\""), before: end))
    used = end
    return block
  }

  private func discardUsed() {
    guard used > 0, let base = storage.baseAddress else { return }
    line += countLines(UnsafeRawBufferPointer(rebasing: storage[..<used]))
    offset += used
    memmove(base, base + used, filled - used)
    filled -= used
    used = 0
  }

  private func grow() throws {
    guard storage.count < Self.largestRow else { throw tooLong("a row has more than 64 MB") }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * storage.count, alignment: 8)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<filled]))
    storage.deallocate()
    storage = larger
  }

  private func tooLong(_ reason: String) -> EventFileError {
    EventFileError(
      .inText(line: line, column: nil, reason: "\(reason) in the row that begins here"), path: stream.url.path)
  }

  private func skipByteOrderMark() {
    guard filled >= 3, storage[0] == 0xEF, storage[1] == 0xBB, storage[2] == 0xBF, let base = storage.baseAddress else {
      return
    }
    memmove(base, base + 3, filled - 3)
    filled -= 3
    offset = 3
  }

  private func contains(_ byte: UInt8, before end: Int) -> Bool {
    guard let base = storage.baseAddress else { return false }
    return memchr(base, Int32(byte), end) != nil
  }

  /// Where the last whole row ends.
  private func lastRowEnd() -> Int? {
    guard contains(UInt8(ascii: "\""), before: filled) else {
      var last = filled
      while last > 0, storage[last - 1] != UInt8(ascii: "\n") { last -= 1 }
      return last > 0 ? last : nil
    }
    var isQuoted = false
    var end: Int?
    for i in 0..<filled {
      if storage[i] == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, storage[i] == UInt8(ascii: "\n") { end = i + 1 }
    }
    return end
  }
}

/// The most rows that some bytes hold: a row ends with a line feed, with a carriage return, or with both.
func countRowEnds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
  var count = 0
  var isAfterReturn = false
  for byte in bytes {
    let isReturn = byte == UInt8(ascii: "\r")
    count += isReturn || byte == UInt8(ascii: "\n") && !isAfterReturn ? 1 : 0
    isAfterReturn = isReturn
  }
  return count
}

/// The line feeds in some bytes.
func countLines(_ bytes: UnsafeRawBufferPointer) -> Int {
  var count = 0
  for byte in bytes where byte == UInt8(ascii: "\n") { count += 1 }
  return count
}
