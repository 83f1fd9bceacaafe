/// The values of a branch or field for a range of entries: numbers, and lists and records of them to any depth.
public indirect enum ROOTArray: Hashable, Sendable {
  case numbers(ROOTNumbers)
  /// The bytes `offsets[i] ..< offsets[i + 1]` are text `i`, in UTF-8.
  case strings(offsets: [Int], bytes: [UInt8])
  /// Arrays of `size` elements each, one after another.
  case fixed(size: Int, ROOTArray, count: Int)
  /// The elements `offsets[i] ..< offsets[i + 1]` of the content are list `i`; the first offset is 0.
  case list(offsets: [Int], ROOTArray)
  /// Columns by name, all of `count` elements.
  case record([ROOTField], count: Int)
  /// Of element `i` the alternative `tags[i]` is set, and its value is the one at `positions[i]` there; -1: none is set.
  case variant(tags: [Int8], positions: [Int], [ROOTArray])

  /// The number of elements: entries at the outermost level.
  public var count: Int {
    switch self {
    case .numbers(let numbers): numbers.count
    case .strings(let offsets, _), .list(let offsets, _): offsets.count - 1
    case .fixed(_, _, let count), .record(_, let count): count
    case .variant(let tags, _, _): tags.count
    }
  }

  /// The texts; `nil` if these are no texts.
  public var texts: [String]? {
    guard case .strings(let offsets, let bytes) = self else { return nil }
    return (0..<offsets.count - 1).map { String(decoding: bytes[offsets[$0]..<offsets[$0 + 1]], as: UTF8.self) }
  }

  /// What kind of thing an element is: `float32`, `list<float32>`, `{fX: float64, fY: float64}`.
  public var typeName: String {
    switch self {
    case .numbers(let numbers): numbers.type.rawValue
    case .strings: "string"
    case .fixed(let size, let content, _): "\(content.typeName)[\(size)]"
    case .list(_, let content): "list<\(content.typeName)>"
    case .record(let fields, _): "{" + fields.map { "\($0.name): \($0.values.typeName)" }.joined(separator: ", ") + "}"
    case .variant(_, _, let alternatives): "variant<\(alternatives.map(\.typeName).joined(separator: ", "))>"
    }
  }
}

/// A column of a record.
public struct ROOTField: Hashable, Sendable {
  public var name: String
  public var values: ROOTArray

  public init(name: String, values: ROOTArray) {
    self.name = name
    self.values = values
  }
}

/// The types of numbers in ROOT files.
public enum ROOTNumberType: String, Hashable, Codable, Sendable, CaseIterable {
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, bool

  /// Bytes of a number in memory.
  public var width: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }
}

/// Numbers of one type.
public enum ROOTNumbers: Hashable, Sendable {
  case int8([Int8])
  case uint8([UInt8])
  case int16([Int16])
  case uint16([UInt16])
  case int32([Int32])
  case uint32([UInt32])
  case int64([Int64])
  case uint64([UInt64])
  case float32([Float])
  case float64([Double])
  case bool([Bool])

  public var count: Int {
    switch self {
    case .int8(let values): values.count
    case .uint8(let values): values.count
    case .int16(let values): values.count
    case .uint16(let values): values.count
    case .int32(let values): values.count
    case .uint32(let values): values.count
    case .int64(let values): values.count
    case .uint64(let values): values.count
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .bool(let values): values.count
    }
  }

  public var type: ROOTNumberType {
    switch self {
    case .int8: .int8
    case .uint8: .uint8
    case .int16: .int16
    case .uint16: .uint16
    case .int32: .int32
    case .uint32: .uint32
    case .int64: .int64
    case .uint64: .uint64
    case .float32: .float32
    case .float64: .float64
    case .bool: .bool
    }
  }

  /// Numbers of a type, whose memory `fill` writes; for `bool`, bytes that are 0 or 1.
  static func make(
    _ type: ROOTNumberType, count: Int, fill: (UnsafeMutableRawPointer) throws -> Void
  ) rethrows -> ROOTNumbers {
    func array<Value>(_: Value.Type) throws -> [Value] {
      try [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
        if count > 0, let start = buffer.baseAddress { try fill(UnsafeMutableRawPointer(start)) }
        initialized = count
      }
    }
    switch type {
    case .int8: return .int8(try array(Int8.self))
    case .uint8: return .uint8(try array(UInt8.self))
    case .int16: return .int16(try array(Int16.self))
    case .uint16: return .uint16(try array(UInt16.self))
    case .int32: return .int32(try array(Int32.self))
    case .uint32: return .uint32(try array(UInt32.self))
    case .int64: return .int64(try array(Int64.self))
    case .uint64: return .uint64(try array(UInt64.self))
    case .float32: return .float32(try array(Float.self))
    case .float64: return .float64(try array(Double.self))
    case .bool: return .bool(try array(Bool.self))
    }
  }

  /// The bytes in memory.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch self {
    case .int8(let values): try values.withUnsafeBytes(body)
    case .uint8(let values): try values.withUnsafeBytes(body)
    case .int16(let values): try values.withUnsafeBytes(body)
    case .uint16(let values): try values.withUnsafeBytes(body)
    case .int32(let values): try values.withUnsafeBytes(body)
    case .uint32(let values): try values.withUnsafeBytes(body)
    case .int64(let values): try values.withUnsafeBytes(body)
    case .uint64(let values): try values.withUnsafeBytes(body)
    case .float32(let values): try values.withUnsafeBytes(body)
    case .float64(let values): try values.withUnsafeBytes(body)
    case .bool(let values): try values.withUnsafeBytes(body)
    }
  }

  /// All values as integers, for numbers that count; `nil` for floating-point numbers and those too large.
  var integers: [Int]? {
    switch self {
    case .int8(let values): values.map(Int.init)
    case .uint8(let values): values.map(Int.init)
    case .int16(let values): values.map(Int.init)
    case .uint16(let values): values.map(Int.init)
    case .int32(let values): values.map(Int.init)
    case .uint32(let values): values.map(Int.init)
    case .int64(let values): values.map(Int.init)
    case .uint64(let values): values.allSatisfy { $0 <= UInt64(Int.max) } ? values.map(Int.init) : nil
    case .float32, .float64, .bool: nil
    }
  }
}
