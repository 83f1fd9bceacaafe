/// What is wrong with a file read by a schema: the file, what was found, what would have worked.
public struct SchemaError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var problem: String

  public init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }

  public var description: String { "\(path): \(problem)" }
}
