/// Weighted counts in cells of two axes: Σw, Σw² and the raw number of entries, with underflow and overflow of each axis.
public struct Histogram2D: Hashable, Codable, Sendable {
  public let x: Axis
  public let y: Axis
  /// [y + 2, x + 2], x fastest: slot 0 of an axis is its underflow, the last its overflow.
  private var weights: [Double]
  private var squares: [Double]
  private var entries: [Int]

  public init(x: Axis, y: Axis) {
    self.x = x
    self.y = y
    weights = Array(repeating: 0, count: (x.binCount + 2) * (y.binCount + 2))
    squares = weights
    entries = Array(repeating: 0, count: weights.count)
  }

  /// A histogram from its slots' contents: [y + 2, x + 2], x fastest, underflow and overflow included.
  public init(x: Axis, y: Axis, sumWWithFlow: [Double], sumW2WithFlow: [Double], countsWithFlow: [Int]) {
    let slots = (x.binCount + 2) * (y.binCount + 2)
    precondition(
      sumWWithFlow.count == slots && sumW2WithFlow.count == slots && countsWithFlow.count == slots,
      "\(slots) slots, but \(sumWWithFlow.count), \(sumW2WithFlow.count), \(countsWithFlow.count) contents")
    self.x = x
    self.y = y
    weights = sumWWithFlow
    squares = sumW2WithFlow
    entries = countsWithFlow
  }

  /// Adds one entry.
  /// - Throws: ``HistogramError/notANumber(value:weight:)``.
  public mutating func fill(_ xValue: Double, _ yValue: Double, weight: Double = 1) throws {
    guard let column = x.slot(of: xValue), weight.isFinite else {
      throw HistogramError.notANumber(value: xValue, weight: weight)
    }
    guard let row = y.slot(of: yValue) else { throw HistogramError.notANumber(value: yValue, weight: weight) }
    let slot = row * (x.binCount + 2) + column
    weights[slot] += weight
    squares[slot] += weight * weight
    entries[slot] += 1
  }

  /// Σw of a cell; -1 and the number of bins are underflow and overflow.
  public func sumW(x column: Int, y row: Int) -> Double { weights[slot(column, row)] }
  /// Σw² of a cell.
  public func sumW2(x column: Int, y row: Int) -> Double { squares[slot(column, row)] }
  /// The raw number of entries of a cell.
  public func count(x column: Int, y row: Int) -> Int { entries[slot(column, row)] }

  /// Σw of all slots: [y + 2, x + 2], x fastest.
  public var sumWWithFlow: [Double] { weights }
  /// Σw² of all slots.
  public var sumW2WithFlow: [Double] { squares }
  /// Σw over the cells, without underflow and overflow.
  public var integral: Double {
    (0..<y.binCount).reduce(0) { sum, row in
      sum + (0..<x.binCount).reduce(0) { $0 + weights[slot($1, row)] }
    }
  }

  /// The histogram of x alone, summed over all of y, its underflow and overflow included.
  public func projectedOnX() -> Histogram1D {
    let width = x.binCount + 2
    return summed(axis: x, width: width) { $0 % width }
  }

  /// The histogram of y alone, summed over all of x, its underflow and overflow included.
  public func projectedOnY() -> Histogram1D {
    let width = x.binCount + 2
    return summed(axis: y, width: y.binCount + 2) { $0 / width }
  }

  private func slot(_ column: Int, _ row: Int) -> Int {
    precondition(
      (-1...x.binCount).contains(column) && (-1...y.binCount).contains(row),
      "no cell (\(column), \(row)) of \(x.binCount) × \(y.binCount)")
    return (row + 1) * (x.binCount + 2) + column + 1
  }

  private func summed(axis: Axis, width: Int, onto target: (Int) -> Int) -> Histogram1D {
    var sumW = [Double](repeating: 0, count: width)
    var sumW2 = sumW
    var counts = [Int](repeating: 0, count: width)
    for slot in weights.indices {
      sumW[target(slot)] += weights[slot]
      sumW2[target(slot)] += squares[slot]
      counts[target(slot)] += entries[slot]
    }
    return Histogram1D(axis: axis, sumWWithFlow: sumW, sumW2WithFlow: sumW2, countsWithFlow: counts)
  }
}
