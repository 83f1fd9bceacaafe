/// A field of an RNTuple as its header describes it.
struct RNTupleField: Hashable, Sendable {
  enum Role: UInt16 {
    case leaf, collection, record, variant, streamer
  }

  var parent: Int
  var role: Role?
  var name: String
  var typeName: String
  var description: String
  /// The number of elements of a fixed-size array.
  var arraySize: Int?
  /// The field that a projected field shows in another form.
  var isProjected: Bool
  var children: [Int] = []
  /// Columns in their order, for each of the representations.
  var columns: [[Int]] = []

  init(_ cursor: inout ByteCursor) throws {
    try cursor.skip(8)
    parent = Int(try cursor.little(UInt32.self))
    role = Role(rawValue: try cursor.little(UInt16.self))
    let flags = try cursor.little(UInt16.self)
    name = try cursor.littleString()
    typeName = try cursor.littleString()
    _ = try cursor.littleString()
    description = try cursor.littleString()
    isProjected = flags & 2 != 0
    if flags & 1 != 0 {
      let size = try cursor.little(UInt64.self)
      guard size < 1 << 40 else { throw cursor.damaged("a field of \(size) elements") }
      arraySize = Int(size)
    }
  }
}

/// A column of an RNTuple as its header describes it.
struct RNTupleColumn: Hashable, Sendable {
  var type: Int
  var bits: Int
  var field: Int
  var representation: Int
  /// Elements before the first stored one are zero.
  var firstElement: Int
  var minimum: Double
  var maximum: Double

  init(_ cursor: inout ByteCursor) throws {
    type = Int(try cursor.little(UInt16.self))
    bits = Int(try cursor.little(UInt16.self))
    field = Int(try cursor.little(UInt32.self))
    let flags = try cursor.little(UInt16.self)
    representation = Int(try cursor.little(UInt16.self))
    firstElement = 0
    minimum = 0
    maximum = 0
    if flags & 1 != 0 {
      let first = try cursor.little(Int64.self)
      // Negative: deferred and, up to there, of another representation.
      firstElement = first == .min ? 0 : Int(first.magnitude)
    }
    if flags & 2 != 0 {
      minimum = Double(bitPattern: try cursor.little(UInt64.self))
      maximum = Double(bitPattern: try cursor.little(UInt64.self))
    }
  }
}

/// Fields and columns of an RNTuple, from its header and the extensions of its footer.
struct RNTupleSchema: Sendable {
  var fields: [RNTupleField] = []
  var columns: [RNTupleColumn] = []
  var topLevel: [Int] = []

  /// Adds the description that follows in a header or a footer.
  mutating func extend(_ cursor: inout ByteCursor) throws {
    let newFields = try cursor.list { try $0.record { try RNTupleField(&$0) } }
    let newColumns = try cursor.list { try $0.record { try RNTupleColumn(&$0) } }
    let aliases = try cursor.list {
      try $0.record { (Int(try $0.little(UInt32.self)), Int(try $0.little(UInt32.self))) }
    }
    let first = fields.count
    fields += newFields
    for index in first..<fields.count {
      let parent = fields[index].parent
      guard parent <= index else { throw cursor.damaged("field \(index) comes before its parent \(parent)") }
      if parent == index { topLevel.append(index) } else { fields[parent].children.append(index) }
    }
    for column in newColumns {
      try attach(columns.count, to: column.field, representation: column.representation, cursor)
      columns.append(column)
    }
    for (column, field) in aliases {
      guard columns.indices.contains(column) else { throw cursor.damaged("an alias of column \(column)") }
      try attach(column, to: field, representation: 0, cursor)
    }
  }

  private mutating func attach(
    _ column: Int, to field: Int, representation: Int, _ cursor: ByteCursor
  ) throws {
    guard fields.indices.contains(field), representation <= fields[field].columns.count else {
      throw cursor.damaged("column \(column) of field \(field), representation \(representation)")
    }
    if representation == fields[field].columns.count { fields[field].columns.append([]) }
    fields[field].columns[representation].append(column)
  }
}

/// A group of entries whose pages are stored together.
struct RNTupleCluster: Sendable {
  struct Page: Sendable {
    var elementCount: Int
    var hasChecksum: Bool
    var locator: RNTupleLocator
  }

  struct Pages: Sendable {
    var pages: [Page]
    /// The number of the first element; `nil` if the column is not used in this cluster.
    var firstElement: Int?
  }

  var entries: Range<Int>
  var columns: [Pages] = []

  /// The clusters of a page list.
  static func clusters(_ envelope: RNTupleEnvelope, headerChecksum: UInt64) throws -> [RNTupleCluster] {
    var cursor = envelope.cursor
    guard try cursor.little(UInt64.self) == headerChecksum else {
      throw cursor.damaged("a list of pages that belongs to another header")
    }
    var clusters = try cursor.list { cursor in
      try cursor.record { cursor in
        let first = try cursor.little(UInt64.self)
        let word = try cursor.little(UInt64.self)
        let count = word & 0x00ff_ffff_ffff_ffff
        guard word >> 56 & 1 == 0 else {
          throw ROOTFileError(.unreadable(className: "ROOT::RNTuple", reason: "it has sharded clusters"))
        }
        guard first < 1 << 60, count < 1 << 60 else {
          throw cursor.damaged("a cluster of \(count) entries from \(first)")
        }
        return RNTupleCluster(entries: Int(first)..<Int(first + count))
      }
    }
    let pages = try cursor.list { try $0.list { try Pages(&$0) } }
    guard pages.count == clusters.count else {
      throw cursor.damaged("\(clusters.count) clusters, but the pages of \(pages.count)")
    }
    for index in clusters.indices { clusters[index].columns = pages[index] }
    return clusters
  }
}

extension RNTupleCluster.Pages {
  init(_ cursor: inout ByteCursor) throws {
    let frame = try cursor.frame()
    pages = []
    for _ in 0..<frame.items {
      let count = try cursor.little(Int32.self)
      pages.append(
        RNTupleCluster.Page(
          elementCount: Int(count.magnitude), hasChecksum: count < 0, locator: try RNTupleLocator(&cursor)))
    }
    let offset = try cursor.little(Int64.self)
    firstElement = offset < 0 ? nil : Int(offset)
    try cursor.move(to: frame.end)
  }
}
