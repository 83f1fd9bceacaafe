import Foundation
import Records
import TestSupport
import Testing

@testable import HyperparameterSearch

struct SearchAnswers: Decodable {
  var process: Process
  var functions: [String: Function]

  struct Process: Decodable {
    var inputs: [[Double]], targets, lengths: [Double]
    var amplitude, noise: Double
    var points: [[Double]], means, deviations: [Double], best: Double, gains: [Double]
  }

  struct Function: Decodable {
    var dimensions, budget, seeds: Int
    var atHalf, atThird: Double
    var tpe, random: Results
  }

  struct Results: Decodable { var median, worst, best: Double }

  static func read() throws -> SearchAnswers {
    let data = try Data(contentsOf: referenceURL("hyperparameter-search/answers.json"))
    return try JSONDecoder().decode(SearchAnswers.self, from: data)
  }
}

@Suite struct GaussianProcessTests {
  @Test func meansDeviationsAndImprovementsAreThoseOfScikitLearn() throws {
    let reference = try SearchAnswers.read().process
    let process = try #require(
      GaussianProcess(
        inputs: reference.inputs, targets: reference.targets, owners: [0, 1, 2],
        logParameters: (reference.lengths + [reference.amplitude, reference.noise]).map { log($0) }))
    for (index, point) in reference.points.enumerated() {
      let found = process.predict(point)
      #expect(abs(found.mean - reference.means[index]) < 1e-9)
      #expect(abs(found.deviation - reference.deviations[index]) < 1e-7)
      #expect(abs(process.expectedImprovement(point, over: reference.best) - reference.gains[index]) < 1e-8)
    }
  }

  private func sample(_ count: Int, _ function: ([Double]) -> Double) -> (inputs: [[Double]], targets: [Double]) {
    var random = SeedTree(root: 8).stream()
    let inputs = (0..<count).map { _ in (0..<3).map { _ in random.uniform() } }
    return (inputs, inputs.map(function))
  }

  @Test func theGradientIsThatOfTheValue() throws {
    let reference = try SearchAnswers.read().process
    let posterior = KernelPosterior(inputs: reference.inputs, targets: reference.targets, owners: [0, 1, 1])
    let point = [-0.7, 0.4, 0.3, -3.0]
    let gradient = try #require(posterior.evaluate(point)).gradient
    for i in point.indices {
      var (low, high) = (point, point)
      low[i] -= 1e-5
      high[i] += 1e-5
      let slope = (posterior.value(high) - posterior.value(low)) / 2e-5
      #expect(abs(gradient[i] - slope) < 1e-6 * max(1, abs(slope)), "\(i): \(gradient[i]), \(slope)")
    }
  }

  @Test func lengthsTellWhichParametersMatter() throws {
    let (inputs, targets) = sample(60) { sin(6 * $0[0]) + 0.2 * $0[1] }
    let process = try #require(GaussianProcess(inputs: inputs, targets: targets, owners: [0, 1, 2]))
    let lengths = process.logParameters.prefix(3).map { exp($0) }
    #expect(lengths[2] > 1.5 * lengths[0] && lengths[1] > 1.5 * lengths[0], "\(lengths)")
    let (points, values) = sample(200) { sin(6 * $0[0]) + 0.2 * $0[1] }
    for (point, value) in zip(points.suffix(100), values.suffix(100)) {
      #expect(abs(process.predict(point).mean - value) < 0.05)
    }
  }

  @Test func noiseIsFound() throws {
    var random = SeedTree(root: 9).stream()
    let (inputs, clean) = sample(80) { sin(6 * $0[0]) }
    let targets = clean.map { $0 + 0.3 * random.normal() }
    let process = try #require(GaussianProcess(inputs: inputs, targets: targets, owners: [0, 1, 2]))
    let noise = exp(0.5 * process.logParameters[4]) * process.scale
    #expect(noise > 0.2 && noise < 0.42, "\(noise)")
  }

  @Test func predictionsFollowTheScaleOfTheTargets() throws {
    let (inputs, targets) = sample(20) { $0[0] * $0[1] }
    let plain = try #require(GaussianProcess(inputs: inputs, targets: targets, owners: [0, 1, 2]))
    let scaled = try #require(
      GaussianProcess(inputs: inputs, targets: targets.map { 1000 * $0 - 7 }, owners: [0, 1, 2]))
    let (a, b) = (plain.predict([0.3, 0.4, 0.5]), scaled.predict([0.3, 0.4, 0.5]))
    #expect(abs(1000 * a.mean - 7 - b.mean) < 1e-4)
    #expect(abs(1000 * a.deviation - b.deviation) < 1e-4)
  }

  @Test func edges() throws {
    #expect(GaussianProcess(inputs: [], targets: [], owners: [0]) == nil)
    #expect(GaussianProcess(inputs: [[0.5]], targets: [.nan], owners: [0]) == nil)
    // One point, equal targets, the same point twice with different results.
    #expect(GaussianProcess(inputs: [[0.5]], targets: [3], owners: [0])?.predict([0.5]).mean == 3)
    #expect(GaussianProcess(inputs: [[0.5], [0.7]], targets: [3, 3], owners: [0])?.predict([0.1]).mean == 3)
    let twice = try #require(GaussianProcess(inputs: [[0.5], [0.5]], targets: [0, 1], owners: [0]))
    #expect(abs(twice.predict([0.5]).mean - 0.5) < 1e-6)
  }
}
