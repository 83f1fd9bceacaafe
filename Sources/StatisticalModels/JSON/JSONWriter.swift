import Foundation
import Records

extension JSONValue {
  /// The document as Python's `json.dumps` writes it, numbers included, so that both programs make the same bytes.
  /// - Parameters:
  ///   - sortedKeys: keys in the order of their Unicode scalars.
  ///   - indent: blanks a level, or `nil` for one line with `", "` and `": "`.
  public func text(sortedKeys: Bool = false, indent: Int? = nil) -> String {
    var output = ""
    write(into: &output, sortedKeys: sortedKeys, indent: indent, level: 0)
    return output
  }

  /// SHA-256 of the document with sorted keys on one line: `pyhf digest` gives the same for the same document.
  public var digest: Digest { Digest.of(Data(text(sortedKeys: true).utf8)) }

  private func write(into output: inout String, sortedKeys: Bool, indent: Int?, level: Int) {
    switch self {
    case .null: output += "null"
    case .bool(let flag): output += flag ? "true" : "false"
    case .integer(let number): output += String(number)
    case .number(let number): output += jsonNumber(number)
    case .string(let text): output += jsonString(text)
    case .array(let items):
      if items.isEmpty {
        output += "[]"
        return
      }
      output += "["
      for (index, item) in items.enumerated() {
        separate(&output, first: index == 0, indent: indent, level: level + 1)
        item.write(into: &output, sortedKeys: sortedKeys, indent: indent, level: level + 1)
      }
      close(&output, with: "]", indent: indent, level: level)
    case .object(let members):
      if members.isEmpty {
        output += "{}"
        return
      }
      output += "{"
      let ordered =
        sortedKeys ? members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) } : members
      for (index, member) in ordered.enumerated() {
        separate(&output, first: index == 0, indent: indent, level: level + 1)
        output += jsonString(member.key) + ": "
        member.value.write(into: &output, sortedKeys: sortedKeys, indent: indent, level: level + 1)
      }
      close(&output, with: "}", indent: indent, level: level)
    }
  }

  private func separate(_ output: inout String, first: Bool, indent: Int?, level: Int) {
    guard let indent else {
      if !first { output += ", " }
      return
    }
    output += (first ? "\n" : ",\n") + String(repeating: " ", count: indent * level)
  }

  private func close(_ output: inout String, with bracket: String, indent: Int?, level: Int) {
    if let indent { output += "\n" + String(repeating: " ", count: indent * level) }
    output += bracket
  }
}

/// The shortest text that reads back as the number, in Python's form: exponents from 1e16 and below 1e-4, two digits.
func jsonNumber(_ number: Double) -> String {
  precondition(number.isFinite, "JSON has no \(number)")
  let magnitude = abs(number)
  if magnitude == 0 || (magnitude >= 1e-4 && magnitude < 9e15) {
    let text = "\(number)"
    if !text.contains("e") { return text }
  }
  var mantissa = "\(magnitude)"
  var exponent = 0
  if let e = mantissa.firstIndex(of: "e") {
    exponent = Int(mantissa[mantissa.index(after: e)...]) ?? 0
    mantissa = String(mantissa[..<e])
  }
  // Digits d₁d₂… with the point after the first.
  let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
  let whole = String(parts[0])
  var digits = whole + (parts.count > 1 && parts[1] != "0" ? String(parts[1]) : "")
  exponent += whole.count - 1
  let leading = digits.prefix { $0 == "0" }.count
  digits = String(digits.dropFirst(leading))
  exponent -= leading
  while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
  let sign = number < 0 ? "-" : ""
  if exponent >= -4 && exponent < 16 {
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    if digits.count <= exponent + 1 {
      return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
    }
    return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
  }
  let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
  let size = abs(exponent)
  return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
}

private func jsonString(_ text: String) -> String {
  var output = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": output += "\\\""
    case "\\": output += "\\\\"
    case "\n": output += "\\n"
    case "\r": output += "\\r"
    case "\t": output += "\\t"
    case "\u{8}": output += "\\b"
    case "\u{c}": output += "\\f"
    case _ where scalar.value < 32:
      let digits = String(scalar.value, radix: 16)
      output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: output.unicodeScalars.append(scalar)
    }
  }
  return output + "\""
}
