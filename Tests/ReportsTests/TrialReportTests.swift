import Figures
import Foundation
import HyperparameterSearch
import Records
import Testing
import TrialStores

@testable import Reports

@Suite struct TrialReportTests {
  /// A search whose result is known: (log₁₀ rate + 3)², worse with `sgd` by what its momentum misses.
  private func report(
    trials count: Int = 40, direction: SearchDirection = .minimize, _ change: (inout [Trial]) -> Void = { _ in }
  ) throws -> TrialReport {
    let space = try SearchSpace([
      SearchParameter("learning_rate", .real(1e-6...1, logarithmic: true)),
      SearchParameter("optimizer", .choice([.text("adam"), .text("sgd")])),
      SearchParameter("momentum", .real(0...1), when: .init(parameter: "optimizer", values: [.text("sgd")])),
      SearchParameter("units", .integer(16...512, logarithmic: true)),
    ])
    var random = SeedTree(root: 3).stream()
    var trials = (0..<count).map { number -> Trial in
      let point = space.randomPoint(&random)
      guard case .real(let rate)? = point["learning_rate"] else { return Trial(number: number, point: point) }
      var value = pow(log10(rate) + 3, 2)
      if case .real(let momentum)? = point["momentum"] { value += 2 * (1 - momentum) }
      return Trial(number: number, point: point, status: .complete, value: direction == .minimize ? value : -value)
    }
    change(&trials)
    let search = StoredSearch(
      title: "a_b of c", objective: "loss", direction: direction, space: space, conditions: ["strategy": "random"])
    return TrialReport(search: search, trials: trials)
  }

  @Test func theTableHasTheBestSoFar() throws {
    let report = try report { trials in
      (trials[3].status, trials[3].value, trials[3].failure) = (.failed, nil, "the loss is not finite")
      trials[5].status = .pruned
      (trials[39].status, trials[39].value) = (.running, nil)
    }
    let complete = report.trials.filter { $0.status == .complete }.compactMap(\.value)
    #expect(report.best.last == complete.min() && report.best.first == report.trials[0].value)
    #expect(zip(report.best, report.best.dropFirst()).allSatisfy { ($0 ?? .infinity) >= ($1 ?? .infinity) })
    let text = report.text
    #expect(
      text.hasPrefix(
        "a_b of c: 40 trials (37 complete, 1 pruned, 1 failed, 1 not finished); loss, smaller is better; best "))
    #expect(text.contains("trial 3: the loss is not finite") && text.contains("importance"))
    #expect(report.importances?.shares.first?.parameter == "learning_rate")
    #expect(try JSONDecoder().decode(TrialReport.self, from: report.json()) == report)
    #expect(try self.report(direction: .maximize).text.contains("larger is better"))
  }

  @Test func figuresShowTheTrials() throws {
    let figures = try report { trials in
      // One disaster, and two trials that are given up.
      trials[2].value = 1e6
      trials[7].status = .pruned
      trials[8].status = .pruned
    }.figures
    #expect(figures.map(\.name) == ["history", "parallel-coordinates", "importance"])
    let drawings = try figures.map { try $0.figure.drawing() }
    for drawing in drawings {
      for text in drawing.texts {
        #expect(text.box.left >= 0 && text.box.right <= drawing.width && text.box.bottom <= drawing.height, "\(text)")
      }
    }
    #expect(figures[0].caption.contains("lie beyond the axis") && figures[1].caption.contains("far off"))
    let history = drawings[0].texts.map(\.plain)
    #expect(history.contains("best so far") && history.contains("given up") && history.contains("Loss"))
    // A line a trial, the best last.
    let parallel = drawings[1]
    let words = parallel.texts.map(\.plain)
    for word in ["learning_rate", "adam", "sgd", "momentum", "–", "result", "0.001"] {
      #expect(words.contains(word), "\(word) is not among \(words)")
    }
    let lines = parallel.marks(.data).filter {
      if case .path(let segments, _, let stroke) = $0.shape { stroke != nil && segments.count == 5 } else { false }
    }
    #expect(lines.count > 25 && lines.count < 38)
    #expect(drawings[2].texts.map(\.plain).contains("Share of the variance"))
  }

  @Test func littleIsShownOfLittle() throws {
    #expect(try report(trials: 0).figures.isEmpty)
    #expect(try report(trials: 1).figures.map(\.name) == ["history"])
    let none = try report(trials: 3) { trials in for index in trials.indices { trials[index].status = .pruned } }
    #expect(none.bestTrial == nil && none.figures.isEmpty && none.text.contains("3 pruned"))
    #expect(throws: Never.self) { try report(trials: 1).figures[0].figure.drawing() }
    let equal = try report(trials: 12) { trials in for index in trials.indices { trials[index].value = 1 } }
    #expect(equal.figures.map(\.name) == ["history"] && equal.importances == nil)
    #expect(throws: Never.self) { try equal.figures[0].figure.drawing() }
  }

  @Test func severalSearchesAreCompared() throws {
    let comparison = TrialComparison([("one", try report(trials: 30)), ("two_x", try report(trials: 9))])
    let rows = comparison.text.split(separator: "\n")
    #expect(rows.count == 3 && rows[1].hasPrefix("one ") && rows[2].hasPrefix("two_x"))
    let figure = try #require(comparison.figures.first)
    #expect(try figure.figure.drawing().texts.map(\.plain).contains("two_x"))
    #expect(TrialComparison([("none", try report(trials: 0))]).figures.isEmpty)
  }

  @Test func parallelCoordinatesAreChecked() {
    func complaint(_ lines: [[Double]], _ values: [Double]) -> String {
      let panel = Panel(
        x: .categories([Category("a"), Category("b")]), y: AxisDescription("", lower: 0, upper: 1),
        series: [.parallel(ParallelSeries(axes: [[], []], lines: lines, values: values, darkIsLow: true))])
      do {
        _ = try Figure(title: "f", columns: [[panel]]).drawing()
        return "no complaint"
      } catch { return "\(error)" }
    }
    #expect(complaint([[0, 1], [1, 0]], [1, 2]) == "no complaint")
    #expect(complaint([[0, 1]], [1]) == "no complaint")
    #expect(complaint([], []).contains("parallel coordinates"))
    #expect(complaint([[0, 1]], [1, 2]).contains("values"))
    #expect(complaint([[0]], [1]).contains("positions"))
    #expect(complaint([[0, .nan]], [1]).contains("positions"))
    #expect(complaint([[0, 1]], [.infinity]).contains("values"))
  }
}
