import CoreNumerics
import Foundation
import NeuralNetworks
import Records
import Tensors
import Testing

@testable import AnomalyDetection
@testable import Learning

/// The new losses against finite differences and against their own value on a whole sample.
@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DeepLossTests {
  private static let rows = 12, width = 3

  private static func numbers(_ count: Int, _ stream: UInt64) -> [Double] {
    var random = SeedTree(root: 8).stream(stream)
    return (0..<count).map { _ in random.normal() }
  }
  private static let weights = numbers(rows, 9).map { abs($0) + 0.1 }

  /// Central differences of `value` at `x` against the gradient that a backward pass of the same function leaves.
  @TorchActor
  private static func check(_ x: [Double], _ shape: [Int], _ value: (Tensor) throws -> Tensor) throws {
    let leaf = try Tensor(x, shape: shape)
    try leaf.setRequiresGradient(true)
    try value(leaf).backward()
    let gradient = try leaf.gradient().doubles()
    let step = 1e-5
    for index in x.indices {
      func at(_ shift: Double) throws -> Double {
        var moved = x
        moved[index] += shift
        return try Tensor.withoutGradients { try value(Tensor(moved, shape: shape)).item() }
      }
      let expected = (try at(step) - at(-step)) / (2 * step)
      // The truncation is of order step², rounding of 1e-16/step.
      #expect(abs(gradient[index] - expected) < 1e-6 * max(1, abs(expected)))
    }
  }

  @TorchActor
  private static func batch(
    _ outputs: Tensor, hidden: Tensor? = nil, protected: [Double]? = nil, epoch: Int = 1
  ) throws -> ObjectiveBatch {
    ObjectiveBatch(
      outputs: outputs, hidden: hidden, targets: try Tensor(numbers(rows * width, 2), shape: [rows, width]),
      weights: try Tensor(weights, shape: [rows]), protected: try protected.map { try Tensor($0, shape: [rows]) },
      epoch: epoch)
  }

  @Test func distanceCorrelation() async throws {
    try await TorchActor.run {
      let other = Self.numbers(Self.rows, 3)
      try Self.check(Self.numbers(Self.rows, 4), [Self.rows]) {
        try $0.squaredDistanceCorrelation(
          with: Tensor(other, shape: [Self.rows]), weights: Tensor(Self.weights, shape: [Self.rows]))
      }
    }
  }

  /// The matrices of the penalty and the sums over pairs of the measure are the same number.
  @Test func bothDistanceCorrelationsAgree() async throws {
    let x = Self.numbers(200, 5), y = zip(x, Self.numbers(200, 6)).map { $0 * $0 + 0.5 * $1 }
    let weights = Self.numbers(200, 7).map { abs($0) }
    let measured = DistanceCorrelation.squared(x, y, weights: weights)
    let penalty = try await TorchActor.run {
      try Tensor(x, shape: [200]).squaredDistanceCorrelation(
        with: Tensor(y, shape: [200]), weights: Tensor(weights, shape: [200])
      ).item()
    }
    #expect(abs(measured - penalty) < 1e-10)
    let constant = try await TorchActor.run {
      try Tensor([Double](repeating: 2, count: 200), shape: [200]).squaredDistanceCorrelation(
        with: Tensor(y, shape: [200]), weights: Tensor(weights, shape: [200])
      ).item()
    }
    #expect(constant == 0)
  }

  @Test(arguments: [
    (DeepSVDD.Objective.oneClass, 0.0), (.softBoundary(nu: 0.3, warmUpEpochs: 1), 0), (.oneClass, 0.7),
  ])
  func sphere(objective: DeepSVDD.Objective, decorrelation: Double) async throws {
    let loss = SphereObjective(centre: [0.3, -0.2, 0.5], objective: objective, decorrelation: decorrelation)
    let outputs = Self.numbers(Self.rows * Self.width, 1), protected = Self.numbers(Self.rows, 3)
    try await TorchActor.run {
      try Self.check(outputs, [Self.rows, Self.width]) {
        var state = [1.1]
        return try loss.sum(Self.batch($0, protected: protected), state: &state)
      }
      var state = [1.1]
      let sum = try loss.sum(
        Self.batch(Tensor(outputs, shape: [Self.rows, Self.width]), protected: protected), state: &state
      ).item()
      #expect(state == [1.1], "the radius changes in the warm-up")
      let sample = ObjectiveSample(
        outputs: outputs.map { Float($0) }, hidden: [], targets: [], weights: Self.weights.map { Float($0) },
        protected: protected.map { Float($0) }, width: Self.width)
      let value = try loss.value(sample, state: [1.1])
      // A batch is divided by its rows, a sample by its weights: R² and the correlation have none.
      let total = Self.weights.reduce(0, +), rows = Double(Self.rows)
      func mean(_ sum: Double, _ constant: Double) -> Double { (sum - rows * constant) / total + constant }
      let square = if case .softBoundary = objective { 1.21 } else { 0.0 }
      let correlation =
        decorrelation == 0
        ? 0
        : decorrelation
          * DistanceCorrelation.squared(
            SphereObjective.squaredDistances(sample.outputs, loss.centre).map { $0.squareRoot() }, protected,
            weights: Self.weights)
      #expect(abs(mean(sum, square + correlation) - value) < 1e-5)
    }
  }

  @Test func theRadiusIsAQuantileOfTheBatch() async throws {
    let loss = SphereObjective(
      centre: [0, 0, 0], objective: .softBoundary(nu: 0.25, warmUpEpochs: 2), decorrelation: 0)
    try await TorchActor.run {
      let outputs = (0..<Self.rows).flatMap { row -> [Double] in [Double(row + 1), 0, 0] }
      var state = loss.initialState
      for (epoch, expected) in [(2, 0.0), (3, 9.5)] {
        let batch = ObjectiveBatch(
          outputs: try Tensor(outputs, shape: [Self.rows, 3]), hidden: nil, targets: try Tensor([Double](), shape: [0]),
          weights: try Tensor.full(1, shape: [Self.rows], type: .float64), protected: nil, epoch: epoch)
        _ = try loss.sum(batch, state: &state)
        // Three of twelve distances are beyond.
        #expect(abs(state[0] - expected) < 1e-12)
      }
    }
  }

  @Test func evidence() async throws {
    let loss = EvidenceObjective(encoderDepth: 1, beta: 0.4)
    let outputs = Self.numbers(Self.rows * Self.width, 1), hidden = Self.numbers(Self.rows * 4, 4)
    try await TorchActor.run {
      var state: [Double] = []
      let fixed = try Tensor(hidden, shape: [Self.rows, 4])
      try Self.check(outputs, [Self.rows, Self.width]) {
        try loss.sum(Self.batch($0, hidden: fixed), state: &state)
      }
      let reproduced = try Tensor(outputs, shape: [Self.rows, Self.width])
      try Self.check(hidden, [Self.rows, 4]) { try loss.sum(Self.batch(reproduced, hidden: $0), state: &state) }
      let sum = try loss.sum(Self.batch(reproduced, hidden: fixed), state: &state).item()
      let value = try loss.value(
        ObjectiveSample(
          outputs: outputs.map { Float($0) }, hidden: hidden.map { Float($0) },
          targets: Self.numbers(Self.rows * Self.width, 2).map { Float($0) }, weights: Self.weights.map { Float($0) },
          protected: nil, width: Self.width), state: [])
      #expect(abs(sum / Self.weights.reduce(0, +) - value) < 1e-6)
    }
    // A standard normal distribution is no distance from itself.
    #expect(EvidenceObjective.divergences([0, 0, 0, 0], latent: 2) == [0])
    // KL(N(1, e²) ‖ N(0, 1)) = (1 + e² − 2 − 1)/2.
    #expect(abs(EvidenceObjective.divergences([1, 2], latent: 1)[0] - (exp(2.0) - 2) / 2) < 1e-12)
  }

  @Test func noiseDependsOnTheStepAlone() async throws {
    try await TorchActor.run {
      let layer = GaussianSample(name: "3")
      let input = try Tensor.concatenated(
        [Tensor.full(2, shape: [4000, 3]), Tensor.full(log(0.25), shape: [4000, 3])], axis: 1)
      let masks = SeedTree(root: 2)
      @TorchActor func drawn(_ step: UInt64) throws -> [Float] {
        try layer(input, mode: .training(masks: masks, step: step)).floats()
      }
      let values = try drawn(5).map(Double.init)
      #expect(try drawn(5) == drawn(5))
      #expect(try drawn(5) != drawn(6))
      let still = try layer(input, mode: .inference).floats()
      #expect(still.allSatisfy { $0 == 2 })
      let found = moments(values)
      // 12000 numbers of width 1/2: five standard errors.
      #expect(abs(found.mean - 2) < 5 * 0.5 / 12000.0.squareRoot())
      #expect(abs(found.deviation - 0.5) < 5 * 0.5 / 24000.0.squareRoot())
      // Rows are drawn one after another: the first of a smaller batch are the same.
      let few = try layer(input.slice(0..<10), mode: .training(masks: masks, step: 5)).floats()
      #expect(few == Array(try drawn(5).prefix(30)))
    }
  }
}
