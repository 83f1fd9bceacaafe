/// `std::vector`, `set`, `list` and their like: a count, then the elements.
final class ListDecoder: Decoder {
  private let element: Decoder
  private let hasHeader: Bool
  private let typeName: String
  private var offsets = [0]

  init(typeName: String, hasHeader: Bool, _ element: Decoder) {
    self.typeName = typeName
    self.hasHeader = hasHeader
    self.element = element
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    let header = hasHeader ? try ObjectHeader(&cursor) : nil
    let memberwise = header?.isMemberwise ?? false
    if memberwise { try skipElementVersion(&cursor) }
    let count = try cursor.count32(of: 0)
    // An element may take no bytes, but what follows cannot be longer than the basket.
    guard count <= max(cursor.remaining, 0) else { throw cursor.damaged("a \(typeName) of \(count) elements") }
    if memberwise {
      guard let headed = element as? HeadedDecoder, let record = headed.content as? RecordDecoder else {
        throw ROOTFileError(.unreadable(className: typeName, reason: "its elements are stored member by member"))
      }
      try record.decodeMemberwise(&cursor, count: count)
    } else {
      try element.decode(&cursor, count: count)
    }
    offsets.append(offsets[offsets.count - 1] + count)
    try header?.check(cursor, typeName)
  }

  override func values() throws -> ROOTArray? { try element.values().map { .list(offsets: offsets, $0) } }
}

/// The version of the elements' class, before elements that are stored member by member; version 0 is told by a checksum.
private func skipElementVersion(_ cursor: inout ByteCursor) throws {
  if try cursor.i16() <= 0 { try cursor.skip(4) }
}

/// `std::map` and its like: pairs, or all keys and then all values.
final class MapDecoder: Decoder {
  private let key: Decoder
  private let value: Decoder
  private let keyHasHeader: Bool
  private let valueHasHeader: Bool
  private let hasHeader: Bool
  private let typeName: String
  private var offsets = [0]

  init(typeName: String, hasHeader: Bool, key: Decoder, keyHasHeader: Bool, value: Decoder, valueHasHeader: Bool) {
    self.typeName = typeName
    self.hasHeader = hasHeader
    self.key = key
    self.value = value
    self.keyHasHeader = keyHasHeader
    self.valueHasHeader = valueHasHeader
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    let header = hasHeader ? try ObjectHeader(&cursor) : nil
    if header?.isMemberwise == true { try skipElementVersion(&cursor) }
    let count = try cursor.count32(of: 1)
    if header?.isMemberwise == true {
      // Containers and texts in a column of their own have one header for all.
      if keyHasHeader { _ = try ObjectHeader(&cursor) }
      try key.decode(&cursor, count: count)
      if valueHasHeader { _ = try ObjectHeader(&cursor) }
      try value.decode(&cursor, count: count)
    } else {
      for _ in 0..<count {
        try key.decode(&cursor)
        try value.decode(&cursor)
      }
    }
    offsets.append(offsets[offsets.count - 1] + count)
    try header?.check(cursor, typeName)
  }

  override func values() throws -> ROOTArray? {
    guard let keys = try key.values(), let values = try value.values() else { return nil }
    let pairs = ROOTArray.record(
      [ROOTField(name: "0", values: keys), ROOTField(name: "1", values: values)], count: offsets[offsets.count - 1])
    return .list(offsets: offsets, pairs)
  }
}

/// The elements of a split collection's member that fill the entry to its end; containers have one header before all.
final class RestOfEntryDecoder: Decoder {
  private let element: Decoder
  private let hasHeader: Bool
  private var offsets = [0]

  init(hasHeader: Bool, _ element: Decoder) {
    self.hasHeader = hasHeader
    self.element = element
  }

  /// Reads so many elements, where the entry's end is not known.
  func decode(_ cursor: inout ByteCursor, elements count: Int) throws {
    if count > 0 {
      let header = hasHeader ? try ObjectHeader(&cursor) : nil
      try element.decode(&cursor, count: count)
      try header?.check(cursor, "container")
    }
    offsets.append(offsets[offsets.count - 1] + count)
  }

  override func decode(_ cursor: inout ByteCursor) throws {
    var count = 0
    if cursor.remaining > 0 {
      let header = hasHeader ? try ObjectHeader(&cursor) : nil
      while cursor.remaining > 0 {
        let before = cursor.position
        try element.decode(&cursor)
        guard cursor.position > before else { throw cursor.damaged("elements without bytes") }
        count += 1
      }
      try header?.check(cursor, "container")
    }
    offsets.append(offsets[offsets.count - 1] + count)
  }

  override func values() throws -> ROOTArray? { try element.values().map { .list(offsets: offsets, $0) } }
}

/// A TRef: the number of the object it refers to.
final class ReferenceDecoder: Decoder {
  private var references: [UInt32] = []

  override func decode(_ cursor: inout ByteCursor) throws {
    if try cursor.u16() & 0x4000 != 0 { try cursor.skip(4) }
    references.append(try cursor.u32())
    try cursor.skip(6)  // bits, and the number of the process that made the object
  }

  override func values() -> ROOTArray? {
    .record([ROOTField(name: "ref", values: .numbers(.uint32(references)))], count: references.count)
  }
}

/// A TRefArray: the numbers of the objects it refers to.
final class ReferenceArrayDecoder: Decoder {
  private let names = TextDecoder()
  private let tobject = TObjectDecoder()
  private var sizes: [Int32] = []
  private var offsets = [0]
  private var references: [Int32] = []

  override func decode(_ cursor: inout ByteCursor) throws {
    let header = try ObjectHeader(&cursor)
    try tobject.decode(&cursor)
    try names.decode(&cursor)
    let count = try cursor.i32()
    try cursor.skip(6)  // the lower bound and the number of the process
    guard count >= 0, Int(count) <= cursor.remaining / 4 else { throw cursor.damaged("\(count) references") }
    for _ in 0..<count { references.append(try cursor.i32()) }
    sizes.append(count)
    offsets.append(references.count)
    try header.check(cursor, "TRefArray")
  }

  override func values() -> ROOTArray? {
    .record(
      [
        ROOTField(name: "fName", values: names.values() ?? .record([], count: sizes.count)),
        ROOTField(name: "fSize", values: .numbers(.int32(sizes))),
        ROOTField(name: "refs", values: .list(offsets: offsets, .numbers(.int32(references)))),
      ], count: sizes.count)
  }
}
