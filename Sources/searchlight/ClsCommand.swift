import ArgumentParser
import Foundation
import Inference
import Records

struct ClsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cls",
    abstract: "Tests one value of the parameter of interest: CLs, observed and expected.",
    discussion: """
      Examples:
        searchlight cls Tests/Reference/pyhf/workspace_twenty_bins.json --mu 1.5
        searchlight cls BkgOnly.json --patch ERJR_500p0_0p0 --output-format json
        searchlight cls workspace.json --calculator toys --toys 20000 --seed 7 --state toys.json

      Asymptotic formulae, or toy experiments, which --state keeps in a file: after Ctrl-C the same command goes on from \
      there, and so does one that asks for more of them. Toys depend on the seed and on their number only.
      """)

  @OptionGroup var workspace: WorkspaceOptions
  @Option(parsing: .unconditional, help: "The tested value; 1 where not given. q0 tests 0.") var mu: Double?
  @Option(help: "The statistic: qtilde or q for limits, q0 for discovery.") var testStat: TestStatistic = .qtilde
  @Option(help: "asymptotics or toys.") var calculator: CalculatorKind = .asymptotics
  @Option(help: "Nuisance parameters of the expectation: post-fit (as the data have them) or pre-fit (a priori).")
  var expected: ExpectationKind = .postFit
  @OptionGroup var toys: ToyOptions
  @Option(help: "The confidence level of the verdict, between 0 and 1.") var cl = 0.95
  @OptionGroup var format: FormatOptions

  func validate() throws {
    try check(confidenceLevel: cl)
    if let mu {
      guard mu.isFinite else { throw ValidationError("--mu needs a number, got \(mu)") }
      guard testStat != .q0 || mu == 0 else {
        throw ValidationError("q0 tests the background, --mu 0; for --mu \(mu) use --test-stat qtilde or q")
      }
    }
    try toys.check(calculator)
    guard expected == .postFit || calculator == .asymptotics else {
      throw ValidationError("toys expect what fits the data; --expected pre-fit needs --calculator asymptotics")
    }
  }

  func run() throws {
    let request = ClsRequest(
      try workspace.source(), mu: mu ?? 1, statistic: testStat, calculator: calculator, cl: cl, toys: toys.toys,
      seed: toys.seed,
      expectation: expected)
    let report = try request.run(
      state: toys.stateURL, workers: toys.workers, progress: ProgressPrinter().handler, cancellation: toys.token())
    format.show(report.text, report.document)
  }
}
