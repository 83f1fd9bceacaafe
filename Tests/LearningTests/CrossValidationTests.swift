import Foundation
import Records
import Testing

@testable import Learning

private func sample(_ rows: Int) throws -> LabelledSample {
  var random = SeedTree(root: 60).stream()
  let labels = (0..<rows).map { Float($0 % 3 == 0 ? 1 : 0) }
  return try LabelledSample(
    features: FeatureMatrix(names: ["x"], values: labels.map { _ in Float(random.normal()) }), labels: labels,
    weights: labels.map { _ in 1 })
}

/// Knows by heart what it has seen, and says ½ of all else.
private struct Parrot: Classifier {
  var featureNames = ["x"]
  var seen: [Float: Float] = [:]

  func scores(_ features: FeatureMatrix) async throws -> [Float] { features.values.map { seen[$0] ?? 0.5 } }
}

@Suite struct CrossValidationTests {
  private func folds(
    _ identities: [UInt64], _ labels: [Float], count: Int = 5, _ division: Folds.Division = .stratified
  ) throws -> Folds {
    try Folds(
      count: count, identities: identities, classes: labels.map { Int($0) }, division: division,
      seed: SeedTree(root: 7))
  }

  /// Had any row been seen by the model that scores it, the parrot would know it.
  @Test func noRowIsScoredByAModelThatHasSeenIt() async throws {
    let data = try sample(200)
    let folds = try folds((0..<200).map(UInt64.init), data.labels)
    var counts: [Int] = []
    let result = try await CrossValidation(data, folds: folds) { training, validation, _ in
      var seen: [Float: Float] = [:]
      for part in [training, validation] {
        for row in part.labels.indices { seen[part.features[row, 0]] = part.labels[row] }
      }
      counts.append(seen.count)
      return Parrot(seen: seen)
    }
    #expect(result.scores.allSatisfy { $0 == 0.5 })
    #expect(result.areas.map(\.value) == [0.5, 0.5, 0.5, 0.5, 0.5])
    // All others were seen: 160 rows, or one more or less.
    #expect(counts.count == 5 && counts.allSatisfy { (159...161).contains($0) })
    #expect(result.models[0].seen.count == counts[0])
  }

  @Test func partsDoNotDependOnTheOrderOfRows() throws {
    let data = try sample(300)
    let identities = (0..<300).map { UInt64($0) * 977 }
    var order = Array(0..<300)
    var random = SeedTree(root: 8).stream()
    random.shuffle(&order)
    for division in Folds.Division.allCases {
      let plain = try folds(identities, data.labels, division)
      let shuffled = try folds(order.map { identities[$0] }, order.map { data.labels[$0] }, division)
      #expect(order.indices.allSatisfy { shuffled.assignment[$0] == plain.assignment[order[$0]] })
    }
    // By the hash alone a row stays where it is whatever is cut.
    let all = try folds(identities, data.labels, .hashed)
    let half = try folds(Array(identities[..<150]), Array(data.labels[..<150]), .hashed)
    #expect(half.assignment == Array(all.assignment[..<150]))
  }

  @Test func classesAreDealtOutEvenly() throws {
    let data = try sample(302)
    let exact = try folds((0..<302).map(UInt64.init), data.labels, count: 4)
    let hashed = try folds((0..<302).map(UInt64.init), data.labels, count: 4, .hashed)
    for label: Float in [0, 1] {
      let total = data.labels.count { $0 == label }
      for fold in 0..<4 {
        let rows = exact.rows(of: [fold]).count { data.labels[$0] == label }
        #expect(rows == total / 4 || rows == total / 4 + 1)
        // Binomial, five σ.
        let drawn = Double(hashed.rows(of: [fold]).count { data.labels[$0] == label })
        #expect(abs(drawn - Double(total) / 4) < 5 * (Double(total) * 3 / 16).squareRoot())
      }
    }
    #expect(exact.rows(of: 0..<4) == Array(0..<302))
    let other = try Folds(
      count: 4, identities: (0..<302).map(UInt64.init), classes: data.labels.map { Int($0) },
      seed: SeedTree(root: 8))
    #expect(other.assignment != exact.assignment)
  }

  @Test func faults() async throws {
    let data = try sample(12)
    #expect(throws: LearningError.self) { try folds([1, 2, 2], [0, 0, 1], count: 2) }
    #expect(throws: LearningError.self) { try folds([1, 2, 3], [0, 0, 1], count: 2) }
    #expect(throws: LearningError.self) { try folds([1, 2], [0], count: 2) }
    #expect(throws: LearningError.self) { try folds([1, 2], [0, 0], count: 1) }
    let two = try folds((0..<12).map(UInt64.init), data.labels, count: 2)
    await #expect(throws: LearningError.self) {
      try await CrossValidation(data, folds: two) { _, _, _ in Parrot() }
    }
    let three = try folds((0..<9).map(UInt64.init), Array(data.labels[..<9]), count: 3)
    await #expect(throws: LearningError.self) {
      try await CrossValidation(data, folds: three) { _, _, _ in Parrot() }
    }
  }
}
