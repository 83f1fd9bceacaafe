import CoreNumerics
import Foundation
import Records
import StatisticalModels
import TestSupport
import Testing

@testable import Inference

@Suite("Look-elsewhere effect and coverage by toys")
struct LookElsewhereTests {
  private func poissonTail(from count: Int, _ mean: Double) -> Double {
    1 - (0..<count).reduce(0) { $0 + exp(Double($1) * log(mean) - mean - lgamma(Double($1) + 1)) }
  }

  /// Bins of 20 expected events; a signal in one of them.
  private func models(_ bins: Int, observed: [Double]) throws -> [(name: String, model: Model)] {
    try (0..<bins).map { bin in
      let signal = (0..<bins).map { $0 == bin ? 10.0 : 0 }
      let background = Workspace.Sample(name: "background", data: Array(repeating: 20, count: bins))
      let workspace = SmallModels.workspace([("SR", [SmallModels.signal(signal), background], observed)])
      return ("bin \(bin)", try Model(workspace))
    }
  }

  /// Independent bins: p = 1 − (1 − p₁)^n, with p₁ a sum of Poisson probabilities.
  @Test func independentBinsMultiply() throws {
    let search = try LookElsewhere(models(5, observed: [18, 21, 31, 20, 25]), seed: SeedTree(root: 11))
    var state = LookElsewhere.Progress()
    let result = try search.test(toys: 3000, state: &state)
    #expect(result.largest == 2 && result.signals[2] == "bin 2")
    let z = (2 * (31 * log(31.0 / 20) - 11)).squareRoot()
    #expect(abs(result.localZ - z) < 1e-7 && result.local.count == 5)
    let one = poissonTail(from: 31, 20)
    let all = 1 - pow(1 - one, 5)
    #expect(abs(result.globalP.value - all) < 4 * result.globalP.error, "\(result.globalP) \(all)")
    #expect(result.globalZ < result.localZ)
  }

  /// The same signal many times over is one signal: no trials.
  @Test func copiesAreNoTrials() throws {
    let one = try models(2, observed: [27, 20])[0]
    let copies = (0..<6).map { (name: "copy \($0)", model: one.model) }
    var (few, many) = (LookElsewhere.Progress(), LookElsewhere.Progress())
    let single = try LookElsewhere([one], seed: SeedTree(root: 3)).test(toys: 400, state: &few)
    let result = try LookElsewhere(copies, seed: SeedTree(root: 3)).test(toys: 400, state: &many)
    #expect(few == many && single.globalP == result.globalP)
    #expect(abs(single.globalP.value - poissonTail(from: 27, 20)) < 4 * single.globalP.error)
  }

  /// With systematic uncertainties, shared ones have one auxiliary measurement: copies stay copies.
  @Test func sharedMeasurementsAreShared() throws {
    let model = try Model(ReferenceWorkspaces.allModifiers())
    var (few, many) = (LookElsewhere.Progress(), LookElsewhere.Progress())
    _ = try LookElsewhere([("a", model)], seed: SeedTree(root: 5)).test(toys: 20, state: &few)
    _ = try LookElsewhere([("a", model), ("b", model)], seed: SeedTree(root: 5)).test(toys: 20, state: &many)
    #expect(few == many)
  }

  @Test func toysDependOnTheSeedOnly() throws {
    let models = try models(3, observed: [18, 21, 31])
    func maxima(_ toys: [Int], workers: Int, seed: UInt64 = 1) throws -> [Double] {
      var state = LookElsewhere.Progress()
      for count in toys {
        _ = try LookElsewhere(models, seed: SeedTree(root: seed), workers: workers).test(toys: count, state: &state)
      }
      return state.maxima
    }
    let whole = try maxima([60], workers: 1)
    #expect(whole.count == 60)
    #expect(try maxima([60], workers: 3) == whole && maxima([25, 60], workers: 2) == whole)
    #expect(try maxima([60], workers: 1, seed: 2) != whole)
    // Cancelled in between, and gone on.
    var state = LookElsewhere.Progress()
    let token = CancellationToken()
    let search = try LookElsewhere(models, seed: SeedTree(root: 1), workers: 1)
    #expect(throws: RecordError.cancelled) {
      _ = try search.test(toys: 60, state: &state, progress: { _ in token.cancel() }, cancellation: token)
    }
    #expect(state.maxima.count == 8)
    _ = try search.test(toys: 60, state: &state)
    #expect(state.maxima == whole)
  }

  @Test func differentDataAreNoScan() throws {
    let a = try models(3, observed: [18, 21, 31])[0], b = try models(3, observed: [18, 21, 30])[0]
    #expect(throws: GridError.self) { try LookElsewhere([a, b], seed: SeedTree(root: 1)) }
    #expect(throws: GridError.self) { try LookElsewhere([], seed: SeedTree(root: 1)) }
  }

  @Test func statesOfOthersAreRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("toys.json")
      let arguments = GlobalToyState.Arguments(
        workspaceDigest: .of("a"), patchSetDigest: .of("b"), measurement: nil, seed: 1)
      var state = GlobalToyState(arguments: arguments)
      state.progress.maxima = [0, 1.5]
      try state.write(to: url)
      #expect(try GlobalToyState(readingFrom: url, for: arguments) == state)
      var others = [arguments, arguments]
      others[0].seed = 2
      others[1].patchSetDigest = .of("c")
      for other in others { #expect(throws: ToyStateError.self) { try GlobalToyState(readingFrom: url, for: other) } }
      try Data("{}".utf8).write(to: url)
      #expect(throws: ToyStateError.self) { try GlobalToyState(readingFrom: url, for: arguments) }
    }
  }

  /// The share of experiments whose limit lies at or above the truth.
  private func coverage(_ workspace: Workspace, mu: Double, toys: Int, seed: UInt64) throws -> (Double, Double) {
    let model = try Model(workspace)
    let truth = model.parameters.indices.map { $0 == model.poi ? mu : model.parameters[$0].initial }
    let generator = ToyGenerator(model, at: truth)
    var covered = 0
    for index in 0..<toys {
      var random = SeedTree(root: seed).child("coverage").stream(UInt64(index))
      let limit = try model.upperLimit(data: generator.draw(&random))
      if limit.observed >= mu { covered += 1 }
    }
    let share = Double(covered) / Double(toys)
    return (share, (share * (1 - share) / Double(toys)).squareRoot())
  }

  /// CLs covers more than it says where the signal is small beside the background's fluctuations, and exactly where it is not.
  @Test func the95PercentLimitCovers() throws {
    let workspace = try ReferenceWorkspaces.twentyBins()
    let median = try Model(workspace).upperLimit().median
    let weak = try coverage(workspace, mu: 0.3 * median, toys: 300, seed: 21)
    #expect(weak.0 > 0.98, "\(weak)")
    let strong = try coverage(workspace, mu: 3 * median, toys: 600, seed: 22)
    #expect(abs(strong.0 - 0.95) < 3.5 * strong.1, "\(strong)")
  }
}
