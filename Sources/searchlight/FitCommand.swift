import ArgumentParser
import Inference
import Reports

struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fits a HistFactory workspace: parameters, pulls, goodness of fit.",
    discussion: """
      Examples:
        searchlight fit Tests/Reference/pyhf/workspace_twenty_bins.json
        searchlight fit BkgOnly.json --patch ERJR_500p0_0p0 --output-format json
        searchlight fit BkgOnly.json --patch ERJR_500p0_0p0 --output figures --figures pdf,svg

      Says first whether the model describes the data (the saturated-model test). A fit that does not converge is an error. \
      The document also has the correlations. With --output, figures of pulls and correlations.
      """)

  @OptionGroup var workspace: WorkspaceOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var pictures: FigureOptions

  func run() throws {
    let report = try FitRequest(workspace.source()).run()
    format.show(report.text, report.document)
    try pictures.write(report.figures)
  }
}
