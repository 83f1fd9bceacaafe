/// The first place at which two documents differ.
struct JSONDifference: Hashable, Sendable {
  /// As a JSON path: `samples[0].data[1]`; empty for the whole.
  var path: String
  /// What stands there; `nil` where nothing does.
  var left: JSONValue?
  var right: JSONValue?

  /// `samples[0].data[1] is the number 1.0 in a.json and the number 2.0 in b.json`.
  func text(left leftFile: String, right rightFile: String) -> String {
    func side(_ value: JSONValue?, _ file: String) -> String { "\(value?.kind ?? "missing") in \(file)" }
    return "\(path.isEmpty ? "it" : path) is \(side(left, leftFile)) and \(side(right, rightFile))"
  }
}

extension JSONValue {
  /// Where this document first differs from another; `nil` where ``isEquivalent(to:)`` holds.
  func firstDifference(from other: JSONValue, path: String = "") -> JSONDifference? {
    switch (self, other) {
    case (.array(let left), .array(let right)) where left.count == right.count:
      for (index, pair) in zip(left, right).enumerated() {
        if let found = pair.0.firstDifference(from: pair.1, path: "\(path)[\(index)]") { return found }
      }
      return nil
    case (.object(let left), .object(let right)):
      for key in left.map(\.key) + right.map(\.key).filter({ self[$0] == nil }) {
        let place = path.isEmpty ? key : "\(path).\(key)"
        guard let mine = self[key], let theirs = other[key] else {
          return JSONDifference(path: place, left: self[key], right: other[key])
        }
        if let found = mine.firstDifference(from: theirs, path: place) { return found }
      }
      return nil
    default: return isEquivalent(to: other) ? nil : JSONDifference(path: path, left: self, right: other)
    }
  }
}
