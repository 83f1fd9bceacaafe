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

  @Test func badInputIsRefused() throws {
    #expect(throws: HistogramError.self) { try Axis(edges: [0, 0]) }
    #expect(throws: HistogramError.self) { try Axis(edges: [0, .nan]) }
    var histogram = Histogram1D(axis: try Axis(edges: [0, 1]))
    #expect(throws: HistogramError.self) { try histogram.fill(.nan) }
    #expect(throws: HistogramError.self) { try histogram.fill(0.5, weight: .infinity) }
  }
}
