/// What is wrong with a file of a generator: the file, the line, what was found, what would have worked.
public struct GeneratorFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file as it was named.
  public var path: String
  /// 1-based, of the text after decompression; 0 where the file as a whole is meant.
  public var line: Int
  public var message: String

  public init(path: String, line: Int, message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  public var description: String { line > 0 ? "\(path):\(line): \(message)" : "\(path): \(message)" }
}
