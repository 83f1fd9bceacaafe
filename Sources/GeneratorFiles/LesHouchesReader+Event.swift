import ByteIO
import Foundation

/// One `<event>`.
extension LesHouchesReader {
  private static let eventColumns: [(String, FieldKind)] = [
    ("NUP", .integer), ("IDPRUP", .integer), ("XWGTUP", .number), ("SCALUP", .number), ("AQEDUP", .number),
    ("AQCDUP", .number),
  ]

  private static let particleColumns: [(String, FieldKind)] =
    ["IDUP", "ISTUP", "MOTHUP1", "MOTHUP2", "ICOLUP1", "ICOLUP2"].map { ($0, .integer) }
    + ["PUP1", "PUP2", "PUP3", "PUP4", "PUP5", "VTIMUP", "SPINUP"].map { ($0, .number) }

  func readEvent(_ opening: UnsafeRawBufferPointer, into event: inout LesHouchesEvent) throws {
    event.removeAll()
    event.group = currentGroup
    if opening.count > 7 {
      guard let tag = MarkupTag(opening) else { throw fault("no whole tag: '\(shortened(opening.text))'") }
      event.attributes = tag.attributes
    }
    let line = try content(of: "an event")
    var fields = LineFields(line)
    guard let count = fields.integer(Int.self), let process = fields.integer(Int32.self), let weight = fields.double(),
      let scale = fields.double(), let alphaQED = fields.double(), let alphaQCD = fields.double(), fields.isAtEnd()
    else { throw fault(columnFault(line, of: "an event's first line", Self.eventColumns)) }
    guard (0...Self.particlesMaximum).contains(count) else {
      throw fault("NUP is \(count); expected 0 to \(Self.particlesMaximum) particles")
    }
    event.processID = process
    event.weight = weight
    event.scale = scale
    event.alphaQED = alphaQED
    event.alphaQCD = alphaQCD
    for row in 0..<count { event.particles.append(try readParticle(row, of: count)) }
    while true {
      let text = try content(of: "the event of line \(eventLine)")
      if text[0] == 35 {
        event.lines.append(text.text)
      } else if text[0] == 60 {
        if try readTag(text, into: &event) { return }
      } else {
        throw fault("expected '</event>' after \(count) particles (NUP), found '\(shortened(text.text))'")
      }
    }
  }

  private func readParticle(_ row: Int, of count: Int) throws -> LesHouchesParticle {
    let line = try content(of: "the event of line \(eventLine)")
    var fields = LineFields(line)
    guard let id = fields.integer(Int32.self), let status = fields.integer(Int32.self),
      let mother1 = fields.integer(Int32.self), let mother2 = fields.integer(Int32.self),
      let colour = fields.integer(Int32.self), let anticolour = fields.integer(Int32.self), let px = fields.double(),
      let py = fields.double(), let pz = fields.double(), let energy = fields.double(), let mass = fields.double(),
      let lifetime = fields.double(), let spin = fields.double(), fields.isAtEnd()
    else {
      if line[0] == 60 { throw fault("expected particle \(row + 1) of \(count), found '\(shortened(line.text))'") }
      throw fault(columnFault(line, of: "particle \(row + 1)", Self.particleColumns))
    }
    guard (0...count).contains(Int(mother1)), (0...count).contains(Int(mother2)) else {
      throw fault("particle \(row + 1) has mothers \(mother1) and \(mother2); the event has \(count) particles")
    }
    return LesHouchesParticle(
      id: id, status: status, mother1: mother1, mother2: mother2, colour: colour, anticolour: anticolour, px: px,
      py: py, pz: pz, energy: energy, mass: mass, lifetime: lifetime, spin: spin)
  }

  /// - Returns: whether the event ends with this tag.
  private func readTag(_ text: UnsafeRawBufferPointer, into event: inout LesHouchesEvent) throws -> Bool {
    if text.starts(with: "</event>") {
      let rest = UnsafeRawBufferPointer(rebasing: text[8...]).trimmed
      guard rest.isEmpty else { throw fault("expected nothing after '</event>', found '\(shortened(rest.text))'") }
      return true
    }
    if text.starts(with: "<event>") || text.starts(with: "<event ") || text.starts(with: "</LesHouchesEvents") {
      throw fault("the event of line \(eventLine) is not closed before '\(shortened(text.text))'")
    }
    if text.starts(with: "<rwgt") {
      try readWeights(text, into: &event)
    } else if text.starts(with: "<weights") {
      try readOrderedWeights(text, into: &event)
    } else if text.starts(with: "<scales") {
      guard let tag = MarkupTag(text) else { throw fault("no whole tag: '\(shortened(text.text))'") }
      event.scales += tag.attributes
      try skip(to: "</scales", from: text, unless: tag.isEmpty)
    } else {
      event.lines.append(text.text)
      guard event.lines.count < 1_000_000 else { throw fault("an event of more than a million lines") }
    }
    return false
  }

  /// The element's text says nothing.
  private func skip(to closing: StaticString, from line: UnsafeRawBufferPointer, unless isEmpty: Bool) throws {
    var text = line
    while !isEmpty, text.place(of: closing) == nil {
      text = try content(of: "the event of line \(eventLine)")
      if text.starts(with: "</event") { throw fault("a tag is not closed before '</event>'") }
    }
  }

  /// `<rwgt>` with its `<wgt id="…"> value </wgt>`.
  private func readWeights(_ first: UnsafeRawBufferPointer, into event: inout LesHouchesEvent) throws {
    var text = UnsafeRawBufferPointer(rebasing: first[min(first.count, 6)...]).trimmed
    while true {
      while !text.isEmpty {
        if text.starts(with: "</rwgt>") { return }
        guard text.starts(with: "<wgt"), let tag = MarkupTag(text), let id = tag["id"] ?? tag["name"] else {
          throw fault("expected '<wgt id=\"…\">' or '</rwgt>', found '\(shortened(text.text))'")
        }
        text = UnsafeRawBufferPointer(rebasing: text[tag.length...])
        guard let end = text.place(of: "</wgt>") else { throw fault("expected a number and '</wgt>' in this line") }
        let number = UnsafeRawBufferPointer(rebasing: text[..<end]).trimmed
        guard let value = number.double else {
          throw fault("weight '\(shortened(id))': expected a number, found '\(shortened(number.text))'")
        }
        event.weights.append(LesHouchesWeight(id: id, value: value))
        text = UnsafeRawBufferPointer(rebasing: text[(end + 6)...]).trimmed
      }
      text = try content(of: "the event of line \(eventLine)")
      while text[0] == 35 { text = try content(of: "the event of line \(eventLine)") }
    }
  }

  /// `<weights>` and its numbers, in one line or several.
  private func readOrderedWeights(_ first: UnsafeRawBufferPointer, into event: inout LesHouchesEvent) throws {
    guard let tag = MarkupTag(first) else { throw fault("no whole tag: '\(shortened(first.text))'") }
    var text = UnsafeRawBufferPointer(rebasing: first[tag.length...])
    while true {
      let end = text.place(of: "</weights>")
      var fields = LineFields(UnsafeRawBufferPointer(rebasing: text[..<(end ?? text.count)]))
      while let word = fields.next() {
        guard let value = word.double else {
          throw fault("<weights>: expected a number, found '\(shortened(word.text))'")
        }
        event.orderedWeights.append(value)
      }
      if end != nil { return }
      text = try content(of: "the event of line \(eventLine)")
    }
  }
}
