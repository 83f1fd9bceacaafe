import ArgumentParser
import Foundation
import ModelExchange
import Searches

/// `searchlight export MODEL OUT.onnx`
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a trained network or trees as ONNX.",
    discussion: """
      Examples:
        searchlight export runs/tz-transfer hg1000.onnx --training hg-tt-1000
        searchlight export bdt.json bdt.onnx
        searchlight export runs/tz-transfer logit.onnx --training hg-tt-1000 --logits

      MODEL is a run's folder (--training chooses among its networks), the folder of a network or of trees, or a model in \
      XGBoost's JSON. The file takes raw features (their names, in order, are in its metadata under 'features') and gives \
      scores, probabilities or values: scaling is part of it. Operator set \(ONNXModel.operatorSet), IR version \
      \(ONNXModel.formatVersion), read by ONNX Runtime from 1.12 on.
      """)

  @Argument(help: "A trained model: a folder or a .json file.", completion: .file()) var model: String
  @Argument(help: "The file to write.", completion: .file()) var output: String
  @Option(help: "Which network of a run's folder: the sample that it was trained on.") var training: String?
  @Flag(help: "Give what the last layer gives, or the sum of leaves, in place of scores.") var logits = false

  func validate() throws {
    guard output.lowercased().hasSuffix(".onnx") else {
      throw ValidationError("the file to write ends in .onnx, got '\(output)'")
    }
  }

  func run() throws {
    let loaded = try ModelFile(at: URL(fileURLWithPath: model), training: training)
    let url = URL(fileURLWithPath: output)
    let written = try loaded.onnx(output: logits ? .logits : .predictions)
    try written.write(to: url)
    print("\(output): \(loaded.featureNames.count) features, \(try written.data().count) bytes")
  }
}
