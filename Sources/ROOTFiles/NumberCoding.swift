/// How numbers of a branch stand in the file, and what they become.
struct NumberCoding: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    /// Big-endian, in the type's own width.
    case plain
    /// Four bytes of floating point that become eight (Double32_t without a range).
    case widened
    /// An unsigned integer of four bytes: minimum + integer / factor (Double32_t and Float16_t with a range).
    case ranged(minimum: Double, factor: Double)
    /// An exponent of one byte, then a sign and a mantissa of so many bits in two.
    case truncated(bits: Int)
  }

  var type: ROOTNumberType
  var form: Form

  static func plain(_ type: ROOTNumberType) -> NumberCoding { NumberCoding(type: type, form: .plain) }

  /// Bytes of a number in the file.
  var storedWidth: Int {
    switch form {
    case .plain: type.width
    case .widened, .ranged: 4
    case .truncated: 3
    }
  }

  /// Decodes `count` numbers.
  func decode(_ source: UnsafeRawPointer, count: Int, to destination: UnsafeMutableRawPointer) {
    switch form {
    case .plain: decodePlain(source, count: count, to: destination)
    case .widened:
      let out = destination.assumingMemoryBound(to: Double.self)
      for i in 0..<count { out[i] = Double(Float(bitPattern: word(source, i))) }
    case .ranged(let minimum, let factor):
      store(count, to: destination) { Double(word(source, $0)) / factor + minimum }
    case .truncated(let bits):
      store(count, to: destination) { Double(Self.truncated(source + 3 * $0, bits: bits)) }
    }
  }

  private func decodePlain(_ source: UnsafeRawPointer, count: Int, to destination: UnsafeMutableRawPointer) {
    switch type.width {
    case 1 where type == .bool:
      let bytes = source.assumingMemoryBound(to: UInt8.self)
      let out = destination.assumingMemoryBound(to: UInt8.self)
      for i in 0..<count { out[i] = bytes[i] != 0 ? 1 : 0 }
    case 1: destination.copyMemory(from: source, byteCount: count)
    case 2: swapped(UInt16.self, source, count, destination)
    case 4: swapped(UInt32.self, source, count, destination)
    default: swapped(UInt64.self, source, count, destination)
    }
  }

  /// ROOT's Double32_t and Float16_t of a few bits of mantissa: sign above the mantissa, exponent as of a float.
  private static func truncated(_ source: UnsafeRawPointer, bits: Int) -> Float {
    let exponent = UInt32(source.load(as: UInt8.self))
    let mantissa = UInt32(UInt16(bigEndian: source.loadUnaligned(fromByteOffset: 1, as: UInt16.self)))
    let value = Float(bitPattern: exponent << 23 | (mantissa & ((1 << UInt32(bits + 1)) - 1)) << UInt32(23 - bits))
    return mantissa & (1 << UInt32(bits + 1)) != 0 ? -value : value
  }

  @inline(__always)
  private func word(_ source: UnsafeRawPointer, _ index: Int) -> UInt32 {
    UInt32(bigEndian: source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
  }

  @inline(__always)
  private func store(_ count: Int, to destination: UnsafeMutableRawPointer, _ value: (Int) -> Double) {
    if type == .float32 {
      let out = destination.assumingMemoryBound(to: Float.self)
      for i in 0..<count { out[i] = Float(value(i)) }
    } else {
      let out = destination.assumingMemoryBound(to: Double.self)
      for i in 0..<count { out[i] = value(i) }
    }
  }
}

@inline(__always)
private func swapped<Word: FixedWidthInteger>(
  _: Word.Type, _ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutableRawPointer
) {
  let out = destination.assumingMemoryBound(to: Word.self)
  for i in 0..<count {
    out[i] = Word(bigEndian: source.loadUnaligned(fromByteOffset: i &* MemoryLayout<Word>.size, as: Word.self))
  }
}

extension NumberCoding {
  /// The coding of a basic type by ROOT's number of it; `title` may state the range of a Double32_t: `[min, max, bits]`.
  init?(streamerType type: Int, title: String) {
    switch type {
    case StreamerType.char, StreamerType.legacyChar: self = .plain(.int8)
    case StreamerType.uchar: self = .plain(.uint8)
    case StreamerType.short: self = .plain(.int16)
    case StreamerType.ushort: self = .plain(.uint16)
    case StreamerType.int, StreamerType.counter: self = .plain(.int32)
    case StreamerType.uint: self = .plain(.uint32)
    case StreamerType.long, StreamerType.long64: self = .plain(.int64)
    case StreamerType.ulong, StreamerType.ulong64: self = .plain(.uint64)
    case StreamerType.float: self = .plain(.float32)
    case StreamerType.double: self = .plain(.float64)
    case StreamerType.bool: self = .plain(.bool)
    case StreamerType.double32: self = Self.double32(title)
    case StreamerType.float16: self = Self.float16(title)
    default: return nil
    }
  }

  /// Double32_t: four bytes of floating point unless its comment states a range.
  static func double32(_ title: String) -> NumberCoding {
    NumberCoding(type: .float64, form: form(title, type: .float64) ?? .widened)
  }

  /// Float16_t: twelve bits of mantissa unless its comment states a range.
  static func float16(_ title: String) -> NumberCoding {
    NumberCoding(type: .float32, form: form(title, type: .float32) ?? .truncated(bits: 12))
  }

  /// The range `[min, max]` or `[min, max, bits]` of a comment, as TStreamerElement reads it.
  private static func form(_ title: String, type: ROOTNumberType) -> Form? {
    // Brackets without a comma are dimensions of an array.
    let brackets = title.split(separator: "[").dropFirst(title.hasPrefix("[") ? 0 : 1).map { $0.prefix { $0 != "]" } }
    guard let range = brackets.first(where: { $0.contains(",") }) else { return nil }
    let parts = range.split(separator: ",").map { bound(String($0)) }
    guard parts.count == 2 || parts.count == 3, let low = parts[0], let high = parts[1] else { return nil }
    var bits = 32
    if parts.count == 3 {
      guard let stated = parts[2], stated == stated.rounded(), (2...32).contains(stated) else { return nil }
      bits = Int(stated)
    }
    if low >= high { return bits < 15 ? .truncated(bits: bits) : nil }
    let steps = bits < 32 ? Double(1 << bits) : Double(UInt32.max)
    return .ranged(minimum: low, factor: steps / (high - low))
  }

  /// A number or a multiple of π, as ROOT's comments write them: `-pi/2`, `2*pi`, `twopi`.
  private static func bound(_ text: String) -> Double? {
    let bare = text.lowercased().filter { $0 != " " }
    if let number = Double(bare) { return number }
    let negative = bare.hasPrefix("-")
    let body = negative ? String(bare.dropFirst()) : bare
    let value: Double? =
      switch body {
      case "pi": .pi
      case "twopi", "2pi", "2*pi": 2 * .pi
      case "pi/2": .pi / 2
      case "pi/4": .pi / 4
      default: nil
      }
    return value.map { negative ? -$0 : $0 }
  }
}
