import ByteIO
import Foundation
import Records

/// A workspace as the document that holds it: numbers keep the form in which they were written (1 or 1.0), on which
/// digests depend, and keys their order.
///
/// The operations are pyhf's `Workspace.combine`, `prune`, `rename` and `sorted`; each gives a new document that was
/// checked as a file would be, and that has pyhf's digest.
public struct WorkspaceDocument: Hashable, Sendable {
  public let json: JSONValue
  public let workspace: Workspace

  /// What errors call it.
  public var file: String { workspace.file }

  /// Checks a document. `file` is what errors call it.
  /// - Throws: ``WorkspaceError``.
  public init(_ json: JSONValue, file: String = "workspace") throws {
    self.json = json
    workspace = try Workspace(json, file: file)
  }

  /// Reads pyhf's JSON, version 1.0.0, and checks it.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, `FileError`.
  public init(readingFrom url: URL) throws {
    try self.init(JSONValue.parse(Data(readingFrom: url), file: url.lastPathComponent), file: url.lastPathComponent)
  }

  /// The document of a workspace that was made, not read.
  public init(_ workspace: Workspace) throws { try self.init(workspace.document, file: workspace.file) }

  /// SHA-256 of the document with sorted keys on one line, what `pyhf digest` prints.
  public var digest: Digest { json.digest }

  /// The document's bytes: keys sorted, indented by four, as pyhf's commands write them.
  public var encoded: Data { Data((json.text(sortedKeys: true, indent: 4) + "\n").utf8) }

  /// Writes ``encoded``; the file is there whole or not at all.
  public func write(to url: URL) throws { try AtomicFile.write(encoded, to: url) }
}

extension JSONValue {
  /// The elements of an array below a key; none for anything else.
  func items(_ key: String) -> [JSONValue] {
    guard case .array(let items)? = self[key] else { return [] }
    return items
  }

  /// The string below a key; empty for anything else.
  func text(of key: String) -> String {
    guard case .string(let text)? = self[key] else { return "" }
    return text
  }

  var name: String { text(of: "name") }

  /// The object with another value below one of its keys.
  func replacing(_ key: String, with value: JSONValue) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.map { $0.key == key ? JSONMember(key, value) : $0 })
  }

  /// The object with the array below one of its keys changed.
  func changing(_ key: String, _ change: ([JSONValue]) -> [JSONValue]) -> JSONValue {
    replacing(key, with: .array(change(items(key))))
  }
}
