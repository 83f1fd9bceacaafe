import Foundation

// Goals, in order: (1) the same triangles for the same points on every machine; (2) points on a regular grid, where four lie
// on one circle, are no special case; (3) plainness: thousands of points, not millions.

/// A plane cut into triangles, on which values at the points are interpolated linearly.
public struct Triangulation: Hashable, Codable, Sendable {
  public struct Point: Hashable, Codable, Sendable {
    public var x, y: Double
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  public let points: [Point]
  /// Three indices each, counter-clockwise.
  public let triangles: [[Int]]

  public init(points: [Point], triangles: [[Int]]) {
    self.points = points
    self.triangles = triangles
  }

  /// Delaunay's triangulation of scattered points (Bowyer and Watson, 1981), each axis scaled to the points' range first, so
  /// that its unit does not enter. Where four points lie on one circle either diagonal is one.
  /// - Parameter points: all different, finite.
  /// - Returns: `nil` for fewer than three points, equal ones, or all on a line.
  public init?(delaunay points: [Point]) {
    let xs = points.map(\.x), ys = points.map(\.y)
    guard points.count >= 3, Set(points).count == points.count, (xs + ys).allSatisfy(\.isFinite),
      let left = xs.min(), let right = xs.max(), let bottom = ys.min(), let top = ys.max(), left < right, bottom < top
    else { return nil }
    let scaled = points.map { Point(($0.x - left) / (right - left), ($0.y - bottom) / (top - bottom)) }
    // The corners of a triangle around all points, far away so that hardly any edge of the hull is lost to them.
    let all = scaled + [Point(-1e4, -1e4), Point(1e4, -1e4), Point(0.5, 1e4)]
    var mesh = [[scaled.count, scaled.count + 1, scaled.count + 2]]
    for index in scaled.indices {
      let p = all[index]
      let broken = mesh.filter { Self.circle(all[$0[0]], all[$0[1]], all[$0[2]], contains: p) }
      // The hole's edges belong to one broken triangle only.
      var edges: [Set<Int>: Int] = [:]
      for triangle in broken { for edge in Self.edges(triangle) { edges[Set(edge), default: 0] += 1 } }
      let removed = Set(broken)
      mesh.removeAll { removed.contains($0) }
      for triangle in broken {
        for edge in Self.edges(triangle) where edges[Set(edge)] == 1 {
          // Points on the hole's edge make no triangle with it.
          if Self.area(all[edge[0]], all[edge[1]], p) > 1e-12 { mesh.append([edge[0], edge[1], index]) }
        }
      }
    }
    let triangles = mesh.filter { $0.allSatisfy { $0 < scaled.count } }
    guard !triangles.isEmpty else { return nil }
    self.init(points: points, triangles: triangles)
  }

  /// A rectangular grid: each cell cut into four about its middle, whose value is to be the mean of the corners.
  /// - Parameter values: `[row along y][column along x]`.
  /// - Returns: the triangles and the values at their points.
  public static func grid(x: [Double], y: [Double], values: [[Double]]) -> (
    triangulation: Triangulation, values: [Double]
  ) {
    precondition(values.count == y.count && values.allSatisfy { $0.count == x.count }, "values do not fit the grid")
    var points: [Point] = []
    var field: [Double] = []
    for (row, yValue) in y.enumerated() {
      for (column, xValue) in x.enumerated() {
        points.append(Point(xValue, yValue))
        field.append(values[row][column])
      }
    }
    var triangles: [[Int]] = []
    for row in y.indices.dropLast() {
      for column in x.indices.dropLast() {
        let a = row * x.count + column
        let corners = [a, a + 1, a + 1 + x.count, a + x.count]
        let middle = points.count
        points.append(Point((x[column] + x[column + 1]) / 2, (y[row] + y[row + 1]) / 2))
        field.append(corners.reduce(0) { $0 + field[$1] } / 4)
        for k in 0..<4 { triangles.append([corners[k], corners[(k + 1) % 4], middle]) }
      }
    }
    return (Triangulation(points: points, triangles: triangles), field)
  }

  private static func edges(_ t: [Int]) -> [[Int]] { [[t[0], t[1]], [t[1], t[2]], [t[2], t[0]]] }

  /// Twice the signed area, positive counter-clockwise.
  private static func area(_ a: Point, _ b: Point, _ c: Point) -> Double {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
  }

  /// Whether a point lies inside the circle through three others, which turn counter-clockwise; points on it do not count.
  private static func circle(_ a: Point, _ b: Point, _ c: Point, contains p: Point) -> Bool {
    let (ax, ay, bx, by, cx, cy) = (a.x - p.x, a.y - p.y, b.x - p.x, b.y - p.y, c.x - p.x, c.y - p.y)
    let (aa, bb, cc) = (ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy)
    let terms = [aa * (bx * cy - by * cx), -bb * (ax * cy - ay * cx), cc * (ax * by - ay * bx)]
    let size = terms.reduce(0) { $0 + abs($1) }
    return terms.reduce(0, +) > 1e-12 * size
  }
}
