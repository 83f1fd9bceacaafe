import ArgumentParser
import Foundation
import Inference
import Records
import StatisticalModels

struct LimitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limit",
    abstract: "Sets an upper limit with its expected band on a HistFactory workspace (pyhf JSON).",
    discussion: """
      Examples:
        searchlight limit Tests/Reference/pyhf/workspace_twenty_bins.json
        searchlight limit BkgOnly.json --patch patchset.json --patch-name ERJR_500p0_0p0 --output-format json
        searchlight limit BkgOnly.json --patch ERJR_500p0_0p0

      The last takes the patch of that name from patchset.json beside the workspace.

      Prints a plain verdict on a signal strength of 1 first. Asymptotic CLs with the statistic q̃.
      """)

  @Argument(help: "The workspace, as pyhf's JSON 1.0.0.")
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

  @Option(help: "The confidence level, between 0 and 1.")
  var cl = 0.95

  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func validate() throws {
    guard cl > 0, cl < 1 else { throw ValidationError("--cl must lie between 0 and 1, got \(cl) (95 % is 0.95)") }
    guard patchName == nil || patch != nil else { throw ValidationError("--patch-name needs --patch SET") }
  }

  func run() throws {
    let report = try LimitRequest(
      workspace: URL(fileURLWithPath: workspace), patchOrName: patch, patchName: patchName, measurement: measurement,
      cl: cl
    ).run()
    switch outputFormat {
    case .text: print(report.text)
    case .json: print(report.document.text(indent: 2))
    }
  }
}
