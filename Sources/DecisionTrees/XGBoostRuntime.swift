internal import CXGBoost
import Foundation

/// XGBoost as a whole, which grows the trees; what has been grown is scored by this module alone.
public enum XGBoostRuntime {
  /// Whether the library can be loaded.
  public static var isAvailable: Bool { cxgboost_load() == 0 }

  /// `1.7.4`.
  /// - Throws: ``DecisionTreeError/library(_:)`` where it is not installed.
  public static func version() throws -> String {
    try load()
    var (major, minor, patch) = (Int32(0), Int32(0), Int32(0))
    cxgboost_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  static func load() throws {
    guard cxgboost_load() == 0 else {
      throw DecisionTreeError.library(
        "XGBoost cannot be loaded (\(String(cString: cxgboost_error()))); install the Debian package libxgboost0")
    }
  }
}

/// A booster and the matrices that it sees: owned and used by one thread.
final class Booster {
  private var handle: OpaquePointer
  private let matrices: [Matrix]

  /// - Parameter matrices: the training rows first.
  init(_ matrices: [Matrix], parameters: [(name: String, value: String)]) throws {
    self.matrices = matrices
    var handles: [OpaquePointer?] = matrices.map(\.handle)
    var created: OpaquePointer?
    let status = handles.withUnsafeMutableBufferPointer {
      cxgboost_booster_create($0.baseAddress, Int64(matrices.count), &created)
    }
    guard status == 0, let created else { throw Booster.failure() }
    handle = created
    for (name, value) in parameters where cxgboost_set(handle, name, value) != 0 { throw Booster.failure() }
  }

  deinit { cxgboost_booster_free(handle) }

  private static func failure() -> DecisionTreeError {
    // The first line says what is wrong; the rest is a trace of the library's stack.
    .library(String(String(cString: cxgboost_error()).prefix { $0 != "\n" }))
  }

  func setFeatureNames(_ names: [String]) throws {
    let copies = names.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var pointers = copies.map { UnsafePointer<CChar>($0) }
    let status = pointers.withUnsafeMutableBufferPointer {
      cxgboost_feature_names(handle, $0.baseAddress, Int64(names.count))
    }
    guard status == 0 else { throw Booster.failure() }
  }

  func update(round: Int) throws {
    guard cxgboost_update(handle, Int32(round), matrices[0].handle) == 0 else { throw Booster.failure() }
  }

  /// The metric on each matrix.
  func evaluate(round: Int) throws -> [Double] {
    var handles: [OpaquePointer?] = matrices.map(\.handle)
    var text: UnsafePointer<CChar>?
    let status = handles.withUnsafeMutableBufferPointer {
      cxgboost_evaluate(handle, Int32(round), $0.baseAddress, Int64(matrices.count), &text)
    }
    guard status == 0, let text else { throw Booster.failure() }
    // [3]⇥0-logloss:0.51⇥1-logloss:0.53
    let values = String(cString: text).split(separator: "\t").dropFirst().compactMap { entry in
      entry.lastIndex(of: ":").flatMap { Double(entry[entry.index(after: $0)...]) }
    }
    guard values.count == matrices.count else {
      throw DecisionTreeError.library("it evaluated to '\(String(cString: text))'")
    }
    return values
  }

  /// XGBoost's JSON of the first rounds.
  func json(rounds: Int) throws -> [UInt8] {
    var first: OpaquePointer?
    guard cxgboost_first_rounds(handle, Int32(rounds), &first) == 0, let first else { throw Booster.failure() }
    defer { cxgboost_booster_free(first) }
    var bytes: UnsafePointer<CChar>?
    var length: Int64 = 0
    guard cxgboost_json(first, &bytes, &length) == 0, let bytes else { throw Booster.failure() }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
  }

  /// Rows as XGBoost holds them.
  final class Matrix {
    fileprivate let handle: OpaquePointer

    init(_ sample: TreeSample, weights: [Float]) throws {
      var created: OpaquePointer?
      let status = cxgboost_matrix_create(
        sample.features.values, Int64(sample.features.rowCount), Int64(sample.features.columnCount), sample.targets,
        weights, &created)
      guard status == 0, let created else { throw Booster.failure() }
      handle = created
    }

    deinit { cxgboost_matrix_free(handle) }
  }
}
