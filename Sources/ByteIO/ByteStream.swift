internal import CCodecs
import Foundation

/// A file's bytes from front to back, inflated on the way where the file is gzip's (by its first two bytes).
///
/// One owner at a time: not for concurrent use.
public final class ByteStream {
  public let url: URL
  /// Whether the file is compressed.
  public let isCompressed: Bool
  /// Bytes of the file read so far, before inflation, for progress.
  public private(set) var consumedBytes = 0
  /// Bytes of the file.
  public let fileBytes: Int

  private let descriptor: Int32
  private let inflater: Inflater?
  private var input: [UInt8]
  private var unread = 0..<0
  private var hasEnded = false

  /// - Parameter offset: the byte to begin with, of a file that is not compressed.
  /// - Throws: ``FileError`` if the file is missing or no regular file.
  public init(_ url: URL, from offset: Int = 0) throws {
    self.url = url
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "no such file" : String(cString: strerror(errno))
      throw FileError(.cannotRead(reason), path: url.path)
    }
    var status = stat()
    var mark: (UInt8, UInt8) = (0, 0)
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(.cannotRead("no regular file"), path: url.path)
    }
    fileBytes = Int(status.st_size)
    isCompressed = pread(descriptor, &mark, 2, 0) == 2 && mark == (0x1F, 0x8B)
    if offset > 0, !isCompressed { consumedBytes = max(0, Int(lseek(descriptor, off_t(offset), SEEK_SET))) }
    inflater = isCompressed ? try Inflater(gzip: true, path: url.path) : nil
    input = isCompressed ? [UInt8](repeating: 0, count: 1 << 18) : []
  }

  deinit { close(descriptor) }

  /// Fills the buffer as far as there are bytes; 0 at the end of the file.
  /// - Throws: ``FileError`` for bytes that cannot be read or inflated.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count, !hasEnded {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      filled += inflater == nil ? try readPlain(room) : try readInflated(room)
    }
    return filled
  }

  private func readPlain(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try system(room)
    if count == 0 { hasEnded = true }
    return count
  }

  private func readInflated(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let inflater else { return 0 }
    if unread.isEmpty {
      let count = try input.withUnsafeMutableBytes { try system($0) }
      unread = 0..<count
      if count == 0 {
        guard inflater.isBetweenMembers else {
          throw FileError(.cannotRead("its gzip data end within a member; copy it again"), path: url.path)
        }
        hasEnded = true
        return 0
      }
    }
    let step = try input.withUnsafeBytes { bytes in
      try inflater.inflate(UnsafeRawBufferPointer(rebasing: bytes[unread]), into: room)
    }
    unread = unread.lowerBound + step.used..<unread.upperBound
    return step.made
  }

  private func system(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Foundation.read(descriptor, room.baseAddress, room.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(.cannotRead(String(cString: strerror(errno))), path: url.path) }
      consumedBytes += count
      return count
    }
  }
}

/// Inflates a stream of deflated bytes, raw or gzip, piece by piece.
public final class Inflater {
  private let handle: OpaquePointer
  private let path: String
  /// Whether what was read so far ends with a whole member.
  public private(set) var isBetweenMembers = true

  /// `path` is the file that errors name.
  public init(gzip: Bool, path: String) throws {
    guard let handle = ccodecs_inflate_create(gzip ? 1 : 0) else {
      throw FileError(.cannotRead("there is no memory for its decoder"), path: path)
    }
    self.handle = handle
    self.path = path
  }

  deinit { ccodecs_stream_destroy(handle) }

  /// Reads some of the bytes and fills some of the room; either may be less than there is.
  /// - Throws: ``FileError`` for damaged data or a checksum that does not fit.
  public func inflate(
    _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws -> (used: Int, made: Int) {
    guard let from = bytes.bindMemory(to: UInt8.self).baseAddress, !bytes.isEmpty,
      let to = room.bindMemory(to: UInt8.self).baseAddress, !room.isEmpty
    else { return (0, 0) }
    var used = 0, made = 0
    switch ccodecs_inflate(handle, from, bytes.count, &used, to, room.count, &made) {
    case CCODECS_STREAM_MORE: isBetweenMembers = false
    case CCODECS_STREAM_END: isBetweenMembers = true
    case CCODECS_STREAM_NO_MEMORY:
      throw FileError(.cannotRead("there is no memory for its decoder"), path: path)
    default: throw FileError(.cannotRead("its compressed data are damaged; copy it again"), path: path)
    }
    return (used, made)
  }
}

/// Writes a file from front to back, deflated on the way where asked. Give it a temporary place of ``AtomicFile``.
///
/// One owner at a time: not for concurrent use. What is not ended by ``finish()`` is not whole.
public final class ByteSink {
  private let path: String
  private let descriptor: Int32
  private let deflater: OpaquePointer?
  private var pending: [UInt8] = []
  private var packed: [UInt8]
  private static let pieceBytes = 1 << 18

  /// - Parameters:
  ///   - path: the file that errors name, where it is not `url`.
  ///   - compression: gzip's level 1 to 9; `nil` writes plainly.
  public init(_ url: URL, namedInErrors path: String? = nil, compression: Int? = nil) throws {
    self.path = path ?? url.path
    var deflater: OpaquePointer?
    if let compression {
      precondition((1...9).contains(compression), "gzip levels are 1 to 9, got \(compression)")
      deflater = ccodecs_deflate_create(1, Int32(compression))
      guard deflater != nil else {
        throw FileError(.cannotWrite("there is no memory for its encoder"), path: path ?? url.path)
      }
    }
    self.deflater = deflater
    packed = deflater == nil ? [] : [UInt8](repeating: 0, count: Self.pieceBytes)
    descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(.cannotWrite(writeFailure(errno)), path: self.path) }
  }

  deinit {
    if let deflater { ccodecs_stream_destroy(deflater) }
    if descriptor >= 0 { close(descriptor) }
  }

  public func write(_ text: String) throws {
    pending.append(contentsOf: text.utf8)
    try writeFullPieces()
  }

  public func write(_ bytes: some Collection<UInt8>) throws {
    pending.append(contentsOf: bytes)
    try writeFullPieces()
  }

  /// Writes what is held back, and the end of the compressed stream.
  public func finish() throws {
    try writePending(isLast: true)
  }

  private func writeFullPieces() throws {
    if pending.count >= Self.pieceBytes { try writePending(isLast: false) }
  }

  private func writePending(isLast: Bool) throws {
    try pending.withUnsafeBytes { bytes in
      if let deflater { try deflate(bytes, isLast: isLast, deflater) } else { try system(bytes) }
    }
    pending.removeAll(keepingCapacity: true)
  }

  private func deflate(_ bytes: UnsafeRawBufferPointer, isLast: Bool, _ deflater: OpaquePointer) throws {
    var done = 0
    let from = bytes.bindMemory(to: UInt8.self)
    while done < bytes.count || isLast {
      var used = 0, made = 0
      let status = packed.withUnsafeMutableBufferPointer { room -> ccodecs_stream_status in
        guard let to = room.baseAddress else { return CCODECS_STREAM_NO_MEMORY }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { spare in
          spare.initialize(repeating: 0)
          guard let start = from.baseAddress.map({ $0 + done }) ?? UnsafePointer(spare.baseAddress) else {
            return CCODECS_STREAM_NO_MEMORY
          }
          return ccodecs_deflate(
            deflater, start, bytes.count - done, &used, to, room.count, &made, isLast ? 1 : 0)
        }
      }
      done += used
      try packed.withUnsafeBytes { try system(UnsafeRawBufferPointer(rebasing: $0[..<made])) }
      if status == CCODECS_STREAM_END { return }
      guard status == CCODECS_STREAM_MORE else {
        throw FileError(.cannotWrite("its data cannot be compressed"), path: path)
      }
    }
  }

  private func system(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let written = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(.cannotWrite(writeFailure(errno)), path: path)
      }
      done += written
    }
  }
}

/// The CRC-32 of gzip and zip, of bytes that may come in pieces.
public struct CRC32: Hashable, Sendable {
  public private(set) var value: UInt32 = 0

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
    value = ccodecs_crc32(value, start, bytes.count)
  }

  /// As if the `count` bytes that `other` is of had come next.
  public mutating func append(_ other: CRC32, of count: Int) {
    value = ccodecs_crc32_combine(value, other.value, count)
  }
}
