import Foundation

/// An object of a file, as its directory lists it.
public struct ROOTKey: Hashable, Sendable {
  /// The name with its directories: `dir/Events`.
  public var path: String
  /// The number of this version of the object; the highest is the newest.
  public var cycle: Int
  public var className: String
  public var title: String
  /// Bytes of the object, decompressed.
  public var objectBytes: Int
  /// Bytes of the object in the file.
  public var storedBytes: Int

  let record: KeyRecord

  /// The name without its directories.
  public var name: String { record.name }
}

/// A TKey: what stands before each object in the file.
struct KeyRecord: Hashable, Sendable {
  /// The record with its header, in bytes.
  var recordBytes: Int
  /// Bytes of the object, decompressed.
  var objectBytes: Int
  var headerBytes: Int
  var cycle: Int
  /// Where the record lies in the file.
  var offset: Int
  var className: String
  var name: String
  var title: String

  /// Bytes of the object in the file.
  var storedBytes: Int { recordBytes - headerBytes }

  /// Reads a key's fields, up to its title. One that was not yet written out (`inMemory`) has no record.
  init(_ cursor: inout ByteCursor, inMemory: Bool = false) throws {
    let start = cursor
    recordBytes = Int(try cursor.i32())
    let version = try cursor.i16()
    objectBytes = Int(try cursor.i32())
    try cursor.skip(4)  // the date
    headerBytes = Int(try cursor.i16())
    cycle = Int(try cursor.i16())
    // Version + 1000: places are written with eight bytes.
    let large = version > 1000
    offset = large ? Int(try cursor.i64()) : Int(try cursor.i32())
    try cursor.skip(large ? 8 : 4)  // the directory
    className = try cursor.string()
    name = try cursor.string()
    title = try cursor.string()
    guard headerBytes > 0, inMemory || recordBytes >= headerBytes, objectBytes >= 0, offset >= 0 else {
      throw start.damaged(
        "a key of \(recordBytes) bytes with \(headerBytes) bytes of header for an object of \(objectBytes)")
    }
  }

  /// The object's bytes, decompressed.
  func content(in file: ByteRegion) throws -> ByteRegion {
    let stored = try file.part(from: offset, count: recordBytes).part(from: headerBytes, count: storedBytes)
    return try CompressedBlocks.decompress(stored, to: objectBytes)
  }
}
