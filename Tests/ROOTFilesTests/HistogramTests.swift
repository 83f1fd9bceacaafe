import Foundation
import Histograms
import TestSupport
import Testing

@testable import ROOTFiles

@Suite struct HistogramTests {
  struct Reference: Decodable {
    var `class`: String
    var title: String
    var entries: Double
    var edges: [[Double]]
    var sumW: [Double]
    var sumW2: [Double]
  }

  private func check(_ references: String, in folder: (String) throws -> URL) throws {
    let all = try JSONDecoder().decode(
      [String: [String: Reference]].self, from: Data(contentsOf: committed(references)))
    #expect(!all.isEmpty)
    for (name, histograms) in all {
      let file = try ROOTFile(try folder(name))
      for (key, reference) in histograms {
        let found = try file.rootHistogram(key)
        #expect(found.className == reference.class)
        #expect(found.title == reference.title)
        #expect(found.entries == reference.entries)
        #expect(found.sumW == reference.sumW)
        #expect(found.sumW2 ?? found.sumW.map(abs) == reference.sumW2)
        #expect(found.axes.count == reference.edges.count)
        for (axis, edges) in zip(found.axes, reference.edges) {
          // Uniform edges may be rounded differently in their last bit.
          let width = edges[edges.count - 1] - edges[0]
          #expect(zip(axis.edges, edges).allSatisfy { abs($0 - $1) < 1e-14 * width }, "\(name): \(key)")
          #expect(axis.edges.count == edges.count)
        }
      }
    }
  }

  @Test func uprootReadsTheSame() throws {
    try check("histograms.json") { committed($0) }
  }

  @Test(.enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"))
  func uprootReadsTheSameOfRealFiles() throws {
    try check("real-histograms.json") { name in
      let folder = name.hasPrefix("uproot-") ? "root" : "histfactory/xmlimport_input/data"
      return try real("\(folder)/\(name)")
    }
  }

  @Test func conversionsKeepTitlesFlowsAndCounts() throws {
    let file = try ROOTFile(committed("histograms.root"))
    let weighted = try file.histogram("weighted")
    #expect(weighted.axis.title == "p_{T}")
    #expect(weighted.axis.edges == [0, 10, 25, 45.5, 100])
    #expect(weighted.underflow == 0)
    #expect(weighted.overflow > 10)
    #expect(weighted.counts == weighted.sumW.indices.map { Int(weighted.effectiveCount($0).rounded()) })
    let plain = try file.histogram("shapes/plain;1")
    #expect(plain.counts.map(Double.init) == plain.sumW)
    #expect(plain.sumW == plain.sumW2)
    let plane = try file.histogram2D("shapes/deep/plane")
    #expect((plane.x.binCount, plane.y.binCount) == (3, 2))
    #expect(plane.projectedOnX().sumWWithFlow.reduce(0, +).isApproximately(plane.sumWWithFlow.reduce(0, +)))
    #expect(plane.projectedOnY().integral > 0)
  }

  @Test func wrongNamesAndClassesAreNamed() throws {
    let url = committed("histograms.root")
    let file = try ROOTFile(url)
    #expect(
      complaint { _ = try file.histogram("shapes/plian") }.hasPrefix(
        "\(url.path): no object 'shapes/plian'; nearest: 'shapes/plain'. The file has weighted, shapes"))
    #expect(complaint { _ = try file.histogram("weighted;7") }.contains("no object 'weighted;7'; nearest: "))
    #expect(
      complaint { _ = try file.histogram("shapes") }
        == "\(url.path): shapes: is a TDirectory, expected histogram (TH1, TH2 or TH3)")
    #expect(complaint { _ = try file.histogram("shapes/deep/plane") }.contains("is a TH2D, expected TH1"))
    #expect(complaint { _ = try file.graph("weighted") }.contains("is a TH1D, expected TGraph"))
  }
}

extension Double {
  fileprivate func isApproximately(_ other: Double) -> Bool { abs(self - other) <= 1e-12 * max(abs(self), abs(other)) }
}
