import Foundation

/// Functions that order objects or choose between values.
extension ExpressionEvaluator {
  /// Each event's values in descending order of themselves or of a key on the same objects; equal keys keep their order.
  func sorted(_ arguments: [SyntaxNode]) throws -> ExpressionValue {
    let values = try severalValues(value(of: arguments[0]), arguments[0], "sorted")
    let keyNode = arguments.count == 2 ? arguments[1] : arguments[0]
    let key = try severalValues(number(keyNode), keyNode, "sorted")
    guard key.objects == values.objects, key.offsets == values.offsets else {
      throw error("a key of \(key.objects) cannot sort \(values.objects)", keyNode)
    }
    let order = descendingOrder(key.numbers, offsets: key.offsets)
    return values.withValues(
      order.map { values.numbers[$0] }, values.offsets, of: "sorted(\(values.objects), \(keyNode))")
  }

  /// The first values of each event.
  func leading(_ arguments: [SyntaxNode]) throws -> ExpressionValue {
    let values = try severalValues(value(of: arguments[0]), arguments[0], "leading")
    guard let number = constantInteger(arguments[1]), number >= 0 else {
      throw error("expected a whole number from 0", arguments[1])
    }
    var kept = [Double]()
    var offsets = [0]
    for row in 0..<(values.offsets.count - 1) {
      let start = values.offsets[row]
      kept.append(contentsOf: values.numbers[start..<min(start + number, values.offsets[row + 1])])
      offsets.append(kept.count)
    }
    return values.withValues(kept, offsets, of: "leading(\(values.objects), \(number))")
  }

  /// `where(condition, x, y)`: x where the condition holds, else y.
  func choice(_ arguments: [SyntaxNode], _ node: SyntaxNode) throws -> ExpressionValue {
    let condition = try condition(arguments[0])
    let first = try value(of: arguments[1])
    let second = try value(of: arguments[2])
    guard first.isBoolean == second.isBoolean else {
      throw error("expected values of the same kind as those before: both numbers or both conditions", arguments[2])
    }
    // The branch that is not taken gives 0, whatever it holds, so that the sum is the branch that is.
    let kept = try matching(condition.combined(with: first) { $0 != 0 ? $1 : 0 }, node)
    let other = try matching(condition.combined(with: second) { $0 == 0 ? $1 : 0 }, node)
    return try matching(kept.combined(with: other, isBoolean: first.isBoolean) { $0 + $1 }, node)
  }

  /// m_T = √(2 p_T p_T^miss (1 − cos Δϕ)) of a massless particle and the missing transverse momentum.
  func transverseMass(_ values: [ExpressionValue], _ node: SyntaxNode) throws -> ExpressionValue {
    let product = try matching(values[0].combined(with: values[2]) { 2 * $0 * $1 }, node)
    let angle = try matching(values[1].combined(with: values[3]) { 1 - Foundation.cos($0 - $1) }, node)
    return try matching(product.combined(with: angle) { ($0 * $1).squareRoot() }, node)
  }
}

/// Positions that put each row's values in descending order of their keys; equal keys keep their order, NaN goes last.
func descendingOrder(_ keys: [Double], offsets: [Int]) -> [Int] {
  var order = Array(keys.indices)
  for row in 0..<(offsets.count - 1) where offsets[row + 1] - offsets[row] > 1 {
    order[offsets[row]..<offsets[row + 1]].sort { a, b in
      let (x, y) = (keys[a], keys[b])
      if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
      return x == y ? a < b : x > y
    }
  }
  return order
}
