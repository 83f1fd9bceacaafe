import ArgumentParser
import Inference
import Reports

struct RankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank",
    abstract: "Ranks nuisance parameters by what they do to the parameter of interest, with their pulls.",
    discussion: """
      Examples:
        searchlight rank Tests/Reference/pyhf/workspace_twenty_bins.json
        searchlight rank BkgOnly.json --patch ERJR_300p0_100p0 --output figures --figures pdf

      The impact of a parameter is the change of the best fit with it held one uncertainty up or down and all others fitted \
      again; before the fit, with the uncertainty of its auxiliary measurement.
      """)

  @OptionGroup var workspace: WorkspaceOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var pictures: FigureOptions

  func run() throws {
    let report = try RankRequest(workspace.source()).run()
    format.show(report.text, report.document)
    try pictures.write(report.figures)
  }
}
