import Foundation
import Records
import StatisticalModels
import TestSupport

/// Makes inputs of valid files that are nearly as valid: bytes, words and, in JSON, nodes are changed, doubled, moved or lost.
///
/// Input i of a target depends on the seed and on i only.
struct Mutator {
  private let bytes: ByteMutator
  private let documents: [JSONValue]
  private var random = RandomStream(key: 0, streamID: 0)

  init(corpus: [[UInt8]]) {
    bytes = ByteMutator(corpus: corpus, words: Self.interesting)
    documents = corpus.compactMap { try? JSONValue.parse(Data($0), file: "corpus") }
  }

  /// Numbers and words at which readers break.
  private static let interesting = [
    "0", "-0", "-1", "1", "1e308", "-1e308", "1e-320", "1e999", "-1e999", "nan", "NaN", "inf", "-inf", "Infinity",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "0x1F", "1.",
    ".5",
    "1e", "+3", "00", "1_000", "null", "true", "{}", "[]", "[[]]", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "*", "-", "--",
    "/",
    "1/2", "0/0", "-1/1", "1/", "$", "$MASS", "@0", "@9", "(@0*@1)", "#", "<a>", "</a>", "&amp;", "&#x110000;", "&#0;",
    "]]>",
    "<!--", "<!DOCTYPE", "gamma_x_0", "alpha_", "Lumi", "é", "\u{0}", "\u{FEFF}", "",
  ]

  func input(_ stream: inout RandomStream) -> [UInt8] {
    guard !documents.isEmpty, stream.integer(below: 3) > 0 else { return bytes.input(&stream) }
    var nodes = self
    nodes.random = stream
    let text = nodes.document()
    stream = nodes.random
    guard stream.integer(below: 4) == 0 else { return text }
    return ByteMutator(corpus: [text], words: Self.interesting).input(&stream)
  }

  /// A document with some of its nodes changed.
  private mutating func document() -> [UInt8] {
    var document = documents[random.integer(below: documents.count)]
    for _ in 0...(random.integer(below: 2) * random.integer(below: 3)) { document = changed(document, depth: 0) }
    return Array(document.text().utf8)
  }

  private mutating func pick(_ list: [String]) -> String { list[random.integer(below: list.count)] }

  // MARK: Nodes

  private mutating func changed(_ value: JSONValue, depth: Int) -> JSONValue {
    // Deeper nodes are as likely to change as those at the top.
    let stays = depth < 6 && random.integer(below: 8) > 0
    switch value {
    case .object(var members) where !members.isEmpty:
      let index = random.integer(below: members.count)
      if stays {
        members[index].value = changed(members[index].value, depth: depth + 1)
        return .object(members)
      }
      switch random.integer(below: 4) {
      case 0: members.remove(at: index)
      case 1: members[index].key = pick(["name", "data", "type", "lo", "hi_data", "samples", "fixed", "x"])
      case 2: members.append(JSONMember("new", members[index].value))
      default: members[index].value = leaf()
      }
      return .object(members)
    case .array(var items) where !items.isEmpty:
      let index = random.integer(below: items.count)
      if stays {
        items[index] = changed(items[index], depth: depth + 1)
        return .array(items)
      }
      switch random.integer(below: 5) {
      case 0: items.remove(at: index)
      case 1: items.insert(items[index], at: random.integer(below: items.count))
      case 2: items.swapAt(index, random.integer(below: items.count))
      case 3: items = []
      default: items[index] = leaf()
      }
      return .array(items)
    case .number, .integer: return random.integer(below: 4) > 0 ? number() : leaf()
    case .string: return random.integer(below: 4) > 0 ? .string(pick(Self.words)) : leaf()
    default: return leaf()
    }
  }

  /// A number of another size, or one at which readers break.
  private mutating func number() -> JSONValue {
    switch random.integer(below: 4) {
    case 0: return .integer(random.integer(below: 40))
    case 1: return .number(random.uniform(in: -0.2..<3))
    case 2: return .number(exp(random.uniform(in: -30..<30)))
    default: return .number(Self.numbers[random.integer(below: Self.numbers.count)])
    }
  }

  private static let numbers = [
    0, -0.0, 1, -1, 1e308, -1e308, Double.leastNonzeroMagnitude, 1e-12, 0.5, 1e15, 3,
  ]
  private static let words = [
    "", "mu", "lumi", "signal", "normfactor", "shapefactor", "normsys", "histosys", "staterror", "shapesys", "lumi",
    "1.0.0", "1.0.1", "/channels/0/samples/0/data", "/", "/a~2b", "add", "remove", "replace", "move", "copy", "test",
    "SR",
  ]

  private mutating func leaf() -> JSONValue {
    switch random.integer(below: 8) {
    case 0: return .null
    case 1: return .bool(random.integer(below: 2) == 0)
    case 2: return .integer([0, 1, -1, .max, .min, 5][random.integer(below: 6)])
    case 3, 4: return number()
    case 5: return .array((0..<random.integer(below: 4)).map { .number(Double($0)) })
    default: return .string(pick(Self.words))
    }
  }
}
