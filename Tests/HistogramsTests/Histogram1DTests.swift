import Testing

@testable import Histograms

@Suite struct Histogram1DTests {
  @Test func binsAreClosedBelowAndOpenAbove() throws {
    var histogram = Histogram1D(axis: try Axis(edges: [0, 1, 3]))
    for value in [-1, 0, 0.5, 1, 2.9, 3, 100] { try histogram.fill(value, weight: 2) }
    #expect(histogram.counts == [2, 2])
    #expect(histogram.sumW == [4, 4])
    #expect(histogram.sumW2 == [8, 8])
    #expect(histogram.underflow == 2)
    #expect(histogram.overflow == 4)
    #expect(histogram.effectiveCount(0) == 2)
    #expect(histogram.foldingOverflow().sumW == [6, 8])
  }

  @Test func sumsAndScales() throws {
    var a = Histogram1D(axis: try Axis(binCount: 4, from: 0, to: 1))
    try a.fill(0.1, weight: 3)
    try a.add(a.scaled(by: 2))
    #expect(a.sumW == [9, 0, 0, 0])
    #expect(a.sumW2 == [45, 0, 0, 0])
    #expect(throws: HistogramError.differentAxes) { try a.add(Histogram1D(axis: Axis(binCount: 3, from: 0, to: 1))) }
  }

  /// The slot is the number of edges that are not above the value, for bins of one width and of many, next to edges and far off.
  @Test(arguments: [
    [0, 120], [0.1, 0.7], [-1, -0.25, 3, 3.5], [1e-300, 2e-300, 1], [-8e307, 8e307], [5, 5.0.nextUp, 6],
  ]) func slotsCountEdges(_ edges: [Double]) throws {
    for binCount in edges.count == 2 ? [1, 3, 7, 120] : [0] {
      let axis =
        try binCount == 0 ? Axis(edges: edges) : Axis(binCount: binCount, from: edges[0], to: edges[1])
      var values = axis.edges + axis.edges.flatMap { [$0.nextUp, $0.nextDown] } + [-.infinity, .infinity, 0, -0.0]
      values += zip(axis.edges, axis.edges.dropFirst()).map { $0 / 2 + $1 / 2 }
      for value in values {
        #expect(axis.slot(of: value) == axis.edges.count { $0 <= value }, "\(value) of \(edges) in \(binCount)")
      }
    }
  }

  @Test func manyValuesAreFilledAsOneByOne() throws {
    let values = (0..<500).map { 3 * Double($0 % 77) / 50 - 1 }
    var (one, many) = (Histogram1D(axis: try Axis(edges: [0, 1, 3])), Histogram1D(axis: try Axis(edges: [0, 1, 3])))
    try one.fill(0.5, weight: 0.3)
    try many.fill(0.5, weight: 0.3)
    for value in values { try one.fill(value) }
    try many.fill(contentsOf: values)
    #expect(one == many)
    #expect(throws: HistogramError.self) { try many.fill(contentsOf: [0, .nan]) }
  }

  @Test func badInputIsRefused() throws {
    #expect(throws: HistogramError.self) { try Axis(edges: [0, 0]) }
    #expect(throws: HistogramError.self) { try Axis(edges: [0, .nan]) }
    var histogram = Histogram1D(axis: try Axis(edges: [0, 1]))
    #expect(throws: HistogramError.self) { try histogram.fill(.nan) }
    #expect(throws: HistogramError.self) { try histogram.fill(0.5, weight: .infinity) }
  }
}
