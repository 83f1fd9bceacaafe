import Foundation

/// What this machine has of what the program can use: the answer of `searchlight doctor`.
public struct Installation: Hashable, Codable, Sendable {
  /// What a part is needed for.
  public enum Purpose: String, CaseIterable, Codable, Sendable {
    /// Every command.
    case everything
    /// Building the program and its rooms; a built program runs without.
    case building
    /// Training and scoring networks: `train`, `run`.
    case training
    /// Generating events: `generate`.
    case generating
  }

  /// One library or tool.
  public struct Component: Hashable, Codable, Sendable {
    public enum State: String, Codable, Sendable { case present, missing, broken }

    public var name: String
    public var purpose: Purpose
    public var state: State
    /// Its version; empty where it is not there or does not tell.
    public var version: String
    /// The file it was loaded from or would be; empty where it is not there.
    public var location: String
    /// What to do where it is missing or broken; empty where it is present.
    public var remedy: String

    init(
      _ name: String, _ purpose: Purpose, _ state: State, version: String = "", location: String = "",
      remedy: String = ""
    ) {
      self.name = name
      self.purpose = purpose
      self.state = state
      self.version = version
      self.location = location
      self.remedy = remedy
    }
  }

  /// The processor, memory and accelerators.
  public struct Machine: Hashable, Codable, Sendable {
    public var system: String
    public var processor: String
    /// The class that equal bytes are promised for: `x86-64 avx512f`.
    public var cpuClass: String
    /// The instruction sets that numerical libraries choose code by, of those known here.
    public var instructionSets: [String]
    public var cores: Int
    public var memoryBytes: UInt64
    /// Names of the NVIDIA devices that the driver lists; empty without one.
    public var accelerators: [String]
  }

  /// The cache of downloaded and built libraries.
  public struct Cache: Hashable, Codable, Sendable {
    public var folder: String
    /// The sizes of its files together; 0 where there is no cache.
    public var bytes: UInt64
    public var freeBytes: UInt64
  }

  public var program: String
  public var components: [Component]
  public var machine: Machine
  public var cache: Cache

  /// Whether `limit`, `inspect` and `report` can work.
  public var isUsable: Bool {
    components.allSatisfy { $0.purpose != .everything || $0.state == .present }
  }
}

extension Installation {
  /// The same as text, a line a part.
  public var description: String {
    var lines = ["searchlight \(program)", ""]
    let width = components.map(\.name.count).max() ?? 0
    for purpose in Purpose.allCases {
      lines.append("\(purpose.title):")
      for component in components where component.purpose == purpose {
        let name = component.name.padding(toLength: width, withPad: " ", startingAt: 0)
        let facts = [component.version, component.location].filter { !$0.isEmpty }.joined(separator: "  ")
        lines.append(
          "  \(component.state.mark) \(name)  \(component.state == .present ? facts : component.state.rawValue)")
        if !component.remedy.isEmpty { lines.append("      \(component.remedy)") }
      }
    }
    let accelerators = machine.accelerators.isEmpty ? "none" : machine.accelerators.joined(separator: ", ")
    lines += [
      "machine:",
      "  system        \(machine.system)",
      "  processor     \(machine.processor), \(machine.cores) cores",
      "  class         \(machine.cpuClass) (\(machine.instructionSets.joined(separator: " ")))",
      "  memory        \(gigabytes(machine.memoryBytes))",
      "  accelerators  \(accelerators)",
      "cache:",
      "  \(cache.folder)  \(gigabytes(cache.bytes)), \(gigabytes(cache.freeBytes)) free on its disk",
    ]
    return lines.joined(separator: "\n")
  }

  private func gigabytes(_ bytes: UInt64) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
}

extension Installation.Purpose {
  fileprivate var title: String {
    switch self {
    case .everything: "for every command"
    case .building: "for building"
    case .training: "for train and run"
    case .generating: "for generate"
    }
  }
}

extension Installation.Component.State {
  fileprivate var mark: String { self == .present ? "ok" : "--" }
}
