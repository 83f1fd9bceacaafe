import Foundation
import Records

/// A value of a hyper-parameter.
public enum SearchValue: Hashable, Codable, Sendable, CustomStringConvertible {
  case real(Double)
  case integer(Int)
  case text(String)
  /// The absence of something that a number would switch on, such as clipping.
  case none

  public var description: String {
    switch self {
    case .real(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .text(let value): value
    case .none: "none"
    }
  }
}

/// Values of the hyper-parameters that are active, by name.
public typealias SearchPoint = [String: SearchValue]

/// One hyper-parameter: its values, and when it has one.
public struct SearchParameter: Hashable, Codable, Sendable {
  public enum Domain: Hashable, Codable, Sendable {
    /// Real numbers of a range, of which `step` (from the lower end) keeps some, uniform in the logarithm if wanted.
    case real(ClosedRange<Double>, step: Double? = nil, logarithmic: Bool = false)
    /// Whole numbers of a range.
    case integer(ClosedRange<Int>, logarithmic: Bool = false)
    /// Values without an order.
    case choice([SearchValue])
  }

  /// The parameter has a value only where an earlier one has one of these.
  public struct Condition: Hashable, Codable, Sendable {
    public var parameter: String
    public var values: [SearchValue]

    public init(parameter: String, values: [SearchValue]) {
      self.parameter = parameter
      self.values = values
    }
  }

  public var name: String
  public var domain: Domain
  public var condition: Condition?

  public init(_ name: String, _ domain: Domain, when condition: Condition? = nil) {
    self.name = name
    self.domain = domain
    self.condition = condition
  }
}

/// What is wrong with a search space, or with what is asked of it.
public enum SearchSpaceError: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case repeated(String)
  case domain(parameter: String, reason: String)
  case condition(parameter: String, reason: String)

  public var description: String {
    switch self {
    case .empty: "the search space has no parameters"
    case .repeated(let name): "parameter '\(name)' is in the search space twice"
    case .domain(let parameter, let reason): "parameter '\(parameter)': \(reason)"
    case .condition(let parameter, let reason): "condition of '\(parameter)': \(reason)"
    }
  }
}

/// The hyper-parameters of a search, in an order in which each depends only on earlier ones.
///
/// Points have two pictures in numbers: `unit` coordinates, one in [0, 1) a parameter, which every point is decoded from;
/// and `features`, in which a distance has a meaning: one coordinate a number, one a choice's value (0 or 1/√2, so that any
/// two choices are 1 apart), the middle of the range where a parameter is inactive.
public struct SearchSpace: Hashable, Codable, Sendable {
  public let parameters: [SearchParameter]

  /// - Throws: `SearchSpaceError` for names used twice, empty or senseless domains, conditions on later parameters or on
  ///   values that their parameter cannot have.
  public init(_ parameters: [SearchParameter]) throws {
    guard !parameters.isEmpty else { throw SearchSpaceError.empty }
    var earlier: [String: SearchParameter] = [:]
    for parameter in parameters {
      if let reason = parameter.domain.fault {
        throw SearchSpaceError.domain(parameter: parameter.name, reason: reason)
      }
      if let condition = parameter.condition {
        guard let other = earlier[condition.parameter] else {
          let near = nearestName(to: condition.parameter, in: Array(earlier.keys)).map { "; nearest: '\($0)'" } ?? ""
          throw SearchSpaceError.condition(
            parameter: parameter.name, reason: "no parameter '\(condition.parameter)' before it\(near)")
        }
        for value in condition.values where !other.domain.contains(value) {
          throw SearchSpaceError.condition(
            parameter: parameter.name, reason: "'\(other.name)' is never \(value)")
        }
        if condition.values.isEmpty {
          throw SearchSpaceError.condition(parameter: parameter.name, reason: "no value is given")
        }
      }
      guard earlier.updateValue(parameter, forKey: parameter.name) == nil else {
        throw SearchSpaceError.repeated(parameter.name)
      }
    }
    self.parameters = parameters
  }

  /// Coordinates of ``features(of:)``.
  public var featureCount: Int { parameters.reduce(0) { $0 + $1.domain.featureCount } }

  /// For each feature the parameter it belongs to.
  public var featureOwners: [Int] {
    parameters.indices.flatMap { Array(repeating: $0, count: parameters[$0].domain.featureCount) }
  }

  /// The point at unit coordinates, one number in [0, 1) a parameter; those of inactive parameters do not matter.
  public func point(atUnit unit: [Double]) -> SearchPoint {
    precondition(unit.count == parameters.count, "need \(parameters.count) coordinates, got \(unit.count)")
    var point: SearchPoint = [:]
    for (parameter, u) in zip(parameters, unit) where isActive(parameter, in: point) {
      point[parameter.name] = parameter.domain.value(atUnit: u)
    }
    return point
  }

  public func randomPoint(_ random: inout RandomStream) -> SearchPoint {
    point(atUnit: parameters.map { _ in random.uniform() })
  }

  /// Unit coordinates that decode to the point: the middle of each value's cell, 0.5 where a parameter is inactive.
  public func unit(of point: SearchPoint) -> [Double] {
    parameters.map { parameter in point[parameter.name].map(parameter.domain.unit) ?? 0.5 }
  }

  /// Coordinates for distances, see the type.
  public func features(of point: SearchPoint) -> [Double] {
    parameters.flatMap { $0.domain.features(of: point[$0.name]) }
  }

  /// Whether each active parameter, and no other, has a value of its domain.
  public func contains(_ point: SearchPoint) -> Bool {
    var known = 0
    for parameter in parameters {
      let value = point[parameter.name]
      guard isActive(parameter, in: point) == (value != nil) else { return false }
      if let value {
        guard parameter.domain.contains(value) else { return false }
        known += 1
      }
    }
    return known == point.count
  }

  func isActive(_ parameter: SearchParameter, in point: SearchPoint) -> Bool {
    guard let condition = parameter.condition else { return true }
    return point[condition.parameter].map(condition.values.contains) ?? false
  }
}

extension SearchParameter.Domain {
  fileprivate var fault: String? {
    switch self {
    case .real(let range, let step, let logarithmic):
      guard range.lowerBound.isFinite, range.upperBound.isFinite, range.lowerBound < range.upperBound else {
        return
          "needs two finite limits, the upper one above the lower one, got \(range.lowerBound)...\(range.upperBound)"
      }
      if logarithmic, range.lowerBound <= 0 { return "a logarithmic range starts above 0, got \(range.lowerBound)" }
      if let step, !(step > 0 && step <= range.upperBound - range.lowerBound) {
        return "a step is above 0 and within the range, got \(step)"
      }
      if step != nil, logarithmic { return "takes a step or a logarithmic range, not both" }
    case .integer(let range, let logarithmic):
      if logarithmic, range.lowerBound <= 0 { return "a logarithmic range starts above 0, got \(range.lowerBound)" }
    case .choice(let values):
      if values.isEmpty { return "has no values" }
      if Set(values).count != values.count { return "has a value twice" }
    }
    return nil
  }

  /// Steps of a stepped range, the last one at or below its upper end.
  private static func stepCount(_ range: ClosedRange<Double>, _ step: Double) -> Int {
    Int(((range.upperBound - range.lowerBound) / step + 1e-9).rounded(.down)) + 1
  }

  fileprivate func contains(_ value: SearchValue) -> Bool {
    switch (self, value) {
    case (.real(let range, let step, _), .real(let x)):
      guard range.contains(x) else { return false }
      guard let step else { return true }
      let steps = (x - range.lowerBound) / step
      return abs(steps - steps.rounded()) < 1e-6
    case (.integer(let range, _), .integer(let n)): return range.contains(n)
    case (.choice(let values), _): return values.contains(value)
    default: return false
    }
  }

  fileprivate func value(atUnit u: Double) -> SearchValue {
    let u = min(max(u, 0), 1.0.nextDown)
    switch self {
    case .real(let range, let step, let logarithmic):
      if let step {
        let index = Int(u * Double(Self.stepCount(range, step)))
        return .real(min(range.lowerBound + Double(index) * step, range.upperBound))
      }
      let (low, high) = (range.lowerBound, range.upperBound)
      let x = logarithmic ? exp(log(low) + u * (log(high) - log(low))) : low + u * (high - low)
      return .real(min(max(x, low), high))
    case .integer(let range, let logarithmic):
      let (low, high) = (Double(range.lowerBound) - 0.5, Double(range.upperBound) + 0.5)
      let x = logarithmic ? exp(log(low) + u * (log(high) - log(low))) : low + u * (high - low)
      return .integer(min(max(Int(x.rounded()), range.lowerBound), range.upperBound))
    case .choice(let values): return values[Int(u * Double(values.count))]
    }
  }

  fileprivate func unit(_ value: SearchValue) -> Double {
    switch (self, value) {
    case (.real(let range, let step, let logarithmic), .real(let x)):
      let (low, high) = (range.lowerBound, range.upperBound)
      if let step { return (((x - low) / step).rounded() + 0.5) / Double(Self.stepCount(range, step)) }
      return logarithmic ? log(x / low) / log(high / low) : (x - low) / (high - low)
    case (.integer(let range, let logarithmic), .integer(let n)):
      let (low, high) = (Double(range.lowerBound) - 0.5, Double(range.upperBound) + 0.5)
      return logarithmic ? log(Double(n) / low) / log(high / low) : (Double(n) - low) / (high - low)
    case (.choice(let values), _):
      let index = values.firstIndex(of: value) ?? 0
      return (Double(index) + 0.5) / Double(values.count)
    default: return 0.5
    }
  }

  fileprivate var featureCount: Int { if case .choice(let values) = self { values.count } else { 1 } }

  fileprivate func features(of value: SearchValue?) -> [Double] {
    guard case .choice(let values) = self else { return [value.map(unit) ?? 0.5] }
    return values.map { $0 == value ? 0.5.squareRoot() : 0 }
  }
}
