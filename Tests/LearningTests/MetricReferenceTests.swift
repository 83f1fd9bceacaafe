import Foundation
import Records
import TestSupport
import Testing

@testable import Learning

/// What scikit-learn, confidenceinterval and numpy say.
private struct Reference: Decodable {
  struct Calibration: Decodable { var signalFraction: [Double], meanScore: [Double], brier: Double }
  struct Platt: Decodable { var slope: Double, offset: Double }
  struct Isotonic: Decodable { var scores: [Double], probabilities: [Double] }
  var scores: [Float], labels: [Float], weights: [Float], logits: [Float]
  var area: Double, deLong: Double, weightedArea: Double, bootstrap: Double
  var calibration: Calibration
  var platt: [String: Platt]
  var isotonic: Isotonic
  var classes: [Int], probabilities: [Float]
  var confusion: [String: [[Double]]]
  var balancedAccuracy: Double

  var ones: [Float] { scores.map { _ in 1 } }

  static func read() throws -> Reference {
    try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: referenceURL("classifier-metrics/metrics.json")))
  }
}

@Suite struct MetricReferenceTests {
  @Test func deLongOfUnitWeights() throws {
    let reference = try Reference.read()
    let area = try Metrics.areaUnderCurve(
      scores: reference.scores, labels: reference.labels, weights: reference.ones)
    // The peer ranks in float32.
    #expect(abs(area.value - reference.area) < 1e-6)
    #expect(abs(area.uncertainty / reference.deLong - 1) < 1e-4)
  }

  /// 4000 bootstrap samples know a standard deviation to 1.1 %; the two methods differ by some 1/N.
  @Test func uncertaintyOfWeightedEvents() throws {
    let reference = try Reference.read()
    let area = try Metrics.areaUnderCurve(
      scores: reference.scores, labels: reference.labels, weights: reference.weights)
    #expect(abs(area.value - reference.weightedArea) < 1e-6)
    #expect(abs(area.uncertainty / reference.bootstrap - 1) < 0.045)
    let own = try Metrics.bootstrapAreaUnderCurve(
      scores: reference.scores, labels: reference.labels, weights: reference.weights, resamples: 1000,
      seed: SeedTree(root: 3))
    #expect(own.value == area.value)
    #expect(abs(own.uncertainty / reference.bootstrap - 1) < 0.09)
  }

  @Test func reliabilityAndBrierScore() throws {
    let reference = try Reference.read()
    // Two digits lie on edges of bins, where float32 and float64 fall to different sides.
    let curve = try ReliabilityCurve(
      scores: reference.scores.map { 0.98 * $0 + 0.005 }, labels: reference.labels, weights: reference.ones)
    #expect(curve.bins.count == reference.calibration.meanScore.count)
    for (bin, (fraction, mean)) in zip(
      curve.bins, zip(reference.calibration.signalFraction, reference.calibration.meanScore))
    {
      #expect(abs(bin.signalFraction.value - fraction) < 1e-6 && abs(bin.meanScore - mean) < 1e-6)
    }
    let weighted = try ReliabilityCurve(
      scores: reference.scores, labels: reference.labels, weights: reference.weights)
    #expect(abs(weighted.brierScore - reference.calibration.brier) < 1e-6)
  }

  @Test func plattAndIsotonicCalibrations() throws {
    let reference = try Reference.read()
    for (name, weights) in [("unit", reference.ones), ("weighted", reference.weights)] {
      let expected = try #require(reference.platt[name])
      let platt = try PlattCalibrator(fitting: reference.logits, labels: reference.labels, weights: weights)
      // scikit-learn's minimiser ends at a relative change of 2e-9 of the loss: 1e-4 of its parameters.
      #expect(abs(platt.slope - expected.slope) < 3e-4 && abs(platt.offset - expected.offset) < 3e-4)
    }
    let isotonic = try IsotonicCalibrator(
      fitting: reference.scores, labels: reference.labels, weights: reference.weights)
    for (score, expected) in zip(reference.isotonic.scores, reference.isotonic.probabilities) {
      #expect(abs(isotonic.probability(score) - expected) < 2e-6, "at \(score)")
    }
  }

  @Test func confusionMatrices() throws {
    let reference = try Reference.read()
    let matrix = try ConfusionMatrix(
      probabilities: reference.probabilities, truth: reference.classes, weights: reference.weights,
      classes: ["a", "b", "c"])
    for normalization in ConfusionMatrix.Normalization.allCases {
      let expected = try #require(reference.confusion[normalization.rawValue])
      for (row, cells) in matrix.normalized(normalization).enumerated() {
        for (column, cell) in cells.enumerated() {
          #expect(abs((cell?.value ?? -1) - expected[row][column]) < 1e-5 * max(1, expected[row][column]))
        }
      }
    }
    #expect(abs(matrix.balancedAccuracy - reference.balancedAccuracy) < 1e-6)
  }
}
