import Foundation
import Learning
import TestSupport

@testable import AnomalyDetection

/// The sample of `Tests/Reference/anomaly/make_deep.py`: the same formula, the same numbers.
struct DeepSample {
  static let columns = 10, latent = 3

  /// splitmix64 (Steele, Lea and Flood, OOPSLA 2014) and Box–Muller.
  private struct Draw {
    var state: UInt64

    mutating func uniform() -> Double {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }

    mutating func normal() -> Double {
      let radius = (-2 * log(1 - uniform())).squareRoot()
      return radius * cos(2 * .pi * uniform())
    }
  }

  /// Background lies near a curved space of three dimensions; signal has the same columns but for a rotated half.
  static func rows(_ count: Int, seed: UInt64, isSignal: Bool = false) throws -> FeatureMatrix {
    var draw = Draw(state: seed)
    var values: [Float] = []
    for _ in 0..<count {
      let u = (0..<latent).map { _ in draw.normal() }
      let v = (0..<latent).map { _ in draw.normal() }
      for j in 0..<columns {
        let source = isSignal && j >= columns / 2 ? v : u
        let (a, b) = (source[j % latent], source[(j + 1) % latent])
        let curve = 0.5 * b * b * Double(j % 2) + 0.3 * (Double(j) / Double(columns)) * a * b
        values.append(Float(a + curve + 0.3 * draw.normal()))
      }
    }
    return try FeatureMatrix(names: (0..<columns).map { "x\($0)" }, values: values)
  }

  static func background(_ rows: Int = 4000) throws -> BackgroundSample {
    try BackgroundSample(features: Self.rows(rows, seed: 1))
  }
  /// With the columns in the order of `background`.
  static func validation(like background: BackgroundSample? = nil) throws -> BackgroundSample {
    let features = try rows(600, seed: 2)
    let isTurned = background.map { $0.features.names != features.names } ?? false
    return try BackgroundSample(features: isTurned ? turned(features) : features, isValidation: true)
  }

  /// With the columns in reverse order.
  static func turned(_ matrix: FeatureMatrix) throws -> FeatureMatrix {
    let width = matrix.columnCount
    return try FeatureMatrix(
      names: matrix.names.reversed(),
      values: matrix.values.indices.map { matrix.values[$0 / width * width + width - 1 - $0 % width] })
  }

  /// Of 1000 background and 1000 signal events.
  static func auc(_ detector: some AnomalyDetector) async throws -> Double {
    try await auc(detector, background: rows(1000, seed: 3), signal: rows(1000, seed: 4, isSignal: true))
  }

  static func auc(
    _ detector: some AnomalyDetector, background: FeatureMatrix, signal: FeatureMatrix
  ) async throws -> Double {
    let (low, high) = (try await detector.scores(background), try await detector.scores(signal))
    return try Metrics.rocAUC(
      scores: low + high, labels: low.map { _ in 0 } + high.map { _ in 1 }, weights: (low + high).map { _ in 1 })
  }
}

/// What `make_deep.py` found.
struct DeepReference: Decodable {
  var first, last: [Float]
  var aucs: [String: [Double]]

  static func read() throws -> DeepReference {
    try JSONDecoder().decode(DeepReference.self, from: Data(contentsOf: referenceURL("anomaly/deep.json")))
  }
}

/// Mean and standard deviation.
func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot())
}

extension DeepNetworkConfiguration {
  /// The networks of `make_deep.py`: Adam at a constant rate.
  static func small(layers: Int, latent: Int, decay: Double = 0, epochs: Int = 40) -> DeepNetworkConfiguration {
    var small = DeepNetworkConfiguration()
    small.layers = layers
    small.units = 32
    small.latent = latent
    small.initialLearningRate = 1e-3
    small.maximumLearningRate = 1e-3
    small.gamma = 1
    small.weightDecay = decay
    small.clipNorm = nil
    small.epochs = epochs
    small.patience = epochs
    small.batchSize = 200
    return small
  }
}

extension AutoEncoder.Configuration {
  static func small(epochs: Int = 40) -> Self {
    var small = Self()
    small.network = .small(layers: 2, latent: 3, epochs: epochs)
    return small
  }
}

extension DeepSVDD.Configuration {
  static func small(_ objective: DeepSVDD.Objective = .oneClass, epochs: Int = 40) -> Self {
    var small = Self()
    small.network = .small(layers: 1, latent: 8, decay: 1e-6, epochs: epochs)
    small.objective = objective
    return small
  }
}

extension VariationalAutoEncoder.Configuration {
  static func small(epochs: Int = 40) -> Self {
    var small = Self()
    small.network = .small(layers: 2, latent: 3, epochs: epochs)
    small.beta = 0.1
    return small
  }
}
