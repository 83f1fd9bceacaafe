import Foundation
import Records

/// The seal of a finished file: the length and SHA-256 of all that follows, in HDF5's user block, the first 512 bytes, which
/// the library and other readers skip.
///
/// HDF5 trusts a file's metadata: a flipped bit there can make it write outside its buffers. A sealed file is therefore
/// checked before the library sees it. Files without a seal, of other programs, are opened as they are.
enum FileSeal {
  static let blockSize = 512
  private static let mark = "searchlight sealed file, version 1\n"

  /// Seals a closed file that was created with a user block. Equal files get equal seals.
  /// - Throws: ``EventFileError``, `RecordError`.
  static func write(to path: String, namedInErrors name: String) throws {
    func refuse(_ reason: String) -> EventFileError { EventFileError(.cannotWrite(reason), path: name) }
    let text = try text(ofFileAt: path)
    guard let handle = FileHandle(forUpdatingAtPath: path) else { throw refuse(String(cString: strerror(errno))) }
    defer { try? handle.close() }
    do {
      try handle.seek(toOffset: 0)
      try handle.write(contentsOf: block(text))
      try handle.synchronize()
    } catch { throw refuse(error.localizedDescription) }
  }

  /// Whether a file has a seal.
  /// - Throws: ``EventFileError`` if it has one that does not fit its content, or what is left of one.
  @discardableResult
  static func check(_ path: String) throws -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw EventFileError(.cannotRead(String(cString: strerror(errno))), path: path)
    }
    defer { try? handle.close() }
    guard let found = try? handle.read(upToCount: blockSize), isSealLike(found) else { return false }
    let text = try text(ofFileAt: path)
    guard found == block(text) else {
      let lines = String(decoding: found, as: UTF8.self).split(separator: "\n")
      let length = lines.first { $0.hasPrefix("length ") }?.dropFirst(7)
      let now = try handle.seekToEnd()
      if let length, let expected = UInt64(length), now < expected + UInt64(blockSize) {
        throw EventFileError(.truncated("\(now) bytes of \(expected + UInt64(blockSize))"), path: path)
      }
      throw EventFileError(.brokenSeal, path: path)
    }
    return true
  }

  /// A damaged mark is still a mark.
  private static func isSealLike(_ bytes: Data) -> Bool {
    let matches = zip(bytes, mark.utf8).count { $0 == $1 }
    return bytes.count >= mark.utf8.count && 2 * matches > mark.utf8.count
  }

  private static func text(ofFileAt path: String) throws -> String {
    let url = URL(fileURLWithPath: path)
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    return mark + "length \(max(0, size - blockSize))\nsha256 \(try Digest.of(fileAt: url, from: blockSize).hex)\n"
  }

  private static func block(_ text: String) -> Data {
    var block = Data(text.utf8)
    block.append(Data(count: blockSize - block.count))
    return block
  }
}
