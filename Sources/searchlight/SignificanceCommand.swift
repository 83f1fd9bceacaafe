import ArgumentParser
import Inference

struct SignificanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "significance",
    abstract: "Tests the background: the discovery p-value and its significance, observed and expected.",
    discussion: """
      Examples:
        searchlight significance Tests/Reference/pyhf/workspace_twenty_bins.json
        searchlight significance BkgOnly.json --patch ERJR_500p0_0p0 --output-format json

      Asymptotic formulae with q0; expectations are for a signal strength of 1. With toys: searchlight cls --test-stat q0 \
      --calculator toys.
      """)

  @OptionGroup var workspace: WorkspaceOptions
  @OptionGroup var format: FormatOptions

  func run() throws {
    let report = try SignificanceRequest(workspace.source()).run()
    format.show(report.text, report.document)
  }
}
