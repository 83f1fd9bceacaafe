import ByteIO
import Foundation

/// The members of a zip archive, stored or deflated, also beyond 4 GB. The file is mapped; encrypted archives and those in
/// several parts are refused.
struct ZipArchive: Sendable {
  struct Member: Sendable {
    var name: String
    var isDeflated: Bool
    /// Bytes before compression.
    var bytes: Int
    /// Where its bytes lie in the file.
    var place: Range<Int>
    var crc: UInt32
  }

  let file: MappedFile
  let members: [Member]

  /// - Throws: `FileError`; ``EventFileError`` for a damaged archive.
  init(_ url: URL) throws {
    file = try MappedFile(url)
    do throws(NumPyFault) {
      members = try Self.members(of: file.bytes)
    } catch {
      throw EventFileError(.damaged(dataset: "the archive", reason: error.reason), path: url.path)
    }
  }

  private static func members(of bytes: UnsafeRawBufferPointer) throws(NumPyFault) -> [Member] {
    let (count, start, size) = try directory(of: bytes)
    var members: [Member] = []
    var p = start
    for _ in 0..<count {
      guard p >= 0, p + 46 <= bytes.count, p < start + size, bytes.word32(p) == 0x0201_4B50 else {
        throw NumPyFault("its list of members is cut off")
      }
      let nameBytes = bytes.word16(p + 28), extra = bytes.word16(p + 30), comment = bytes.word16(p + 32)
      guard p + 46 + nameBytes + extra + comment <= bytes.count else {
        throw NumPyFault("its list of members is cut off")
      }
      let name = String(decoding: bytes[p + 46..<p + 46 + nameBytes], as: UTF8.self)
      members.append(try member(name, bytes, at: p, extra: p + 46 + nameBytes..<p + 46 + nameBytes + extra))
      p += 46 + nameBytes + extra + comment
    }
    return members
  }

  /// Number, place and bytes of the list of members, from the record at the end of the file.
  private static func directory(of bytes: UnsafeRawBufferPointer) throws(NumPyFault) -> (Int, Int, Int) {
    let lowest = max(0, bytes.count - 65_557)
    var end = bytes.count - 22
    while end >= lowest, bytes.word32(end) != 0x0605_4B50 { end -= 1 }
    guard end >= lowest else { throw NumPyFault("its end is missing") }
    var (count, size, start) = (bytes.word16(end + 10), bytes.word32(end + 12), bytes.word32(end + 16))
    if end >= 20, bytes.word32(end - 20) == 0x0706_4B50 {
      let large = bytes.word64(end - 12)
      guard large >= 0, large <= bytes.count - 56, bytes.word32(large) == 0x0606_4B50 else {
        throw NumPyFault("its end is damaged")
      }
      (count, size, start) = (bytes.word64(large + 32), bytes.word64(large + 40), bytes.word64(large + 48))
    }
    guard count >= 0, size >= 0, start >= 0, start <= bytes.count, size <= bytes.count - start, count <= size / 46 + 1
    else { throw NumPyFault("its list of members lies beyond its end") }
    return (count, start, size)
  }

  private static func member(
    _ name: String, _ bytes: UnsafeRawBufferPointer, at p: Int, extra: Range<Int>
  ) throws(NumPyFault) -> Member {
    let flags = bytes.word16(p + 8), method = bytes.word16(p + 10)
    guard flags & 1 == 0 else { throw NumPyFault("'\(name)' is encrypted") }
    guard method == 0 || method == 8 else {
      throw NumPyFault("'\(name)' is compressed by method \(method); known: deflate")
    }
    var (packed, full, local) = (bytes.word32(p + 20), bytes.word32(p + 24), bytes.word32(p + 42))
    var e = extra.lowerBound
    while e + 4 <= extra.upperBound {
      let id = bytes.word16(e), length = bytes.word16(e + 2)
      guard e + 4 + length <= extra.upperBound else { break }
      if id == 1 {
        var q = e + 4
        func next(_ value: inout Int) {
          guard value == 0xFFFF_FFFF, q + 8 <= e + 4 + length else { return }
          value = bytes.word64(q)
          q += 8
        }
        next(&full)
        next(&packed)
        next(&local)
      }
      e += 4 + length
    }
    guard local >= 0, local <= bytes.count - 30, bytes.word32(local) == 0x0403_4B50 else {
      throw NumPyFault("'\(name)' lies beyond its end")
    }
    let start = local + 30 + bytes.word16(local + 26) + bytes.word16(local + 28)
    guard packed >= 0, full >= 0, start <= bytes.count, packed <= bytes.count - start, method == 8 || packed == full
    else {
      throw NumPyFault("'\(name)' lies beyond its end")
    }
    // Deflate shortens by a factor of 1032 at most: what claims more is damaged, and must not take memory.
    guard method == 0 || full <= 1100 * packed + 64 else {
      throw NumPyFault("'\(name)' claims \(full) bytes of \(packed)")
    }
    return Member(
      name: name, isDeflated: method == 8, bytes: full, place: start..<start + packed,
      crc: UInt32(truncatingIfNeeded: bytes.word32(p + 16)))
  }
}

extension UnsafeRawBufferPointer {
  /// Little-endian words of a place that is known to be there.
  fileprivate func word16(_ p: Int) -> Int {
    Int(UInt16(littleEndian: loadUnaligned(fromByteOffset: p, as: UInt16.self)))
  }
  fileprivate func word32(_ p: Int) -> Int {
    Int(UInt32(littleEndian: loadUnaligned(fromByteOffset: p, as: UInt32.self)))
  }
  /// −1 where it is beyond the largest.
  fileprivate func word64(_ p: Int) -> Int {
    Int(exactly: UInt64(littleEndian: loadUnaligned(fromByteOffset: p, as: UInt64.self))) ?? -1
  }
}

/// The bytes of a member from front to back.
final class ZipMemberReader {
  private let archive: ZipArchive
  private let member: ZipArchive.Member
  private let inflater: Inflater?
  private var position = 0
  private var given = 0
  private var crc = CRC32()

  init(_ archive: ZipArchive, _ member: ZipArchive.Member) throws {
    self.archive = archive
    self.member = member
    inflater = member.isDeflated ? try Inflater(gzip: false, path: archive.file.path) : nil
  }

  /// Fills the room, all of it.
  /// - Throws: ``EventFileError`` where the member is shorter, or, at its end, its checksum does not fit.
  func read(into room: UnsafeMutableRawBufferPointer) throws {
    var filled = 0
    while filled < room.count {
      let bytes = UnsafeRawBufferPointer(rebasing: archive.file.bytes[member.place.dropFirst(position)])
      let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
      if let inflater {
        let step = try inflater.inflate(bytes, into: rest)
        position += step.used
        filled += step.made
        if step == (0, 0) { throw damaged("it ends early") }
      } else {
        guard bytes.count >= rest.count else { throw damaged("it ends early") }
        rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<rest.count]))
        position += rest.count
        filled += rest.count
      }
    }
    crc.update(UnsafeRawBufferPointer(room))
    given += room.count
    if given == member.bytes, crc.value != member.crc { throw damaged("its checksum does not fit") }
  }

  func skip(_ count: Int) throws {
    var rest = count
    while rest > 0 {
      let piece = min(rest, 1 << 20)
      try withUnsafeTemporaryAllocation(byteCount: piece, alignment: 8) { try read(into: $0) }
      rest -= piece
    }
  }

  private func damaged(_ reason: String) -> EventFileError {
    EventFileError(.damaged(dataset: member.name, reason: reason), path: archive.file.path)
  }
}
