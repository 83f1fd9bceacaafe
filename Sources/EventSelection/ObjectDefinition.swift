import Columns
import Records

/// A collection made from others: the objects of one for which a condition holds, or several put together by p_T.
///
/// `Jet[Jet_pt > 30 and abs(Jet_eta) < 2.5]`, `Electron + Muon`, `Electron[Electron_pt > 25] + Muon[Muon_pt > 25]`.
public struct ObjectDefinition: Hashable, Sendable {
  /// A collection, or a choice from it.
  public struct Part: Hashable, Sendable {
    public var source: String
    /// `nil` takes all.
    public var condition: ColumnExpression?

    public init(source: String, condition: ColumnExpression? = nil) {
      self.source = source
      self.condition = condition
    }
  }

  /// The new collection; its columns are `<name>_pt` and so on.
  public var name: String
  /// At least one. The members that all have are kept; `<name>_source` then tells which part an object comes from, from 0.
  public var parts: [Part]
  private let text: String

  public init(name: String, parts: [Part]) {
    precondition(!parts.isEmpty, "objects '\(name)' need at least one part")
    self.name = name
    self.parts = parts
    text = parts.map { part in part.condition.map { "\(part.source)[\($0.text)]" } ?? part.source }.joined(
      separator: " + ")
  }

  /// Reads a definition.
  /// - Throws: ``ExpressionError``.
  public init(name: String, parsing text: String) throws {
    self.name = name
    self.text = text
    let whole = try ColumnExpression(parsing: text)
    parts = try Self.parts(of: whole.root, text: text, name: name)
    if parts.count == 1, parts[0].condition == nil { throw Self.unreadable(whole.root, text: text, name: name) }
  }

  private static func parts(of node: SyntaxNode, text: String, name: String) throws -> [Part] {
    switch node.kind {
    case .column(let source): return [Part(source: source)]
    case .binary(.plus, let left, let right):
      return try parts(of: left, text: text, name: name) + parts(of: right, text: text, name: name)
    case .subscripted(let base, let mask):
      guard case .column(let source) = base.kind else { throw unreadable(node, text: text, name: name) }
      return [Part(source: source, condition: try ColumnExpression(parsing: String(Array(text)[mask.range])))]
    default: throw unreadable(node, text: text, name: name)
    }
  }

  private static func unreadable(_ node: SyntaxNode, text: String, name: String) -> ExpressionError {
    ExpressionError(
      expression: text, range: node.range,
      message:
        "objects '\(name)' need a collection and a condition, Jet[Jet_pt > 30], or a sum of such: Electron + Muon")
  }

  /// Adds the collection's columns to a table.
  /// - Throws: ``ExpressionError``.
  func add(to table: inout LazyTable) throws {
    let choices = try parts.map { try choose($0, from: table) }
    guard choices.count > 1 else {
      for (member, column) in choices[0].members { try table.add("\(name)_\(member)", column) }
      return
    }
    let order = Order(choices: choices, rowCount: table.rowCount)
    let offsets = LazyOffsets(order.offsets)
    for (member, first) in choices[0].members {
      let columns = choices.compactMap { choice in choice.members.first { $0.name == member }?.column }
      guard columns.count == choices.count else { continue }
      let isSameType = columns.allSatisfy { $0.type == first.type }
      let joined = LazyColumn(isSameType ? first.type : .float64, offsets) {
        let values = columns.map { isSameType ? $0.values : .float64($0.doubles) }
        return values.dropFirst().reduce(values[0]) { $0.joined(with: $1) }.gathered(at: order.positions)
      }
      try table.add("\(name)_\(member)", joined)
    }
    let source = LazyColumn(.uint8, offsets) { .uint8(order.positions.map { order.source[$0] }) }
    try table.add("\(name)_source", source)
  }

  private struct Choice {
    var members: [(name: String, column: LazyColumn)]
    var offsets: LazyOffsets
  }

  /// The objects of a part with all their members.
  private func choose(_ part: Part, from table: LazyTable) throws -> Choice {
    let prefix = "\(part.source)_"
    let found = table.names.compactMap { name -> (name: String, column: LazyColumn)? in
      guard name.hasPrefix(prefix), !name.utf8.contains(UInt8(ascii: ":")), let column = table.lazyColumn(name),
        column.isJagged
      else {
        return nil
      }
      return (String(name.dropFirst(prefix.count)), column)
    }
    guard let all = found.first?.column.offsets else {
      let collections = Set(
        table.names.filter { table.lazyColumn($0)?.isJagged == true }.map { String($0.prefix { $0 != "_" }) }
      ).sorted()
      let near = nearestName(to: part.source, in: collections).map { "; nearest: '\($0)'" } ?? ""
      throw ExpressionError(
        expression: text, range: range(of: part.source),
        message: "no collection '\(part.source)'\(near). Collections: \(collections.joined(separator: ", "))")
    }
    let members = { (offsets: [Int]) in found.filter { $0.column.offsets?.values == offsets } }
    guard let condition = part.condition else { return Choice(members: members(all.values), offsets: all) }
    let mask = try condition.objectCondition(on: table)
    let kept = members(mask.offsets)
    guard !kept.isEmpty else {
      throw ExpressionError(
        expression: condition.text, range: 0..<condition.text.count,
        message: "objects '\(name)' need a condition for each object of \(part.source), this is one of other objects")
    }
    let chosen = LazyOffsets(where: mask.numbers.truths, of: mask.offsets)
    return Choice(members: kept.map { ($0.name, $0.column.taken(chosen)) }, offsets: chosen)
  }

  private func range(of source: String) -> Range<Int> {
    guard let found = text.range(of: source) else { return 0..<text.count }
    let start = text.distance(from: text.startIndex, to: found.lowerBound)
    return start..<start + source.count
  }

  /// How the objects of several choices stand in one collection: by falling p_T, equal ones and those without p_T in the
  /// order of the parts.
  private struct Order {
    /// Positions in the choices' values put one after another.
    var positions: [Int] = []
    var offsets = [0]
    /// The part that each of these values comes from.
    var source: [UInt8] = []

    init(choices: [Choice], rowCount: Int) {
      var starts = [Int]()
      let choicesOffsets = choices.map(\.offsets.values)
      for (index, choice) in choicesOffsets.enumerated() {
        starts.append(source.count)
        source += Array(repeating: UInt8(index), count: choice.last ?? 0)
      }
      for row in 0..<rowCount {
        for (choice, start) in zip(choicesOffsets, starts) {
          positions += (choice[row]..<choice[row + 1]).map { start + $0 }
        }
        offsets.append(positions.count)
      }
      let transverse = choices.compactMap { choice in
        choice.members.first { $0.name == "pt" }?.column.doubles
      }
      guard transverse.count == choices.count else { return }
      let all = transverse.flatMap { $0 }
      let order = descendingOrder(positions.map { all[$0] }, offsets: offsets)
      positions = order.map { positions[$0] }
    }
  }
}

extension ColumnValues {
  /// These values and then others of the same type.
  fileprivate func joined(with other: ColumnValues) -> ColumnValues {
    switch (self, other) {
    case (.float32(let a), .float32(let b)): .float32(a + b)
    case (.float64(let a), .float64(let b)): .float64(a + b)
    case (.int32(let a), .int32(let b)): .int32(a + b)
    case (.int64(let a), .int64(let b)): .int64(a + b)
    case (.uint8(let a), .uint8(let b)): .uint8(a + b)
    case (.bool(let a), .bool(let b)): .bool(a + b)
    default: preconditionFailure("cannot join \(type) and \(other.type)")
    }
  }
}
