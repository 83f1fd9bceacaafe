import Foundation
import Learning
import Records
import TestSupport
import Testing

@testable import AnomalyDetection

@Suite struct DetectorLawTests {
  /// Correlated columns, and rows of another kind.
  private func sample(_ rows: Int, columns: Int = 4, seed: Int = 1, shift: Double = 0) throws -> FeatureMatrix {
    var random = SeedTree(root: 4).child(seed).stream()
    var values: [Float] = []
    for _ in 0..<rows {
      let common = random.normal()
      for column in 0..<columns { values.append(Float(common * Double(column + 1) / 4 + random.normal() + shift)) }
    }
    return try FeatureMatrix(names: (0..<columns).map { "x\($0)" }, values: values)
  }

  private func mean(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) } / Double(values.count) }

  @Test func rotatedBackgroundIsUncorrelated() throws {
    let background = try BackgroundSample(features: sample(2000))
    let components = try PrincipalComponents(fitting: background)
    #expect(abs(components.variances.reduce(0, +) - 4) < 1e-9)
    #expect(zip(components.variances, components.variances.dropFirst()).allSatisfy(>=))
    let rotated = try components.rotated(background.features)
    for i in 0..<4 {
      for j in 0..<4 {
        let product = (0..<2000).reduce(0.0) { $0 + Double(rotated[$1, i]) * Double(rotated[$1, j]) } / 2000
        #expect(abs(product - (i == j ? components.variances[i] : 0)) < 1e-4)
      }
    }
  }

  @Test func monotoneScalingLeavesTheForestsRanking() throws {
    let plain = try sample(3000), rows = try sample(500, seed: 2), odd = try sample(500, seed: 3, shift: 2)
    func stretched(_ matrix: FeatureMatrix) throws -> FeatureMatrix {
      try FeatureMatrix(names: matrix.names, values: matrix.values.map { $0 * 8 + 3 })
    }
    // A linear scaling maps cuts on cuts: the same seed gives the same forest.
    let one = try IsolationForest(fitting: BackgroundSample(features: plain))
    let other = try IsolationForest(fitting: BackgroundSample(features: stretched(plain)))
    for matrix in [rows, odd] {
      let differences = zip(try one.scores(matrix), try other.scores(stretched(matrix))).map { abs($0 - $1) }
      #expect(differences.filter { $0 > 1e-5 }.count < 25)
    }
    #expect(mean(try one.scores(odd)) > mean(try one.scores(rows)) + 0.02)
  }

  @Test func weightsCountAsCopies() throws {
    let features = try sample(2000)
    let weights: [Float] = (0..<2000).map { $0 % 3 == 0 ? 2 : 1 }
    let copies = (0..<2000).flatMap { Array(repeating: $0, count: $0 % 3 == 0 ? 2 : 1) }
    let weighted = try BackgroundSample(features: features, weights: weights)
    let repeated = try BackgroundSample(features: features.rows(copies))
    let rows = try sample(300, seed: 5)
    func difference(_ detector: (BackgroundSample) throws -> [Float]) throws -> Float {
      zip(try detector(weighted), try detector(repeated)).map { abs($0 - $1) }.max() ?? .infinity
    }
    #expect(try difference { try HistogramScore(fitting: $0).scores(rows) } < 1e-4)
    #expect(try difference { try IsolationForest(fitting: $0).scores(rows) } < 1e-6)
    let (a, b) = (try PrincipalComponents(fitting: weighted), try PrincipalComponents(fitting: repeated))
    #expect(zip(a.rotation, b.rotation).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test func orderOfColumnsDoesNotMatter() throws {
    let features = try sample(1500), rows = try sample(200, seed: 6)
    func turned(_ matrix: FeatureMatrix) throws -> FeatureMatrix {
      try FeatureMatrix(
        names: matrix.names.reversed(),
        values: (0..<matrix.rowCount).flatMap { row in (0..<4).map { matrix[row, 3 - $0] } })
    }
    let plain = try BackgroundSample(features: features), other = try BackgroundSample(features: turned(features))
    for (a, b) in zip(
      try HistogramScore(fitting: plain).scores(rows), try HistogramScore(fitting: other).scores(turned(rows)))
    { #expect(abs(a - b) < 1e-4) }
    for (a, b) in zip(
      try NearestNeighbours(fitting: plain).scores(rows), try NearestNeighbours(fitting: other).scores(turned(rows)))
    { #expect(abs(a - b) < 1e-4) }
    // A forest draws columns by their names: the cuts are the same.
    #expect(
      try IsolationForest(fitting: plain).scores(rows) == IsolationForest(fitting: other).scores(turned(rows)))
  }

  @Test func weightsOfNeighboursCount() throws {
    // On a line, at 0, 1, 3 and 7, with equal weights, then with the first one twice as heavy as the others.
    let line = try FeatureMatrix(names: ["x"], values: [0, 1, 3, 7])
    let place = try FeatureMatrix(names: ["x"], values: [0])
    func score(_ weights: [Float]?) throws -> Double {
      let detector = try NearestNeighbours(
        fitting: BackgroundSample(features: line, weights: weights), configuration: .init(neighbours: 2))
      return Double(try detector.scores(place)[0]) / Double(detector.scales[0])
    }
    #expect(abs(try score(nil) - (0 + 1) / 2) < 1e-6)
    // Weights of mean 1 are 8/5 and 4/5: the second neighbour counts 2/5.
    #expect(abs(try score([2, 1, 1, 1]) - 0.4 / 2) < 1e-6)
    #expect(abs(try score([20, 10, 10, 10]) - 0.4 / 2) < 1e-6)
    // Thinning takes rows in proportion to their weights.
    let many = try sample(4000)
    let weights = (0..<4000).map { Float($0 < 1000 ? 3 : 1) }
    let thinned = try NearestNeighbours(
      fitting: BackgroundSample(features: many, weights: weights), configuration: .init(reference: 600))
    #expect(thinned.weights.reduce(0, +) == 600)
    let heavy = (0..<thinned.weights.count).filter { point in
      let value = thinned.points[point * 4] / thinned.scales[0]
      return (0..<1000).contains { abs(many[$0, 0] - value) < 1e-6 }
    }
    #expect(abs(heavy.count - 300) < 12)
  }

  @Test func automaticBinsFollowTheDensity() throws {
    let background = try BackgroundSample(features: sample(5000))
    let detector = try HistogramScore(fitting: background, configuration: .init(bins: .automatic))
    #expect(detector.densities.allSatisfy { (8...70).contains($0.surprises.count) })
    let uniform = try FeatureMatrix(names: ["u"], values: (0..<5000).map { Float($0) })
    let flat = try HistogramScore(
      fitting: BackgroundSample(features: uniform), configuration: .init(bins: .automatic))
    #expect(flat.densities[0].surprises.count <= 3)
  }

  /// Steps are the score of one column, to the last bit on both sides of every edge.
  @Test(arguments: [0, 0.5]) func histogramsAreSteps(tolerance: Double) throws {
    let background = try BackgroundSample(features: sample(700))
    let detector = try HistogramScore(
      fitting: background, configuration: .init(bins: .fixed(9), tolerance: tolerance))
    for column in 0..<4 {
      let steps = detector.densities[column].steps(tolerance: tolerance)
      #expect(steps.edges.count == 10 && steps.values.count == 11)
      let places: [Float] = steps.edges.flatMap { [$0.nextDown, $0, $0.nextUp] } + [-1e9, 1e9, 0]
      // Other columns stand still.
      let rest = (0..<4).map { detector.densities[$0] }.map { Float($0.low) }
      let values: [Float] = places.flatMap { place in (0..<4).map { $0 == column ? place : rest[$0] } }
      let scores = try detector.scores(FeatureMatrix(names: detector.featureNames, values: values))
      let others = (0..<4).filter { $0 != column }.reduce(0.0) { $0 + detector.densities[$1].surprises[0] }
      for (place, score) in zip(places, scores) {
        let step = steps.edges.firstIndex { place <= $0 } ?? 10
        #expect(abs(Double(score) - others - steps.values[step]) < 1e-5, "\(place) of column \(column)")
      }
    }
  }

  /// What walks eight rows side by side gives each row what it has alone, and finds a value that is none wherever it stands.
  @Test func blocksOfRowsDoNotMatter() throws {
    let forest = try IsolationForest(fitting: BackgroundSample(features: sample(600)), configuration: .init(trees: 9))
    let rows = try sample(261, seed: 8)
    let scores = try forest.scores(rows)
    for row in [0, 7, 8, 127, 128, 255, 256, 260] { #expect(try forest.scores(rows.rows([row])) == [scores[row]]) }
    for (row, column) in [(0, 0), (129, 3), (255, 1), (260, 3)] {
      for value in [Float.nan, .infinity, -.infinity] {
        var broken = rows
        broken[row, column] = value
        #expect(throws: LearningError.notFinite(value: "\(value)", column: "feature 'x\(column)'", row: row)) {
          try forest.scores(broken)
        }
        #expect(throws: LearningError.notFinite(value: "\(value)", column: "feature 'x\(column)'", row: row)) {
          try broken.checkFinite()
        }
      }
    }
  }

  /// Wide vectors, where the processor has them, give the bits that the plain walk gives, for trees of any depth up to eight.
  @Test(.enabled(if: ForestWalk.hasWideVectors, "the processor has no AVX-512"), arguments: [3, 9, 100, 256])
  func wideVectorsGiveTheSameBits(subsample: Int) throws {
    let forest = try IsolationForest(
      fitting: BackgroundSample(features: sample(600)), configuration: .init(trees: 30, subsample: subsample))
    #expect(forest.trees.map(\.depth).max() ?? 0 <= 8)
    // Values on a threshold too.
    let edges = forest.trees.flatMap { $0.nodes.map(\.threshold).filter(\.isFinite).prefix(4) }
    let rows = try FeatureMatrix(
      names: forest.featureNames,
      values: sample(301, seed: 8).values + edges.flatMap { Array(repeating: $0, count: 4) })
    func sums(isWide: Bool) throws -> [Float] {
      try ForestWalk(forest.trees, isWide: isWide).pathLengths(rows) { $0 }
    }
    #expect(try sums(isWide: true) == sums(isWide: false))
    #expect(try Set(sums(isWide: true)).count > 3)
  }

  @Test(
    "neighbours by AVX-512 have the bits of those without",
    .enabled(if: ForestWalk.hasWideVectors, "the processor has no AVX-512"))
  func wideDistancesAreTheSame() throws {
    let rows = try sample(301, seed: 8)
    for (count, weights) in [(603, { Float(1 + $0 % 3) }), (5, { _ in Float(1) })] as [(Int, (Int) -> Float)] {
      let background = try BackgroundSample(features: sample(count), weights: (0..<count).map(weights))
      let detector = try NearestNeighbours(fitting: background, configuration: .init(neighbours: 5, reference: 700))
      let wide = try detector.scores(rows, isWide: true)
      #expect(try wide == detector.scores(rows, isWide: false))
      #expect(wide.allSatisfy(\.isFinite) && Set(wide).count > 300)
    }
  }

  @Test func detectorsComeBackFromDisk() throws {
    let background = try BackgroundSample(features: sample(600))
    let rows = try sample(50, seed: 9)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("detector.json")
      func check<Detector: StoredAnomalyDetector & Equatable>(_ detector: Detector) throws {
        try detector.save(to: url)
        let again = try Detector(contentsOf: url)
        #expect(again == detector)
      }
      try check(HistogramScore(fitting: background))
      try check(NearestNeighbours(fitting: background))
      let forest = try IsolationForest(fitting: background)
      try check(forest)
      #expect(try IsolationForest(contentsOf: url).scores(rows) == forest.scores(rows))
      let error = #expect(throws: AnomalyError.self) { try HistogramScore(contentsOf: url) }
      #expect("\(error.map { "\($0)" } ?? "")".contains("it holds 'isolation-forest'"))
      var text = try String(contentsOf: url, encoding: .utf8)
      text = text.replacing(/"left"\s*:\s*\[\s*1,/, with: "\"left\":[900000,")
      try text.write(to: url, atomically: true, encoding: .utf8)
      #expect(throws: AnomalyError.self) { _ = try IsolationForest(contentsOf: url) }
    }
  }

  @Test func badInputIsExplained() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch { return "\(error)" }
    }
    let features = try sample(100)
    var constant = features
    for row in 0..<100 { constant[row, 2] = 7 }
    #expect(message { _ = try BackgroundSample(features: constant) }.contains("feature 'x2' is 7.0 in every event"))
    // One that varies in events of weight 0 only is as constant.
    constant[5, 2] = 8
    let weights: [Float] = (0..<100).map { $0 == 5 ? 0 : 1 }
    #expect(
      message { _ = try BackgroundSample(features: constant, weights: weights) }.contains("feature 'x2' is 7.0"))
    var broken = features
    broken[4, 1] = .nan
    #expect(message { _ = try BackgroundSample(features: broken) }.contains("feature 'x1' is nan in row 4"))
    let zero = [Float](repeating: 0, count: 100)
    #expect(message { _ = try BackgroundSample(features: features, weights: zero) }.contains("add up to 0"))
    var negative = [Float](repeating: 1, count: 100)
    negative[8] = -1
    #expect(
      message { _ = try BackgroundSample(features: features, weights: negative) }.contains("weight -1.0 in row 8"))
    let background = try BackgroundSample(features: features)
    #expect(message { _ = try IsolationForest(fitting: background) }.contains("a sub-sample of 256 needs 256"))
    #expect(
      message { _ = try HistogramScore(fitting: background, configuration: .init(bins: .fixed(1))) }.contains(
        "bins is 1"))
    let detector = try HistogramScore(fitting: background)
    let foreign = try FeatureMatrix(names: ["a", "b", "c", "d"], values: features.values)
    #expect(message { _ = try detector.scores(foreign) }.contains("the model takes 4 columns"))
    #expect(message { _ = try detector.scores(broken) }.contains("feature 'x1' is nan"))
    #expect(
      message { _ = try PrincipalComponents(fitting: BackgroundSample(features: sample(3))) }.contains("rotation"))
  }
}
