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
    if case .float64(let values) = self { values } else { asDoubles(in: 0..<count) }
  }

  /// The values in a range of positions as doubles.
  public func asDoubles(in range: Range<Int>) -> [Double] {
    switch self {
    case .float32(let values): converted(values[range]) { Double($0) }
    case .float64(let values): Array(values[range])
    case .int32(let values): converted(values[range]) { Double($0) }
    case .int64(let values): converted(values[range]) { Double($0) }
    case .uint8(let values): converted(values[range]) { Double($0) }
    case .bool(let values): converted(values[range]) { $0 ? 1 : 0 }
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
  public func gathered(at positions: [Int]) -> ColumnValues { gathered(at: positions, of: 0..<count) }

  /// The values at positions in a range, counted from its start.
  func gathered(at positions: [Int], of range: Range<Int>) -> ColumnValues {
    switch self {
    case .float32(let values): .float32(Self.taken(values[range], at: positions))
    case .float64(let values): .float64(Self.taken(values[range], at: positions))
    case .int32(let values): .int32(Self.taken(values[range], at: positions))
    case .int64(let values): .int64(Self.taken(values[range], at: positions))
    case .uint8(let values): .uint8(Self.taken(values[range], at: positions))
    case .bool(let values): .bool(Self.taken(values[range], at: positions))
    }
  }

  static func taken<Value>(_ values: ArraySlice<Value>, at positions: [Int]) -> [Value] {
    [Value](unsafeUninitializedCapacity: positions.count) { out, count in
      count = positions.count
      values.withUnsafeBufferPointer { values in
        positions.withUnsafeBufferPointer { positions in
          for (place, position) in positions.enumerated() {
            precondition(values.indices.contains(position), "position \(position) of \(values.count) values")
            out[place] = values[position]
          }
        }
      }
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

/// A loop that the compiler vectorises, as it does not with `map`.
@inline(__always)
private func converted<Value>(_ values: ArraySlice<Value>, _ convert: (Value) -> Double) -> [Double] {
  var result = [Double](toOverwrite: values.count)
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
    precondition(
      offsets.last == values.count, "offsets end at \(offsets.last ?? -1), but there are \(values.count) values")
    Self.check(offsets)
    self.values = values
    self.offsets = offsets
  }

  /// A column whose offsets were checked; flat without them.
  init(_ values: ColumnValues, checkedOffsets: [Int]?) {
    self.values = values
    offsets = checkedOffsets
  }

  static func check(_ offsets: [Int]) {
    precondition(offsets.first == 0, "offsets begin at 0, got \(offsets.first.map(String.init) ?? "none")")
    precondition(rise(offsets), "offsets decrease")
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
    guard let offsets else { return Column(values[range]) }
    return Column(
      values[offsets[range.lowerBound]..<offsets[range.upperBound]],
      checkedOffsets: TakenValues(rows: range, of: offsets).offsets)
  }

  /// The rows at the given positions, in that order.
  public func gathered(rows: [Int]) -> Column {
    guard let offsets else { return Column(values.gathered(at: rows)) }
    let taken = TakenValues(rows: rows, of: offsets)
    return Column(values.gathered(at: taken.positions), checkedOffsets: taken.offsets)
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
