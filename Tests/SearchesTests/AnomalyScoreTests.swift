import Foundation
import Histograms
import Records
import Testing

@testable import Searches

private func normals(_ count: Int, seed: Int, shift: Double = 0) -> [Double] {
  var random = SeedTree(root: 77).child(seed).stream()
  return (0..<count).map { _ in random.normal() + shift }
}

@Suite struct BackgroundLevelTests {
  @Test func levelsRiseStrictlyAndMeanTailProbabilities() throws {
    let values = normals(20_000, seed: 1)
    let level = try BackgroundLevel(
      WeightedValues(values: values, weights: Array(repeating: 0.3, count: values.count)), name: "test")
    let sorted = values.sorted()
    // At the k-th largest, p = (k − ½)/n.
    for k in [1, 20, 200, 2000, 10_000] {
      let expected = -log10((Double(k) - 0.5) / 20_000)
      #expect(abs(level(sorted[20_000 - k]) - expected) < 1e-9)
    }
    let points = stride(from: -9.0, through: 9, by: 0.01).map { level($0) }
    #expect(zip(points, points.dropFirst()).allSatisfy(<) && points[0] > 0 && points.allSatisfy(\.isFinite))
  }

  @Test func weightsCountAsRepeatedEvents() throws {
    let once = try BackgroundLevel(WeightedValues(values: [1, 2, 2, 3], weights: [1, 1, 1, 2]), name: "a")
    let twice = try BackgroundLevel(WeightedValues(values: [3, 2, 1, 3], weights: [1, 2, 1, 1]), name: "b")
    for value in [0.0, 1, 1.5, 2, 2.7, 3, 4] { #expect(abs(once(value) - twice(value)) < 1e-12) }
  }

  @Test func aScoreThatNeverChangesIsAnError() {
    #expect(throws: SampleError.self) {
      try BackgroundLevel(WeightedValues(values: [2, 2], weights: [1, 1]), name: "flat")
    }
    #expect(throws: SampleError.self) {
      try BackgroundLevel(WeightedValues(values: [1, 2], weights: [1, 0]), name: "one event")
    }
  }
}

@Suite struct ScoreRelationTests {
  @Test func ranksIgnoreMonotoneMapsAndMatchScipy() {
    let a = [1.0, 2, 3, 4, 5, 6], b = [2.0, 1, 4, 3, 7, 5]
    let ones = Array(repeating: 1.0, count: 6)
    func spearman(_ x: [Double], _ y: [Double], _ w: [Double]) -> Double {
      ScoreRelations.pearson(
        ScoreRelations.ranks(x, weights: w), ScoreRelations.ranks(y, weights: w), weights: w)
    }
    // scipy.stats.spearmanr([1,2,3,4,5,6], [2,1,4,3,7,5]) is 0.8285714285714287, pearsonr 0.7917946548886295 (SciPy 1.17.1).
    #expect(abs(spearman(a, b, ones) - 0.828_571_428_571_428_7) < 1e-12)
    #expect(abs(ScoreRelations.pearson(a, b, weights: ones) - 0.791_794_654_888_629_5) < 1e-12)
    #expect(abs(spearman(a.map { exp($0) }, b.map { -1 / $0 }, ones) - spearman(a, b, ones)) < 1e-12)
    #expect(abs(spearman(a, a.map { -$0 }, ones) + 1) < 1e-12)
    // A weight of two is the row twice, ties included.
    let weights = [2.0, 1, 1, 3, 1, 1]
    let rows = [0, 0, 1, 2, 3, 3, 3, 4, 5]
    let repeated = spearman(rows.map { a[$0] }, rows.map { b[$0] }, rows.map { _ in 1 })
    #expect(abs(spearman(a, b, weights) - repeated) < 1e-12)
  }

  @Test func overlapOfTails() {
    let a = normals(50_000, seed: 2), b = normals(50_000, seed: 3)
    let weights = Array(repeating: 1.0, count: a.count)
    let (ta, tb) = (
      ScoreRelations.threshold(a, weights: weights, fraction: 0.1),
      ScoreRelations.threshold(b, weights: weights, fraction: 0.1)
    )
    #expect(a.count { $0 >= ta } == 5000)
    #expect(ScoreRelations.overlap(a, above: ta, a, above: ta, weights: weights) == 1)
    let overlap = ScoreRelations.overlap(a, above: ta, b, above: tb, weights: weights)
    // Independent: 0.01 of 0.19; 500 ± 22 common events.
    #expect(abs(overlap - 0.1 / 1.9) < 5 * 22 / 9500)
    #expect(ScoreRelations.overlap(a, above: 100, b, above: 100, weights: weights) == 0)
  }
}

@Suite struct PlaneBinningTests {
  private let floors = FitBinning(bins: 12, minimumBackground: 1, minimumEffective: 10)

  private func axis(_ signal: [Double], _ background: [Double]) throws -> Axis {
    func unit(_ values: [Double]) -> WeightedValues {
      WeightedValues(values: values, weights: Array(repeating: 0.5, count: values.count))
    }
    return try Axis(
      edges: floors.edges(signal: unit(signal), background: unit(background), range: -10...10))
  }

  @Test func aScoreWithItselfHasTheCellsOfItsOwnFit() throws {
    let background = normals(3000, seed: 4), signal = normals(2000, seed: 5, shift: 2)
    let own = try axis(signal, background)
    let plane = try PlaneBinning(
      first: own, second: own,
      background: (background, background, Array(repeating: 0.5, count: background.count)), floors: floors)
    #expect(plane.cellCount == own.binCount && plane.outer.count < own.edges.count)
    var histogram = Histogram1D(axis: own)
    var cells = [Double](repeating: 0, count: plane.cellCount)
    for value in background {
      try histogram.fill(value, weight: 0.5)
      cells[plane.cell(value, value)] += 0.5
    }
    #expect(histogram.sumW == cells)
  }

  @Test func everyCellMeetsTheFloors() throws {
    let (a, b) = (normals(4000, seed: 6), normals(4000, seed: 7))
    let first = try axis(normals(2000, seed: 8, shift: 1.5), a), second = try axis(normals(2000, seed: 9, shift: 1), b)
    let plane = try PlaneBinning(
      first: first, second: second, background: (a, b, Array(repeating: 0.2, count: a.count)), floors: floors)
    var counts = [Int](repeating: 0, count: plane.cellCount)
    for (x, y) in zip(a, b) { counts[plane.cell(x, y)] += 1 }
    #expect(plane.cellCount > 4 && counts.allSatisfy { $0 >= 10 })
    // What lies outside belongs to the outermost cells.
    #expect(plane.cell(-99, -99) == plane.cell(-9.9, -9.9) && plane.cell(99, 99) == plane.cellCount - 1)
  }
}

@Suite struct TailExcessTests {
  private let background = [4000.0, 500, 300, 100, 50, 20, 8]
  private var excess: TailExcess {
    TailExcess(
      edges: (0...7).map(Double.init), background: background,
      uncertainty: background.map { 0.1 * $0.squareRoot() * 2 })
  }

  @Test func backgroundAloneGivesUniformPValuesWhereThereIsAnExcess() {
    let none = background.map { _ in 0.0 }
    let toys = excess.statistics(signal: none, count: 4000, seed: SeedTree(root: 3).child("toys"))
    let data = excess.statistics(signal: none, count: 2000, seed: SeedTree(root: 3).child("data"))
    #expect(zip(toys, toys.dropFirst()).allSatisfy(<=))
    let p = data.map { TailExcess.pValue($0, among: toys) }
    for level in [0.02, 0.1, 0.3, 0.5] {
      let share = Double(p.count { $0 <= level }) / 2000
      // Binomial errors of data and toys.
      #expect(abs(share - level) < 5 * (level * (1 - level) * (1 / 2000 + 1 / 4000)).squareRoot())
    }
    // Looking at six thresholds costs: the local 2σ is no 2σ.
    #expect(TailExcess.pValue(2, among: toys) > 1.5 * 0.0228)
  }

  @Test func anExcessInTheTailIsSeenAndOneInTheBulkIsNot() {
    var counts = background.map { $0.rounded() }
    #expect(excess.statistic(counts) == 0)
    counts[0] += 1000
    #expect(excess.statistic(counts) == 0)
    counts[6] += 20
    #expect(excess.statistic(counts) > 4.5)
    #expect(TailExcess.pValue(1e9, among: [1, 2, 3]) == 0.25 && TailExcess.pValue(0, among: [0, 2, 3]) == 1)
  }

  @Test func thresholdsAreTailProbabilitiesThatTheBackgroundBears() throws {
    var random = SeedTree(root: 8).stream()
    let levels = (0..<5000).map { _ in -log10(1 - random.uniform()) }
    let excess = try TailExcess(
      WeightedValues(values: levels, weights: Array(repeating: 1, count: 5000)),
      floors: FitBinning(bins: 1, minimumBackground: 1, minimumEffective: 10))
    #expect(excess.edges[0] == 0 && abs(excess.edges[1] + log10(0.5)) < 1e-12)
    // 5000 events bear 0.005 (25 events) and 0.002 (10 events or about).
    #expect((7...10).contains(excess.background.count) && excess.background.allSatisfy { $0 >= 10 })
  }
}
