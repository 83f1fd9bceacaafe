extension WorkspaceDocument {
  /// Which channels, observations and measurements a combination takes where both workspaces have one of a name.
  public enum Join: String, CaseIterable, Sendable {
    /// None may have the same name.
    case none
    /// Equal ones are taken once. Measurements of one name and parameter of interest are merged, and their settings of
    /// one parameter must be equal.
    case outer
    /// The left one's, whatever the right one says.
    case leftOuter = "left outer"
    /// The right one's, whatever the left one says.
    case rightOuter = "right outer"
  }

  /// This workspace and another in one: pyhf's `Workspace.combine`. Modifiers of one name share their parameters.
  /// - Parameters:
  ///   - mergingChannels: channels of one name become one with the samples of both; of samples of one name that of
  ///     the right workspace is taken by a right outer join, and that of the left by others.
  /// - Throws: ``WorkspaceError`` that names what both have and where it differs, or what is wrong with the result.
  public func combined(
    with other: WorkspaceDocument, join: Join = .none, mergingChannels: Bool = false
  ) throws -> WorkspaceDocument {
    let joiner = Joiner(join: join, left: self, right: other)
    guard !mergingChannels || join != .none else {
      throw joiner.fault("channels", "the join 'none' merges none; outer, left outer and right outer can")
    }
    return try WorkspaceDocument(
      .object([
        JSONMember("channels", .array(try joiner.joined("channels", merging: mergingChannels ? "samples" : nil))),
        JSONMember("measurements", .array(try joiner.joinedMeasurements())),
        JSONMember("observations", .array(try joiner.joined("observations"))),
        JSONMember("version", .string("1.0.0")),
      ]), file: joiner.file)
  }
}

/// Joins the lists of two workspaces.
private struct Joiner {
  let join: WorkspaceDocument.Join
  let left: WorkspaceDocument
  let right: WorkspaceDocument

  var file: String { "\(left.file) and \(right.file)" }

  func fault(_ path: String, _ message: String) -> WorkspaceError {
    WorkspaceError(file: file, path: path, message: message)
  }

  /// The lists below a key of both documents as one; conflicts throw. `merging` names a list within items of one name
  /// that is to be joined instead.
  func joined(_ key: String, merging deepKey: String? = nil) throws -> [JSONValue] {
    let pairs = common(left.json.items(key), right.json.items(key))
    if join == .none, !pairs.isEmpty { throw sharedNames(key, pairs.map(\.left.name)) }
    if join == .outer, deepKey == nil { try refuseConflicts(pairs, key) { "'\($0)'" } }
    let isRightFirst = join == .rightOuter
    return union(
      (isRightFirst ? right : left).json.items(key), (isRightFirst ? left : right).json.items(key), merging: deepKey)
  }

  func joinedMeasurements() throws -> [JSONValue] {
    guard join == .outer else { return try joined("measurements") }
    let mine = left.json.items("measurements"), theirs = right.json.items("measurements")
    let pairs = common(mine, theirs)
    let settings = { (measurement: JSONValue) in measurement["config"]?.items("parameters") ?? [] }
    for pair in pairs {
      let name = pair.left.name
      let pois = (pair.left["config"]?.text(of: "poi") ?? "", pair.right["config"]?.text(of: "poi") ?? "")
      guard pois.0 == pois.1 else {
        throw fault(
          "measurements",
          "both have '\(name)'; its parameter of interest is '\(pois.0)' in \(left.file) and '\(pois.1)' in \(right.file)"
        )
      }
      try refuseConflicts(common(settings(pair.left), settings(pair.right)), "measurements") {
        "'\(name)' with settings of '\($0)'"
      }
    }
    let merged = mine.map { measurement -> JSONValue in
      guard let other = theirs.first(where: { $0.name == measurement.name }), let config = measurement["config"] else {
        return measurement
      }
      return measurement.replacing("config", with: config.changing("parameters") { union($0, settings(other)) })
    }
    return union(merged, theirs)
  }

  /// The first list, and what the second has under other names.
  private func union(_ first: [JSONValue], _ second: [JSONValue], merging deepKey: String? = nil) -> [JSONValue] {
    var result = first
    var places: [String: Int] = [:]
    for (index, item) in first.enumerated() { places[item.name] = index }
    for item in second {
      guard let place = places[item.name] else {
        result.append(item)
        continue
      }
      if let deepKey { result[place] = result[place].changing(deepKey) { union($0, item.items(deepKey)) } }
    }
    return result
  }

  /// What both lists have under the same name, in the order of the first.
  private func common(_ first: [JSONValue], _ second: [JSONValue]) -> [(left: JSONValue, right: JSONValue)] {
    first.compactMap { item in second.first { $0.name == item.name }.map { (item, $0) } }
  }

  private func sharedNames(_ key: String, _ names: [String]) -> WorkspaceError {
    fault(
      key,
      "both have \(names.map { "'\($0)'" }.joined(separator: ", ")); the join 'outer' takes equal \(key) once, "
        + "'left outer' keeps those of \(left.file), 'right outer' those of \(right.file)")
  }

  private func refuseConflicts(
    _ pairs: [(left: JSONValue, right: JSONValue)], _ key: String, _ describe: (String) -> String
  ) throws {
    let conflicts = pairs.compactMap { pair in
      pair.left.firstDifference(from: pair.right).map {
        "\(describe(pair.left.name)), but \($0.text(left: left.file, right: right.file))"
      }
    }
    guard let first = conflicts.first else { return }
    let more = conflicts.count > 1 ? " (and \(conflicts.count - 1) more that differ)" : ""
    throw fault(
      key,
      "both have \(first)\(more); 'left outer' keeps those of \(left.file), 'right outer' those of \(right.file)")
  }
}
