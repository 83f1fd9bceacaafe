import Records

/// Changes bytes and words of files, so that they are nearly valid.
public struct ByteMutator: Sendable {
  /// Words at which readers of the format break.
  public var words: [String]
  /// What separates words.
  public var marks: Set<UInt8>
  /// Other files, of which pieces are taken.
  public var corpus: [[UInt8]]

  public init(corpus: [[UInt8]], words: [String] = Self.numbers, marks: String = " \t\r\n\",:[]{}<>='/") {
    self.corpus = corpus
    self.words = words
    self.marks = Set(marks.utf8)
  }

  /// Numbers at which readers break.
  public static let numbers = [
    "0", "-0", "-1", "1", "1e308", "-1e308", "1e-320", "1e999", "-1e999", "nan", "NaN", "inf", "-inf", "Infinity",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "0x1F", "1.",
    ".5", "1e", "+3", "00", "1_000", "é", "\u{0}", "\u{FEFF}", "", "\"", "\"\"", "#", ",", "\t", "2147483648", "true",
  ]

  /// A file of the corpus with one to five changes.
  public func input(_ random: inout RandomStream) -> [UInt8] {
    var bytes = corpus[random.integer(below: corpus.count)]
    for _ in 0...(random.integer(below: 2) * random.integer(below: 5)) { mutate(&bytes, &random) }
    return bytes
  }

  /// One change: a bit, a byte, a piece lost, doubled or taken from another file, an end cut off, a word.
  public func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    guard !bytes.isEmpty else { return bytes = Array(pick(words, &random).utf8) }
    let place = random.integer(below: bytes.count)
    switch random.integer(below: 10) {
    case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: bytes.insert(UInt8(random.integer(below: 256)), at: place)
    case 2: bytes.removeSubrange(slice(of: bytes, from: place, &random))
    case 3:
      bytes.insert(contentsOf: bytes[slice(of: bytes, from: place, &random)], at: random.integer(below: bytes.count))
    case 4:
      let other = corpus[random.integer(below: corpus.count)]
      guard !other.isEmpty else { return }
      bytes.replaceSubrange(
        slice(of: bytes, from: place, &random),
        with: other[slice(of: other, from: random.integer(below: other.count), &random)])
    case 5: bytes.removeSubrange(place...)
    default: replaceWord(&bytes, near: place, &random)
    }
  }

  /// One change that leaves all other bytes in their places: a bit, a byte, an integer of 1 to 8 bytes, a piece copied.
  public static func patch(_ bytes: inout [UInt8], in places: Range<Int>, _ random: inout RandomStream) {
    guard !places.isEmpty else { return }
    let place = places.lowerBound + random.integer(below: places.count)
    let width = min(1 << random.integer(below: 4), places.upperBound - place)
    switch random.integer(below: 6) {
    case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: bytes[place] = UInt8(random.integer(below: 256))
    case 2: bytes[place] = bytes[place] &+ (random.integer(below: 2) == 0 ? 1 : 255)
    case 3:
      let source = places.lowerBound + random.integer(below: places.count - width + 1)
      bytes.replaceSubrange(place..<place + width, with: Array(bytes[source..<source + width]))
    default:
      let numbers: [UInt64] = [
        0, 1, 2, .max, .max - 1, 1 << 63, 1 << 31, 0x7fff_ffff, 0x7fff_ffff_ffff_ffff, 0x4000_0000, 0x8000, 0xffff,
        UInt64(random.integer(below: 100_000)),
      ]
      let number = numbers[random.integer(below: numbers.count)]
      let little = (0..<width).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
      bytes.replaceSubrange(place..<place + width, with: random.integer(below: 2) == 0 ? little : little.reversed())
    }
  }

  private func slice(of bytes: [UInt8], from place: Int, _ random: inout RandomStream) -> Range<Int> {
    place..<min(bytes.count, place + 1 + random.integer(below: 1 << random.integer(below: 8)))
  }

  /// A word, a number or a name between marks becomes another one, or goes.
  private func replaceWord(_ bytes: inout [UInt8], near place: Int, _ random: inout RandomStream) {
    guard let start = (place..<bytes.count).first(where: { !marks.contains(bytes[$0]) }) else { return }
    let end = (start..<bytes.count).first { marks.contains(bytes[$0]) } ?? bytes.count
    var first = start
    while first > 0, !marks.contains(bytes[first - 1]) { first -= 1 }
    let known = word(of: bytes, &random)
    let choices = [Array(pick(words, &random).utf8), known, known + Array(bytes[first..<end]), []]
    bytes.replaceSubrange(first..<end, with: choices[random.integer(below: choices.count)])
  }

  private func word(of bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    let found = bytes.split(maxSplits: 400) { marks.contains($0) }
    return found.isEmpty ? [] : Array(found[random.integer(below: found.count)])
  }

  private func pick(_ list: [String], _ random: inout RandomStream) -> String {
    list[random.integer(below: list.count)]
  }
}
