/// What a simulated detector does, measured on its output and set beside the formulas of its card: values for tests and
/// figures.
public struct DetectorValidation: Hashable, Codable, Sendable {
  public var curves: [Curve]

  public init(curves: [Curve]) { self.curves = curves }

  /// The curve of a name: `muon_efficiency_0.0_0.5`.
  public subscript(_ name: String) -> Curve? { curves.first { $0.name == name } }

  /// A measured quantity in bins of another.
  public struct Curve: Hashable, Codable, Sendable {
    public var name: String
    /// For a legend: `μ, |η| 0.0–0.5`.
    public var title: String
    public var xLabel: String
    public var yLabel: String
    public var points: [Point]
  }

  public struct Point: Hashable, Codable, Sendable {
    /// The bin, in the unit of the axis.
    public var low: Double
    public var high: Double
    public var measured: Double
    /// One standard deviation, from the number of entries.
    public var error: Double
    /// The card's formula, averaged over the bin's entries; `nil` where no formula says it.
    public var expected: Double?
    public var count: Int
  }
}

/// The middle and the half width of the central 68.27 % of a sample: location and scale that tails do not move.
struct CentralInterval {
  let median: Double
  let halfWidth: Double
  let count: Int

  init?(_ values: [Double]) {
    guard values.count >= 20 else { return nil }
    let sorted = values.sorted()
    func quantile(_ p: Double) -> Double {
      let position = p * Double(sorted.count - 1)
      let low = Int(position)
      let fraction = position - Double(low)
      return sorted[low] * (1 - fraction) + sorted[min(low + 1, sorted.count - 1)] * fraction
    }
    median = quantile(0.5)
    halfWidth = (quantile(0.841_345) - quantile(0.158_655)) / 2
    count = sorted.count
  }

  // For a normal sample Var(q) = p(1 − p)/(N f²): the half width then has 0.96 σ/√N, the median 1.25 σ/√N.
  var halfWidthError: Double { 0.96 * halfWidth / Double(count).squareRoot() }
  var medianError: Double { 1.25 * halfWidth / Double(count).squareRoot() }
}

/// A fraction with its binomial standard deviation; that of the expectation, so that 0 and 1 have one too.
func efficiencyPoint(low: Double, high: Double, passed: Int, of count: Int, expected: Double?)
  -> DetectorValidation.Point
{
  let measured = count > 0 ? Double(passed) / Double(count) : 0
  let spread = expected ?? measured
  let variance = max(spread * (1 - spread), 1 / Double(max(count, 1))) / Double(max(count, 1))
  return .init(low: low, high: high, measured: measured, error: variance.squareRoot(), expected: expected, count: count)
}
