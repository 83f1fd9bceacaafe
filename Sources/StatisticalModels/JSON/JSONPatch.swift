import Foundation

/// A list of changes to a JSON document (RFC 6902), places in it as JSON pointers (RFC 6901).
public struct JSONPatch: Hashable, Sendable {
  public enum Operation: Hashable, Sendable {
    case add(path: String, value: JSONValue)
    case remove(path: String)
    case replace(path: String, value: JSONValue)
    case move(from: String, path: String)
    case copy(from: String, path: String)
    /// The document must have this value there.
    case test(path: String, value: JSONValue)
  }

  public var operations: [Operation]
  /// What errors call it.
  public var file: String

  public init(_ operations: [Operation], file: String = "patch") {
    self.operations = operations
    self.file = file
  }

  /// A patch from its document, an array of operations.
  public init(_ document: JSONValue, file: String, path: String = "") throws {
    let reader = SchemaReader(value: document, file: file, path: path)
    self.init(
      try reader.items().map { item in
        let fields = try item.fields(required: ["op", "path"], optional: ["value", "from"])
        let place = try fields["path"].string()
        func value() throws -> JSONValue {
          guard let value = fields.optional("value") else { throw item.error("the key 'value' is missing") }
          return value.value
        }
        func from() throws -> String {
          guard let from = fields.optional("from") else { throw item.error("the key 'from' is missing") }
          return try from.string()
        }
        switch try fields["op"].string() {
        case "add": return .add(path: place, value: try value())
        case "remove": return .remove(path: place)
        case "replace": return .replace(path: place, value: try value())
        case "move": return .move(from: try from(), path: place)
        case "copy": return .copy(from: try from(), path: place)
        case "test": return .test(path: place, value: try value())
        case let other:
          throw fields["op"].error("unknown operation '\(other)'; known: add, copy, move, remove, replace, test")
        }
      }, file: file)
  }

  /// The changed document.
  /// - Throws: ``WorkspaceError`` that names the operation and the pointer.
  public func applied(to document: JSONValue) throws -> JSONValue {
    var result = document
    for (index, operation) in operations.enumerated() {
      let context = PatchContext(file: file, index: index)
      switch operation {
      case .add(let path, let value): result = try result.inserting(value, at: context.tokens(path), context)
      case .remove(let path): result = try result.removing(context.tokens(path), context).document
      case .replace(let path, let value): result = try result.replacing(with: value, at: context.tokens(path), context)
      case .move(let from, let path):
        let (rest, value) = try result.removing(context.tokens(from), context)
        result = try rest.inserting(value, at: context.tokens(path), context)
      case .copy(let from, let path):
        result = try result.inserting(
          result.value(at: context.tokens(from), context), at: context.tokens(path), context)
      case .test(let path, let value):
        let found = try result.value(at: context.tokens(path), context)
        guard found.isEquivalent(to: value) else {
          throw context.error("'\(path)' holds \(found.kind), not \(value.kind): the patch is not for this document")
        }
      }
    }
    return result
  }
}

/// Which operation of which patch is at work, for errors.
private struct PatchContext {
  let file: String
  let index: Int

  func error(_ message: String) -> WorkspaceError {
    WorkspaceError(file: file, path: "patch[\(index)]", message: message)
  }

  func tokens(_ pointer: String) throws -> ArraySlice<String> {
    if pointer.isEmpty { return [] }
    guard pointer.hasPrefix("/") else {
      throw error("'\(pointer)' is no JSON pointer: it must be empty or begin with '/'")
    }
    return pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      .map { String($0).replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~") }[...]
  }

  func index(_ token: String, below count: Int) throws -> Int {
    guard let number = Int(token), number >= 0, token == String(number), number < count else {
      throw error("there is no element '\(token)' in an array of \(count)")
    }
    return number
  }
}

extension JSONValue {
  /// Equality of documents: 1 and 1.0 are the same number, and the order of keys does not matter.
  public func isEquivalent(to other: JSONValue) -> Bool {
    switch (self, other) {
    case (.integer(let a), .number(let b)), (.number(let b), .integer(let a)): return Double(a) == b
    case (.array(let a), .array(let b)): return a.count == b.count && zip(a, b).allSatisfy { $0.isEquivalent(to: $1) }
    case (.object(let a), .object(let b)):
      return a.count == b.count && a.allSatisfy { member in other[member.key].map(member.value.isEquivalent) ?? false }
    default: return self == other
    }
  }

  fileprivate func value(at path: ArraySlice<String>, _ context: PatchContext) throws -> JSONValue {
    guard let token = path.first else { return self }
    return try child(token, context).value(at: path.dropFirst(), context)
  }

  private func child(_ token: String, _ context: PatchContext) throws -> JSONValue {
    switch self {
    case .array(let items): return items[try context.index(token, below: items.count)]
    case .object:
      guard let value = self[token] else { throw context.error("there is no key '\(token)' in \(kind)") }
      return value
    default: throw context.error("'\(token)' leads into \(kind), which has no members")
    }
  }

  /// Replaces the child of a token by what `change` makes of it.
  private func changing(
    _ token: String, _ context: PatchContext, _ change: (JSONValue) throws -> JSONValue
  ) throws -> JSONValue {
    let changed = try change(child(token, context))
    switch self {
    case .array(var items):
      items[try context.index(token, below: items.count)] = changed
      return .array(items)
    case .object(let members):
      return .object(members.map { $0.key == token ? JSONMember(token, changed) : $0 })
    default: return self
    }
  }

  fileprivate func inserting(_ value: JSONValue, at path: ArraySlice<String>, _ context: PatchContext) throws
    -> JSONValue
  {
    guard let token = path.first else { return value }
    if path.count > 1 { return try changing(token, context) { try $0.inserting(value, at: path.dropFirst(), context) } }
    switch self {
    case .array(var items):
      items.insert(value, at: token == "-" ? items.count : try context.index(token, below: items.count + 1))
      return .array(items)
    case .object(let members):
      if self[token] != nil { return try changing(token, context) { _ in value } }
      return .object(members + [JSONMember(token, value)])
    default: throw context.error("'\(token)' leads into \(kind), which has no members")
    }
  }

  fileprivate func replacing(with value: JSONValue, at path: ArraySlice<String>, _ context: PatchContext) throws
    -> JSONValue
  {
    guard let token = path.first else { return value }
    return try changing(token, context) { try $0.replacing(with: value, at: path.dropFirst(), context) }
  }

  fileprivate func removing(
    _ path: ArraySlice<String>, _ context: PatchContext
  ) throws -> (document: JSONValue, value: JSONValue) {
    guard let token = path.first else { throw context.error("the whole document cannot be removed") }
    let removed = try value(at: path, context)
    if path.count > 1 {
      return (try changing(token, context) { try $0.removing(path.dropFirst(), context).document }, removed)
    }
    switch self {
    case .array(var items):
      items.remove(at: try context.index(token, below: items.count))
      return (.array(items), removed)
    case .object(let members): return (.object(members.filter { $0.key != token }), removed)
    default: return (self, removed)
    }
  }
}
