import Foundation

/// A line's pen.
public struct Stroke: Hashable, Codable, Sendable {
  public enum Cap: String, Hashable, Codable, Sendable { case butt, round, square }

  public var color: Color
  /// Width in points.
  public var width: Double
  /// Lengths of strokes and gaps in points; empty for a solid line.
  public var dashes: [Double]
  public var cap: Cap

  public init(_ color: Color, width: Double, dashes: [Double] = [], cap: Cap = .butt) {
    self.color = color
    self.width = width
    self.dashes = dashes
    self.cap = cap
  }
}

/// A page as a list of marks: what is drawn, known before any file format.
///
/// Layout ends in this value, so what is on the page (texts with their boxes, paths by role) can be examined without
/// reading a picture; `render(as:)` plays it to a file.
public struct Drawing: Hashable, Sendable {
  /// What a mark is for.
  public enum Role: String, Hashable, Sendable {
    case frame, tick, tickLabel, axisTitle, grid, data, uncertainty, cell, cellText, legend, legendText, label, note
    case reference, colorBar
  }

  public enum Segment: Hashable, Sendable {
    case move(Point)
    case line(Point)
    case circle(center: Point, radius: Double)
    case close
  }

  public enum Shape: Hashable, Sendable {
    case path([Segment], fill: Color?, stroke: Stroke?)
    /// Text whose baseline starts at `origin`, turned by `angle` radians (clockwise) about it.
    case text(TextLayout, origin: Point, angle: Double, color: Color)
    case beginClip(Rect)
    case endClip
  }

  public struct Mark: Hashable, Sendable {
    public var role: Role
    public var shape: Shape
  }

  /// The page's width and height in points.
  public let width, height: Double
  /// What the picture shows, for readers who cannot see it and for a file's metadata.
  public let title: String
  public internal(set) var marks: [Mark] = []

  public init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
  }

  mutating func path(_ segments: [Segment], fill: Color? = nil, stroke: Stroke? = nil, role: Role) {
    guard !segments.isEmpty else { return }
    marks.append(Mark(role: role, shape: .path(segments, fill: fill, stroke: stroke)))
  }

  mutating func line(_ points: [Point], stroke: Stroke, role: Role) {
    guard let first = points.first else { return }
    path([.move(first)] + points.dropFirst().map { .line($0) }, stroke: stroke, role: role)
  }

  mutating func polygon(_ points: [Point], fill: Color?, stroke: Stroke? = nil, role: Role) {
    guard let first = points.first else { return }
    path([.move(first)] + points.dropFirst().map { .line($0) } + [.close], fill: fill, stroke: stroke, role: role)
  }

  mutating func rectangle(_ rect: Rect, fill: Color? = nil, stroke: Stroke? = nil, role: Role) {
    polygon(rect.corners, fill: fill, stroke: stroke, role: role)
  }

  mutating func clipped(to rect: Rect, role: Role, _ draw: (inout Drawing) throws -> Void) rethrows {
    marks.append(Mark(role: role, shape: .beginClip(rect)))
    try draw(&self)
    marks.append(Mark(role: role, shape: .endClip))
  }

  /// Where a text is held: a fraction of its advance and a vertical reference.
  enum Horizontal: Double {
    case left = 0
    case center = 0.5
    case right = 1
  }
  enum Vertical {
    case baseline
    /// Centred on the height of digits and capitals.
    case middle
    /// Hanging from the top of capitals.
    case top
  }

  /// Sets `layout` so that its anchor lies at `point`; `angle` −π/2 reads upwards.
  mutating func text(
    _ layout: TextLayout, at point: Point, size: Double, horizontal: Horizontal = .left, vertical: Vertical = .baseline,
    angle: Double = 0, color: Color = .black, role: Role
  ) {
    let capHeight = 0.729 * size
    let dx = -horizontal.rawValue * layout.advance
    let dy =
      switch vertical {
      case .baseline: 0.0
      case .middle: capHeight / 2
      case .top: capHeight
      }
    let origin = Point(point.x + dx * cos(angle) - dy * sin(angle), point.y + dx * sin(angle) + dy * cos(angle))
    marks.append(Mark(role: role, shape: .text(layout, origin: origin, angle: angle, color: color)))
  }

  /// A text of the page with the box its ink fills.
  public struct PlacedText: Hashable, Sendable {
    public var role: Role
    public var plain: String
    public var box: Rect
  }

  /// Every text with its box on the page.
  public var texts: [PlacedText] {
    marks.compactMap { mark in
      guard case .text(let layout, let origin, let angle, _) = mark.shape else { return nil }
      let corners = layout.ink.corners.map { corner in
        Point(
          origin.x + corner.x * cos(angle) - corner.y * sin(angle),
          origin.y + corner.x * sin(angle) + corner.y * cos(angle))
      }
      return PlacedText(role: mark.role, plain: layout.plain, box: Rect(around: corners))
    }
  }

  public func marks(_ role: Role) -> [Mark] { marks.filter { $0.role == role } }
}

extension Rect {
  var corners: [Point] { [Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)] }

  /// The smallest rectangle around some points.
  init(around points: [Point]) {
    self.init(
      left: points.map(\.x).min() ?? 0, top: points.map(\.y).min() ?? 0, right: points.map(\.x).max() ?? 0,
      bottom: points.map(\.y).max() ?? 0)
  }
}
