/// A binary tree of cuts on features.
public struct DecisionTree: Hashable, Sendable {
  /// Sixteen bytes a node, in the order in which XGBoost has them; the root is the first.
  struct Node: Hashable, Sendable {
    /// Where a row with a smaller value goes; of a leaf its value.
    var threshold: Float
    /// The column, with the top bit set where missing values go left; −1 for a leaf.
    var column: Int32
    var left: Int32
    var right: Int32

    static let leaf: Int32 = -1
    static let missingGoesLeft: Int32 = 1 << 30
  }

  var nodes: [Node]
  /// Gain of each split, and sum of second derivatives of the rows that reached each node.
  public internal(set) var gain: [Float]
  public internal(set) var cover: [Float]

  public var nodeCount: Int { nodes.count }
  public var leafCount: Int { nodes.count { $0.column == Node.leaf } }

  /// What stands at a node.
  public enum Content: Hashable, Sendable {
    /// Rows whose feature is below the threshold go left.
    case split(column: Int, threshold: Float, left: Int, right: Int, missingGoesLeft: Bool)
    case leaf(value: Float)
  }

  /// The content of a node; the root is 0.
  public subscript(node: Int) -> Content {
    let found = nodes[node]
    guard found.column != Node.leaf else { return .leaf(value: found.threshold) }
    return .split(
      column: Int(found.column & ~Node.missingGoesLeft), threshold: found.threshold, left: Int(found.left),
      right: Int(found.right), missingGoesLeft: found.column & Node.missingGoesLeft != 0)
  }

  /// Levels of splits on the longest way down.
  public var depth: Int {
    var deepest = 0
    var open = [(node: 0, level: 0)]
    while let (node, level) = open.popLast() {
      deepest = max(deepest, level)
      if case .split(_, _, let left, let right, _) = self[node] { open += [(left, level + 1), (right, level + 1)] }
    }
    return deepest
  }

  /// The value of the leaf that a row ends in.
  @inline(__always)
  func value(_ row: UnsafePointer<Float>) -> Float {
    nodes.withUnsafeBufferPointer { nodes in
      var node = nodes[0]
      while node.column != Node.leaf {
        let value = row[Int(node.column & ~Node.missingGoesLeft)]
        let goesLeft = value < node.threshold || value.isNaN && node.column & Node.missingGoesLeft != 0
        node = nodes[Int(goesLeft ? node.left : node.right)]
      }
      return node.threshold
    }
  }
}
