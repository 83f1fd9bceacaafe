import CoreNumerics
import Foundation
import Testing

@Suite struct TriangulationTests {
  private func area(_ polygon: [Triangulation.Point]) -> Double {
    polygon.indices.reduce(0) { sum, i in
      let (a, b) = (polygon[i], polygon[(i + 1) % polygon.count])
      return sum + (a.x * b.y - a.y * b.x) / 2
    }
  }

  /// Points without a pattern, the same everywhere.
  private func scattered(_ count: Int) -> [Triangulation.Point] {
    (0..<count).map { i in
      let k = Double(i)
      return .init((k * 0.618_033_988_7).truncatingRemainder(dividingBy: 1) * 400, 50 * sin(k * k))
    }
  }

  /// Euler: 2n − 2 − h triangles for n points of which h on the hull; each circumcircle is empty; areas add up to the hull.
  @Test func delaunaysLaws() throws {
    let points = scattered(60)
    let mesh = try #require(Triangulation(delaunay: points))
    func circle(_ t: [Int]) -> (x: Double, y: Double, r2: Double) {
      // In the scaled plane, where the mesh was made.
      let xs = points.map(\.x), ys = points.map(\.y)
      let (w, h) = ((xs.max() ?? 1) - (xs.min() ?? 0), (ys.max() ?? 1) - (ys.min() ?? 0))
      let p = t.map { (points[$0].x / w, points[$0].y / h) }
      let d = 2 * (p[0].0 * (p[1].1 - p[2].1) + p[1].0 * (p[2].1 - p[0].1) + p[2].0 * (p[0].1 - p[1].1))
      let s = p.map { $0.0 * $0.0 + $0.1 * $0.1 }
      let x = (s[0] * (p[1].1 - p[2].1) + s[1] * (p[2].1 - p[0].1) + s[2] * (p[0].1 - p[1].1)) / d
      let y = (s[0] * (p[2].0 - p[1].0) + s[1] * (p[0].0 - p[2].0) + s[2] * (p[1].0 - p[0].0)) / d
      let r2 = pow(p[0].0 - x, 2) + pow(p[0].1 - y, 2)
      for (index, point) in points.enumerated() where !t.contains(index) {
        #expect(pow(point.x / w - x, 2) + pow(point.y / h - y, 2) > r2 * (1 - 1e-9), "\(t) \(index)")
      }
      return (x, y, r2)
    }
    for triangle in mesh.triangles {
      _ = circle(triangle)
      #expect(area(triangle.map { points[$0] }) > 0)
    }
    // The hull, by gift wrapping.
    var hull: [Int] = []
    var current = points.indices.min { points[$0].x < points[$1].x } ?? 0
    repeat {
      hull.append(current)
      var next = (current + 1) % points.count
      for other in points.indices where other != current {
        let (a, b, c) = (points[current], points[next], points[other])
        if (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) < 0 { next = other }
      }
      current = next
    } while current != hull[0]
    #expect(mesh.triangles.count == 2 * points.count - 2 - hull.count)
    let covered = mesh.triangles.reduce(0) { $0 + area($1.map { points[$0] }) }
    #expect(abs(covered / area(hull.map { points[$0] }) - 1) < 1e-9)
  }

  /// Four points on a circle, again and again.
  @Test func regularGridsAreCovered() throws {
    let points = (0..<36).map { Triangulation.Point(Double($0 % 6) * 50, Double($0 / 6) * 3) }
    let mesh = try #require(Triangulation(delaunay: points))
    #expect(mesh.triangles.count == 50)
    #expect(abs(mesh.triangles.reduce(0) { $0 + area($1.map { points[$0] }) } - 250 * 15) < 1e-9)
  }

  @Test func linearFunctionsAreInterpolatedExactly() throws {
    let points = scattered(40)
    let mesh = try #require(Triangulation(delaunay: points))
    let values = points.map { 3 - 0.02 * $0.x + 0.1 * $0.y }
    var inside = 0
    for p in scattered(200).dropFirst(40) {
      guard let value = mesh.value(at: p, of: values) else { continue }
      inside += 1
      #expect(abs(value - (3 - 0.02 * p.x + 0.1 * p.y)) < 1e-9)
    }
    #expect(inside > 100 && mesh.value(at: .init(1000, 0), of: values) == nil)
    // Its contour is one straight line from rim to rim.
    let lines = mesh.contours(of: values, at: 0)
    #expect(lines.count == 1)
    for p in lines.joined() { #expect(abs(3 - 0.02 * p.x + 0.1 * p.y) < 1e-9) }
  }

  @Test func ringsAreClosedAndBandsLieBetween() {
    let axis = stride(from: -2.0, through: 2, by: 0.05).map { $0 }
    let radius = axis.map { y in axis.map { x in (x * x + y * y).squareRoot() } }
    let (mesh, values) = Triangulation.grid(x: axis, y: axis, values: radius)
    let lines = mesh.contours(of: values, at: 1)
    #expect(lines.count == 1 && lines[0].first == lines[0].last)
    for p in lines[0] { #expect(abs((p.x * p.x + p.y * p.y).squareRoot() - 1) < 0.002) }
    // Beyond 1 but not beyond 1.5: a ring of π(1.5² − 1).
    let shifted = values.map { $0 - 0.5 }
    let ring = mesh.areas(where: values, reach: 1, butNot: shifted).reduce(0) { $0 + abs(area($1)) }
    #expect(abs(ring / (Double.pi * 1.25) - 1) < 0.002)
    #expect(mesh.contours(of: values, at: 10).isEmpty)
  }

  @Test func pointsThatSpanNoAreaHaveNone() {
    #expect(Triangulation(delaunay: [.init(0, 0), .init(1, 1)]) == nil)
    #expect(Triangulation(delaunay: [.init(0, 0), .init(1, 1), .init(2, 2)]) == nil)
    #expect(Triangulation(delaunay: [.init(0, 0), .init(1, 0), .init(2, 0)]) == nil)
    #expect(Triangulation(delaunay: [.init(0, 0), .init(1, 1), .init(1, 1), .init(0, 1)]) == nil)
    #expect(Triangulation(delaunay: [.init(0, 0), .init(1, .nan), .init(0, 1)]) == nil)
  }
}
