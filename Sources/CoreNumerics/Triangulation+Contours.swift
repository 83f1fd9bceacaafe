extension Triangulation {
  /// The linear interpolation of values at the points; `nil` outside all triangles.
  public func value(at p: Point, of values: [Double]) -> Double? {
    precondition(values.count == points.count, "\(points.count) points, got \(values.count) values")
    for triangle in triangles {
      let (a, b, c) = (points[triangle[0]], points[triangle[1]], points[triangle[2]])
      let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
      let u = ((b.x - p.x) * (c.y - p.y) - (b.y - p.y) * (c.x - p.x)) / area
      let v = ((c.x - p.x) * (a.y - p.y) - (c.y - p.y) * (a.x - p.x)) / area
      let w = 1 - u - v
      guard u >= -1e-12, v >= -1e-12, w >= -1e-12 else { continue }
      return u * values[triangle[0]] + v * values[triangle[1]] + w * values[triangle[2]]
    }
    return nil
  }

  /// The lines where the linear interpolation of values has a level: closed ones end where they begin, others at the rim.
  ///
  /// Points exactly on the level count as above it, so that each line passes between points.
  public func contours(of values: [Double], at level: Double) -> [[Point]] {
    precondition(values.count == points.count, "\(points.count) points, got \(values.count) values")
    // A crossing is named by the edge that it lies on: two triangles share it exactly.
    struct Edge: Hashable {
      var low, high: Int
      init(_ a: Int, _ b: Int) { (low, high) = (min(a, b), max(a, b)) }
    }
    var neighbours: [Edge: [Edge]] = [:]
    var order: [Edge] = []
    for t in triangles {
      let crossed = [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]
        .filter { (values[$0.0] < level) != (values[$0.1] < level) }.map { Edge($0.0, $0.1) }
      guard crossed.count == 2 else { continue }
      for (a, b) in [(crossed[0], crossed[1]), (crossed[1], crossed[0])] {
        if neighbours[a] == nil { order.append(a) }
        neighbours[a, default: []].append(b)
      }
    }
    func place(_ edge: Edge) -> Point {
      let (a, b) = (points[edge.low], points[edge.high])
      let f = (level - values[edge.low]) / (values[edge.high] - values[edge.low])
      return Point(a.x + f * (b.x - a.x), a.y + f * (b.y - a.y))
    }
    var lines: [[Point]] = []
    var used: Set<Edge> = []
    // Ends at the rim first, then what is left are rings.
    for start in order.filter({ neighbours[$0]?.count == 1 }) + order where !used.contains(start) {
      var line: [Point] = []
      var current: Edge? = start
      while let edge = current {
        used.insert(edge)
        line.append(place(edge))
        current = neighbours[edge]?.first { !used.contains($0) }
      }
      if neighbours[start]?.count == 2, let first = line.first { line.append(first) }
      lines.append(line)
    }
    return lines
  }

  /// The areas where the interpolation of `values` is at least the level while that of `others` is below it: what lies between
  /// the two contours. Convex polygons, at most one a triangle.
  public func areas(where values: [Double], reach level: Double, butNot others: [Double]) -> [[Point]] {
    precondition(values.count == points.count && others.count == points.count, "\(points.count) points")
    return triangles.compactMap { t in
      var polygon = t.map { (point: points[$0], a: values[$0] - level, b: level - others[$0]) }
      for side in 0..<2 {
        var cut: [(point: Point, a: Double, b: Double)] = []
        for (index, corner) in polygon.enumerated() {
          let next = polygon[(index + 1) % polygon.count]
          let (here, there) = side == 0 ? (corner.a, next.a) : (corner.b, next.b)
          if here >= 0 { cut.append(corner) }
          guard (here >= 0) != (there >= 0) else { continue }
          let f = here / (here - there)
          cut.append(
            (
              Point(
                corner.point.x + f * (next.point.x - corner.point.x),
                corner.point.y + f * (next.point.y - corner.point.y)),
              corner.a + f * (next.a - corner.a), corner.b + f * (next.b - corner.b)
            ))
        }
        polygon = cut
        if polygon.isEmpty { return nil }
      }
      return polygon.count >= 3 ? polygon.map(\.point) : nil
    }
  }
}
