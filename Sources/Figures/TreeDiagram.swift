public import Foundation

/// A binary tree drawn from its root down: boxes with lines of text, joined by branches.
public struct TreeDiagram: Hashable, Codable, Sendable {
  public struct Node: Hashable, Codable, Sendable {
    /// Rich text; the first line is bold.
    public var lines: [String]
    /// Places of the children; nil for leaves, and where the picture ends.
    public var children: Children?
    /// Behind the text.
    public var fill: Color

    public init(lines: [String], children: Children? = nil, fill: Color = .white) {
      self.lines = lines
      self.children = children
      self.fill = fill
    }
  }

  public struct Children: Hashable, Codable, Sendable {
    public var left, right: Int

    public init(left: Int, right: Int) {
      self.left = left
      self.right = right
    }
  }

  /// What the picture shows, in a sentence.
  public var title: String
  /// The root first.
  public var nodes: [Node]
  /// What stands at the branches from the root, where the reader learns which way is which.
  public var leftLabel, rightLabel: String

  public init(title: String, nodes: [Node], leftLabel: String = "yes", rightLabel: String = "no") {
    self.title = title
    self.nodes = nodes
    self.leftLabel = leftLabel
    self.rightLabel = rightLabel
  }

  private static let textSize = 8.5, lineHeight = 11.5
  private static let padding = 5.0, gap = 8.0, levelGap = 30.0, margin = 14.0

  /// Each node once, children below their parents: the level of each, and the leaves of the picture from left to right.
  private func walk() throws(FigureError) -> (levels: [Int: Int], order: [Int]) {
    var levels: [Int: Int] = [:], order: [Int] = []
    var open = [(node: 0, level: 0, isDone: false)]
    while let (node, level, isDone) = open.popLast() {
      guard nodes.indices.contains(node), isDone || levels[node] == nil else {
        throw FigureError(.parameter("node \(node) of \(nodes.count) is no node, or the child of two"), in: title)
      }
      levels[node] = level
      guard !isDone, let children = nodes[node].children else {
        order.append(node)
        continue
      }
      // Nodes come after both of their children, whose places they need.
      open.append((node, level, true))
      open.append((children.right, level + 1, false))
      open.append((children.left, level + 1, false))
    }
    return (levels, order)
  }

  private func size(_ node: Node) -> (width: Double, height: Double) {
    let widest = node.lines.enumerated().map { layout($1, isFirst: $0 == 0).advance }.max() ?? 0
    return (widest + 2 * Self.padding + 2, Double(node.lines.count) * Self.lineHeight + 2 * Self.padding)
  }

  private func layout(_ line: String, isFirst: Bool) -> TextLayout {
    TextLayout(line, size: Self.textSize, face: isFirst ? .bold : .regular)
  }

  /// The picture, as large as the tree needs it: leaves stand side by side, parents above the middle of their children.
  /// - Throws: ``FigureError`` for no nodes, or nodes that form no tree.
  public func drawing() throws(FigureError) -> Drawing {
    guard !nodes.isEmpty else { throw FigureError(.empty, in: title) }
    let (levels, order) = try walk()
    let sizes = nodes.map(size)
    let rowHeight = (levels.keys.map { sizes[$0].height }.max() ?? 0) + Self.levelGap
    // Where the next box of each level may begin, so that wide parents do not run into each other.
    var next: [Int: Double] = [:], centers: [Int: Double] = [:]
    for node in order {
      let level = levels[node] ?? 0, half = sizes[node].width / 2
      let free = (next[level] ?? Self.margin) + half
      var center = free
      if let children = nodes[node].children {
        let middle = ((centers[children.left] ?? 0) + (centers[children.right] ?? 0)) / 2
        center = middle
        if middle < free {
          shift(node, by: free - middle, &centers, &next, levels)
          center = free
        }
      } else {
        // Leaves stand right of all that is left of them, whatever its level.
        let lower = next.filter { $0.key > level }.values.max() ?? 0
        center = max(free, min(lower, free + 40) + half)
      }
      centers[node] = center
      next[level] = center + half + Self.gap
    }
    let width = (levels.keys.map { (centers[$0] ?? 0) + sizes[$0].width / 2 }.max() ?? 0) + Self.margin
    let depth = levels.values.max() ?? 0
    let height = 2 * Self.margin + Double(depth + 1) * rowHeight - Self.levelGap
    var drawing = Drawing(width: max(width, 60), height: height, title: title)
    drawing.rectangle(
      Rect(left: 0, top: 0, right: drawing.width, bottom: height), fill: .white, role: .frame)
    func box(_ node: Int) -> Rect {
      let top = Self.margin + Double(levels[node] ?? 0) * rowHeight, center = centers[node] ?? 0
      return Rect(
        left: center - sizes[node].width / 2, top: top, right: center + sizes[node].width / 2,
        bottom: top + sizes[node].height)
    }
    for node in order {
      guard let children = nodes[node].children else { continue }
      draw(children, from: box(node), to: (box(children.left), box(children.right)), isRoot: node == 0, &drawing)
    }
    for node in order { draw(nodes[node], in: box(node), &drawing) }
    return drawing
  }

  /// Moves all that hangs below a node.
  private func shift(
    _ root: Int, by distance: Double, _ centers: inout [Int: Double], _ next: inout [Int: Double], _ levels: [Int: Int]
  ) {
    var open = [root]
    while let node = open.popLast() {
      guard let children = nodes[node].children else { continue }
      for child in [children.left, children.right] {
        guard let center = centers[child], let level = levels[child] else { continue }
        centers[child] = center + distance
        next[level] = max(next[level] ?? 0, center + distance + size(nodes[child]).width / 2 + Self.gap)
        open.append(child)
      }
    }
  }

  private func draw(
    _ children: Children, from box: Rect, to boxes: (left: Rect, right: Rect), isRoot: Bool, _ drawing: inout Drawing
  ) {
    let pen = Stroke(Color(0x555555), width: 0.8)
    let bend = box.bottom + (boxes.left.top - box.bottom) / 2
    for (child, label, side) in [
      (boxes.left, leftLabel, Drawing.Horizontal.right), (boxes.right, rightLabel, .left),
    ] {
      drawing.line(
        [
          Point(box.center.x, box.bottom), Point(box.center.x, bend), Point(child.center.x, bend),
          Point(child.center.x, child.top),
        ], stroke: pen, role: .reference)
      guard isRoot else { continue }
      let x = (box.center.x + child.center.x) / 2
      drawing.text(
        TextLayout(label, size: Self.textSize, face: .italic), at: Point(x, bend - 3), size: Self.textSize,
        horizontal: side, role: .label)
    }
  }

  private func draw(_ node: Node, in box: Rect, _ drawing: inout Drawing) {
    drawing.rectangle(box, fill: node.fill, stroke: Stroke(Color(0x333333), width: 0.8), role: .cell)
    for (index, line) in node.lines.enumerated() {
      drawing.text(
        layout(line, isFirst: index == 0),
        at: Point(box.center.x, box.top + Self.padding + (Double(index) + 0.5) * Self.lineHeight),
        size: Self.textSize, horizontal: .center, vertical: .middle, color: node.fill.readableText, role: .cellText)
    }
  }

  /// The bytes of a file.
  public func render(as format: FigureFormat, resolution: Double = 200) throws(FigureError) -> Data {
    try drawing().render(as: format, resolution: resolution)
  }
}
