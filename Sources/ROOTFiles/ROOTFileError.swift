/// What is wrong with a ROOT file: the file, the object, the place, what was found, what would have worked.
public struct ROOTFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    case cannotRead(String)
    case notROOT(found: String)
    case truncated(expectedBytes: Int, foundBytes: Int)
    /// A part of the file that contradicts another or cannot be decoded.
    case damaged(String)
    case unknownCodec(String)
    case noObject(name: String, nearest: String?, available: [String])
    case noBranch(name: String, nearest: String?, available: [String])
    case wrongClass(found: String, expected: String)
    /// A class, or a branch of one, that this reader does not know how to decode.
    case unreadable(className: String, reason: String)
    case entries(requested: Range<Int>, available: Int)
    /// A friend that a tree names: which, and why it cannot go with the tree.
    case friend(String, reason: String)
  }

  public var problem: Problem
  public var path: String
  /// The object, or the tree and branch: `dir/Events: Jet_pt`. Empty for the file itself.
  public var object: String
  /// Where in the file; `nil` where there is no one place, as within decompressed bytes.
  public var byteOffset: Int?

  public init(_ problem: Problem, path: String = "", object: String = "", byteOffset: Int? = nil) {
    self.problem = problem
    self.path = path
    self.object = object
    self.byteOffset = byteOffset
  }

  public var description: String {
    var text = path
    if !object.isEmpty { text += text.isEmpty ? object : ": \(object)" }
    return "\(text): \(problem.text)" + (byteOffset.map { " (at byte \($0))" } ?? "")
  }

  /// The error with the file and object filled in where they are not yet known.
  func locating(path: String, object: String) -> ROOTFileError {
    var result = self
    if result.path.isEmpty { result.path = path }
    if result.object.isEmpty { result.object = object }
    return result
  }
}

extension ROOTFileError.Problem {
  var text: String {
    switch self {
    case .cannotRead(let reason): "cannot be read: \(reason)"
    case .notROOT(let found): "is no ROOT file: it begins with \(found) instead of 'root'"
    case .truncated(let expected, let found):
      "is truncated: \(expected) bytes expected, \(found) found; copy or make it again"
    case .damaged(let reason): "is damaged: \(reason); copy or make the file again"
    case .unknownCodec(let mark):
      "is compressed with '\(mark)', which is not known; known are ZL and CS (zlib), XZ (lzma), L4 (lz4), ZS (zstd)"
    case .noObject(let name, let nearest, let available):
      "no object '\(name)'\(nearest.map { "; nearest: '\($0)'" } ?? ""). The file has \(listed(available))"
    case .noBranch(let name, let nearest, let available):
      "no branch '\(name)'\(nearest.map { "; nearest: '\($0)'" } ?? ""). There are \(listed(available))"
    case .wrongClass(let found, let expected): "is a \(found), expected \(expected)"
    case .unreadable(let className, let reason): "\(className) cannot be read: \(reason)"
    case .friend(let friend, let reason): "its friend \(friend) cannot be read with it: \(reason)"
    case .entries(let requested, let available): "entries \(requested) were asked for, there are \(available)"
    }
  }
}

/// The first names of a list that may have thousands.
private func listed(_ names: [String]) -> String {
  if names.isEmpty { return "none" }
  let shown = names.prefix(40).joined(separator: ", ")
  return names.count > 40 ? "\(shown) and \(names.count - 40) more" : shown
}

/// Runs `body`; an error that does not yet name its file and object gets these.
func locating<Result>(path: String, object: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as ROOTFileError {
    throw error.locating(path: path, object: object)
  }
}
