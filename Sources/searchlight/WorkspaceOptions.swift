import ArgumentParser
import Foundation
import Inference
import StatisticalModels

/// Which workspace, with which patch, for which measurement.
struct WorkspaceOptions: ParsableArguments {
  @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file(extensions: ["json"]))
  var workspace: String

  @Option(
    help: ArgumentHelp(
      "What to apply first: a JSON Patch, a patch set, or a patch's name in patchset.json beside the workspace.",
      valueName: "file|name"))
  var patch: String?

  @Option(help: "Which patch of the set that --patch names.")
  var patchName: String?

  @Option(help: "The measurement (default: the first).")
  var measurement: String?

  func validate() throws {
    guard patchName == nil || patch != nil else { throw ValidationError("--patch-name needs --patch SET") }
  }

  func source() throws -> WorkspaceSource {
    try WorkspaceSource(
      workspace: URL(fileURLWithPath: workspace), patchOrName: patch, patchName: patchName, measurement: measurement)
  }
}

/// How a result is printed.
struct FormatOptions: ParsableArguments {
  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func show(_ text: String, _ document: JSONValue) {
    switch outputFormat {
    case .text: print(text)
    case .json: print(document.text(indent: 2))
    }
  }
}

/// Refuses a confidence level outside (0, 1).
func check(confidenceLevel cl: Double) throws {
  guard cl > 0, cl < 1 else { throw ValidationError("--cl must lie between 0 and 1, got \(cl) (95 % is 0.95)") }
}

extension TestStatistic: ExpressibleByArgument {}
extension CalculatorKind: ExpressibleByArgument {}
