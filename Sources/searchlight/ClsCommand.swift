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
  @Option(help: "Toys of each hypothesis.") var toys = 2000
  @Option(help: "The seed of the toys.") var seed: UInt64 = 1
  @Option(help: "The file that keeps the toys.", completion: .file(extensions: ["json"])) var state: String?
  @Option(help: "Threads that throw toys.") var workers = ProcessInfo.processInfo.activeProcessorCount
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
    guard toys > 0 else { throw ValidationError("--toys needs a positive number, got \(toys)") }
    guard workers > 0 else { throw ValidationError("--workers needs a positive number, got \(workers)") }
    guard state == nil || calculator == .toys else { throw ValidationError("--state needs --calculator toys") }
  }

  func run() throws {
    let request = ClsRequest(
      try workspace.source(), mu: mu ?? 1, statistic: testStat, calculator: calculator, cl: cl, toys: toys, seed: seed)
    // Without a file to keep toys in, Ctrl-C ends the program as it ends others.
    let token = state == nil ? CancellationToken() : interruptibleToken()
    let report = try request.run(
      state: state.map { URL(fileURLWithPath: $0) }, workers: workers, progress: ProgressPrinter().handler,
      cancellation: token)
    format.show(report.text, report.document)
  }
}
