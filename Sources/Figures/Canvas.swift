internal import CCairo
public import Foundation

/// The file formats of a figure.
public enum FigureFormat: String, Hashable, Codable, Sendable, CaseIterable {
  case svg, pdf, png
}

/// The only caller of the Cairo room: measures text and plays drawings to files.
enum Canvas {
  struct TextExtents {
    var advance: Double
    var box: Rect
  }

  static func measure(_ text: String, face: RichText.Face, size: Double) -> TextExtents {
    var extents = ccairo_text_extents()
    let status = ccairo_measure(face.room, size, text, &extents)
    precondition(status == 0, "the built-in fonts cannot be opened")
    return TextExtents(
      advance: extents.advance,
      box: Rect(left: extents.left, top: extents.top, right: extents.right, bottom: extents.bottom))
  }
}

extension RichText.Face {
  fileprivate var room: ccairo_face {
    switch self {
    case .regular: CCAIRO_REGULAR
    case .italic: CCAIRO_ITALIC
    case .bold: CCAIRO_BOLD
    }
  }
}

extension Stroke.Cap {
  fileprivate var room: ccairo_cap {
    switch self {
    case .butt: CCAIRO_CAP_BUTT
    case .round: CCAIRO_CAP_ROUND
    case .square: CCAIRO_CAP_SQUARE
    }
  }
}

extension Drawing {
  /// The drawing as the bytes of a file; the same drawing gives the same bytes.
  ///
  /// - Parameter resolution: dots per inch of a PNG, in [36, 1200]; a page is 72 points an inch.
  /// - Throws: `FigureError` with `.rendering` when Cairo cannot make the file (a PNG side above 32767 pixels).
  public func render(as format: FigureFormat, resolution: Double = 200) throws(FigureError) -> Data {
    guard (36...1200).contains(resolution) else {
      throw FigureError(.parameter("resolution \(resolution) dpi; give one from 36 to 1200"), in: title)
    }
    let room = [FigureFormat.svg: CCAIRO_SVG, .pdf: CCAIRO_PDF, .png: CCAIRO_PNG][format] ?? CCAIRO_SVG
    guard let canvas = ccairo_create(room, width, height, resolution / 72, title) else {
      throw FigureError(.rendering("a page of \(width) × \(height) pt at \(resolution) dpi"), in: title)
    }
    defer { ccairo_destroy(canvas) }
    for mark in marks { play(mark.shape, on: canvas) }
    var bytes: UnsafePointer<UInt8>?
    var count = 0
    var message: UnsafePointer<CChar>?
    let status = ccairo_finish(canvas, &bytes, &count, &message)
    guard status == 0, let bytes else {
      throw FigureError(.rendering(message.map { String(cString: $0) } ?? "status \(status)"), in: title)
    }
    let data = Data(bytes: bytes, count: count)
    return format == .svg ? describingSVG(data) : data
  }

  /// Puts the title into an SVG, where screen readers look for it.
  private func describingSVG(_ data: Data) -> Data {
    var text = Self.withNumberedIDs(String(decoding: data, as: UTF8.self))
    guard let start = text.range(of: "<svg "), let end = text[start.upperBound...].firstIndex(of: ">") else {
      return data
    }
    let escaped = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    text.insert(contentsOf: "\n<title>\(escaped)</title>", at: text.index(after: end))
    text.insert(contentsOf: "role=\"img\" ", at: start.upperBound)
    return Data(text.utf8)
  }

  /// The SVG with its ids named in the order of their appearance: Cairo counts them through the life of a process.
  private static func withNumberedIDs(_ svg: String) -> String {
    var names: [Substring: String] = [:]
    for match in svg.matches(of: /[^a-zA-Z]id="([^"]+)"/) where names[match.1] == nil {
      names[match.1] = "i\(names.count)"
    }
    return svg.replacing(/([^a-zA-Z]id="|href="#|url\(#)([^")]+)/) { match in
      "\(match.1)\(names[match.2] ?? String(match.2))"
    }
  }

  private func play(_ shape: Shape, on canvas: OpaquePointer) {
    switch shape {
    case .beginClip(let rect):
      ccairo_save(canvas)
      ccairo_clip(canvas, rect.left, rect.top, rect.width, rect.height)
    case .endClip: ccairo_restore(canvas)
    case .path(let segments, let fill, let stroke):
      trace(segments, on: canvas)
      if let fill { ccairo_fill(canvas, fill.red, fill.green, fill.blue, fill.alpha) }
      if let stroke { self.stroke(stroke, on: canvas) }
      ccairo_new_path(canvas)
    case .text(let layout, let origin, let angle, let color):
      for piece in layout.pieces { play(piece, origin: origin, angle: angle, color: color, on: canvas) }
    }
  }

  private func trace(_ segments: [Segment], on canvas: OpaquePointer) {
    for segment in segments {
      switch segment {
      case .move(let p): ccairo_move(canvas, p.x, p.y)
      case .line(let p): ccairo_line(canvas, p.x, p.y)
      case .circle(let center, let radius): ccairo_arc(canvas, center.x, center.y, radius, 0, 2 * .pi)
      case .close: ccairo_close(canvas)
      }
    }
  }

  private func stroke(_ stroke: Stroke, on canvas: OpaquePointer) {
    let color = stroke.color
    ccairo_stroke(
      canvas, color.red, color.green, color.blue, color.alpha, stroke.width, stroke.cap.room, stroke.dashes,
      Int32(stroke.dashes.count))
  }

  private func play(
    _ piece: TextLayout.Piece, origin: Point, angle: Double, color: Color, on canvas: OpaquePointer
  ) {
    func place(_ p: Point) -> Point {
      Point(origin.x + p.x * cos(angle) - p.y * sin(angle), origin.y + p.x * sin(angle) + p.y * cos(angle))
    }
    switch piece {
    case .glyphs(let string, let face, let size, let start):
      let p = place(start)
      ccairo_text(
        canvas, face.room, size, p.x, p.y, angle, color.red, color.green, color.blue, color.alpha, string)
    case .rule(let from, let to, let width):
      trace([.move(place(from)), .line(place(to))], on: canvas)
      stroke(Stroke(color, width: width), on: canvas)
      ccairo_new_path(canvas)
    }
  }
}

/// Cairo's version, for records.
public var cairoVersion: String { String(cString: ccairo_version()) }
