import Foundation
import Records

/// A tree that cuts a random feature at a random place until rows are alone or the depth is reached.
///
/// Nodes lie in one array, both children of a node side by side. A leaf is its own left child and its threshold is infinite, so
/// that walking a fixed number of steps ends in it without a branch.
package struct IsolationTree: Hashable, Sendable, Codable {
  package struct Node: Hashable, Sendable {
    /// Rows with a larger value go right.
    package var threshold: Float
    package var column: Int32
    package var left: Int32
  }

  package var nodes: [Node]
  /// Of leaves: the expected number of edges to isolate a row that ends here; 0 at inner nodes.
  package var pathLengths: [Float]
  /// Steps from the root that reach every leaf.
  var depth: Int

  /// c(n) of Liu, Ting and Zhou, "Isolation Forest", ICDM 2008: the mean path length of an unsuccessful search in a binary
  /// tree of n entries.
  static func averagePathLength(_ count: Double) -> Double {
    if count <= 1 { return 0 }
    if count <= 2 { return 1 }
    return 2 * (log(count - 1) + 0.577_215_664_901_532_9) - 2 * (count - 1) / count
  }

  /// Grows a tree on rows of a row-major matrix.
  /// - Parameter order: all columns, in the order in which random numbers mean them.
  init(rows: [Int32], values: UnsafePointer<Float>, order: [Int32], depthLimit: Int, random: inout RandomStream) {
    let columns = order.count
    nodes = [Node(threshold: .infinity, column: 0, left: 0)]
    pathLengths = [0]
    depth = 0
    var rows = rows
    var open = [(node: 0, from: 0, to: rows.count, level: 0)]
    var candidates = [Int32](repeating: 0, count: columns)
    while let (node, from, to, level) = open.popLast() {
      depth = max(depth, level)
      var cut: (column: Int, threshold: Float)?
      if level < depthLimit, to - from > 1 {
        cut = Self.cut(rows[from..<to], values, order, &candidates, &random)
      }
      guard let cut else {
        pathLengths[node] = Float(Double(level) + Self.averagePathLength(Double(to - from)))
        continue
      }
      var middle = from
      for index in from..<to where values[Int(rows[index]) * columns + cut.column] <= cut.threshold {
        rows.swapAt(index, middle)
        middle += 1
      }
      let left = nodes.count
      nodes[node] = Node(threshold: cut.threshold, column: Int32(cut.column), left: Int32(left))
      for child in left...(left + 1) {
        nodes.append(Node(threshold: .infinity, column: 0, left: Int32(child)))
        pathLengths.append(0)
      }
      open.append((left + 1, middle, to, level + 1))
      open.append((left, from, middle, level + 1))
    }
  }

  /// A random column among those that vary, and a place between its least and largest value; `nil` where all rows are equal.
  private static func cut(
    _ rows: ArraySlice<Int32>, _ values: UnsafePointer<Float>, _ order: [Int32], _ candidates: inout [Int32],
    _ random: inout RandomStream
  ) -> (column: Int, threshold: Float)? {
    // Columns are drawn without replacement until one varies.
    let columns = order.count
    for place in 0..<columns { candidates[place] = order[place] }
    for drawn in 0..<columns {
      candidates.swapAt(drawn, drawn + random.integer(below: columns - drawn))
      let column = Int(candidates[drawn])
      var low = Float.infinity, high = -Float.infinity
      for row in rows {
        let value = values[Int(row) * columns + column]
        low = min(low, value)
        high = max(high, value)
      }
      guard low < high else { continue }
      let place = low + Float(random.uniform()) * (high - low)
      // Rounding may reach the largest value, which has to go right.
      return (column, place < high ? place : low)
    }
    return nil
  }

  /// A tree from elsewhere: inner nodes with both children, leaves with the number of rows that ended there.
  init(columns: [Int], thresholds: [Float], left: [Int], right: [Int], leafCounts: [Double]) {
    nodes = [Node(threshold: .infinity, column: 0, left: 0)]
    pathLengths = [0]
    depth = 0
    var open = [(source: 0, node: 0, level: 0)]
    while let (source, node, level) = open.popLast() {
      depth = max(depth, level)
      guard left[source] >= 0 else {
        pathLengths[node] = Float(Double(level) + Self.averagePathLength(leafCounts[source]))
        continue
      }
      let first = nodes.count
      nodes[node] = Node(threshold: thresholds[source], column: Int32(columns[source]), left: Int32(first))
      for child in first...(first + 1) {
        nodes.append(Node(threshold: .infinity, column: 0, left: Int32(child)))
        pathLengths.append(0)
      }
      open.append((left[source], first, level + 1))
      open.append((right[source], first + 1, level + 1))
    }
  }

  // MARK: files

  private enum CodingKeys: String, CodingKey { case thresholds, columns, left, pathLengths, depth }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    // A leaf's threshold, infinite, is no number of JSON.
    try container.encode(nodes.map { $0.threshold.isFinite ? $0.threshold : 0 }, forKey: .thresholds)
    try container.encode(nodes.map(\.column), forKey: .columns)
    try container.encode(nodes.map(\.left), forKey: .left)
    try container.encode(pathLengths, forKey: .pathLengths)
    try container.encode(depth, forKey: .depth)
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let thresholds = try container.decode([Float].self, forKey: .thresholds)
    let columns = try container.decode([Int32].self, forKey: .columns)
    let left = try container.decode([Int32].self, forKey: .left)
    pathLengths = try container.decode([Float].self, forKey: .pathLengths)
    depth = try container.decode(Int.self, forKey: .depth)
    let count = thresholds.count
    // Children lie behind their parents, so that walking ends.
    let isTree =
      count > 0 && columns.count == count && left.count == count && pathLengths.count == count
      && (0..<count).allSatisfy { node in
        Int(left[node]) == node || (Int(left[node]) > node && Int(left[node]) + 1 < count && columns[node] >= 0)
      } && (0...count).contains(depth)
    guard isTree else {
      throw DecodingError.dataCorruptedError(
        forKey: .left, in: container, debugDescription: "the nodes do not form a tree")
    }
    nodes = (0..<count).map { node in
      let isLeaf = Int(left[node]) == node
      return Node(
        threshold: isLeaf ? .infinity : thresholds[node], column: isLeaf ? 0 : columns[node], left: left[node])
    }
  }
}
