import ByteIO

/// ROOT's compressed bytes: a chain of blocks, each with nine bytes of header, at most 16 MiB decompressed.
///
/// A header is two letters (the codec), its method, and the compressed and decompressed lengths in three bytes each,
/// least significant first. `L4` blocks begin with an XXH64 of what follows.
enum CompressedBlocks {
  static let headerBytes = 9

  struct Block {
    var codec: Codec
    var payload: UnsafeRawBufferPointer
    var length: Int
  }

  /// Decompresses `region` to `length` bytes, into a buffer of their own; bytes that are stored as they are stay in place.
  static func decompress(_ region: ByteRegion, to length: Int) throws -> ByteRegion {
    if region.count == length { return region }
    try check(region, length: length)
    let buffer = ByteBuffer(count: length)
    try decompress(region, into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[0..<length]))
    return buffer.region
  }

  /// Whether the headers of the chain add up to the region and to `length`, before memory is taken for it.
  static func check(_ region: ByteRegion, length: Int) throws {
    var position = 0
    var total = 0
    while position < region.count {
      let block = try block(in: region, at: position)
      total += block.length
      position = block.payload.count + position + headerBytes
      guard total <= length else { break }
    }
    guard total == length else {
      throw ROOTFileError(
        .damaged("its compressed blocks hold \(total) bytes, its key says \(length)"), byteOffset: region.fileOffset)
    }
  }

  static func decompress(_ region: ByteRegion, into destination: UnsafeMutableRawBufferPointer) throws {
    var position = 0
    var done = 0
    while position < region.count {
      let block = try block(in: region, at: position)
      guard block.length <= destination.count - done else { break }
      let room = UnsafeMutableRawBufferPointer(rebasing: destination[done..<done + block.length])
      do {
        try decode(block, into: room)
      } catch let error as CodecError {
        throw ROOTFileError(.damaged(error.description), byteOffset: region.fileOffset.map { $0 + position })
      }
      done += block.length
      position += headerBytes + block.payload.count
    }
    guard done == destination.count, position == region.count else {
      throw ROOTFileError(
        .damaged("its compressed blocks do not hold the \(destination.count) bytes that its key states"),
        byteOffset: region.fileOffset)
    }
  }

  private static func decode(_ block: Block, into room: UnsafeMutableRawBufferPointer) throws {
    guard block.codec == .lz4 else { return try block.codec.decompress(block.payload, into: room) }
    guard block.payload.count >= 8 else { throw CodecError(codec: .lz4, problem: .damaged) }
    let stated = UInt64(bigEndian: block.payload.loadUnaligned(as: UInt64.self))
    let content = UnsafeRawBufferPointer(rebasing: block.payload[8...])
    guard XXHash.xxh64(content) == stated else { throw CodecError(codec: .lz4, problem: .damaged) }
    try block.codec.decompress(content, into: room)
  }

  private static func block(in region: ByteRegion, at position: Int) throws -> Block {
    let bytes = region.bytes
    guard position <= bytes.count - headerBytes else {
      throw ROOTFileError(
        .truncated(expectedBytes: headerBytes, foundBytes: bytes.count - position),
        byteOffset: region.fileOffset.map { $0 + position })
    }
    func three(_ at: Int) -> Int {
      Int(bytes[position + at]) | Int(bytes[position + at + 1]) << 8 | Int(bytes[position + at + 2]) << 16
    }
    let codec = try codec(bytes[position], bytes[position + 1], byteOffset: region.fileOffset.map { $0 + position })
    let start = position + headerBytes
    let stored = three(3)
    guard stored <= bytes.count - start else {
      throw ROOTFileError(
        .truncated(expectedBytes: stored, foundBytes: bytes.count - start),
        byteOffset: region.fileOffset.map { $0 + start })
    }
    let block = Block(
      codec: codec, payload: UnsafeRawBufferPointer(rebasing: bytes[start..<start + stored]), length: three(6))
    guard plausible(block) else {
      throw ROOTFileError(
        .damaged("\(stored) bytes of \(codec.rawValue) cannot hold \(block.length)"),
        byteOffset: region.fileOffset.map { $0 + position })
    }
    return block
  }

  /// Deflate cannot compress more than 1032 times, LZ4 not more than 255 times, zstd not below four bytes for 128 KiB: a damaged length is found
  /// before memory is taken.
  private static func plausible(_ block: Block) -> Bool {
    switch block.codec {
    case .zlib, .deflate: block.length <= 1032 * (block.payload.count + 1)
    case .lz4: block.length <= 255 * (block.payload.count + 1)
    case .zstd, .lzma: block.length <= (1 << 17) * (block.payload.count + 1)
    }
  }

  private static func codec(_ first: UInt8, _ second: UInt8, byteOffset: Int?) throws -> Codec {
    switch (first, second) {
    case (UInt8(ascii: "Z"), UInt8(ascii: "L")): return .zlib
    case (UInt8(ascii: "C"), UInt8(ascii: "S")): return .deflate
    case (UInt8(ascii: "X"), UInt8(ascii: "Z")): return .lzma
    case (UInt8(ascii: "L"), UInt8(ascii: "4")): return .lz4
    case (UInt8(ascii: "Z"), UInt8(ascii: "S")): return .zstd
    default: throw ROOTFileError(.unknownCodec(printable([first, second])), byteOffset: byteOffset)
    }
  }
}

/// Bytes as text for a message; others than ASCII's as hexadecimal.
func printable(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { (32..<127).contains($0) ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
}
