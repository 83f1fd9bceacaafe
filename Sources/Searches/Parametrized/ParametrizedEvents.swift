import ColliderNetworks
import Foundation
import Learning
import Records

/// A table of events of which the signal's have a parameter θ.
public struct ParametrizedEvents: Sendable {
  let table: ComparisonTable
  /// Each row's θ; of no meaning for the background.
  private let parameters: [Float]
  let column: String
  let features: [String]
  /// The θ of signals, in ascending order.
  public let points: [Float]

  /// More distinct θ than this are taken for a column that is no parameter.
  private static let mostPoints = 100

  /// - Parameter name: what errors call the table.
  /// - Throws: ``SampleError`` for too many points, and points without signal in a part.
  init(_ table: ComparisonTable, column: String, features: [String], name: String) throws {
    self.table = table
    self.column = column
    self.features = features
    parameters = table.values(of: column, rows: Array(0..<table.rowCount))
    var seen: [Float: Set<Membership>] = [:]
    for row in parameters.indices where table.labels[row] == 1 {
      seen[parameters[row], default: []].insert(table.parts[row])
    }
    points = seen.keys.sorted()
    guard points.count <= Self.mostPoints else {
      throw SampleError(
        sample: name,
        problem: "the signal has \(points.count) values of '\(column)'; networks are trained and tested at each, "
          + "so there may be \(Self.mostPoints) at most")
    }
    for (point, parts) in seen.sorted(by: { $0.key < $1.key }) {
      for part in Membership.allCases where !parts.contains(part) {
        throw SampleError(
          sample: name,
          problem: "no signal with \(column) = \(point) serves for \(part); take more rows or other fractions")
      }
    }
  }

  /// - Throws: ``SampleError`` for points without signal.
  func check(_ wanted: [Float], for purpose: String, name: String) throws {
    guard let bad = wanted.first(where: { !points.contains($0) }) else { return }
    throw SampleError(
      sample: name,
      problem: "\(purpose) names \(column) = \(plainNumber(bad)), where there is no signal; there is at "
        + points.map(plainNumber).joined(separator: ", "))
  }

  /// Rows of the background and of the signal at some points.
  func rows(_ part: Membership, points: [Float]) -> [Int] {
    let wanted = Set(points)
    return table.parts.indices.filter { row in
      table.parts[row] == part && (table.labels[row] == 0 || wanted.contains(parameters[row]))
    }
  }

  /// The events of ``rows(_:points:)``, each point of the signal with the same sum of weights.
  func sample(_ part: Membership, points: [Float]) throws -> ParametrizedSample {
    let rows = rows(part, points: points)
    return try ParametrizedSample(
      features: table.matrix(features, rows: rows),
      parameters: FeatureMatrix(names: [column], values: rows.map { parameters[$0] }),
      labels: rows.map { table.labels[$0] }, weights: [Float](repeating: 1, count: rows.count), name: "the \(part) rows"
    ).withEqualPoints()
  }
}

/// A number as a reader writes it: `500`, `-1.5`.
func plainNumber(_ value: Float) -> String { String(format: "%g", value) }
