import ByteIO
import Foundation

/// The words of a line, between blanks and tabs, taken from the left.
struct LineFields {
  private var place: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  /// What an empty line points to.
  nonisolated(unsafe) private static let nowhere = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  init(_ line: UnsafeRawBufferPointer) {
    place = line.bindMemory(to: UInt8.self).baseAddress ?? Self.nowhere
    end = place + line.count
  }

  /// Goes to the next word; whether there is one.
  private mutating func skipBlanks() -> Bool {
    while place < end, place.pointee == 32 || place.pointee == 9 { place += 1 }
    return place < end
  }

  /// The next word; `nil` at the end of the line.
  mutating func next() -> UnsafeRawBufferPointer? {
    guard skipBlanks() else { return nil }
    let start = place
    while place < end, place.pointee != 32, place.pointee != 9 { place += 1 }
    return UnsafeRawBufferPointer(start: start, count: start.distance(to: place))
  }

  /// The next word as a finite number.
  mutating func double() -> Double? {
    guard skipBlanks() else { return nil }
    if let (value, next) = DecimalParser.double(place, end: end), next == end || next.pointee == 32, value.isFinite {
      place = next
      return value
    }
    return next()?.double
  }

  /// The next word as a whole number.
  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
    guard skipBlanks() else { return nil }
    guard let (value, next) = DecimalParser.integer(place, end: end),
      next == end || next.pointee == 32 || next.pointee == 9
    else { return nil }
    place = next
    return Value(exactly: value)
  }

  /// Whether nothing is left but blanks.
  mutating func isAtEnd() -> Bool {
    !skipBlanks()
  }

  /// All words.
  static func all(_ line: UnsafeRawBufferPointer) -> [String] {
    var fields = LineFields(line)
    var words = [String]()
    while let word = fields.next() { words.append(word.text) }
    return words
  }
}

/// What a column must hold.
enum FieldKind {
  case integer, number

  var article: String { self == .integer ? "a whole number" : "a number" }

  func accepts(_ word: String) -> Bool {
    var word = word
    return word.withUTF8 { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      return self == .integer ? bytes.integer(Int32.self) != nil : bytes.double != nil
    }
  }
}

/// Says why a line is not the columns that it should be.
func columnFault(_ line: UnsafeRawBufferPointer, of what: String, _ columns: [(String, FieldKind)]) -> String {
  let words = LineFields.all(line)
  for (index, (word, column)) in zip(words, columns).enumerated() where !column.1.accepts(word) {
    return "column \(index + 1) of \(what) (\(column.0)): expected \(column.1.article), found '\(shortened(word))'"
  }
  let names = columns.map(\.0).joined(separator: " ")
  return "expected \(what) of \(columns.count) columns (\(names)), found \(words.count) columns"
}

/// At most forty characters of something that was found.
func shortened(_ text: String) -> String { text.count > 40 ? "\(text.prefix(40))…" : text }

extension UnsafeRawBufferPointer {
  /// The number that these bytes are, all of them; `nil` if they are none or no finite one.
  ///
  /// Fortran's `1.5D+00` and `1.5-103` are read, too.
  var double: Double? {
    guard let start = bindMemory(to: UInt8.self).baseAddress else { return nil }
    let end = start + count
    guard let (value, next) = DecimalParser.double(start, end: end), next == end else { return fortranDouble }
    return value.isFinite ? value : nil
  }

  private var fortranDouble: Double? {
    guard let first, first < 58, let place = indices.dropFirst().first(where: { self[$0] < 46 || self[$0] > 57 })
    else { return nil }
    var bytes = [UInt8](self)
    if bytes[place] | 0x20 == 100 {
      bytes[place] = 101
    } else if count - place == 4, bytes[place] == 43 || bytes[place] == 45 {
      bytes.insert(101, at: place)
    } else {
      return nil
    }
    return bytes.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress, let found = DecimalParser.double(start, end: start + bytes.count) else {
        return nil
      }
      return found.next == start + bytes.count && found.value.isFinite ? found.value : nil
    }
  }

  /// The whole number that these bytes are; `nil` if they are none or one that does not fit.
  func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
    guard let start = bindMemory(to: UInt8.self).baseAddress,
      let (value, next) = DecimalParser.integer(start, end: start + count), next == start + count
    else { return nil }
    return Value(exactly: value)
  }

  /// As UTF-8; bytes that are none are replaced.
  var text: String { String(decoding: self, as: UTF8.self) }

  /// Without blanks, tabs and carriage returns at both ends.
  var trimmed: UnsafeRawBufferPointer {
    var (low, high) = (0, count)
    while low < high, Self.isBlank(self[low]) { low += 1 }
    while high > low, Self.isBlank(self[high - 1]) { high -= 1 }
    return UnsafeRawBufferPointer(rebasing: self[low..<high])
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

  func starts(with text: StaticString) -> Bool {
    guard let base = baseAddress, count >= text.utf8CodeUnitCount else { return false }
    return memcmp(base, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// Where a text begins, from `place` on.
  func place(of text: StaticString, from place: Int = 0) -> Int? {
    let length = text.utf8CodeUnitCount
    guard let base = baseAddress, length > 0 else { return nil }
    var place = place
    while place + length <= count {
      guard let found = memchr(base + place, Int32(text.utf8Start.pointee), count - length - place + 1) else {
        return nil
      }
      if memcmp(found, text.utf8Start, length) == 0 { return base.distance(to: UnsafeRawPointer(found)) }
      place = base.distance(to: UnsafeRawPointer(found)) + 1
    }
    return nil
  }
}
