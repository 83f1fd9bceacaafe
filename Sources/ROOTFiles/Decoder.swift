/// Reads values of one type, one after another, and collects them in columns.
///
/// A decoder belongs to one basket's task. Classes whose layout is fixed by ROOT or by the file's descriptions are put
/// together from these by ``DecoderFactory``.
class Decoder {
  /// Reads one value.
  func decode(_ cursor: inout ByteCursor) throws {}

  /// Reads values that follow each other.
  func decode(_ cursor: inout ByteCursor, count: Int) throws {
    for _ in 0..<count { try decode(&cursor) }
  }

  /// What was read so far; `nil` for what leaves no values (TObject).
  func values() throws -> ROOTArray? { nil }

  /// The value that was read last, where it is an integer: the length of an array that follows.
  var lastInteger: Int? { nil }
}

/// Numbers of a basic type.
final class NumberDecoder: Decoder {
  let coding: NumberCoding
  private var stored: [UInt8] = []
  private var count = 0

  init(_ coding: NumberCoding) { self.coding = coding }

  override func decode(_ cursor: inout ByteCursor) throws { try decode(&cursor, count: 1) }

  override func decode(_ cursor: inout ByteCursor, count more: Int) throws {
    guard more <= cursor.remaining / coding.storedWidth else { throw cursor.damaged("a list of \(more) numbers") }
    stored.append(contentsOf: try cursor.bytes(more * coding.storedWidth))
    count += more
  }

  override func values() -> ROOTArray? {
    .numbers(
      ROOTNumbers.make(coding.type, count: count) { destination in
        stored.withUnsafeBytes { if let start = $0.baseAddress { coding.decode(start, count: count, to: destination) } }
      })
  }

  override var lastInteger: Int? {
    guard count > 0, coding.form == .plain else { return nil }
    let last = stored.suffix(coding.storedWidth).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch coding.type {
    case .int8: return Int(Int8(truncatingIfNeeded: last))
    case .int16: return Int(Int16(truncatingIfNeeded: last))
    case .int32: return Int(Int32(truncatingIfNeeded: last))
    case .float32, .float64, .bool: return nil
    default: return Int(truncatingIfNeeded: last)
    }
  }
}

/// The bits of a TObject, followed by two bytes where the object is referred to.
final class BitsDecoder: Decoder {
  private var bits: [UInt32] = []

  override func decode(_ cursor: inout ByteCursor) throws {
    let value = try cursor.u32()
    if value & (1 << 4) != 0 { try cursor.skip(2) }
    bits.append(value)
  }

  override func values() -> ROOTArray? { .numbers(.uint32(bits)) }
}

/// Texts: a byte of length, or 255 and four of it, before each.
final class TextDecoder: Decoder {
  /// Whether the length is always of four bytes (`char*`).
  private let longLength: Bool
  private var offsets = [0]
  private var text: [UInt8] = []

  init(longLength: Bool = false) { self.longLength = longLength }

  override func decode(_ cursor: inout ByteCursor) throws {
    let short = longLength ? 255 : try cursor.u8()
    let length = short == 255 ? try cursor.count32(of: 1) : Int(short)
    text.append(contentsOf: try cursor.bytes(length))
    offsets.append(text.count)
  }

  override func values() -> ROOTArray? { .strings(offsets: offsets, bytes: text) }
}

/// A TObject, which leaves no values.
final class TObjectDecoder: Decoder {
  override func decode(_ cursor: inout ByteCursor) throws {
    if try cursor.u16() & 0x4000 != 0 { try cursor.skip(4) }
    try cursor.skip(4)
    if try cursor.u32() & (1 << 4) != 0 { try cursor.skip(2) }
  }
}

/// An array of fixed size.
final class FixedDecoder: Decoder {
  private let size: Int
  private let element: Decoder
  private var count = 0

  init(size: Int, _ element: Decoder) {
    self.size = size
    self.element = element
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    try element.decode(&cursor, count: size)
    count += 1
  }

  override func values() throws -> ROOTArray? {
    try element.values().map { .fixed(size: size, $0, count: count) }
  }
}

/// An array behind a pointer, whose length is in a member that was read before: a byte (0: none), then the elements.
final class CountedDecoder: Decoder {
  private let counter: Decoder
  private let element: Decoder
  private var offsets = [0]

  init(counter: Decoder, _ element: Decoder) {
    self.counter = counter
    self.element = element
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    var count = 0
    if try cursor.u8() != 0 {
      guard let stated = counter.lastInteger, stated >= 0 else { throw cursor.damaged("an array without length") }
      count = stated
    }
    try element.decode(&cursor, count: count)
    offsets.append(offsets[offsets.count - 1] + count)
  }

  override func values() throws -> ROOTArray? { try element.values().map { .list(offsets: offsets, $0) } }
}

/// The members of a class, one after another.
final class RecordDecoder: Decoder {
  let className: String
  private(set) var members: [(name: String, decoder: Decoder)]
  private var count = 0

  init(className: String, members: [(name: String, decoder: Decoder)]) {
    self.className = className
    self.members = members
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    for member in members { try member.decoder.decode(&cursor) }
    count += 1
  }

  /// The first member of all objects, then the second of all, and so on.
  func decodeMemberwise(_ cursor: inout ByteCursor, count more: Int) throws {
    for member in members {
      try member.decoder.decode(&cursor, count: more)
    }
    count += more
  }

  /// The members as columns; those of base classes stand among them.
  func fields() throws -> [ROOTField] {
    var fields = [ROOTField]()
    for member in members {
      if let base = member.decoder as? HeadedDecoder, base.isBase, let record = base.content as? RecordDecoder {
        fields += try record.fields()
      } else if let values = try member.decoder.values() {
        fields.append(ROOTField(name: member.name, values: values))
      }
    }
    return fields
  }

  override func values() throws -> ROOTArray? { .record(try fields(), count: count) }
}

/// An object with its header: its length, by which its end is checked, and the version of its class.
final class HeadedDecoder: Decoder {
  let content: Decoder
  let className: String
  /// The version that `content` reads; `nil` for a container, which has none of its own.
  let version: Int?
  let isBase: Bool

  init(className: String, version: Int?, isBase: Bool = false, _ content: Decoder) {
    self.className = className
    self.version = version
    self.isBase = isBase
    self.content = content
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    let header = try ObjectHeader(&cursor)
    if let version, header.version != version, header.version > 0 {
      throw ROOTFileError(
        .unreadable(className: className, reason: "it is of version \(header.version) here and \(version) elsewhere"))
    }
    try content.decode(&cursor)
    try header.check(cursor, className)
  }

  override func values() throws -> ROOTArray? { try content.values() }
}

/// A whole object in a branch of its own. Some are stored with their header, others without: a header that is one states
/// the length of the entry.
final class EntryObjectDecoder: Decoder {
  private let object: HeadedDecoder

  init(_ object: HeadedDecoder) { self.object = object }

  override func decode(_ cursor: inout ByteCursor) throws {
    var ahead = cursor
    let word = cursor.remaining >= 4 ? try ahead.u32() : 0
    if word & 0x4000_0000 != 0, Int(word & 0x3fff_ffff) == ahead.remaining {
      try object.decode(&cursor)
    } else {
      try object.content.decode(&cursor)
    }
  }

  override func values() throws -> ROOTArray? { try object.values() }
}

/// What stands before an object in a branch.
struct ObjectHeader {
  var end: Int?
  var version: Int
  var isMemberwise: Bool

  init(_ cursor: inout ByteCursor) throws {
    let start = cursor
    let word = try cursor.u32()
    var raw: Int
    if word & 0x4000_0000 != 0, word != 0xffff_ffff {
      let count = Int(word & 0x3fff_ffff)
      guard count >= 2, count <= cursor.remaining else {
        throw start.damaged("an object of \(count) bytes where \(cursor.remaining) are left")
      }
      end = cursor.position + count
      raw = Int(try cursor.u16())
    } else {
      cursor = start
      end = nil
      raw = Int(try cursor.u16())
    }
    isMemberwise = raw & 0x4000 != 0
    raw &= ~0x4000
    version = raw
    // A class without a version number is told by a checksum.
    if version == 0, !isMemberwise, let end, end - cursor.position >= 4 { try cursor.skip(4) }
  }

  func check(_ cursor: ByteCursor, _ className: String) throws {
    guard let end, cursor.position != end else { return }
    throw ROOTFileError(
      .unreadable(
        className: className, reason: "it takes \(cursor.position - end) bytes more than its header says"),
      byteOffset: cursor.fileOffset)
  }
}
