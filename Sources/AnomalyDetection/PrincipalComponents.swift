import CoreNumerics
import Foundation
import Learning

/// The rotation of features to their principal components: uncorrelated, by falling variance, in units of each feature's
/// standard deviation before. Shallow detectors look at one axis at a time, so that they see correlations only after it.
public struct PrincipalComponents: Hashable, Codable, Sendable {
  public let featureNames: [String]
  /// Weighted means and standard deviations of the features.
  public let means: [Double]
  public let deviations: [Double]
  /// Variances of the components, falling; they add up to the number of features.
  public let variances: [Double]
  /// Row-major: a component's weights of the standardised features; the largest one is positive.
  public let rotation: [Double]

  /// The names of the components: `pc1`, `pc2`, ….
  public var names: [String] { (1...featureNames.count).map { "pc\($0)" } }

  /// - Throws: ``AnomalyError/tooFewRows(rows:needed:what:)``.
  public init(fitting background: BackgroundSample) throws {
    let features = background.features, columns = features.columnCount, rows = features.rowCount
    guard rows > columns else {
      throw AnomalyError.tooFewRows(rows: rows, needed: columns + 1, what: "the rotation of \(columns) features")
    }
    let weights = background.weights.map(Double.init)
    let total = weights.reduce(0, +)
    let means = Self.sums(rows, columns) { sums, row in
      for column in 0..<columns { sums[column] += weights[row] * Double(features.values[row * columns + column]) }
    }.map { $0 / total }
    let covariance = Self.sums(rows, columns * columns) { sums, row in
      for i in 0..<columns {
        let weighted = weights[row] * (Double(features.values[row * columns + i]) - means[i])
        for j in 0...i {
          sums[i * columns + j] += weighted * (Double(features.values[row * columns + j]) - means[j])
        }
      }
    }
    let deviations = (0..<columns).map { (covariance[$0 * columns + $0] / total).squareRoot() }
    var correlation = covariance
    for i in 0..<columns {
      for j in 0...i {
        let value = covariance[i * columns + j] / (total * deviations[i] * deviations[j])
        correlation[i * columns + j] = value
        correlation[j * columns + i] = value
      }
    }
    let (values, vectors) = SymmetricEigen.decompose(correlation, order: columns)
    featureNames = features.names
    self.means = means
    self.deviations = deviations
    variances = values.map { max($0, 0) }
    rotation = (0..<columns).flatMap { component in
      let vector = vectors[component * columns..<(component + 1) * columns]
      // A vector's sign is free: the largest weight decides it.
      let largest = vector.max { abs($0) < abs($1) } ?? 1
      return vector.map { largest < 0 ? -$0 : $0 }
    }
  }

  /// Sums over rows, in blocks of fixed size on all cores, which are added up in order.
  private static func sums(
    _ rows: Int, _ count: Int, _ add: @Sendable (inout UnsafeMutableBufferPointer<Double>, Int) -> Void
  ) -> [Double] {
    let height = 4096
    let parts = concurrentMap((rows + height - 1) / height) { block -> [Double] in
      var part = [Double](repeating: 0, count: count)
      part.withUnsafeMutableBufferPointer { sums in
        for row in block * height..<min((block + 1) * height, rows) { add(&sums, row) }
      }
      return part
    }
    return parts.reduce(into: [Double](repeating: 0, count: count)) { sums, part in
      for index in 0..<count { sums[index] += part[index] }
    }
  }

  /// The components of each row.
  /// - Throws: `LearningError` for other columns.
  public func rotated(_ features: FeatureMatrix) throws -> FeatureMatrix {
    try features.checkColumns(featureNames)
    let columns = featureNames.count, rows = features.rowCount
    let height = 1024
    // A feature's weights in all components side by side.
    let weights = (0..<columns * columns).map { rotation[$0 % columns * columns + $0 / columns] }
    let blocks = concurrentMap((rows + height - 1) / height) { block -> [Float] in
      var sums = [Double](repeating: 0, count: columns)
      return (block * height..<min((block + 1) * height, rows)).flatMap { row -> [Float] in
        for component in 0..<columns { sums[component] = 0 }
        for column in 0..<columns {
          let standard = (Double(features.values[row * columns + column]) - means[column]) / deviations[column]
          let start = column * columns
          for component in 0..<columns { sums[component] += weights[start + component] * standard }
        }
        return sums.map { Float($0) }
      }
    }
    return try FeatureMatrix(names: names, values: Array(blocks.joined()))
  }

  /// The background in components.
  public func rotated(_ background: BackgroundSample) throws -> BackgroundSample {
    try BackgroundSample(features: rotated(background.features), weights: background.weights)
  }
}
