/// A value of an object that was read by the file's own description of its class.
enum StreamedValue: Sendable {
  case none
  case integer(Int)
  case real(Double)
  case text(String)
  case integers([Int])
  case reals([Double])
  case object(StreamedObject)
  case list([StreamedValue])
  case bytes(ByteRegion)
  /// Something of a class that is not decoded.
  case unread(className: String)
}

/// An object with its members by name, those of its base classes among them.
///
/// Sendable because no member changes once the reader that made it is done.
final class StreamedObject: @unchecked Sendable {
  let className: String
  fileprivate(set) var version = 0
  fileprivate(set) var members: [String: StreamedValue] = [:]

  init(className: String) { self.className = className }

  func set(_ name: String, _ value: StreamedValue) { members[name] = value }
  func set(version: Int) { self.version = version }

  func integer(_ name: String) -> Int? {
    switch members[name] {
    case .integer(let value): value
    case .real(let value) where value.rounded() == value && value.magnitude < 0x1p62: Int(value)
    default: nil
    }
  }

  func real(_ name: String) -> Double? {
    switch members[name] {
    case .real(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  func text(_ name: String) -> String? {
    if case .text(let value) = members[name] { value } else { nil }
  }

  func object(_ name: String) -> StreamedObject? {
    if case .object(let value) = members[name] { value } else { nil }
  }

  /// Whether a member that may be none is something, read or not.
  func hasValue(_ name: String) -> Bool {
    switch members[name] {
    case nil, .some(.none): false
    default: true
    }
  }

  func integers(_ name: String) -> [Int]? {
    if case .integers(let values) = members[name] { values } else { nil }
  }

  /// Numbers of any width as doubles.
  func reals(_ name: String) -> [Double]? {
    switch members[name] {
    case .reals(let values): values
    case .integers(let values): values.map(Double.init)
    default: nil
    }
  }

  /// The elements of a member that is a collection (`TObjArray`, `TList`), or of this object if it is one.
  func elements(_ name: String? = nil) -> [StreamedValue] {
    guard let name else {
      if case .list(let values) = members["elements"] { return values }
      return []
    }
    return object(name)?.elements() ?? []
  }

  /// The objects among the elements.
  func objects(_ name: String? = nil) -> [StreamedObject] {
    elements(name).compactMap { if case .object(let object) = $0 { object } else { nil } }
  }

  func required<Value>(_ name: String, _ value: Value?) throws -> Value {
    guard let value else {
      throw ROOTFileError(.unreadable(className: className, reason: "version \(version) has no member '\(name)'"))
    }
    return value
  }
}
