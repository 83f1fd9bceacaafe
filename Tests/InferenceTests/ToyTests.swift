import CoreNumerics
import Foundation
import Inference
import Records
import StatisticalModels
import Testing

@Suite("Toys: exact counting, asymptotics, seeds")
struct ToyTests {
  private func counting(signal: Double, background: Double, observed: Double) throws -> Model {
    try Model(
      SmallModels.workspace([
        ("SR", [SmallModels.signal([signal]), .init(name: "background", data: [background])], [observed])
      ]))
  }

  private func poissonTail(upTo count: Int, _ mean: Double) -> Double {
    (0...count).reduce(0) { $0 + exp(Double($1) * log(mean) - mean - lgamma(Double($1) + 1)) }
  }

  /// With one bin and no uncertainty q̃ falls with the count: p-values are sums of Poisson probabilities.
  @Test func oneBinIsExact() throws {
    let model = try counting(signal: 5, background: 3, observed: 2)
    let test = try ToyCalculator(model, seed: SeedTree(root: 3)).test(1, toys: 20_000)
    let (clsb, clb) = (poissonTail(upTo: 2, 8), poissonTail(upTo: 2, 3))
    #expect(abs(test.clsb.value - clsb) < 4 * test.clsb.error, "\(test.clsb) \(clsb)")
    #expect(abs(test.clb.value - clb) < 4 * test.clb.error, "\(test.clb) \(clb)")
    #expect(abs(test.cls.value - clsb / clb) < 4 * test.cls.error)
    #expect(zip(test.expected, test.expected.dropFirst()).allSatisfy(<=))
    // The expected CLs at the median of the background: a count of three.
    #expect(abs(test.expected[2] - poissonTail(upTo: 3, 8) / poissonTail(upTo: 3, 3)) < 0.01)
  }

  @Test func discoveryIsExact() throws {
    let model = try counting(signal: 5, background: 3, observed: 8)
    let test = try ToyCalculator(model, statistic: .q0, seed: SeedTree(root: 4)).test(0, toys: 40_000)
    let p0 = 1 - poissonTail(upTo: 7, 3)
    #expect(abs(test.clsb.value - p0) < 4 * test.clsb.error, "\(test.clsb) \(p0)")
  }

  /// Many events and Gaussian nuisances: the asymptotic formulae hold.
  @Test func manyEventsAreAsymptotic() throws {
    let model = try Model(ReferenceWorkspaces.twentyBins())
    let mu = try model.upperLimit().median
    let asymptotic = try AsymptoticCalculator(model).test(mu)
    let test = try ToyCalculator(model, seed: SeedTree(root: 5)).test(mu, toys: 2000)
    #expect(abs(test.observedStatistic - asymptotic.observedStatistic) < 1e-6)
    #expect(abs(test.clsb.value - asymptotic.clsb) < 4 * test.clsb.error + 0.005, "\(test.clsb) \(asymptotic.clsb)")
    #expect(abs(test.cls.value - asymptotic.cls) < 4 * test.cls.error + 0.01, "\(test.cls) \(asymptotic.cls)")
  }

  @Test func toysDependOnSeedAndNumberOnly() throws {
    let model = try Model(ReferenceWorkspaces.statisticalOnly())
    func throwing(_ toys: [Int], workers: Int, seed: UInt64 = 1) throws -> ToyCalculator.Progress {
      var state = ToyCalculator.Progress()
      for count in toys {
        _ = try ToyCalculator(model, seed: SeedTree(root: seed), workers: workers).test(1, toys: count, state: &state)
      }
      return state
    }
    let whole = try throwing([150], workers: 1)
    #expect(whole.tested.values.count == 150 && whole.alternative.values.count == 150)
    #expect(try throwing([150], workers: 3) == whole)
    #expect(try throwing([40, 150], workers: 2) == whole)
    #expect(try throwing([150], workers: 1, seed: 2) != whole)
  }

  @Test func aStopKeepsWhatWasThrown() throws {
    let model = try counting(signal: 5, background: 3, observed: 2)
    let calculator = ToyCalculator(model, seed: SeedTree(root: 1), workers: 1)
    let token = CancellationToken()
    var state = ToyCalculator.Progress()
    #expect(throws: RecordError.cancelled) {
      _ = try calculator.test(1, toys: 1000, state: &state, progress: { _ in token.cancel() }, cancellation: token)
    }
    #expect(state.tested.values.count == 250)
    let resumed = try calculator.test(1, toys: 1000, state: &state)
    #expect(try resumed == calculator.test(1, toys: 1000))
  }

  @Test func valuesThatCannotBeTestedAreErrors() throws {
    let model = try counting(signal: 5, background: 3, observed: 2)
    let calculator = ToyCalculator(model, seed: SeedTree(root: 1))
    #expect(throws: InferenceError.self) { try calculator.test(-1, toys: 10) }
    #expect(throws: InferenceError.self) { try calculator.test(.nan, toys: 10) }
  }
}
