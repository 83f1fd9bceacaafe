import Columns

/// A formula over the columns of a table: `count(Jet_pt > 30 and abs(Jet_eta) < 2.5) >= 2 and MissingET_MET > 100`.
///
/// Numbers, columns (flat or jagged) and conditions combine with `+ - * / **`, comparisons, `and`, `or`, `not`; a flat
/// value next to a jagged one holds for all values of its event. `Jet_pt[0]` is an event's first value, 0 where it has none
/// (`Jet_pt[0] ?? -1` chooses another); `Jet_pt[Jet_btag]` keeps the values where a condition on the same collection holds.
/// `nJet` is the number of an event's jets, `500 GeV` and `1.2 TeV` are numbers in GeV.
/// `count any all sum mean min max` turn the values of an event into one; 0 for an event without values.
public struct ColumnExpression: Hashable, Sendable, CustomStringConvertible {
  /// As it was written.
  public let text: String
  let root: SyntaxNode
  /// Parts that occur more than once; they are computed once.
  private let repeated: Set<SyntaxNode>

  /// - Throws: ``ExpressionError`` that points at the place that cannot be read.
  public init(parsing text: String) throws {
    self.text = text
    root = try ExpressionParser.parse(text)
    repeated = root.repeatedParts()
  }

  /// The formula with all parentheses; parses to the same formula.
  public var description: String { root.description }

  /// The columns that it needs, each once, in order of appearance.
  public var columns: [String] {
    var seen = Set<String>()
    return root.columns.filter { seen.insert($0).inserted && $0 != "pi" }
  }

  /// The formula's values as a column: of booleans for conditions, else of doubles; constants are repeated for each row.
  /// - Throws: ``ExpressionError`` for an unknown column or function, or for types that do not fit.
  public func evaluate(on table: any ColumnLookup) throws -> Column {
    let value = try ExpressionEvaluator(source: text, table: table, repeated: repeated).value(of: root)
    switch value.shape {
    case .constant: return column(Array(repeating: value.numbers[0], count: table.rowCount), value)
    case .flat, .jagged: return column(value.numbers, value)
    }
  }

  /// A condition for each object; flags count as conditions.
  func objectCondition(on table: any ColumnLookup) throws -> ExpressionValue {
    let value = try ExpressionEvaluator(source: text, table: table, repeated: repeated).condition(root)
    guard value.shape == .jagged else {
      throw ExpressionError(
        expression: text, range: 0..<text.count,
        message: "expected a condition for each object, found one value an event")
    }
    return value
  }

  private func column(_ numbers: [Double], _ value: ExpressionValue) -> Column {
    let values: ColumnValues = value.isBoolean ? .bool(numbers.truths) : .float64(numbers)
    return value.shape == .jagged ? Column(values, offsets: value.offsets) : Column(values)
  }

  /// One number an event.
  /// - Throws: ``ExpressionError`` if it gives a condition or several values an event.
  public func numbers(on table: any ColumnLookup) throws -> [Double] {
    let evaluator = ExpressionEvaluator(source: text, table: table, repeated: repeated)
    let value = try evaluator.number(root)
    guard value.shape != .jagged else { throw evaluator.error("expected one value an event, found several", root) }
    return value.shape == .constant ? Array(repeating: value.numbers[0], count: table.rowCount) : value.numbers
  }

  /// One truth value an event.
  /// - Throws: ``ExpressionError`` if it gives numbers or several values an event.
  public func mask(on table: any ColumnLookup) throws -> [Bool] {
    let evaluator = ExpressionEvaluator(source: text, table: table, repeated: repeated)
    let value = try evaluator.condition(root)
    guard value.shape != .jagged else {
      throw evaluator.error("expected one truth value an event, found several: use count, any or all", root)
    }
    return value.shape == .constant
      ? Array(repeating: value.numbers[0] != 0, count: table.rowCount) : value.numbers.truths
  }
}
