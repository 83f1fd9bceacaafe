internal import CCodecs

/// The compressions of blocks whose decompressed length is known.
public enum Codec: String, Hashable, Codable, Sendable, CaseIterable {
  /// RFC 1950, with its Adler-32 checked.
  case zlib
  /// RFC 1951, without a checksum.
  case deflate
  /// An .xz stream, with its own check.
  case lzma
  /// One LZ4 block, without a checksum.
  case lz4
  /// Zstandard frames, with their checksum where they have one.
  case zstd

  /// Decodes a whole block into exactly the bytes of `destination`.
  /// - Throws: ``CodecError``; what `destination` holds is then undefined.
  public func decompress(_ block: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) throws {
    guard let bytes = block.bindMemory(to: UInt8.self).baseAddress, !block.isEmpty else {
      if destination.isEmpty { return }
      throw CodecError(codec: self, problem: .damaged)
    }
    guard let room = destination.bindMemory(to: UInt8.self).baseAddress, !destination.isEmpty else {
      throw CodecError(codec: self, problem: .length)
    }
    switch ccodecs_decompress(code, bytes, block.count, room, destination.count) {
    case CCODECS_DONE: return
    case CCODECS_LENGTH: throw CodecError(codec: self, problem: .length)
    case CCODECS_NO_MEMORY: throw CodecError(codec: self, problem: .noMemory)
    default: throw CodecError(codec: self, problem: .damaged)
    }
  }

  private var code: ccodecs_codec {
    switch self {
    case .zlib: CCODECS_ZLIB
    case .deflate: CCODECS_DEFLATE
    case .lzma: CCODECS_XZ
    case .lz4: CCODECS_LZ4
    case .zstd: CCODECS_ZSTD
    }
  }
}

/// A block that could not be decoded.
public struct CodecError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    /// The bytes cannot be decoded, or a checksum does not fit.
    case damaged
    /// They decode to another number of bytes.
    case length
    case noMemory
  }

  public var codec: Codec
  public var problem: Problem

  public init(codec: Codec, problem: Problem) {
    self.codec = codec
    self.problem = problem
  }

  public var description: String {
    switch problem {
    case .damaged: "its \(codec.rawValue) data cannot be decoded"
    case .length: "its \(codec.rawValue) data decode to another length than is stated"
    case .noMemory: "there is no memory for its \(codec.rawValue) decoder"
    }
  }
}

/// The checksums of the xxHash family that file formats carry, all with seed 0.
public enum XXHash {
  /// The 64-bit XXH64.
  public static func xxh64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    hashed(bytes, ccodecs_xxh64)
  }

  /// The 64-bit XXH3.
  public static func xxh3(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    hashed(bytes, ccodecs_xxh3)
  }

  private static func hashed(
    _ bytes: UnsafeRawBufferPointer, _ hash: (UnsafePointer<UInt8>, Int) -> UInt64
  ) -> UInt64 {
    if let start = bytes.bindMemory(to: UInt8.self).baseAddress { return hash(start, bytes.count) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { spare in
      spare.initialize(repeating: 0)
      guard let start = spare.baseAddress else { return 0 }
      return hash(start, 0)
    }
  }
}
