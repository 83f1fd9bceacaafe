/// What is wrong with a datacard or an XML file: which line, what was found, what would have worked.
public struct ModelFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// From 1; `nil` for the file as a whole.
  public var line: Int?
  public var message: String

  public init(file: String, line: Int?, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  public var description: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}
