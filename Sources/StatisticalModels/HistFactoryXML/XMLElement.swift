import Foundation
import Records

/// An element of an XML document with its attributes, its children and its own text.
struct XMLElement: Hashable, Sendable {
  var name: String
  var attributes: [(name: String, value: String)] = []
  var children: [XMLElement] = []
  /// The character data directly within it.
  var text = ""
  /// Where it begins, from 1.
  var line: Int

  subscript(attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }

  func children(named name: String) -> [XMLElement] { children.filter { $0.name == name } }

  static func == (a: XMLElement, b: XMLElement) -> Bool {
    a.name == b.name && a.children == b.children && a.text == b.text && a.line == b.line
      && a.attributes.elementsEqual(b.attributes) { $0 == $1 }
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(line)
  }
}

extension XMLElement {
  /// The root element of a document (XML 1.0, UTF-8). Declarations of types are read over: nothing outside the file is ever
  /// looked for, and no entities but the five of XML itself and characters by number are known.
  /// - Throws: ``ModelFileError``, also for nesting deeper than 64.
  static func parse(_ data: Data, file: String) throws -> XMLElement {
    try [UInt8](data).withUnsafeBufferPointer { bytes in
      var parser = XMLParser(bytes: bytes, file: file)
      return try parser.document()
    }
  }
}

private struct XMLParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let file: String
  var position = 0
  var line = 1

  init(bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
  }

  func error(_ message: String, line: Int? = nil) -> ModelFileError {
    ModelFileError(file: file, line: line ?? self.line, message: message)
  }

  // MARK: Bytes

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] == 10 { line += 1 }
      position += 1
    }
  }

  private func stands(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    return (0..<count).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
  }

  private mutating func skipSpace() { while let byte = current, Self.isSpace(byte) { advance() } }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }

  /// Moves behind a mark and gives what stood before it.
  private mutating func pass(to mark: StaticString, of what: String) throws -> Range<Int> {
    let (start, first) = (position, line)
    while position < bytes.count {
      if stands(mark) {
        let end = position
        advance(mark.utf8CodeUnitCount)
        return start..<end
      }
      advance()
    }
    throw error("the \(what) that begins here has no end", line: first)
  }

  private func text(_ range: Range<Int>) throws -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw error("found bytes that are not UTF-8")
    }
    return text
  }

  // MARK: Structure

  mutating func document() throws -> XMLElement {
    if stands("\u{FEFF}") { advance(3) }
    try skipMisc(allowsDoctype: true)
    guard current == UInt8(ascii: "<") else { throw error("found \(foundHere); expected an element, <Combination …>") }
    let root = try element(depth: 0)
    try skipMisc(allowsDoctype: false)
    guard current == nil else { throw error("found \(foundHere) after the end of <\(root.name)>") }
    return root
  }

  private var foundHere: String {
    guard let byte = current else { return "the end of the file" }
    return (33...126).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
  }

  /// Comments, instructions and, before the root, a declaration of the type.
  private mutating func skipMisc(allowsDoctype: Bool) throws {
    while true {
      skipSpace()
      if stands("<!--") {
        advance(4)
        _ = try pass(to: "-->", of: "comment")
      } else if stands("<?") {
        _ = try pass(to: "?>", of: "instruction")
      } else if allowsDoctype, stands("<!DOCTYPE") {
        try skipDoctype()
      } else {
        return
      }
    }
  }

  private mutating func skipDoctype() throws {
    let first = line
    var quote: UInt8?
    var depth = 0
    while let byte = current {
      advance()
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "]") {
        depth -= 1
      } else if byte == UInt8(ascii: ">"), depth <= 0 {
        return
      }
    }
    throw error("the <!DOCTYPE that begins here has no end", line: first)
  }

  private mutating func name() throws -> String {
    let start = position
    while let byte = current, !Self.isSpace(byte), !"<>=/\"'&".utf8.contains(byte) { advance() }
    guard position > start else { throw error("found \(foundHere); expected a name") }
    return try text(start..<position)
  }

  private mutating func element(depth: Int) throws -> XMLElement {
    guard depth < 64 else { throw error("elements are nested deeper than 64") }
    let first = line
    advance()
    var element = XMLElement(name: try name(), line: first)
    while true {
      skipSpace()
      if stands("/>") {
        advance(2)
        return element
      }
      if current == UInt8(ascii: ">") {
        advance()
        break
      }
      let attribute = try attribute(of: element.name)
      guard element[attribute.name] == nil else {
        throw error("<\(element.name)> has the attribute '\(attribute.name)' twice")
      }
      element.attributes.append(attribute)
    }
    try content(&element, depth)
    return element
  }

  private mutating func attribute(of element: String) throws -> (name: String, value: String) {
    let name = try name()
    skipSpace()
    guard current == UInt8(ascii: "=") else {
      throw error("<\(element)>: found \(foundHere) after '\(name)'; expected '='")
    }
    advance()
    skipSpace()
    guard let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      throw error("<\(element)>: the value of '\(name)' must stand in quotes, found \(foundHere)")
    }
    advance()
    let range = try quote == UInt8(ascii: "\"") ? pass(to: "\"", of: "value") : pass(to: "'", of: "value")
    return (name, try resolved(range))
  }

  private mutating func content(_ element: inout XMLElement, _ depth: Int) throws {
    while true {
      let start = position
      while let byte = current, byte != UInt8(ascii: "<") { advance() }
      element.text += try resolved(start..<position)
      guard current != nil else { throw error("<\(element.name)> has no end", line: element.line) }
      if stands("</") {
        advance(2)
        let end = try name()
        skipSpace()
        guard end == element.name, current == UInt8(ascii: ">") else {
          throw error("found </\(end)>; expected </\(element.name)> for the one of line \(element.line)")
        }
        advance()
        return
      }
      if stands("<!--") {
        advance(4)
        _ = try pass(to: "-->", of: "comment")
      } else if stands("<![CDATA[") {
        advance(9)
        element.text += try text(pass(to: "]]>", of: "CDATA section"))
      } else if stands("<?") {
        _ = try pass(to: "?>", of: "instruction")
      } else {
        element.children.append(try self.element(depth: depth + 1))
      }
    }
  }

  /// Character data with its references replaced.
  private func resolved(_ range: Range<Int>) throws -> String {
    let raw = try text(range)
    guard raw.contains("&") else { return raw }
    var result = ""
    var rest = raw[...]
    while let mark = rest.firstIndex(of: "&") {
      result += rest[..<mark]
      let after = rest[rest.index(after: mark)...]
      guard let end = after.prefix(12).firstIndex(of: ";"), let character = Self.character(after[..<end]) else {
        throw error("'&\(after.prefix(8))' is no known reference; write &amp; for the sign itself")
      }
      result.unicodeScalars.append(character)
      rest = after[after.index(after: end)...]
    }
    return result + rest
  }

  private static func character(_ name: Substring) -> UnicodeScalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.first == "#" else { return nil }
      let digits = name.dropFirst()
      let code = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      return code.flatMap { $0 == 0 ? nil : UnicodeScalar($0) }
    }
  }
}
