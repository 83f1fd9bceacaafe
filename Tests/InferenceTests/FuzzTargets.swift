import Foundation
import Histograms
import Inference
import Records
import StatisticalModels
import TestSupport

/// A reader under inputs that are nearly valid: it gives a value or one of its own errors, and never ends the process.
enum FuzzTarget: String, CaseIterable, Sendable {
  case workspaces, patches, datacards, xml

  /// Whether an error is one that readers promise.
  private static func isExpected(_ error: any Error) -> Bool {
    error is JSONSyntaxError || error is WorkspaceError || error is ModelFileError
      || error is InferenceError || error is FuzzHistograms.Refusal
  }

  var corpus: [URL] {
    switch self {
    case .workspaces:
      [
        "pyhf/workspace_all_modifiers.json", "pyhf/workspace_tiny_limit.json", "workspace-operations/right.json",
        "workspace-operations/integers.json",
      ].map { referenceURL($0) }
    case .patches: []
    case .datacards: ["counting", "channels", "shapes"].map { referenceURL("datacards/\($0).txt") }
    case .xml: ["combination", "signal", "control"].map { referenceURL("histfactory-xml/config/\($0).xml") }
    }
  }

  private static let patchSet = """
    {"version": "1.0.0", "metadata": {"labels": ["mass"], "description": "d", "digests": {"sha256": "00"}, "references": {}},
     "patches": [{"metadata": {"name": "a", "values": [8]}, "patch": [
       {"op": "add", "path": "/channels/0/samples/-", "value": {"name": "x", "data": [1, 2, 3], "modifiers": []}},
       {"op": "replace", "path": "/channels/0/samples/0/data/1", "value": 7}, {"op": "remove", "path": "/channels/1"},
       {"op": "move", "from": "/channels/0/name", "path": "/measurements/0/name"},
       {"op": "copy", "from": "/observations/0", "path": "/observations/-"},
       {"op": "test", "path": "/version", "value": "1.0.0"}]}]}
    """

  func files() throws -> [[UInt8]] {
    switch self {
    case .patches: [Array(Self.patchSet.utf8)]
    default: try corpus.map { Array(try Data(contentsOf: $0)) }
    }
  }

  /// Runs one input.
  func run(_ bytes: [UInt8], _ random: inout RandomStream, in folder: URL) -> FuzzOutcome {
    FuzzOutcome.of(isExpected: Self.isExpected) {
      switch self {
      case .workspaces: return try workspace(bytes, &random)
      case .patches: return try patch(bytes)
      case .datacards:
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let made = try Datacard(text, file: "card").converted(from: FuzzHistograms(), mass: "125")
        return try check(made.workspace, &random)
      case .xml:
        // The files that are not changed stand beside the one that is.
        let name = ["combination", "signal", "control"][random.integer(below: 3)]
        let config = folder.appendingPathComponent("config")
        try Data(bytes).write(to: config.appendingPathComponent("\(name).xml"))
        defer { try? original(name).write(to: config.appendingPathComponent("\(name).xml")) }
        var reader = HistFactoryReader(folder: folder, histograms: FuzzHistograms())
        let made = try reader.read(config.appendingPathComponent("combination.xml"))
        return try check(made.workspace, &random)
      }
    }
  }

  private func original(_ name: String) throws -> Data { try Self.configurations.get()[name] ?? Data() }

  private static let configurations = Result {
    try Dictionary(
      uniqueKeysWithValues: ["combination", "signal", "control"].map { name in
        (name, try Data(contentsOf: referenceURL("histfactory-xml/config/\(name).xml")))
      })
  }

  private func workspace(_ bytes: [UInt8], _ random: inout RandomStream) throws -> String? {
    let value = try JSONValue.parse(Data(bytes), file: "w")
    if try JSONValue.parse(value.text(), file: "again") != value { return "written JSON is read as another" }
    let document = try WorkspaceDocument(value, file: "w")
    let workspace = document.workspace
    let channels = workspace.channels.map(\.name)
    let samples = workspace.channels.flatMap(\.samples).map(\.name)
    // What the operations make was checked as a file is: errors are the only other way.
    switch random.integer(below: 6) {
    case 0: _ = try document.pruned(channels: [channels[0]])
    case 1: _ = try document.pruned(samples: [samples[0]], modifierTypes: ["normsys"])
    case 2: _ = try document.renamed(channels: [channels[0]: "new"], samples: [samples[0]: channels[0]])
    case 3: _ = try document.combined(with: document.sorted(), join: .outer, mergingChannels: true)
    default: break
    }
    return try check(workspace, &random)
  }

  private func patch(_ bytes: [UInt8]) throws -> String? {
    let value = try JSONValue.parse(Data(bytes), file: "p")
    let set = try PatchSet(value, file: "p")
    let base = try Self.base.get()
    for patch in set.patches { _ = try Workspace(patch.patch.applied(to: base)) }
    return nil
  }

  private static let base = Result {
    try JSONValue.parse(Data(contentsOf: referenceURL("pyhf/workspace_all_modifiers.json")), file: "all")
  }

  /// Laws of any workspace that was read: it is written without loss, its models have finite numbers, limits are ordered.
  private func check(_ workspace: Workspace, _ random: inout RandomStream) throws -> String? {
    var again = try Workspace(workspace.document, file: workspace.file)
    again.codes = workspace.codes
    if again != workspace { return "what is written is read as another workspace" }
    _ = WorkspaceSummary(of: workspace).text
    for measurement in workspace.measurements {
      let model = try Model(workspace, measurement: measurement.name)
      let x = model.parameters.map { min(max($0.initial, $0.lower), $0.upper) }
      if Likelihood(model).value(at: x).isNaN { return "−2 ln L is not a number at the start" }
      guard model.poi != nil, model.parameters.count < 30, random.integer(below: 16) == 0 else { continue }
      let limit = try model.upperLimit()
      if !([limit.observed] + limit.expected).allSatisfy(\.isFinite) { return "a limit is \(limit)" }
      if !zip(limit.expected, limit.expected.dropFirst()).allSatisfy(<=) { return "a band is out of order: \(limit)" }
    }
    return nil
  }
}

/// Histograms of the reference files, and for any other file a refusal.
struct FuzzHistograms: HistogramSource {
  struct Refusal: Error {}
  private static let known = Result {
    try (JSONHistograms("datacards/shapes.json"), JSONHistograms("histfactory-xml/histograms.json"))
  }

  private func source(_ file: String) throws -> JSONHistograms {
    let (cards, xml) = try Self.known.get()
    if cards.files[file] != nil { return cards }
    if xml.files[file] != nil { return xml }
    throw Refusal()
  }

  func histogram(_ name: String, in file: String) throws -> Histogram1D? { try source(file).histogram(name, in: file) }
  func histogramNames(in file: String) throws -> [String] { try source(file).histogramNames(in: file) }
}
