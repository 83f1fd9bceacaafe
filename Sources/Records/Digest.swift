internal import CCrypto
import Foundation

/// A SHA-256 digest: the identity of a file, a card or a result.
public struct Digest: Hashable, Codable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  /// A digest from its 64 hexadecimal digits; `nil` for anything else.
  public init?(hex: String) {
    guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      return nil
    }
    self.hex = hex
  }

  public var description: String { hex }

  /// The first twelve digits, for messages and file names.
  public var short: String { String(hex.prefix(12)) }

  /// The first 64 bits, big-endian.
  public var leadingBits: UInt64 { UInt64(hex.prefix(16), radix: 16) ?? 0 }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let digest = Digest(hex: text) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: "'\(text)' is no SHA-256 digest (64 hexadecimal digits)"))
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  /// The digest of some bytes.
  public static func of(_ data: some DataProtocol) -> Digest {
    var hasher = DigestBuilder()
    for region in data.regions { region.withUnsafeBytes { hasher.update($0) } }
    return hasher.finish()
  }

  /// The digest of a text's UTF-8 bytes.
  public static func of(_ text: String) -> Digest { of(Data(text.utf8)) }

  /// The digest of a file from a byte on, read in pieces of a megabyte.
  public static func of(fileAt url: URL, from offset: Int = 0) throws -> Digest {
    guard let handle = FileHandle(forReadingAtPath: url.path) else {
      throw RecordError.unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
    defer { try? handle.close() }
    if offset > 0 { try handle.seek(toOffset: UInt64(offset)) }
    var hasher = DigestBuilder()
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
      piece.withUnsafeBytes { hasher.update($0) }
    }
    return hasher.finish()
  }
}

/// Builds a ``Digest`` from pieces. A text is preceded by its length, so that neighbours cannot run into each other.
public struct DigestBuilder: ~Copyable {
  private let context: OpaquePointer

  public init() {
    guard let context = ccrypto_sha256_create() else { preconditionFailure("libcrypto cannot make a SHA-256 context") }
    self.context = context
  }

  deinit { ccrypto_sha256_destroy(context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let status = ccrypto_sha256_update(context, bytes.baseAddress, bytes.count)
    precondition(status == 0, "libcrypto refused \(bytes.count) bytes")
  }

  public mutating func update(_ text: String) {
    let bytes = Array(text.utf8)
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update($0) }
    bytes.withUnsafeBytes { update($0) }
  }

  public mutating func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    let status = ccrypto_sha256_finish(context, &bytes)
    precondition(status == 0, "libcrypto could not finish a digest")
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    guard let digest = Digest(hex: digits) else { preconditionFailure("no digest: \(digits)") }
    return digest
  }
}
