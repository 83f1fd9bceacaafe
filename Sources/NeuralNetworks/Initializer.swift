import Foundation
import Records

/// How a parameter starts. Fan-in and fan-out are the last and first extent of a `[out, in]` weight.
///
/// In cards and files it is one string: `lecun_normal`, `random_normal(0.05)`.
public enum Initializer: Hashable, Sendable {
  /// Normal of variance 1/fan-in, truncated at two widths, as Keras's `lecun_normal`: the width before truncation is
  /// larger by 1/0.8796, so that the variance after it is 1/fan-in.
  case lecunNormal
  /// Uniform of variance 1/fan-in.
  case lecunUniform
  /// Normal of variance 2/(fan-in + fan-out), truncated likewise (Keras's `glorot_normal`).
  case glorotNormal
  /// Uniform of variance 2/(fan-in + fan-out).
  case glorotUniform
  /// Normal of variance 2/fan-in, truncated likewise (Keras's `he_normal`).
  case heNormal
  /// Uniform of variance 2/fan-in.
  case heUniform
  /// Normal of mean 0, not truncated (Keras's `random_normal`).
  case randomNormal(width: Double)
  /// Uniform between −limit and limit.
  case randomUniform(limit: Double)
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
    case .lecunUniform: return Initializer.uniform(variance: 1 / fanIn, count, &random)
    case .glorotUniform: return Initializer.uniform(variance: 2 / (fanIn + fanOut), count, &random)
    case .heUniform: return Initializer.uniform(variance: 2 / fanIn, count, &random)
    case .randomNormal(let width): return (0..<count).map { _ in Float(width * random.normal()) }
    case .randomUniform(let limit): return Initializer.uniform(variance: limit * limit / 3, count, &random)
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

extension Initializer: RawRepresentable, Codable {
  private static let plain: [String: Initializer] = [
    "lecun_normal": .lecunNormal, "lecun_uniform": .lecunUniform, "glorot_normal": .glorotNormal,
    "glorot_uniform": .glorotUniform, "he_normal": .heNormal, "he_uniform": .heUniform, "zeros": .zeros, "ones": .ones,
  ]

  /// What may be written: names, and `random_normal(WIDTH)` or `random_uniform(LIMIT)`.
  public static var names: [String] { plain.keys.sorted() + ["random_normal(WIDTH)", "random_uniform(LIMIT)"] }

  public init?(rawValue: String) {
    if let known = Initializer.plain[rawValue] {
      self = known
      return
    }
    guard rawValue.hasSuffix(")"), let open = rawValue.firstIndex(of: "("),
      let number = Double(rawValue[rawValue.index(after: open)...].dropLast()), number > 0, number.isFinite
    else { return nil }
    switch rawValue[..<open] {
    case "random_normal": self = .randomNormal(width: number)
    case "random_uniform": self = .randomUniform(limit: number)
    default: return nil
    }
  }

  public var rawValue: String {
    switch self {
    case .lecunNormal: "lecun_normal"
    case .lecunUniform: "lecun_uniform"
    case .glorotNormal: "glorot_normal"
    case .glorotUniform: "glorot_uniform"
    case .heNormal: "he_normal"
    case .heUniform: "he_uniform"
    case .randomNormal(let width): "random_normal(\(width))"
    case .randomUniform(let limit): "random_uniform(\(limit))"
    case .zeros: "zeros"
    case .ones: "ones"
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Initializer(rawValue: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no initialiser '\(text)'; there are \(Initializer.names)")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
