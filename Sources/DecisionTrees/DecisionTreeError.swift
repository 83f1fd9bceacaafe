/// What is wrong with trees, their library or their file.
public enum DecisionTreeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// XGBoost is missing or refused something.
  case library(String)
  /// A file or text that is no model of XGBoost's, or one of a kind that is not read.
  case model(path: String, problem: String)
  case badTarget(value: Float, row: Int, allowed: String)
  case badWeight(value: Float, row: Int)

  public var description: String {
    switch self {
    case .library(let reason): "XGBoost: \(reason)"
    case .model(let path, let problem): "\(path): \(problem)"
    case .badTarget(let value, let row, let allowed): "target \(value) in row \(row); allowed are \(allowed)"
    case .badWeight(let value, let row):
      "weight \(value) in row \(row); trees take weights from 0 on: leave events of negative weight out of the training, or "
        + "take their magnitudes"
    }
  }
}
