import Foundation

extension JSONValue {
  /// Reads a document (RFC 8259). `file` is what errors call it.
  /// - Throws: ``JSONSyntaxError``: also for NaN and Infinity, duplicate keys, and nesting deeper than 256.
  public static func parse(_ data: Data, file: String) throws -> JSONValue {
    try [UInt8](data).withUnsafeBufferPointer { bytes in
      var parser = JSONParser(bytes: bytes, file: file)
      let value = try parser.value(depth: 0)
      parser.skipSpace()
      guard parser.position == bytes.count else { throw parser.error("expected the end of the document") }
      return value
    }
  }

  public static func parse(_ text: String, file: String = "JSON") throws -> JSONValue {
    try parse(Data(text.utf8), file: file)
  }
}

struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let file: String
  var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
  }

  func error(_ message: String, at offset: Int? = nil) -> JSONSyntaxError {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset ?? position) {
      if byte == 10 { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return JSONSyntaxError(file: file, line: line, column: column, message: message)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = current, byte == 32 || (9...10).contains(byte) || byte == 13 { position += 1 }
  }

  private mutating func expect(_ byte: UInt8) throws {
    skipSpace()
    guard current == byte else {
      throw error("expected '\(Character(UnicodeScalar(byte)))', found \(foundHere)")
    }
    position += 1
  }

  private var foundHere: String {
    guard let byte = current else { return "the end of the document" }
    return (33...126).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
  }

  mutating func value(depth: Int) throws -> JSONValue {
    guard depth <= 256 else { throw error("nested deeper than 256") }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), .some(48...57): return try number()
    default: throw error("expected a JSON value, found \(foundHere)")
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
    let expected = Array(text.utf8)
    guard position + expected.count <= bytes.count,
      bytes[position..<(position + expected.count)].elementsEqual(expected)
    else { throw error("expected a JSON value (\(text)?)") }
    position += expected.count
    return value
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    position += 1
    var members: [JSONMember] = []
    var keys: Set<String> = []
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("expected a key in quotes, found \(foundHere)") }
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else { throw error("the key \"\(key)\" stands twice", at: start) }
      try expect(UInt8(ascii: ":"))
      members.append(JSONMember(key, try value(depth: depth + 1)))
      skipSpace()
      if current == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "}"))
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    while true {
      items.append(try value(depth: depth + 1))
      skipSpace()
      if current == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "]"))
      return .array(items)
    }
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    guard let first = current, (48...57).contains(first) else { throw error("expected a digit, found \(foundHere)") }
    digits()
    if first == 48, position - start > (bytes[start] == 45 ? 2 : 1) {
      throw error("a number has no leading zero", at: start)
    }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard let next = current, (48...57).contains(next) else { throw error("expected a digit, found \(foundHere)") }
      digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard let next = current, (48...57).contains(next) else { throw error("expected a digit, found \(foundHere)") }
      digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw error("\(text) is too large for a number", at: start)
    }
    return .number(number)
  }

  private mutating func digits() {
    while let byte = current, (48...57).contains(byte) { position += 1 }
  }

  private mutating func string() throws -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          throw error("the string is not UTF-8", at: start)
        }
        return result
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<32: throw error("a control character stands in a string", at: position - 1)
      default: text.append(byte)
      }
    }
    throw error("the string that starts here has no end", at: start)
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard let byte = current else { throw error("the string has no end") }
    position += 1
    let plain: [UInt8: UInt8] = [34: 34, 92: 92, 47: 47, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9]
    if let character = plain[byte] {
      text.append(character)
      return
    }
    guard byte == UInt8(ascii: "u") else { throw error("unknown escape in a string", at: position - 1) }
    var code = try hexadecimal()
    if (0xD800...0xDBFF).contains(code) {
      guard current == UInt8(ascii: "\\") else { throw error("half of a surrogate pair") }
      position += 1
      guard current == UInt8(ascii: "u") else { throw error("half of a surrogate pair") }
      position += 1
      let low = try hexadecimal()
      guard (0xDC00...0xDFFF).contains(low) else { throw error("half of a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = UnicodeScalar(code) else { throw error("no character \(code)") }
    text.append(contentsOf: Array(String(Character(scalar)).utf8))
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
