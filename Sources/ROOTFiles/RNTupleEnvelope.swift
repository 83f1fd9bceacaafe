import ByteIO

extension ByteCursor {
  /// A little-endian integer, as RNTuple writes them.
  mutating func little<Value: FixedWidthInteger>(_: Value.Type) throws -> Value {
    let bytes = try bytes(MemoryLayout<Value>.size)
    return Value(littleEndian: bytes.loadUnaligned(as: Value.self))
  }

  /// A text after its length in four bytes.
  mutating func littleString() throws -> String {
    let count = Int(try little(UInt32.self))
    return String(decoding: try bytes(count), as: UTF8.self)
  }

  /// A frame's place: where it ends, and for list frames the number of items.
  mutating func frame() throws -> (end: Int, items: Int) {
    let start = position
    let size = try little(Int64.self)
    guard size != .min, Int(size.magnitude) <= remaining + 8, size.magnitude >= 8 else {
      throw damaged("a frame of \(size) bytes where \(remaining + 8) are left")
    }
    let end = start + Int(size.magnitude)
    guard size < 0 else { return (end, 0) }
    let items = Int(try little(UInt32.self))
    // Each item of any list takes at least a byte.
    guard items <= max(end - position, 0) else { throw damaged("a list of \(items) items in \(end - start) bytes") }
    return (end, items)
  }

  /// A list frame's items; what an item does not read of its own frame is passed over by `read`.
  mutating func list<Item>(_ read: (inout ByteCursor) throws -> Item) throws -> [Item] {
    let frame = try frame()
    var items = [Item]()
    for _ in 0..<frame.items { items.append(try read(&self)) }
    try move(to: frame.end)
    return items
  }

  /// A record frame, whose unread rest is passed over.
  mutating func record<Item>(_ read: (inout ByteCursor) throws -> Item) throws -> Item {
    let frame = try frame()
    let item = try read(&self)
    guard position <= frame.end else { throw damaged("a record that is longer than its frame") }
    try move(to: frame.end)
    return item
  }
}

/// Where bytes lie in the file, and how many.
struct RNTupleLocator: Hashable, Sendable {
  var offset: Int
  var storedBytes: Int

  init(offset: Int, storedBytes: Int) {
    self.offset = offset
    self.storedBytes = storedBytes
  }

  init(_ cursor: inout ByteCursor) throws {
    let start = cursor
    let size = try cursor.little(Int32.self)
    if size >= 0 {
      storedBytes = Int(size)
      offset = Int(try cursor.little(Int64.self))
    } else {
      // A locator of another kind states its own length and kind; kind 1 has eight bytes of size.
      let raw = UInt32(bitPattern: size)
      guard (raw >> 24) & 0x7f == 1, raw & 0xffff == 20 else {
        throw start.damaged("a locator of kind \((raw >> 24) & 0x7f), which is not known")
      }
      storedBytes = Int(truncatingIfNeeded: try cursor.little(Int64.self))
      offset = Int(try cursor.little(Int64.self))
    }
    guard storedBytes >= 0, offset >= 0 else { throw start.damaged("a locator of \(storedBytes) bytes at \(offset)") }
  }
}

/// A block of metadata with its checksum.
struct RNTupleEnvelope {
  enum Kind: UInt16 {
    case header = 1
    case footer = 2
    case pageList = 3
  }

  /// After the preamble.
  var cursor: ByteCursor
  /// XXH3 of the envelope.
  var checksum: UInt64

  init(_ kind: Kind, at locator: RNTupleLocator, length: Int, in file: ByteRegion) throws {
    let stored = try file.part(from: locator.offset, count: locator.storedBytes)
    guard length >= 16 else {
      throw ROOTFileError(.damaged("an envelope of \(length) bytes"), byteOffset: locator.offset)
    }
    let region = try CompressedBlocks.decompress(stored, to: length)
    let content = try region.part(from: 0, count: length - 8)
    var end = ByteCursor(region, at: length - 8)
    checksum = try end.little(UInt64.self)
    guard XXHash.xxh3(content.bytes) == checksum else {
      throw ROOTFileError(.damaged("the checksum of its metadata does not fit"), byteOffset: locator.offset)
    }
    cursor = ByteCursor(content)
    let preamble = try cursor.little(UInt64.self)
    guard UInt16(truncatingIfNeeded: preamble) == kind.rawValue, preamble >> 16 == UInt64(length) else {
      throw ROOTFileError(
        .damaged("metadata of kind \(preamble & 0xffff) and \(preamble >> 16) bytes instead of \(kind)"),
        byteOffset: locator.offset)
    }
  }

  /// The feature flags, of which none is defined: a file that needs one cannot be read.
  mutating func checkFeatures() throws {
    var flags: Int64
    repeat {
      flags = try cursor.little(Int64.self)
      guard flags & .max == 0 else {
        throw ROOTFileError(.unreadable(className: "ROOT::RNTuple", reason: "it uses features that are not known"))
      }
    } while flags < 0
  }
}

/// The object that leads to an RNTuple's header and footer.
struct RNTupleAnchor {
  var header: RNTupleLocator
  var headerBytes: Int
  var footer: RNTupleLocator
  var footerBytes: Int

  init(_ region: ByteRegion) throws {
    var cursor = ByteCursor(region)
    _ = try ObjectHeader(&cursor)
    let start = cursor.position
    let epoch = try cursor.u16()
    guard epoch == 1 else {
      throw ROOTFileError(
        .unreadable(className: "ROOT::RNTuple", reason: "it is of format epoch \(epoch); this reader knows epoch 1"))
    }
    try cursor.skip(6)
    var numbers = [Int]()
    for _ in 0..<7 {
      let value = try cursor.i64()
      guard value >= 0 else { throw cursor.damaged("a place or length of \(value)") }
      numbers.append(Int(value))
    }
    // Later versions may append fields: the checksum covers all of them and comes last.
    let fields = try region.part(from: start, count: region.count - start - 8)
    var end = ByteCursor(region, at: region.count - 8)
    guard XXHash.xxh3(fields.bytes) == (try end.u64()) else {
      throw ROOTFileError(.damaged("the checksum of its anchor does not fit"))
    }
    header = RNTupleLocator(offset: numbers[0], storedBytes: numbers[1])
    headerBytes = numbers[2]
    footer = RNTupleLocator(offset: numbers[3], storedBytes: numbers[4])
    footerBytes = numbers[5]
  }
}
