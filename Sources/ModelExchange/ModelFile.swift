import AnomalyDetection
import ByteIO
import DecisionTrees
import Foundation
import Learning

/// A trained model in any of the forms in which they are stored: the folder of a network, of trees or of an anomaly detector, XGBoost's JSON, ONNX.
public enum ModelFile: Sendable {
  case classifier(TrainedClassifier)
  case network(TrainedNetwork)
  case trees(TreeEnsemble)
  case detector(FittedDetector)
  case imported(ImportedNetwork)

  private struct Mark: Decodable {
    var schema: Int?
    var scaler: StandardScaler?
    var featureNames: [String]?
  }

  /// - Parameters:
  ///   - output: of an ONNX file with several outputs.
  ///   - featureNames: the columns in order, for files that do not tell.
  /// - Throws: an error that names the file and says what would have been read.
  public init(at url: URL, output: String? = nil, featureNames: [String]? = nil) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw FileError(.cannotRead("no such file or folder"), path: url.path)
    }
    if isFolder.boolValue {
      self = try Self.stored(in: url)
    } else if url.pathExtension.lowercased() == "json" {
      self = .trees(
        try TreeEnsemble(json: Array(Data(readingFrom: url)), path: url.path, featureNames: featureNames))
    } else {
      self = .imported(try ImportedNetwork(contentsOf: url, output: output, featureNames: featureNames))
    }
  }

  private static func stored(in folder: URL) throws -> ModelFile {
    if FittedDetector.isStored(in: folder) { return .detector(try FittedDetector(contentsOf: folder)) }
    let url = folder.appendingPathComponent("model.json")
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw LearningError.unreadableCheckpoint(
        path: folder.path,
        reason: "this folder has neither a model.json, as networks and trees have, nor a detector's detector.json")
    }
    let mark = try? JSONDecoder().decode(Mark.self, from: Data(readingFrom: url))
    switch (mark?.schema, mark?.scaler, mark?.featureNames) {
    case (TrainedClassifier.schemaVersion, .some, _): return .classifier(try TrainedClassifier(contentsOf: folder))
    case (_, .some, _): return .network(try TrainedNetwork(contentsOf: folder))
    case (_, nil, .some): return .trees(try TreeEnsemble(contentsOf: folder))
    default:
      throw LearningError.unreadableCheckpoint(path: url.path, reason: "it describes neither a network nor trees")
    }
  }

  /// The columns that it takes, in order.
  public var featureNames: [String] {
    switch self {
    case .classifier(let model): model.featureNames
    case .network(let model): model.featureNames
    case .trees(let model): model.featureNames
    case .detector(let model): model.featureNames
    case .imported(let model): model.featureNames
    }
  }

  /// What each number of a row is called: classes, values, places; one of one number.
  public var outputNames: [String] {
    switch self {
    case .classifier: ["signal"]
    case .detector: ["anomaly"]
    case .network(let model):
      model.task.names.isEmpty ? model.featureNames : model.task.names
    case .trees(let model): (0..<model.task.outputCount).map { "\($0)" }
    case .imported(let model):
      model.outputNames.isEmpty ? (0..<model.outputCount).map { "\($0)" } : model.outputNames
    }
  }

  /// Scores, probabilities or values: row-major [rows, outputs].
  public func predictions(_ features: FeatureMatrix) async throws -> [Float] {
    switch self {
    case .classifier(let model):
      return try await model.network.outputs(features).map { Float(1 / (1 + exp(-Double($0)))) }
    case .network(let model): return try await model.predictions(features)
    case .detector(let model): return try await model.scores(features)
    case .trees(let model):
      if case .multiclass = model.task { return try model.probabilities(features) }
      return try model.scores(features)
    case .imported(let model): return try await model.outputs(features)
    }
  }

  /// The model as ONNX.
  /// - Throws: ``ONNXError/unwritable(reason:)`` for one that came from ONNX.
  public func onnx(output: ONNXModel.Output = .predictions) throws -> ONNXModel {
    switch self {
    case .classifier(let model): try ONNXModel(model, output: output)
    case .network(let model): try ONNXModel(model, output: output)
    case .trees(let model): try ONNXModel(model, output: output)
    case .detector(let model): try ONNXModel(model, output: output)
    case .imported: throw ONNXError.unwritable(reason: "it came from an ONNX file, which is one already")
    }
  }
}
