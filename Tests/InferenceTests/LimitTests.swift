import CoreNumerics
import Foundation
import Inference
import StatisticalModels
import TestSupport
import Testing

@Suite("Upper limits: laws, edges and bad input")
struct LimitTests {
  private func counting(signal: Double, background: Double, observed: Double) throws -> Model {
    try Model(
      SmallModels.workspace([
        ("SR", [SmallModels.signal([signal]), .init(name: "background", data: [background])], [observed])
      ]))
  }

  private func numbers(_ limit: UpperLimit) -> [Double] { [limit.observed] + limit.expected }

  private func expectEqual(_ a: UpperLimit, _ b: UpperLimit, factor: Double = 1, within tolerance: Double = 2e-7) {
    for (x, y) in zip(numbers(a), numbers(b)) { #expect(abs(x / (factor * y) - 1) < tolerance, "\(x), \(factor * y)") }
  }

  // With a known background, CLs is a closed formula: the limit must solve it.
  @Test("one bin without uncertainty satisfies the formulae")
  func closedForm() throws {
    let (s, b, n) = (4.0, 25.0, 27.0)
    let limit = try counting(signal: s, background: b, observed: n).upperLimit()
    func q(_ mu: Double, _ data: Double, _ best: Double) -> Double {
      func f(_ m: Double) -> Double { 2 * (m * s + b - data + data * log(data / (m * s + b))) }
      return f(mu) - f(best)
    }
    let (qObs, qA) = (q(limit.observed, n, (n - b) / s), q(limit.observed, b, 0))
    let t = qObs.squareRoot() - qA.squareRoot()
    #expect(abs(Normal.upperTail(t + qA.squareRoot()) / Normal.upperTail(t) - 0.05) < 1e-8)
    for (mu, sigma) in zip(limit.expected, [-2.0, -1, 0, 1, 2]) {
      let r = q(mu, b, 0).squareRoot()
      #expect(abs(Normal.upperTail(r - sigma) / Normal.upperTail(-sigma) - 0.05) < 1e-8)
    }
  }

  @Test("a signal a thousand times as strong has a thousandth of the limit", arguments: [1e-6, 1e-3, 1e3, 1e7])
  func scaling(_ factor: Double) throws {
    func scaled(_ factor: Double) throws -> UpperLimit {
      var workspace = try ReferenceWorkspaces.twentyBins()
      for index in workspace.channels[0].samples.indices where workspace.channels[0].samples[index].name == "signal" {
        var signal = workspace.channels[0].samples[index]
        signal.data = signal.data.map { $0 * factor }
        // The γ's width depends on the sum of yields, of which the signal would change its share.
        signal.modifiers.removeAll { $0.kind.type == "staterror" }
        workspace.channels[0].samples[index] = signal
      }
      return try Model(workspace).upperLimit()
    }
    expectEqual(try scaled(1), try scaled(factor), factor: factor)
  }

  @Test("the order of bins does not matter")
  func binPermutation() throws {
    let workspace = try ReferenceWorkspaces.twentyBins()
    var permuted = workspace
    func permute(_ data: [Double]) -> [Double] { data.indices.map { data[($0 * 7 + 3) % data.count] } }
    for index in permuted.channels[0].samples.indices {
      permuted.channels[0].samples[index].data = permute(permuted.channels[0].samples[index].data)
      for number in permuted.channels[0].samples[index].modifiers.indices {
        let modifier = permuted.channels[0].samples[index].modifiers[number]
        switch modifier.kind {
        case .staterror(let data):
          permuted.channels[0].samples[index].modifiers[number].kind = .staterror(permute(data))
        case .histosys(let low, let high):
          permuted.channels[0].samples[index].modifiers[number].kind = .histosys(low: permute(low), high: permute(high))
        default: break
        }
      }
    }
    permuted.observations[0].data = permute(permuted.observations[0].data)
    expectEqual(try Model(workspace).upperLimit(), try Model(permuted).upperLimit())
  }

  @Test("the order of channels and samples does not matter")
  func order() throws {
    let workspace = try ReferenceWorkspaces.allModifiers()
    var reordered = workspace
    reordered.channels.reverse()
    for index in reordered.channels.indices { reordered.channels[index].samples.reverse() }
    expectEqual(try Model(workspace).upperLimit(), try Model(reordered).upperLimit())
  }

  @Test("two identical channels are one with twice the events")
  func merging() throws {
    func model(_ factor: Double, _ names: [String]) throws -> Model {
      try Model(
        SmallModels.workspace(
          names.map {
            (
              $0,
              [
                SmallModels.signal([3 * factor, 5 * factor]),
                .init(
                  name: "b", data: [20 * factor, 12 * factor],
                  modifiers: [.init(name: "norm", kind: .normsys(low: 0.9, high: 1.1))]),
              ], [22 * factor, 11 * factor]
            )
          }))
    }
    expectEqual(try model(1, ["A", "B"]).upperLimit(), try model(2, ["C"]).upperLimit())
  }

  @Test("a better confidence level has a higher limit; more background weakens it")
  func monotony() throws {
    let model = try Model(ReferenceWorkspaces.twentyBins())
    let (a, b) = (try model.upperLimit(confidenceLevel: 0.9), try model.upperLimit(confidenceLevel: 0.99))
    for (low, high) in zip(numbers(a), numbers(b)) { #expect(low < high) }
    #expect(zip(a.expected, a.expected.dropFirst()).allSatisfy(<))
    let weak = try counting(signal: 1, background: 100, observed: 100).upperLimit()
    #expect(weak.median > (try counting(signal: 1, background: 1, observed: 1).upperLimit().median))
  }

  // q̃ of an empty bin is 2 s μ and both asymptotic tails are known: s_A² = 2 s μ, t = 0 for the data that are the Asimov's.
  @Test("no background and no events")
  func empty() throws {
    let limit = try counting(signal: 2, background: 0, observed: 0).upperLimit()
    let s = Normal.upperQuantile(0.05 * 0.5)
    #expect(abs(limit.median - s * s / 4) < 1e-7)
    #expect(abs(limit.observed - limit.median) < 1e-7)
  }

  @Test("data that are the expectation have the median limit")
  func asimov() throws {
    let limit = try Model(ReferenceWorkspaces.statisticalOnly()).upperLimit()
    #expect(abs(limit.observed / limit.median - 1) < 1e-8)
  }

  @Test("limits of any size", arguments: [1e-9, 1e-4, 1, 1e6, 1e12])
  func anySize(_ size: Double) throws {
    let limit = try counting(signal: 3 / size, background: 9, observed: 11).upperLimit()
    let reference = try counting(signal: 3, background: 9, observed: 11).upperLimit()
    expectEqual(limit, reference, factor: size)
  }

  @Test("an excess far above the expectation still has a limit")
  func excess() throws {
    let limit = try counting(signal: 1, background: 4, observed: 400).upperLimit()
    #expect(limit.bestMu > 395 && limit.observed > limit.bestMu)
    #expect(abs(limit.bestMu - 396) < 1e-4)
  }

  @Test("a signal of zero is an error")
  func zeroSignal() throws {
    let model = try counting(signal: 0, background: 4, observed: 4)
    #expect(throws: InferenceError.noSensitivity(model: "workspace", poi: "mu")) { try model.upperLimit() }
  }

  @Test("events where the background expects none are an error that names the bin")
  func impossible() throws {
    let model = try counting(signal: 1, background: 0, observed: 3)
    #expect(
      throws: InferenceError.impossible(
        model: "workspace", hypothesis: "background-only fit", region: "SR", bin: 0, observed: 3)
    ) { try model.upperLimit() }
  }

  @Test("a confidence level outside (0, 1) is an error", arguments: [0.0, 1.0, 95, -0.1])
  func badLevel(_ level: Double) throws {
    let model = try counting(signal: 1, background: 4, observed: 4)
    #expect(throws: InferenceError.badConfidenceLevel(level)) { try model.upperLimit(confidenceLevel: level) }
  }

  @Test("a degenerate model is an error, never a number")
  func degenerate() throws {
    // Two free factors on the same sample: their product alone is measured.
    let model = try Model(
      SmallModels.workspace([
        (
          "SR",
          [
            SmallModels.signal([3, 0]),
            .init(
              name: "b", data: [10, 20],
              modifiers: [.init(name: "first", kind: .normfactor), .init(name: "second", kind: .normfactor)]),
          ], [12, 20]
        )
      ]))
    // The limit itself is well defined, along a valley: the answer is that of one factor, or an error.
    let single = try Model(
      SmallModels.workspace([
        (
          "SR",
          [
            SmallModels.signal([3, 0]),
            .init(name: "b", data: [10, 20], modifiers: [.init(name: "first", kind: .normfactor)]),
          ],
          [12, 20]
        )
      ])
    ).upperLimit()
    do { expectEqual(try model.upperLimit(), single, within: 1e-5) } catch is InferenceError {}
  }
}

@Suite("The patch of a limit: a file, or a name")
struct PatchChoiceTests {
  /// A workspace with one signal region and, beside it, a set of two patches that scale its signal.
  private func write(to folder: URL) throws -> URL {
    let workspace = folder.appendingPathComponent("BkgOnly.json")
    try SmallModels.workspace([
      ("SR", [SmallModels.signal([4]), .init(name: "background", data: [25])], [27])
    ]).write(to: workspace)
    func patch(_ value: Int) -> String {
      #"[{"op": "replace", "path": "/channels/0/samples/0/data", "value": [\#(value)]}]"#
    }
    let set = """
      {"version": "1.0.0", "metadata": {"labels": ["events"], "description": "x", "digests": {}, "references": {}},
       "patches": [{"metadata": {"name": "eight", "values": [8]}, "patch": \(patch(8))},
                   {"metadata": {"name": "two", "values": [2]}, "patch": \(patch(2))}]}
      """
    try set.write(to: folder.appendingPathComponent("patchset.json"), atomically: true, encoding: .utf8)
    try patch(8).write(to: folder.appendingPathComponent("patch.json"), atomically: true, encoding: .utf8)
    return workspace
  }

  @Test("names and files give the same limits, and unknown ones errors")
  func choices() throws {
    try withTemporaryFolder { folder in
      let workspace = try write(to: folder)
      func limit(_ word: String?, name: String? = nil) throws -> Double {
        try LimitRequest(WorkspaceSource(workspace: workspace, patchOrName: word, patchName: name)).run().limit.observed
      }
      let plain = try limit(nil), eight = try limit("eight")
      #expect(abs(plain / eight - 2) < 1e-5)
      #expect(try limit(folder.appendingPathComponent("patch.json").path) == eight)
      #expect(try limit(folder.appendingPathComponent("patchset.json").path, name: "eight") == eight)
      #expect(abs(try limit("two") / plain - 2) < 1e-5)
      func complaint(_ body: () throws -> Double) -> String {
        do { return "no complaint: \(try body())" } catch { return "\(error)" }
      }
      #expect(complaint { try limit("eigth") }.contains("none of its 2 patches is named 'eigth'; nearest: 'eight'"))
      #expect(complaint { try limit("absent.json", name: "eight") } == "absent.json: no such file")
      #expect(
        complaint { try limit(folder.appendingPathComponent("patchset.json").path) }.contains(
          "name one, for example 'eight'"))
      try FileManager.default.removeItem(at: folder.appendingPathComponent("patchset.json"))
      #expect(
        complaint { try limit("eight") }.contains("no such file, and there is no patchset.json beside the workspace"))
    }
  }
}
