/// What is wrong with a workspace: where in the document, what was found, what is allowed.
public struct WorkspaceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The document as it is named in errors.
  public var file: String
  /// The place as a JSON path: `channels[0].samples[2].data[1]`; empty for the whole document.
  public var path: String
  public var message: String

  public init(file: String, path: String, message: String) {
    self.file = file
    self.path = path
    self.message = message
  }

  public var description: String { path.isEmpty ? "\(file): \(message)" : "\(file): \(path): \(message)" }
}
