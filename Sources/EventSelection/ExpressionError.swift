/// An expression that cannot be read or does not fit the table, with the place in it.
public struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  public var expression: String
  /// Character positions of the part that is meant.
  public var range: Range<Int>
  public var message: String

  /// The expression, a line of carets under the part that is meant, and what is wrong.
  public var description: String {
    let carets = String(repeating: " ", count: range.lowerBound) + String(repeating: "^", count: max(1, range.count))
    return "\(message)\n  \(expression.replacing("\n", with: " "))\n  \(carets)"
  }
}
