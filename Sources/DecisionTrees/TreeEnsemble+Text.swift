import Foundation

extension TreeEnsemble {
  /// A tree as indented text: a line a node, splits with gain and cover, what follows where the condition holds first.
  /// - Precondition: `index` is a tree's.
  public func text(ofTree index: Int) -> String {
    precondition(trees.indices.contains(index), "tree \(index) of \(trees.count)")
    let tree = trees[index]
    var lines: [String] = []
    var open = [(node: 0, level: 0, branch: "")]
    while let (node, level, branch) = open.popLast() {
      let indent = String(repeating: "  ", count: level) + branch
      let cover = String(format: "cover %.6g", tree.cover[node])
      switch tree[node] {
      case .leaf(let value): lines.append(indent + String(format: "leaf %.6g, ", value) + cover)
      case .split(let column, let threshold, let left, let right, let missingGoesLeft):
        let missing =
          missingGoesLeft == true && description.configuration?.allowsMissing != false ? ", missing: yes" : ""
        lines.append(
          indent + "\(featureNames[column]) < " + String(format: "%.6g, gain %.6g, ", threshold, tree.gain[node])
            + cover
            + missing)
        open.append((right, level + 1, "no: "))
        open.append((left, level + 1, "yes: "))
      }
    }
    return lines.joined(separator: "\n")
  }
}
