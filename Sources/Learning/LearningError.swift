import Foundation
import Records

/// What is wrong with data, configuration or checkpoints of a training.
public enum LearningError: Error, Hashable, Sendable, CustomStringConvertible {
  case notFinite(value: String, column: String, row: Int)
  case wrongColumnCount(expected: [String], found: [String])
  case countMismatch(what: String, expected: Int, found: Int)
  case empty(what: String)
  case nonPositiveWeights(what: String, sum: Double)
  case missingClass(label: Int, rows: Int)
  case badLabel(value: Float, row: Int)
  case invalidConfiguration(key: String, value: String, allowed: String)
  /// A loss that is not finite: where, counted from 1, and what else is not.
  case diverged(epoch: Int, batch: Int, cause: String)
  case badClass(number: Int, classes: Int, row: Int)
  case tooFewRows(what: String, needed: Int, found: Int)
  case unreadableCheckpoint(path: String, reason: String)
  case foreignCheckpoint(path: String, what: String)

  public var description: String {
    switch self {
    case .notFinite(let value, let column, let row):
      "\(column) is \(value) in row \(row); features, labels and weights must be finite: cut such rows or fix their source"
    case .wrongColumnCount(let expected, let found):
      "the model takes \(expected.count) columns (\(LearningError.shown(expected))), got \(found.count)"
        + " (\(LearningError.shown(found)))\(LearningError.firstDifference(expected, found))"
    case .countMismatch(let what, let expected, let found):
      "\(what): expected \(expected) values, got \(found)"
    case .empty(let what):
      "\(what) has no rows"
    case .nonPositiveWeights(let what, let sum):
      "the weights of \(what) add up to \(sum); they must add up to a positive number"
    case .missingClass(let label, let rows):
      "none of the \(rows) training rows has label \(label); a classifier needs both classes"
    case .badLabel(let value, let row):
      "label \(value) in row \(row); labels are 0 (background) or 1 (signal)"
    case .invalidConfiguration(let key, let value, let allowed):
      "training configuration: \(key) is \(value), allowed is \(allowed)"
    case .diverged(let epoch, let batch, let cause):
      "the loss is not finite in epoch \(epoch), batch \(batch): \(cause); a smaller learning rate may help"
    case .badClass(let number, let classes, let row):
      "class \(number) in row \(row); there are \(classes) classes, from 0"
    case .tooFewRows(let what, let needed, let found):
      "\(what) has \(found) rows, \(needed) are needed"
    case .unreadableCheckpoint(let path, let reason):
      "\(path): \(reason)"
    case .foreignCheckpoint(let path, let what):
      "\(path) was made with other \(what); remove it or choose another folder"
    }
  }

  private static func shown(_ names: [String]) -> String {
    names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", …" : "")
  }

  private static func firstDifference(_ expected: [String], _ found: [String]) -> String {
    guard let index = zip(expected, found).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
      return ""
    }
    return "; the first difference is column \(index): '\(expected[index])' against '\(found[index])'"
  }
}
