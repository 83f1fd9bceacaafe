import ByteIO
import Foundation
import Records

/// A model in the Open Neural Network Exchange format, in memory.
///
/// ```swift
/// try ONNXModel(network).write(to: url)                      // TrainedNetwork, TrainedClassifier, TreeEnsemble
/// let network = try ImportedNetwork(contentsOf: url)         // what anybody's exporter wrote
/// ```
///
/// What is written: operators of ``operatorSet``, IR ``formatVersion``, trees by `ai.onnx.ml` ``treeOperatorSet``; ONNX
/// Runtime reads it from 1.12 on. Input `features` [batch, features], float32, raw: scaling is part of the model.
public struct ONNXModel: Sendable {
  public static let operatorSet = 17
  public static let treeOperatorSet = 3
  public static let formatVersion = 8

  /// Which numbers a written model gives.
  public enum Output: String, Hashable, Sendable, CaseIterable {
    /// Scores, probabilities, or values in their own units.
    case predictions
    /// What the last layer gives, or the sum of leaves.
    case logits
  }

  let message: Onnx_ModelProto

  /// The file's bytes; equal models give equal bytes.
  public func data() throws -> Data {
    do { return try message.serializedData() } catch {
      throw ONNXError.unwritable(reason: "\(error)")
    }
  }

  /// - Throws: `FileError`.
  public func write(to url: URL) throws { try AtomicFile.write(try data(), to: url) }

  /// - Throws: `FileError`; ``ONNXError/unreadable(path:reason:)``.
  public init(contentsOf url: URL) throws { try self.init(Data(readingFrom: url), path: url.path) }

  /// - Parameter path: what errors call it.
  /// - Throws: ``ONNXError/unreadable(path:reason:)`` for bytes that are no ONNX model.
  public init(_ data: Data, path: String) throws {
    do { message = try Onnx_ModelProto(serializedBytes: data) } catch {
      throw ONNXError.unreadable(path: path, reason: "it is no ONNX model, or a damaged one (\(error))")
    }
    guard message.irVersion > 0, message.hasGraph, !message.graph.node.isEmpty else {
      throw ONNXError.unreadable(path: path, reason: "it is no ONNX model: it has no graph")
    }
  }

  init(_ message: Onnx_ModelProto) { self.message = message }

  public var producer: String { "\(message.producerName) \(message.producerVersion)" }

  /// What its writer noted.
  public var metadata: [String: String] {
    Dictionary(message.metadataProps.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// The version of the standard operators.
  public var operatorSetVersion: Int {
    Int(message.opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version ?? 0)
  }
}
