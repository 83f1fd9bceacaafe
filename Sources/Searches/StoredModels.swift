import Columns
import EventFiles
import Foundation
import Learning
import ModelExchange
import Records

/// No model, or several, where one was asked for.
public struct ModelChoiceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a run may have several of; the option that chooses among them.
  public enum Kind: String, Hashable, Sendable { case training, detector }

  public var folder: String
  public var kind = Kind.training
  public var wanted: String?
  public var available: [String]

  public var description: String {
    let what = kind == .training ? "network" : "detector"
    guard !available.isEmpty else {
      return "\(folder): neither the folder of a model nor a run's folder with "
        + (kind == .training ? "trained networks" : "fitted detectors")
    }
    let list = available.map { "'\($0)'" }.joined(separator: ", ")
    guard let wanted else { return "\(folder): this run has several \(what)s; choose with --\(kind.rawValue): \(list)" }
    let nearest = nearestName(to: wanted, in: available).map { "; nearest: '\($0)'" } ?? ""
    return "\(folder): no \(what) '\(wanted)'\(nearest). The run has \(list)"
  }
}

extension StepStore {
  /// The folders of the trained networks by what they were trained on; those that the last finished run used, where one
  /// has finished.
  public func trainedNetworks() throws -> [String: URL] { try models(of: "train", by: "signal") }

  /// The same of anomaly detectors, by their names in the card.
  public func fittedDetectors() throws -> [String: URL] { try models(of: "detect", by: "detector") }

  private func models(of kind: String, by key: String) throws -> [String: URL] {
    let found = try list().filter { $0.kind == kind && $0.damaged.isEmpty && $0.isUsed != false }
    return Dictionary(
      found.compactMap { entry in
        entry.configuration[key].map {
          ($0, root.appendingPathComponent(entry.kind).appendingPathComponent(entry.digest))
        }
      }, uniquingKeysWith: { $1 })
  }
}

extension ModelFile {
  /// A model's file or folder; or a run's folder, of whose networks `training` names one, of whose detectors `detector`.
  /// - Throws: ``ModelChoiceError``, and what `init(at:output:featureNames:)` throws.
  public init(
    at url: URL, training: String?, detector: String? = nil, output: String? = nil, featureNames: [String]? = nil
  ) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    let isModel = ["model.json", "detector.json"].contains {
      FileManager.default.fileExists(atPath: url.appendingPathComponent($0).path)
    }
    guard exists, isFolder.boolValue, !isModel || training != nil || detector != nil else {
      try self.init(at: url, output: output, featureNames: featureNames)
      return
    }
    let inner = url.appendingPathComponent("store")
    let store = StepStore(root: FileManager.default.fileExists(atPath: inner.path) ? inner : url)
    let models = try detector == nil ? store.trainedNetworks() : store.fittedDetectors()
    let only = models.count == 1 ? models.keys.first : nil
    guard let name = detector ?? training ?? only, let folder = models[name] else {
      throw ModelChoiceError(
        folder: url.path, kind: detector == nil ? .training : .detector, wanted: detector ?? training,
        available: models.keys.sorted())
    }
    try self.init(at: folder)
  }

  /// The model's predictions as columns of a table: of one number `name`, of several `name_class`.
  public func addition(named name: String) -> TableAddition {
    let features = featureNames, outputs = outputNames
    let columns = outputs.count == 1 ? [name] : outputs.map { "\(name)_\($0)" }
    return TableAddition(inputs: features, names: columns) { table in
      var values = [Float](repeating: 0, count: table.rowCount * features.count)
      for (index, feature) in features.enumerated() {
        for (row, value) in try table.doubles(feature).enumerated() {
          values[row * features.count + index] = Float(value)
        }
      }
      let found = try await predictions(FeatureMatrix(names: features, values: values))
      return columns.indices.map { column in
        stride(from: column, to: found.count, by: columns.count).map { found[$0] }
      }
    }
  }
}
