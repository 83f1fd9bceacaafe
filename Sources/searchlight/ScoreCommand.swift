import ArgumentParser
import EventFiles
import Foundation
import ModelExchange
import Searches

/// `searchlight score MODEL EVENTS OUT`
struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Adds a trained model's scores to a table of events.",
    discussion: """
      Examples:
        searchlight features Studies/tz-transfer/card.yaml features.h5
        searchlight score runs/tz-transfer features.h5 scored.h5 --training hg-tt-1000
        searchlight score model.onnx HIGGS.csv.gz scored.npz --where "score>0.9"
        searchlight score bdt.json nano.root scored.csv --define "pt1=max(Jet_pt)" --columns "MET_pt" --name bdt

      MODEL is a run's folder (--training chooses among its networks, --detector among its anomaly detectors), the folder \
      of a network, of trees or of a detector, a model in XGBoost's JSON, or a feed-forward network in ONNX. EVENTS is any table that 'convert' reads; it must have the columns \
      that the model takes, or --define makes them. OUT has the chosen columns and the score: one column for a model that \
      gives one number, else one for each class or value, NAME_class. Conditions may use the score.
      """)

  @Argument(help: "A trained model: a folder, a .json or an .onnx file.", completion: .file()) var model: String
  @Argument(help: "A ROOT, HDF5, NumPy (.npz, .npy) or text file.", completion: .file()) var input: String
  @Argument(help: "The file to write: .h5, .npz, .csv, .tsv, .csv.gz, .tsv.gz.", completion: .file()) var output: String
  @Option(help: "Which network of a run's folder: the sample that it was trained on.") var training: String?
  @Option(help: "Which anomaly detector of a run's folder: its name in the card.") var detector: String?
  @Option(help: "What the column of scores is called.") var name = "score"
  @Option(help: "The columns that the model takes, in order, separated by commas, where its file does not say.")
  var features: String?
  @Option(help: "Which output of an ONNX model that has several.") var modelOutput: String?
  @OptionGroup var table: TableOptions
  @Option(help: "How to print what was done: \(OutputFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
  var outputFormat: OutputFormat = .text

  func run() async throws {
    let names = features?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let loaded = try ModelFile(
      at: URL(fileURLWithPath: model), training: training, detector: detector, output: modelOutput, featureNames: names)
    let conversion = try table.conversion(
      from: [URL(fileURLWithPath: input)], to: URL(fileURLWithPath: output), command: "searchlight score")
    let summary = try await conversion.run(
      adding: loaded.addition(named: name), progress: ProgressPrinter().handler, cancellation: interruptibleToken())
    try report(summary, output, outputFormat)
  }
}
