import Foundation
import Histograms
import Records
import StatisticalModels
import TestSupport
import Testing

@Suite("Workspaces")
struct WorkspaceTests {
  static let small = #"""
    {"channels": [{"name": "SR", "samples": [
       {"name": "signal", "data": [12.0, 11.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": null}]},
       {"name": "background", "data": [50, 52], "modifiers": [
         {"name": "uncorr", "type": "shapesys", "data": [3.0, 7.0]},
         {"name": "norm", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}]}]}],
     "observations": [{"name": "SR", "data": [51.0, 48.0]}],
     "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": [{"name": "mu", "bounds": [[0, 10]]}]}}],
     "version": "1.0.0"}
    """#

  /// The small workspace with one piece of text replaced.
  private func error(_ old: String, _ new: String) throws -> String {
    let text = Self.small.replacingOccurrences(of: old, with: new)
    #expect(text != Self.small)
    do {
      let workspace = try Workspace(JSONValue.parse(text), file: "w.json")
      _ = try Model(workspace)
      return "no error"
    } catch let error as WorkspaceError {
      return error.description
    }
  }

  @Test("reading, writing and reading again gives the same workspace")
  func roundTrip() throws {
    let workspace = try Workspace(JSONValue.parse(Self.small))
    #expect(try Workspace(JSONValue.parse(String(decoding: workspace.encoded, as: UTF8.self))) == workspace)
    #expect(workspace.document.isEquivalent(to: try JSONValue.parse(Self.small)))
  }

  @Test(
    "faults name the path, what was found and what is allowed",
    arguments: [
      (
        "[12.0, 11.0]", "[12.0, -1]",
        "w.json: channels[0].samples[0].data[1]: found -1.0; must be finite and not negative"
      ),
      ("[12.0, 11.0]", "[12.0]", "w.json: channels[0].samples[1].data: found 2 bins; the channel's first sample has 1"),
      ("[12.0, 11.0]", "[]", "w.json: channels[0].samples[0].data: is empty; at least one entry is needed"),
      (
        "[12.0, 11.0]", "[12.0, \"x\"]",
        "w.json: channels[0].samples[0].data[1]: found the string \"x\"; expected a number"
      ),
      ("[51.0, 48.0]", "[51.0]", "w.json: observations[0].data: found 1 bins; the channel 'SR' has 2"),
      (
        "\"normsys\"", "\"normsis\"",
        "w.json: channels[0].samples[1].modifiers[1].type: unknown modifier type 'normsis'; nearest: 'normsys'; known: "
          + "histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror"
      ),
      (
        "\"lo\": 0.9", "\"lo\": 0",
        "w.json: channels[0].samples[1].modifiers[1].data.lo: found 0.0; a factor must be positive"
      ),
      (
        "\"background\"", "\"signal\"",
        "w.json: channels[0].samples[1].name: 'signal' is also the name of channels[0].samples[0]; names must differ"
      ),
      (
        "\"samples\"", "\"sample\"",
        "w.json: channels[0]: unknown key 'sample'; nearest: 'samples'; allowed: name, samples"
      ),
      (
        "\"version\": \"1.0.0\"", "\"version\": \"2\"", "w.json: version: found version \"2\"; this program reads 1.0.0"
      ),
      (
        "[[0, 10]]", "[[10, 0]]",
        "w.json: measurements[0].config.parameters[0].bounds[0]: found [10.0, 0.0]; bounds are [lower, upper] with lower ≤ upper"
      ),
      (
        "\"poi\": \"mu\"", "\"poi\": \"mv\"",
        "w.json: measurements: measurement 'm': no modifier is named 'mv', its parameter of interest; nearest: 'mu'"
      ),
      (
        "\"name\": \"norm\"", "\"name\": \"mu\"",
        "w.json: channels[0].samples[1].modifiers[1]: 'mu' is a normsys or histosys here and a normfactor elsewhere; "
          + "modifiers share a name only within a kind"
      ),
      (
        "\"data\": null", "\"data\": 1",
        "w.json: channels[0].samples[0].modifiers[0].data: found the number 1; a normfactor has null"
      ),
      (
        "\"observations\": [{\"name\": \"SR\"", "\"observations\": [{\"name\": \"CR\"",
        "w.json: observations[0].name: there is no channel 'CR'; there are SR"
      ),
      (
        "\"bounds\": [[0, 10]]", "\"bounds\": [[0, 10]], \"inits\": [11]",
        "w.json: measurement 'm', parameter 'mu', inits: found 11.0, outside its bounds [0.0, 10.0]"
      ),
      (
        "\"bounds\": [[0, 10]]", "\"inits\": [1, 2]",
        "w.json: measurement 'm', parameter 'mu', inits: found 2 values; 'mu' has 1 parameter"
      ),
    ])
  func faults(_ old: String, _ new: String, _ message: String) throws {
    #expect(try error(old, new) == message)
  }

  @Test("a lumi without its measurement is an error that shows what is needed")
  func lumi() throws {
    let message = try error("{\"name\": \"mu\", \"type\": \"normfactor\"", "{\"name\": \"lumi\", \"type\": \"lumi\"")
    #expect(message.contains("does not describe it") && message.contains("\"auxdata\": [1.0]"))
  }

  @Test("real likelihoods are read and written without loss", .enabled(if: realDataURL != nil))
  func real() throws {
    let folder = try #require(realDataURL).appendingPathComponent("histfactory/3L")
    let document = try JSONValue.parse(
      Data(contentsOf: folder.appendingPathComponent("BkgOnly.json")), file: "BkgOnly.json")
    let set = try PatchSet(readingFrom: folder.appendingPathComponent("patchset.json"))
    try set.verify(document, file: "BkgOnly.json")
    #expect(set.patches.count == 64)
    for patch in set.patches {
      let patched = try patch.patch.applied(to: document)
      #expect(try Workspace(patched).document.isEquivalent(to: patched))
    }
    guard case .object(var members) = document else { return }
    members.removeLast()
    #expect(throws: WorkspaceError.self) { try set.verify(.object(members), file: "other.json") }
  }

  @Test("zero-bin rules: γ without yield or uncertainty are fixed at 1")
  func zeroBins() throws {
    let workspace = Workspace(
      channels: [
        .init(
          name: "SR",
          samples: [
            .init(name: "s", data: [1, 1, 1], modifiers: [.init(name: "mu", kind: .normfactor)]),
            .init(
              name: "a", data: [10, 0, 5],
              modifiers: [
                .init(name: "poisson", kind: .shapesys([2, 1, 0])), .init(name: "gauss", kind: .staterror([3, 0, 0])),
              ]),
            .init(name: "b", data: [30, 0, 5], modifiers: [.init(name: "gauss", kind: .staterror([4, 1, 0]))]),
          ])
      ], observations: [.init(name: "SR", data: [40, 0, 10])], measurements: [.init(name: "m", poi: "mu")])
    let model = try Model(workspace)
    func parameter(_ name: String) throws -> Model.Parameter {
      model.parameters[try #require(model.index(of: name))]
    }
    #expect(try parameter("poisson[0]").constraint == .poisson(auxiliary: 25, factor: 25))
    #expect(try [0, 1, 2].map { try parameter("poisson[\($0)]").isFixed } == [false, true, true])
    // √(3² + 4²)/(10 + 30).
    #expect(try parameter("gauss[0]").constraint == .gaussian(auxiliary: 1, sigma: 5.0 / 40))
    #expect(try [0, 1, 2].map { try parameter("gauss[\($0)]").isFixed } == [false, true, true])
  }

  @Test("histograms become a workspace")
  func builder() throws {
    let axis = try Axis(edges: [0, 1, 3])
    let signal = Histogram1D(axis: axis, sumW: [1, 2], sumW2: [0.01, 0.04], counts: [100, 100])
    let background = Histogram1D(axis: axis, sumW: [10, -0.5], sumW2: [1, 0.25], counts: [100, 3])
    var builder = WorkspaceBuilder(name: "built")
    builder.luminosityUncertainty = 0.02
    try builder.addChannel(
      "SR", signal: .init(name: "s", histogram: signal),
      backgrounds: [.init(name: "b", histogram: background, normalisation: ["xs": 0.25])])
    let workspace = try builder.build()
    #expect(workspace.observations[0].data == [10, 0])
    #expect(workspace.channels[0].samples[1].modifiers.map(\.name) == ["lumi", "xs", "staterror_SR"])
    #expect(workspace.channels[0].samples[1].modifiers[1].kind == .normsys(low: 0.8, high: 1.25))
    #expect(workspace.channels[0].samples[0].modifiers.last?.kind == .staterror([0.1, 0.2]))
    let broken = Histogram1D(axis: axis, sumW: [1, .nan], sumW2: [1, 1], counts: [1, 1])
    #expect(throws: WorkspaceError.self) {
      try builder.addChannel("N", signal: .init(name: "s", histogram: broken), backgrounds: [])
    }
    let other = Histogram1D(axis: try Axis(edges: [0, 2, 3]), sumW: [1, 1], sumW2: [1, 1], counts: [1, 1])
    #expect(throws: WorkspaceError.self) {
      try builder.addChannel(
        "B", signal: .init(name: "s", histogram: signal), backgrounds: [.init(name: "o", histogram: other)])
    }
  }

  // A seeded walk over damaged documents: each is read or refused, none ends the program.
  @Test("damaged documents are refused or read, never a crash")
  func damaged() throws {
    var random = SeedTree(root: 3).child("damaged workspaces").stream()
    let original = Array(Self.small.utf8)
    let pieces = [
      "-1", "1e308", "null", "[]", "{}", "\"mu\"", "0", "1e-320", "[[", "\"lumi\"", "\"staterror\"", ",", "\\u", "}",
    ]
    var read = 0
    for _ in 0..<4000 {
      var bytes = original
      for _ in 0...random.integer(below: 3) {
        let start = random.integer(below: bytes.count)
        let length = min(random.integer(below: 6), bytes.count - start)
        bytes.replaceSubrange(start..<(start + length), with: Array(pieces[random.integer(below: pieces.count)].utf8))
      }
      do {
        let workspace = try Workspace(JSONValue.parse(Data(bytes), file: "damaged.json"))
        _ = try Model(workspace)
        _ = workspace.encoded
        read += 1
      } catch is JSONSyntaxError {} catch is WorkspaceError {}
    }
    #expect(read > 0)
  }
}
