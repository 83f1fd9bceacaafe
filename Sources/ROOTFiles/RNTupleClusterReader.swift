import ByteIO

/// Reads fields of one cluster.
struct RNTupleClusterReader {
  let schema: RNTupleSchema
  let cluster: RNTupleCluster
  let file: ByteRegion
  let lanes: Int

  /// Elements of a field, counted within the cluster.
  func read(_ index: Int, _ range: Range<Int>, depth: Int = 0) throws -> ROOTArray {
    let field = schema.fields[index]
    guard depth < 50 else { throw ROOTFileError(.damaged("fields nested deeper than 50")) }
    if let size = field.arraySize { return try fixed(field, size, range, depth) }
    switch field.role {
    case .leaf: return try leaf(field, range, depth)
    case .collection:
      let offsets = try offsets(field, range)
      guard let child = field.children.first else { throw unreadable(field, "it has no elements") }
      let content = try read(child, offsets[0]..<offsets[offsets.count - 1], depth: depth + 1)
      let base = offsets[0]
      return .list(offsets: offsets.map { $0 - base }, content)
    case .record:
      let fields = try field.children.map {
        ROOTField(name: schema.fields[$0].name, values: try read($0, range, depth: depth + 1))
      }
      return .record(fields, count: range.count)
    case .variant: return try variant(field, range, depth)
    case .streamer: throw unreadable(field, "its objects are stored by ROOT's streamer")
    case nil: throw unreadable(field, "its structural role is not known")
    }
  }

  private func unreadable(_ field: RNTupleField, _ reason: String) -> ROOTFileError {
    ROOTFileError(.unreadable(className: "\(field.typeName) \(field.name)", reason: reason))
  }

  private func fixed(_ field: RNTupleField, _ size: Int, _ range: Range<Int>, _ depth: Int) throws -> ROOTArray {
    let (low, first) = range.lowerBound.multipliedReportingOverflow(by: size)
    let (high, second) = range.upperBound.multipliedReportingOverflow(by: size)
    guard !first, !second else { throw ROOTFileError(.damaged("arrays of \(size) elements")) }
    if let child = field.children.first {
      return .fixed(size: size, try read(child, low..<high, depth: depth + 1), count: range.count)
    }
    // A bitset: its bits are elements of its own column.
    return .fixed(size: size, .numbers(try numbers(try column(field, 0), low..<high)), count: range.count)
  }

  private func leaf(_ field: RNTupleField, _ range: Range<Int>, _ depth: Int) throws -> ROOTArray {
    let type = CppTypeName(field.typeName)
    if field.columns.isEmpty, let child = field.children.first {
      // An enumeration or an atomic: the field within it holds the number.
      return try read(child, range, depth: depth + 1)
    }
    if type?.name.hasSuffix("RNTupleCardinality") == true {
      let offsets = try offsets(field, range)
      let counts = zip(offsets, offsets.dropFirst()).map { UInt64($1 - $0) }
      return .numbers(try ROOTNumbers.uint64(counts).converted(to: type?.arguments.first?.number?.type ?? .uint64))
    }
    if type?.name == "string" {
      let offsets = try offsets(field, range)
      let base = offsets[0]
      guard case .uint8(let bytes) = try numbers(try column(field, 1), base..<offsets[offsets.count - 1]) else {
        throw unreadable(field, "its text is not of bytes")
      }
      return .strings(offsets: offsets.map { $0 - base }, bytes: bytes)
    }
    let stored = try numbers(try column(field, 0), range)
    guard let wanted = type?.number?.type else { return .numbers(stored) }
    return .numbers(try stored.converted(to: wanted))
  }

  private func variant(_ field: RNTupleField, _ range: Range<Int>, _ depth: Int) throws -> ROOTArray {
    let raw = try bytes(try column(field, 0), range)
    var tags = [Int8]()
    var positions = [Int]()
    var spans = [Range<Int>?](repeating: nil, count: field.children.count)
    for i in 0..<range.count {
      let (position, tag) = raw.withUnsafeBytes {
        (
          UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 12 * i, as: UInt64.self)),
          UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 12 * i + 8, as: UInt32.self))
        )
      }
      guard tag <= spans.count, position < 1 << 60 else { throw ROOTFileError(.damaged("a variant of tag \(tag)")) }
      tags.append(Int8(truncatingIfNeeded: Int(tag) - 1))
      positions.append(Int(position))
      guard tag > 0 else { continue }
      let here = Int(position)..<Int(position) + 1
      let span = spans[Int(tag) - 1] ?? here
      spans[Int(tag) - 1] = min(span.lowerBound, here.lowerBound)..<max(span.upperBound, here.upperBound)
    }
    let alternatives = try zip(field.children, spans).map { try read($0, $1 ?? 0..<0, depth: depth + 1) }
    for i in tags.indices { positions[i] -= tags[i] >= 0 ? spans[Int(tags[i])]?.lowerBound ?? 0 : positions[i] }
    return .variant(tags: tags, positions: positions, alternatives)
  }

  // MARK: Columns

  /// The column of a field that is used in this cluster.
  private func column(_ field: RNTupleField, _ position: Int) throws -> Int {
    for columns in field.columns where columns.indices.contains(position) {
      let column = columns[position]
      guard cluster.columns.indices.contains(column) else { continue }
      if cluster.columns[column].firstElement != nil { return column }
    }
    // A field that came later has no pages at all in earlier clusters: its values there are zero.
    if let column = field.columns.first, column.indices.contains(position),
      schema.columns[column[position]].firstElement > 0 || !cluster.columns.indices.contains(column[position])
    {
      return column[position]
    }
    throw unreadable(field, "it has no column in this cluster")
  }

  /// Where the elements of collections begin and end, counted within the cluster.
  private func offsets(_ field: RNTupleField, _ range: Range<Int>) throws -> [Int] {
    if range.isEmpty { return [0] }
    let first = max(range.lowerBound - 1, 0)
    let stored = try numbers(try column(field, 0), first..<range.upperBound)
    guard var ends = stored.integers, ends.count == range.upperBound - first else {
      throw ROOTFileError(.damaged("offsets above 2⁶³"))
    }
    if range.lowerBound == 0 { ends.insert(0, at: 0) }
    guard zip(ends, ends.dropFirst()).allSatisfy(<=), ends[0] >= 0, ends[ends.count - 1] < 1 << 60 else {
      throw ROOTFileError(.damaged("offsets that decrease"))
    }
    return ends
  }

  private func numbers(_ column: Int, _ range: Range<Int>) throws -> ROOTNumbers {
    let encoding = try RNTupleEncoding(schema.columns[column])
    guard encoding != .choice else { throw ROOTFileError(.damaged("a variant's choices where numbers belong")) }
    try checkRoom(column, encoding, range)
    return try ROOTNumbers.make(encoding.type, count: range.count) {
      try fill(column, encoding, range, to: $0)
    }
  }

  private func bytes(_ column: Int, _ range: Range<Int>) throws -> [UInt8] {
    let encoding = try RNTupleEncoding(schema.columns[column])
    guard encoding == .choice else { throw ROOTFileError(.damaged("a variant without choices")) }
    try checkRoom(column, encoding, range)
    return try [UInt8](unsafeUninitializedCapacity: 12 * range.count) { buffer, initialized in
      if let start = buffer.baseAddress, !range.isEmpty {
        try fill(column, encoding, range, to: UnsafeMutableRawPointer(start))
      }
      initialized = 12 * range.count
    }
  }

  /// Elements before the first stored one, within this cluster: those of a field that came while the file was written.
  ///
  /// Only fields outside of collections come late; they have so many elements for each entry.
  private func leadingZeros(_ column: Int) -> Int {
    guard cluster.columns.indices.contains(column) else { return .max }
    guard schema.columns[column].firstElement > 0 else { return 0 }
    var elements = cluster.entries.count
    var field = schema.columns[column].field
    while true {
      elements = elements.multipliedReportingOverflow(by: schema.fields[field].arraySize ?? 1).partialValue
      if schema.fields[field].parent == field { break }
      field = schema.fields[field].parent
    }
    return max(0, elements &- cluster.columns[column].pages.reduce(0) { $0 + $1.elementCount })
  }

  /// Whether the pages hold the elements, before memory is taken for them.
  private func checkRoom(_ column: Int, _ encoding: RNTupleEncoding, _ range: Range<Int>) throws {
    let zeros = leadingZeros(column)
    if range.upperBound <= zeros {
      // Zeros have no pages that could be compared with.
      guard range.count <= 1 << 31 else { throw ROOTFileError(.damaged("\(range.count) zeros")) }
      return
    }
    var stored = 0
    for page in cluster.columns[column].pages {
      let length = (page.elementCount * encoding.storedBits + 7) / 8
      let region = try file.part(from: page.locator.offset, count: page.locator.storedBytes)
      if region.count != length { try CompressedBlocks.check(region, length: length) }
      stored += page.elementCount
    }
    guard range.upperBound - zeros <= stored else {
      throw ROOTFileError(.damaged("\(stored) elements in its pages where \(range.upperBound - zeros) are needed"))
    }
  }

  private func fill(
    _ column: Int, _ encoding: RNTupleEncoding, _ range: Range<Int>, to destination: UnsafeMutableRawPointer
  ) throws {
    let zeros = min(leadingZeros(column), range.upperBound)
    if zeros > range.lowerBound {
      destination.initializeMemory(as: UInt8.self, repeating: 0, count: (zeros - range.lowerBound) * encoding.width)
    }
    guard zeros < range.upperBound else { return }
    var jobs = [(page: RNTupleCluster.Page, elements: Range<Int>)]()
    var first = zeros
    for page in cluster.columns[column].pages {
      let elements = first..<first + page.elementCount
      first = elements.upperBound
      if elements.overlaps(range) { jobs.append((page, elements)) }
    }
    let all = jobs
    try parallelFor(all.count, lanes: lanes) { index, scratch in
      try read(all[index].page, all[index].elements, encoding, range, to: destination, scratch)
    }
  }

  private func read(
    _ page: RNTupleCluster.Page, _ elements: Range<Int>, _ encoding: RNTupleEncoding, _ range: Range<Int>,
    to destination: UnsafeMutableRawPointer, _ scratch: Scratch
  ) throws {
    let length = (elements.count * encoding.storedBits + 7) / 8
    let stored = try file.part(from: page.locator.offset, count: page.locator.storedBytes)
    if page.hasChecksum {
      var cursor = ByteCursor(try file.part(from: page.locator.offset + page.locator.storedBytes, count: 8))
      guard XXHash.xxh3(stored.bytes) == (try cursor.little(UInt64.self)) else {
        throw ROOTFileError(.damaged("the checksum of a page does not fit"), byteOffset: page.locator.offset)
      }
    }
    let wanted = elements.clamped(to: range)
    let isWhole = wanted == elements
    var source = stored.bytes
    var buffer: ByteBuffer?
    if stored.count != length {
      try CompressedBlocks.check(stored, length: length)
      let made = scratch.bytes(length + (isWhole ? 0 : elements.count * encoding.width))
      try CompressedBlocks.decompress(stored, into: UnsafeMutableRawBufferPointer(rebasing: made.bytes[0..<length]))
      source = UnsafeRawBufferPointer(rebasing: made.bytes[0..<length])
      buffer = made
    }
    guard let start = source.baseAddress else { return }
    defer { withExtendedLifetime(buffer) {} }
    if isWhole {
      encoding.decode(
        start, count: elements.count,
        to: destination + (elements.lowerBound - range.lowerBound) * encoding.width)
      return
    }
    // Encodings work on whole pages: decoded beside, then cut.
    let whole = ByteBuffer(count: elements.count * encoding.width)
    guard let room = whole.bytes.baseAddress else { return }
    encoding.decode(start, count: elements.count, to: room)
    (destination + (wanted.lowerBound - range.lowerBound) * encoding.width).copyMemory(
      from: room + (wanted.lowerBound - elements.lowerBound) * encoding.width, byteCount: wanted.count * encoding.width)
  }
}
