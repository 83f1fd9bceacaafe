/// Reads objects by the file's own descriptions of their classes.
///
/// Classes that ROOT streams by hand (collections, arrays, baskets) are in `ObjectReader+Builtin.swift`.
final class ObjectReader {
  var cursor: ByteCursor
  let streamers: StreamerRegistry
  /// Classes and objects by their place, as later references name them.
  private var classes: [Int: String] = [:]
  private var objects: [Int: StreamedObject] = [:]
  private var depth = 0

  private static let byteCountMask: UInt32 = 0x4000_0000
  private static let newClass: UInt32 = 0xffff_ffff
  private static let classMask: UInt32 = 0x8000_0000
  /// References count from two bytes on, so that 0 and 1 can mean none and self.
  private static let mapOffset = 2
  private static let maximumDepth = 100

  init(_ region: ByteRegion, origin: Int, streamers: StreamerRegistry) {
    cursor = ByteCursor(region, origin: origin)
    self.streamers = streamers
  }

  /// What stands before an object: where it ends, if it says so, and the version of its class.
  struct Header {
    var end: Int?
    var version: Int
    var checksum: UInt32?
  }

  func header() throws -> Header {
    let start = cursor
    let word = try cursor.u32()
    guard word & Self.byteCountMask != 0, word != Self.newClass else {
      cursor = start
      return Header(end: nil, version: Int(try cursor.i16()), checksum: nil)
    }
    let count = Int(word & ~Self.byteCountMask)
    guard count >= 2, count <= cursor.remaining else {
      throw start.damaged("an object of \(count) bytes where \(cursor.remaining) are left")
    }
    let end = cursor.position + count
    let version = Int(try cursor.i16())
    // Classes without a version number are told apart by a checksum.
    let checksum = version <= 0 && count >= 6 ? try cursor.u32() : nil
    return Header(end: end, version: version, checksum: checksum)
  }

  /// Goes to where an object ends by its header, which must not lie behind what was read.
  func finish(_ header: Header, _ className: String) throws {
    guard let end = header.end else { return }
    guard cursor.position <= end else {
      throw cursor.damaged("a \(className) takes \(cursor.position - end) bytes more than it says")
    }
    try cursor.move(to: end)
  }

  /// An object of a known class.
  func object(ofClass className: String) throws -> StreamedObject {
    let object = StreamedObject(className: className)
    try readMembers(of: className, into: object)
    return object
  }

  /// The members of a class, header and base classes included, into `object`.
  func readMembers(of className: String, into object: StreamedObject) throws {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.maximumDepth else { throw cursor.damaged("objects nested deeper than \(Self.maximumDepth)") }
    if try readBuiltin(className, into: object) { return }
    let header = try header()
    object.set(version: header.version)
    guard let info = streamers.info(className, version: header.version, checksum: header.checksum) else {
      throw ROOTFileError(
        .unreadable(className: className, reason: "the file does not describe version \(header.version) of it"),
        byteOffset: cursor.fileOffset)
    }
    for element in info.elements { try readElement(element, of: className, into: object, end: header.end) }
    object.set(version: header.version)
    try finish(header, className)
  }

  /// An object behind a pointer: none, one that was read before, or a new one with its class.
  func pointer() throws -> StreamedValue {
    let start = cursor.position
    let word = try cursor.u32()
    var tag = word
    var end: Int?
    var tagPlace = start
    if word & Self.byteCountMask != 0, word != Self.newClass {
      let count = Int(word & ~Self.byteCountMask)
      guard count >= 4, count <= cursor.remaining else {
        throw cursor.damaged("an object of \(count) bytes where \(cursor.remaining) are left")
      }
      end = cursor.position + count
      tagPlace = cursor.position
      tag = try cursor.u32()
    }
    if tag & Self.classMask == 0 {
      if let end { try cursor.move(to: end) }
      return objects[Int(tag)].map(StreamedValue.object) ?? .none
    }
    let className: String
    if tag == Self.newClass {
      className = try cursor.zeroTerminated()
      classes[place(tagPlace, counted: end != nil)] = className
    } else {
      guard let known = classes[Int(tag & ~Self.classMask)] else {
        throw cursor.damaged("an object whose class is said to stand at \(tag & ~Self.classMask), where none is")
      }
      className = known
    }
    return try newObject(className, at: place(start, counted: end != nil), end: end)
  }

  private func place(_ position: Int, counted: Bool) -> Int {
    counted ? position + cursor.origin + Self.mapOffset : classes.count + objects.count + 1
  }

  private func newObject(_ className: String, at place: Int, end: Int?) throws -> StreamedValue {
    let object = StreamedObject(className: className)
    objects[place] = object
    do {
      try readMembers(of: className, into: object)
    } catch let error as ROOTFileError {
      // An object of a class that is not known is passed over where its length is.
      guard case .unreadable = error.problem, let end, cursor.position <= end else { throw error }
      try cursor.move(to: end)
      return .unread(className: className)
    }
    if let end {
      guard cursor.position <= end else { throw cursor.damaged("a \(className) takes more bytes than it says") }
      try cursor.move(to: end)
    }
    return .object(object)
  }

  private func readElement(
    _ element: StreamerElement, of className: String, into object: StreamedObject, end: Int?
  ) throws {
    switch element.type {
    case StreamerType.base:
      try readMembers(of: element.name, into: object)
    case StreamerType.tobject, StreamerType.tnamed:
      if element.kind == "TStreamerBase" {
        try readMembers(of: element.name, into: object)
      } else {
        object.set(element.name, .object(try self.object(ofClass: element.typeName)))
      }
    case StreamerType.double32, StreamerType.float16:
      object.set(element.name, try narrowed(element))
    case 1..<StreamerType.offsetL where element.arrayLength > 0:
      object.set(element.name, try basicArray(element.type, count: element.arrayLength))
    case 1..<StreamerType.offsetL:
      object.set(element.name, try basic(element.type))
    case StreamerType.offsetL..<StreamerType.offsetP:
      object.set(
        element.name, try basicArray(element.type - StreamerType.offsetL, count: max(element.arrayLength, 0)))
    case StreamerType.offsetP..<StreamerType.offsetP + 20:
      let present = try cursor.u8() != 0
      let count = object.integer(element.countName) ?? 0
      object.set(
        element.name, present ? try basicArray(element.type - StreamerType.offsetP, count: count) : .integers([]))
    case StreamerType.tstring:
      object.set(element.name, .text(try cursor.string()))
    case StreamerType.object, StreamerType.any, StreamerType.objectInPlace, StreamerType.anyInPlace:
      let name = String(element.typeName.prefix { $0 != "*" })
      object.set(element.name, .object(try self.object(ofClass: name)))
    case StreamerType.objectPointer, StreamerType.anyPointer, StreamerType.anyPointerNoTable:
      object.set(element.name, try pointer())
    case StreamerType.stl, StreamerType.stlString, StreamerType.streamer, StreamerType.stlPointer:
      let header = try header()
      guard header.end != nil else { throw unreadable(element, of: className) }
      try finish(header, element.typeName)
      object.set(element.name, .unread(className: element.typeName))
    default:
      throw unreadable(element, of: className)
    }
  }

  /// A Double32_t or Float16_t, as the comment of the member says.
  private func narrowed(_ element: StreamerElement) throws -> StreamedValue {
    let coding: NumberCoding =
      element.type == StreamerType.double32 ? .double32(element.title) : .float16(element.title)
    let bytes = try cursor.bytes(coding.storedWidth)
    guard element.arrayLength == 0, let start = bytes.baseAddress else {
      throw ROOTFileError(.unreadable(className: element.typeName, reason: "an array of them"))
    }
    let numbers = ROOTNumbers.make(coding.type, count: 1) { coding.decode(start, count: 1, to: $0) }
    switch numbers {
    case .float32(let values): return .real(Double(values[0]))
    case .float64(let values): return .real(values[0])
    default: return .none
    }
  }

  private func unreadable(_ element: StreamerElement, of className: String) -> ROOTFileError {
    ROOTFileError(
      .unreadable(
        className: className,
        reason: "its member '\(element.name)' is a \(element.typeName) (ROOT's type \(element.type))"),
      byteOffset: cursor.fileOffset)
  }
}
