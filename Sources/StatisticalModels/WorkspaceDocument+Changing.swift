import Records

extension WorkspaceDocument {
  /// The workspace without what is named: pyhf's `Workspace.prune`. Observations go with their channel, and settings
  /// in measurements with the modifier of their name, not with those of a type.
  /// - Throws: ``WorkspaceError`` for a name that the workspace does not have, and where what is left is no workspace.
  public func pruned(
    channels: [String] = [], samples: [String] = [], modifiers: [String] = [], modifierTypes: [String] = [],
    measurements: [String] = []
  ) throws -> WorkspaceDocument {
    try check(channels: channels, samples: samples, modifiers: modifiers, measurements: measurements)
    try require(modifierTypes, among: Set(allModifiers.map(\.kind.type)), "modifiers", "is a")
    let unwanted = Set(modifiers), unwantedTypes = Set(modifierTypes)
    return try changing(
      channels: { Set(channels).contains($0) ? nil : $0 }, samples: { Set(samples).contains($0) ? nil : $0 },
      modifiers: { unwanted.contains($0) ? nil : $0 }, measurements: { Set(measurements).contains($0) ? nil : $0 },
      keepsType: { !unwantedTypes.contains($0) })
  }

  /// The workspace with other names, new by old: pyhf's `Workspace.rename`. Observations are renamed with their channel,
  /// settings and the parameter of interest in measurements with the modifier.
  /// - Throws: ``WorkspaceError`` for a name that the workspace does not have, and where names that must differ would not.
  public func renamed(
    channels: [String: String] = [:], samples: [String: String] = [:], modifiers: [String: String] = [:],
    measurements: [String: String] = [:]
  ) throws -> WorkspaceDocument {
    try check(
      channels: channels.keys.sorted(), samples: samples.keys.sorted(), modifiers: modifiers.keys.sorted(),
      measurements: measurements.keys.sorted())
    return try changing(
      channels: { channels[$0] ?? $0 }, samples: { samples[$0] ?? $0 }, modifiers: { modifiers[$0] ?? $0 },
      measurements: { measurements[$0] ?? $0 }, keepsType: { _ in true })
  }

  /// The workspace with all lists in the order of their names (modifiers: name, then type), compared by Unicode scalars:
  /// pyhf's `Workspace.sorted`.
  public func sorted() throws -> WorkspaceDocument {
    let channels = json.changing("channels") { channels in
      inOrder(channels).map { channel in
        channel.changing("samples") { samples in
          inOrder(samples).map { sample in sample.changing("modifiers") { inOrder($0, then: "type") } }
        }
      }
    }
    let measurements = channels.changing("measurements") { measurements in
      inOrder(measurements).map { measurement in
        measurement.replacing("config", with: measurement["config"]?.changing("parameters") { inOrder($0) } ?? .null)
      }
    }
    return try WorkspaceDocument(measurements.changing("observations") { inOrder($0) }, file: file)
  }

  private func inOrder(_ items: [JSONValue], then second: String? = nil) -> [JSONValue] {
    func key(_ item: JSONValue) -> [Unicode.Scalar] { Array(item.name.unicodeScalars) }
    return items.sorted { left, right in
      let keys = (key(left), key(right))
      guard keys.0 == keys.1, let second else { return keys.0.lexicographicallyPrecedes(keys.1) }
      return left.text(of: second) < right.text(of: second)
    }
  }

  private var allModifiers: [Workspace.Modifier] {
    workspace.channels.flatMap(\.samples).flatMap(\.modifiers)
  }

  private func check(channels: [String], samples: [String], modifiers: [String], measurements: [String]) throws {
    try require(channels, among: Set(workspace.channels.map(\.name)), "channels")
    try require(samples, among: Set(workspace.channels.flatMap(\.samples).map(\.name)), "samples")
    try require(modifiers, among: Set(allModifiers.map(\.name)), "modifiers")
    try require(measurements, among: Set(workspace.measurements.map(\.name)), "measurements")
  }

  private func require(_ names: [String], among known: Set<String>, _ path: String, _ verb: String = "is named") throws
  {
    for name in names where !known.contains(name) {
      let sorted = known.sorted()
      let near = nearestName(to: name, in: sorted).map { "; nearest: '\($0)'" } ?? ""
      let list = sorted.prefix(12).joined(separator: ", ") + (sorted.count > 12 ? ", … (\(sorted.count))" : "")
      throw WorkspaceError(
        file: file, path: path,
        message: "none \(verb) '\(name)'\(near); there \(known.count == 1 ? "is" : "are") \(list)")
    }
  }

  /// Each name becomes what its function says, or goes with all that it names where that says `nil`.
  private func changing(
    channels: (String) -> String?, samples: (String) -> String?, modifiers: (String) -> String?,
    measurements: (String) -> String?, keepsType: (String) -> Bool
  ) throws -> WorkspaceDocument {
    func renaming(_ items: [JSONValue], _ name: (String) -> String?, _ inner: (JSONValue) -> JSONValue = { $0 })
      -> [JSONValue]
    {
      items.compactMap { item in name(item.name).map { inner(item.replacing("name", with: .string($0))) } }
    }
    func sample(_ sample: JSONValue) -> JSONValue {
      sample.changing("modifiers") { renaming($0.filter { keepsType($0.text(of: "type")) }, modifiers) }
    }
    func measurement(_ measurement: JSONValue) -> JSONValue {
      guard let config = measurement["config"] else { return measurement }
      let poi = config.text(of: "poi")
      // The parameter of interest stays named where its modifier goes: the signal may come back by a patch.
      return measurement.replacing(
        "config",
        with: config.replacing("poi", with: .string(modifiers(poi) ?? poi)).changing("parameters") {
          renaming($0, modifiers)
        })
    }
    return try WorkspaceDocument(
      json.changing("channels") { items in
        renaming(items, channels) { $0.changing("samples") { renaming($0, samples, sample) } }
      }.changing("measurements") { renaming($0, measurements, measurement) }
        .changing("observations") { renaming($0, channels) },
      file: file)
  }
}
