import Foundation
import Testing

@testable import Histograms

@Suite struct CutFlowTests {
  private func flow(_ factor: Int) -> CutFlow {
    CutFlow(steps: [
      .init(name: "all", sumW: 4 * Double(factor), sumW2: 8 * Double(factor), count: 4 * factor),
      .init(name: "jets", expression: "nJet > 2", sumW: 1 * Double(factor), sumW2: 2 * Double(factor), count: factor),
    ])
  }

  @Test func flowsAddStepByStep() throws {
    var sum = CutFlow()
    for factor in 1...3 { try sum.add(flow(factor)) }
    #expect(sum == flow(6))
    try sum.add(CutFlow())
    #expect(sum == flow(6))
    #expect(sum.efficiencies == [1, 0.25])
    #expect(CutFlow(steps: [.init(name: "all")]).efficiencies == [0])
  }

  /// N weights of one value count as N; adding an event of weight 0 changes nothing.
  @Test func effectiveCounts() {
    #expect(CutFlow.Step(name: "", sumW: 10 * 0.3, sumW2: 10 * 0.09, count: 10).effectiveCount.rounded() == 10)
    #expect(CutFlow.Step(name: "").effectiveCount == 0)
  }

  @Test func differentCutsDoNotAdd() throws {
    var sum = flow(1)
    var other = flow(1)
    other.steps[1].expression = "nJet > 3"
    #expect(throws: CutFlowError.self) { try sum.add(other) }
    other.steps.removeLast()
    #expect(throws: CutFlowError.self) { try sum.add(other) }
    #expect(sum == flow(1))
    do { try sum.add(other) } catch { #expect("\(error)".contains("all, jets and all")) }
  }

  @Test func flowsSurviveJSON() throws {
    #expect(try JSONDecoder().decode(CutFlow.self, from: JSONEncoder().encode(flow(2))) == flow(2))
  }
}
