import ByteIO
import Foundation
public import Records

/// Toys on disk, with the arguments that they were thrown for.
public struct ToyState: Hashable, Codable, Sendable {
  /// Raised whenever toys of equal arguments come out different.
  public static let schemaVersion = 1

  /// All that toys depend on.
  public struct Arguments: Hashable, Codable, Sendable {
    public var workspaceDigest: Digest
    public var measurement: String
    public var mu: Double
    public var statistic: TestStatistic
    public var seed: UInt64

    public init(workspaceDigest: Digest, measurement: String, mu: Double, statistic: TestStatistic, seed: UInt64) {
      self.workspaceDigest = workspaceDigest
      self.measurement = measurement
      self.mu = mu
      self.statistic = statistic
      self.seed = seed
    }
  }

  public var schema = ToyState.schemaVersion
  public var arguments: Arguments
  public var progress = ToyCalculator.Progress()

  public init(arguments: Arguments) { self.arguments = arguments }

  /// Reads toys to go on from.
  /// - Throws: ``ToyStateError`` where the file is none or belongs to other arguments; ``FileError``.
  public init(readingFrom url: URL, for arguments: Arguments) throws {
    struct Version: Codable { var schema: Int }
    let data = try Data(readingFrom: url)
    let decoder = JSONDecoder()
    guard let version = try? decoder.decode(Version.self, from: data) else {
      throw ToyStateError(path: url.path, message: "is no state of toys")
    }
    guard version.schema == ToyState.schemaVersion else {
      throw ToyStateError(
        path: url.path,
        message: "has the schema version \(version.schema); this program goes on from \(ToyState.schemaVersion)")
    }
    guard let state = try? decoder.decode(ToyState.self, from: data),
      (state.progress.tested.values + state.progress.alternative.values).allSatisfy({ $0 >= 0 })
    else { throw ToyStateError(path: url.path, message: "is a damaged state of toys") }
    if let difference = state.arguments.difference(from: arguments) {
      throw ToyStateError(path: url.path, message: "holds toys \(difference)")
    }
    self = state
  }

  /// - Throws: ``FileError``.
  public func write(to url: URL) throws { try AtomicFile.write(JSONEncoder.canonical.encode(self), to: url) }
}

extension ToyState.Arguments {
  /// What of these arguments is not that of the others, in words.
  func difference(from other: Self) -> String? {
    if workspaceDigest != other.workspaceDigest {
      return "of another workspace or patch (digest \(workspaceDigest.short)…, not \(other.workspaceDigest.short)…)"
    }
    if measurement != other.measurement { return "of the measurement '\(measurement)', not '\(other.measurement)'" }
    if statistic != other.statistic {
      return "of the statistic \(statistic.rawValue), not \(other.statistic.rawValue)"
    }
    if mu != other.mu { return "of the hypothesis \(mu), not \(other.mu)" }
    if seed != other.seed { return "of the seed \(seed), not \(other.seed)" }
    return nil
  }
}

/// A file of toys that a test cannot go on from.
public struct ToyStateError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var message: String

  public var description: String { "\(path): \(message); name another file, or remove this one" }
}
