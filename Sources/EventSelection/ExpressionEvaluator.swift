import Columns
import Foundation
import Records

/// Computes the value of a syntax tree on a table, whole columns at a time, and checks types on the way.
struct ExpressionEvaluator {
  let source: String
  let table: any ColumnLookup
  private let repeated: Set<SyntaxNode>
  private let cache = Cache()

  /// The values of parts that occur more than once.
  private final class Cache { var values: [SyntaxNode: ExpressionValue] = [:] }

  /// - Parameter repeated: parts, without places, that are to be computed once.
  init(source: String, table: any ColumnLookup, repeated: Set<SyntaxNode> = []) {
    self.source = source
    self.table = table
    self.repeated = repeated
  }

  func error(_ message: String, _ node: SyntaxNode) -> ExpressionError {
    ExpressionError(expression: source, range: node.range, message: message)
  }

  func value(of node: SyntaxNode) throws -> ExpressionValue {
    guard !repeated.isEmpty else { return try computed(node) }
    let key = node.withoutPlaces
    guard repeated.contains(key) else { return try computed(node) }
    if let known = cache.values[key] { return known }
    let value = try computed(node)
    cache.values[key] = value
    return value
  }

  private func computed(_ node: SyntaxNode) throws -> ExpressionValue {
    switch node.kind {
    case .number(let value): .constant(value)
    case .boolean(let value): .constant(value ? 1 : 0, isBoolean: true)
    case .column(let name): try column(name, node)
    case .unary(let operation, let operand): try unary(operation, operand)
    case .binary(let operation, let left, let right): try binary(operation, left, right, node)
    case .call(let name, let arguments): try call(name, arguments, node)
    case .subscripted(let base, let index): try subscripted(base, index, node)
    case .fallback(let element, let fallback): try withFallback(element, fallback, node)
    }
  }

  /// A value that can be a condition: booleans, and flags of 0 and 1 stored as small integers.
  func condition(_ node: SyntaxNode) throws -> ExpressionValue {
    var value = try value(of: node)
    if value.isFlag {
      let present = value.present
      value = value.map(isBoolean: true) { $0 != 0 ? 1 : 0 }
      value.present = present
    }
    guard value.isBoolean else { throw error("expected a condition (a comparison, for instance), found numbers", node) }
    return value
  }

  func number(_ node: SyntaxNode) throws -> ExpressionValue {
    let value = try value(of: node)
    guard !value.isBoolean else { throw error("expected numbers, found a condition", node) }
    return value
  }

  private func column(_ name: String, _ node: SyntaxNode) throws -> ExpressionValue {
    if let column = table.lazyColumn(name) { return ExpressionValue(column, name: name) }
    if name == "pi" { return .constant(.pi) }
    if let offsets = collectionSize(name) { return .counts(offsets.values) }
    let near = nearestName(to: name, in: table.names).map { "; nearest: '\($0)'" } ?? ""
    throw error("no column '\(name)'\(near)", node)
  }

  /// The offsets of the collection that `nJet` counts.
  private func collectionSize(_ name: String) -> LazyOffsets? {
    guard name.hasPrefix("n"), name.count > 1 else { return nil }
    let prefix = name.dropFirst() + "_"
    return table.names.lazy.filter { $0.hasPrefix(prefix) && !$0.contains(":") }
      .compactMap { table.lazyColumn($0)?.offsets }.first
  }

  private func unary(_ operation: UnaryOperator, _ operand: SyntaxNode) throws -> ExpressionValue {
    switch operation {
    case .minus: try number(operand).map { -$0 }
    case .not: try condition(operand).map(isBoolean: true) { $0 == 0 ? 1 : 0 }
    }
  }

  private func binary(
    _ operation: BinaryOperator, _ left: SyntaxNode, _ right: SyntaxNode, _ node: SyntaxNode
  ) throws -> ExpressionValue {
    let a = try operation.takesBooleans ? condition(left) : number(left)
    let b = try operation.takesBooleans ? condition(right) : number(right)
    let result: ExpressionValue? =
      switch operation {
      case .or: a.combined(with: b, isBoolean: true) { $0 != 0 || $1 != 0 ? 1 : 0 }
      case .and: a.combined(with: b, isBoolean: true) { $0 != 0 && $1 != 0 ? 1 : 0 }
      case .less: a.combined(with: b, isBoolean: true) { $0 < $1 ? 1 : 0 }
      case .lessOrEqual: a.combined(with: b, isBoolean: true) { $0 <= $1 ? 1 : 0 }
      case .greater: a.combined(with: b, isBoolean: true) { $0 > $1 ? 1 : 0 }
      case .greaterOrEqual: a.combined(with: b, isBoolean: true) { $0 >= $1 ? 1 : 0 }
      case .equal: a.combined(with: b, isBoolean: true) { $0 == $1 ? 1 : 0 }
      case .notEqual: a.combined(with: b, isBoolean: true) { $0 != $1 ? 1 : 0 }
      case .plus: a.combined(with: b) { $0 + $1 }
      case .minus: a.combined(with: b) { $0 - $1 }
      case .times: a.combined(with: b) { $0 * $1 }
      case .divide: a.combined(with: b) { $0 / $1 }
      case .power: a.combined(with: b) { pow($0, $1) }
      }
    return try matching(result, node)
  }

  /// Refuses a combination of collections with different counts.
  func matching(_ value: ExpressionValue?, _ node: SyntaxNode) throws -> ExpressionValue {
    guard let value else {
      throw error(
        "these belong to different collections or choices of objects (different lengths); use one, or one element of each",
        node)
    }
    return value
  }

  private func subscripted(_ base: SyntaxNode, _ index: SyntaxNode, _ node: SyntaxNode) throws -> ExpressionValue {
    if case .column(let name) = base.kind, let column = table.lazyColumn(name), column.isJagged,
      let position = constantInteger(index)
    {
      return .element(position, of: column)
    }
    let value = try value(of: base)
    guard value.shape == .jagged else {
      throw error("[…] needs several values an event, found \(value.shapeName)", base)
    }
    if let position = constantInteger(index) { return value.element(position) }
    let mask = try condition(index)
    guard mask.shape == .jagged, mask.objects == value.objects, mask.offsets == value.offsets else {
      throw error("a mask needs a condition on the same collection, or a whole number for one element", index)
    }
    return value.masked(mask, named: index.description)
  }

  func constantInteger(_ node: SyntaxNode) -> Int? {
    switch node.kind {
    case .number(let value) where value == value.rounded() && abs(value) < 1e6: Int(value)
    case .unary(.minus, let operand): constantInteger(operand).map { -$0 }
    default: nil
    }
  }

  private func withFallback(_ element: SyntaxNode, _ fallback: SyntaxNode, _ node: SyntaxNode) throws -> ExpressionValue
  {
    let value = try value(of: element)
    guard value.shape == .flat, !value.present.isEmpty || table.rowCount == 0 else {
      throw error("?? needs an element before it, such as Jet_pt[0]", element)
    }
    let other = try self.value(of: fallback)
    guard other.shape != .jagged, other.isBoolean == value.isBoolean || (value.isFlag && other.isBoolean) else {
      throw error("?? needs one value of the same kind after it", fallback)
    }
    var result = value
    result.present = []
    for row in value.present.indices where !value.present[row] {
      result.numbers[row] = other.numbers[other.shape == .constant ? 0 : row]
    }
    return result
  }
}
