import Foundation
import StatisticalModels

/// Five significant digits, with an exponent where zeros would hide them.
func number(_ value: Double) -> String {
  value != 0 && (abs(value) < 1e-3 || abs(value) >= 1e5)
    ? String(format: "%.4e", value) : String(format: "%.5g", value)
}

func percent(_ level: Double) -> String { String(format: "%g %%", level * 100) }

/// A number for JSON, which has none that are infinite or undefined: those are null.
func finite(_ value: Double?) -> JSONValue {
  guard let value, value.isFinite else { return .null }
  return .number(value)
}

func numbers(_ values: [Double]) -> JSONValue { .array(values.map(finite)) }

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

extension String {
  /// Without the blanks that tables leave at the end of a line.
  var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
