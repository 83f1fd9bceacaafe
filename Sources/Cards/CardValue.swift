import ByteIO
import Foundation
import Records
internal import Yams

/// A value in a YAML card that knows where it stands, so that every error names the file, the line and the key.
///
/// Read a mapping with ``fields(_:)``, which refuses keys that the reader does not know:
/// ```swift
/// let card = try CardValue.read(url).fields(["name", "seed"])
/// let seed = try card["seed"].integer(in: 0...)
/// ```
public struct CardValue: Sendable {
  /// The file as it is named in errors.
  public let file: String
  /// The keys that lead here: `samples.ttbar.file`; empty at the top.
  public let path: String
  /// 1-based; the line of the parent where the key is absent.
  public let line: Int
  let content: Content

  indirect enum Content: Sendable {
    case missing
    case scalar(String, quoted: Bool)
    case list([CardValue])
    case mapping([(key: String, line: Int, value: CardValue)])
  }

  /// Reads a card file.
  /// - Throws: ``FileError`` if it cannot be read, ``CardError`` if it is no YAML.
  public static func read(_ url: URL) throws -> CardValue {
    let data = try Data(readingFrom: url)
    guard let text = String(data: data, encoding: .utf8) else {
      throw CardError(file: url.path, line: 1, path: "", message: "is not UTF-8 text")
    }
    return try parse(text, file: url.path)
  }

  /// Parses a card's text; `file` is what errors call it.
  public static func parse(_ text: String, file: String) throws -> CardValue {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw CardError(file: file, line: 1, path: "", message: "is empty; a card is a mapping of keys to values")
      }
      return try CardValue(node, file: file, path: "", line: 1)
    } catch let error as YamlError {
      throw CardError(file: file, line: error.line ?? 1, path: "", message: "is no YAML: \(error.reason)")
    }
  }

  private init(_ node: Node, file: String, path: String, line fallback: Int) throws {
    self.file = file
    self.path = path
    let line = node.mark?.line ?? fallback
    self.line = line
    switch node {
    case .scalar(let scalar):
      let quoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
      content =
        !quoted && ["", "~", "null"].contains(scalar.string) ? .missing : .scalar(scalar.string, quoted: quoted)
    case .sequence(let items):
      content = .list(
        try items.enumerated().map { try CardValue($1, file: file, path: "\(path)[\($0)]", line: line) })
    case .mapping(let pairs):
      var entries = [(key: String, line: Int, value: CardValue)]()
      for (key, value) in pairs {
        let keyLine = key.mark?.line ?? line
        guard let name = key.scalar?.string else {
          throw CardError(file: file, line: keyLine, path: path, message: "a key must be a plain word")
        }
        let below = path.isEmpty ? name : "\(path).\(name)"
        entries.append((name, keyLine, try CardValue(value, file: file, path: below, line: keyLine)))
      }
      content = .mapping(entries)
    case .alias(let alias):
      throw CardError(file: file, line: line, path: path, message: "the alias '\(alias.anchor)' has no anchor")
    }
  }

  private init(missing path: String, file: String, line: Int) {
    self.file = file
    self.path = path
    self.line = line
    content = .missing
  }

  /// Whether the key is absent or null.
  public var isMissing: Bool { if case .missing = content { true } else { false } }

  /// The value itself, or `nil` where it is absent: `try card["title"].ifPresent?.string()`.
  public var ifPresent: CardValue? { isMissing ? nil : self }

  /// An error at this place.
  public func error(_ message: String) -> CardError { CardError(file: file, line: line, path: path, message: message) }

  /// An error that says what was found and what would have worked.
  public func mismatch(_ expected: String) -> CardError { error("expected \(expected), found \(shown)") }

  private var shown: String {
    switch content {
    case .missing: "nothing"
    case .scalar(let text, _): "'\(text)'"
    case .list(let items): "a list of \(items.count)"
    case .mapping(let entries): "a mapping (\(entries.prefix(4).map(\.key).joined(separator: ", ")))"
    }
  }

  /// A mapping whose keys must all be among `known`.
  public func fields(_ known: [String]) throws -> CardFields {
    let entries = try mapping()
    for entry in entries where !known.contains(entry.key) {
      let near = nearestName(to: entry.key, in: known).map { "; nearest: '\($0)'" } ?? ""
      throw CardError(
        file: file, line: entry.line, path: path,
        message: "unknown key '\(entry.key)'\(near). Known: \(known.sorted().joined(separator: ", "))")
    }
    return CardFields(owner: self, known: Set(known), entries: entries)
  }

  /// A mapping with free keys, in the order of the file.
  public func entries() throws -> [(key: String, value: CardValue)] { try mapping().map { ($0.key, $0.value) } }

  private func mapping() throws -> [(key: String, line: Int, value: CardValue)] {
    guard case .mapping(let entries) = content else { throw mismatch("a mapping of keys to values") }
    return entries
  }

  public func list() throws -> [CardValue] {
    guard case .list(let items) = content else { throw mismatch("a list") }
    return items
  }

  public func string() throws -> String {
    guard case .scalar(let text, _) = content else { throw mismatch("a text") }
    return text
  }

  /// One of some words.
  public func choice(_ words: [String]) throws -> String {
    let text = try string()
    guard words.contains(text) else {
      let near = nearestName(to: text, in: words).map { "; nearest: '\($0)'" } ?? ""
      throw error("'\(text)' is none of \(words.joined(separator: ", "))\(near)")
    }
    return text
  }

  /// One case of an enumeration of texts.
  public func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws -> Choice
  where Choice.RawValue == String {
    let word = try choice(Choice.allCases.map(\.rawValue))
    guard let value = Choice(rawValue: word) else { throw mismatch("a \(type)") }
    return value
  }

  public func bool() throws -> Bool {
    guard case .scalar(let text, quoted: false) = content, let value = ["true": true, "false": false][text] else {
      throw mismatch("true or false")
    }
    return value
  }

  public func integer(in range: some RangeExpression<Int> = Int.min...) throws -> Int {
    guard case .scalar(let text, quoted: false) = content, let value = Int(text.replacing("_", with: "")) else {
      throw mismatch("a whole number")
    }
    guard range.contains(value) else { throw error("\(value) is out of range: allowed is \(shownRange(range))") }
    return value
  }

  public func double(in range: some RangeExpression<Double> = -Double.infinity...Double.infinity) throws -> Double {
    guard case .scalar(let text, quoted: false) = content, let value = Double(text.replacing("_", with: "")),
      value.isFinite
    else { throw mismatch("a number") }
    guard range.contains(value) else { throw error("\(value) is out of range: allowed is \(shownRange(range))") }
    return value
  }

  /// A number with its unit, `150 fb-1`, given in the first of `units`; the values of `units` are factors to that unit.
  public func quantity(
    _ units: KeyValuePairs<String, Double>, in range: some RangeExpression<Double> = -Double.infinity...Double.infinity
  ) throws -> Double {
    let names = units.map(\.key).joined(separator: ", ")
    guard case .scalar(let text, _) = content else { throw mismatch("a number with a unit (\(names))") }
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let number = Double(parts[0]), number.isFinite else {
      throw mismatch("a number with a unit (\(names))")
    }
    guard let factor = units.first(where: { $0.key == parts[1] })?.value else {
      throw error("unknown unit '\(parts[1])' in '\(text)'; known: \(names)")
    }
    guard range.contains(number * factor) else { throw error("'\(text)' is out of range") }
    return number * factor
  }

  private func shownRange(_ range: some RangeExpression) -> String {
    "\(range)".replacing("PartialRangeFrom<Int>", with: "").replacing("PartialRangeFrom<Double>", with: "")
  }

  static func missing(_ key: String, of owner: CardValue) -> CardValue {
    CardValue(missing: owner.path.isEmpty ? key : "\(owner.path).\(key)", file: owner.file, line: owner.line)
  }
}

/// The known keys of a mapping.
public struct CardFields: Sendable {
  let owner: CardValue
  let known: Set<String>
  let entries: [(key: String, line: Int, value: CardValue)]

  /// The value of a key; missing values are present as such.
  public subscript(_ key: String) -> CardValue {
    precondition(known.contains(key), "'\(key)' is not among the keys given to fields(_:)")
    return entries.first { $0.key == key }?.value ?? .missing(key, of: owner)
  }

  /// The mapping itself, for errors about it.
  public var value: CardValue { owner }
}

/// What is wrong with a card: the file, the line, the key, and what would have worked.
public struct CardError: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var path: String
  public var message: String

  public init(file: String, line: Int, path: String, message: String) {
    self.file = file
    self.line = line
    self.path = path
    self.message = message
  }

  public var description: String { "\(file):\(line): \(path.isEmpty ? "" : "\(path): ")\(message)" }
}

extension YamlError {
  fileprivate var line: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  fileprivate var reason: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
    case .duplicatedKeysInMapping(let keys, _): "a key stands twice: \(keys.map { "\($0)" }.joined(separator: ", "))"
    default: "\(self)"
    }
  }
}
