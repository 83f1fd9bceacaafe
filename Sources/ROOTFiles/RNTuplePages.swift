import ByteIO

/// How elements of an RNTuple's column are stored, by the column's type.
enum RNTupleEncoding: Hashable, Sendable {
  case bits
  /// Little-endian numbers.
  case plain(ROOTNumberType)
  /// All first bytes, then all second ones, and so on; signed numbers zigzag-encoded, indices as differences.
  case split(ROOTNumberType, zigzag: Bool, delta: Bool)
  case half(split: Bool)
  /// The upper bits of a float.
  case truncated(bits: Int)
  /// An integer between the ends of a range.
  case quantised(bits: Int, minimum: Double, maximum: Double)
  /// Eight bytes of index and four of tag.
  case choice

  init(_ column: RNTupleColumn) throws {
    switch column.type {
    case 0x00: self = .bits
    case 0x01, 0x04: self = .plain(.uint8)
    case 0x02: self = .plain(.uint8)
    case 0x03: self = .plain(.int8)
    case 0x05: self = .plain(.int16)
    case 0x06: self = .plain(.uint16)
    case 0x07: self = .plain(.int32)
    case 0x08, 0x0e: self = .plain(.uint32)
    case 0x09: self = .plain(.int64)
    case 0x0a, 0x0f: self = .plain(.uint64)
    case 0x0b: self = .half(split: false)
    case 0x0c: self = .plain(.float32)
    case 0x0d: self = .plain(.float64)
    case 0x10: self = .choice
    case 0x11: self = .split(.int16, zigzag: true, delta: false)
    case 0x12: self = .split(.uint16, zigzag: false, delta: false)
    case 0x13: self = .split(.int32, zigzag: true, delta: false)
    case 0x14: self = .split(.uint32, zigzag: false, delta: false)
    case 0x15: self = .split(.int64, zigzag: true, delta: false)
    case 0x16: self = .split(.uint64, zigzag: false, delta: false)
    case 0x17: self = .half(split: true)
    case 0x18: self = .split(.float32, zigzag: false, delta: false)
    case 0x19: self = .split(.float64, zigzag: false, delta: false)
    case 0x1a: self = .split(.uint32, zigzag: false, delta: true)
    case 0x1b: self = .split(.uint64, zigzag: false, delta: true)
    case 0x1c where (10...31).contains(column.bits): self = .truncated(bits: column.bits)
    case 0x1d where (1...32).contains(column.bits):
      self = .quantised(bits: column.bits, minimum: column.minimum, maximum: column.maximum)
    default:
      throw ROOTFileError(
        .unreadable(className: "RNTuple column", reason: "its type \(column.type) of \(column.bits) bits is not known"))
    }
  }

  /// Bits of an element in a page.
  var storedBits: Int {
    switch self {
    case .bits: 1
    case .plain(let type), .split(let type, _, _): 8 * type.width
    case .half: 16
    case .truncated(let bits), .quantised(let bits, _, _): bits
    case .choice: 96
    }
  }

  /// What elements become; choices are read as bytes.
  var type: ROOTNumberType {
    switch self {
    case .bits: .bool
    case .plain(let type), .split(let type, _, _): type
    case .half, .truncated, .quantised: .float32
    case .choice: .uint8
    }
  }

  /// Bytes that an element takes in memory.
  var width: Int { self == .choice ? 12 : type.width }

  /// Decodes all elements of a page of `count`.
  func decode(_ source: UnsafeRawPointer, count: Int, to destination: UnsafeMutableRawPointer) {
    switch self {
    case .bits:
      let out = destination.assumingMemoryBound(to: UInt8.self)
      for i in 0..<count { out[i] = source.load(fromByteOffset: i >> 3, as: UInt8.self) >> UInt8(i & 7) & 1 }
    // All machines that this runs on are little-endian.
    case .plain, .choice: destination.copyMemory(from: source, byteCount: count * width)
    case .split(let type, let zigzag, let delta):
      switch type.width {
      case 2: unsplit(UInt16.self, source, count, destination, zigzag, delta)
      case 4: unsplit(UInt32.self, source, count, destination, zigzag, delta)
      default: unsplit(UInt64.self, source, count, destination, zigzag, delta)
      }
    case .half(let split): decodeHalf(source, count, destination.assumingMemoryBound(to: Float.self), split)
    case .truncated(let bits):
      let out = destination.assumingMemoryBound(to: Float.self)
      for i in 0..<count { out[i] = Float(bitPattern: packed(source, i, bits) << UInt32(32 - bits)) }
    case .quantised(let bits, let minimum, let maximum):
      let out = destination.assumingMemoryBound(to: Float.self)
      let steps = Double(UInt64(1) << UInt64(bits) - 1)
      for i in 0..<count { out[i] = Float(minimum + Double(packed(source, i, bits)) * ((maximum - minimum) / steps)) }
    }
  }

  /// The i-th integer of `bits` bits, least significant first.
  private func packed(_ source: UnsafeRawPointer, _ index: Int, _ bits: Int) -> UInt32 {
    var value: UInt64 = 0
    let first = index * bits
    var byte = first >> 3
    var have = 0
    while have < bits + (first & 7) {
      value |= UInt64(source.load(fromByteOffset: byte, as: UInt8.self)) << UInt64(have)
      byte += 1
      have += 8
    }
    return UInt32(truncatingIfNeeded: value >> UInt64(first & 7) & (1 << UInt64(bits) - 1))
  }

  private func decodeHalf(
    _ source: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutablePointer<Float>, _ split: Bool
  ) {
    for i in 0..<count {
      let low = source.load(fromByteOffset: split ? i : 2 * i, as: UInt8.self)
      let high = source.load(fromByteOffset: split ? count + i : 2 * i + 1, as: UInt8.self)
      out[i] = float(half: UInt16(low) | UInt16(high) << 8)
    }
  }
}

/// IEEE-754's half precision widened.
func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1f)
  let mantissa = UInt32(bits & 0x3ff)
  switch exponent {
  case 0:
    let value = Float(mantissa) * 0x1p-24
    return sign == 0 ? value : -value
  case 31: return Float(bitPattern: sign | 0x7f80_0000 | mantissa << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | mantissa << 13)
  }
}

@inline(__always)
private func unsplit<Word: FixedWidthInteger & UnsignedInteger>(
  _: Word.Type, _ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutableRawPointer, _ zigzag: Bool,
  _ delta: Bool
) {
  let bytes = source.assumingMemoryBound(to: UInt8.self)
  let out = destination.assumingMemoryBound(to: Word.self)
  let width = MemoryLayout<Word>.size
  for i in 0..<count {
    var word = Word(bytes[i])
    for b in 1..<width { word |= Word(bytes[b &* count &+ i]) << Word(truncatingIfNeeded: 8 &* b) }
    out[i] = word
  }
  if zigzag { for i in 0..<count { out[i] = out[i] >> 1 ^ (0 &- (out[i] & 1)) } }
  if delta {
    var sum: Word = 0
    for i in 0..<count {
      sum &+= out[i]
      out[i] = sum
    }
  }
}
