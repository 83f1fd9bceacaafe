import Histograms

/// Weighted values of one observable: what a binning is chosen from.
public struct WeightedValues: Sendable {
  public var values: [Double]
  /// Expected events that each value stands for.
  public var weights: [Double]

  public init(values: [Double], weights: [Double]) {
    precondition(values.count == weights.count, "\(values.count) values, \(weights.count) weights")
    self.values = values
    self.weights = weights
  }
}

/// Chooses the bins of a fit: quantiles of the signal, merged from the signal-rich end until each bin holds enough
/// background, both expected and simulated.
public struct FitBinning: Hashable, Codable, Sendable {
  /// Quantiles of the signal to begin with.
  public var bins: Int
  /// The least expected background of a bin.
  public var minimumBackground: Double
  /// The least N_eff = (Σw)²/Σw² of a bin's background.
  public var minimumEffective: Double

  /// The edges of the bins, closed by `range`: those of the signal's quantiles that leave every bin with both floors met.
  ///
  /// - Parameters:
  ///   - signal: events that the fit does not use, so that the edges do not follow its fluctuations.
  ///   - background: the events that the fit uses. Those that a network was trained on are no measure of them: it has learnt to
  ///     keep them away from the signal.
  /// - Throws: ``FitBinningError`` if all background together misses a floor, or the signal is empty.
  public func edges(
    signal: WeightedValues, background: WeightedValues, range: ClosedRange<Double>
  ) throws -> [Double] {
    try edges(candidates: quantiles(of: signal, within: range), background: background, range: range)
  }

  /// The same with candidate edges that are given: increasing, inside `range`.
  func edges(
    candidates: [Double], background: WeightedValues, range: ClosedRange<Double>
  ) throws -> [Double] {
    let sorted = background.values.indices.sorted { background.values[$0] > background.values[$1] }
    var edges = [range.upperBound]
    var next = 0
    var (sum, squares) = (0.0, 0.0)
    // Walk down from the signal-rich end; close a bin at a candidate edge once its content meets the floors.
    for edge in candidates.reversed() + [range.lowerBound] {
      while next < sorted.count, background.values[sorted[next]] >= edge {
        let weight = background.weights[sorted[next]]
        sum += weight
        squares += weight * weight
        next += 1
      }
      let effective = squares > 0 ? sum * sum / squares : 0
      let full = sum >= minimumBackground && effective >= minimumEffective
      if edge > range.lowerBound {
        guard full, edge < edges[edges.count - 1] else { continue }
        edges.append(edge)
        (sum, squares) = (0, 0)
      } else if full {
        edges.append(edge)
      } else if edges.count == 1 {
        throw FitBinningError.tooLittleBackground(
          expected: sum, effective: effective, needed: (minimumBackground, minimumEffective))
      } else {
        // What is left at the low end is too little for a bin of its own: it joins its neighbour.
        edges[edges.count - 1] = edge
      }
    }
    return edges.reversed()
  }

  /// Interior edges at the signal's quantiles, increasing and distinct.
  private func quantiles(of signal: WeightedValues, within range: ClosedRange<Double>) throws -> [Double] {
    let order = signal.values.indices.sorted { signal.values[$0] < signal.values[$1] }
    let total = signal.weights.reduce(0, +)
    guard total > 0, total.isFinite else { throw FitBinningError.emptySignal(total) }
    var edges = [Double]()
    var sum = 0.0
    var wanted = 1
    for index in order {
      sum += signal.weights[index]
      while wanted < bins, sum >= total * Double(wanted) / Double(bins) {
        let edge = signal.values[index]
        if edge > range.lowerBound, edge < range.upperBound, edge > edges.last ?? range.lowerBound {
          edges.append(edge)
        }
        wanted += 1
      }
    }
    return edges
  }
}

/// Why no binning could be chosen.
public enum FitBinningError: Error, Sendable, CustomStringConvertible {
  case emptySignal(Double)
  case tooLittleBackground(expected: Double, effective: Double, needed: (expected: Double, effective: Double))

  public var description: String {
    switch self {
    case .emptySignal(let total):
      "the signal's sum of weights is \(total); a fit needs a positive one: does any signal event pass the selection?"
    case .tooLittleBackground(let expected, let effective, let needed):
      "all background together is \(expected) expected events with N_eff \(effective), below the floors of "
        + "\(needed.expected) and \(needed.effective); loosen the selection, lower the floors or generate more"
    }
  }
}
