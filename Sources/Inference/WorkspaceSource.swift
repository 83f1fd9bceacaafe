import Foundation
import Records
import StatisticalModels

/// A workspace as it is named on a command line: a file, what patches it, and a measurement of it.
public struct WorkspaceSource: Hashable, Codable, Sendable {
  /// pyhf's JSON, or what ``WorkspaceReader`` makes such of.
  public var workspace: URL
  /// How datacards and XML are read.
  public var reader = WorkspaceReader()
  /// A JSON Patch, or a patch set of which ``patchName`` is taken; `nil` for none.
  public var patch: URL?
  /// A patch of the set.
  public var patchName: String?
  /// *(name, default the first)*: the measurement.
  public var measurement: String?

  public init(workspace: URL, patch: URL? = nil, patchName: String? = nil, measurement: String? = nil) {
    self.workspace = workspace
    self.patch = patch
    self.patchName = patchName
    self.measurement = measurement
  }

  /// The same with a patch as it is named on a command line: a file, or where there is none of that name, a patch of the set
  /// `patchset.json` beside the workspace, as HEPData's archives have it.
  /// - Throws: ``WorkspaceError`` where it is neither.
  public init(
    workspace: URL, patchOrName word: String?, patchName: String? = nil, measurement: String? = nil
  ) throws {
    self.init(
      workspace: workspace, patch: word.map { URL(fileURLWithPath: $0) }, patchName: patchName,
      measurement: measurement)
    guard let word, !FileManager.default.fileExists(atPath: word) else { return }
    let set = workspace.deletingLastPathComponent().appendingPathComponent("patchset.json")
    guard patchName == nil, FileManager.default.fileExists(atPath: set.path) else {
      let asName =
        patchName == nil ? ", and there is no patchset.json beside the workspace to hold a patch of that name" : ""
      throw WorkspaceError(file: word, path: "", message: "no such file\(asName)")
    }
    patch = set
    self.patchName = word
  }

  /// The workspace, patched, and the digest of that document.
  /// - Throws: ``JSONSyntaxError``, ``ModelFileError``, ``WorkspaceError``, ``FileError``.
  public func load() throws -> (workspace: Workspace, digest: Digest) {
    let name = workspace.lastPathComponent
    let (read, codes, _) = try reader.document(workspace)
    var document = read
    if let patch {
      let change = try JSONValue.parse(Data(readingFrom: patch), file: patch.lastPathComponent)
      if case .object = change {
        let set = try PatchSet(change, file: patch.lastPathComponent)
        try set.verify(document, file: name)
        guard let patchName else {
          throw WorkspaceError(
            file: patch.lastPathComponent, path: "",
            message: "is a set of \(set.patches.count) patches; name one, for example '\(set.patches[0].name)'")
        }
        document = try set.patch(named: patchName).patch.applied(to: document)
      } else {
        document = try JSONPatch(change, file: patch.lastPathComponent).applied(to: document)
      }
    }
    var result = try Workspace(document, file: name)
    result.codes = codes
    return (result, document.digest)
  }

  /// The model of the measurement, and the digest of the patched document.
  /// - Throws: as ``load()``.
  public func model() throws -> (model: Model, digest: Digest) {
    let (workspace, digest) = try load()
    return (try Model(workspace, measurement: measurement), digest)
  }
}
