/// The classes that ROOT streams by hand, and values of basic types.
extension ObjectReader {
  /// Reads the members of a class of known layout; false if it is none.
  func readBuiltin(_ className: String, into object: StreamedObject) throws -> Bool {
    switch className {
    case "TObject": try readTObject(object)
    case "TNamed": try readNamed(object)
    case "TObjString": try readObjString(object)
    case "TObjArray": try readObjArray(object)
    case "TList", "THashList", "TSortedList", "TOrdCollection": try readList(object)
    case "TMap": try readMap(object)
    case "TDatime": object.set("fDatime", .integer(Int(try cursor.u32())))
    case "TArrayC": object.set("array", try array(StreamerType.char))
    case "TArrayS": object.set("array", try array(StreamerType.short))
    case "TArrayI": object.set("array", try array(StreamerType.int))
    case "TArrayL", "TArrayL64": object.set("array", try array(StreamerType.long64))
    case "TArrayF": object.set("array", try array(StreamerType.float))
    case "TArrayD": object.set("array", try array(StreamerType.double))
    case "TBasket": try readBasket(object)
    case "TClonesArray", "TRefArray", "TRef", "TExMap": try passOver(className)
    default: return try readStreamer(className, into: object)
    }
    return true
  }

  /// A class whose content no metadata needs.
  private func passOver(_ className: String) throws {
    let header = try header()
    guard header.end != nil else {
      throw ROOTFileError(
        .unreadable(className: className, reason: "it does not state its length"), byteOffset: cursor.fileOffset)
    }
    try finish(header, className)
  }

  private func readTObject(_ object: StreamedObject) throws {
    let version = try cursor.u16()
    if version & 0x4000 != 0 { try cursor.skip(4) }
    object.set("fUniqueID", .integer(Int(try cursor.u32())))
    let bits = try cursor.u32()
    object.set("fBits", .integer(Int(bits)))
    // Objects that are referred to carry the number of their process.
    if bits & (1 << 4) != 0 { try cursor.skip(2) }
  }

  private func readNamed(_ object: StreamedObject) throws {
    let header = try header()
    try readTObject(object)
    object.set("fName", .text(try cursor.string()))
    object.set("fTitle", .text(try cursor.string()))
    try finish(header, "TNamed")
  }

  private func readObjString(_ object: StreamedObject) throws {
    let header = try header()
    try readTObject(object)
    object.set("fString", .text(try cursor.string()))
    try finish(header, "TObjString")
  }

  private func readObjArray(_ object: StreamedObject) throws {
    let header = try header()
    if header.version > 2 { try readTObject(object) }
    if header.version > 1 { object.set("fName", .text(try cursor.string())) }
    let count = try cursor.count32(of: 4)
    try cursor.skip(4)
    var elements = [StreamedValue]()
    for _ in 0..<count { elements.append(try pointer()) }
    object.set("elements", .list(elements))
    try finish(header, "TObjArray")
  }

  private func readList(_ object: StreamedObject) throws {
    let header = try header()
    try readTObject(object)
    object.set("fName", .text(try cursor.string()))
    let count = try cursor.count32(of: 5)
    var elements = [StreamedValue]()
    for _ in 0..<count {
      elements.append(try pointer())
      _ = try cursor.string()  // how it is to be drawn
    }
    object.set("elements", .list(elements))
    try finish(header, "TList")
  }

  private func readMap(_ object: StreamedObject) throws {
    let header = try header()
    if header.version > 2 { try readTObject(object) }
    if header.version > 1 { object.set("fName", .text(try cursor.string())) }
    let count = try cursor.count32(of: 8)
    var elements = [StreamedValue]()
    for _ in 0..<count { elements.append(.list([try pointer(), try pointer()])) }
    object.set("elements", .list(elements))
    try finish(header, "TMap")
  }

  /// A basket that stands within its tree's description: the last one, not yet written out.
  private func readBasket(_ object: StreamedObject) throws {
    let key = try KeyRecord(&cursor, inMemory: true)
    let basket = try BasketHeader(&cursor)
    object.set("fKeylen", .integer(key.headerBytes))
    object.set("fNevBuf", .integer(basket.entryCount))
    object.set("fLast", .integer(basket.last))
    var flag = basket.flag
    let generated = flag >= 80
    if generated { flag -= 80 }
    if !generated, flag != 0, flag % 10 != 2 {
      // A basket without entries has no offsets either, not even their number.
      if basket.entryCount > 0 { object.set("fEntryOffset", try array(StreamerType.int)) }
      if flag > 40 { _ = try array(StreamerType.int) }
    }
    guard flag == 1 || flag > 10 else { return }
    let count = basket.version > 1 ? basket.last : try cursor.count32(of: 1)
    let start = cursor.position
    try cursor.skip(count)
    object.set("bytes", .bytes(try cursor.region.part(from: start, count: count)))
  }

  /// The classes that describe classes, which nothing in the file describes.
  private func readStreamer(_ className: String, into object: StreamedObject) throws -> Bool {
    switch className {
    case "TStreamerInfo":
      let header = try header()
      try readNamed(object)
      object.set("fCheckSum", .integer(Int(try cursor.u32())))
      object.set("fClassVersion", .integer(Int(try cursor.i32())))
      object.set("fElements", try pointer())
      try finish(header, className)
    case "TStreamerElement": try readStreamerElement(object)
    case "TStreamerBase", "TStreamerBasicType", "TStreamerBasicPointer", "TStreamerLoop", "TStreamerObject",
      "TStreamerObjectAny", "TStreamerObjectPointer", "TStreamerObjectAnyPointer", "TStreamerString", "TStreamerSTL",
      "TStreamerArtificial":
      let header = try header()
      try readStreamerElement(object)
      switch className {
      case "TStreamerBase":
        if header.version > 2 { object.set("fBaseVersion", .integer(Int(try cursor.i32()))) }
      case "TStreamerBasicPointer", "TStreamerLoop":
        object.set("fCountVersion", .integer(Int(try cursor.i32())))
        object.set("fCountName", .text(try cursor.string()))
        object.set("fCountClass", .text(try cursor.string()))
      case "TStreamerSTL":
        object.set("fSTLtype", .integer(Int(try cursor.i32())))
        object.set("fCtype", .integer(Int(try cursor.i32())))
      default: break
      }
      try finish(header, className)
    case "TStreamerSTLstring":
      let header = try header()
      _ = try readStreamer("TStreamerSTL", into: object)
      try finish(header, className)
    default: return false
    }
    return true
  }

  private func readStreamerElement(_ object: StreamedObject) throws {
    let header = try header()
    try readNamed(object)
    object.set("fType", .integer(Int(try cursor.i32())))
    object.set("fSize", .integer(Int(try cursor.i32())))
    object.set("fArrayLength", .integer(Int(try cursor.i32())))
    object.set("fArrayDim", .integer(Int(try cursor.i32())))
    if header.version == 1 {
      object.set("fMaxIndex", try array(StreamerType.int))
    } else {
      object.set("fMaxIndex", try basicArray(StreamerType.int, count: 5))
    }
    object.set("fTypeName", .text(try cursor.string()))
    try finish(header, "TStreamerElement")
  }

  /// A count and so many values.
  func array(_ type: Int) throws -> StreamedValue {
    let count = try cursor.count32(of: 1)
    return try basicArray(type, count: count)
  }

  /// One value of a basic type.
  func basic(_ type: Int) throws -> StreamedValue {
    switch type {
    case StreamerType.char, StreamerType.legacyChar: .integer(Int(try cursor.i8()))
    case StreamerType.uchar, StreamerType.bool: .integer(Int(try cursor.u8()))
    case StreamerType.short: .integer(Int(try cursor.i16()))
    case StreamerType.ushort: .integer(Int(try cursor.u16()))
    case StreamerType.int, StreamerType.counter: .integer(Int(try cursor.i32()))
    case StreamerType.uint: .integer(Int(try cursor.u32()))
    case StreamerType.bits: try bits()
    case StreamerType.long, StreamerType.long64: .integer(Int(try cursor.i64()))
    case StreamerType.ulong, StreamerType.ulong64: .integer(Int(truncatingIfNeeded: try cursor.u64()))
    case StreamerType.float, StreamerType.double32: .real(Double(try cursor.f32()))
    case StreamerType.double: .real(try cursor.f64())
    case StreamerType.charStar: .text(String(decoding: try cursor.bytes(try cursor.count32(of: 1)), as: UTF8.self))
    default:
      throw ROOTFileError(.unreadable(className: "a member", reason: "of ROOT's basic type \(type)"))
    }
  }

  private func bits() throws -> StreamedValue {
    let bits = try cursor.u32()
    if bits & (1 << 4) != 0 { try cursor.skip(2) }
    return .integer(Int(bits))
  }

  /// Values of a basic type; their number is checked against what is left before memory is taken.
  func basicArray(_ type: Int, count: Int) throws -> StreamedValue {
    guard count >= 0, count <= cursor.remaining else { throw cursor.damaged("an array of \(count) values") }
    switch type {
    case StreamerType.float, StreamerType.double, StreamerType.double32:
      var values = [Double]()
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(type == StreamerType.double ? try cursor.f64() : Double(try cursor.f32())) }
      return .reals(values)
    default:
      var values = [Int]()
      values.reserveCapacity(count)
      for _ in 0..<count {
        guard case .integer(let value) = try basic(type) else { throw cursor.damaged("an array of texts") }
        values.append(value)
      }
      return .integers(values)
    }
  }
}

/// What follows the key of a basket.
struct BasketHeader {
  var version: Int
  /// Whether entry offsets are left out, to be made from the counts (ROOT's I/O features).
  var hasFeatures: Bool
  var offsetCount: Int
  var entryCount: Int
  /// Where the data end, counted from the start of the key.
  var last: Int
  var flag: Int

  init(_ cursor: inout ByteCursor) throws {
    version = Int(try cursor.i16())
    try cursor.skip(4)
    let size = Int(try cursor.i32())
    hasFeatures = size < 0
    offsetCount = abs(size)
    if hasFeatures { try cursor.skip(1) }
    entryCount = Int(try cursor.i32())
    last = Int(try cursor.i32())
    flag = Int(try cursor.u8())
    guard entryCount >= 0, last >= 0 else { throw cursor.damaged("a basket of \(entryCount) entries, \(last) bytes") }
  }
}
