/// How many events are left after each cut, weighted and raw.
///
/// The first step is what came in; each further one is what passed this cut and all before it.
public struct CutFlow: Hashable, Codable, Sendable {
  /// The events that are left after one cut.
  public struct Step: Hashable, Codable, Sendable {
    public var name: String
    /// The cut as it was written; empty for the first step.
    public var expression: String
    /// Σw in the unit of the weights (pb for simulated samples).
    public var sumW: Double
    /// Σw².
    public var sumW2: Double
    /// Raw events.
    public var count: Int

    public init(name: String, expression: String = "", sumW: Double = 0, sumW2: Double = 0, count: Int = 0) {
      self.name = name
      self.expression = expression
      self.sumW = sumW
      self.sumW2 = sumW2
      self.count = count
    }

    /// N_eff = (Σw)²/Σw²: the number of unweighted events that would have the same relative uncertainty; 0 without events.
    public var effectiveCount: Double { sumW2 > 0 ? sumW * sumW / sumW2 : 0 }

    mutating func add(_ other: Step) {
      sumW += other.sumW
      sumW2 += other.sumW2
      count += other.count
    }
  }

  public var steps: [Step]

  public init(steps: [Step] = []) { self.steps = steps }

  /// The fraction of Σw that passes each step, relative to the first; 0 where nothing came in.
  public var efficiencies: [Double] {
    guard let first = steps.first, first.sumW != 0 else { return steps.map { _ in 0 } }
    return steps.map { $0.sumW / first.sumW }
  }

  /// Adds the counts of another batch or slice that went through the same cuts.
  ///
  /// A flow without steps takes over the other's.
  /// - Throws: ``CutFlowError`` if the cuts differ.
  public mutating func add(_ other: CutFlow) throws {
    if steps.isEmpty {
      steps = other.steps
      return
    }
    if other.steps.isEmpty { return }
    guard steps.map(\.name) == other.steps.map(\.name), steps.map(\.expression) == other.steps.map(\.expression) else {
      throw CutFlowError(mine: steps.map(\.name), other: other.steps.map(\.name))
    }
    for index in steps.indices { steps[index].add(other.steps[index]) }
  }
}

/// Two cut flows that went through different cuts cannot be added.
public struct CutFlowError: Error, Hashable, Sendable, CustomStringConvertible {
  public var mine: [String]
  public var other: [String]

  public var description: String {
    "cut flows of different cuts cannot be added: \(mine.joined(separator: ", ")) and \(other.joined(separator: ", "))"
      + (mine == other ? " (their expressions differ)" : "")
  }
}
