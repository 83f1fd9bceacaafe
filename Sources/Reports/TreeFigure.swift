public import DecisionTrees
import Figures
import Foundation

extension TreeEnsemble {
  /// A tree from its root down to a level: splits with feature, threshold, gain and sum of second derivatives ("cover", for squares the
  /// number of rows), leaves with their values, in colours from blue (background) to red (signal).
  /// - Parameters:
  ///   - index: of ``trees``.
  ///   - depth: levels of splits that are drawn; what hangs below is told as a number of leaves.
  /// - Precondition: `index` is a tree's.
  public func diagram(ofTree index: Int, depth: Int = 4) -> TreeDiagram {
    precondition(trees.indices.contains(index), "tree \(index) of \(trees.count)")
    let tree = trees[index]
    let values = (0..<tree.nodeCount).compactMap { node -> Double? in
      if case .leaf(let value) = tree[node] { Double(value) } else { nil }
    }
    let largest = max(values.map(abs).max() ?? 0, 1e-30)
    var nodes: [TreeDiagram.Node] = []
    func number(_ value: Float) -> String { trueMinus(String(format: "%.4g", value)) }
    func leaves(below node: Int) -> Int {
      guard case .split(_, _, let left, let right, _) = tree[node] else { return 1 }
      return leaves(below: left) + leaves(below: right)
    }
    func add(_ node: Int, level: Int) -> Int {
      let place = nodes.count
      nodes.append(TreeDiagram.Node(lines: []))
      let cover = "cover \(number(tree.cover[node]))"
      switch tree[node] {
      case .leaf(let value):
        let color = ColorMap.diverging.color(at: 0.5 + 0.35 * Double(value) / largest)
        nodes[place] = TreeDiagram.Node(lines: [number(value), cover], fill: color)
      case .split(let column, let threshold, let left, let right, let missingGoesLeft):
        let condition = "\(literal(shortened(featureNames[column], to: 24))) < \(number(threshold))"
        guard level < depth else {
          nodes[place] = TreeDiagram.Node(
            lines: [condition, "… \(leaves(below: node)) leaves"], fill: Color(0xEEEEEE))
          return place
        }
        var lines = [condition, "gain \(number(tree.gain[node]))", cover]
        if description.configuration?.allowsMissing == true {
          lines.append("missing: \(missingGoesLeft ? "yes" : "no")")
        }
        let children = TreeDiagram.Children(left: add(left, level: level + 1), right: add(right, level: level + 1))
        nodes[place] = TreeDiagram.Node(lines: lines, children: children)
      }
      return place
    }
    _ = add(0, level: 0)
    return TreeDiagram(title: "Decision tree \(index) of \(trees.count)", nodes: nodes)
  }
}
