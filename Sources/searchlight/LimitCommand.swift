import ArgumentParser
import Inference
import Reports

struct LimitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limit",
    abstract: "Sets an upper limit with its expected band on a HistFactory workspace (pyhf JSON).",
    discussion: """
      Examples:
        searchlight limit Tests/Reference/pyhf/workspace_twenty_bins.json
        searchlight limit BkgOnly.json --patch patchset.json --patch-name ERJR_500p0_0p0 --output-format json
        searchlight limit BkgOnly.json --patch ERJR_500p0_0p0
        searchlight limit workspace.json --output figures --figures pdf,svg

      A patch's name alone is looked for in patchset.json beside the workspace.

      Prints a plain verdict on a signal strength of 1 first. Asymptotic CLs with the statistic q̃.
      """)

  @OptionGroup var workspace: WorkspaceOptions
  @Option(help: "The confidence level, between 0 and 1.") var cl = 0.95
  @Option(help: "Nuisance parameters of the expectation: post-fit (as the data have them) or pre-fit (a priori).")
  var expected: ExpectationKind = .postFit
  @OptionGroup var format: FormatOptions
  @OptionGroup var pictures: FigureOptions

  func validate() throws { try check(confidenceLevel: cl) }

  func run() throws {
    let report = try LimitRequest(
      workspace.source(), cl: cl, scanPoints: pictures.output == nil ? 0 : 61, expectation: expected
    ).run()
    format.show(report.text, report.document)
    try pictures.write(report.figures)
  }
}
