/// The first bytes of a ROOT file.
struct FileHeader: Sendable {
  var version: Int
  var firstRecord: Int
  var end: Int
  /// Bytes of the first record before the description of the top directory.
  var nameBytes: Int
  var streamersOffset: Int
  var streamersBytes: Int
  /// Algorithm times 100 and level, as ROOT writes it.
  var compression: Int

  init(_ file: ByteRegion) throws {
    guard file.count >= 4 else {
      throw ROOTFileError(.truncated(expectedBytes: 4, foundBytes: file.count), byteOffset: 0)
    }
    var cursor = ByteCursor(file)
    let magic = Array(try cursor.bytes(4))
    guard magic == Array("root".utf8) else {
      throw ROOTFileError(.notROOT(found: "'\(printable(magic))'"), byteOffset: 0)
    }
    let stated = Int(try cursor.i32())
    // From two gigabytes on, places take eight bytes, and the version says so.
    let large = stated >= 1_000_000
    version = stated % 1_000_000
    firstRecord = Int(try cursor.i32())
    end = large ? Int(try cursor.i64()) : Int(try cursor.i32())
    try cursor.skip(large ? 16 : 12)  // the free list: its place, length and count
    nameBytes = Int(try cursor.i32())
    try cursor.skip(1)
    compression = Int(try cursor.i32())
    streamersOffset = large ? Int(try cursor.i64()) : Int(try cursor.i32())
    streamersBytes = Int(try cursor.i32())
    guard end <= file.count else {
      throw ROOTFileError(.truncated(expectedBytes: end, foundBytes: file.count), byteOffset: file.count)
    }
    guard firstRecord > 0, nameBytes > 0, firstRecord < end else {
      throw ROOTFileError(
        .damaged("its header places the first record at \(firstRecord) of \(end) bytes"), byteOffset: 8)
    }
  }
}

/// Where a directory's list of keys lies.
struct DirectoryRecord {
  var keysOffset: Int
  var keysBytes: Int

  init(_ cursor: inout ByteCursor) throws {
    let version = try cursor.i16()
    try cursor.skip(8)  // two dates
    keysBytes = Int(try cursor.i32())
    try cursor.skip(4)
    if version > 1000 {
      try cursor.skip(16)
      keysOffset = Int(try cursor.i64())
    } else {
      try cursor.skip(8)
      keysOffset = Int(try cursor.i32())
    }
  }

  /// The keys of the directory, in the file's order.
  func keys(in file: ByteRegion) throws -> [KeyRecord] {
    if keysOffset == 0 { return [] }
    let list = try file.part(from: keysOffset, count: keysBytes)
    var cursor = ByteCursor(list)
    _ = try KeyRecord(&cursor)
    // The smallest key has 26 bytes of numbers and three empty strings.
    let count = try cursor.count32(of: 29)
    return try (0..<count).map { _ in try KeyRecord(&cursor) }
  }
}
