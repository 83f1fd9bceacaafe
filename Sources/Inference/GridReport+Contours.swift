public import CoreNumerics
import Foundation

/// Where exclusion begins in the plane of two parameters of a grid of signals.
public struct ExclusionContours: Hashable, Sendable {
  /// Lines of points, closed or ending at the rim of the grid.
  public var observed, expected: [[Triangulation.Point]]
  /// The expectation where the background fluctuates by one standard deviation; with −1σ more is excluded.
  public var minusOneSigma, plusOneSigma: [[Triangulation.Point]]
  /// The areas between the last two: convex polygons.
  public var band: [[Triangulation.Point]]
  /// The signals' places.
  public var points: [Triangulation.Point]
}

extension GridReport {
  /// Contours of CLs = 1 − CL in the plane of the two axes.
  ///
  /// Interpolated is Z = Φ⁻¹(1 − CLs), which CLs's exponential fall makes nearly linear in the signal's parameters: linearly on
  /// Delaunay's triangles of the tested points, axes scaled to the points' range. Outside their hull nothing is said.
  ///
  /// `nil` for fewer than two axes, fewer than three tested points, or points on a line. Of points at the same place, the
  /// last one counts.
  public var contours: ExclusionContours? {
    guard axes.count == 2 else { return nil }
    var tests: [Triangulation.Point: HypothesisTest] = [:]
    var order: [Triangulation.Point] = []
    for point in points {
      guard case .number(let x) = point.values[axes[0]], case .number(let y) = point.values[axes[1]],
        let test = point.test
      else { continue }
      let place = Triangulation.Point(x, y)
      if tests[place] == nil { order.append(place) }
      tests[place] = test
    }
    guard let mesh = Triangulation(delaunay: order) else { return nil }
    func field(_ cls: (HypothesisTest) -> Double) -> [Double] {
      order.map { place in tests[place].map { Self.significance(cls($0)) } ?? 0 }
    }
    let level = Normal.upperQuantile(1 - request.confidenceLevel)
    let (minus, plus) = (field { $0.expected[1] }, field { $0.expected[3] })
    func lines(_ values: [Double]) -> [[Triangulation.Point]] { mesh.contours(of: values, at: level) }
    return ExclusionContours(
      observed: lines(field { $0.cls }), expected: lines(field { $0.expected[2] }), minusOneSigma: lines(minus),
      plusOneSigma: lines(plus), band: mesh.areas(where: minus, reach: level, butNot: plus), points: order)
  }

  /// Φ⁻¹(1 − CLs), kept finite: beyond ±37 nothing changes where a contour lies.
  private static func significance(_ cls: Double) -> Double {
    Normal.upperQuantile(min(max(cls, 1e-300), 1 - 1e-16))
  }
}
