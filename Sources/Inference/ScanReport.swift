import CoreNumerics
import Foundation
public import Records
public import StatisticalModels

/// A scan with what it rests on.
public struct ScanReport: Hashable, Codable, Sendable {
  public enum Outcome: Hashable, Codable, Sendable {
    /// With the intervals at ``oneParameterLevels``.
    case line(ProfileScan, intervals: [ProfileInterval])
    case plane(ProfileGrid)
  }

  /// A coverage and the −2 ln λ that has it by Wilks' theorem.
  public struct Level: Hashable, Sendable {
    public var coverage: Double
    public var twiceDeltaNLL: Double
    /// `68 %`.
    public var label: String { String(format: "%.0f %%", coverage * 100) }
  }

  /// One standard deviation, and 95 %: quantiles of χ² with one degree of freedom.
  public static let oneParameterLevels = [
    Level(coverage: 0.682_689_492_137_085_9, twiceDeltaNLL: 1),
    Level(coverage: 0.95, twiceDeltaNLL: 3.841_458_820_694_124),
  ]
  /// The same coverages of χ² with two degrees of freedom, −2 ln(1 − coverage).
  public static let twoParameterLevels = [0.682_689_492_137_085_9, 0.95].map {
    Level(coverage: $0, twiceDeltaNLL: -2 * log(1 - $0))
  }

  public var request: ScanRequest
  public var outcome: Outcome
  /// Of the scanned parameters at the best fit, from the Hessian; `nil` at a bound.
  public var uncertainties: [Double?]
  public var version: String
  public var workspaceDigest: Digest

  /// Contours of a scan of two parameters at ``twoParameterLevels``: lines of points, closed or ending at the scan's edge. The
  /// interpolated quantity is √(−2 ln λ), which is nearly linear away from the best fit.
  public var contours: [[[Triangulation.Point]]] {
    guard case .plane(let grid) = outcome else { return [] }
    let roots = grid.twiceDeltaNLL.map { $0.map { $0.squareRoot() } }
    let (triangulation, values) = Triangulation.grid(x: grid.firstValues, y: grid.secondValues, values: roots)
    return Self.twoParameterLevels.map { triangulation.contours(of: values, at: $0.twiceDeltaNLL.squareRoot()) }
  }

  /// A plain statement first, then the numbers.
  public var text: String {
    switch outcome {
    case .line(let scan, let intervals): lineText(scan, intervals)
    case .plane(let grid): planeText(grid)
    }
  }

  private func lineText(_ scan: ProfileScan, _ intervals: [ProfileInterval]) -> String {
    func end(_ end: ProfileInterval.End) -> String { number(end.value) + (end.isBound ? " (its bound)" : "") }
    func interval(_ index: Int) -> String { "[\(end(intervals[index].lower)), \(end(intervals[index].upper))]" }
    var lines = [
      "\(scan.parameter) = \(number(scan.best)), in \(interval(0)) at 68 % CL and in \(interval(1)) at 95 % CL.", "",
      "Profile likelihood of \(scan.parameter)",
      "  \(padded(scan.parameter, max(12, scan.parameter.count)))  -2 ln lambda",
    ]
    for point in scan.points {
      lines.append(
        "  \(padded(number(point.value), max(12, scan.parameter.count)))  \(String(format: "%.5f", point.twiceDeltaNLL))"
      )
    }
    return lines.joined(separator: "\n")
  }

  private func planeText(_ grid: ProfileGrid) -> String {
    var lines = [
      "\(grid.first) = \(number(grid.best[0])) and \(grid.second) = \(number(grid.best[1])) fit best.", "",
      "Contours of the profile likelihood, scanned at \(grid.firstValues.count) × \(grid.secondValues.count) points",
    ]
    for (level, contour) in zip(Self.twoParameterLevels, contours) {
      let points = contour.flatMap(\.self)
      let what = "  \(level.label) (-2 ln lambda = \(String(format: "%.3f", level.twiceDeltaNLL)))"
      guard let left = points.map(\.x).min(), let right = points.map(\.x).max(), let low = points.map(\.y).min(),
        let high = points.map(\.y).max()
      else {
        lines.append("\(what)  lies outside the scan")
        continue
      }
      lines.append(
        "\(what)  \(grid.first) \(number(left)) … \(number(right)), \(grid.second) \(number(low)) … \(number(high))")
    }
    return lines.joined(separator: "\n")
  }

  /// `{"parameters": […], "best_fit": […], "points": [[value, −2 ln λ]], "intervals": […]}`; for two parameters `"values"`,
  /// `"twice_delta_nll"` by rows of the second, and `"contours"`.
  public var document: JSONValue {
    func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
    var members: [JSONMember]
    switch outcome {
    case .line(let scan, let intervals):
      members = [
        JSONMember("parameters", strings([scan.parameter])), JSONMember("best_fit", numbers([scan.best])),
        JSONMember("points", .array(scan.points.map { numbers([$0.value, $0.twiceDeltaNLL]) })),
        JSONMember(
          "intervals",
          .array(
            zip(Self.oneParameterLevels, intervals).map { level, interval in
              .object([
                JSONMember("cl", .number(level.coverage)), JSONMember("lower", finite(interval.lower.value)),
                JSONMember("upper", finite(interval.upper.value)),
                JSONMember("lower_is_bound", .bool(interval.lower.isBound)),
                JSONMember("upper_is_bound", .bool(interval.upper.isBound)),
              ])
            })),
      ]
    case .plane(let grid):
      members = [
        JSONMember("parameters", strings([grid.first, grid.second])), JSONMember("best_fit", numbers(grid.best)),
        JSONMember("values", .array([numbers(grid.firstValues), numbers(grid.secondValues)])),
        JSONMember("twice_delta_nll", .array(grid.twiceDeltaNLL.map(numbers))),
        JSONMember(
          "contours",
          .array(
            zip(Self.twoParameterLevels, contours).map { level, lines in
              .object([
                JSONMember("cl", .number(level.coverage)),
                JSONMember("lines", .array(lines.map { .array($0.map { numbers([$0.x, $0.y]) }) })),
              ])
            })),
      ]
    }
    members += [
      JSONMember("uncertainties", .array(uncertainties.map(finite))),
      JSONMember("workspace_sha256", .string(workspaceDigest.hex)), JSONMember("searchlight", .string(version)),
    ]
    return .object(members)
  }
}
