import Columns
import Foundation

/// A value as Python writes it, as far as headers of `.npy` files need: texts, whole numbers, truth values, tuples, lists, dictionaries.
indirect enum PythonLiteral: Hashable, Sendable {
  case text(String)
  case number(Int)
  case truth(Bool)
  /// A tuple or a list.
  case list([PythonLiteral])
  case dictionary([String: PythonLiteral])

  /// `nil` for texts that are none.
  init?(_ bytes: some Sequence<UInt8>) {
    var parser = Parser(rest: Array(bytes)[...])
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipBlanks()
    guard parser.rest.isEmpty else { return nil }
    self = value
  }

  private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func skipBlanks() { rest = rest.drop { $0 == 32 || (9...13).contains($0) } }

    mutating func take(_ byte: Character) -> Bool {
      skipBlanks()
      guard rest.first == byte.asciiValue else { return false }
      rest.removeFirst()
      return true
    }

    mutating func value(depth: Int) -> PythonLiteral? {
      guard depth < 16 else { return nil }
      skipBlanks()
      switch rest.first.map({ Character(UnicodeScalar($0)) }) {
      case "'": return text("'").map(PythonLiteral.text)
      case "\"": return text("\"").map(PythonLiteral.text)
      case "(": return list("(", ")", depth)
      case "[": return list("[", "]", depth)
      case "{": return dictionary(depth)
      case "T": return word("True", .truth(true))
      case "F": return word("False", .truth(false))
      default: return number()
      }
    }

    mutating func word(_ word: String, _ value: PythonLiteral) -> PythonLiteral? {
      guard rest.starts(with: word.utf8) else { return nil }
      rest.removeFirst(word.utf8.count)
      return value
    }

    mutating func number() -> PythonLiteral? {
      let digits = rest.prefix { (48...57).contains($0) || $0 == 45 }
      guard let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      rest.removeFirst(digits.count)
      // Python 2 wrote long integers with an L.
      if rest.first == UInt8(ascii: "L") { rest.removeFirst() }
      return .number(value)
    }

    mutating func text(_ quote: Character) -> String? {
      guard take(quote), let end = rest.firstIndex(of: quote.asciiValue ?? 0) else { return nil }
      let content = rest[..<end]
      guard !content.contains(UInt8(ascii: "\\")) else { return nil }
      rest = rest[(end + 1)...]
      return String(decoding: content, as: UTF8.self)
    }

    mutating func list(_ open: Character, _ close: Character, _ depth: Int) -> PythonLiteral? {
      guard take(open) else { return nil }
      var items: [PythonLiteral] = []
      while !take(close) {
        guard let item = value(depth: depth + 1) else { return nil }
        items.append(item)
        guard take(",") else { return take(close) ? .list(items) : nil }
      }
      return .list(items)
    }

    mutating func dictionary(_ depth: Int) -> PythonLiteral? {
      guard take("{") else { return nil }
      var entries: [String: PythonLiteral] = [:]
      while !take("}") {
        guard case .text(let key) = value(depth: depth + 1), take(":"), let item = value(depth: depth + 1) else {
          return nil
        }
        entries[key] = item
        guard take(",") else { return take("}") ? .dictionary(entries) : nil }
      }
      return .dictionary(entries)
    }
  }
}

/// The type of an array's elements.
struct NumPyType: Hashable, Sendable {
  enum Kind: Character, Sendable {
    case real = "f", signed = "i", unsigned = "u", truth = "b"
  }

  var kind: Kind
  var bytes: Int
  var isBigEndian: Bool

  /// From `<f8`; `nil` for what no column holds.
  init?(_ text: String) {
    let letters = Array(text)
    guard letters.count >= 3, "<>|=".contains(letters[0]), let kind = Kind(rawValue: letters[1]),
      let bytes = Int(String(letters[2...]))
    else { return nil }
    let sizes: [Int] =
      switch kind {
      case .real: [2, 4, 8]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .truth: [1]
      }
    guard sizes.contains(bytes) else { return nil }
    self.kind = kind
    self.bytes = bytes
    isBigEndian = letters[0] == ">"
  }

  /// The column that holds it: int8, int16 and uint16 as int32, uint32 and uint64 as int64, float16 as float32.
  var column: ColumnType {
    switch (kind, bytes) {
    case (.real, 8): .float64
    case (.real, _): .float32
    case (.signed, 8): .int64
    case (.signed, _): .int32
    case (.unsigned, 1): .uint8
    case (.unsigned, 2): .int32
    case (.unsigned, _): .int64
    case (.truth, _): .bool
    }
  }

  /// `<f8` for a column's type.
  static func text(_ type: ColumnType) -> String {
    switch type {
    case .float32: "<f4"
    case .float64: "<f8"
    case .int32: "<i4"
    case .int64: "<i8"
    case .uint8: "|u1"
    case .bool: "|b1"
    }
  }
}

/// The header of an array as `numpy.lib.format` describes it, versions 1 to 3.
struct NumPyHeader: Hashable, Sendable {
  /// A part of each element: the whole one, or a member of a structured type.
  struct Member: Hashable, Sendable {
    /// Empty where the type is not structured.
    var name: String
    /// `nil` where no column holds it.
    var type: NumPyType?
    var typeText: String
    /// Values an element has.
    var count: Int
    /// Where it begins in an element.
    var offset: Int
  }

  var members: [Member]
  var shape: [Int]
  var isFortran: Bool
  /// Bytes of an element.
  var stride: Int
  /// Bytes before the first element.
  var length: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  static let longest = 1 << 16

  /// From the first bytes of an array's file, up to ``longest`` of them.
  /// - Throws: a text that says what is wrong.
  init(_ bytes: UnsafeRawBufferPointer) throws(NumPyFault) {
    guard bytes.count >= 12, bytes.prefix(6).elementsEqual(Self.magic) else { throw NumPyFault("it is no NumPy array") }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw NumPyFault("its format has version \(version), known are 1 to 3") }
    let start = version == 1 ? 10 : 12
    let count = (8..<start).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
    guard count <= bytes.count - start else { throw NumPyFault("its header of \(count) bytes is cut off") }
    guard case .dictionary(let entries)? = PythonLiteral(bytes[start..<start + count]), let descr = entries["descr"],
      case .truth(let isFortran)? = entries["fortran_order"], case .list(let lengths)? = entries["shape"]
    else { throw NumPyFault("its header cannot be read") }
    self.isFortran = isFortran
    length = start + count
    shape = []
    for case .number(let length) in lengths where length >= 0 { shape.append(length) }
    guard shape.count == lengths.count else { throw NumPyFault("its shape cannot be read") }
    (members, stride) = try Self.members(descr)
  }

  private static func members(_ descr: PythonLiteral) throws(NumPyFault) -> ([Member], Int) {
    if case .text(let text) = descr {
      guard let size = size(of: text) else { throw NumPyFault("its type \(text) cannot be read") }
      return ([Member(name: "", type: NumPyType(text), typeText: text, count: 1, offset: 0)], size)
    }
    guard case .list(let items) = descr else { throw NumPyFault("its type cannot be read") }
    var members: [Member] = [], offset = 0
    for item in items {
      guard case .list(let parts) = item, parts.count >= 2, case .text(let name) = parts[0],
        case .text(let text) = parts[1], let size = size(of: text)
      else { throw NumPyFault("a member of its type is of a kind that is not read (a record in a record, say)") }
      var count = 1
      if parts.count > 2 {
        guard case .list(let lengths) = parts[2] else { throw NumPyFault("the shape of '\(name)' cannot be read") }
        for case .number(let length) in lengths {
          let (product, overflow) = count.multipliedReportingOverflow(by: length)
          guard length >= 0, !overflow, product < 1 << 40 else {
            throw NumPyFault("the shape of '\(name)' cannot be read")
          }
          count = product
        }
      }
      // Members without names are padding.
      if !name.isEmpty {
        members.append(Member(name: name, type: NumPyType(text), typeText: text, count: count, offset: offset))
      }
      offset += size * count
      guard offset < 1 << 40 else { throw NumPyFault("an element has \(offset) bytes") }
    }
    return (members, offset)
  }

  /// Bytes of an element of a type; `nil` where it has none of fixed length.
  private static func size(of text: String) -> Int? {
    let letters = Array(text)
    guard letters.count >= 3, let count = Int(String(letters[2...].prefix { $0.isNumber })), count >= 0, count < 1 << 30
    else { return nil }
    return letters[1] == "O" ? nil : letters[1] == "U" ? 4 * count : count
  }

  /// Elements of a row: the product of all lengths but the first.
  var rowElements: Int {
    shape.dropFirst().reduce(1) { product, length in
      let (result, overflow) = product.multipliedReportingOverflow(by: length)
      return overflow ? .max : result
    }
  }

  /// Bytes of all elements; the largest number where the product is beyond it.
  var dataBytes: Int {
    ([shape.first ?? 1, rowElements]).reduce(stride) { product, length in
      let (result, overflow) = product.multipliedReportingOverflow(by: length)
      return overflow ? .max : result
    }
  }

  /// A header of version 1 for a flat array, as NumPy writes it: padded to 64 bytes.
  static func bytes(type: ColumnType, count: Int) -> [UInt8] {
    var text = "{'descr': '\(NumPyType.text(type))', 'fortran_order': False, 'shape': (\(count),), }"
    let bare = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - bare % 64) % 64) + "\n"
    return magic + [1, 0, UInt8(text.utf8.count & 0xFF), UInt8(text.utf8.count >> 8)] + Array(text.utf8)
  }
}

/// What is wrong with an array.
struct NumPyFault: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}
