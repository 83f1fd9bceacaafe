public import Foundation

/// A page of panels as a value; the same value gives the same bytes in each format.
public struct Figure: Hashable, Codable, Sendable {
  /// What the picture shows, in a sentence: for captions and readers who cannot see it.
  public var title: String
  /// In points (1/72 inch).
  public var width, height: Double
  /// Columns from the left, each with its panels from the top. Where the panels of each column have equal horizontal axes they hang together:
  /// only the lowest carries numbers and title. A column with fewer panels than another leaves its lower end free.
  public var columns: [[Panel]]
  /// Room at the left of each column for numbers and title, and at the right for a colour bar.
  public var leftMargin, rightMargin: Double
  /// Room below the lowest panels for numbers and title.
  public var bottomMargin: Double
  /// Another room at the left of the columns after the first, whose panels share its vertical axis.
  public var innerMargin: Double?

  public init(
    title: String, width: Double = 360, height: Double = 300, columns: [[Panel]], leftMargin: Double = 50,
    rightMargin: Double = 12, bottomMargin: Double = 40, innerMargin: Double? = nil
  ) {
    self.title = title
    self.width = width
    self.height = height
    self.columns = columns
    self.leftMargin = leftMargin
    self.rightMargin = rightMargin
    self.bottomMargin = bottomMargin
    self.innerMargin = innerMargin
  }

  /// Whether each panel has something to draw; a figure of too few events may not, and ``drawing()`` refuses it.
  public var isDrawable: Bool {
    !columns.isEmpty && columns.allSatisfy { !$0.isEmpty && $0.allSatisfy { !$0.series.isEmpty } }
  }

  private static let topMargin = 18.0

  /// The figure as a list of marks on its page.
  /// - Throws: ``FigureError``.
  public func drawing() throws(FigureError) -> Drawing {
    guard !columns.isEmpty, columns.allSatisfy({ !$0.isEmpty }) else { throw FigureError(.empty, in: title) }
    var drawing = Drawing(width: width, height: height, title: title)
    drawing.rectangle(Rect(left: 0, top: 0, right: width, bottom: height), fill: .white, role: .frame)
    let inner = innerMargin ?? leftMargin
    let count = Double(columns.count)
    let frameWidth = (width - leftMargin - inner * (count - 1)) / count - rightMargin
    // All columns or none, so that the panels of a grid are alike.
    var allShareAxes = true
    for panels in columns {
      let ranges = try panels.map { panel throws(FigureError) in try panel.xRange() }
      allShareAxes = allShareAxes && panels.allSatisfy { $0.x == panels[0].x } && ranges.allSatisfy { $0 == ranges[0] }
    }
    for (index, panels) in columns.enumerated() {
      let left = leftMargin + Double(index) * (inner + frameWidth + rightMargin)
      let right = left + frameWidth
      let hangTogether = allShareAxes && columns.contains { $0.count > 1 }
      let gaps = hangTogether ? 6.0 : Self.topMargin + bottomMargin
      // A column with fewer panels than its neighbours leaves the rest of its height free.
      let missing = Double((columns.map(\.count).max() ?? 0) - panels.count)
      let free = height - Self.topMargin - bottomMargin - gaps * (Double(panels.count - 1) + missing)
      let shares = panels.reduce(missing) { $0 + $1.heightShare }
      var top = Self.topMargin
      for (row, panel) in panels.enumerated() {
        let bottom = top + free * panel.heightShare / shares
        let frame = Rect(left: left, top: top, right: right, bottom: bottom)
        try PanelLayout(panel, frame: frame, hidesX: hangTogether && row < panels.count - 1).draw(into: &drawing)
        top = bottom + gaps
      }
    }
    return drawing
  }

  /// The figure as the bytes of a file.
  /// - Parameter resolution: dots per inch of a PNG.
  /// - Throws: ``FigureError``.
  public func render(as format: FigureFormat, resolution: Double = 200) throws(FigureError) -> Data {
    try drawing().render(as: format, resolution: resolution)
  }
}
