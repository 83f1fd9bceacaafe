import ByteIO
import Foundation
import Records

/// A set of patches to one background-only workspace, one a signal (pyhf's patch sets 1.0.0).
public struct PatchSet: Sendable {
  public struct Patch: Hashable, Sendable {
    public var name: String
    /// The signal's parameters, in the order of ``PatchSet/labels``; numbers or words.
    public var values: [JSONValue]
    public var patch: JSONPatch
  }

  public var labels: [String]
  public var description: String
  /// The SHA-256 digest of the background-only document, if the set states it.
  public var digest: String?
  public var patches: [Patch]
  public var file: String

  public init(readingFrom url: URL) throws {
    try self.init(JSONValue.parse(Data(readingFrom: url), file: url.lastPathComponent), file: url.lastPathComponent)
  }

  public init(_ document: JSONValue, file: String) throws {
    self.file = file
    let fields = try SchemaReader(value: document, file: file, path: "").fields(required: [
      "metadata", "patches", "version",
    ])
    let version = try fields["version"].string()
    guard version == "1.0.0" else {
      throw fields["version"].error("found version \"\(version)\"; this program reads 1.0.0")
    }
    let metadata = fields["metadata"]
    func member(_ key: String) -> SchemaReader? {
      metadata.value[key].map { SchemaReader(value: $0, file: file, path: "metadata.\(key)") }
    }
    labels = try member("labels")?.nonEmpty().map { try $0.string() } ?? []
    description = try member("description")?.string() ?? ""
    digest = try member("digests")?.value["sha256"].map {
      try SchemaReader(value: $0, file: file, path: "metadata.digests.sha256").string().lowercased()
    }
    patches = []
    var seen: Set<String> = []
    for item in try fields["patches"].nonEmpty() {
      let entry = try item.fields(required: ["metadata", "patch"])
      let about = entry["metadata"]
      guard case .string(let name)? = about.value["name"] else { throw about.error("the key 'name' is missing") }
      guard case .array(let values)? = about.value["values"] else { throw about.error("the key 'values' is missing") }
      guard values.count == labels.count else {
        throw about.error(
          "found \(values.count) values; the set has \(labels.count) labels: \(labels.joined(separator: ", "))")
      }
      guard seen.insert(name).inserted else { throw about.error("another patch is named '\(name)'; names must differ") }
      patches.append(
        Patch(name: name, values: values, patch: try JSONPatch(entry["patch"].value, file: "\(file), patch '\(name)'")))
    }
  }

  /// The patch of a name.
  public func patch(named name: String) throws -> Patch {
    if let found = patches.first(where: { $0.name == name }) { return found }
    let near = nearestName(to: name, in: patches.map(\.name)).map { "; nearest: '\($0)'" } ?? ""
    throw WorkspaceError(
      file: file, path: "patches", message: "none of its \(patches.count) patches is named '\(name)'\(near)")
  }

  /// Checks that the document is the one these patches were made for.
  public func verify(_ document: JSONValue, file documentFile: String) throws {
    guard let digest else { return }
    let found = document.digest.hex
    guard found == digest else {
      throw WorkspaceError(
        file: documentFile, path: "",
        message: "its digest \(found.prefix(12))… is not \(digest.prefix(12))…, which \(file) was made for")
    }
  }
}
