import Foundation

/// A JSON document that keeps what statistics needs and Foundation's reader drops: the order of keys, and whether a number
/// was written as an integer, on which digests of documents depend.
public indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// What it is, for errors.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): "the number \(number)"
    case .number(let number): "the number \(number)"
    case .string(let text): "the string \"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\""
    case .array(let items): "an array of \(items.count)"
    case .object(let members):
      "an object with \(members.isEmpty ? "no keys" : members.map(\.key).prefix(6).joined(separator: ", "))"
    }
  }

  /// The member of an object; `nil` for another kind or another key.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}

/// A key and its value.
public struct JSONMember: Hashable, Sendable {
  public var key: String
  public var value: JSONValue

  public init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

/// Text that is no JSON: where, and what was expected.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int
  public var message: String

  public init(file: String, line: Int, column: Int, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  public var description: String { "\(file):\(line):\(column): \(message)" }
}
