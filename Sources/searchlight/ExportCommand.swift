import ArgumentParser
import Foundation
import ModelExchange
import Searches

/// `searchlight export MODEL OUT.onnx`
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a trained network, trees or the score of an anomaly detector as ONNX.",
    discussion: """
      Examples:
        searchlight export runs/tz-transfer hg1000.onnx --training hg-tt-1000
        searchlight export bdt.json bdt.onnx
        searchlight export runs/tz-transfer logit.onnx --training hg-tt-1000 --logits
        searchlight export runs/anomaly forest.onnx --detector iforest

      MODEL is a run's folder (--training chooses among its networks, --detector among its anomaly detectors), the folder \
      of a network, of trees or of a detector, or a model in XGBoost's JSON. The file takes raw features (their names, in order, are in its metadata under 'features') and gives \
      scores, probabilities or values: scaling, and a detector's rotation, are part of it. Operator set \(ONNXModel.operatorSet), IR version \
      \(ONNXModel.formatVersion), read by ONNX Runtime from 1.12 on.
      """)

  @Argument(help: "A trained model: a folder or a .json file.", completion: .file()) var model: String
  @Argument(help: "The file to write.", completion: .file()) var output: String
  @Option(help: "Which network of a run's folder: the sample that it was trained on.") var training: String?
  @Option(help: "Which anomaly detector of a run's folder: its name in the card.") var detector: String?
  @Flag(help: "Give what the last layer gives, or the sum of leaves, in place of scores.") var logits = false

  func validate() throws {
    guard training == nil || detector == nil else {
      throw ValidationError("--training and --detector each choose a model: give one of them")
    }
    guard output.lowercased().hasSuffix(".onnx") else {
      throw ValidationError("the file to write ends in .onnx, got '\(output)'")
    }
  }

  func run() throws {
    let loaded = try ModelFile(at: URL(fileURLWithPath: model), training: training, detector: detector)
    let url = URL(fileURLWithPath: output)
    let written = try loaded.onnx(output: logits ? .logits : .predictions)
    try written.write(to: url)
    print("\(output): \(loaded.featureNames.count) features, \(try written.data().count) bytes")
  }
}
