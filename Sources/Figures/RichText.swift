/// A line of text with sub- and superscripts, as figure labels are written.
///
/// The notation, which tables and reports read too:
/// - `p_{T}`, `10^{-3}`, `E_{T}^{miss}`: scripts; sub- and superscript of one base stand above each other. Braces may
///   be left out around one character that no letter or digit follows (`p_T [GeV]`), so that names such as `Jet1_PT`
///   stay as they are.
/// - `*p*` italic, `\bf{…}` bold, `\bar{T}` a bar above, `\sqrt{s}` or `√s` a root.
/// - Greek and mathematical characters as themselves: `σ(pp → TT̄) [fb]`, `150 fb⁻¹`.
/// - A backslash before `_ ^ * \ { }` takes it literally. Whatever does not parse is literal too: no text is an error.
public struct RichText: Hashable, Sendable {
  public enum Face: Hashable, Sendable {
    case regular, italic, bold
  }

  public indirect enum Atom: Hashable, Sendable {
    case text(String, Face)
    case scripts(below: [Atom], above: [Atom])
    case bar([Atom])
    case root([Atom])
    /// Several atoms in a row, as of `*p_{T}*`.
    case group([Atom])
  }

  public var atoms: [Atom]

  public init(_ source: String, face: Face = .regular) {
    var parser = RichTextParser(Array(source.unicodeScalars), face: face)
    atoms = parser.parse()
  }

  /// The characters without marks-up, as a screen reader should say them: `p_T`, `10^-3`.
  public var plain: String { RichText.plain(atoms) }

  private static func plain(_ atoms: [Atom]) -> String {
    atoms.map { atom in
      switch atom {
      case .text(let text, _): text
      case .scripts(let below, let above):
        (below.isEmpty ? "" : "_" + plain(below)) + (above.isEmpty ? "" : "^" + plain(above))
      case .bar(let inner): plain(inner) + "\u{0304}"
      case .root(let inner): "√" + plain(inner)
      case .group(let inner): plain(inner)
      }
    }.joined()
  }
}

/// A recursive-descent reader of `RichText`'s notation.
struct RichTextParser {
  private var scalars: [Unicode.Scalar]
  private var position = 0
  private var face: RichText.Face

  init(_ scalars: [Unicode.Scalar], face: RichText.Face) {
    self.scalars = scalars
    self.face = face
  }

  private static let raised: [Unicode.Scalar: Unicode.Scalar] = [
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁺": "+",
    "⁻": "−", "ⁿ": "n",
  ]
  private static let lowered: [Unicode.Scalar: Unicode.Scalar] = [
    "₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9", "₊": "+",
    "₋": "−",
  ]

  mutating func parse() -> [RichText.Atom] { sequence(until: nil, inScript: false) }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  private mutating func sequence(until end: Unicode.Scalar?, inScript: Bool) -> [RichText.Atom] {
    var atoms: [RichText.Atom] = []
    while let scalar = peek(), scalar != end {
      if let atom = special(scalar) {
        append(atom, to: &atoms)
      } else {
        position += 1
        append(.text(String(inScript && scalar == "-" ? "−" : scalar), face), to: &atoms)
        barLastIfMarked(&atoms)
      }
    }
    return atoms
  }

  /// A combining macron or overline after a character becomes a bar, which every font can draw.
  private mutating func barLastIfMarked(_ atoms: inout [RichText.Atom]) {
    guard let mark = peek(), mark == "\u{0304}" || mark == "\u{0305}" else { return }
    guard case .text(var text, let face)? = atoms.last, let base = text.unicodeScalars.popLast() else { return }
    position += 1
    atoms.removeLast()
    if !text.isEmpty { atoms.append(.text(text, face)) }
    atoms.append(.bar([.text(String(base), face)]))
  }

  private func append(_ atom: RichText.Atom, to atoms: inout [RichText.Atom]) {
    switch (atoms.last, atom) {
    case (.text(let before, let face)?, .text(let text, face)):
      atoms[atoms.count - 1] = .text(before + text, face)
    case (.scripts(let below, let above)?, .scripts(let newBelow, let newAbove))
    where (below.isEmpty || newBelow.isEmpty) && (above.isEmpty || newAbove.isEmpty):
      atoms[atoms.count - 1] = .scripts(below: below + newBelow, above: above + newAbove)
    default: atoms.append(atom)
    }
  }

  /// The atom that starts here with something other than a plain character; nil, with nothing read, when none does.
  private mutating func special(_ scalar: Unicode.Scalar) -> RichText.Atom? {
    switch scalar {
    case "_", "^": return script(scalar)
    case "*": return italic()
    case "\\": return command()
    case "√": return root()
    case _ where Self.raised[scalar] != nil: return .scripts(below: [], above: unicodeScript(Self.raised))
    case _ where Self.lowered[scalar] != nil: return .scripts(below: unicodeScript(Self.lowered), above: [])
    default: return nil
    }
  }

  private mutating func unicodeScript(_ map: [Unicode.Scalar: Unicode.Scalar]) -> [RichText.Atom] {
    var text = ""
    while let scalar = peek(), let plain = map[scalar] {
      text.unicodeScalars.append(plain)
      position += 1
    }
    return [.text(text, face)]
  }

  private mutating func script(_ kind: Unicode.Scalar) -> RichText.Atom? {
    let start = position
    position += 1
    guard let inner = group(inScript: true) ?? single() else {
      position = start
      return nil
    }
    return kind == "_" ? .scripts(below: inner, above: []) : .scripts(below: [], above: inner)
  }

  /// One script character without braces, when no letter or digit makes it part of a name.
  private mutating func single() -> [RichText.Atom]? {
    guard let scalar = peek(), scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "*"
    else { return nil }
    if let next = peek(1), next.properties.isAlphabetic || next.properties.numericType != nil { return nil }
    position += 1
    return [.text(String(scalar), face)]
  }

  /// `{…}`, with its closing brace; nil, with nothing read, where there is none.
  private mutating func group(inScript: Bool) -> [RichText.Atom]? {
    guard peek() == "{", let end = closingBrace() else { return nil }
    position += 1
    let inner = sequence(until: "}", inScript: inScript)
    position = max(position, end) + 1
    return inner
  }

  private func closingBrace() -> Int? {
    var depth = 0
    var index = position
    while index < scalars.count {
      switch scalars[index] {
      case "\\": index += 1
      case "{": depth += 1
      case "}":
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }

  /// `*text*` where the stars touch the text; a lone star, as in `Z*`, stays.
  private mutating func italic() -> RichText.Atom? {
    guard face == .regular, let first = peek(1), first != "*", first != " " else { return nil }
    guard let end = scalars[(position + 1)...].firstIndex(of: "*"), scalars[end - 1] != " " else { return nil }
    let start = position
    position += 1
    face = .italic
    let inner = sequence(until: "*", inScript: false)
    face = .regular
    guard peek() == "*" else {
      position = start
      return nil
    }
    position += 1
    return inner.count == 1 ? inner[0] : .group(inner)
  }

  private mutating func command() -> RichText.Atom? {
    let start = position
    if let next = peek(1), "_^*\\{}".unicodeScalars.contains(next) {
      position += 2
      return .text(String(next), face)
    }
    for (name, make) in [("bar", RichText.Atom.bar), ("sqrt", RichText.Atom.root)] where follows(name) {
      position += 1 + name.count
      if let inner = group(inScript: false) { return make(inner) }
      position = start
    }
    return follows("bf") ? bold(from: start) : nil
  }

  private mutating func bold(from start: Int) -> RichText.Atom? {
    let outer = face
    position += 3
    face = .bold
    let inner = group(inScript: false)
    face = outer
    if let inner { return inner.count == 1 ? inner[0] : .group(inner) }
    position = start
    return nil
  }

  private func follows(_ name: String) -> Bool {
    let end = position + 1 + name.unicodeScalars.count
    return end < scalars.count && scalars[(position + 1)..<end].elementsEqual(name.unicodeScalars)
      && scalars[end] == "{"
  }

  /// `√s` covers one character.
  private mutating func root() -> RichText.Atom? {
    guard let next = peek(1), next != " " else { return nil }
    position += 1
    if let inner = group(inScript: false) { return .root(inner) }
    position += 1
    return .root([.text(String(next), face)])
  }
}
