import Foundation
import Testing

@testable import Figures

private func panel(_ series: [Series], y: AxisDescription = AxisDescription("Events", scale: .logarithmic)) -> Panel {
  Panel(x: AxisDescription("p_{T}", unit: "GeV"), y: y, series: series, notes: ["Searchlight simulation"])
}

private func stack() -> Series {
  .stack(
    StackSeries(
      edges: [0, 1, 2, 4],
      layers: [
        .init("tt̄", values: [10, 20, 3], color: Palette.petroff[0]),
        .init("Z", values: [1, 2, 3], color: Palette.petroff[1]),
      ]))
}

@Suite struct FigureTests {
  private func figure() -> Figure { Figure(title: "A stack", columns: [[panel([stack()])]]) }

  @Test(arguments: FigureFormat.allCases)
  func theSameFigureGivesTheSameBytes(format: FigureFormat) throws {
    let first = try figure().render(as: format), second = try figure().render(as: format)
    #expect(first == second)
    let marks: [FigureFormat: [UInt8]] = [
      .svg: Array("<?xml".utf8), .pdf: Array("%PDF".utf8), .png: [0x89, 0x50, 0x4E, 0x47],
    ]
    #expect(Array(first.prefix(marks[format]?.count ?? 0)) == marks[format])
  }

  @Test func textsStandOnThePageAndApart() throws {
    let drawing = try figure().drawing()
    let texts = drawing.texts
    #expect(texts.contains { $0.role == .legendText && $0.plain == "Z" })
    #expect(texts.contains { $0.role == .note })
    let page = Rect(left: 0, top: 0, right: drawing.width, bottom: drawing.height)
    for text in texts { #expect(page.contains(text.box), "\(text.plain) leaves the page") }
    for (index, a) in texts.enumerated() {
      for b in texts[(index + 1)...] { #expect(!a.box.intersects(b.box), "\(a.plain) lies on \(b.plain)") }
    }
  }

  @Test func theLegendIsClearOfTheData() throws {
    let layout = try PanelLayout(
      panel([stack()]), frame: Rect(left: 50, top: 20, right: 350, bottom: 260), hidesX: false)
    let top = StackSeries(edges: [0, 1, 2, 4], layers: []).edges.isEmpty ? 0 : layout.map(1.5, 22).y
    // One line of notes and one row of legend.
    #expect(top > layout.frame.top + 2 * Metrics.lineHeight + 10)
  }

  @Test func marksEndWhereTheQuantityEnds() throws {
    let curve = Series.line(LineSeries("a curve", x: [0.1, 1], y: [1e-4, 1]))
    func labels(_ end: Double?) throws -> Set<String> {
      let y = AxisDescription("Efficiency", scale: .logarithmic, marksEnd: end)
      let texts = try Figure(title: "", columns: [[panel(Array(repeating: curve, count: 8), y: y)]]).drawing().texts
      return Set(texts.filter { $0.role == .tickLabel }.map(\.plain))
    }
    #expect(try labels(nil).contains("10^2"))
    #expect(try !labels(1).contains("10^2") && labels(1).contains("1"))
  }

  @Test func panelsOfAGridAreAlike() throws {
    func one(_ end: Double) -> Panel {
      Panel(
        x: AxisDescription("x"), y: AxisDescription("y"), series: [.line(LineSeries("l", x: [0, end], y: [0, 1]))])
    }
    // The first column's axes happen to be equal, the second's are not, and the third has one panel only.
    let drawing = try Figure(
      title: "", width: 700, height: 500, columns: [[one(1), one(1)], [one(1), one(2)], [one(1)]]
    ).drawing()
    let tops = drawing.texts.filter { $0.role == .axisTitle && $0.plain == "x" }.map { $0.box.top.rounded() }
    #expect(tops.count == 5 && Set(tops).count == 2)
  }

  @Test func longLegendEntriesStandBelowEachOther() throws {
    let series = ["a rather long entry of a legend", "another entry that is as long"].map {
      Series.line(LineSeries($0, x: [0, 1], y: [1, 2]))
    }
    func tops(_ width: Double) throws -> Set<Double> {
      let texts = try Figure(title: "", width: width, columns: [[panel(series)]]).drawing().texts
      return Set(texts.filter { $0.role == .legendText }.map { $0.box.center.y.rounded() })
    }
    #expect(try tops(600).count == 1)
    #expect(try tops(300).count == 2)
  }

  @Test func badInputIsNamed() throws {
    func message(_ series: [Series], y: AxisDescription = AxisDescription("Events")) -> String {
      do {
        _ = try Figure(title: "bad", columns: [[panel(series, y: y)]]).drawing()
        return "no error"
      } catch { return error.description }
    }
    #expect(message([]).contains("nothing to draw"))
    #expect(message([.line(LineSeries("l", x: [1, 2], y: [1, .nan]))]).contains("must be finite"))
    #expect(message([.line(LineSeries("l", x: [1, 2], y: [1]))]).contains("expected 2"))
    let zero = LineSeries("l", x: [1, 2], y: [0, 0])
    #expect(message([.line(zero)], y: AxisDescription("N", scale: .logarithmic)).contains("no positive value"))
  }
}

@Suite struct TicksTests {
  @Test(arguments: [(0.0, 1.0), (-3, 7), (0.1, 0.13), (0, 35_000), (1e6, 3e6)])
  func linearTicksAreInsideAndEven(lower: Double, upper: Double) {
    let ticks = Ticks.linear(from: lower, to: upper, target: 6)
    let positions = ticks.majors.map(\.position)
    #expect(positions.count >= 3 && positions.count <= 8)
    #expect(positions.allSatisfy { $0 >= lower - 1e-3 * (upper - lower) && $0 <= upper + 1e-3 * (upper - lower) })
    let steps = zip(positions, positions.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { abs($0 - steps[0]) < 1e-9 * (upper - lower) })
    #expect(Set(ticks.majors.map(\.label)).count == ticks.majors.count)
  }

  @Test func decadesAreLabelled() {
    let ticks = Ticks.logarithmic(from: 0.5, to: 2e4, target: 8)
    #expect(ticks.majors.map(\.label) == ["1", "10", "10^{2}", "10^{3}", "10^{4}"])
  }
}
