import Cards
import Foundation
import HyperparameterSearch
import Learning
import Records
import Tensors
import TestSupport
import Testing
import TrialStores

@testable import Searches

private func tuning(_ text: String) throws -> Tuning { try Tuning(CardValue.parse(text, file: "c.yaml")) }

private func complaint(_ text: String) -> String {
  do {
    _ = try tuning(text)
    return "no complaint"
  } catch { return "\(error)" }
}

@Suite struct TuningCardTests {
  @Test func spacesAreRead() throws {
    let read = try tuning(
      """
      strategy: {genetic: {population: 8, mutation: 0.2}}
      objective: {asimov: {uncertainty: 0.1}}
      pruning: 4
      seeds: 2
      trials: 12
      space:
        momentum: {from: 0, to: 0.9}
        optimizer: [nadam, sgd, rmsprop]
        units: {from: 16, to: 64, scale: log, per_layer: true}
        hidden_layers: {from: 1, to: 3}
        clip_norm: [none, 0.1, 10]
        schedule: exp_range
        gamma: {from: 0.95, to: 0.999, step: 0.001}
        maximum_learning_rate: {from: 1e-3, to: 1e-1, scale: log}
        half_cycle: 30
        l2: {choices: [0, 1e-5], when: {clip_norm: [none]}}
      """)
    #expect(read.strategy == .genetic(population: 8, parents: 5, mutation: 0.2))
    #expect(read.objective == .asimov(uncertainty: 0.1) && read.pruning == 4 && read.seeds == 2 && read.trials == 12)
    let parameters = Dictionary(uniqueKeysWithValues: read.space.parameters.map { ($0.name, $0) })
    #expect(
      read.space.parameters.map(\.name) == [
        "hidden_layers", "units_1", "units_2", "units_3", "optimizer", "momentum", "maximum_learning_rate", "gamma",
        "clip_norm", "l2",
      ])
    #expect(parameters["gamma"]?.domain == .real(0.95...0.999, step: 0.001))
    #expect(parameters["units_1"]?.condition == nil)
    #expect(parameters["units_3"]?.condition == .init(parameter: "hidden_layers", values: [.integer(3)]))
    // What a key needs by its nature is its condition.
    #expect(
      parameters["momentum"]?.condition == .init(parameter: "optimizer", values: [.text("sgd"), .text("rmsprop")]))
    #expect(parameters["l2"]?.condition == .init(parameter: "clip_norm", values: [.none]))
    #expect(parameters["clip_norm"]?.domain == .choice([.none, .real(0.1), .real(10)]))
    #expect(read.fixed.values == ["schedule": .text("exp_range"), "half_cycle": .integer(30)])
  }

  /// The ranges that the anomaly detectors of the LIP group were tuned in.
  @Test func presetsHaveTheirRanges() throws {
    let cyclical = try tuning("space: cyclical").space.parameters
    #expect(
      cyclical.map(\.name) == [
        "hidden_layers", "units", "learning_rate", "maximum_learning_rate", "gamma", "weight_decay", "clip_norm",
      ])
    #expect(
      cyclical.map(\.domain) == [
        .integer(1...5), .integer(32...256), .real(1e-8...1e-3, logarithmic: true),
        .real(1e-3...1e-1, logarithmic: true),
        .real(0.95...0.999, step: 0.001), .choice([0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3].map(SearchValue.real)),
        .choice([.none] + [0.001, 0.01, 0.1, 1, 10, 100].map(SearchValue.real)),
      ])
    for name in TuningPresets.names { #expect(throws: Never.self) { try tuning("space: \(name)") } }
    let changed = try tuning("space: {like: cyclical, units: [64, 128], gamma: 0.99}")
    #expect(changed.space.parameters.first { $0.name == "units" }?.domain == .choice([.integer(64), .integer(128)]))
    #expect(changed.fixed.values["gamma"] == .real(0.99) && !changed.space.parameters.contains { $0.name == "gamma" })
  }

  @Test(arguments: [
    ("space: cyclic", "c.yaml:1: space: 'cyclic' is none of cyclical, genetic, small; nearest: 'cyclical'"),
    ("trials: 5", "needs a space: one of cyclical"),
    ("space: {}", "nothing varies"),
    ("space: {units: 64}", "nothing varies"),
    ("trials: 0\nspace: small", "c.yaml:1: trials: 0 is out of range"),
    ("space:\n  unit: [1, 2]", "c.yaml:2: space: unknown key 'unit'; nearest: 'units'"),
    ("space:\n  units: [1, 2]\n  dropout: {from: 0, to: 2}", "c.yaml:3: space.dropout.to: 2.0 is out of range"),
    ("space:\n  dropout: {from: 0.4, to: 0.1}", "c.yaml:2: space.dropout.to: must be above from"),
    (
      "space:\n  learning_rate: {from: 0, to: 0.1, scale: log}",
      "c.yaml:2: space.learning_rate.from: 0.0 is out of range"
    ),
    (
      "space:\n  dropout: {from: 0, to: 0.4, scale: log}", "c.yaml:2: space.dropout: a logarithmic range starts above 0"
    ),
    ("space:\n  dropout: {from: 0, to: 0.4, step: 0.1, scale: lg}", "'lg' is none of linear, log; nearest: 'log'"),
    ("space:\n  units: {from: 16, to: 64, step: 16}", "is for real numbers; list whole ones"),
    ("space:\n  activation: [relu, slu]", "'slu' is none of"),
    ("space:\n  activation: {from: 1, to: 2}", "is a word: list some of"),
    ("space:\n  units: [16, 16]", "c.yaml:2: space.units: has a value twice"),
    ("space:\n  units: [16, 8]\n  momentum: [0, 0.9]", "c.yaml:3: space.momentum: goes with optimizer: sgd, rmsprop"),
    ("space:\n  optimizer: [adam, nadam]\n  momentum: [0, 0.9]", "space.momentum: goes with optimizer: sgd, rmsprop"),
    ("space:\n  units: {from: 8, to: 9, per_layer: true}", "per_layer needs hidden_layers in the space"),
    ("space:\n  units: [8, 9]\n  l2: {choices: [0, 1], when: {unit: 8}}", "unknown key 'unit'; nearest: 'units'"),
    ("space:\n  units: [8, 9]\n  l2: {choices: [0, 1], when: {units: 7}}", "space.l2: condition: 'units' is never 7"),
    ("space:\n  units: {choices: [8], from: 3}", "give choices, or from and to"),
    ("strategy: baysian\nspace: small", "'baysian' is none of bayesian, genetic, random; nearest: 'bayesian'"),
    ("strategy: {genetic: {parent: 3}}\nspace: small", "unknown key 'parent'; nearest: 'parents'"),
    ("objective: acuracy\nspace: small", "nearest: 'accuracy'"),
    ("objective: {auc: {uncertainty: 1}}\nspace: small", "'auc' has no options"),
    ("pruning: 0\nspace: small", "pruning: 0 is out of range"),
    ("model: net\nspace: small", "unknown key 'model'"),
  ])
  func faultsNameTheirLine(text: String, part: String) {
    #expect(complaint(text).contains(part), "\(complaint(text))")
  }

  /// Each key does what it says to a training.
  @Test func valuesReachTheTraining() throws {
    let read = try tuning("max_epochs: 9\nspace: {units: [1, 2], batch: 64, activation: leaky_relu(0.1)}")
    var card = TrainingConfiguration()
    card.momentumRamp = MomentumRamp(final: 0.99, epochs: 3)
    card.optimizer = .sgd(momentum: 0.5)
    let layers = read.configuration(
      card, at: ["hidden_layers": .integer(2), "units_1": .integer(7), "units_2": .integer(5)])
    #expect(layers.hiddenUnits == [7, 5] && layers.batchSize == 64 && layers.epochs == 9)
    #expect(layers.activation == .leakyRelu(slope: 0.1) && layers.momentumRamp != nil)
    let all = read.configuration(
      card,
      at: [
        "hidden_layers": .integer(4), "units": .integer(2), "initializer": .text("he_uniform"), "dropout": .real(0.2),
        "batch_normalization": .text("true"), "optimizer": .text("adamw"), "learning_rate": .real(1e-4),
        "schedule": .text("exp_range"), "maximum_learning_rate": .real(0.1), "gamma": .real(0.99),
        "half_cycle": .integer(40), "weight_decay": .real(1e-6), "clip_norm": .real(0.1), "l1": .real(1e-7),
        "l2": .real(1e-5),
      ])
    #expect(all.hiddenUnits == [2, 2, 2, 2] && all.initializer == .heUniform && all.dropout == 0.2)
    #expect(all.batchNormalization && all.optimizer == .adamW() && all.momentumRamp == nil)
    #expect(all.learningRate == 1e-4 && all.weightDecay == 1e-6 && all.l1 == 1e-7 && all.l2 == 1e-5)
    #expect(all.schedule == .cyclical(maximum: 0.1, halfCycle: 40, shape: .expRange(gamma: 0.99)))
    #expect(all.clipping == .each(norm: 0.1))
    #expect(read.configuration(all, at: ["clip_norm": .none]).clipping == .none)
    #expect(read.configuration(card, at: ["schedule": .text("cosine")]).schedule == .cosine(epochs: 9, minimum: 0))
    #expect(throws: Never.self) { try all.validated() }
  }
}

@Suite struct TuningObjectiveTests {
  /// Cuts counted by hand: 100 background and 40 signal rows, the score separates them but for a tail.
  @Test func significanceIsThatOfTheBestCut() throws {
    let logits = (0..<100).map { Float($0) } + (0..<40).map { Float(70 + $0) }
    let yields = ValidationYields(
      labels: Array(repeating: 0, count: 100) + Array(repeating: 1, count: 40),
      weights: Array(repeating: 1, count: 140),
      expected: Array(repeating: 2, count: 100) + Array(repeating: 0.5, count: 40))
    for uncertainty in [0.0, 0.3] {
      var best = 0.0
      for cut in 0...110 {
        let b = Double((0..<100).count { $0 >= cut }) * 2, s = Double((0..<40).count { 70 + $0 >= cut }) * 0.5
        guard b >= 20 else { continue }
        best = max(best, significance(s, b, uncertainty * b))
      }
      let found = try yields.value(.asimov(uncertainty: uncertainty), logits: logits, loss: 0)
      #expect(abs(found - best) < 1e-12 && best > 1)
    }
    // No cut leaves ten rows of background.
    let few = ValidationYields(labels: [0, 1], weights: [1, 1], expected: [5, 5])
    #expect(try few.value(.asimov(uncertainty: 0), logits: [0, 1], loss: 0) == 0)
    #expect(try yields.value(.loss, logits: logits, loss: 0.3) == 0.3)
    // 30 of 100 background rows lie among the lowest 30 signal rows: a pair (b, s) is ordered wrongly for b > s.
    let wrong = (0..<100).reduce(0.0) { sum, b in
      sum + (0..<40).reduce(0.0) { $0 + (b > 70 + $1 ? 1 : b == 70 + $1 ? 0.5 : 0) }
    }
    #expect(abs(try yields.value(.auc, logits: logits, loss: 0) - (1 - wrong / 4000)) < 1e-12)
    #expect(try yields.value(.accuracy, logits: logits.map { $0 - 85 }, loss: 0) == (85 + 25) / 140.0)
  }

  /// Eq. (20) of Cowan's note and Eq. (97) of arXiv:1007.1727, as they stand there.
  private func significance(_ s: Double, _ b: Double, _ sigma: Double) -> Double {
    let v = sigma * sigma
    guard v > 0 else { return (2 * ((s + b) * log(1 + s / b) - s)).squareRoot() }
    return (2 * ((s + b) * log((s + b) * (b + v) / (b * b + (s + b) * v)) - b * b / v * log(1 + v * s / (b * (b + v)))))
      .squareRoot()
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct TuningRunTests {
  private static let card = """
    schema: 1
    kind: comparison
    name: tune
    seed: 5
    table: {file: "@", layout: higgs, rows: 1500}
    inputs: {high: [high]}
    models:
      net: {kind: network, recipe: baldi, hidden: [16], max_epochs: 3}
      trees: {kind: trees}
    tuning:
      strategy: {bayesian: {batch: 2, initial: 4}}
      trials: 8
      objective: asimov
      pruning: 2
      max_epochs: 5
      patience: 3
      space:
        hidden_layers: {from: 1, to: 2}
        units: {from: 4, to: 32, per_layer: true}
        optimizer: [adam, sgd]
        momentum: {from: 0, to: 0.9}
        learning_rate: {from: 1.0e-4, to: 0.3, scale: log}
        batch: [50, 100]
    """

  private func run(
    _ url: URL, _ output: URL, trials: Int? = nil, cancellation: CancellationToken = .init(),
    progress: @escaping ProgressHandler = { _ in }
  ) async throws -> TuningRun.Outcome {
    try await TuningRun(
      options: .init(subject: .init(card: url, output: output), trials: trials), progress: progress,
      cancellation: cancellation
    ).execute()
  }

  /// On events of the real thing: the search is resumed to the same trials and extended, its best values go back into the card, and
  /// stores of other cards are refused.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["SEARCHLIGHT_DATA"] != nil,
      "SEARCHLIGHT_DATA is not set: needs higgs/lightgbm_binary.train.tsv"))
  func theExcerptOfHIGGS() async throws {
    let data = ProcessInfo.processInfo.environment["SEARCHLIGHT_DATA"] ?? ""
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("card.yaml")
      let text = Self.card.replacing("@", with: "\(data)/higgs/lightgbm_binary.train.tsv")
      try text.write(to: url, atomically: true, encoding: .utf8)
      let whole = try await run(url, folder.appendingPathComponent("whole"))
      #expect(whole.trials.count == 8 && whole.trials.allSatisfy { $0.status != .running })
      let best = try #require(whole.best)
      // A network of the high-level features finds 100 signal events among 1000 ± 50.
      #expect((best.value ?? 0) > 2 && (best.value ?? 0) < 8)

      let token = CancellationToken(), stopped = folder.appendingPathComponent("stopped")
      await #expect(throws: RecordError.cancelled) {
        _ = try await run(url, stopped, cancellation: token) {
          if $0.stage == "trials", $0.completed == 3 { token.cancel() }
        }
      }
      #expect(try await run(url, stopped, trials: 5).trials == Array(whole.trials.prefix(5)))
      #expect(try await run(url, stopped).trials == whole.trials)

      // The best values in place of the model's: the training is the trial's.
      let pasted = try CardValue.parse(whole.fragment, file: "fragment").entries()[0].value.entries()[0].value
      guard case .network(let training) = try ComparisonCard.Model(name: "net", pasted).method else {
        Issue.record("no network")
        return
      }
      let card = try ComparisonCard.read(url)
      let base = try #require(card.models[0].method.network)
      #expect(training == card.tuning?.configuration(base, at: best.point))
      #expect(training.classBalance == .asWeighted && training.firstInitializer == .randomNormal(width: 0.1))

      try text.replacing("seed: 5", with: "seed: 6").write(to: url, atomically: true, encoding: .utf8)
      await #expect(throws: TrialStoreError.self) { _ = try await run(url, stopped) }
    }
  }

  /// A card that names a tuning's store gives the tables of the card with its best values pasted in.
  @Test func networkOfATuning() async throws {
    try await withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      let lines = SmallSearch.card("ScalarHT_HT > 100").split(separator: "\n").map(String.init)
      let bare = lines.filter { !$0.hasPrefix("network:") && !$0.hasPrefix("training:") }.joined(separator: "\n")
      func write(_ text: String) throws { try text.write(to: search.cardURL, atomically: true, encoding: .utf8) }
      func complaint(_ text: String) -> String {
        do {
          try write("\(bare)\n\(text)\n")
          _ = try SearchCard.read(search.cardURL)
          return "no complaint"
        } catch { return "\(error)" }
      }
      try write(
        lines.joined(separator: "\n") + """

          tuning:
            strategy: random
            trials: 3
            max_epochs: 4
            space: {units: {from: 4, to: 32, per_layer: true}, hidden_layers: {from: 1, to: 2}, l2: 1e-5}
          """)
      let store = folder.appendingPathComponent("trials.sqlite")
      let tuning = try await TuningRun(
        options: .init(subject: .init(card: search.cardURL, output: folder.appendingPathComponent("run")), store: store)
      ).execute()
      try write("\(bare)\n\(tuning.fragment)")
      _ = try await search.run("pasted")
      try write("\(bare)\nnetwork: {from: trials.sqlite}\n")
      let outcome = try await search.run("named")
      let configuration = try #require(outcome.card.network.tuned)
      #expect(configuration.l2 == 1e-5 && configuration.epochs == 4 && configuration.batchSize == 128)
      #expect(try search.tables("named") == search.tables("pasted"))

      #expect(complaint("network: {from: trial.sqlite}").contains("card.yaml:\(lines.count - 1): network.from: "))
      #expect(complaint("network: {from: card.yaml}").contains("no SQLite database"))
      #expect(complaint("network: {from: trials.sqlite, units: 8}").contains("network.units: network.from says"))
      #expect(
        complaint("network: {from: trials.sqlite}\ntraining: {batch: 64}").contains("training: network.from says"))
      let other = try TrialStore(
        folder.appendingPathComponent("other.sqlite"),
        of: StoredSearch(
          title: "something", objective: "loss", direction: .minimize, space: tuning.search.space, conditions: [:]))
      #expect(complaint("network: {from: other.sqlite}").contains("no trial of 'other.sqlite' is complete"))
      try tuning.trials.forEach(other.save)
      #expect(complaint("network: {from: other.sqlite}").contains("is no tuning of a card's network: something"))
    }
  }
}
