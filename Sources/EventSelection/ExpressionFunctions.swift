import Foundation
import Records

/// The functions of the expression language.
extension ExpressionEvaluator {
  /// Names and what they take, for errors and help.
  static let functions: [(name: String, signature: String)] =
    elementwise.keys.sorted().map { ($0, "\($0)(x)") }
    + pairwise.keys.sorted().map { ($0, "\($0)(x, y)") }
    + [
      ("count", "count(condition) or count(values)"), ("any", "any(condition)"), ("all", "all(condition)"),
      ("sum", "sum(values)"), ("mean", "mean(values)"), ("min", "min(values) or min(x, y, …)"),
      ("max", "max(values) or max(x, y, …)"), ("deltaR", "deltaR(eta1, phi1, eta2, phi2)"),
      ("mass", "mass(pt1, eta1, phi1, m1, pt2, eta2, phi2, m2, …)"),
      ("transverseMass", "transverseMass(pt, phi, missing, missing_phi)"),
      ("sorted", "sorted(values) or sorted(values, key)"), ("leading", "leading(values, number)"),
      ("where", "where(condition, x, y)"),
    ]
    + kinematic.keys.sorted().map { ($0, "\($0)(\(kinematic[$0]?.arguments.joined(separator: ", ") ?? ""))") }

  // A closure over whole columns for each function, so that the loop inside is compiled for it.
  private static let elementwise: [String: @Sendable (ExpressionValue) -> ExpressionValue] = [
    "abs": { $0.map { Swift.abs($0) } }, "sqrt": { $0.map { $0.squareRoot() } },
    "exp": { $0.map { Foundation.exp($0) } },
    "log": { $0.map { Foundation.log($0) } }, "log10": { $0.map { Foundation.log10($0) } },
    "sin": { $0.map { Foundation.sin($0) } },
    "cos": { $0.map { Foundation.cos($0) } }, "tan": { $0.map { Foundation.tan($0) } },
    "sinh": { $0.map { Foundation.sinh($0) } },
    "cosh": { $0.map { Foundation.cosh($0) } }, "asinh": { $0.map { Foundation.asinh($0) } },
    "tanh": { $0.map { Foundation.tanh($0) } },
    "floor": { $0.map { $0.rounded(.down) } },
    "ceil": { $0.map { $0.rounded(.up) } },
  ]

  private static let pairwise: [String: @Sendable (ExpressionValue, ExpressionValue) -> ExpressionValue?] = [
    "atan2": { $0.combined(with: $1) { Foundation.atan2($0, $1) } },
    "pow": { $0.combined(with: $1) { Foundation.pow($0, $1) } },
    "hypot": { $0.combined(with: $1) { Foundation.hypot($0, $1) } },
    // Whether bit n, counted from 0, of a whole number is set: division and rounding are exact for all that doubles hold.
    "bit": {
      $0.combined(with: $1, isBoolean: true) {
        ($0 / Foundation.exp2($1)).rounded(.down).truncatingRemainder(dividingBy: 2) == 0 ? 0 : 1
      }
    },
    // The difference of two azimuths, in [−π, π].
    "deltaPhi": { $0.combined(with: $1) { ($0 - $1).remainder(dividingBy: 2 * .pi) } },
  ]

  func call(_ name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) throws -> ExpressionValue {
    if let function = Self.elementwise[name] {
      try need(1, of: name, arguments, node)
      return function(try number(arguments[0]))
    }
    if let function = Self.pairwise[name] {
      try need(2, of: name, arguments, node)
      return try matching(function(number(arguments[0]), number(arguments[1])), node)
    }
    if let function = Self.kinematic[name] {
      try need(function.arguments.count, of: name, arguments, node)
      return try evaluate(function, arguments.map(number), node)
    }
    switch name {
    case "count", "any", "all": return try countReduction(name, arguments, node)
    case "sum", "mean": return try reduction(name, arguments, node)
    case "min", "max":
      return arguments.count > 1 ? try extremum(name, arguments, node) : try reduction(name, arguments, node)
    case "deltaR":
      try need(4, of: name, arguments, node)
      return try deltaR(arguments.map(number), node)
    case "mass":
      guard arguments.count >= 4, arguments.count.isMultiple(of: 4) else { throw wrongCount(name, arguments, node) }
      return try mass(arguments.map(number), node)
    case "transverseMass":
      try need(4, of: name, arguments, node)
      return try transverseMass(arguments.map(number), node)
    case "sorted":
      guard arguments.count == 1 || arguments.count == 2 else { throw wrongCount(name, arguments, node) }
      return try sorted(arguments)
    case "leading":
      try need(2, of: name, arguments, node)
      return try leading(arguments)
    case "where":
      try need(3, of: name, arguments, node)
      return try choice(arguments, node)
    default:
      let near = nearestName(to: name, in: Self.functions.map(\.name)).map { "; nearest: '\($0)'" } ?? ""
      let all = Self.functions.map(\.name).joined(separator: ", ")
      throw error("no function '\(name)'\(near). There are \(all)", node)
    }
  }

  private func need(_ count: Int, of name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) throws {
    guard arguments.count == count else { throw wrongCount(name, arguments, node) }
  }

  private func wrongCount(_ name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) -> ExpressionError {
    let signature = Self.functions.first { $0.name == name }?.signature ?? name
    return error("'\(name)' has \(arguments.count) arguments; write \(signature)", node)
  }

  func severalValues(_ value: ExpressionValue, _ argument: SyntaxNode, _ name: String) throws -> ExpressionValue {
    guard value.shape == .jagged else {
      throw error("'\(name)' needs several values an event, found \(value.shapeName)", argument)
    }
    return value
  }

  /// `count` of numbers is the number of values, of a condition the number of true ones.
  private func countReduction(_ name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) throws -> ExpressionValue {
    try need(1, of: name, arguments, node)
    let argument = arguments[0]
    // The objects of a collection are counted without any member of theirs.
    if name == "count", case .column(let member) = argument.kind, let column = table.lazyColumn(member),
      let offsets = column.offsets, column.type != .bool, column.type != .uint8
    {
      return .counts(offsets.values)
    }
    let given = try severalValues(value(of: argument), argument, name)
    if name == "count", !given.isBoolean, !given.isFlag { return .counts(given.offsets) }
    let flags = try condition(argument)
    switch name {
    case "count": return flags.reduced { values in values.reduce(0, +) }
    case "any": return flags.reduced(isBoolean: true) { values in values.contains { $0 != 0 } ? 1 : 0 }
    default: return flags.reduced(isBoolean: true) { values in values.allSatisfy { $0 != 0 } ? 1 : 0 }
    }
  }

  /// Sum 0, mean 0, minimum and maximum 0 where an event has no values, as for missing elements.
  private func reduction(_ name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) throws -> ExpressionValue {
    try need(1, of: name, arguments, node)
    let values = try severalValues(number(arguments[0]), arguments[0], name)
    switch name {
    case "sum": return values.reduced { $0.reduce(0, +) }
    case "mean": return values.reduced { $0.isEmpty ? 0 : $0.reduce(0, +) / Double($0.count) }
    case "min": return values.reduced { $0.min() ?? 0 }
    default: return values.reduced { $0.max() ?? 0 }
    }
  }

  private func extremum(_ name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) throws -> ExpressionValue {
    var result = try number(arguments[0])
    for argument in arguments.dropFirst() {
      let other = try number(argument)
      result = try matching(
        name == "min" ? result.combined(with: other, min) : result.combined(with: other, max), node)
    }
    return result
  }

  private func deltaR(_ values: [ExpressionValue], _ node: SyntaxNode) throws -> ExpressionValue {
    let eta = try matching(values[0].combined(with: values[2]) { $0 - $1 }, node)
    let phi = try matching(
      values[1].combined(with: values[3]) { ($0 - $1).remainder(dividingBy: 2 * .pi) }, node)
    return try matching(eta.combined(with: phi) { Foundation.hypot($0, $1) }, node)
  }

  /// The invariant mass of all given momenta together; rounding below zero gives 0.
  private func mass(_ values: [ExpressionValue], _ node: SyntaxNode) throws -> ExpressionValue {
    var sums = [ExpressionValue](repeating: .constant(0), count: 4)
    for first in stride(from: 0, to: values.count, by: 4) {
      let (pt, eta, phi, m) = (values[first], values[first + 1], values[first + 2], values[first + 3])
      let pz = try matching(pt.combined(with: eta) { $0 * Foundation.sinh($1) }, node)
      let momentum = try matching(pt.combined(with: eta) { $0 * Foundation.cosh($1) }, node)
      let parts = try [
        matching(pt.combined(with: phi) { $0 * Foundation.cos($1) }, node),
        matching(pt.combined(with: phi) { $0 * Foundation.sin($1) }, node),
        pz,
        matching(momentum.combined(with: m) { Foundation.hypot($0, $1) }, node),
      ]
      for (axis, part) in parts.enumerated() {
        sums[axis] = try matching(sums[axis].combined(with: part) { $0 + $1 }, node)
      }
    }
    var square = sums[3].map { $0 * $0 }
    for axis in 0..<3 { square = try matching(square.combined(with: sums[axis]) { $0 - $1 * $1 }, node) }
    return square.map { max(0, $0).squareRoot() }
  }
}
