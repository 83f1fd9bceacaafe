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
    var table = LazyTable(table)
    for object in objects { try object.add(to: &table) }
    for definition in definitions { try table.define(definition) }
    return table.table()
  }

  /// Applies the selection to the table as it stands; take `table.variation(…)` first for a variation.
  ///
  /// Rows are selected in chunks that stay in the processor's cache, by all cores; results do not depend on either.
  /// - Parameter kept: the columns that the outcome's table has, in this order; all where not told.
  /// - Throws: ``ExpressionError``, `TableError` for a `weight` column that is not flat and for a kept one that is not there.
  public func apply(to table: Table, keeping kept: [String]? = nil) throws -> Outcome {
    let weights = table.contains("weight") ? try table.doubles("weight") : nil
    let plan = SelectionPlan(self, keeping: kept)
    let count = max(1, (table.rowCount + SelectionPlan.chunkSize - 1) / SelectionPlan.chunkSize)
    let chunks = try concurrentlyMapped(count) { index in
      try plan.select(
        from: LazyTable(table, rows: index * table.rowCount / count..<(index + 1) * table.rowCount / count))
    }
    var passing = chunks[0].table
    for chunk in chunks.dropFirst() { try passing.append(chunk.table) }
    var flow = CutFlow()
    for (cut, (name, text)) in ([("all events", "")] + cuts.map { ($0.name, $0.expression.text) }).enumerated() {
      var step = CutFlow.Step(name: name, expression: text)
      step.count = cut == 0 ? table.rowCount : chunks.reduce(0) { $0 + $1.counts[cut - 1] }
      (step.sumW, step.sumW2) =
        weights.map { Self.sums($0, chunks.map(\.passed), cut) } ?? (Double(step.count), Double(step.count))
      flow.steps.append(step)
    }
    return Outcome(table: passing, passes: chunks.flatMap { $0.passes }, cutFlow: flow)
  }

  /// Σw and Σw² of the rows that pass so many cuts, added in the order of the rows.
  private static func sums(_ weights: [Double], _ passed: [[UInt16]], _ cuts: Int) -> (Double, Double) {
    var (sumW, sumW2) = (0.0, 0.0)
    var first = 0
    for part in passed {
      for row in part.indices where part[row] >= cuts {
        sumW += weights[first + row]
        sumW2 += weights[first + row] * weights[first + row]
      }
      first += part.count
    }
    return (sumW, sumW2)
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
