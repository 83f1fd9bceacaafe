/// A tag such as `<weight id="1001" MUF='2.0'>` at the beginning of some text, as generators write them: XML in form, but
/// with free text around that no XML reader would take.
struct MarkupTag {
  /// One attribute; order and quotes of the file are not kept.
  typealias Attribute = LesHouchesAttribute

  var name: String
  var attributes: [Attribute]
  /// `</name>`
  var isClosing: Bool
  /// `<name/>`
  var isEmpty: Bool
  /// Bytes up to and with `>`.
  var length: Int

  /// - Returns: `nil` if the text does not begin with a whole tag.
  init?(_ text: UnsafeRawBufferPointer) {
    guard text.count >= 3, text[0] == 60 else { return nil }
    var place = 1
    isClosing = text[1] == 47
    if isClosing { place = 2 }
    let start = place
    while place < text.count, Self.isNamePart(text[place]) { place += 1 }
    guard place > start else { return nil }
    name = UnsafeRawBufferPointer(rebasing: text[start..<place]).text
    attributes = []
    isEmpty = false
    while true {
      while place < text.count, text[place] == 32 || text[place] == 9 { place += 1 }
      guard place < text.count else { return nil }
      if text[place] == 62 { break }
      if text[place] == 47 {
        isEmpty = true
        place += 1
        continue
      }
      guard let attribute = Self.attribute(text, &place) else { return nil }
      attributes.append(attribute)
    }
    length = place + 1
  }

  /// `name="value"` or `name='value'`, with blanks around the sign.
  private static func attribute(_ text: UnsafeRawBufferPointer, _ place: inout Int) -> Attribute? {
    let start = place
    while place < text.count, isNamePart(text[place]) { place += 1 }
    guard place > start else { return nil }
    let name = UnsafeRawBufferPointer(rebasing: text[start..<place]).text
    while place < text.count, text[place] == 32 || text[place] == 9 { place += 1 }
    guard place < text.count, text[place] == 61 else { return nil }
    place += 1
    while place < text.count, text[place] == 32 || text[place] == 9 { place += 1 }
    guard place < text.count, text[place] == 34 || text[place] == 39 else { return nil }
    let quote = text[place]
    let from = place + 1
    guard let to = text[from...].firstIndex(of: quote) else { return nil }
    place = to + 1
    return Attribute(name, unescaped(UnsafeRawBufferPointer(rebasing: text[from..<to])))
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...58, 65...90, 95, 97...122, 45, 46: true
    default: byte >= 128
    }
  }

  private static func unescaped(_ value: UnsafeRawBufferPointer) -> String {
    guard value.contains(38) else { return value.text }
    // `&amp;` last, so that nothing is unescaped twice.
    return value.text.replacing("&quot;", with: "\"").replacing("&apos;", with: "'").replacing("&lt;", with: "<")
      .replacing("&gt;", with: ">").replacing("&amp;", with: "&")
  }

  subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

  /// As the writer writes attributes, each with a blank before it.
  static func text(_ attributes: [Attribute]) -> String {
    attributes.map { " \($0.name)=\"\(escaped($0.value))\"" }.joined()
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
