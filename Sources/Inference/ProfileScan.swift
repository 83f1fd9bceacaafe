import CoreNumerics
import Foundation
import StatisticalModels

/// The profile likelihood along one parameter.
public struct ProfileScan: Hashable, Codable, Sendable {
  public struct Point: Hashable, Codable, Sendable {
    public var value: Double
    /// −2 ln λ: the deviance above that of the best fit.
    public var twiceDeltaNLL: Double
  }

  public var parameter: String
  /// The best fit's value.
  public var best: Double
  public var points: [Point]

  /// Where −2 ln λ crosses a level between points, by linear interpolation of its signed root: `[below, above]` of the best
  /// fit, `nil` where the scan ends first. Level 1 gives the 68.27 % interval of one parameter.
  public func crossings(level: Double = 1) -> (below: Double?, above: Double?) {
    let signed = points.map { ($0.value, ($0.value < best ? -1.0 : 1) * max(0, $0.twiceDeltaNLL).squareRoot()) }
      .sorted { $0.0 < $1.0 }
    func crossing(_ target: Double) -> Double? {
      for (a, b) in zip(signed, signed.dropFirst()) where (a.1 - target) * (b.1 - target) <= 0 && a.1 != b.1 {
        return a.0 + (b.0 - a.0) * (target - a.1) / (b.1 - a.1)
      }
      return nil
    }
    return (crossing(-level.squareRoot()), crossing(level.squareRoot()))
  }
}

/// The profile likelihood over a grid of two parameters.
public struct ProfileGrid: Hashable, Codable, Sendable {
  public var first, second: String
  public var firstValues, secondValues: [Double]
  public var best: [Double]
  /// −2 ln λ, `[second][first]`.
  public var twiceDeltaNLL: [[Double]]
}

extension Model {
  /// −2 ln λ at values of a parameter, all others fitted.
  /// - Throws: ``InferenceError``; ``UnknownParameterError`` for a name that the model does not have.
  public func profileScan(of name: String, at values: [Double], data: ModelData? = nil) throws -> ProfileScan {
    let index = try parameterIndex(name)
    let (fitter, best) = try startedScan(data)
    var points: [ProfileScan.Point] = []
    // Outwards from the best fit, so that each fit starts near its end.
    let centre = best.values[index]
    for group in [values.filter { $0 >= centre }.sorted(), values.filter { $0 < centre }.sorted(by: >)] {
      fitter.start(at: best.values)
      for value in group {
        let report = try fitter.minimize(fixing: [index: value], name: "fit of \(name) = \(value)")
        points.append(.init(value: value, twiceDeltaNLL: max(0, report.value - best.deviance)))
      }
    }
    return ProfileScan(parameter: name, best: centre, points: points.sorted { $0.value < $1.value })
  }

  /// −2 ln λ over a grid of two parameters.
  /// - Throws: as ``profileScan(of:at:data:)``.
  public func profileGrid(
    of first: String, at firstValues: [Double], and second: String, at secondValues: [Double], data: ModelData? = nil
  ) throws -> ProfileGrid {
    let (i, j) = (try parameterIndex(first), try parameterIndex(second))
    precondition(i != j, "two different parameters are needed, got '\(first)' twice")
    let (fitter, best) = try startedScan(data)
    var rows: [[Double]] = []
    for (number, y) in secondValues.enumerated() {
      var row = [Double](repeating: 0, count: firstValues.count)
      // To and fro, so that neighbours follow each other.
      for column in number.isMultiple(of: 2) ? Array(firstValues.indices) : firstValues.indices.reversed() {
        let point = [i: firstValues[column], j: y]
        let report = try fitter.minimize(
          fixing: point, name: "fit of \(first) = \(firstValues[column]), \(second) = \(y)")
        row[column] = max(0, report.value - best.deviance)
      }
      rows.append(row)
    }
    return ProfileGrid(
      first: first, second: second, firstValues: firstValues, secondValues: secondValues,
      best: [best.values[i], best.values[j]], twiceDeltaNLL: rows)
  }

  private func startedScan(_ data: ModelData?) throws -> (Fitter, (values: [Double], deviance: Double)) {
    let fitter = Fitter(self)
    if let data { fitter.likelihood.setData(data) }
    let report = try fitter.minimize(name: "free fit")
    return (fitter, (fitter.values, report.value))
  }

  func parameterIndex(_ name: String) throws -> Int {
    guard let index = index(of: name) else {
      throw UnknownParameterError(model: self.name, name: name, known: parameters.map(\.name))
    }
    return index
  }
}

/// A parameter that a model does not have.
public struct UnknownParameterError: Error, Hashable, Sendable, CustomStringConvertible {
  public var model: String
  public var name: String
  public var known: [String]

  public var description: String {
    let shown = known.prefix(40).joined(separator: ", ") + (known.count > 40 ? ", …" : "")
    return "\(model): no parameter '\(name)'; there are \(shown)"
  }
}
