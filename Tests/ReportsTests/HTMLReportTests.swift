import Figures
import Foundation
import Testing

@testable import Reports

@Suite struct HTMLReportTests {
  private func figure(_ title: String) -> Figure {
    Figure(
      title: title,
      columns: [
        [
          Panel(
            x: AxisDescription("x"), y: AxisDescription("y"), series: [.line(LineSeries("l", x: [0, 1], y: [1, 2]))])
        ]
      ])
  }

  private func page() throws -> String {
    try HTMLReport(
      title: "A <search>",
      sections: [
        .init("Tables", [.table(.init(caption: "t", header: ["a", "b"], rows: [["1 < 2", "é"]]))]),
        .init("Pictures", [.figure(figure("one"), caption: "First"), .figure(figure("two"), caption: "Second")]),
        .init("Record", [.record(title: "r", text: "{\"a\": 1}")]),
      ]
    ).html()
  }

  @Test func oneFileWithoutOutsideReferences() throws {
    let html = try page()
    #expect(html.contains("A &lt;search&gt;") && html.contains("1 &lt; 2") && !html.contains("<search>"))
    for outside in ["src=", "@import", "<link", "<script"] { #expect(!html.contains(outside)) }
    #expect(html.contains("<b>Figure 2.</b> Second"))
    #expect(try page() == html)
  }

  @Test func idsAreUniqueAndReferencesResolve() throws {
    let html = try page()
    let ids = html.matches(of: /[^a-zA-Z]id="([^"]+)"/).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
    let references =
      html.matches(of: /href="#([^"]+)"/).map { String($0.1) }
      + html.matches(of: /url\(#([^)]+)\)/).map { String($0.1) }
    #expect(!references.isEmpty)
    #expect(references.allSatisfy(Set(ids).contains))
  }
}
