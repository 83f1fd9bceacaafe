import Figures
import Foundation
import Inference
import TestSupport
import Testing

@testable import Reports

/// What the figures of fits show, read from their drawings.
@Suite struct StatisticsFigureTests {
  private let source = WorkspaceSource(workspace: referenceURL("pyhf/workspace_all_modifiers.json"))

  private func check(_ figures: [ReportFigure], _ names: [String]) throws -> [Drawing] {
    #expect(figures.map(\.name) == names)
    return try figures.map { figure in
      let drawing = try figure.figure.drawing()
      let page = Rect(left: 0, top: 0, right: drawing.width, bottom: drawing.height)
      for text in drawing.texts { #expect(page.contains(text.box), "\(figure.name): '\(text.plain)' leaves the page") }
      #expect(!figure.caption.isEmpty && !figure.figure.title.isEmpty)
      return drawing
    }
  }

  private func labels(_ drawing: Drawing) -> Set<String> {
    Set(drawing.texts.filter { $0.role == .tickLabel }.map(\.plain))
  }

  @Test func fits() throws {
    let report = try FitRequest(source).run()
    let drawings = try check(report.figures, ["pulls", "correlations"])
    // Names keep their underscores; free parameters have no pull but correlations.
    #expect(labels(drawings[0]).isSuperset(of: ["lumi", "stat_SR[1]"]) && !labels(drawings[0]).contains("norm_main"))
    #expect(labels(drawings[1]).isSuperset(of: ["norm_main", "mu"]))
    #expect(drawings[1].texts.contains { $0.role == .cellText && $0.plain == "1.00" })
  }

  @Test func rankings() throws {
    let report = try RankRequest(source).run()
    let drawing = try check(report.figures, ["ranking"])[0]
    let names = drawing.texts.filter { $0.role == .tickLabel && report.ranking.impacts.map(\.name).contains($0.plain) }
    #expect(names.map(\.plain) == report.ranking.impacts.map(\.name))
    #expect(zip(names, names.dropFirst()).allSatisfy { $0.box.top < $1.box.top })
  }

  @Test func scans() throws {
    let line = try ScanRequest(source, axes: [.init("mu", count: 11)]).run()
    let drawing = try check(line.figures, ["scan-mu"])[0]
    #expect(drawing.texts.contains { $0.plain == "95 % CL" })
    let plane = try ScanRequest(source, axes: [.init("mu", count: 9), .init("stat_SR[1]", count: 9)]).run()
    _ = try check(plane.figures, ["scan-mu-stat_SR-1-"])
  }

  @Test func significances() throws {
    let none = try SignificanceRequest(source).run()
    #expect(none.figures.isEmpty)
    let report = try SignificanceRequest(source, luminosity: 36, luminosities: [36, 3000]).run()
    let drawing = try check(report.figures, ["significance"])[0]
    #expect(drawing.texts.contains { $0.plain == "fit of the whole model" })
  }

  @Test func limits() throws {
    #expect(try LimitRequest(source).run().figures.isEmpty)
    let report = try LimitRequest(source, scanPoints: 21).run()
    #expect(report.scan.count == 21 && report.scan[0].cls > 0.999)
    let drawing = try check(report.figures, ["limit"])[0]
    #expect(drawing.texts.contains { $0.role == .legendText && $0.plain == "median expected" })
  }
}
