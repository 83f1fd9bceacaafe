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
      Figures: history, parallel-coordinates, importance. The store may be in use by a tuning.

      Example:
        searchlight trials runs/tz-transfer/tuning/tt-1000-bayesian.sqlite --output figures --figures png

      The importance of a parameter is its part in the variance of a Gaussian process through the trials, over the whole space: \
      alone, and with all that it does together with others (Sobol' indices).
      """)

  @Argument(help: "The store that 'tune' made.", completion: .file(extensions: ["sqlite"])) var store: String
  @Option(help: "How to print it: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text
  @OptionGroup var pictures: FigureOptions

  func run() throws {
    let report = try TrialReport(TrialStore(reading: URL(fileURLWithPath: store)))
    switch outputFormat {
    case .text: print(report.text)
    case .json: print(String(decoding: try report.json(), as: UTF8.self))
    }
    try pictures.write(report.figures)
  }
}
