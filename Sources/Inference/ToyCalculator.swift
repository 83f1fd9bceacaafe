import CoreNumerics
import Foundation
public import Records
import StatisticalModels

/// p-values of one hypothesis from toy experiments.
public struct ToyTest: Hashable, Codable, Sendable {
  /// The tested value of the parameter of interest.
  public var mu: Double
  public var statistic: TestStatistic
  public var observedStatistic: Double
  /// Toys thrown under the tested hypothesis and under the alternative.
  public var toys: Int
  /// P(statistic ≥ observed) under the tested hypothesis; for q₀ the discovery p-value p₀.
  public var clsb: Estimate
  /// The same under the alternative.
  public var clb: Estimate
  /// CLs+b/CLb; for q₀ p₀ itself.
  public var cls: Estimate
  /// Quantiles of ``cls`` over the toys of the alternative, at −2σ, −1σ, median, +1σ, +2σ.
  public var expected: [Double]

  /// A probability with its binomial standard error.
  public struct Estimate: Hashable, Codable, Sendable {
    public var value: Double
    public var error: Double
  }
}

/// The values of a test statistic over toys of one hypothesis, in the order of the toys.
///
/// Toy i depends on the seed and on i only: a longer distribution begins with a shorter one, whatever the number of workers.
public struct ToyDistribution: Hashable, Codable, Sendable {
  public internal(set) var values: [Double]

  public init(values: [Double] = []) { self.values = values }

  /// The share of toys at or above a value. Equal values count, up to what two fits of the same data may differ by.
  func tail(from value: Double) -> ToyTest.Estimate {
    let threshold = value - ToyDistribution.equality(value)
    let count = values.count { $0 >= threshold }
    let share = Double(count) / Double(max(1, values.count))
    return .init(value: share, error: (share * (1 - share) / Double(max(1, values.count))).squareRoot())
  }

  static func equality(_ value: Double) -> Double { 1e-7 * (1 + abs(value)) }
}

/// Tests hypotheses with toy experiments: counts and auxiliary measurements are drawn from the model at the parameters that fit
/// the data under each hypothesis, and each toy is fitted as the data are.
public struct ToyCalculator: Sendable {
  public let model: Model
  public let statistic: TestStatistic
  public let data: ModelData
  public let seed: SeedTree
  public let workers: Int

  /// - Parameter data: `nil` for the model's observation.
  public init(
    _ model: Model, data: ModelData? = nil, statistic: TestStatistic = .qtilde, seed: SeedTree,
    workers: Int = ProcessInfo.processInfo.activeProcessorCount
  ) {
    precondition(workers > 0, "need at least one worker, got \(workers)")
    self.model = model
    self.statistic = statistic
    self.data = data ?? model.data
    self.seed = seed
    self.workers = workers
  }

  /// Toys that were thrown already, of a tested hypothesis and of its alternative: what a resumed test goes on from.
  public struct Progress: Hashable, Codable, Sendable {
    public var tested = ToyDistribution()
    public var alternative = ToyDistribution()
    public init() {}
  }

  /// Tests a value of the parameter of interest (ignored for q₀, which tests 0 against 1).
  /// - Parameters:
  ///   - toys: of each of the two hypotheses.
  ///   - state: toys of an earlier call with the same arguments; completed here, also when it is cancelled or fails.
  /// - Throws: ``InferenceError``, `RecordError.cancelled`.
  public func test(
    _ value: Double, toys: Int, state: inout Progress, progress: @escaping ProgressHandler = { _ in },
    cancellation: CancellationToken = CancellationToken()
  ) throws -> ToyTest {
    precondition(toys > 0, "need a positive number of toys, got \(toys)")
    let mu = statistic == .q0 ? 0 : value
    let experiment = try ToyExperiment(model, statistic: statistic, mu: mu)
    let observed = try experiment.statisticValue(of: data)
    let tested = try experiment.parameters(fitting: data, at: mu)
    let alternative = try experiment.parameters(fitting: data, at: statistic == .q0 ? 1 : 0)
    let node = seed.child("toys").child("\(mu)")
    try fill(&state.tested, toys, at: tested, node.child("tested"), mu, ("tested", progress), cancellation)
    try fill(
      &state.alternative, toys, at: alternative, node.child("alternative"), mu, ("alternative", progress), cancellation)
    return evaluate(
      mu, observed, ToyDistribution(values: Array(state.tested.values.prefix(toys))),
      ToyDistribution(values: Array(state.alternative.values.prefix(toys))))
  }

  /// The same without keeping toys.
  public func test(_ value: Double, toys: Int) throws -> ToyTest {
    var state = Progress()
    return try test(value, toys: toys, state: &state)
  }

  private func evaluate(
    _ mu: Double, _ observed: Double, _ tested: ToyDistribution, _ alternative: ToyDistribution
  ) -> ToyTest {
    let (clsb, clb) = (tested.tail(from: observed), alternative.tail(from: observed))
    func ratio(_ clsb: ToyTest.Estimate, _ clb: ToyTest.Estimate) -> ToyTest.Estimate {
      if statistic == .q0 { return clsb }
      guard clb.value > 0 else { return .init(value: .nan, error: .nan) }
      let value = clsb.value / clb.value
      let a = clsb.value > 0 ? clsb.error / clsb.value : 0
      return .init(value: value, error: value * (a * a + pow(clb.error / clb.value, 2)).squareRoot())
    }
    let band = expectedBand(tested, alternative, ratio)
    return ToyTest(
      mu: mu, statistic: statistic, observedStatistic: observed, toys: tested.values.count, clsb: clsb, clb: clb,
      cls: ratio(clsb, clb), expected: band)
  }

  /// Each toy of the alternative in the place of the data; quantiles of its CLs, interpolated linearly.
  private func expectedBand(
    _ tested: ToyDistribution, _ alternative: ToyDistribution,
    _ ratio: (ToyTest.Estimate, ToyTest.Estimate) -> ToyTest.Estimate
  ) -> [Double] {
    let (a, b) = (tested.values.sorted(), alternative.values.sorted())
    func tail(_ sorted: [Double], _ value: Double) -> ToyTest.Estimate {
      let threshold = value - ToyDistribution.equality(value)
      var (low, high) = (0, sorted.count)
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] < threshold { low = middle + 1 } else { high = middle }
      }
      return .init(value: Double(sorted.count - low) / Double(sorted.count), error: 0)
    }
    let values = b.map { ratio(tail(a, $0), tail(b, $0)).value }.sorted()
    return [-2.0, -1, 0, 1, 2].map { n in
      let position = Normal.upperTail(-n) * Double(values.count - 1)
      let low = Int(position)
      let fraction = position - Double(low)
      return values[low] * (1 - fraction) + values[min(low + 1, values.count - 1)] * fraction
    }
  }

  /// Throws the toys that are missing, in pieces, so that a stop loses at most one.
  private func fill(
    _ distribution: inout ToyDistribution, _ toys: Int, at point: [Double], _ node: SeedTree, _ mu: Double,
    _ report: (name: String, handler: ProgressHandler), _ cancellation: CancellationToken
  ) throws {
    let piece = 250 * workers
    while distribution.values.count < toys {
      try cancellation.check()
      let first = distribution.values.count
      let count = min(piece, toys - first)
      distribution.values += try throwToys(first..<first + count, at: point, node, mu)
      report.handler(
        .init(stage: "toys of the \(report.name) hypothesis", completed: first + count, total: toys, unit: "toys"))
    }
  }

  private func throwToys(_ range: Range<Int>, at point: [Double], _ node: SeedTree, _ mu: Double) throws -> [Double] {
    let lanes = min(workers, range.count)
    let results = ToyLanes(count: lanes)
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      results.set(
        lane,
        Result {
          let experiment = try ToyExperiment(model, statistic: statistic, mu: mu)
          let generator = ToyGenerator(model, at: point)
          return try stride(from: range.lowerBound + lane, to: range.upperBound, by: lanes).map { index in
            var random = node.stream(UInt64(index))
            return try experiment.statisticValue(of: generator.draw(&random), startingAt: point)
          }
        })
    }
    let columns = try results.all()
    return (0..<range.count).map { columns[$0 % lanes][$0 / lanes] }
  }
}
