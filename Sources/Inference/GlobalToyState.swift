import ByteIO
import Foundation
public import Records

/// Toys of a scan on disk, with the arguments that they were thrown for.
public struct GlobalToyState: Hashable, Codable, Sendable {
  /// Raised whenever toys of equal arguments come out different.
  public static let schemaVersion = 1

  /// All that toys depend on.
  public struct Arguments: Hashable, Codable, Sendable {
    public var workspaceDigest: Digest
    /// Of the patch set's file.
    public var patchSetDigest: Digest
    public var measurement: String?
    public var seed: UInt64
  }

  public var schema = GlobalToyState.schemaVersion
  public var arguments: Arguments
  public var progress = LookElsewhere.Progress()

  public init(arguments: Arguments) { self.arguments = arguments }

  /// Reads toys to go on from.
  /// - Throws: ``ToyStateError`` where the file is none or belongs to other arguments; ``FileError``.
  public init(readingFrom url: URL, for arguments: Arguments) throws {
    guard let state = try? JSONDecoder().decode(GlobalToyState.self, from: Data(readingFrom: url)),
      state.progress.maxima.allSatisfy({ $0 >= 0 })
    else { throw ToyStateError(path: url.path, message: "is no state of a scan's toys") }
    guard state.schema == GlobalToyState.schemaVersion else {
      throw ToyStateError(
        path: url.path,
        message: "has the schema version \(state.schema); this program goes on from \(GlobalToyState.schemaVersion)")
    }
    guard state.arguments == arguments else {
      let what =
        state.arguments.seed != arguments.seed
        ? "the seed \(state.arguments.seed), not \(arguments.seed)" : "another workspace, patch set or measurement"
      throw ToyStateError(path: url.path, message: "holds toys of \(what)")
    }
    self = state
  }

  /// - Throws: ``FileError``.
  public func write(to url: URL) throws { try AtomicFile.write(JSONEncoder.canonical.encode(self), to: url) }
}
