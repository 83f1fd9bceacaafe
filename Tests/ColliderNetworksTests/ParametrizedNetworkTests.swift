import Foundation
import Learning
import Records
import Tensors
import TestSupport
import Testing

@testable import ColliderNetworks

/// The one-dimensional toy of arXiv:1601.07913: a signal of width 0.25 at θ on a flat background between −4 and 4.
enum Toy {
  static let width = 0.25
  static let range = -4.0..<4.0

  /// The area under the ROC curve of |x − θ|, the best discriminator, for |θ| far enough from the ends: a background event is
  /// nearer to θ than a signal event at distance d with probability 2 d / 8, and the mean of d is σ √(2/π).
  static let bestAUC = 1 - 2 * width * (2 / Double.pi).squareRoot() / (range.upperBound - range.lowerBound)

  /// - Parameter shift: whether the signal depends on θ at all.
  static func sample(_ seed: SeedTree, points: [Double], each: Int, shift: Bool = true) throws -> ParametrizedSample {
    var random = seed.stream()
    var x: [Float] = [], theta: [Float] = [], labels: [Float] = []
    for index in 0..<2 * each * points.count {
      let point = points[index / 2 % points.count], isSignal = index % 2 == 0
      x.append(Float(isSignal ? (shift ? point : 0) + width * random.normal() : random.uniform(in: range)))
      theta.append(isSignal ? Float(point) : 99)
      labels.append(isSignal ? 1 : 0)
    }
    return try ParametrizedSample(
      features: FeatureMatrix(names: ["x"], values: x), parameters: FeatureMatrix(names: ["theta"], values: theta),
      labels: labels, weights: [Float](repeating: 1, count: labels.count))
  }

  /// One hidden layer of three sigmoid nodes, as in the paper.
  static var recipe: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.hiddenUnits = [3]
    configuration.activation = .sigmoid
    configuration.initializer = .glorotUniform
    configuration.dropout = 0
    configuration.learningRate = 0.03
    configuration.batchSize = 100
    configuration.epochs = 60
    configuration.patience = 20
    return configuration
  }

  static func network(_ seed: SeedTree, shift: Bool = true, each: Int = 1500) async throws -> ParametrizedNetwork {
    let points = [-2.0, -1, 0, 1, 2]
    return try await ParametrizedTrainer(configuration: recipe, seed: seed).train(
      sample(seed.child("train"), points: points, each: each, shift: shift),
      validation: sample(seed.child("validation"), points: points, each: each / 5, shift: shift))
  }

  static func auc(_ network: some Classifier, at point: Double, shift: Bool = true) async throws -> Double {
    let test = try sample(SeedTree(root: 77).child("test"), points: [point], each: 8000, shift: shift)
    return try Metrics.rocAUC(
      scores: try await network.scores(test.features), labels: test.labels, weights: test.weights)
  }
}

@Suite struct ParameterDistributionTests {
  private func matrix(_ values: [Float]) throws -> FeatureMatrix { try FeatureMatrix(names: ["mass"], values: values) }

  /// θ of the background follows that of the signal, weights included: Kolmogorov's distance of samples this large stays below
  /// 1.63/√n_eff in 99 of 100 cases.
  @Test func backgroundFollowsTheSignal() throws {
    var random = SeedTree(root: 4).stream()
    let values = (0..<4000).map { _ in Float(random.normal()) }
    let weights = values.map { Float(exp(Double($0) / 2)) }
    let distribution = try ParameterDistribution(matrix(values), weights: weights)
    let drawn = distribution.draw(20_000, seed: SeedTree(root: 5)).map { Double($0[0]) }.sorted()
    // e^{θ/2} times a standard normal density is a normal density about 1/2.
    func cumulative(_ x: Double) -> Double { 0.5 * (1 + erf((x - 0.5) / 2.0.squareRoot())) }
    let distance = drawn.enumerated().map { abs(Double($0.offset) / 20_000 - cumulative($0.element)) }.max() ?? 1
    let sum = weights.reduce(0) { $0 + Double($1) }, squares = weights.reduce(0) { $0 + Double($1 * $1) }
    let effective = 1 / (1 / 20_000 + squares / (sum * sum))
    #expect(distance < 1.63 / effective.squareRoot(), "\(distance)")
  }

  /// Fractions of points are those of their weights, within five standard deviations.
  @Test func pointsComeAsOftenAsTheyWeigh() throws {
    let distribution = try ParameterDistribution(matrix([750, 500, 750, 1000]), weights: [1, 2, 4, -0.0])
    #expect(distribution.points == [[500], [750], [1000]])
    #expect(zip(distribution.fractions, [2.0 / 7, 5.0 / 7, 0]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(distribution.ranges == [500...1000])
    let drawn = distribution.draw(7000, seed: SeedTree(root: 1))
    let low = drawn.count { $0 == [500] }
    #expect(abs(Double(low) - 2000) < 5 * (7000.0 * 2 / 7 * 5 / 7).squareRoot())
    #expect(!drawn.contains([1000]))
    #expect(distribution.point(at: 0) == [500] && distribution.point(at: 1.0.nextDown) == [750])
  }

  /// Neither the order of signal events nor other events change a point that is drawn.
  @Test func orderDoesNotMatter() throws {
    let a = try ParameterDistribution(matrix([3, 1, 2, 1]), weights: [1, 2, 3, 4])
    let b = try ParameterDistribution(matrix([1, 2, 1, 3]), weights: [4, 3, 2, 1])
    #expect(a == b)
    let seed = SeedTree(root: 9)
    #expect(a.draw(50, seed: seed) == Array(b.draw(80, seed: seed).prefix(50)))
    #expect(a.draw(50, seed: seed) != a.draw(50, seed: SeedTree(root: 10)))
  }

  @Test func pointsOfSeveralParameters() throws {
    let plane = try FeatureMatrix(names: ["m", "g"], values: [2, 1, 1, 5, 2, 0, 1, 5])
    let distribution = try ParameterDistribution(plane, weights: [1, 1, 1, 1])
    #expect(distribution.points == [[1, 5], [2, 0], [2, 1]])
    #expect(distribution.ranges == [1...2, 0...5])
  }

  @Test func faults() throws {
    func complaint(_ values: [Float], _ weights: [Float]) -> String {
      do {
        _ = try ParameterDistribution(matrix(values), weights: weights)
        return "no complaint"
      } catch { return "\(error)" }
    }
    #expect(complaint([], []).contains("the signal's parameters has no rows"))
    #expect(complaint([1], [1, 2]).contains("expected 1 values, got 2"))
    #expect(complaint([1, .nan], [1, 1]).contains("'mass' is nan in row 1"))
    #expect(complaint([1, 2, 2], [3, 1, -2]).contains("the signal at mass = 2.0 add up to -1.0"))
    #expect(complaint([1, 2], [0, 0]).contains("the weights of the signal add up to 0.0"))
  }
}

@Suite struct ParametrizedSampleTests {
  private func sample(_ parameters: [Float] = [500, 750, 750, 0], _ labels: [Float] = [1, 1, 1, 0]) throws
    -> ParametrizedSample
  {
    try ParametrizedSample(
      features: FeatureMatrix(names: ["x"], values: [1, 2, 3, 4]),
      parameters: FeatureMatrix(names: ["mass"], values: parameters), labels: labels, weights: [1, 2, 4, 8])
  }

  @Test func signalKeepsItsPointAndBackgroundGetsOne() throws {
    let sample = try sample()
    let distribution = try sample.signalDistribution()
    let points = try (0..<40).map { (seed: UInt64) -> Float in
      let completed = try sample.completed(by: distribution, seed: SeedTree(root: seed))
      #expect(completed.features.names == ["x", "mass"])
      #expect(Array(completed.features.values.prefix(7)) == [1, 500, 2, 750, 3, 750, 4])
      #expect(completed.labels == sample.labels && completed.weights == sample.weights)
      return completed.features.values[7]
    }
    #expect(Set(points) == [500, 750])
  }

  /// Each point of the signal has the same sum afterwards, the background and the total stay.
  @Test func pointsOfEqualWeight() throws {
    let equal = try sample().withEqualPoints()
    let expected: [Float] = [3.5, 3.5 / 3, 7.0 / 3, 8]
    #expect(zip(equal.weights, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(try equal.signalDistribution().fractions.allSatisfy { abs($0 - 0.5) < 1e-6 })
  }

  @Test func faults() throws {
    #expect(throws: LearningError.missingClass(label: 0, rows: 4)) { try sample([1, 1, 1, 1], [1, 1, 1, 1]) }
    #expect(throws: LearningError.self) { try sample([1, 1]) }
    #expect(throws: LearningError.self) {
      try ParametrizedSample(
        features: FeatureMatrix(names: ["x"], values: [1, 2]), parameters: FeatureMatrix(names: ["x"], values: [1, 2]),
        labels: [0, 1], weights: [1, 1])
    }
    let other = try ParameterDistribution(FeatureMatrix(names: ["width"], values: [1]), weights: [1])
    #expect(throws: LearningError.wrongColumnCount(expected: ["width"], found: ["mass"])) {
      try sample().completed(by: other, seed: SeedTree(root: 1))
    }
  }
}

@Suite(.serialized, .enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ParametrizedNetworkTests {
  /// With θ fixed the network is a classifier of the features: the same scores as those of the rows with θ beside them, to the
  /// rounding of float32 sums of three.
  @Test func aSliceIsTheNetworkAtItsPoint() async throws {
    let network = try await Toy.network(SeedTree(root: 1), each: 300)
    let test = try Toy.sample(SeedTree(root: 2), points: [0.5], each: 500)
    for point: Float in [-2, -0.7, 1, 3] {
      let column = try FeatureMatrix(
        names: ["theta"], values: [Float](repeating: point, count: test.features.rowCount))
      let slice = try await network.conditioned(at: [point]).logits(test.features)
      let whole = try await network.joint.logits(test.features.joined(column))
      #expect(zip(slice, whole).allSatisfy { abs($0 - $1) < 2e-5 * max(1, abs($1)) })
      let scores = try await network.scores(test.features, parameters: column)
      let grid = try await network.scores(test.features, at: [[-1], [point]])
      #expect(zip(grid[1], scores).allSatisfy { abs($0 - $1) < 1e-5 } && grid[0] != grid[1])
    }
  }

  /// An event's score does not depend on the events beside it.
  @Test func eventsMayBePermuted() async throws {
    let network = try await Toy.network(SeedTree(root: 1), each: 300)
    let test = try Toy.sample(SeedTree(root: 3), points: [1], each: 200)
    var order = Array(0..<test.features.rowCount), random = SeedTree(root: 4).stream()
    random.shuffle(&order)
    let scores = try await network.scores(test.features, at: [1])
    let permuted = try await network.scores(test.features.rows(order), at: [1])
    #expect(zip(order, permuted).allSatisfy { abs(scores[$0] - $1) < 1e-6 })
  }

  /// Where the signal does not depend on θ, neither does the network, though it could; where it does, it does.
  @Test func parametersThatSayNothingAreNotUsed() async throws {
    let grid = try FeatureMatrix(names: ["x"], values: (-16...16).map { Float($0) / 4 })
    func spread(shift: Bool) async throws -> Double {
      let network = try await Toy.network(SeedTree(root: 11), shift: shift)
      let scores = try await network.scores(grid, at: [[-2], [0], [2]])
      let differences = grid.values.indices.map { row in
        let values = scores.map { Double($0[row]) }
        return (values.max() ?? 0) - (values.min() ?? 0)
      }
      return differences.reduce(0, +) / Double(differences.count)
    }
    #expect(try await spread(shift: false) < 0.05)
    #expect(try await spread(shift: true) > 0.2)
  }

  /// The toy's network, trained at −2, −1, 0, 1, 2, separates at points that it never saw as well as is possible, to 0.008, and no
  /// worse than a network that was trained there, to 0.004. On 8000 + 8000 test events an AUC has a standard deviation of 0.002, which
  /// networks share on the same events; what is left is how well one training does. Networks of three nodes may stay with one flank of
  /// the signal, in PyTorch too, which their validation loss shows: of three seeds two must do better, and those that do are tested.
  @Test func theToyInterpolates() async throws {
    let trees = (0..<3).map { SeedTree(root: 100).child($0) }
    var networks: [ParametrizedNetwork] = [], dedicated: [TrainedClassifier] = []
    for tree in trees {
      networks.append(try await Toy.network(tree))
      let own = tree.child("dedicated")
      dedicated.append(
        try await DenseTrainer(configuration: Toy.recipe, seed: own).train(
          Toy.plain(own.child("train"), at: -1.5, each: 3000),
          validation: Toy.plain(own.child("validation"), at: -1.5, each: 600)))
    }
    let losses = networks.map(\.joint.history.bestValidationLoss)
    let lowest = try #require(losses.min())
    let good = zip(networks, losses).filter { $0.1 < lowest + 0.05 }.map(\.0)
    #expect(good.count >= 2, "\(losses)")
    let rival = try #require(dedicated.min { $0.history.bestValidationLoss < $1.history.bestValidationLoss })
    let rivalAUC = try await Toy.auc(rival, at: -1.5)
    for network in good {
      for point in [-1.5, -0.5, 0.5, 1.5] {
        let found = try await Toy.auc(network.conditioned(at: [Float(point)]), at: point)
        #expect(abs(found - Toy.bestAUC) < 0.008, "θ = \(point): \(found) of \(Toy.bestAUC)")
        #expect(point != -1.5 || found > rivalAUC - 0.004, "\(found) against \(rivalAUC)")
      }
    }
  }

  @Test func savedAndReadAgain() async throws {
    let network = try await Toy.network(SeedTree(root: 1), each: 100)
    try withTemporaryFolder { folder in
      try network.save(to: folder)
      #expect(try ParametrizedNetwork(contentsOf: folder) == network)
      let url = folder.appendingPathComponent("parameters.json")
      let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
      try Data(text.replacing("\"schema\" : 1", with: "\"schema\" : 9").utf8).write(to: url)
      #expect(throws: LearningError.self) { try ParametrizedNetwork(contentsOf: folder) }
      try Data(text.replacing("\"theta\"", with: "\"mass\"").utf8).write(to: url)
      #expect(throws: LearningError.wrongColumnCount(expected: ["mass"], found: ["theta"])) {
        try ParametrizedNetwork(contentsOf: folder)
      }
      try FileManager.default.removeItem(at: url)
      #expect(throws: LearningError.self) { try ParametrizedNetwork(contentsOf: folder) }
    }
  }

  /// The same events and seed give the same bytes; another seed draws other points.
  @Test func trainingsRepeat() async throws {
    let (a, b) = (
      try await Toy.network(SeedTree(root: 6), each: 100), try await Toy.network(SeedTree(root: 6), each: 100)
    )
    #expect(a == b)
    let events = try Toy.sample(SeedTree(root: 7), points: [0, 1], each: 50)
    func digest(_ seed: UInt64) async throws -> Digest? {
      try await ParametrizedTrainer(configuration: Toy.recipe, seed: SeedTree(root: seed)).train(
        events, validation: events
      ).joint.inputs["training"]
    }
    #expect(try await digest(1) == digest(1))
    #expect(try await digest(1) != digest(2))
  }

  @Test func faults() async throws {
    let network = try await Toy.network(SeedTree(root: 1), each: 100)
    #expect(throws: LearningError.self) { try network.conditioned(at: [1, 2]) }
    #expect(throws: LearningError.self) { try network.conditioned(at: [.infinity]) }
    let wrong = try FeatureMatrix(names: ["y"], values: [1])
    await #expect(throws: LearningError.wrongColumnCount(expected: ["x"], found: ["y"])) {
      try await network.scores(wrong, at: [1])
    }
    var configuration = Toy.recipe
    configuration.bias = false
    let events = try Toy.sample(SeedTree(root: 7), points: [0, 1], each: 50)
    let trainer = ParametrizedTrainer(configuration: configuration, seed: SeedTree(root: 1))
    await #expect(throws: LearningError.self) { try await trainer.train(events, validation: events) }
  }
}

extension Toy {
  /// Signal at one point and background, without θ.
  static func plain(_ seed: SeedTree, at point: Double, each: Int) throws -> LabelledSample {
    let sample = try sample(seed, points: [point], each: each)
    return try LabelledSample(features: sample.features, labels: sample.labels, weights: sample.weights)
  }
}
