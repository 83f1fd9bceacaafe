import Foundation
import Records
import Testing

@testable import Learning

/// Two normal distributions, the signal's shifted, with weights.
private func drawn(
  _ count: Int, seed: Int, shift: Double = 1, weighted: Bool = true
) -> (scores: [Float], labels: [Float], weights: [Float]) {
  var random = SeedTree(root: 41).child(seed).stream()
  let labels = (0..<count).map { Float($0 % 2) }
  return (
    labels.map { Float(random.normal() + shift * Double($0)) }, labels,
    labels.map { _ in weighted ? Float(random.uniform() * random.uniform() + 0.01) : 1 }
  )
}

@Suite struct AreaUncertaintyTests {
  /// The uncertainty is the scatter of areas over samples: 400 samples know it to 3.5 %.
  @Test func itIsTheScatterOverSamples() throws {
    let areas = try (0..<400).map { seed -> Estimate in
      let (scores, labels, weights) = drawn(300, seed: seed)
      return try Metrics.areaUnderCurve(scores: scores, labels: labels, weights: weights)
    }
    let mean = areas.reduce(0) { $0 + $1.value } / 400
    let scatter = (areas.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / 399).squareRoot()
    let told = (areas.reduce(0) { $0 + $1.uncertainty * $1.uncertainty } / 400).squareRoot()
    #expect(abs(told / scatter - 1) < 0.14)
    // Φ(1/√2).
    #expect(abs(mean - 0.760_250) < 4 * scatter / 20)
  }

  @Test func scaleOfWeightsAndOrderOfScoresAlone() throws {
    let (scores, labels, weights) = drawn(200, seed: 1000)
    let area = try Metrics.areaUnderCurve(scores: scores, labels: labels, weights: weights)
    let other = try Metrics.areaUnderCurve(
      scores: scores.map { exp($0) }, labels: labels,
      weights: zip(weights, labels).map { $0 * ($1 == 1 ? 8 : 0.5) })
    #expect(abs(area.value - other.value) < 1e-12 && abs(area.uncertainty - other.uncertainty) < 1e-12)
    // The other class's view.
    let mirrored = try Metrics.areaUnderCurve(scores: scores.map { -$0 }, labels: labels, weights: weights)
    #expect(abs(area.value + mirrored.value - 1) < 1e-12 && abs(area.uncertainty - mirrored.uncertainty) < 1e-12)
  }

  @Test func edgesAndErrors() throws {
    let separated = try Metrics.areaUnderCurve(scores: [1, 2, 3, 4], labels: [0, 0, 1, 1], weights: [1, 1, 1, 1])
    #expect(separated == Estimate(value: 1, uncertainty: 0))
    let tied = try Metrics.areaUnderCurve(scores: [2, 2, 2, 2], labels: [0, 0, 1, 1], weights: [1, 1, 1, 1])
    #expect(tied == Estimate(value: 0.5, uncertainty: 0))
    #expect(throws: LearningError.tooFewRows(what: "label 1", needed: 2, found: 1)) {
      try Metrics.areaUnderCurve(scores: [1, 2, 3], labels: [0, 0, 1], weights: [1, 1, 1])
    }
    #expect(throws: LearningError.self) {
      try Metrics.bootstrapAreaUnderCurve(
        scores: [1, 2], labels: [0, 1], weights: [1, 1], resamples: 1, seed: SeedTree(root: 1))
    }
  }
}

@Suite struct OperatingPointTests {
  @Test func cutsOfAKnownSample() throws {
    // Ten signal events at 1 … 10, ten background events at 0.5, 1.5, … 9.5.
    let scores = (1...10).map(Float.init) + (0..<10).map { Float($0) + 0.5 }
    let labels = [Float](repeating: 1, count: 10) + [Float](repeating: 0, count: 10)
    let cuts = try ScoreCuts(scores: scores, labels: labels, weights: scores.map { _ in 1 })
    let half = cuts.operatingPoint(signalEfficiency: 0.5)
    #expect(half.threshold == 6 && half.signalEfficiency.value == 0.5 && half.backgroundEfficiency.value == 0.4)
    #expect(abs(half.signalEfficiency.uncertainty - 0.025.squareRoot()) < 1e-12)
    let rejection = try #require(half.backgroundRejection)
    #expect(abs(rejection.value - 2.5) < 1e-12)
    #expect(abs(rejection.uncertainty - 2.5 * 2.5 * 0.024.squareRoot()) < 1e-12)
    let improvement = try #require(half.significanceImprovement)
    #expect(abs(improvement.value - 0.5 / 0.4.squareRoot()) < 1e-12)
    let tight = cuts.operatingPoint(backgroundEfficiency: 0.2)
    // 8.5 and 9.5 pass; the next event down is a signal, which may pass as well.
    #expect(tight.threshold == 8 && tight.signalEfficiency.value == 0.3 && tight.backgroundEfficiency.value == 0.2)
    let none = cuts.operatingPoint(backgroundEfficiency: 0.01)
    #expect(none.threshold == 10 && none.backgroundRejection == nil && none.signalEfficiency.value == 0.1)
    #expect(cuts.operatingPoint(signalEfficiency: 1).threshold == 1)
    #expect(
      try ScoreCuts(scores: [1, 2], labels: [1, 0], weights: [1, 1]).operatingPoint(backgroundEfficiency: 0)
        .signalEfficiency.value == 0)
  }

  /// Behind the same cut the curve and the ROC say the same; a weight of two is not two events.
  @Test func efficienciesAreThoseOfTheROCCurve() throws {
    let (scores, labels, weights) = drawn(300, seed: 1)
    let cuts = try ScoreCuts(scores: scores, labels: labels, weights: weights)
    let curve = try Metrics.rocCurve(scores: scores, labels: labels, weights: weights)
    #expect(curve.count == cuts.thresholds.count)
    for index in curve.indices {
      #expect(abs(curve[index].signalEfficiency - cuts.signalEfficiency(index).value) < 1e-12)
      #expect(abs(curve[index].backgroundEfficiency - cuts.backgroundEfficiency(index).value) < 1e-12)
      #expect(cuts.index(of: cuts.thresholds[index]) == index)
      #expect(cuts.index(of: cuts.thresholds[index].nextUp) == max(index - 1, 0))
    }
    let doubled = try ScoreCuts(scores: scores, labels: labels, weights: weights.map { 2 * $0 })
    #expect(abs(doubled.signalEfficiency(40).uncertainty - cuts.signalEfficiency(40).uncertainty) < 1e-12)
  }

  /// The scatter of a weighted efficiency is its uncertainty.
  @Test func weightedEfficienciesScatterSo() throws {
    let points = try (0..<400).map { seed -> Estimate in
      let (scores, labels, weights) = drawn(200, seed: seed)
      let cuts = try ScoreCuts(scores: scores, labels: labels, weights: weights)
      return cuts.backgroundEfficiency(cuts.index(of: 0.5))
    }
    let mean = points.reduce(0) { $0 + $1.value } / 400
    let scatter = (points.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / 399).squareRoot()
    let told = (points.reduce(0) { $0 + $1.uncertainty * $1.uncertainty } / 400).squareRoot()
    #expect(abs(told / scatter - 1) < 0.14)
  }

  /// Scores that say nothing improve nothing: ε_S/√ε_B = √ε.
  @Test func improvementOfNothing() throws {
    let (scores, labels, weights) = drawn(20_000, seed: 7, shift: 0, weighted: false)
    let cuts = try ScoreCuts(scores: scores, labels: labels, weights: weights)
    for point in cuts.significanceImprovementCurve(count: 10) {
      let improvement = try #require(point.significanceImprovement)
      #expect(abs(improvement.value - point.signalEfficiency.value.squareRoot()) < 5 * improvement.uncertainty + 1e-9)
    }
    #expect(cuts.significanceImprovementCurve(count: 10_000).allSatisfy { $0.effectiveBackground >= 10 })
  }
}

@Suite struct CalibrationTests {
  /// Scores that are probabilities are told so; their squares are not, and a calibrator makes them so again.
  @Test func calibratedScoresAreTold() throws {
    var random = SeedTree(root: 42).stream()
    let scores = (0..<40_000).map { _ in Float(random.uniform()) }
    let labels = scores.map { Float(random.uniform() < Double($0) ? 1 : 0) }
    let weights = [Float](repeating: 1, count: scores.count)
    let honest = try ReliabilityCurve(scores: scores, labels: labels, weights: weights)
    #expect(honest.expectedCalibrationError < 0.012)
    #expect(honest.bins.allSatisfy { abs($0.signalFraction.value - $0.meanScore) < 5 * $0.signalFraction.uncertainty })
    // E[p(1 − p)] of uniform p.
    #expect(abs(honest.brierScore - 1.0 / 6) < 0.005)
    let squares = scores.map { $0 * $0 }
    let wrong = try ReliabilityCurve(scores: squares, labels: labels, weights: weights)
    // E|p − p²| = 1/6.
    #expect(abs(wrong.expectedCalibrationError - 1.0 / 6) < 0.01)
    let isotonic = try IsotonicCalibrator(fitting: squares, labels: labels, weights: weights)
    let mended = try ReliabilityCurve(
      scores: isotonic.probabilities(squares), labels: labels, weights: weights)
    #expect(mended.expectedCalibrationError < 0.012)
    #expect(zip(isotonic.values, isotonic.values.dropFirst()).allSatisfy(<=))
    #expect(zip(isotonic.scores, isotonic.scores.dropFirst()).allSatisfy(<))
    // Logits that are twice too large: Platt's slope halves them.
    let logits = scores.map { Float(2 * log(Double(max($0, 1e-6)) / max(1 - Double($0), 1e-6))) }
    let platt = try PlattCalibrator(fitting: logits, labels: labels, weights: weights)
    #expect(abs(platt.slope + 0.5) < 0.02 && abs(platt.offset) < 0.05)
  }

  @Test func edgesAndErrors() throws {
    let one = try ReliabilityCurve(scores: [0, 1, 1], labels: [0, 1, 1], weights: [1, 1, 1])
    #expect(one.bins.count == 2 && one.brierScore == 0 && one.expectedCalibrationError == 0)
    #expect(throws: LearningError.self) { try ReliabilityCurve(scores: [1.5], labels: [1], weights: [1]) }
    #expect(throws: LearningError.self) { try ReliabilityCurve(scores: [0.5], labels: [1], weights: [1], bins: 0) }
    #expect(throws: LearningError.self) {
      try PlattCalibrator(fitting: [0, 1], labels: [1, 1], weights: [1, 1])
    }
    #expect(throws: LearningError.self) {
      try IsotonicCalibrator(fitting: [0, 1], labels: [0, 1], weights: [1, -1])
    }
    // Separable data: the sigmoid stays finite, by Platt's targets.
    let platt = try PlattCalibrator(fitting: [-1, -2, 1, 2], labels: [0, 0, 1, 1], weights: [1, 1, 1, 1])
    #expect(platt.slope.isFinite && platt.probability(1) > 0.6 && platt.probability(-1) < 0.4)
  }
}

@Suite struct ConfusionMatrixTests {
  @Test func rowsAndColumnsAddUp() throws {
    let matrix = try ConfusionMatrix(
      scores: [0.9, 0.2, 0.6, 0.5], labels: [1, 1, 0, 0], weights: [2, 1, 1, 4], threshold: 0.55)
    #expect(matrix.cells[1].map(\.sum) == [1, 2] && matrix.cells[0].map(\.sum) == [4, 1])
    for row in matrix.normalized(.byTruth) { #expect(abs(row.reduce(0) { $0 + ($1?.value ?? 0) } - 1) < 1e-12) }
    let columns = matrix.normalized(.byPrediction)
    for column in 0..<2 { #expect(abs(columns.reduce(0) { $0 + ($1[column]?.value ?? 0) } - 1) < 1e-12) }
    #expect(abs(matrix.accuracy - 0.75) < 1e-12 && abs(matrix.balancedAccuracy - (0.8 + 2.0 / 3) / 2) < 1e-12)
  }

  @Test func classesThatAreAbsentAndErrors() throws {
    let matrix = try ConfusionMatrix(
      probabilities: [0.5, 0.5, 0, 0.1, 0.8, 0.1], truth: [0, 0], weights: [1, 1], classes: ["a", "b", "c"])
    // Of equal probabilities the first.
    #expect(matrix.cells[0].map(\.sum) == [1, 1, 0])
    #expect(matrix.normalized(.byTruth)[2] == [nil, nil, nil] && matrix.balancedAccuracy == 0.5)
    func fails(_ probabilities: [Float], _ truth: [Int]) {
      #expect(throws: LearningError.self) {
        try ConfusionMatrix(probabilities: probabilities, truth: truth, weights: [1], classes: ["a", "b"])
      }
    }
    fails([0.5], [0])
    fails([0.5, .nan], [0])
    fails([0.5, 0.5], [2])
    fails([], [])
  }
}
