import Foundation

/// The lines of a text file, plain or gzip, one after another in constant memory.
///
/// One owner at a time: not for concurrent use.
public final class LineReader {
  public let url: URL
  /// The number of the line given last, from 1; 0 before the first.
  public private(set) var lineNumber = 0

  /// No text format has lines like this; a file that does is no text.
  public static let longestLine = 1 << 24

  private let stream: ByteStream
  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var hasEnded = false
  private var last = 0..<0
  private var givesLastAgain = false

  /// - Throws: ``FileError`` if the file cannot be opened.
  public init(_ url: URL) throws {
    self.url = url
    stream = try ByteStream(url)
    buffer = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// The next line without its end (`\n` or `\r\n`), valid until the next call; `nil` at the end of the file.
  /// - Throws: ``FileError`` for bytes that cannot be read or inflated, or for a line longer than ``longestLine``.
  public func next() throws -> UnsafeRawBufferPointer? {
    if givesLastAgain {
      givesLastAgain = false
      return UnsafeRawBufferPointer(rebasing: buffer[last])
    }
    var searched = start
    while true {
      if let newline = newline(from: searched) {
        lineNumber += 1
        return give(start..<newline, nextStart: newline + 1)
      }
      if hasEnded {
        guard start < end else { return nil }
        lineNumber += 1
        return give(start..<end, nextStart: end)
      }
      searched = end - start
      try fill()
    }
  }

  /// Makes ``next()`` give the last line once more.
  public func unread() { givesLastAgain = true }

  private func give(_ range: Range<Int>, nextStart: Int) -> UnsafeRawBufferPointer {
    start = nextStart
    last = range.last.map { buffer[$0] == 13 } == true ? range.dropLast() : range
    return UnsafeRawBufferPointer(rebasing: buffer[last])
  }

  private func newline(from place: Int) -> Int? {
    guard place < end, let base = buffer.baseAddress, let found = memchr(base + place, 10, end - place) else {
      return nil
    }
    return base.distance(to: found)
  }

  /// Moves what is left to the front and reads more behind it.
  private func fill() throws {
    let count = end - start
    if count == buffer.count {
      guard count < Self.longestLine else {
        throw FileError(
          .cannotRead("line \(lineNumber + 1) is longer than \(Self.longestLine >> 20) MiB; it is no text file"),
          path: url.path)
      }
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * count, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
      buffer.deallocate()
      buffer = larger
    } else if start > 0, count > 0, let base = buffer.baseAddress {
      memmove(base, base + start, count)
    }
    start = 0
    end = count
    let read = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    if read == 0 { hasEnded = true }
    end += read
  }
}
