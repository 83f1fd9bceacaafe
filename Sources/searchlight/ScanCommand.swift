import ArgumentParser
import Inference
import Reports

struct ScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Scans the profile likelihood along one parameter, or over two: intervals and contours at 68 and 95 %.",
    discussion: """
      Examples:
        searchlight scan Tests/Reference/pyhf/workspace_twenty_bins.json mu
        searchlight scan workspace.json mu --range=-1,3 --points 81 --output figures
        searchlight scan BkgOnly.json mu_SIG mu_WZISR --patch ERJR_300p0_100p0 --output figures --figures pdf

      All other parameters are fitted at each point. Without --range, ±3.5 uncertainties about the best fit within the \
      parameter's bounds; for two parameters --range and --range2. Intervals of one parameter are converged crossings of \
      -2 ln lambda = 1 and 3.84, not interpolated.
      """)

  @Argument(help: "The workspace, as pyhf's JSON 1.0.0.", completion: .file(extensions: ["json"]))
  var workspace: String
  @Argument(help: "One parameter, or two.") var parameters: [String]
  @OptionGroup var patch: PatchOptions
  @Option(parsing: .unconditional, help: "Ends of the first parameter's scan, low,high.") var range: NumberList?
  @Option(parsing: .unconditional, help: "Ends of the second one's.") var range2: NumberList?
  @Option(help: "Points along each parameter (default: 41, and 31 for two).") var points: Int?
  @OptionGroup var format: FormatOptions
  @OptionGroup var pictures: FigureOptions

  func validate() throws {
    guard (1...2).contains(parameters.count) else {
      throw ValidationError("name one parameter or two, got \(parameters.count)")
    }
    guard Set(parameters).count == parameters.count else {
      throw ValidationError("name two different parameters, got '\(parameters[0])' twice")
    }
    if let points, points < 3 || points > 1000 {
      throw ValidationError("--points needs a number from 3 to 1000, got \(points)")
    }
    for given in [range, range2].compactMap(\.self) {
      guard given.values.count == 2, given.values[0] < given.values[1] else {
        throw ValidationError("--range needs two rising numbers, as --range=-1,3")
      }
    }
    guard range2 == nil || parameters.count == 2 else { throw ValidationError("--range2 needs a second parameter") }
  }

  func run() throws {
    let count = points ?? (parameters.count == 1 ? 41 : 31)
    let axes = zip(parameters, [range, range2]).map { name, range in
      ScanRequest.Axis(name, range: range.map { $0.values[0]...$0.values[1] }, count: count)
    }
    let report = try ScanRequest(patch.source(workspace), axes: axes).run()
    format.show(report.text, report.document)
    try pictures.write(report.figures)
  }
}
