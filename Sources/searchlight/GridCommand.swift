import ArgumentParser
import ByteIO
import Foundation
import Inference
import Records
import Reports

struct GridCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grid",
    abstract: "Tests all signals of a patch set: which are excluded, and the contour in the plane of their parameters.",
    discussion: """
      Examples:
        searchlight grid BkgOnly.json patchset.json
        searchlight grid BkgOnly.json patchset.json --output grid --figures pdf,svg
        searchlight grid BkgOnly.json patchset.json --global-toys 1000 --seed 7 --state toys.json

      CLs by asymptotic formulae at the nominal signal strength. Contours interpolate Z = Φ⁻¹(1 − CLs) linearly on Delaunay's \
      triangles of the tested points. --output gets grid.json, grid.csv and the figure. With --global-toys, how often \
      background alone shows as large an excess anywhere in the grid.
      """)

  @Argument(help: "The background's workspace, as pyhf's JSON 1.0.0.", completion: .file(extensions: ["json"]))
  var workspace: String
  @Argument(
    help: "The patch set (default: patchset.json beside the workspace).", completion: .file(extensions: ["json"]))
  var patchSet: String?
  @Option(help: "The measurement (default: the first).") var measurement: String?
  @Option(help: "The statistic: qtilde or q.") var testStat: TestStatistic = .qtilde
  @Option(help: "The confidence level, between 0 and 1.") var cl = 0.95
  @Option(help: "Two labels of the set that span the plane, separated by a comma (default: the first two).")
  var axes: String?
  @Option(help: "The axes' titles in the figure, separated by a comma, as 'm(χ_{2}) [GeV],m(χ_{1}) [GeV]'.")
  var titles: String?
  @Flag(help: "Upper limits of each signal too.") var limits = false
  @Option(help: "Toys of the background for the global significance; 0 for none.") var globalToys = 0
  @Option(help: "The seed of the toys.") var seed: UInt64 = 1
  @Option(help: "The file that keeps the toys.", completion: .file(extensions: ["json"])) var state: String?
  @Option(help: "Threads that work.") var workers = ProcessInfo.processInfo.activeProcessorCount
  @OptionGroup var format: FormatOptions
  @OptionGroup var pictures: FigureOptions

  private var axisNames: [String]? { axes?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

  func validate() throws {
    try check(confidenceLevel: cl)
    guard testStat != .q0 else { throw ValidationError("q0 tests the background; exclusion needs qtilde or q") }
    guard globalToys >= 0 else { throw ValidationError("--global-toys needs no negative number, got \(globalToys)") }
    guard workers > 0 else { throw ValidationError("--workers needs a positive number, got \(workers)") }
    guard state == nil || globalToys > 0 else { throw ValidationError("--state needs --global-toys") }
    if let axisNames, axisNames.count != 2 || axisNames[0] == axisNames[1] {
      throw ValidationError("--axes needs two labels, as --axes mn2,mn1")
    }
  }

  func run() throws {
    let file = URL(fileURLWithPath: workspace)
    let set =
      patchSet.map { URL(fileURLWithPath: $0) }
      ?? file.deletingLastPathComponent().appendingPathComponent("patchset.json")
    let request = GridRequest(
      workspace: file, patchSet: set, measurement: measurement, statistic: testStat, cl: cl, axes: axisNames,
      limits: limits, globalToys: globalToys, seed: seed)
    let report = try request.run(
      state: state.map { URL(fileURLWithPath: $0) }, workers: workers, progress: ProgressPrinter().handler,
      cancellation: state == nil ? CancellationToken() : interruptibleToken())
    format.show(report.text, report.document)
    if let output = pictures.output {
      let folder = URL(fileURLWithPath: output)
      for (name, text) in [("grid.json", report.document.text(indent: 2) + "\n"), ("grid.csv", report.csv)] {
        try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent(name))
        remark(folder.appendingPathComponent(name).relativePath)
      }
    }
    try pictures.write(report.figures(titles: titles?.split(separator: ",").map(String.init) ?? []))
    let failed = report.failures.count
    guard failed == 0 else {
      throw GridError(description: "\(failed) of \(report.points.count) signals have no result")
    }
  }
}
