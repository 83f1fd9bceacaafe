import ArgumentParser
import Foundation
import Inference
import Records
import Reports

struct SignificanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "significance",
    abstract: "Tests the background: the discovery p-value and its significance, observed and expected.",
    discussion: """
      Examples:
        searchlight significance Tests/Reference/pyhf/workspace_twenty_bins.json
        searchlight significance BkgOnly.json --patch ERJR_500p0_0p0 --output-format json
        searchlight significance workspace.json --calculator toys --toys 100000 --seed 7 --state toys.json
        searchlight significance workspace.json --luminosity 139 --luminosities 36,139,300,3000 --output figures

      Asymptotic formulae with q0, or toys; expectations are for a signal strength of 1. With --luminosities, the expected \
      significance there, by a fit and by formulae: Asimov with and without the background's uncertainty, s/√b, s/√(s+b). \
      They are factors of the workspace's luminosity where --luminosity does not say what that is.
      """)

  @OptionGroup var workspace: WorkspaceOptions
  @Option(help: "asymptotics or toys.") var calculator: CalculatorKind = .asymptotics
  @OptionGroup var toys: ToyOptions
  @Option(help: "The integrated luminosity in 1/fb that the workspace was made for.") var luminosity: Double?
  @Option(help: "Luminosities to project to, separated by commas.") var luminosities: NumberList?
  @OptionGroup var format: FormatOptions
  @OptionGroup var pictures: FigureOptions

  func validate() throws {
    try toys.check(calculator)
    if let luminosity, !(luminosity > 0 && luminosity.isFinite) {
      throw ValidationError("--luminosity needs a positive number, got \(luminosity)")
    }
    if let luminosities, let bad = luminosities.values.first(where: { !($0 > 0) }) {
      throw ValidationError("--luminosities needs positive numbers, got \(bad)")
    }
    guard luminosity == nil || luminosities != nil else { throw ValidationError("--luminosity needs --luminosities") }
  }

  func run() throws {
    let request = SignificanceRequest(
      try workspace.source(), calculator: calculator, toys: toys.toys, seed: toys.seed, luminosity: luminosity,
      luminosities: luminosities?.values ?? [])
    let report = try request.run(
      state: toys.stateURL, workers: toys.workers, progress: ProgressPrinter().handler,
      cancellation: toys.token())
    format.show(report.text, report.document)
    try pictures.write(report.figures)
  }
}
