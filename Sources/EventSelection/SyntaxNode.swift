/// A part of an expression and where it stands.
struct SyntaxNode: Hashable, Sendable {
  indirect enum Kind: Hashable, Sendable {
    case number(Double)
    case boolean(Bool)
    case column(String)
    case unary(UnaryOperator, SyntaxNode)
    case binary(BinaryOperator, SyntaxNode, SyntaxNode)
    case call(String, [SyntaxNode])
    /// `base[subscript]`: an element where the subscript is a number, else a mask.
    case subscripted(SyntaxNode, SyntaxNode)
    /// `element ?? fallback`
    case fallback(SyntaxNode, SyntaxNode)
  }

  var kind: Kind
  /// Character positions in the text.
  var range: Range<Int>
}

enum UnaryOperator: String, Hashable, Sendable {
  case minus = "-"
  case not
}

enum BinaryOperator: String, Hashable, Sendable {
  case or, and
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case equal = "=="
  case notEqual = "!="
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divide = "/"
  case power = "**"

  /// Higher binds tighter; `not` stands at 3, the unary minus at 7, between product and power.
  var precedence: Int {
    switch self {
    case .or: 1
    case .and: 2
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual: 4
    case .plus, .minus: 5
    case .times, .divide: 6
    case .power: 8
    }
  }

  var takesBooleans: Bool { self == .or || self == .and }
  var givesBoolean: Bool { precedence <= 4 }
}

extension SyntaxNode: CustomStringConvertible {
  /// The expression with parentheses wherever two operators meet: parses to the same tree.
  var description: String {
    switch kind {
    case .number(let value): value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    case .boolean(let value): "\(value)"
    case .column(let name): name
    case .unary(.minus, let operand): "-\(operand.inParentheses)"
    case .unary(.not, let operand): "not \(operand.inParentheses)"
    case .binary(let operation, let left, let right):
      "\(left.inParentheses) \(operation.rawValue) \(right.inParentheses)"
    case .call(let name, let arguments): "\(name)(\(arguments.map(\.description).joined(separator: ", ")))"
    case .subscripted(let base, let index): "\(base.inParentheses)[\(index)]"
    case .fallback(let element, let value): "\(element.inParentheses) ?? \(value.inParentheses)"
    }
  }

  private var inParentheses: String {
    switch kind {
    case .unary, .binary, .fallback: "(\(self))"
    default: description
    }
  }

  /// The same tree whatever its places in the text.
  var withoutPlaces: SyntaxNode {
    let kind: Kind =
      switch kind {
      case .number, .boolean, .column: kind
      case .unary(let operation, let operand): .unary(operation, operand.withoutPlaces)
      case .binary(let operation, let a, let b): .binary(operation, a.withoutPlaces, b.withoutPlaces)
      case .call(let name, let arguments): .call(name, arguments.map(\.withoutPlaces))
      case .subscripted(let base, let index): .subscripted(base.withoutPlaces, index.withoutPlaces)
      case .fallback(let element, let value): .fallback(element.withoutPlaces, value.withoutPlaces)
      }
    return SyntaxNode(kind: kind, range: 0..<0)
  }

  var children: [SyntaxNode] {
    switch kind {
    case .number, .boolean, .column: []
    case .unary(_, let operand): [operand]
    case .binary(_, let a, let b), .subscripted(let a, let b), .fallback(let a, let b): [a, b]
    case .call(_, let arguments): arguments
    }
  }

  /// The number of levels, counted without recursion because it may be large.
  var height: Int {
    var level = [self]
    var height = 0
    while !level.isEmpty {
      height += 1
      level = level.flatMap(\.children)
    }
    return height
  }

  /// The operations, without places, that occur more than once. Empty for trees so large that looking would cost more.
  func repeatedParts() -> Set<SyntaxNode> {
    var operations = [SyntaxNode]()
    var open = [withoutPlaces]
    while let node = open.popLast() {
      if !node.children.isEmpty { operations.append(node) }
      guard operations.count <= 200 else { return [] }
      open += node.children
    }
    var seen = Set<SyntaxNode>()
    return Set(operations.filter { !seen.insert($0).inserted })
  }

  /// All columns that are named.
  var columns: [String] {
    switch kind {
    case .number, .boolean: []
    case .column(let name): [name]
    case .unary(_, let operand): operand.columns
    case .binary(_, let a, let b), .subscripted(let a, let b), .fallback(let a, let b): a.columns + b.columns
    case .call(_, let arguments): arguments.flatMap(\.columns)
    }
  }
}
