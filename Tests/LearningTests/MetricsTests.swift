import Records
import Testing

@testable import Learning

@Suite struct MetricsTests {
  /// Scores on a coarse grid, so that most are tied.
  private static func drawn(_ count: Int, seed: Int) -> (scores: [Float], labels: [Float], weights: [Float]) {
    var random = SeedTree(root: 5).child(seed).stream()
    let labels = (0..<count).map { Float($0 % 3 == 0 ? 1 : 0) }
    let scores = labels.map { Float(Int((random.uniform() + 0.3 * Double($0)) * 8)) / 8 }
    return (scores, labels, (0..<count).map { _ in Float(0.1 + random.uniform()) })
  }

  /// The definition: the weighted fraction of pairs in order, ties counting half.
  private static func pairs(_ scores: [Float], _ labels: [Float], _ weights: [Float]) -> Double {
    var won = 0.0, all = 0.0
    for i in scores.indices where labels[i] == 1 {
      for j in scores.indices where labels[j] == 0 {
        let weight = Double(weights[i]) * Double(weights[j])
        all += weight
        won += scores[i] > scores[j] ? weight : scores[i] == scores[j] ? weight / 2 : 0
      }
    }
    return won / all
  }

  @Test(arguments: 0..<5) func areaIsTheFractionOfPairsInOrder(seed: Int) throws {
    let (scores, labels, weights) = Self.drawn(120, seed: seed)
    let area = try Metrics.rocAUC(scores: scores, labels: labels, weights: weights)
    #expect(abs(area - Self.pairs(scores, labels, weights)) < 1e-12)
  }

  @Test func areaDoesNotDependOnTheOrderOfRows() throws {
    let (scores, labels, weights) = Self.drawn(200, seed: 9)
    let area = try Metrics.rocAUC(scores: scores, labels: labels, weights: weights)
    var order = Array(scores.indices)
    var random = SeedTree(root: 6).stream()
    random.shuffle(&order)
    let shuffled = try Metrics.rocAUC(
      scores: order.map { scores[$0] }, labels: order.map { labels[$0] }, weights: order.map { weights[$0] })
    #expect(abs(area - shuffled) < 1e-12)
  }

  @Test func weightTwoIsTheRowTwice() throws {
    let (scores, labels, _) = Self.drawn(60, seed: 2)
    let weights = scores.indices.map { Float($0 % 4 == 0 ? 2 : 1) }
    let rows = scores.indices.flatMap { $0 % 4 == 0 ? [$0, $0] : [$0] }
    let ones = [Float](repeating: 1, count: rows.count)
    let doubledScores = rows.map { scores[$0] }, doubledLabels = rows.map { labels[$0] }
    #expect(
      abs(
        try Metrics.rocAUC(scores: scores, labels: labels, weights: weights)
          - Metrics.rocAUC(scores: doubledScores, labels: doubledLabels, weights: ones)) < 1e-12)
    #expect(
      abs(
        try Metrics.logLoss(logits: scores, labels: labels, weights: weights)
          - Metrics.logLoss(logits: doubledScores, labels: doubledLabels, weights: ones)) < 1e-12)
    #expect(
      abs(
        try Metrics.accuracy(scores: scores, labels: labels, weights: weights)
          - Metrics.accuracy(scores: doubledScores, labels: doubledLabels, weights: ones)) < 1e-12)
  }

  @Test func curveEndsAreFixedAndTiesAreOnePoint() throws {
    let curve = try Metrics.rocCurve(scores: [0.5, 0.5, 0.2], labels: [1, 0, 0], weights: [1, 1, 3])
    #expect(curve.map(\.signalEfficiency) == [0, 1, 1])
    #expect(curve.map(\.backgroundEfficiency) == [0, 0.25, 1])
  }

  @Test func lossesOfLogitsAndProbabilitiesAgree() throws {
    let logits: [Float] = [-3, -0.5, 0, 2, 5], labels: [Float] = [0, 1, 1, 1, 0], weights: [Float] = [1, 2, 0.5, 1, 1]
    let probabilities = logits.map { Float(1) / (1 + exponential(-$0)) }
    let a = try Metrics.logLoss(logits: logits, labels: labels, weights: weights)
    let b = try Metrics.logLoss(probabilities: probabilities, labels: labels, weights: weights)
    // Probabilities in float32: 1 − p of the last row keeps five digits.
    #expect(abs(a - b) < 1e-5)
    // A logit of 200 would be a probability of 1 exactly.
    #expect(abs(try Metrics.logLoss(logits: [200], labels: [0], weights: [1]) - 200) < 1e-12)
  }

  private func exponential(_ x: Float) -> Float {
    // Σ xⁿ/n! is enough for |x| ≤ 5 and needs no library.
    var term: Double = 1, sum: Double = 1
    for n in 1..<60 {
      term *= Double(x) / Double(n)
      sum += term
    }
    return Float(sum)
  }

  @Test func oneClassOrNaNIsAnError() {
    #expect(throws: LearningError.self) { try Metrics.rocAUC(scores: [1, 2], labels: [1, 1], weights: [1, 1]) }
    #expect(throws: LearningError.self) { try Metrics.rocAUC(scores: [1, .nan], labels: [1, 0], weights: [1, 1]) }
    #expect(throws: LearningError.self) { try Metrics.rocAUC(scores: [1, 2], labels: [1, 0], weights: [1]) }
    #expect(throws: LearningError.self) { try Metrics.logLoss(logits: [1], labels: [1], weights: [0]) }
  }
}

@Suite struct ScalerTests {
  private func matrix(_ rows: [[Float]]) throws -> FeatureMatrix {
    try FeatureMatrix(names: ["pt", "eta"], values: rows.flatMap { $0 })
  }

  @Test func placeholdersEnterNeitherMeanNorWidth() throws {
    let features = try matrix([[10, 1], [0, 2], [30, 3], [0, 4]])
    let scaler = try StandardScaler(fitting: features, weights: [1, 1, 3, 1], placeholders: [0, nil])
    #expect(abs(scaler.means[0] - 25) < 1e-12)
    #expect(abs(scaler.widths[0] - 75.0.squareRoot()) < 1e-12)
    #expect(abs(scaler.means[1] - 16.0 / 6) < 1e-12)
    let scaled = try scaler.transform(features)
    #expect(scaled[2] == 0 && scaled[6] == 0)
    #expect(abs(Double(scaled[0]) + 15 / 75.0.squareRoot()) < 1e-6)
  }

  @Test func weightTwoIsTheRowTwice() throws {
    let once = try StandardScaler(fitting: matrix([[1, 5], [4, 7], [9, 2]]), weights: [2, 1, 1])
    let twice = try StandardScaler(fitting: matrix([[1, 5], [1, 5], [4, 7], [9, 2]]), weights: [1, 1, 1, 1])
    for (a, b) in zip(once.means + once.widths, twice.means + twice.widths) { #expect(abs(a - b) < 1e-12) }
  }

  @Test func constantAndEmptyColumnsKeepWidthOne() throws {
    let scaler = try StandardScaler(fitting: matrix([[7, 0], [7, 0]]), weights: [1, 2], placeholders: [nil, 0])
    #expect(scaler.widths == [1, 1])
    #expect(try scaler.transform(matrix([[7, 0], [8, 0]])) == [0, 0, 1, 0])
  }

  @Test func otherColumnsAndNaNAreNamed() throws {
    let scaler = try StandardScaler(fitting: matrix([[1, 2], [3, 5]]), weights: [1, 1])
    let swapped = try FeatureMatrix(names: ["eta", "pt"], values: [1, 2])
    #expect(throws: LearningError.wrongColumnCount(expected: ["pt", "eta"], found: ["eta", "pt"])) {
      try scaler.transform(swapped)
    }
    #expect(throws: LearningError.notFinite(value: "inf", column: "feature 'eta'", row: 1)) {
      try scaler.transform(matrix([[1, 2], [1, .infinity]]))
    }
  }
}
