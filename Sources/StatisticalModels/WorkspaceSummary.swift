import Records

/// What is in a workspace, as `pyhf inspect` says it.
public struct WorkspaceSummary: Hashable, Sendable {
  /// What constrains a parameter; the raw values are pyhf's words.
  public enum Constraint: String, Sendable {
    case free = "unconstrained"
    case gaussian = "constrained_by_normal"
    case poisson = "constrained_by_poisson"
  }

  /// The parameters of one name.
  public struct Parameter: Hashable, Sendable {
    public var name: String
    public var constraint: Constraint
    /// How many: one, or one for each bin.
    public var count: Int
    /// The types of the modifiers that it belongs to, sorted.
    public var types: [String]
  }

  public struct Channel: Hashable, Sendable {
    public var name: String
    public var bins: Int
  }

  public var file: String
  /// Sorted by name, as samples and parameters are.
  public var channels: [Channel]
  public var samples: [String]
  public var parameters: [Parameter]
  /// In the order of the file; the first is the one that counts where none is chosen.
  public var measurements: [Workspace.Measurement]
  /// Why measurements cannot be fitted; empty where all can.
  public var faults: [String]

  public init(of workspace: Workspace) {
    file = workspace.file
    channels = workspace.channels.map { Channel(name: $0.name, bins: $0.samples.first?.data.count ?? 0) }
      .sorted { $0.name.precedes($1.name) }
    samples = Set(workspace.channels.flatMap(\.samples).map(\.name)).sorted { $0.precedes($1) }
    var found: [String: Parameter] = [:]
    for channel in workspace.channels {
      var statistical: Set<String> = []
      for sample in channel.samples {
        for modifier in sample.modifiers {
          var parameter =
            found[modifier.name] ?? Parameter(name: modifier.name, constraint: .free, count: 0, types: [])
          parameter.add(
            modifier.kind, bins: sample.data.count, isNewInChannel: statistical.insert(modifier.name).inserted)
          found[modifier.name] = parameter
        }
      }
    }
    parameters = found.values.sorted { $0.name.precedes($1.name) }
    measurements = workspace.measurements
    faults = workspace.measurements.compactMap { measurement in
      do {
        _ = try Model(workspace, measurement: measurement.name)
        return nil
      } catch { return "\(error)" }
    }
  }

  /// The keys that `pyhf inspect --output-file` writes, and `faults`.
  public var document: JSONValue {
    let words = { (items: [String]) in JSONValue.array(items.map { .string($0) }) }
    return .object([
      JSONMember("channels", .array(channels.map { .array([.string($0.name), .integer($0.bins)]) })),
      JSONMember("faults", words(faults)),
      JSONMember(
        "measurements",
        .array(measurements.map { .array([.string($0.name), .string($0.poi), words($0.parameters.map(\.name))]) })),
      JSONMember("modifiers", .object(parameters.map { JSONMember($0.name, .string($0.types.last ?? "")) })),
      JSONMember("parameters", .array(parameters.map { words([$0.name, $0.constraint.rawValue]) })),
      JSONMember("samples", words(samples)),
      JSONMember(
        "systematics",
        .array(parameters.map { .array([.string($0.name), .string($0.constraint.rawValue), words($0.types)]) })),
    ])
  }

  /// Tables to read.
  public var text: String {
    let numbers = parameters.reduce(0) { $0 + $1.count }
    let tables = [
      table([["channel", "bins"]] + channels.map { [$0.name, "\($0.bins)"] }),
      table([["sample"]] + samples.map { [$0] }),
      table(
        [["parameter", "numbers", "constraint", "modifiers"]]
          + parameters.map { [$0.name, "\($0.count)", $0.constraint.rawValue, $0.types.joined(separator: ", ")] }),
      table(
        [["measurement", "of interest", "settings of"]]
          + measurements.map {
            [$0.name, $0.poi, $0.parameters.isEmpty ? "none" : $0.parameters.map(\.name).joined(separator: ", ")]
          }),
    ]
    let first =
      "\(file): channels \(channels.count), samples \(samples.count), parameters \(parameters.count) (\(numbers) numbers), "
      + "measurements \(measurements.count)"
    return ([first] + tables + (faults.isEmpty ? [] : ["cannot be fitted:\n" + faults.joined(separator: "\n")]))
      .joined(separator: "\n\n")
  }
}

extension WorkspaceSummary.Parameter {
  /// Counts one more modifier of the name.
  fileprivate mutating func add(_ kind: Workspace.Modifier.Kind, bins: Int, isNewInChannel: Bool) {
    if !types.contains(kind.type) { types = (types + [kind.type]).sorted() }
    switch kind {
    case .normfactor: count = 1
    case .shapefactor: count = bins
    case .normsys, .histosys, .lumi: (constraint, count) = (.gaussian, 1)
    case .staterror:
      constraint = .gaussian
      if isNewInChannel { count += bins }
    case .shapesys: (constraint, count) = (.poisson, bins)
    }
  }
}

extension String {
  /// The order of Unicode scalars, which is that of Python.
  fileprivate func precedes(_ other: String) -> Bool {
    unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
  }
}

/// Columns as wide as their longest entry, the last one as it is.
private func table(_ rows: [[String]]) -> String {
  let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    row.enumerated().map { column, entry in
      column == row.count - 1 ? entry : entry + String(repeating: " ", count: widths[column] - entry.count)
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}
