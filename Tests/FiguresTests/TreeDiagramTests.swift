import Testing

@testable import Figures

@Suite struct TreeDiagramTests {
  /// A full tree of this depth, its nodes numbered from the root in the order of a walk, left before right.
  private func full(_ depth: Int, text: String = "feature_{1} < 0.25") -> TreeDiagram {
    var nodes: [TreeDiagram.Node] = []
    func add(_ level: Int) -> Int {
      let place = nodes.count
      nodes.append(TreeDiagram.Node(lines: [text, "gain 12.5", "cover 1000"]))
      if level < depth {
        nodes[place].children = TreeDiagram.Children(left: add(level + 1), right: add(level + 1))
      } else {
        nodes[place].lines = ["−0.125", "cover 12"]
      }
      return place
    }
    _ = add(0)
    return TreeDiagram(title: "A tree", nodes: nodes)
  }

  private func boxes(_ drawing: Drawing) -> [Rect] {
    drawing.marks(.cell).compactMap { mark in
      guard case .path(let segments, _, _) = mark.shape else { return nil }
      return Rect(
        around: segments.compactMap { segment in
          switch segment {
          case .move(let p), .line(let p): p
          default: nil
          }
        })
    }
  }

  @Test(arguments: [0, 1, 3, 4]) func boxesStandApartOnThePage(depth: Int) throws {
    let drawing = try full(depth).drawing()
    let boxes = boxes(drawing)
    #expect(boxes.count == (1 << (depth + 1)) - 1)
    let page = Rect(left: 0, top: 0, right: drawing.width, bottom: drawing.height)
    for (index, box) in boxes.enumerated() {
      #expect(page.contains(box))
      for other in boxes[(index + 1)...] { #expect(!box.intersects(other)) }
    }
    // Every text lies in a box, the words at the root's branches beside.
    for text in drawing.texts where text.role == .cellText {
      #expect(boxes.contains { $0.inset(by: -0.5).contains(text.box) }, "\(text.plain)")
    }
    #expect(drawing.texts.count { $0.role == .label } == (depth > 0 ? 2 : 0))
    // Depth 4 still fits a page of A3 across with texts of 8.5 points.
    #expect(drawing.width < 1200)
  }

  /// A lopsided tree: the wide parents of narrow leaves do not run into their neighbours.
  @Test func lopsidedTrees() throws {
    var nodes: [TreeDiagram.Node] = []
    for level in 0..<6 {
      let place = nodes.count
      nodes.append(
        TreeDiagram.Node(
          lines: ["a rather long condition \(level) < 1000", "gain"],
          children: .init(left: place + 1, right: place + 2)))
      nodes.append(TreeDiagram.Node(lines: ["\(level)"]))
    }
    nodes.append(TreeDiagram.Node(lines: ["end"]))
    let boxes = boxes(try TreeDiagram(title: "Lopsided", nodes: nodes).drawing())
    #expect(boxes.count == 13)
    for (index, box) in boxes.enumerated() {
      for other in boxes[(index + 1)...] { #expect(!box.intersects(other)) }
    }
  }

  @Test func theSameBytesAndErrors() throws {
    #expect(try full(2).render(as: .svg) == full(2).render(as: .svg))
    #expect(throws: FigureError.self) { try TreeDiagram(title: "Nothing", nodes: []).drawing() }
    let node = TreeDiagram.Node(lines: ["x"], children: .init(left: 1, right: 1))
    #expect(throws: FigureError.self) {
      try TreeDiagram(title: "Twins", nodes: [node, .init(lines: ["y"])]).drawing()
    }
    #expect(throws: FigureError.self) {
      try TreeDiagram(title: "Circle", nodes: [.init(lines: ["x"], children: .init(left: 0, right: 0))]).drawing()
    }
    #expect(throws: FigureError.self) {
      try TreeDiagram(title: "Out", nodes: [.init(lines: ["x"], children: .init(left: 5, right: 6))]).drawing()
    }
  }

  @Test func linearColours() throws {
    func map(_ scale: HeatMapSeries.Scale) -> HeatMapSeries {
      HeatMapSeries(xEdges: [0, 1, 2], yEdges: [0, 1], values: [[0, 1]], texts: [["0", "1"]], scale: scale)
    }
    let linear = map(.linear(from: 0, to: 1))
    #expect(linear.fraction(0.25) == 0.25 && linear.range.low == 0 && linear.range.high == 1)
    #expect(linear.color(at: 0).luminance > linear.color(at: 1).luminance)
    try linear.validate()
    #expect(throws: FigureError.self) { try map(.linear(from: 1, to: 1)).validate() }
    #expect(throws: FigureError.self) { try map(.logarithmic).validate() }
  }
}
