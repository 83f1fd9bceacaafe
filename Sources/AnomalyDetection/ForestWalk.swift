import Learning

/// A forest's nodes laid out for walking many rows through it.
///
/// Eight rows walk side by side, as each waits for memory, and there is no branch to guess. Their values lie column by column, so
/// that a node knows where to look; nodes of all trees lie in one array.
struct ForestWalk {
  private static let lanes = 8
  /// Rows of a block: their values and a tree's nodes stay in the nearest cache.
  private static let height = 128

  private struct Node {
    /// Rows with a larger value go right.
    var threshold: Float
    /// Of the column's first value in a block of eight rows.
    var place: UInt32
    /// Of the left child among all nodes, in units of half a node: the processor multiplies an address by eight.
    var left: UInt32
    var pathLength: Float
  }

  private let nodes: [Node]
  /// Where a tree begins, in half nodes, and how many steps reach all its leaves.
  private let trees: [(root: Int, depth: Int)]

  init(_ forest: [IsolationTree]) {
    assert(MemoryLayout<Node>.stride == 16)
    var nodes: [Node] = []
    trees = forest.map { tree in
      let root = nodes.count
      nodes += zip(tree.nodes, tree.pathLengths).map { node, length in
        Node(
          threshold: node.threshold, place: UInt32(node.column) * UInt32(Self.lanes),
          left: 2 * UInt32(root + Int(node.left)), pathLength: length)
      }
      return (2 * root, tree.depth)
    }
    self.nodes = nodes
  }

  /// Of each row, what `score` makes of its path lengths' sum over the trees.
  /// - Throws: `LearningError.notFinite`.
  func pathLengths(_ features: FeatureMatrix, score: @Sendable (Float) -> Float) throws -> [Float] {
    let columns = features.columnCount, rows = features.rowCount
    var scores = [Float](repeating: 0, count: rows)
    let areFinite = scores.withUnsafeMutableBufferPointer { scores in
      nonisolated(unsafe) let scores = scores
      return concurrentMap((rows + Self.height - 1) / Self.height) { index in
        let range = index * Self.height..<min((index + 1) * Self.height, rows)
        return features.values.withUnsafeBufferPointer { values in
          let block = UnsafeBufferPointer(rebasing: values[range.lowerBound * columns..<range.upperBound * columns])
          return add(block, columns: columns, rows: range.count) { scores[range.lowerBound + $0] = score($1) }
        }
      }
    }
    if !areFinite.allSatisfy({ $0 }) { try features.checkFinite() }
    return scores
  }

  /// Walks a block's rows; whether all their values are finite.
  private func add(
    _ values: UnsafeBufferPointer<Float>, columns: Int, rows: Int, _ give: (Int, Float) -> Void
  ) -> Bool {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.height * columns) { byColumn in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.height) { sums in
        guard let input = values.baseAddress, let first = byColumn.baseAddress else { return true }
        sums.initialize(repeating: 0)
        let groups = (rows + Self.lanes - 1) / Self.lanes
        var isFinite = true
        for group in 0..<groups {
          let output = first + group * Self.lanes * columns
          isFinite = Self.transpose(input, columns, group * Self.lanes, rows, to: output) && isFinite
        }
        nodes.withUnsafeBytes { nodes in
          guard let nodes = nodes.baseAddress else { return }
          for tree in trees {
            for group in 0..<groups {
              let row = group * Self.lanes
              Self.walk(nodes, tree, first + row * columns, to: &sums[row])
            }
          }
        }
        for row in 0..<rows { give(row, sums[row]) }
        return isFinite
      }
    }
  }

  /// Eight rows column by column, the last row standing for those beyond the end; whether all values are finite.
  private static func transpose(
    _ values: UnsafePointer<Float>, _ columns: Int, _ row: Int, _ rows: Int, to output: UnsafeMutablePointer<Float>
  ) -> Bool {
    func start(_ lane: Int) -> UnsafePointer<Float> { values + min(row + lane, rows - 1) * columns }
    let (a, b, c, d) = (start(0), start(1), start(2), start(3))
    let (e, f, g, h) = (start(4), start(5), start(6), start(7))
    // Zero times a number is zero unless it is infinite or no number.
    var zeros = SIMD8<Float>.zero
    for column in 0..<columns {
      let lanes = SIMD8(
        a[column], b[column], c[column], d[column], e[column], f[column], g[column], h[column])
      zeros += lanes * 0
      UnsafeMutableRawPointer(output + lanes.scalarCount * column).storeBytes(of: lanes, as: SIMD8<Float>.self)
    }
    return zeros == .zero
  }

  /// Adds the path lengths of eight rows in a tree to their sums.
  @inline(__always)
  private static func walk(
    _ nodes: UnsafeRawPointer, _ tree: (root: Int, depth: Int), _ values: UnsafePointer<Float>,
    to sums: UnsafeMutablePointer<Float>
  ) {
    @inline(__always) func node(_ place: Int) -> Node { (nodes + 8 &* place).load(as: Node.self) }
    @inline(__always) func step(_ place: Int, _ lane: Int) -> Int {
      let here = node(place)
      let isRight = values[Int(here.place) &+ lane] > here.threshold
      // The bits of the truth value: a conditional would become a branch, wrong every other time.
      return Int(here.left) &+ 2 &* Int(unsafeBitCast(isRight, to: UInt8.self))
    }
    let root = tree.root
    var (a, b, c, d) = (root, root, root, root)
    var (e, f, g, h) = (root, root, root, root)
    for _ in 0..<tree.depth {
      (a, b, c, d) = (step(a, 0), step(b, 1), step(c, 2), step(d, 3))
      (e, f, g, h) = (step(e, 4), step(f, 5), step(g, 6), step(h, 7))
    }
    for (lane, place) in [a, b, c, d, e, f, g, h].enumerated() { sums[lane] += node(place).pathLength }
  }
}
