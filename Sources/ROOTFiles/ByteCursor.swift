/// A place in a region, from which big-endian values are read, each checked against the region's end.
struct ByteCursor {
  let region: ByteRegion
  private(set) var position: Int
  /// What lies before the region in the numbering that ROOT's object references use: the length of the object's key.
  let origin: Int

  init(_ region: ByteRegion, at position: Int = 0, origin: Int = 0) {
    self.region = region
    self.position = position
    self.origin = origin
  }

  var remaining: Int { region.bytes.count - position }
  var fileOffset: Int? { region.fileOffset.map { $0 + position } }

  @inline(never)
  private func tooShort(_ count: Int) -> ROOTFileError {
    ROOTFileError(.truncated(expectedBytes: count, foundBytes: remaining), byteOffset: fileOffset)
  }

  func damaged(_ reason: String) -> ROOTFileError {
    ROOTFileError(.damaged(reason), byteOffset: fileOffset)
  }

  @inline(__always)
  private mutating func load<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
    guard remaining >= MemoryLayout<Value>.size else { throw tooShort(MemoryLayout<Value>.size) }
    let value = region.bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
    position += MemoryLayout<Value>.size
    return Value(bigEndian: value)
  }

  mutating func u8() throws -> UInt8 { try load(UInt8.self) }
  mutating func i8() throws -> Int8 { try load(Int8.self) }
  mutating func u16() throws -> UInt16 { try load(UInt16.self) }
  mutating func i16() throws -> Int16 { try load(Int16.self) }
  mutating func u32() throws -> UInt32 { try load(UInt32.self) }
  mutating func i32() throws -> Int32 { try load(Int32.self) }
  mutating func u64() throws -> UInt64 { try load(UInt64.self) }
  mutating func i64() throws -> Int64 { try load(Int64.self) }
  mutating func f32() throws -> Float { Float(bitPattern: try load(UInt32.self)) }
  mutating func f64() throws -> Double { Double(bitPattern: try load(UInt64.self)) }

  /// A count of things that take at least `size` bytes each: never more than the region can hold.
  mutating func count32(of size: Int) throws -> Int {
    let start = fileOffset
    let count = Int(try i32())
    guard count >= 0, count <= remaining / max(size, 1) else {
      throw ROOTFileError(.damaged("a list of \(count) things in \(remaining) bytes"), byteOffset: start)
    }
    return count
  }

  mutating func skip(_ count: Int) throws {
    guard count >= 0, remaining >= count else { throw tooShort(count) }
    position += count
  }

  mutating func move(to place: Int) throws {
    guard place >= 0, place <= region.bytes.count else { throw tooShort(place &- position) }
    position = place
  }

  /// Bytes as they are.
  mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, remaining >= count else { throw tooShort(count) }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: region.bytes[position..<position + count])
  }

  /// A TString: one byte of length, or 255 and four bytes of it, then the text.
  mutating func string() throws -> String {
    let short = try u8()
    let count = short == 255 ? try count32(of: 1) : Int(short)
    return String(decoding: try bytes(count), as: UTF8.self)
  }

  /// A text that ends with a zero byte.
  mutating func zeroTerminated() throws -> String {
    guard let length = region.bytes[position...].firstIndex(of: 0).map({ $0 - position }) else {
      throw damaged("a class name without end")
    }
    let text = String(decoding: try bytes(length), as: UTF8.self)
    try skip(1)
    return text
  }
}
