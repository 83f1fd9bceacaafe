import Foundation

/// What a result rests on: enough to make it again. It holds no times, so that equal work gives equal bytes.
public struct RunRecord: Hashable, Codable, Sendable {
  public static let schemaVersion = 1

  public var schema = RunRecord.schemaVersion
  public var program = "searchlight"
  public var version = searchlightVersion
  /// What was run, as a user would type it.
  public var command: String
  public var seed: UInt64
  /// Digests of all inputs by name.
  public var inputs: [String: Digest]
  /// Versions of the libraries that were used, by name.
  public var libraries: [String: String]
  /// The CPU class that the bytes are promised for, for instance `x86-64 avx512f`.
  public var cpuClass: String

  public init(
    command: String, seed: UInt64, inputs: [String: Digest] = [:], libraries: [String: String] = [:],
    cpuClass: String = currentCPUClass()
  ) {
    self.command = command
    self.seed = seed
    self.inputs = inputs
    self.libraries = libraries
    self.cpuClass = cpuClass
  }
}

/// The class of this machine's processor as far as numerical libraries choose code paths by it.
public func currentCPUClass() -> String {
  #if arch(x86_64)
    let architecture = "x86-64"
  #elseif arch(arm64)
    let architecture = "arm64"
  #else
    let architecture = "other"
  #endif
  let features = currentCPUFeatures()
  for level in ["avx512f", "avx2", "avx"] where features.contains(level) { return "\(architecture) \(level)" }
  return architecture
}

/// The processor's features by Linux's names, `avx512f`; empty where the system does not tell them.
public func currentCPUFeatures() -> Set<String> {
  let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let flags = info.split(separator: "\n").first { $0.hasPrefix("flags") }
  return Set(flags.map { $0.split(separator: " ").map(String.init) } ?? [])
}

extension JSONEncoder {
  /// The encoder of all records, cards and tables: sorted keys and indentation, so that equal values give equal bytes.
  public static var canonical: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return encoder
  }
}
