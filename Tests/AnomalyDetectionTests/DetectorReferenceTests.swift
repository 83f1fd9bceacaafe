import Foundation
import Learning
import TestSupport
import Testing

@testable import AnomalyDetection

/// Detectors of scikit-learn and PyOD on a small sample.
struct DetectorReference: Decodable {
  struct Scores: Decodable { var rows: [Double], far: [Double] }
  var names: [String]
  var train: [Float], rows: [Float], far: [Float]
  /// A document of its own.
  var forest: String
  var forestScores: [Double], forestAUCs: [Double], neighbours: [Double]
  var histogram: [String: Scores]
  var variances: [Double], components: [Double]

  static func read() throws -> DetectorReference {
    try JSONDecoder().decode(DetectorReference.self, from: Data(contentsOf: referenceURL("anomaly/detectors.json")))
  }

  func matrix(_ values: [Float]) throws -> FeatureMatrix { try FeatureMatrix(names: names, values: values) }
  func background() throws -> BackgroundSample { try BackgroundSample(features: matrix(train)) }

  /// The first half of `rows` is background, the second is not.
  func auc(_ scores: [Float]) -> Double {
    let half = scores.count / 2
    let wins = scores[half...].reduce(0.0) { sum, signal in
      sum + scores[..<half].reduce(0.0) { $0 + (signal > $1 ? 1 : signal == $1 ? 0.5 : 0) }
    }
    return wins / Double(half * half)
  }
}

@Suite struct DetectorReferenceTests {
  @Test func forestsOfScikitLearnScoreAlike() throws {
    let reference = try DetectorReference.read()
    let forest = try IsolationForest(scikitLearn: Data(reference.forest.utf8), path: "forest")
    let scores = try forest.scores(reference.matrix(reference.rows))
    for (score, expected) in zip(scores, reference.forestScores) {
      #expect(abs(Double(score) - expected) < 1e-6)
    }
  }

  /// scikit-learn compares float32 values with double thresholds: one just below a value sends it right, though the nearest
  /// float32 is the value itself.
  @Test func thresholdsBetweenFloatsAreKept() throws {
    let value: Float = 0.1
    for (shift, goesRight) in [(-1e-12, true), (0, false), (1e-12, false)] {
      let text = """
        {"feature_names": ["x"], "max_samples": 4, "trees": [{"feature": [0, -2, -2], "threshold":
        [\(Double(value) + shift), -2, -2], "left": [1, -1, -1], "right": [2, -1, -1], "samples": [4, 1, 3]}]}
        """
      let forest = try IsolationForest(scikitLearn: Data(text.utf8), path: "forest")
      let score = Double(try forest.scores(FeatureMatrix(names: ["x"], values: [value]))[0])
      let length = 1 + (goesRight ? IsolationTree.averagePathLength(3) : 0)
      #expect(abs(score - exp2(-length / IsolationTree.averagePathLength(4))) < 1e-6)
    }
  }

  @Test func ownForestsAreAsGood() throws {
    let reference = try DetectorReference.read()
    let rows = try reference.matrix(reference.rows)
    let ours = try (0..<10).map { seed in
      reference.auc(
        try IsolationForest(fitting: reference.background(), configuration: .init(seed: UInt64(seed))).scores(rows))
    }
    func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
      let mean = values.reduce(0, +) / Double(values.count)
      return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot())
    }
    let (own, other) = (moments(ours), moments(reference.forestAUCs))
    // The means of ten fits differ by less than four of their errors.
    let error = ((own.deviation * own.deviation + other.deviation * other.deviation) / 10).squareRoot()
    #expect(abs(own.mean - other.mean) < 4 * error, "\(own) and \(other)")
  }

  @Test(arguments: ["10", "25"])
  func histogramsScoreAsPyODs(bins: String) throws {
    let reference = try DetectorReference.read()
    let detector = try HistogramScore(
      fitting: reference.background(), configuration: .init(bins: .fixed(Int(bins) ?? 0)))
    let expected = try #require(reference.histogram[bins])
    for (values, scores) in [(reference.rows, expected.rows), (reference.far, expected.far)] {
      for (row, (found, wanted)) in zip(try detector.scores(reference.matrix(values)), scores).enumerated() {
        #expect(abs(Double(found) - wanted) < 1e-4, "row \(row): \(found), PyOD \(wanted)")
      }
    }
  }

  @Test func neighboursAreAsFarAsPyODs() throws {
    let reference = try DetectorReference.read()
    let detector = try NearestNeighbours(fitting: reference.background())
    for (found, wanted) in zip(try detector.scores(reference.matrix(reference.rows)), reference.neighbours) {
      #expect(abs(Double(found) - wanted) < 1e-5 * wanted)
    }
  }

  @Test func componentsAreScikitLearns() throws {
    let reference = try DetectorReference.read()
    let components = try PrincipalComponents(fitting: reference.background())
    for (found, wanted) in zip(components.variances, reference.variances) { #expect(abs(found - wanted) < 1e-6) }
    let count = components.variances.count
    for component in 0..<count {
      let row = component * count..<(component + 1) * count
      let overlap = zip(components.rotation[row], reference.components[row]).map(*).reduce(0, +)
      #expect(abs(abs(overlap) - 1) < 1e-6)
    }
  }
}
