import Histograms
import Records

/// A sample after selection: what networks and fits see of it. Row `i` of every array is the same event.
public struct PreparedSample: Sendable {
  public var name: String
  public var featureNames: [String]
  /// Row-major, `[events, features]`.
  public var features: [Float]
  /// Expected events at the card's luminosity that each event stands for when all are used.
  public var weights: [Double]
  public var parts: [Membership]
  /// The baseline observable.
  public var baseline: [Double]

  public var count: Int { weights.count }

  /// The rows of a part.
  public func rows(of part: Membership) -> [Int] { parts.indices.filter { parts[$0] == part } }

  /// What the weights of a part are multiplied by, so that the part alone stands for the whole sample.
  ///
  /// - Throws: ``SampleError`` unless the sums of weights of sample and part are positive.
  public func scale(of part: Membership) throws -> Double {
    var total = 0.0
    var kept = 0.0
    for row in weights.indices {
      total += weights[row]
      if parts[row] == part { kept += weights[row] }
    }
    guard total > 0, kept > 0 else {
      throw SampleError(
        sample: name,
        problem: "the sum of weights is \(total) in all, \(kept) in the \(part) part; both must be positive. "
          + "Generate more events, or loosen the selection")
    }
    return total / kept
  }

  /// The values of an observable (one number an event) in a part, with weights that stand for the whole sample.
  public func values(_ observable: [Double], part: Membership) throws -> WeightedValues {
    precondition(observable.count == count, "\(observable.count) values for \(count) events of \(name)")
    let scale = try scale(of: part)
    let rows = rows(of: part)
    return WeightedValues(values: rows.map { observable[$0] }, weights: rows.map { weights[$0] * scale })
  }

  /// A feature, or the baseline by its name: one number an event.
  /// - Throws: ``SampleError`` for another name.
  func variable(_ wanted: String, baseline name: String) throws -> [Double] {
    if wanted == name { return baseline }
    guard let column = featureNames.firstIndex(of: wanted) else {
      let near = nearestName(to: wanted, in: featureNames + [name]).map { "; nearest: '\($0)'" } ?? ""
      throw SampleError(sample: self.name, problem: "'\(wanted)' is no feature of the card\(near)")
    }
    return (0..<count).map { Double(features[$0 * featureNames.count + column]) }
  }

  /// N_eff = (Σw)²/Σw² of all events.
  public var effectiveCount: Double {
    let squares = weights.reduce(0) { $0 + $1 * $1 }
    let sum = weights.reduce(0, +)
    return squares > 0 ? sum * sum / squares : 0
  }
}

extension WeightedValues {
  /// The weighted counts in the bins of an axis; what lies outside joins the first and last bin.
  public func histogram(_ axis: Axis) throws -> Histogram1D {
    var histogram = Histogram1D(axis: axis)
    for (value, weight) in zip(values, weights) { try histogram.fill(value, weight: weight) }
    return histogram.foldingOverflow()
  }

  /// The same values with other weights.
  func scaled(by factor: Double) -> WeightedValues {
    WeightedValues(values: values, weights: weights.map { $0 * factor })
  }

  /// The values of several samples together.
  public static func joined(_ parts: [WeightedValues]) -> WeightedValues {
    WeightedValues(values: parts.flatMap(\.values), weights: parts.flatMap(\.weights))
  }
}

/// A sample that cannot be used.
public struct SampleError: Error, Hashable, Sendable, CustomStringConvertible {
  public var sample: String
  public var problem: String
  public var description: String { "sample '\(sample)': \(problem)" }
}
