import Foundation
import Inference
import StatisticalModels
import Testing

/// Minima where an expectation vanishes: in a bin without events a shift may drive it to zero, and no further.
@Suite("Bins without events")
struct EmptyBinTests {
  private func model(observed: Double) throws -> Model {
    // Bin 0 expects 1 + 3α, linear in α: below α = −1/3 nothing is left.
    let shape = Workspace.Modifier(name: "shape", kind: .histosys(low: [-2, 20], high: [4, 20]))
    return try Model(
      SmallModels.workspace([
        ("SR", [SmallModels.signal([0, 5]), .init(name: "b", data: [1, 20], modifiers: [shape])], [observed, 20])
      ]))
  }

  // −2 ln L = 2(1 + 3α) + α² falls towards α = −3; it ends at ν = 0, where it is 1/9.
  @Test("the minimum lies where the expectation is zero")
  func atZero() throws {
    let fit = try model(observed: 0).fit(holding: 0)
    #expect(abs(try #require(fit["shape"]) + 1.0 / 3) < 1e-6)
    #expect(abs(fit.deviance - 1.0 / 9) < 2e-6)
    #expect(fit.minimizer.status == .converged)
  }

  @Test("limits there are those of the other bin alone")
  func limits() throws {
    let limit = try model(observed: 0).upperLimit()
    let alone = try Model(
      SmallModels.workspace([("SR", [SmallModels.signal([5]), .init(name: "b", data: [20])], [20])])
    ).upperLimit()
    #expect(abs(limit.observed / alone.observed - 1) < 1e-5)
    #expect(abs(limit.median / alone.median - 1) < 1e-5)
  }

  @Test("with an event the expectation stays above zero")
  func withEvent() throws {
    let fit = try model(observed: 1).fit(holding: 0)
    #expect(abs(try #require(fit["shape"])) < 1e-9)
  }
}
