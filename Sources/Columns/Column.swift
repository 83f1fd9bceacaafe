/// The values of a column, in one of the types that files hold.
public enum ColumnValues: Hashable, Sendable {
  case float32([Float])
  case float64([Double])
  case int32([Int32])
  case int64([Int64])
  case uint8([UInt8])
  case bool([Bool])

  public var count: Int {
    switch self {
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    case .bool(let values): values.count
    }
  }

  public var type: ColumnType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .bool: .bool
    }
  }

  /// All values as doubles; true is 1.
  public func asDoubles() -> [Double] {
    switch self {
    case .float32(let values): converted(values) { Double($0) }
    case .float64(let values): values
    case .int32(let values): converted(values) { Double($0) }
    case .int64(let values): converted(values) { Double($0) }
    case .uint8(let values): converted(values) { Double($0) }
    case .bool(let values): converted(values) { $0 ? 1 : 0 }
    }
  }

  /// The values in a range of positions.
  public subscript(range: Range<Int>) -> ColumnValues {
    switch self {
    case .float32(let values): .float32(Array(values[range]))
    case .float64(let values): .float64(Array(values[range]))
    case .int32(let values): .int32(Array(values[range]))
    case .int64(let values): .int64(Array(values[range]))
    case .uint8(let values): .uint8(Array(values[range]))
    case .bool(let values): .bool(Array(values[range]))
    }
  }

  /// The values at the given positions, in that order.
  public func gathered(at positions: [Int]) -> ColumnValues {
    switch self {
    case .float32(let values): .float32(taken(values, at: positions))
    case .float64(let values): .float64(taken(values, at: positions))
    case .int32(let values): .int32(taken(values, at: positions))
    case .int64(let values): .int64(taken(values, at: positions))
    case .uint8(let values): .uint8(taken(values, at: positions))
    case .bool(let values): .bool(taken(values, at: positions))
    }
  }

  /// Appends values of the same type.
  mutating func append(_ other: ColumnValues) {
    switch (self, other) {
    case (.float32(var a), .float32(let b)): self = .float32([]); a.append(contentsOf: b); self = .float32(a)
    case (.float64(var a), .float64(let b)): self = .float64([]); a.append(contentsOf: b); self = .float64(a)
    case (.int32(var a), .int32(let b)): self = .int32([]); a.append(contentsOf: b); self = .int32(a)
    case (.int64(var a), .int64(let b)): self = .int64([]); a.append(contentsOf: b); self = .int64(a)
    case (.uint8(var a), .uint8(let b)): self = .uint8([]); a.append(contentsOf: b); self = .uint8(a)
    case (.bool(var a), .bool(let b)): self = .bool([]); a.append(contentsOf: b); self = .bool(a)
    default: preconditionFailure("cannot append \(other.type) to \(type)")
    }
  }
}

private func taken<Value>(_ values: [Value], at positions: [Int]) -> [Value] {
  [Value](unsafeUninitializedCapacity: positions.count) { out, initialized in
    guard let start = out.baseAddress else { return }
    for position in positions {
      (start + initialized).initialize(to: values[position])
      initialized += 1
    }
  }
}

/// A loop that the compiler vectorises, as it does not with `map`.
@inline(__always)
private func converted<Value>(_ values: [Value], _ convert: (Value) -> Double) -> [Double] {
  var result = [Double](repeating: 0, count: values.count)
  result.withUnsafeMutableBufferPointer { out in
    values.withUnsafeBufferPointer { values in
      for i in values.indices { out[i] = convert(values[i]) }
    }
  }
  return result
}

/// The element types of columns.
public enum ColumnType: String, Hashable, Codable, Sendable, CaseIterable {
  case float32, float64, int32, int64, uint8, bool
}

/// One column: flat (one value a row) or jagged (`offsets[i] ..< offsets[i + 1]` are the values of row `i`).
public struct Column: Hashable, Sendable {
  public private(set) var values: ColumnValues
  /// `nil` for a flat column; else `rowCount + 1` increasing positions from 0.
  public private(set) var offsets: [Int]?

  /// A flat column.
  public init(_ values: ColumnValues) {
    self.values = values
  }

  /// A jagged column. Offsets start at 0, never decrease and end at the number of values.
  public init(_ values: ColumnValues, offsets: [Int]) {
    precondition(offsets.first == 0, "offsets begin at 0, got \(offsets.first.map(String.init) ?? "none")")
    precondition(
      offsets.last == values.count, "offsets end at \(offsets.last ?? -1), but there are \(values.count) values")
    precondition(Self.rise(offsets), "offsets decrease")
    self.values = values
    self.offsets = offsets
  }

  /// Rows of a column whose offsets were checked.
  fileprivate init(_ values: ColumnValues, takenOffsets: [Int]) {
    self.values = values
    offsets = takenOffsets
  }

  /// Without an early end, so that the loop is vectorised.
  private static func rise(_ offsets: [Int]) -> Bool {
    offsets.withUnsafeBufferPointer { offsets in
      var falls = 0
      for i in 1..<max(offsets.count, 1) { falls |= offsets[i] < offsets[i - 1] ? 1 : 0 }
      return falls == 0
    }
  }

  public init(_ values: [Float]) { self.init(.float32(values)) }
  public init(_ values: [Double]) { self.init(.float64(values)) }
  public init(_ values: [Bool]) { self.init(.bool(values)) }

  public var isJagged: Bool { offsets != nil }

  public var rowCount: Int { offsets.map { $0.count - 1 } ?? values.count }

  /// Rows in a range.
  public subscript(rows range: Range<Int>) -> Column {
    var taken = TakenOffsets()
    return rows(in: range, &taken)
  }

  func rows(in range: Range<Int>, _ taken: inout TakenOffsets) -> Column {
    guard let offsets else { return Column(values[range]) }
    return Column(
      values[offsets[range.lowerBound]..<offsets[range.upperBound]], takenOffsets: taken.offsets(offsets, in: range))
  }

  /// The rows at the given positions, in that order.
  public func gathered(rows: [Int]) -> Column {
    var taken = TakenOffsets()
    return gathered(rows: rows, &taken)
  }

  func gathered(rows: [Int], _ taken: inout TakenOffsets) -> Column {
    guard let offsets else { return Column(values.gathered(at: rows)) }
    let (positions, newOffsets) = taken.positions(offsets, of: rows)
    return Column(values.gathered(at: positions), takenOffsets: newOffsets)
  }

  /// The rows of `other` after those of this column; both must be of one type and kind.
  mutating func append(_ other: Column) {
    precondition(isJagged == other.isJagged, "a flat and a jagged column cannot be joined")
    if let more = other.offsets, let base = offsets?.last {
      offsets?.append(contentsOf: more.dropFirst().map { $0 + base })
    }
    values.append(other.values)
  }
}

/// The offsets of some rows, made once for all columns that share theirs: the members of a collection.
struct TakenOffsets {
  private var known: [(source: [Int], positions: [Int], offsets: [Int])] = []

  /// Whether two arrays are one in memory; others are compared with by no one.
  private static func areSame(_ a: [Int], _ b: [Int]) -> Bool {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress && a.count == b.count }
    }
  }

  mutating func offsets(_ source: [Int], in range: Range<Int>) -> [Int] {
    if let found = known.first(where: { Self.areSame($0.source, source) }) { return found.offsets }
    let first = source[range.lowerBound]
    let offsets = source[range.lowerBound...range.upperBound].map { $0 - first }
    known.append((source, [], offsets))
    return offsets
  }

  mutating func positions(_ source: [Int], of rows: [Int]) -> (positions: [Int], offsets: [Int]) {
    if let found = known.first(where: { Self.areSame($0.source, source) }) { return (found.positions, found.offsets) }
    var offsets = [0]
    offsets.reserveCapacity(rows.count + 1)
    var count = 0
    for row in rows {
      count += source[row + 1] - source[row]
      offsets.append(count)
    }
    let positions = [Int](unsafeUninitializedCapacity: count) { out, initialized in
      for row in rows {
        for position in source[row]..<source[row + 1] {
          out[initialized] = position
          initialized += 1
        }
      }
    }
    known.append((source, positions, offsets))
    return (positions, offsets)
  }
}
