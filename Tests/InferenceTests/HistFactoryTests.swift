import Foundation
import Histograms
import Inference
import StatisticalModels
import TestSupport
import Testing

/// What pyhf 0.7.6 makes of the same XML (`Tests/Reference/histfactory-xml`).
@Suite("HistFactory XML: pyhf's workspaces")
struct HistFactoryTests {
  private static let folder = referenceURL("histfactory-xml")
  private static let combination = folder.appendingPathComponent("config/combination.xml")

  private func answers() throws -> JSONValue {
    let url = Self.folder.appendingPathComponent("answers.json")
    return try JSONValue.parse(Data(contentsOf: url), file: "answers.json")
  }

  private func numbers(_ value: JSONValue?) throws -> [Double] {
    guard case .array(let items)? = value else { return [] }
    return items.compactMap { item in
      switch item {
      case .number(let number): number
      case .integer(let number): Double(number)
      default: nil
      }
    }
  }

  private func expectCLs(_ workspace: Workspace, _ answer: JSONValue?) throws {
    guard case .object(let measurements)? = answer else { return }
    for (name, value) in measurements.map({ ($0.key, $0.value) }) {
      let calculator = try AsymptoticCalculator(Model(workspace, measurement: name))
      let ours = try calculator.test(1)
      for (a, b) in zip([ours.cls] + ours.expected, try numbers(value)) {
        #expect(abs(a - b) < max(1e-4 * b, 1e-6), "\(name): \(a), pyhf \(b)")
      }
    }
  }

  @Test("every modifier: the same workspace, number by number, and the same CLs")
  func everything() throws {
    let expected = try #require(answers()["all"])
    var theirs = try Workspace(try #require(expected["workspace"]))
    var reader = try HistFactoryReader(
      folder: Self.folder, histograms: JSONHistograms("histfactory-xml/histograms.json"))
    let made = try reader.read(Self.combination)
    theirs.file = made.workspace.file
    #expect(made.workspace == theirs)
    #expect(made.warnings == [])
    try expectCLs(made.workspace, expected["CLs"])
  }

  @Test("histograms of ROOT files are those of JSON, and the folder is found")
  func rootFiles() throws {
    var reader = try HistFactoryReader(
      folder: Self.folder, histograms: JSONHistograms("histfactory-xml/histograms.json"))
    let (document, codes, warnings) = try WorkspaceReader().document(Self.combination)
    #expect(try document == reader.read(Self.combination).workspace.document)
    #expect(warnings == [] && codes == InterpolationCodes())
    let (workspace, _) = try WorkspaceSource(workspace: Self.combination).load()
    #expect(workspace.channels.map(\.name) == ["signal_region", "control_region"])
    let card = WorkspaceSource(workspace: referenceURL("datacards/shapes.txt"))
    #expect(throws: ModelFileError.self, "its mass is 125, not 120") { try card.load() }
    var cards = WorkspaceReader()
    cards.mass = "125"
    let plain = try Datacard(readingFrom: referenceURL("datacards/shapes.txt"))
      .converted(from: JSONHistograms("datacards/shapes.json"), mass: "125")
    #expect(try cards.document(referenceURL("datacards/shapes.txt")).json == plain.workspace.document)
  }

  /// ROOT's own examples.
  @Test(
    "ROOT's examples", .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"),
    arguments: ["example", "examples/example_ShapeSys", "examples/example_DataDriven"])
  func examples(_ name: String) throws {
    let expected = try #require(answers()[name])
    let folder = try #require(realDataURL).appendingPathComponent("histfactory/xmlimport_input")
    let (document, _, warnings) = try WorkspaceReader().document(folder.appendingPathComponent("config/\(name).xml"))
    let workspace = try Workspace(document)
    var sums: [(String, Double)] = workspace.observations.map { ($0.name, $0.data.reduce(0, +)) }
    for channel in workspace.channels {
      for sample in channel.samples {
        sums.append(("\(channel.name)/\(sample.name)", sample.data.reduce(0, +)))
        for modifier in sample.modifiers {
          sums.append(("\(sample.name)/\(modifier.kind.type)/\(modifier.name)", total(modifier.kind)))
        }
      }
    }
    guard case .array(let items)? = expected["sums"] else { return #expect(Bool(false), "no sums") }
    #expect(sums.count == items.count)
    for (ours, theirs) in zip(sums, items) {
      guard case .array(let pair) = theirs, pair.count == 2 else { return #expect(Bool(false), "no pair") }
      #expect(JSONValue.string(ours.0) == pair[0])
      let value = try #require(numbers(.array([pair[1]])).first)
      // pyhf takes square roots of unweighted histograms in their own, single precision.
      #expect(abs(ours.1 - value) <= 1e-7 * abs(value), "\(ours.0): \(ours.1), pyhf \(value)")
    }
    let measurements = try #require(document["measurements"])
    #expect(measurements.isEquivalent(to: try #require(expected["measurements"])))
    #expect(warnings.contains { $0.contains("Poisson") } == (name != "examples/example_DataDriven"))
    try expectCLs(workspace, expected["CLs"])
  }

  private func total(_ kind: Workspace.Modifier.Kind) -> Double {
    switch kind {
    case .normfactor, .shapefactor, .lumi: 0
    case .normsys(let low, let high): low + high
    case .histosys(let low, let high): (low + high).reduce(0, +)
    case .staterror(let errors), .shapesys(let errors): errors.reduce(0, +)
    }
  }
}
