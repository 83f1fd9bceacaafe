import Records

/// Reads expressions by precedence climbing.
///
/// Grammar, loosest first: `or`, `and`, `not`, comparisons, `+ -`, `* /`, unary `-`, `**` (to the right), then
/// subscripts `[…]` and `??` on elements. Names are letters, digits and `_`. A unit may stand behind a number.
struct ExpressionParser {
  private enum Token: Hashable {
    case number(Double)
    case name(String)
    case symbol(String)
    case end
  }

  private let text: [Character]
  private let source: String
  private var position = 0
  private var token = Token.end
  private var tokenRange = 0..<0
  /// Deeper nesting than any formula has; refuses input that would exhaust the stack.
  private static let depthMaximum = 200
  private var depth = 0
  /// Longer texts are refused unread.
  private static let lengthMaximum = 10_000
  /// Factors to GeV, rad, mm and pb.
  static let units: [String: Double] = [
    "MeV": 1e-3, "GeV": 1, "TeV": 1e3, "rad": 1, "deg": .pi / 180, "um": 1e-3, "mm": 1, "cm": 10, "m": 1000,
    "fb": 1e-3, "pb": 1, "nb": 1e3,
  ]

  private init(_ source: String) {
    self.source = source
    text = Array(source)
  }

  static func parse(_ source: String) throws -> SyntaxNode {
    var parser = ExpressionParser(source)
    guard parser.text.count <= lengthMaximum else {
      throw parser.error("longer than \(lengthMaximum) characters; define parts of it by name", at: 0..<1)
    }
    try parser.advance()
    guard parser.token != .end else { throw parser.error("an expression is empty", at: 0..<0) }
    let node = try parser.binary(above: 0)
    guard parser.token == .end else {
      throw parser.error("expected an operator or the end", at: parser.tokenRange)
    }
    // Long chains of operators nest to the left.
    guard node.height <= depthMaximum else {
      throw parser.error(
        "more than \(depthMaximum) operators, one within the other; define parts of it by name", at: 0..<1)
    }
    return node
  }

  private func error(_ message: String, at range: Range<Int>) -> ExpressionError {
    ExpressionError(expression: source, range: range, message: message)
  }

  // MARK: tokens

  private static let symbols = [
    "<=", ">=", "==", "!=", "**", "??", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ",",
  ]

  private mutating func advance() throws {
    while position < text.count, text[position].isWhitespace { position += 1 }
    let start = position
    defer { tokenRange = start..<position }
    guard position < text.count else {
      token = .end
      return
    }
    let first = text[position]
    if first.isASCII, first.isNumber || (first == "." && position + 1 < text.count && text[position + 1].isNumber) {
      token = .number(try number())
    } else if first.isASCII, first.isLetter || first == "_" {
      while position < text.count, text[position].isASCII,
        text[position].isLetter || text[position].isNumber || text[position] == "_"
      { position += 1 }
      token = .name(String(text[start..<position]))
    } else if let symbol = Self.symbols.first(where: { text[start...].starts(with: $0) }) {
      position += symbol.count
      token = .symbol(symbol)
    } else {
      let remedy: [Character: String] = [
        "&": " (write 'and')", "|": " (write 'or')", "!": " (write 'not')", "=": " (write '==')", "^": " (write '**')",
      ]
      throw error("unexpected '\(first)'\(remedy[first] ?? "")", at: start..<start + 1)
    }
  }

  private mutating func number() throws -> Double {
    let start = position
    func isDigit(_ at: Int) -> Bool { at < text.count && text[at].isASCII && text[at].isNumber }
    while isDigit(position) || (position < text.count && text[position] == ".") { position += 1 }
    if position < text.count, text[position] == "e" || text[position] == "E" {
      let signed = position + 1 < text.count && "+-".contains(text[position + 1]) ? position + 2 : position + 1
      if isDigit(signed) {
        position = signed
        while isDigit(position) { position += 1 }
      }
    }
    let digits = String(text[start..<position])
    guard let value = Double(digits), value.isFinite else {
      throw error("'\(digits)' is no number", at: start..<position)
    }
    return value
  }

  // MARK: grammar

  private var operation: BinaryOperator? {
    switch token {
    case .symbol(let symbol): BinaryOperator(rawValue: symbol)
    case .name(let name) where name == "and" || name == "or": BinaryOperator(rawValue: name)
    default: nil
    }
  }

  private mutating func binary(above lowest: Int) throws -> SyntaxNode {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthMaximum else {
      throw error("nested more than \(Self.depthMaximum) deep", at: tokenRange)
    }
    var left = try prefix()
    while let operation, operation.precedence > lowest {
      if operation.precedence == 4, case .binary(let before, _, _) = left.kind, before.precedence == 4,
        text[left.range.lowerBound] != "("
      {
        throw error("comparisons do not chain: write 'a < b and b < c'", at: tokenRange)
      }
      try advance()
      // A power binds to the right: 2 ** 3 ** 2 is 2 ** 9.
      let right = try binary(above: operation == .power ? operation.precedence - 1 : operation.precedence)
      left = SyntaxNode(
        kind: .binary(operation, left, right), range: left.range.lowerBound..<right.range.upperBound)
    }
    return left
  }

  private mutating func prefix() throws -> SyntaxNode {
    let start = tokenRange.lowerBound
    if token == .symbol("-") || token == .symbol("+") {
      let isMinus = token == .symbol("-")
      try advance()
      let operand = try binary(above: 7)
      guard isMinus else { return operand }
      return SyntaxNode(kind: .unary(.minus, operand), range: start..<operand.range.upperBound)
    }
    if token == .name("not") {
      try advance()
      let operand = try binary(above: 3)
      return SyntaxNode(kind: .unary(.not, operand), range: start..<operand.range.upperBound)
    }
    return try postfix()
  }

  private mutating func postfix() throws -> SyntaxNode {
    var node = try primary()
    while token == .symbol("[") || token == .symbol("??") {
      if token == .symbol("[") {
        try advance()
        let index = try binary(above: 0)
        let end = tokenRange.upperBound
        try expect("]", after: "the subscript")
        node = SyntaxNode(kind: .subscripted(node, index), range: node.range.lowerBound..<end)
      } else {
        try advance()
        let value = try prefix()
        node = SyntaxNode(kind: .fallback(node, value), range: node.range.lowerBound..<value.range.upperBound)
      }
    }
    return node
  }

  /// A number with the unit behind it, if there is one: `1.2 TeV` is 1200.
  private mutating func quantity(_ value: Double, from range: Range<Int>) throws -> SyntaxNode {
    try advance()
    guard case .name(let unit) = token, unit != "and", unit != "or" else {
      return SyntaxNode(kind: .number(value), range: range)
    }
    guard let factor = Self.units[unit], (value * factor).isFinite else {
      let known = Self.units.keys.sorted()
      let near = nearestName(to: unit, in: known).map { "; nearest: '\($0)'" } ?? ""
      throw error(
        "'\(unit)' behind a number is no unit\(near). Units: \(known.joined(separator: ", "))", at: tokenRange)
    }
    let end = tokenRange.upperBound
    try advance()
    return SyntaxNode(kind: .number(value * factor), range: range.lowerBound..<end)
  }

  private mutating func primary() throws -> SyntaxNode {
    let range = tokenRange
    switch token {
    case .number(let value):
      return try quantity(value, from: range)
    case .name("true"), .name("false"):
      let value = token == .name("true")
      try advance()
      return SyntaxNode(kind: .boolean(value), range: range)
    case .name(let name) where name != "and" && name != "or":
      try advance()
      guard token == .symbol("(") else { return SyntaxNode(kind: .column(name), range: range) }
      return try call(name, range)
    case .symbol("("):
      try advance()
      var inner = try binary(above: 0)
      let end = tokenRange.upperBound
      try expect(")", after: "the expression")
      inner.range = range.lowerBound..<end
      return inner
    case .end:
      throw error("the expression ends too early: expected a number, a column or '('", at: range)
    default:
      throw error("expected a number, a column or '('", at: range)
    }
  }

  private mutating func call(_ name: String, _ range: Range<Int>) throws -> SyntaxNode {
    try advance()
    var arguments = [SyntaxNode]()
    while token != .symbol(")") {
      arguments.append(try binary(above: 0))
      guard token == .symbol(",") else { break }
      try advance()
    }
    let end = tokenRange.upperBound
    try expect(")", after: "the arguments of '\(name)'")
    return SyntaxNode(kind: .call(name, arguments), range: range.lowerBound..<end)
  }

  private mutating func expect(_ symbol: String, after what: String) throws {
    guard token == .symbol(symbol) else { throw error("expected '\(symbol)' after \(what)", at: tokenRange) }
    try advance()
  }
}
