import Histograms

/// Bins of two scores: those of the first, merged until each can bear several parts, each cut by the second.
///
/// Outer edges are those of the first score's own fit that leave four times the floors in every bin; inside each, edges of the
/// second score's own fit that leave every cell with both floors met. So a score with itself has the cells of its own fit.
struct PlaneBinning: Hashable, Sendable {
  /// Edges of the first score.
  let outer: [Double]
  /// Edges of the second in each bin of the first.
  let inner: [[Double]]
  /// The number of cells before each bin of the first.
  private let offsets: [Int]

  /// Times the floors that a bin of the first score holds.
  private static let parts = 4.0

  /// - Parameters:
  ///   - first, second: the scores' axes in fits of their own.
  ///   - background: the events of the fit, as values of both scores and weights.
  /// - Throws: ``FitBinningError``.
  init(
    first: Axis, second: Axis, background: (first: [Double], second: [Double], weights: [Double]), floors: FitBinning
  ) throws {
    func range(_ axis: Axis) -> ClosedRange<Double> { axis.edges[0]...axis.edges[axis.binCount] }
    func interior(_ axis: Axis) -> [Double] { Array(axis.edges.dropFirst().dropLast()) }
    var wide = floors
    wide.minimumBackground *= Self.parts
    wide.minimumEffective *= Self.parts
    let all = WeightedValues(values: background.first, weights: background.weights)
    do {
      outer = try wide.edges(candidates: interior(first), background: all, range: range(first))
    } catch FitBinningError.tooLittleBackground {
      outer = [first.edges[0], first.edges[first.binCount]]
    }
    var members = Array(repeating: WeightedValues(values: [], weights: []), count: outer.count - 1)
    for row in background.first.indices {
      let bin = Self.bin(background.first[row], outer)
      members[bin].values.append(background.second[row])
      members[bin].weights.append(background.weights[row])
    }
    inner = try members.map {
      try floors.edges(candidates: interior(second), background: $0, range: range(second))
    }
    offsets = inner.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count - 1) }
  }

  var cellCount: Int { offsets[offsets.count - 1] }

  /// The cell of two scores, from 0; values outside belong to the outermost bins.
  func cell(_ first: Double, _ second: Double) -> Int {
    let bin = Self.bin(first, outer)
    return offsets[bin] + Self.bin(second, inner[bin])
  }

  private static func bin(_ value: Double, _ edges: [Double]) -> Int {
    var low = 0, high = edges.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }
}
