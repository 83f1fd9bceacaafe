import Columns
import Records

/// An RNTuple of a file (format epoch 1): entries in fields.
///
/// Only the fields and entries asked for are read and decompressed, their clusters and pages in parallel.
public struct ROOTNTuple: Sendable {
  let file: ROOTFile
  public let path: String
  public let title: String
  public let entryCount: Int
  /// The top-level fields, in the file's order.
  public let fields: [ROOTNTupleField]
  let schema: RNTupleSchema
  let clusters: [RNTupleCluster]

  init(file: ROOTFile, key: ROOTKey) throws {
    self.file = file
    path = key.path
    let anchor = try RNTupleAnchor(try key.record.content(in: file.region))
    var header = try RNTupleEnvelope(.header, at: anchor.header, length: anchor.headerBytes, in: file.region)
    try header.checkFeatures()
    _ = try header.cursor.littleString()
    title = try header.cursor.littleString()
    _ = try header.cursor.littleString()
    var schema = RNTupleSchema()
    try schema.extend(&header.cursor)

    var footer = try RNTupleEnvelope(.footer, at: anchor.footer, length: anchor.footerBytes, in: file.region)
    try footer.checkFeatures()
    guard try footer.cursor.little(UInt64.self) == header.checksum else {
      throw footer.cursor.damaged("a footer that belongs to another header")
    }
    try footer.cursor.record { try schema.extend(&$0) }
    let groups = try footer.cursor.list { cursor in
      try cursor.record { cursor in
        try cursor.skip(20)  // entries and clusters of the group, which its page list states once more
        let length = try cursor.little(UInt64.self)
        guard length < 1 << 40 else { throw cursor.damaged("a list of pages of \(length) bytes") }
        return (Int(length), try RNTupleLocator(&cursor))
      }
    }
    clusters = try Self.clusters(groups, headerChecksum: header.checksum, in: file.region)
    entryCount = clusters.last?.entries.upperBound ?? 0
    self.schema = schema
    let all = clusters
    fields = schema.topLevel.map { ROOTNTupleField(index: $0, schema: schema, clusters: all) }
  }

  private static func clusters(
    _ groups: [(Int, RNTupleLocator)], headerChecksum: UInt64, in file: ByteRegion
  ) throws -> [RNTupleCluster] {
    var clusters = [RNTupleCluster]()
    for (length, locator) in groups {
      let envelope = try RNTupleEnvelope(.pageList, at: locator, length: length, in: file)
      clusters += try RNTupleCluster.clusters(envelope, headerChecksum: headerChecksum)
    }
    clusters.sort { $0.entries.lowerBound < $1.entries.lowerBound }
    var next = 0
    for cluster in clusters {
      guard cluster.entries.lowerBound == next else {
        throw ROOTFileError(
          .damaged("a cluster that begins with entry \(cluster.entries.lowerBound) instead of \(next)"))
      }
      next = cluster.entries.upperBound
    }
    return clusters
  }

  /// A top-level field by its name.
  public func field(_ name: String) throws -> ROOTNTupleField {
    if let field = fields.first(where: { $0.name == name }) { return field }
    let names = fields.map(\.name)
    throw ROOTFileError(
      .noBranch(name: name, nearest: nearestName(to: name, in: names), available: names), path: file.path, object: path)
  }

  /// The values of a field.
  public func array(_ name: String, entries: Range<Int>? = nil) throws -> ROOTArray {
    try arrays([name], entries: entries)[0]
  }

  /// The values of several fields, in the order of the names.
  public func arrays(_ names: [String], entries: Range<Int>? = nil) throws -> [ROOTArray] {
    let wanted = try names.map { try field($0) }
    let range = entries ?? 0..<entryCount
    guard range.lowerBound >= 0, range.upperBound <= entryCount else {
      throw ROOTFileError(.entries(requested: range, available: entryCount), path: file.path, object: path)
    }
    let parts = clusters.filter { !$0.entries.clamped(to: range).isEmpty }
    let lanes = availableLanes
    let jobs = wanted.count * parts.count
    // Few fields and clusters: the lanes share the pages of each.
    let outer = jobs < 2 * lanes ? 1 : lanes
    var results = [ROOTArray?](repeating: nil, count: jobs)
    try results.withUnsafeMutableBufferPointer { results in
      let out = UncheckedPointer(results)
      try parallelFor(jobs, lanes: outer) { job, _ in
        let field = wanted[job / parts.count], cluster = parts[job % parts.count]
        out.buffer[job] = try locating(path: file.path, object: "\(path): \(field.name)") {
          let rows = cluster.entries.clamped(to: range)
          let reader = RNTupleClusterReader(
            schema: schema, cluster: cluster, file: file.region, lanes: outer == 1 ? lanes : 1)
          return try reader.read(
            field.index, rows.lowerBound - cluster.entries.lowerBound..<rows.upperBound - cluster.entries.lowerBound)
        }
      }
    }
    return try wanted.indices.map { index in
      let pieces = results[index * parts.count..<(index + 1) * parts.count].compactMap(\.self)
      if pieces.isEmpty { return try emptyArray(of: wanted[index]) }
      return try ROOTArray.joined(pieces)
    }
  }

  private func emptyArray(of field: ROOTNTupleField) throws -> ROOTArray {
    let none = RNTupleCluster(
      entries: 0..<0,
      columns: schema.columns.map { _ in RNTupleCluster.Pages(pages: [], firstElement: 0) })
    return try locating(path: file.path, object: "\(path): \(field.name)") {
      try RNTupleClusterReader(schema: schema, cluster: none, file: file.region, lanes: 1).read(field.index, 0..<0)
    }
  }

  /// A table of the fields, by the rules of ``ROOTTree/table(_:entries:)``.
  public func table(_ patterns: [String] = ["*"], entries: Range<Int>? = nil) throws -> Table {
    var result = Table()
    for field in fields where patterns.contains(where: { globMatches($0, field.name) }) {
      let isNamed = patterns.contains(field.name)
      do {
        let array = try array(field.name, entries: entries)
        for (name, column) in try columns(of: array, named: field.name) { try result.add(name, column) }
      } catch let error as ROOTFileError {
        guard !isNamed, case .unreadable = error.problem else {
          throw error.locating(path: file.path, object: "\(path): \(field.name)")
        }
      }
    }
    for pattern in patterns where !pattern.contains("*") && !pattern.contains("?") { _ = try field(pattern) }
    return result
  }
}

/// A top-level field of an RNTuple.
public struct ROOTNTupleField: Sendable {
  let index: Int
  public let name: String
  /// The C++ type as the file names it.
  public let typeName: String
  public let title: String
  /// Bytes of its pages in the file, those of the fields within it included.
  public let storedBytes: Int

  init(index: Int, schema: RNTupleSchema, clusters: [RNTupleCluster]) {
    self.index = index
    let field = schema.fields[index]
    name = field.name
    typeName = field.typeName
    title = field.description
    var columns = Set<Int>()
    var open = [index]
    while let next = open.popLast() {
      open += schema.fields[next].children
      if !schema.fields[next].isProjected { columns.formUnion(schema.fields[next].columns.joined()) }
    }
    storedBytes = clusters.reduce(0) { sum, cluster in
      columns.reduce(sum) { sum, column in
        guard cluster.columns.indices.contains(column) else { return sum }
        return cluster.columns[column].pages.reduce(sum) { $0 &+ $1.locator.storedBytes }
      }
    }
  }
}

extension ROOTFile {
  /// An RNTuple by its path.
  /// - Throws: ``ROOTFileError`` if there is none, or it cannot be read.
  public func ntuple(_ name: String) throws -> ROOTNTuple {
    let key = try key(name)
    guard key.className == "ROOT::RNTuple" else {
      throw ROOTFileError(.wrongClass(found: key.className, expected: "ROOT::RNTuple"), path: path, object: key.path)
    }
    return try locating(path: path, object: key.path) { try ROOTNTuple(file: self, key: key) }
  }
}
