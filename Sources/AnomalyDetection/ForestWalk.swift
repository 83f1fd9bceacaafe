internal import CVectors
import Learning

/// A forest's nodes laid out for walking many rows through it.
///
/// Blocks of rows are laid column by column in groups, so that a node knows where to look for a row's value, and a group's rows
/// walk side by side, as each waits for memory. There is no branch to guess. With AVX-512 sixteen rows of two groups walk through
/// complete trees of eight levels, else eight through nodes as they are; sums are added up in the same order and are the same.
struct ForestWalk {
  /// Rows of a block: their values and a tree's nodes stay in the nearest cache. A multiple of two groups.
  private static let height = 128

  private enum Trees {
    case nodes(NodeTrees)
    case complete(CompleteTrees)
  }

  private let trees: Trees
  /// Rows of a group.
  private var lanes: Int {
    switch trees {
    case .nodes: NodeTrees.lanes
    case .complete: CompleteTrees.lanes
    }
  }

  /// Whether the processor has the instructions for wide vectors.
  static var hasWideVectors: Bool { cvectors_has_avx512() }

  /// - Parameter isWide: wide vectors, for forests whose trees they suit.
  init(_ forest: [IsolationTree], isWide: Bool = ForestWalk.hasWideVectors) {
    let suits = forest.allSatisfy { $0.depth <= CompleteTrees.levels }
    trees = isWide && suits ? .complete(CompleteTrees(forest)) : .nodes(NodeTrees(forest))
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
        guard let input = values.baseAddress, let first = byColumn.baseAddress, let sum = sums.baseAddress else {
          return true
        }
        sums.initialize(repeating: 0)
        let lanes = lanes
        // Two whole groups at least.
        let places = (rows + 2 * lanes - 1) / (2 * lanes) * 2 * lanes
        var isFinite = true
        for row in stride(from: 0, to: places, by: 8) {
          let output = first + row / lanes * lanes * columns + row % lanes
          isFinite = Self.transpose(input, columns, row, rows, to: output, lanes: lanes) && isFinite
        }
        switch trees {
        case .nodes(let trees): trees.add(first, columns: columns, rows: places, to: sum)
        case .complete(let trees): trees.add(first, columns: columns, rows: places, to: sum)
        }
        for row in 0..<rows { give(row, sums[row]) }
        return isFinite
      }
    }
  }

  /// Eight rows column by column, the last row standing for those beyond the end; whether all values are finite.
  private static func transpose(
    _ values: UnsafePointer<Float>, _ columns: Int, _ row: Int, _ rows: Int, to output: UnsafeMutablePointer<Float>,
    lanes: Int
  ) -> Bool {
    func start(_ lane: Int) -> UnsafePointer<Float> { values + min(row + lane, rows - 1) * columns }
    let (a, b, c, d) = (start(0), start(1), start(2), start(3))
    let (e, f, g, h) = (start(4), start(5), start(6), start(7))
    // Zero times a number is zero unless it is infinite or no number.
    var zeros = SIMD8<Float>.zero
    for column in 0..<columns {
      let eight = SIMD8(a[column], b[column], c[column], d[column], e[column], f[column], g[column], h[column])
      zeros += eight * 0
      UnsafeMutableRawPointer(output + lanes * column).storeBytes(of: eight, as: SIMD8<Float>.self)
    }
    return zeros == .zero
  }
}

/// Trees of any depth; nodes of all of them lie in one array.
private struct NodeTrees {
  static let lanes = 8

  struct Node {
    /// Rows with a larger value go right.
    var threshold: Float
    /// Of the column's first value in a group.
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

  func add(_ values: UnsafePointer<Float>, columns: Int, rows: Int, to sums: UnsafeMutablePointer<Float>) {
    nodes.withUnsafeBytes { nodes in
      guard let nodes = nodes.baseAddress else { return }
      for tree in trees {
        for row in stride(from: 0, to: rows, by: Self.lanes) {
          Self.walk(nodes, tree, values + row * columns, to: sums + row)
        }
      }
    }
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

/// Trees of at most eight levels, each filled up to a complete one, for `CVectors`.
private struct CompleteTrees {
  static let lanes = 16
  static let levels = 8
  private static let size = 1 << levels

  /// Of tree after tree: nodes from place 1 on, the children of place j at 2j and 2j + 1; leaves from left to right.
  private var thresholds: [Float]
  private var places: [Int32]
  private var leaves: [Float]

  init(_ forest: [IsolationTree]) {
    thresholds = [Float](repeating: .infinity, count: forest.count * Self.size)
    places = [Int32](repeating: 0, count: forest.count * Self.size)
    leaves = [Float](repeating: 0, count: forest.count * Self.size)
    for (index, tree) in forest.enumerated() { fill(tree, from: index * Self.size, node: 0, place: 1) }
  }

  private mutating func fill(_ tree: IsolationTree, from start: Int, node: Int, place: Int) {
    guard place < Self.size else {
      leaves[start + place - Self.size] = tree.pathLengths[node]
      return
    }
    thresholds[start + place] = tree.nodes[node].threshold
    places[start + place] = tree.nodes[node].column * Int32(Self.lanes)
    // A leaf stands for all that would be below it.
    let left = Int(tree.nodes[node].left)
    fill(tree, from: start, node: left, place: 2 * place)
    fill(tree, from: start, node: left == node ? left : left + 1, place: 2 * place + 1)
  }

  func add(_ values: UnsafePointer<Float>, columns: Int, rows: Int, to sums: UnsafeMutablePointer<Float>) {
    thresholds.withUnsafeBufferPointer { thresholds in
      places.withUnsafeBufferPointer { places in
        leaves.withUnsafeBufferPointer { leaves in
          guard let thresholds = thresholds.baseAddress, let places = places.baseAddress,
            let leaves = leaves.baseAddress
          else { return }
          for start in stride(from: 0, to: self.leaves.count, by: Self.size) {
            cvectors_walk_tree(
              values, Int32(columns), Int32(rows), thresholds + start, places + start, leaves + start, sums)
          }
        }
      }
    }
  }
}
