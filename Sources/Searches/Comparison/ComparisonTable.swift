import Columns
import EventFiles
import Foundation
import Learning
import Records

/// The events of a comparison in memory: labels and features, four bytes a number.
///
/// Files are streamed; 11 million rows of 28 features take 1.3 GB here, and while a model is trained up to three times the columns
/// that it sees (chosen, scaled, on LibTorch's side): ``estimatedBytes(rows:features:widest:)``.
public struct ComparisonTable: Sendable {
  public let features: [String]
  /// 1 signal, 0 background.
  public private(set) var labels: [Float] = []
  public private(set) var parts: [Membership] = []
  /// Rows one after another, in pieces, so that nothing is copied as it grows.
  private var pieces: [[Float]] = []
  private static let pieceRows = 1 << 16

  public var rowCount: Int { labels.count }

  /// The most bytes that a run takes for its events.
  public static func estimatedBytes(rows: Int, features: Int, widest: Int) -> Int {
    4 * rows * (features + 3 * widest + 4)
  }

  /// Reads tables, one after another, and divides their rows.
  /// - Parameter urls: one at least.
  /// - Throws: ``SampleError``, `EventFileError` for files without the layout's columns or with values that are no numbers.
  public init(
    _ urls: [URL], _ source: ComparisonCard.Source, progress: ProgressHandler, cancellation: CancellationToken
  ) throws {
    features = source.layout.features
    let opened = try urls.map { url in (url: url, content: try Self.open(url, source)) }
    let all = try opened.reduce(0) { try $0 + Self.estimatedRows($1.content.table) }
    try Self.checkMemory(rows: min(all, source.rows ?? .max), source, urls, progress)
    for (url, content) in opened {
      if let limit = source.rows, rowCount >= limit { break }
      try read(content.table, content.names, url, limit: source.rows, all, progress, cancellation)
    }
    try divide(source, urls[0])
  }

  private mutating func read(
    _ table: any TabularSource, _ names: [String], _ url: URL, limit: Int?, _ all: Int, _ progress: ProgressHandler,
    _ cancellation: CancellationToken
  ) throws {
    let first = rowCount
    let entries = table.entryCount.map { 0..<min($0, limit.map { $0 - first } ?? $0) }
    let chunks = try table.chunks(of: Self.pieceRows, columns: names, entries: entries)
    while let chunk = try chunks.next() {
      try cancellation.check()
      try append(chunk, names, limit: limit, url)
      progress(
        ProgressUpdate(
          stage: "read \(url.lastPathComponent)", completed: rowCount, total: max(rowCount, all), unit: "rows"))
      if let limit, rowCount >= limit { break }
    }
  }

  /// Known, or told from the front of a text.
  private static func estimatedRows(_ table: any TabularSource) throws -> Int {
    try table.entryCount ?? (table as? TextTable)?.estimatedEntryCount() ?? 0
  }

  /// Says what a run takes, before anything is read.
  /// - Throws: ``SampleError`` if this machine does not have so much.
  private static func checkMemory(
    rows: Int, _ source: ComparisonCard.Source, _ urls: [URL], _ progress: ProgressHandler
  ) throws {
    let count = source.layout.features.count
    let needed = estimatedBytes(rows: rows, features: count, widest: count)
    let gigabytes = String(format: "%.1f GB", Double(needed) / 1e9)
    progress(
      ProgressUpdate(
        stage: "read \(urls[0].lastPathComponent)", completed: 0, total: rows, unit: "rows",
        detail: "about \(gigabytes) of memory while a model is trained on all features"))
    let there = ProcessInfo.processInfo.physicalMemory
    guard Double(needed) < 0.9 * Double(there) else {
      throw SampleError(
        sample: urls[0].lastPathComponent,
        problem: "\(rows) rows need about \(gigabytes) of memory, and this machine has "
          + String(format: "%.1f GB", Double(there) / 1e9) + "; read fewer with table.rows")
    }
  }

  /// The table, and its columns in the order of the layout, the label first.
  private static func open(
    _ url: URL, _ source: ComparisonCard.Source
  ) throws -> (table: any TabularSource, names: [String]) {
    let wanted = [source.layout.label] + source.layout.features
    var options = TextTableOptions()
    options.types = .all(.float32)
    var table = try openTable(url, tree: source.tree, text: options)
    if let text = table as? TextTable, !text.hasHeader, text.columns.count == wanted.count {
      options.names = wanted
      options.header = .absent
      table = try openTable(url, text: options)
    }
    let found = table.columns.filter { !$0.isJagged }.map(\.name)
    // Without names, as in a matrix of NumPy, the place says which column it is.
    if found == wanted.indices.map({ "column\($0)" }) { return (table, found) }
    let byName = Dictionary(found.map { (plain($0), $0) }, uniquingKeysWith: { first, _ in first })
    let names = try wanted.map { name in
      guard let column = byName[plain(name)] else {
        let near = nearestName(to: name, in: found).map { "; nearest: '\($0)'" } ?? ""
        throw SampleError(
          sample: url.lastPathComponent,
          problem:
            "it has no column '\(name)'\(near); expected \(wanted.count) columns by these names, or without any: "
            + wanted.joined(separator: ", "))
      }
      return column
    }
    return (table, names)
  }

  /// `jet 1 b-tag` and `jet_1_b-tag` are the same.
  private static func plain(_ name: String) -> String {
    String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  private mutating func append(_ chunk: Table, _ names: [String], limit: Int?, _ url: URL) throws {
    let rows = min(chunk.rowCount, limit.map { $0 - rowCount } ?? .max)
    let firstRow = rowCount
    for value in try chunk.doubles(names[0])[..<rows] {
      guard value == 0 || value == 1 else {
        throw SampleError(
          sample: url.lastPathComponent,
          problem:
            "the label '\(names[0])' is \(value) in row \(labels.count + 1); expected 1 (signal) or 0 (background)")
      }
      labels.append(Float(value))
    }
    var piece = [Float](repeating: 0, count: rows * features.count)
    for (index, name) in names.dropFirst().enumerated() {
      let values = try chunk.doubles(name)
      for row in 0..<rows {
        guard values[row].isFinite else {
          throw SampleError(
            sample: url.lastPathComponent,
            problem: "column '\(name)' is \(values[row]) in row \(firstRow + row + 1); expected finite numbers")
        }
        piece[row * features.count + index] = Float(values[row])
      }
    }
    if !piece.isEmpty { pieces.append(piece) }
  }

  private mutating func divide(_ source: ComparisonCard.Source, _ url: URL) throws {
    func division(test: Double) -> (EventIdentity) -> Membership {
      let split = SearchCard.Split(
        train: (1 - test) * (1 - source.validation), validation: (1 - test) * source.validation, key: source.key)
      return split.membership(sample: "table")
    }
    var firstTestRow = Int.max
    var assign: (EventIdentity) -> Membership
    switch source.test {
    case .last(let count):
      guard count < rowCount else {
        throw SampleError(
          sample: url.lastPathComponent,
          problem: "it has \(rowCount) rows, and the last \(count) are for tests: none are left to train on")
      }
      firstTestRow = rowCount - count
      assign = division(test: 0)
    case .fraction(let fraction): assign = division(test: fraction)
    }
    parts = (0..<rowCount).map { row in
      if row >= firstTestRow { return .test }
      let part = assign(
        EventIdentity(slice: 0, block: Int32(truncatingIfNeeded: row >> 31), index: Int32(row & 0x7FFF_FFFF)))
      // Rounding at the upper end of the hash may leave a row without a part.
      return part == .test && firstTestRow < .max ? .validation : part
    }
    for part in Membership.allCases {
      for label: Float in [0, 1] where !zip(parts, labels).contains(where: { $0 == part && $1 == label }) {
        throw SampleError(
          sample: url.lastPathComponent,
          problem:
            "of its \(rowCount) rows none with label \(Int(label)) serves for \(part); take more rows or other fractions"
        )
      }
    }
  }

  public func rows(of part: Membership) -> [Int] { parts.indices.filter { parts[$0] == part } }

  public func labels(of part: Membership) -> [Float] { rows(of: part).map { labels[$0] } }

  /// Some columns of the rows of a part.
  public func matrix(_ columns: [String], part: Membership) throws -> FeatureMatrix {
    try matrix(columns, rows: rows(of: part))
  }

  /// Some columns of some rows, in ascending order.
  func matrix(_ columns: [String], rows: [Int]) throws -> FeatureMatrix {
    let places = try columns.map { name in
      guard let place = features.firstIndex(of: name) else {
        throw SampleError(sample: "table", problem: "there is no feature '\(name)'")
      }
      return place
    }
    var values = [Float]()
    values.reserveCapacity(rows.count * places.count)
    each(rows) { piece, start in
      for place in places { values.append(piece[start + place]) }
    }
    return try FeatureMatrix(names: columns, values: values)
  }

  /// A feature of some rows, in ascending order.
  public func values(of feature: String, rows: [Int]) -> [Float] {
    guard let place = features.firstIndex(of: feature) else { return [] }
    var values = [Float]()
    values.reserveCapacity(rows.count)
    each(rows) { piece, start in values.append(piece[start + place]) }
    return values
  }

  /// Calls `body` with the piece that holds a row and where the row begins in it, for increasing rows.
  private func each(_ rows: [Int], _ body: ([Float], Int) -> Void) {
    var piece = 0, first = 0
    for row in rows {
      while row >= first + pieces[piece].count / features.count {
        first += pieces[piece].count / features.count
        piece += 1
      }
      body(pieces[piece], (row - first) * features.count)
    }
  }

  /// What trainings depend on.
  public func labelled(_ columns: [String], part: Membership, name: String) throws -> LabelledSample {
    let labels = labels(of: part)
    return try LabelledSample(
      features: try matrix(columns, part: part), labels: labels, weights: [Float](repeating: 1, count: labels.count),
      name: name)
  }
}
