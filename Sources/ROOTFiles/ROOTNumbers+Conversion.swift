extension ROOTNumbers {
  /// The numbers as another type, as C++ converts them; `bool` is whether they differ from zero.
  func converted(to type: ROOTNumberType) throws -> ROOTNumbers {
    if type == self.type { return self }
    switch self {
    case .int8(let values): return values.converted(to: type)
    case .uint8(let values): return values.converted(to: type)
    case .int16(let values): return values.converted(to: type)
    case .uint16(let values): return values.converted(to: type)
    case .int32(let values): return values.converted(to: type)
    case .uint32(let values): return values.converted(to: type)
    case .int64(let values): return values.converted(to: type)
    case .uint64(let values): return values.converted(to: type)
    case .bool(let values): return values.map { $0 ? UInt8(1) : 0 }.converted(to: type)
    case .float32(let values):
      guard type == .float64 else { throw ROOTFileError(.damaged("real numbers for \(type.rawValue)")) }
      return .float64(values.map(Double.init))
    case .float64(let values):
      guard type == .float32 else { throw ROOTFileError(.damaged("real numbers for \(type.rawValue)")) }
      return .float32(values.map { Float($0) })
    }
  }
}

extension Array where Element: FixedWidthInteger {
  fileprivate func converted(to type: ROOTNumberType) -> ROOTNumbers {
    switch type {
    case .int8: .int8(map { Int8(truncatingIfNeeded: $0) })
    case .uint8: .uint8(map { UInt8(truncatingIfNeeded: $0) })
    case .int16: .int16(map { Int16(truncatingIfNeeded: $0) })
    case .uint16: .uint16(map { UInt16(truncatingIfNeeded: $0) })
    case .int32: .int32(map { Int32(truncatingIfNeeded: $0) })
    case .uint32: .uint32(map { UInt32(truncatingIfNeeded: $0) })
    case .int64: .int64(map { Int64(truncatingIfNeeded: $0) })
    case .uint64: .uint64(map { UInt64(truncatingIfNeeded: $0) })
    case .float32: .float32(map { Float($0) })
    case .float64: .float64(map { Double($0) })
    case .bool: .bool(map { $0 != 0 })
    }
  }
}
