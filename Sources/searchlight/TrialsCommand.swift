import ArgumentParser
import Foundation
import Records
import Reports
import TrialStores

/// `searchlight trials STORE`
struct TrialsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trials", abstract: "Shows the trials of a tuning, the best so far, and which parameters matter.",
    discussion: """
      Figures: history, parallel-coordinates, importance. The store may be in use by a tuning. Of several stores the best results are \
      compared, in a table and the figure best-by-trial.

      Examples:
        searchlight trials runs/tz-transfer/tuning/tt-1000-bayesian.sqlite --output figures --figures png
        searchlight trials runs/tz-transfer/tuning/*.sqlite

      The importance of a parameter is its part in the variance of a Gaussian process through the trials, over the whole space: \
      alone, and with all that it does together with others (Sobol' indices).
      """)

  @Argument(help: "The stores that 'tune' made.", completion: .file(extensions: ["sqlite"])) var stores: [String]
  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text
  @OptionGroup var pictures: FigureOptions

  func run() throws {
    let reports = try stores.map { path -> (name: String, report: TrialReport) in
      let url = URL(fileURLWithPath: path)
      return (url.deletingPathExtension().lastPathComponent, try TrialReport(TrialStore(reading: url)))
    }
    let comparison = TrialComparison(reports)
    switch outputFormat {
    case .text: print(reports.count == 1 ? reports[0].report.text : comparison.text)
    case .json: for report in reports { print(String(decoding: try report.report.json(), as: UTF8.self)) }
    }
    try pictures.write(reports.count == 1 ? reports[0].report.figures : comparison.figures)
  }
}
