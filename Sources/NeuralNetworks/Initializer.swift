import Foundation
import Records

/// How a parameter starts. Fan-in and fan-out are the last and first extent of a `[out, in]` weight.
public enum Initializer: String, Hashable, Codable, Sendable, CaseIterable {
  /// Normal of variance 1/fan-in, truncated at two widths, as Keras's `lecun_normal`: the width before truncation is
  /// larger by 1/0.8796, so that the variance after it is 1/fan-in.
  case lecunNormal = "lecun_normal"
  /// Normal of variance 2/(fan-in + fan-out), truncated likewise (Keras's `glorot_normal`).
  case glorotNormal = "glorot_normal"
  /// Uniform of variance 2/(fan-in + fan-out).
  case glorotUniform = "glorot_uniform"
  /// Normal of variance 2/fan-in, truncated likewise (Keras's `he_normal`).
  case heNormal = "he_normal"
  /// Uniform of variance 2/fan-in.
  case heUniform = "he_uniform"
  case zeros
  case ones

  /// The width of a standard normal truncated at ±2.
  static let truncatedWidth = 0.879_625_661_034_239_78

  /// Values of a parameter of `shape`, row-major.
  public func values(shape: [Int], random: inout RandomStream) -> [Float] {
    let count = shape.reduce(1, *)
    let fanIn = Double(max(shape.dropFirst().reduce(1, *), 1)), fanOut = Double(max(shape.first ?? 1, 1))
    switch self {
    case .zeros: return [Float](repeating: 0, count: count)
    case .ones: return [Float](repeating: 1, count: count)
    case .lecunNormal: return Initializer.truncated(variance: 1 / fanIn, count, &random)
    case .glorotNormal: return Initializer.truncated(variance: 2 / (fanIn + fanOut), count, &random)
    case .heNormal: return Initializer.truncated(variance: 2 / fanIn, count, &random)
    case .glorotUniform: return Initializer.uniform(variance: 2 / (fanIn + fanOut), count, &random)
    case .heUniform: return Initializer.uniform(variance: 2 / fanIn, count, &random)
    }
  }

  private static func truncated(variance: Double, _ count: Int, _ random: inout RandomStream) -> [Float] {
    let width = variance.squareRoot() / truncatedWidth
    return (0..<count).map { _ in
      var z = random.normal()
      while abs(z) > 2 { z = random.normal() }
      return Float(width * z)
    }
  }

  private static func uniform(variance: Double, _ count: Int, _ random: inout RandomStream) -> [Float] {
    let limit = (3 * variance).squareRoot()
    return (0..<count).map { _ in Float(random.uniform(in: -limit..<limit)) }
  }
}
