/// Text set in a size: pieces placed relative to the start of the baseline, y downwards.
public struct TextLayout: Hashable, Sendable {
  public enum Piece: Hashable, Sendable {
    case glyphs(String, RichText.Face, size: Double, at: Point)
    /// A bar or the arm of a root.
    case rule(from: Point, to: Point, width: Double)
  }

  public private(set) var pieces: [Piece] = []
  /// Width in points that following text starts after.
  public private(set) var advance = 0.0
  /// The box of the ink relative to the start of the baseline (a point when there is none).
  public private(set) var ink = Rect(left: 0, top: 0, right: 0, bottom: 0)
  public let plain: String

  /// Sets `text` at `size` points (cap height is about 0.73 of it).
  public init(_ text: RichText, size: Double) {
    plain = text.plain
    add(text.atoms, size: size, shift: 0)
  }

  public init(_ source: String, size: Double, face: RichText.Face = .regular) {
    self.init(RichText(source, face: face), size: size)
  }

  private mutating func add(_ atoms: [RichText.Atom], size: Double, shift: Double) {
    for atom in atoms {
      switch atom {
      case .text(let string, let face): addText(string, face, size: size, shift: shift)
      case .scripts(let below, let above): addScripts(below: below, above: above, size: size, shift: shift)
      case .bar(let inner): addBar(inner, size: size, shift: shift)
      case .root(let inner): addRoot(inner, size: size, shift: shift)
      case .group(let inner): add(inner, size: size, shift: shift)
      }
    }
  }

  private mutating func grow(_ box: Rect) {
    if pieces.isEmpty {
      ink = box
    } else {
      ink = Rect(
        left: min(ink.left, box.left), top: min(ink.top, box.top), right: max(ink.right, box.right),
        bottom: max(ink.bottom, box.bottom))
    }
  }

  private mutating func addText(_ string: String, _ face: RichText.Face, size: Double, shift: Double) {
    let extents = Canvas.measure(string, face: face, size: size)
    if extents.box.width > 0 {
      grow(
        Rect(
          left: advance + extents.box.left, top: shift + extents.box.top, right: advance + extents.box.right,
          bottom: shift + extents.box.bottom))
    }
    pieces.append(.glyphs(string, face, size: size, at: Point(advance, shift)))
    advance += extents.advance
  }

  private mutating func addRule(from: Point, to: Point, width: Double) {
    grow(Rect(left: from.x, top: from.y - width / 2, right: to.x, bottom: to.y + width / 2))
    pieces.append(.rule(from: from, to: to, width: width))
  }

  /// Scripts are 0.7 of the size; the superscript starts clear of a base that leans over its advance (italics).
  private mutating func addScripts(below: [RichText.Atom], above: [RichText.Atom], size: Double, shift: Double) {
    let start = advance
    let small = 0.7 * size
    let gap = 0.03 * size
    var end = start
    if !below.isEmpty {
      advance = start + gap
      add(below, size: small, shift: shift + 0.18 * size)
      end = max(end, advance)
    }
    if !above.isEmpty {
      let overhang = start > 0 ? lastOverhang(at: start) : 0
      advance = start + overhang + gap
      add(above, size: small, shift: shift - 0.36 * size)
      end = max(end, advance)
    }
    advance = end + gap
  }

  /// How far the ink of the last glyphs reaches beyond their advance, at most a tenth of the size of a letter.
  private func lastOverhang(at start: Double) -> Double {
    guard case .glyphs(let string, let face, let size, let origin)? = pieces.last(where: isGlyphs) else { return 0 }
    let extents = Canvas.measure(string, face: face, size: size)
    return max(0, min(origin.x + extents.box.right - start, 0.1 * size))
  }

  private func isGlyphs(_ piece: Piece) -> Bool {
    if case .glyphs = piece { true } else { false }
  }

  private mutating func addBar(_ inner: [RichText.Atom], size: Double, shift: Double) {
    let alone = TextLayout(atoms: inner, size: size)
    let start = advance
    add(inner, size: size, shift: shift)
    let y = shift + alone.ink.top - 0.1 * size
    let inset = 0.02 * size
    addRule(
      from: Point(start + alone.ink.left + inset, y), to: Point(start + alone.ink.right - inset, y),
      width: 0.06 * size)
  }

  private mutating func addRoot(_ inner: [RichText.Atom], size: Double, shift: Double) {
    let sign = Canvas.measure("√", face: .regular, size: size)
    let start = advance
    addText("√", .regular, size: size, shift: shift)
    advance = start + sign.box.right
    let content = advance + 0.05 * size
    advance = content
    add(inner, size: size, shift: shift)
    let width = 0.06 * size
    let y = shift + sign.box.top + width / 2
    addRule(from: Point(start + sign.box.right - width, y), to: Point(advance, y), width: width)
    advance += 0.04 * size
  }

  private init(atoms: [RichText.Atom], size: Double) {
    plain = ""
    add(atoms, size: size, shift: 0)
  }
}
