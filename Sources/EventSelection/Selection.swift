import Columns
import Histograms

/// A name for an expression.
public struct NamedExpression: Hashable, Sendable {
  public var name: String
  public var expression: ColumnExpression

  public init(name: String, expression: ColumnExpression) {
    self.name = name
    self.expression = expression
  }
}

/// Which events are kept: object definitions, derived columns, then cuts in order.
public struct Selection: Hashable, Sendable {
  public var objects: [ObjectDefinition]
  public var definitions: [NamedExpression]
  public var cuts: [NamedExpression]

  public init(objects: [ObjectDefinition] = [], definitions: [NamedExpression] = [], cuts: [NamedExpression] = []) {
    self.objects = objects
    self.definitions = definitions
    self.cuts = cuts
  }

  /// The events that pass, with all columns and the derived ones.
  public struct Outcome: Sendable {
    /// The events that pass all cuts.
    public var table: Table
    /// For each event that came in, whether it passed.
    public var passes: [Bool]
    /// Weighted by the table's `weight` column, or by 1 where it has none.
    public var cutFlow: CutFlow
  }

  /// The table with objects and derived columns added, no event removed.
  /// - Throws: ``ExpressionError``.
  public func derived(from table: Table) throws -> Table {
    var table = table
    for object in objects { try object.add(to: &table) }
    for definition in definitions { try table.add(definition.name, definition.expression.evaluate(on: table)) }
    return table
  }

  /// Applies the selection to the table as it stands; take `table.variation(…)` first for a variation.
  ///
  /// Rows are selected in chunks that stay in the processor's cache, by all cores; results do not depend on either.
  /// - Parameter kept: the columns that the outcome's table has, in this order; all where not told.
  /// - Throws: ``ExpressionError``, `TableError` for a `weight` column that is not flat and for a kept one that is not there.
  public func apply(to table: Table, keeping kept: [String]? = nil) throws -> Outcome {
    let weights = table.contains("weight") ? try table.doubles("weight") : nil
    let plan = SelectionPlan(self, keeping: kept)
    let size = SelectionPlan.chunkSize
    let chunks = try concurrentlyMapped(max(1, (table.rowCount + size - 1) / size)) { index in
      let rows = index * size..<min((index + 1) * size, table.rowCount)
      return try plan.select(from: rows.count == table.rowCount ? table : table[rows: rows])
    }
    var passing = chunks[0].table
    for chunk in chunks.dropFirst() { try passing.append(chunk.table) }
    let all = Array(repeating: true, count: table.rowCount)
    var flow = CutFlow(steps: [Self.step("all events", "", [all], count: all.count, weights)])
    for (index, cut) in cuts.enumerated() {
      flow.steps.append(
        Self.step(
          cut.name, cut.expression.text, chunks.map { $0.passes[index] },
          count: chunks.reduce(0) { $0 + $1.counts[index] }, weights))
    }
    let passes = cuts.isEmpty ? all : chunks.flatMap { $0.passes[cuts.count - 1] }
    return Outcome(table: passing, passes: passes, cutFlow: flow)
  }

  /// - Parameter weights: 1 each where there are none.
  private static func step(
    _ name: String, _ text: String, _ passes: [[Bool]], count: Int, _ weights: [Double]?
  ) -> CutFlow.Step {
    var step = CutFlow.Step(name: name, expression: text)
    step.count = count
    guard let weights else {
      step.sumW = Double(count)
      step.sumW2 = Double(count)
      return step
    }
    var first = 0
    for part in passes {
      for row in part.indices where part[row] {
        step.sumW += weights[first + row]
        step.sumW2 += weights[first + row] * weights[first + row]
      }
      first += part.count
    }
    return step
  }
}

extension CutFlow {
  /// Σw times `factor`, Σw² times its square; raw counts stay.
  public func scaled(by factor: Double) -> CutFlow {
    CutFlow(
      steps: steps.map {
        var step = $0
        step.sumW *= factor
        step.sumW2 *= factor * factor
        return step
      })
  }
}
