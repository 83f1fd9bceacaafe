import ArgumentParser
import ByteIO
import Figures
import Foundation
import Inference
import Reports
import StatisticalModels

/// Which workspace, with which patch, for which measurement.
struct WorkspaceOptions: ParsableArguments {
  @Argument(
    help: "The workspace: pyhf's JSON 1.0.0, a CMS Combine datacard, or HistFactory's XML.",
    completion: .file(extensions: ["json", "txt", "xml"]))
  var workspace: String

  @OptionGroup var patch: PatchOptions

  func source() throws -> WorkspaceSource { try patch.source(workspace) }
}

/// What patches a workspace, and which of its measurements is meant.
struct PatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to apply first: a JSON Patch, a patch set, or a patch's name in patchset.json beside the workspace.",
      valueName: "file|name"))
  var patch: String?

  @Option(help: "Which patch of the set that --patch names.")
  var patchName: String?

  @Option(help: "The measurement (default: the first).")
  var measurement: String?

  @Option(help: "What $MASS stands for in a datacard (default: 120).") var mass: String?

  func validate() throws {
    guard patchName == nil || patch != nil else { throw ValidationError("--patch-name needs --patch SET") }
  }

  func source(_ workspace: String) throws -> WorkspaceSource {
    var source = try WorkspaceSource(
      workspace: URL(fileURLWithPath: workspace), patchOrName: patch, patchName: patchName, measurement: measurement)
    if let mass { source.reader.mass = mass }
    return source
  }
}

/// How a result is printed.
struct FormatOptions: ParsableArguments {
  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func show(_ text: String, _ document: JSONValue) {
    switch outputFormat {
    case .text: print(text)
    case .json: print(document.text(indent: 2))
    }
  }
}

/// Whether and where figures are written.
struct FigureOptions: ParsableArguments {
  @Option(help: "The folder for figures; none are drawn without it.", completion: .directory) var output: String?
  @Option(help: "Formats of the figures, separated by commas: pdf, png, svg.")
  var figures = FigureFormats(formats: [.svg])

  func write(_ made: @autoclosure () throws -> [ReportFigure]) throws {
    guard let output else { return }
    for figure in try made() {
      for format in figures.formats {
        let url = URL(fileURLWithPath: output).appendingPathComponent("\(figure.name).\(format.rawValue)")
        try AtomicFile.write(try figure.figure.render(as: format), to: url)
        remark(url.relativePath)
      }
    }
  }
}

/// Refuses a confidence level outside (0, 1).
func check(confidenceLevel cl: Double) throws {
  guard cl > 0, cl < 1 else { throw ValidationError("--cl must lie between 0 and 1, got \(cl) (95 % is 0.95)") }
}

extension TestStatistic: ExpressibleByArgument {}
extension CalculatorKind: ExpressibleByArgument {}
extension ExpectationKind: ExpressibleByArgument {}
