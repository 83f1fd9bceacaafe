import CoreNumerics
import Foundation
import Learning
import Records
import Testing

@testable import Interpretation

/// Signal and background of two normal distributions, as scores in (0, 1), with weights that add up to expected events.
func scored(_ count: Int, seed: Int, signal: Double = 50, background: Double = 1000, shift: Double = 2) throws
  -> ScoredSample
{
  var random = SeedTree(root: 70).child(seed).stream()
  let labels = (0..<count).map { Float($0 % 2) }
  let scores = labels.map { label -> Float in
    // The optimal score of two normal distributions.
    let x = random.normal() + shift * Double(label)
    return Float(1 / (1 + exp(-(shift * x - shift * shift / 2))))
  }
  let half = Double(count) / 2
  return try ScoredSample(
    scores: scores, labels: labels, weights: labels.map { Float(($0 == 1 ? signal : background) / half) })
}

private func cuts(_ sample: ScoredSample) throws -> ScoreCuts {
  try ScoreCuts(scores: sample.scores, labels: sample.labels, weights: sample.weights)
}

@Suite struct CountingAnalysisTests {
  private func analysis() throws -> CountingAnalysis {
    CountingAnalysis(
      validation: try cuts(scored(20_000, seed: 1)), test: try cuts(scored(20_000, seed: 2)), luminosity: 100)
  }

  /// The best cut of two normal distributions is where Z_A(s Φ(2 − x), b Φ(−x)) is largest.
  @Test func theBestCutIsWhereTheFormulaSays() throws {
    let analysis = try analysis()
    func exact(_ x: Double, _ systematic: Double) -> Double {
      let s = 50 * Normal.upperTail(x - 2), b = 1000 * Normal.upperTail(x)
      return Significance.asimov(signal: s, background: b, backgroundUncertainty: systematic * b)
    }
    for systematic in [0, 0.1, 0.3] {
      let largest = stride(from: 0.0, to: 4, by: 0.001).map { exact($0, systematic) }.max() ?? 0
      let point = analysis.point(
        threshold: analysis.bestThreshold(systematic: systematic), systematic: systematic)
      let found = try #require(point.asimovWithSystematic)
      // Near its maximum the curve is flat; N_eff of what passes (at least ten) is what blurs it.
      #expect(abs(found / largest - 1) < 0.6 / point.effectiveBackground.squareRoot() + 0.01)
    }
  }

  @Test func laws() throws {
    let analysis = try analysis()
    let systematics = analysis.systematicScan([0, 0.05, 0.1, 0.2, 0.5])
    #expect(Set(systematics.map(\.threshold)).count == 1)
    let falling = systematics.compactMap(\.asimovWithSystematic)
    #expect(falling.count == 5 && zip(falling, falling.dropFirst()).allSatisfy(>))
    #expect(systematics[0].asimov == systematics[0].asimovWithSystematic)
    // A cut chosen for the uncertainty is better among the events on which it is chosen.
    let chosen = CountingAnalysis(validation: analysis.test, test: analysis.test, luminosity: 100)
    for (anew, fixed) in zip(
      chosen.systematicScan([0.1, 0.5], choosesAnew: true), chosen.systematicScan([0.1, 0.5]))
    {
      #expect((anew.asimovWithSystematic ?? 0) >= (fixed.asimovWithSystematic ?? 0))
    }
    // Without a systematic uncertainty all go as √L; with one the gain ends at s/(δ b).
    let luminosities = analysis.luminosityScan([100, 400, 1e9], systematic: 0.2)
    let (one, four, all) = (luminosities[0], luminosities[1], luminosities[2])
    #expect(abs(try #require(four.asimov) / (#require(one.asimov)) - 2) < 1e-9)
    #expect(abs(try #require(four.simple) / (#require(one.simple)) - 2) < 1e-9)
    #expect(four.signal.value == 4 * one.signal.value && four.effectiveBackground == one.effectiveBackground)
    #expect(abs(try #require(all.measured) / (all.signal.value / (0.2 * all.background.value)) - 1) < 1e-3)
    let scan = analysis.thresholdScan()
    #expect(scan.count > 50 && scan.allSatisfy { $0.effectiveBackground >= 10 })
    #expect(zip(scan, scan.dropFirst()).allSatisfy { $0.threshold > $1.threshold })
  }

  @Test func edges() throws {
    // Too little background anywhere: the loosest cut; and nothing behind a cut above all scores.
    let few = try cuts(ScoredSample(scores: [0.1, 0.9, 0.8], labels: [0, 1, 1], weights: [1, 1, 1]))
    let analysis = CountingAnalysis(validation: few, test: few, luminosity: 1)
    #expect(analysis.bestThreshold() == 0.1)
    let none = analysis.point(threshold: 2)
    #expect(none.signal.value == 0 && none.simple == nil && none.measured == nil && none.asimov == 0)
    // Signal without background has no significance that is a number.
    #expect(analysis.point(threshold: 0.5).asimov == nil)
    #expect(throws: LearningError.self) { try ScoredSample(scores: [0.1], labels: [1], weights: [1]) }
  }

  @Test func overTrainingIsSeen() throws {
    let test = try scored(4000, seed: 3)
    let alike = try OverTraining(training: scored(4000, seed: 4), test: test)
    let different = try OverTraining(training: scored(4000, seed: 5, shift: 2.5), test: test)
    #expect(alike.signal.kolmogorovSmirnov.pValue > 1e-3 && alike.background.kolmogorovSmirnov.pValue > 1e-3)
    #expect(different.signal.kolmogorovSmirnov.pValue < 1e-6)
    #expect(abs(alike.signal.test.reduce(0) { $0 + $1.sum } - 1) < 1e-12)
    #expect(abs(alike.signal.kolmogorovSmirnov.effectiveCount - 1000) < 1e-6)
  }

  /// Before the cut all events, after it those that pass; where the object is missing none.
  @Test func featuresBeforeAndAfterACut() throws {
    let sample = try ScoredSample(
      scores: (0..<100).map { Float($0) / 100 }, labels: (0..<100).map { Float($0 % 2) },
      weights: (0..<100).map { _ in 2 })
    let values = (0..<100).map { $0 < 10 ? Float(-1) : Float($0 % 4) }
    let feature = CutView.Feature(name: "n", title: "n", unit: "", placeholder: -1)
    let view = try #require(try CutView(feature, values: values, sample, threshold: 0.5))
    #expect(view.isCount && view.edges == [-0.5, 0.5, 1.5, 2.5, 3.5])
    #expect(view.signal.before.reduce(0) { $0 + $1.sum } == 90 && view.signal.after.reduce(0) { $0 + $1.sum } == 50)
    #expect(view.signal.after.map(\.sum) == [0, 24, 0, 26] && view.background.after.map(\.sum) == [24, 0, 26, 0])
    #expect(try CutView(feature, values: values.map { _ in 3 }, sample, threshold: 0.5) == nil)
  }
}
