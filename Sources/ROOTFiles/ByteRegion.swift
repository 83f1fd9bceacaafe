import ByteIO

/// Bytes and what keeps them alive: a part of the mapped file or a decompressed buffer.
///
/// Sendable because the bytes are only read once the region has been made, and `owner` frees them when the last region is gone.
struct ByteRegion: @unchecked Sendable {
  let owner: AnyObject
  let bytes: UnsafeRawBufferPointer
  /// Where the bytes begin in the file; `nil` for decompressed ones.
  let fileOffset: Int?

  init(owner: AnyObject, bytes: UnsafeRawBufferPointer, fileOffset: Int?) {
    self.owner = owner
    self.bytes = bytes
    self.fileOffset = fileOffset
  }

  /// The whole of a file.
  init(_ file: MappedFile) {
    self.init(owner: file, bytes: file.bytes, fileOffset: 0)
  }

  var count: Int { bytes.count }

  /// A part of the region.
  /// - Throws: ``ROOTFileError`` if it does not lie within.
  func part(from start: Int, count: Int) throws -> ByteRegion {
    guard start >= 0, count >= 0, start <= bytes.count, count <= bytes.count - start else {
      throw ROOTFileError(
        .truncated(expectedBytes: max(count, 0), foundBytes: min(max(bytes.count - start, 0), bytes.count)),
        byteOffset: fileOffset.map { $0 &+ start })
    }
    return ByteRegion(
      owner: owner, bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]),
      fileOffset: fileOffset.map { $0 + start })
  }
}

/// Bytes of its own, freed with it.
///
/// Sendable because its bytes are written only before it is handed on.
final class ByteBuffer: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(count: Int) {
    bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
    written = count
  }

  private let written: Int

  var region: ByteRegion {
    ByteRegion(owner: self, bytes: UnsafeRawBufferPointer(rebasing: bytes[0..<written]), fileOffset: nil)
  }

  deinit { bytes.deallocate() }
}
