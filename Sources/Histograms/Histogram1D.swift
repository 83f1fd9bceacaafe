import Records

/// A histogram's axis: increasing finite edges, a title and a unit.
public struct Axis: Hashable, Codable, Sendable {
  /// `binCount + 1` increasing edges.
  public let edges: [Double]
  /// What is on the axis, for pictures: `H_{T}`.
  public var title: String
  /// The unit, or empty: `GeV`.
  public var unit: String

  /// - Throws: ``HistogramError/badEdges(_:)`` unless there are two edges or more, all finite and increasing.
  public init(edges: [Double], title: String = "", unit: String = "") throws {
    guard edges.count >= 2, edges.allSatisfy(\.isFinite), zip(edges, edges.dropFirst()).allSatisfy(<) else {
      throw HistogramError.badEdges(edges)
    }
    self.edges = edges
    self.title = title
    self.unit = unit
  }

  /// `binCount` bins of the same width.
  public init(binCount: Int, from low: Double, to high: Double, title: String = "", unit: String = "") throws {
    guard binCount > 0 else { throw HistogramError.badEdges([low, high]) }
    let width = (high - low) / Double(binCount)
    try self.init(
      edges: (0...binCount).map { $0 == binCount ? high : low + Double($0) * width }, title: title, unit: unit)
  }

  public var binCount: Int { edges.count - 1 }

  /// The storage slot of a value: 0 is underflow, `1 ... binCount` are the bins (closed below, open above),
  /// `binCount + 1` is overflow. NaN has none.
  public func slot(of value: Double) -> Int? {
    guard !value.isNaN else { return nil }
    // With bins of the same width it is the one where the value divides the axis, or, after rounding, not.
    let guess = (value - edges[0]) / (edges[binCount] - edges[0]) * Double(binCount)
    if guess >= 0, guess < Double(binCount) {
      let bin = Int(guess)
      if edges[bin] <= value, value < edges[bin + 1] { return bin + 1 }
    }
    // The number of edges that are not above the value.
    var low = 0
    var high = edges.count
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Weighted counts in bins: Σw, Σw² and the raw number of entries, with underflow and overflow.
public struct Histogram1D: Hashable, Codable, Sendable {
  public var axis: Axis
  private var weights: [Double]
  private var squares: [Double]
  private var entries: [Int]

  public init(axis: Axis) {
    self.axis = axis
    weights = Array(repeating: 0, count: axis.binCount + 2)
    squares = weights
    entries = Array(repeating: 0, count: axis.binCount + 2)
  }

  /// A histogram from its bins' contents, without underflow and overflow.
  public init(axis: Axis, sumW: [Double], sumW2: [Double], counts: [Int]) {
    precondition(
      sumW.count == axis.binCount && sumW2.count == axis.binCount && counts.count == axis.binCount,
      "\(axis.binCount) bins, but \(sumW.count), \(sumW2.count), \(counts.count) contents")
    self.axis = axis
    weights = [0] + sumW + [0]
    squares = [0] + sumW2 + [0]
    entries = [0] + counts + [0]
  }

  /// A histogram from its slots' contents: underflow, the bins, overflow.
  public init(axis: Axis, sumWWithFlow: [Double], sumW2WithFlow: [Double], countsWithFlow: [Int]) {
    let slots = axis.binCount + 2
    precondition(
      sumWWithFlow.count == slots && sumW2WithFlow.count == slots && countsWithFlow.count == slots,
      "\(slots) slots, but \(sumWWithFlow.count), \(sumW2WithFlow.count), \(countsWithFlow.count) contents")
    self.axis = axis
    weights = sumWWithFlow
    squares = sumW2WithFlow
    entries = countsWithFlow
  }

  public var binCount: Int { axis.binCount }
  /// Σw with underflow first and overflow last.
  public var sumWWithFlow: [Double] { weights }
  /// Σw² with underflow first and overflow last.
  public var sumW2WithFlow: [Double] { squares }
  /// Σw of each bin.
  public var sumW: [Double] { Array(weights[1...binCount]) }
  /// Σw² of each bin.
  public var sumW2: [Double] { Array(squares[1...binCount]) }
  /// The raw number of entries of each bin.
  public var counts: [Int] { Array(entries[1...binCount]) }
  public var underflow: Double { weights[0] }
  public var overflow: Double { weights[binCount + 1] }
  /// Σw over the bins, without underflow and overflow.
  public var integral: Double { sumW.reduce(0, +) }
  /// √Σw² of each bin.
  public var errors: [Double] { sumW2.map { $0.squareRoot() } }

  /// N_eff = (Σw)²/Σw² of a bin: the number of unweighted events with the same relative uncertainty. Zero for an empty bin.
  public func effectiveCount(_ bin: Int) -> Double {
    let square = squares[bin + 1]
    return square > 0 ? weights[bin + 1] * weights[bin + 1] / square : 0
  }

  /// Adds one entry.
  /// - Throws: ``HistogramError/notANumber(value:weight:)``: a NaN has no bin and must not be lost silently.
  public mutating func fill(_ value: Double, weight: Double = 1) throws {
    guard let slot = axis.slot(of: value), weight.isFinite else {
      throw HistogramError.notANumber(value: value, weight: weight)
    }
    weights[slot] += weight
    squares[slot] += weight * weight
    entries[slot] += 1
  }

  /// Adds an entry of weight 1 for each value.
  /// - Throws: ``HistogramError/notANumber(value:weight:)``; the values before that one are in.
  public mutating func fill(contentsOf values: [Double]) throws {
    try weights.withUnsafeMutableBufferPointer { weights in
      try squares.withUnsafeMutableBufferPointer { squares in
        try entries.withUnsafeMutableBufferPointer { entries in
          for value in values {
            guard let slot = axis.slot(of: value) else { throw HistogramError.notANumber(value: value, weight: 1) }
            weights[slot] += 1
            squares[slot] += 1
            entries[slot] += 1
          }
        }
      }
    }
  }

  /// Σw is scaled by `factor`, Σw² by its square.
  public func scaled(by factor: Double) -> Histogram1D {
    var result = self
    result.weights = weights.map { $0 * factor }
    result.squares = squares.map { $0 * factor * factor }
    return result
  }

  /// Adds the contents of underflow to the first bin and those of overflow to the last.
  public func foldingOverflow() -> Histogram1D {
    var result = self
    for (from, to) in [(0, 1), (binCount + 1, binCount)] {
      result.weights[to] += weights[from]
      result.squares[to] += squares[from]
      result.entries[to] += entries[from]
      result.weights[from] = 0
      result.squares[from] = 0
      result.entries[from] = 0
    }
    return result
  }

  /// - Throws: ``HistogramError/differentAxes`` unless both have the same edges.
  public mutating func add(_ other: Histogram1D) throws {
    guard axis.edges == other.axis.edges else { throw HistogramError.differentAxes }
    for slot in weights.indices {
      weights[slot] += other.weights[slot]
      squares[slot] += other.squares[slot]
      entries[slot] += other.entries[slot]
    }
  }
}

public enum HistogramError: Error, Hashable, Sendable, CustomStringConvertible {
  case badEdges([Double])
  case notANumber(value: Double, weight: Double)
  case differentAxes

  public var description: String {
    switch self {
    case .badEdges(let edges): "edges must be two or more finite, increasing numbers, got \(edges)"
    case .notANumber(let value, let weight): "cannot fill value \(value) with weight \(weight): both must be numbers"
    case .differentAxes: "histograms with different edges cannot be added"
    }
  }
}
