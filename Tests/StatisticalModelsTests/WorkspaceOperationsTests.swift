import Foundation
import Records
import StatisticalModels
import TestSupport
import Testing

@Suite("Operations on workspaces")
struct WorkspaceOperationsTests {
  private func reference(_ path: String) throws -> WorkspaceDocument {
    try WorkspaceDocument(readingFrom: referenceURL(path))
  }

  private func left() throws -> WorkspaceDocument { try reference("pyhf/workspace_all_modifiers.json") }
  private func right() throws -> WorkspaceDocument { try reference("workspace-operations/right.json") }
  private func integers() throws -> WorkspaceDocument { try reference("workspace-operations/integers.json") }

  private func answers() throws -> JSONValue {
    let url = referenceURL("workspace-operations/answers.json")
    return try JSONValue.parse(Data(contentsOf: url), file: "answers.json")
  }

  // MARK: Another tool's answer

  /// The digest that pyhf gives, or its refusal.
  private func compare(
    _ answer: JSONValue, _ about: String, _ operation: () throws -> WorkspaceDocument
  ) throws {
    if let digest = answer["digest"]?.word {
      #expect(try operation().digest.hex == digest, "\(about)")
    } else {
      try #require(answer["error"]?.word != nil)
      #expect(throws: WorkspaceError.self, "\(about)") { try operation() }
    }
  }

  private func compare(_ document: WorkspaceDocument, with answers: JSONValue) throws {
    #expect(document.digest.hex == answers["digest"]?.word)
    #expect(try document.sorted().digest.hex == answers["sorted"]?.word)
    let prunings = try #require(answers["pruned"]?.list), renamings = try #require(answers["renamed"]?.list)
    #expect(prunings.count >= 3 && renamings.count >= 1)
    for entry in prunings {
      let arguments = try #require(entry["arguments"])
      func names(_ key: String) -> [String] { arguments[key]?.list.compactMap(\.word) ?? [] }
      try compare(try #require(entry["answer"]), "prune \(arguments.text())") {
        try document.pruned(
          channels: names("channels"), samples: names("samples"), modifiers: names("modifiers"),
          modifierTypes: names("modifier_types"), measurements: names("measurements"))
      }
    }
    for entry in renamings {
      let arguments = try #require(entry["arguments"])
      func names(_ key: String) -> [String: String] {
        guard case .object(let members)? = arguments[key] else { return [:] }
        return Dictionary(members.map { ($0.key, $0.value.word ?? "") }, uniquingKeysWith: { $1 })
      }
      try compare(try #require(entry["answer"]), "rename \(arguments.text())") {
        try document.renamed(
          channels: names("channels"), samples: names("samples"), modifiers: names("modifiers"),
          measurements: names("measurements"))
      }
    }
  }

  private func compare(
    _ left: WorkspaceDocument, _ right: WorkspaceDocument, with answers: [JSONValue]
  ) throws {
    #expect(answers.count == 8)
    for entry in answers {
      let join = try #require(WorkspaceDocument.Join(rawValue: entry["join"]?.word ?? ""))
      let merging = entry["mergingChannels"] == .bool(true)
      try compare(try #require(entry["answer"]), "\(left.file), \(right.file): \(join), merging \(merging)") {
        try left.combined(with: right, join: join, mergingChannels: merging)
      }
    }
  }

  @Test("digests, sorted, pruned and renamed workspaces are pyhf's, its refusals too")
  func pyhf() throws {
    let answers = try answers()
    try compare(left(), with: try #require(answers["workspace_all_modifiers"]))
    try compare(integers(), with: try #require(answers["integers"]))
  }

  @Test("combined workspaces are pyhf's for every join, its refusals too")
  func pyhfCombined() throws {
    let answers = try answers()
    try compare(left(), right(), with: answers["combined"]?.list ?? [])
    try compare(left(), right().pruned(channels: ["control_region"]), with: answers["combinedAgreeing"]?.list ?? [])
    try compare(left(), integers(), with: answers["combinedApart"]?.list ?? [])
  }

  /// The summary with the keys that pyhf writes.
  private func pyhfKeys(_ summary: WorkspaceSummary) -> JSONValue {
    guard case .object(let members) = summary.document else { return .null }
    return .object(members.filter { $0.key != "faults" })
  }

  @Test("what is in a workspace is what pyhf inspect says")
  func pyhfInspects() throws {
    let answers = try #require(answers()["inspected"])
    for (name, document) in [("workspace_all_modifiers", try left()), ("integers", try integers())] {
      let summary = WorkspaceSummary(of: document.workspace)
      #expect(pyhfKeys(summary).text(sortedKeys: true) == answers[name]?.text(sortedKeys: true))
      #expect(summary.faults.isEmpty)
    }
  }

  @Test("a published likelihood: all operations as pyhf", .enabled(if: realDataURL != nil))
  func real() throws {
    let folder = try #require(realDataURL).appendingPathComponent("histfactory/3L")
    let background = try JSONValue.parse(
      Data(contentsOf: folder.appendingPathComponent("BkgOnly.json")), file: "BkgOnly.json")
    let patches = try PatchSet(readingFrom: folder.appendingPathComponent("patchset.json"))
    let entries = try #require(answers()["3L"]?.list)
    #expect(entries.count == 4)
    for entry in entries {
      let name = try #require(entry["patch"]?.word)
      let document = try WorkspaceDocument(patches.patch(named: name).patch.applied(to: background), file: name)
      try compare(document, with: entry)
      try compare(document, integers(), with: entry["combined"]?.list ?? [])
      let summary = WorkspaceSummary(of: document.workspace)
      #expect(pyhfKeys(summary).digest.hex == entry["inspected"]?.word)
      #expect(summary.faults.isEmpty)
    }
  }

  // MARK: Laws

  @Test("pruning what was combined gives back what it was")
  func combineThenPrune() throws {
    let (mine, theirs) = (try left(), try integers())
    let both = try mine.combined(with: theirs)
    #expect(both.workspace.channels.count == 5)
    #expect(try both.pruned(channels: ["Z", "e\u{301}"], measurements: ["first", "second"]).digest == mine.digest)
    let others = mine.workspace.channels.map(\.name)
    #expect(try both.pruned(channels: others, measurements: ["all"]).digest == theirs.digest)
  }

  @Test("sorting twice is sorting once, whatever the order before")
  func sorting() throws {
    var random = SeedTree(root: 11).child("orders of lists").stream()
    for document in [try left(), try integers()] {
      let sorted = try document.sorted()
      #expect(try sorted.sorted() == sorted)
      #expect(sorted.digest != document.digest)
      for _ in 0..<20 {
        let shuffled = try WorkspaceDocument(document.json.shuffledLists(&random))
        #expect(try shuffled.sorted().digest == sorted.digest)
      }
      // The likelihood is the same.
      #expect(try Model(sorted.workspace).observed == Model(document.workspace).observed)
      #expect(
        try Set(Model(sorted.workspace).parameters.map(\.name))
          == Set(Model(document.workspace).parameters.map(\.name)))
    }
  }

  @Test("the digest does not depend on the order of keys, but on every number and name")
  func digest() throws {
    let document = try left()
    let reversed = try WorkspaceDocument(document.json.reversedKeys)
    #expect(reversed.json != document.json)
    #expect(reversed.digest == document.digest)
    #expect(try WorkspaceDocument(JSONValue.parse(document.encoded, file: "w")).digest == document.digest)
    #expect(try document.renamed(samples: ["rare": "Rare"]).digest != document.digest)
    let text = String(decoding: document.encoded, as: UTF8.self)
    let changed = text.replacingOccurrences(of: "265.0", with: "265.00000000000006")
    #expect(try WorkspaceDocument(JSONValue.parse(changed)).digest != document.digest)
  }

  @Test("a workspace joined with itself is itself; renaming there and back gives back what it was")
  func identities() throws {
    let document = try left()
    for join in WorkspaceDocument.Join.allCases where join != .none {
      #expect(try document.combined(with: document, join: join).digest == document.digest)
      #expect(try document.combined(with: document, join: join, mergingChannels: true).digest == document.digest)
    }
    let there = try document.renamed(
      channels: ["signal_region": "SR"], samples: ["main": "top"], modifiers: ["mu": "µ"], measurements: ["all": "a"])
    #expect(there.workspace.measurements[0].poi == "µ")
    #expect(there.workspace.observations.map(\.name) == ["SR", "control_region", "multijet_region"])
    let back = try there.renamed(
      channels: ["SR": "signal_region"], samples: ["top": "main"], modifiers: ["µ": "mu"], measurements: ["a": "all"])
    #expect(back.digest == document.digest)
    // Left and right outer joins differ by order only where the two are exchanged.
    let (mine, theirs) = (document, try right())
    #expect(
      try mine.combined(with: theirs, join: .leftOuter).digest
        == theirs.combined(with: mine, join: .rightOuter).digest)
  }

  // MARK: Edges and bad input

  private func message(_ operation: () throws -> WorkspaceDocument) -> String {
    do {
      _ = try operation()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("conflicts name what both have and where it differs")
  func conflicts() throws {
    let (mine, theirs) = (try left(), try right())
    #expect(
      message { try mine.combined(with: theirs) }
        == "workspace_all_modifiers.json and right.json: channels: both have 'control_region', 'multijet_region'; the join "
        + "'outer' takes equal channels once, 'left outer' keeps those of workspace_all_modifiers.json, "
        + "'right outer' those of right.json")
    #expect(
      message { try mine.combined(with: theirs, join: .outer) }
        == "workspace_all_modifiers.json and right.json: channels: both have 'control_region', but samples is an array of 2 in "
        + "workspace_all_modifiers.json and an array of 3 in right.json; 'left outer' keeps those of "
        + "workspace_all_modifiers.json, 'right outer' those of right.json")
    func changed(_ old: String, _ new: String) throws -> WorkspaceDocument {
      let text = String(decoding: mine.encoded, as: UTF8.self)
      #expect(text.contains(old))
      return try WorkspaceDocument(JSONValue.parse(text.replacingOccurrences(of: old, with: new)), file: "b.json")
    }
    #expect(
      message { try mine.combined(with: changed("265.0", "266"), join: .outer) }.contains(
        "observations: both have 'control_region', but data[0] is the number 265.0 in workspace_all_modifiers.json "
          + "and the number 266 in b.json"))
    #expect(
      message { try mine.combined(with: changed("\"poi\": \"mu\"", "\"poi\": \"norm_main\""), join: .outer) }.contains(
        "measurements: both have 'all'; its parameter of interest is 'mu' in workspace_all_modifiers.json and 'norm_main' "
          + "in b.json"))
    #expect(
      message { try mine.combined(with: changed("\"fixed\": true,", ""), join: .outer) }.contains(
        "measurements: both have 'all' with settings of 'off', but fixed is true in workspace_all_modifiers.json and "
          + "missing in b.json"))
    // 265 and 265.0 are the same number.
    #expect(try mine.combined(with: changed("265.0", "265"), join: .outer).digest == mine.digest)
    #expect(message { try mine.combined(with: theirs, mergingChannels: true) }.contains("the join 'none' merges none"))
  }

  @Test("merged channels must have the same bins")
  func mergedBins() throws {
    let channel = Workspace.Channel(name: "signal_region", samples: [.init(name: "new", data: [1])])
    let other = try WorkspaceDocument(
      Workspace(
        channels: [channel], observations: [.init(name: "signal_region", data: [1])],
        measurements: [.init(name: "m", poi: "")]))
    #expect(
      message { try left().combined(with: other, join: .leftOuter, mergingChannels: true) }.contains(
        "channels[0].samples[4].data: found 1 bins; the channel's first sample has 3"))
  }

  @Test("unknown names are errors with the nearest name; what is left must be a workspace")
  func badNames() throws {
    let document = try left()
    #expect(
      message { try document.pruned(channels: ["signal_regio"]) }
        == "workspace_all_modifiers.json: channels: none is named 'signal_regio'; nearest: 'signal_region'; there are "
        + "control_region, multijet_region, signal_region")
    #expect(
      message { try document.pruned(modifierTypes: ["histsys"]) }.contains("none is a 'histsys'; nearest: 'histosys'"))
    #expect(
      message { try document.renamed(measurements: ["everything": "x"]) }.hasSuffix(
        "measurements: none is named 'everything'; there is all"))
    #expect(
      message { try document.pruned(channels: document.workspace.channels.map(\.name)) }.contains("channels: is empty"))
    #expect(
      message { try document.renamed(channels: ["signal_region": "control_region"]) }.contains("names must differ"))
    #expect(message { try document.renamed(modifiers: ["lumi": "luminosity"]) }.contains("a lumi is named 'lumi'"))
  }

  // pyhf keeps one type a name where it looks for the type: 'b' is a normsys too.
  @Test("a type is found where its names have another type too")
  func sharedNames() throws {
    let pruned = try integers().pruned(modifierTypes: ["histosys"])
    let modifiers = pruned.workspace.channels.flatMap(\.samples).flatMap(\.modifiers)
    #expect(modifiers.filter { $0.name == "b" }.map(\.kind) == [.normsys(low: 1, high: 1.1)])
    #expect(modifiers.count == (try integers().workspace.channels.flatMap(\.samples).flatMap(\.modifiers).count) - 1)
  }

  @Test("a summary says what cannot be fitted, and why")
  func faults() throws {
    let pruned = try left().pruned(modifiers: ["mu"])
    let summary = WorkspaceSummary(of: pruned.workspace)
    #expect(summary.faults.count == 1 && summary.faults[0].contains("no modifier is named 'mu'"))
    #expect(summary.text.contains("cannot be fitted:"))
    #expect(summary.parameters.first { $0.name == "stat_SR" }?.count == 3)
    #expect(summary.parameters.reduce(0) { $0 + $1.count } == (try Model(left().workspace).parameters.count) - 1)
  }
}

extension JSONValue {
  fileprivate var word: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  fileprivate var list: [JSONValue] {
    guard case .array(let items) = self else { return [] }
    return items
  }

  fileprivate var reversedKeys: JSONValue {
    switch self {
    case .array(let items): .array(items.map(\.reversedKeys))
    case .object(let members): .object(members.reversed().map { JSONMember($0.key, $0.value.reversedKeys) })
    default: self
    }
  }

  /// With all lists of named things in another order.
  fileprivate func shuffledLists(_ random: inout RandomStream) -> JSONValue {
    switch self {
    case .array(var items):
      if items.allSatisfy({ $0["name"] != nil }) { random.shuffle(&items) }
      return .array(items.map { $0.shuffledLists(&random) })
    case .object(let members):
      return .object(members.map { JSONMember($0.key, $0.value.shuffledLists(&random)) })
    default: return self
    }
  }
}
