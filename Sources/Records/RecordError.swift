/// What can go wrong with records, digests and rooms.
public enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case cancelled
  /// A room that could not be loaded: what was tried, why it failed, and what brings it.
  case roomUnavailable(room: String, tried: [String], reason: String, remedy: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .cancelled:
      "cancelled"
    case .roomUnavailable(let room, let tried, let reason, let remedy):
      "\(room) cannot be loaded: \(reason); looked at \(tried.joined(separator: ", ")); \(remedy)"
    }
  }
}
