import Foundation
import Learning
import Records
import TestSupport
import Testing

@testable import DecisionTrees

@Suite(.enabled(if: XGBoostRuntime.isAvailable, "XGBoost is not installed"))
struct TreeTrainerTests {
  /// The settings of the reference.
  private func configuration(_ name: String) -> TreeConfiguration {
    var configuration = TreeConfiguration(trees: 8, maximumDepth: 4, learningRate: 0.2, bins: 64, seed: 3)
    if name == "sampled" { (configuration.rowFraction, configuration.treeColumnFraction) = (0.7, 0.75) }
    if name == "regression" { (configuration.l2, configuration.l1) = (2, 0.1) }
    return configuration
  }

  private func sample(_ reference: TreeReference, _ name: String) throws -> (TreeSample, TreeTask) {
    let (targets, task): ([Float], TreeTask) =
      switch name {
      case "regression": (reference.numbers, .regression)
      case "multiclass": (reference.classes, .multiclass(classes: 3))
      default: (reference.labels, .classification)
      }
    return (
      try TreeSample(features: reference.matrix(reference.train), targets: targets, weights: reference.weights), task
    )
  }

  @Test(arguments: ["classification", "sampled", "regression", "multiclass"])
  func growsWhatPythonGrows(name: String) throws {
    let reference = try TreeReference.read()
    let (sample, task) = try sample(reference, name)
    let trees = try TreeTrainer(task: task, configuration: configuration(name)).train(on: sample)
    let expected = try #require(reference.models[name])
    let found = try trees.margins(reference.matrix(reference.test))
    let difference = zip(found, expected.margins).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference < 1e-4, "\(name): \(difference)")
    #expect(trees.task == task && trees.description.history?.bestRound == 8)
  }

  @Test func sameBytesAgainAndFromDisk() throws {
    let reference = try TreeReference.read()
    let (sample, _) = try sample(reference, "sampled")
    let trainer = try TreeTrainer(configuration: configuration("sampled"))
    let first = try trainer.train(on: sample), second = try trainer.train(on: sample)
    #expect(first == second)
    try withTemporaryFolder { folder in
      try first.save(to: folder)
      #expect(try TreeEnsemble(contentsOf: folder) == first)
      let url = folder.appendingPathComponent("trees.json")
      var bytes = try Data(contentsOf: url)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: url)
      let error = #expect(throws: DecisionTreeError.self) { try TreeEnsemble(contentsOf: folder) }
      #expect("\(error.map { "\($0)" } ?? "")".contains("not what"))
    }
  }

  @Test func boostingStopsWhereValidationDoes() throws {
    let reference = try TreeReference.read()
    let (sample, _) = try sample(reference, "classification")
    let validation = try TreeSample(features: reference.matrix(reference.test), targets: reference.testLabels)
    var configuration = configuration("classification")
    (configuration.trees, configuration.learningRate, configuration.patience) = (400, 0.5, 5)
    let trees = try TreeTrainer(configuration: configuration).train(on: sample, validation: validation)
    let history = try #require(trees.description.history)
    #expect(history.validationLoss.count == history.bestRound + 5 && history.bestRound < 300)
    #expect(history.validationLoss.min() == history.validationLoss[history.bestRound - 1])
    #expect(trees.trees.count == history.bestRound)
    // The kept model's loss on the validation rows is the one in the history.
    let scores = try trees.scores(validation.features)
    let loss = zip(scores, validation.targets).map { -Double($1 == 1 ? log($0) : log(1 - $0)) }.reduce(0, +) / 100
    #expect(abs(loss - history.validationLoss[history.bestRound - 1]) < 1e-4)
  }

  @Test func weightOfTwoIsTheRowTwice() throws {
    let reference = try TreeReference.read()
    let features = try reference.matrix(reference.train)
    let weights: [Float] = reference.weights.map { $0 > 1.2 ? 2 : 1 }
    let rows = weights.indices.flatMap { Array(repeating: $0, count: Int(weights[$0])) }
    // Limits on leaves are in units of the mean weight, which differs here: none.
    var configuration = configuration("classification")
    (configuration.minimumChildWeight, configuration.l2) = (0, 0)
    let trainer = try TreeTrainer(configuration: configuration)
    let weighted = try trainer.train(
      on: TreeSample(features: features, targets: reference.labels, weights: weights))
    let repeated = try trainer.train(
      on: TreeSample(features: features.rows(rows), targets: rows.map { reference.labels[$0] }))
    let test = try reference.matrix(reference.test)
    let correlation = zip(try weighted.margins(test), try repeated.margins(test)).map { abs($0 - $1) }.sorted()
    // Bin edges are quantiles of rows, so that single rows near an edge may fall on its other side.
    #expect(correlation[90] < 0.1, "\(correlation[90])")
  }

  @Test func forestsGiveProbabilities() throws {
    let reference = try TreeReference.read()
    let (sample, _) = try sample(reference, "classification")
    let forest = try TreeTrainer(configuration: .forest(trees: 60, maximumDepth: 8, columns: 4, seed: 1)).train(
      on: sample)
    #expect(forest.trees.count == 60)
    let scores = try forest.scores(reference.matrix(reference.test))
    #expect(scores.allSatisfy { (0...1).contains($0) })
    let signal = zip(scores, reference.testLabels).filter { $1 == 1 }.map(\.0)
    let background = zip(scores, reference.testLabels).filter { $1 == 0 }.map(\.0)
    let pairs = signal.flatMap { one in background.map { one > $0 ? 1.0 : one == $0 ? 0.5 : 0 } }
    #expect(pairs.reduce(0, +) / Double(pairs.count) > 0.85)
    // Means of labels: calibrated as a whole.
    let mean = scores.reduce(0, +) / 100, truth = reference.testLabels.reduce(0, +) / 100
    #expect(abs(mean - truth) < 0.1)
  }

  @Test func badInputIsExplained() throws {
    let reference = try TreeReference.read()
    func message(
      _ configuration: TreeConfiguration = TreeConfiguration(trees: 2), task: TreeTask = .classification,
      _ change: (inout TreeSample) throws -> Void = { _ in }
    ) -> String {
      do {
        var (sample, _) = try sample(reference, "classification")
        try change(&sample)
        _ = try TreeTrainer(task: task, configuration: configuration).train(on: sample)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message { $0.features[3, 1] = .nan }.contains("feature 'x1' is nan in row 3"))
    #expect(message { $0.weights[5] = -1 }.contains("weight -1.0 in row 5"))
    #expect(message { $0.targets[2] = 0.5 }.contains("target 0.5 in row 2"))
    #expect(message { $0.weights = $0.weights.map { _ in 0 } }.contains("add up to 0"))
    #expect(message(task: .multiclass(classes: 2)) { $0.targets[0] = 2 }.contains("whole numbers from 0 to 1"))
    #expect(message(TreeConfiguration(trees: 0)).contains("trees is 0"))
    #expect(message(TreeConfiguration(kind: .forest)).contains("in a forest"))
    #expect(message(TreeConfiguration(trees: 2, patience: 3)).contains("without a validation sample"))
    #expect(message(TreeConfiguration(trees: 2, allowsMissing: true)) { $0.features[3, 1] = .nan } == "no error")
    #expect(message(TreeConfiguration(trees: 2, allowsMissing: true)) { $0.features[3, 1] = .infinity }.contains("inf"))
    let token = CancellationToken()
    token.cancel()
    #expect(throws: RecordError.cancelled) {
      try TreeTrainer().train(on: sample(reference, "classification").0, cancellation: token)
    }
  }
}
