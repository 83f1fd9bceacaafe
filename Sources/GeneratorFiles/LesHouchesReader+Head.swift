import ByteIO
import Foundation

/// What comes before the first event.
extension LesHouchesReader {
  func readHead() throws {
    try readRoot()
    while true {
      let text = try content(of: "its head")
      if text.starts(with: "<!--") {
        run.comments.append(try readComment(text))
      } else if text.starts(with: "<header") {
        try readHeader()
      } else if text.starts(with: "<initrwgt") {
        try readWeightGroups(text, until: "</initrwgt")
      } else if text.starts(with: "<init>") || text.starts(with: "<init ") {
        return try readInit()
      } else if text[0] != 35 {
        throw fault("expected '<header>' or '<init>', found '\(shortened(text.text))'")
      }
    }
  }

  private func readRoot() throws {
    while true {
      guard let line = try lines.next() else {
        throw fault("is no Les Houches file: it ends before '<LesHouchesEvents version=\"…\">'")
      }
      let text = line.trimmed
      if text.isEmpty || text.starts(with: "<?xml") { continue }
      if text.starts(with: "<!--") {
        run.comments.append(try readComment(text))
        continue
      }
      guard text.starts(with: "<LesHouchesEvents"), let tag = MarkupTag(text) else {
        throw fault(
          "is no Les Houches file: expected '<LesHouchesEvents version=\"…\">', found '\(shortened(text.text))'")
      }
      guard let version = tag["version"] else { throw fault("'<LesHouchesEvents>' says no version") }
      guard ["1", "2", "3"].contains(version.prefix { $0 != "." }) else {
        throw fault("is of Les Houches version \(shortened(version)); this program reads 1 to 3")
      }
      run.version = version
      return
    }
  }

  // MARK: header

  private func readHeader() throws {
    let start = lines.lineNumber
    while let line = try lines.next() {
      let text = line.trimmed
      if text.starts(with: "</header") { return }
      if text.starts(with: "<!--") {
        run.comments.append(try readComment(text))
      } else if text.starts(with: "<initrwgt") {
        try readWeightGroups(text, until: "</initrwgt")
      } else if text.starts(with: "<init>") || text.starts(with: "<event>") {
        throw fault("the <header> of line \(start) is not closed before '\(text.text)'")
      } else if let tag = MarkupTag(text), !tag.isClosing, !tag.isEmpty {
        try readBlock(tag, UnsafeRawBufferPointer(rebasing: text[tag.length...]))
      }
    }
    throw fault("the <header> that begins here does not end; the file is truncated", line: start)
  }

  /// Lines up to the closing tag, which may stand in the first.
  private func readBlock(_ tag: MarkupTag, _ first: UnsafeRawBufferPointer) throws {
    let start = lines.lineNumber
    let closing = "</\(tag.name)>"
    var block = LesHouchesRun.HeaderBlock(name: tag.name, lines: [], line: start)
    let rest = first.text
    if let end = rest.range(of: closing) {
      block.lines = [String(rest[..<end.lowerBound])]
      return run.blocks.append(block)
    }
    if !first.trimmed.isEmpty { block.lines.append(rest) } else { block.line += 1 }
    var bytes = 0
    while let line = try lines.next() {
      let text = line.text
      if line.contains(60), let end = text.range(of: closing) {
        let before = text[..<end.lowerBound]
        if before.contains(where: { !$0.isWhitespace }) { block.lines.append(String(before)) }
        return run.blocks.append(block)
      }
      guard !line.trimmed.starts(with: "</header"), !line.trimmed.starts(with: "<init>") else {
        throw fault("the header's block <\(tag.name)> of line \(start) is not closed")
      }
      block.lines.append(text)
      bytes += line.count
      guard bytes < 1 << 28 else { throw fault("a header block of more than 256 MiB") }
    }
    throw fault("the header's block <\(tag.name)> that begins here does not end; the file is truncated", line: start)
  }

  // MARK: weight groups

  /// `<initrwgt>` with groups, weights, or weights outside of any group.
  private func readWeightGroups(_ first: UnsafeRawBufferPointer, until closing: StaticString) throws {
    let start = lines.lineNumber
    var ids = Set(run.weightGroups.flatMap(\.weights).map(\.id))
    var isGrouped = false
    var text = try joinedLine(first)
    while true {
      for piece in try pieces(of: text) {
        switch (piece.tag.name, piece.tag.isClosing) {
        case ("initrwgt", false): continue
        case ("initrwgt", true): return
        case ("weightgroup", false):
          guard !isGrouped else { throw fault("a <weightgroup> within another") }
          isGrouped = !piece.tag.isEmpty
          run.weightGroups.append(.init(attributes: piece.tag.attributes))
        case ("weightgroup", true):
          guard isGrouped else { throw fault("'</weightgroup>' without its beginning") }
          isGrouped = false
        case ("weight", false): try addWeight(piece.tag, piece.text, isGrouped: isGrouped, ids: &ids)
        case ("weight", true): continue
        default: throw fault("expected <weightgroup> or <weight>, found <\(shortened(piece.tag.name))>")
        }
      }
      guard let line = try lines.next() else {
        throw fault("the <initrwgt> that begins here does not end; the file is truncated", line: start)
      }
      text = try joinedLine(line)
    }
  }

  private func addWeight(_ tag: MarkupTag, _ text: String, isGrouped: Bool, ids: inout Set<String>) throws {
    guard let id = tag["id"] ?? tag["name"] else { throw fault("a <weight> without an id") }
    guard ids.insert(id).inserted else { throw fault("the weight id '\(shortened(id))' is there twice") }
    if !isGrouped, run.weightGroups.last.map({ !$0.attributes.isEmpty }) ?? true { run.weightGroups.append(.init()) }
    run.weightGroups[run.weightGroups.count - 1].weights.append(
      .init(
        id: id, attributes: tag.attributes.filter { $0.name != "id" },
        text: text.trimmingCharacters(in: .whitespaces)))
  }

  /// A line's text; a `<weight` whose end is in another line brings the lines up to there.
  private func joinedLine(_ line: UnsafeRawBufferPointer) throws -> String {
    var text = line.trimmed.text
    while text.contains("<weight ") || text.contains("<weight\t"),
      let open = text.range(of: "<weight", options: .backwards), !text[open.upperBound...].contains("</weight"),
      !text[open.upperBound...].contains("/>"), !text[open.upperBound...].hasPrefix("group")
    {
      guard let more = try lines.next() else { throw fault("a <weight> does not end; the file is truncated") }
      text += " " + more.trimmed.text
      guard text.utf8.count < 1 << 20 else { throw fault("a <weight> does not end") }
    }
    return text
  }

  /// Tags of a line, each with the text behind it.
  func pieces(of line: String) throws -> [(tag: MarkupTag, text: String)] {
    var result: [(tag: MarkupTag, text: String)] = []
    var line = line
    try line.withUTF8 { buffer in
      let bytes = UnsafeRawBufferPointer(buffer)
      var place = 0
      while let open = bytes[place...].firstIndex(of: 60) {
        let before = UnsafeRawBufferPointer(rebasing: bytes[place..<open]).trimmed
        guard place > 0 || before.isEmpty || before[0] == 35 else {
          throw fault("expected a tag, found '\(shortened(before.text))'")
        }
        guard let tag = MarkupTag(UnsafeRawBufferPointer(rebasing: bytes[open...])) else {
          throw fault("no whole tag: '\(shortened(UnsafeRawBufferPointer(rebasing: bytes[open...]).text))'")
        }
        let from = open + tag.length
        let to = bytes[from...].firstIndex(of: 60) ?? bytes.count
        result.append((tag, UnsafeRawBufferPointer(rebasing: bytes[from..<to]).text))
        place = to
      }
    }
    return result
  }

  // MARK: init

  private static let beamColumns: [(String, FieldKind)] =
    [("IDBMUP1", .integer), ("IDBMUP2", .integer), ("EBMUP1", .number), ("EBMUP2", .number)]
    + ["PDFGUP1", "PDFGUP2", "PDFSUP1", "PDFSUP2", "IDWTUP", "NPRUP"].map { ($0, .integer) }

  private static let processColumns: [(String, FieldKind)] = [
    ("XSECUP", .number), ("XERRUP", .number), ("XMAXUP", .number), ("LPRUP", .integer),
  ]

  private func readInit() throws {
    let line = try content(of: "<init>")
    var fields = LineFields(line)
    guard let id1 = fields.integer(Int32.self), let id2 = fields.integer(Int32.self), let energy1 = fields.double(),
      let energy2 = fields.double(), let group1 = fields.integer(Int32.self), let group2 = fields.integer(Int32.self),
      let set1 = fields.integer(Int32.self), let set2 = fields.integer(Int32.self),
      let strategy = fields.integer(Int.self), let count = fields.integer(Int.self), fields.isAtEnd()
    else { throw fault(columnFault(line, of: "the first line of <init>", Self.beamColumns)) }
    run.beamIDs = .init(id1, id2)
    run.beamEnergies = .init(energy1, energy2)
    run.densityGroups = .init(group1, group2)
    run.densitySets = .init(set1, set2)
    guard energy1 > 0, energy2 > 0 else { throw fault("beam energies \(energy1) and \(energy2) GeV are not positive") }
    guard (1...4).contains(abs(strategy)) else { throw fault("IDWTUP is \(strategy); it must be ±1, ±2, ±3 or ±4") }
    run.weightStrategy = strategy
    guard (1...10_000).contains(count) else { throw fault("NPRUP is \(count); expected 1 to 10000 processes") }
    for _ in 0..<count { try readProcess() }
    try readInitTail()
  }

  private func readProcess() throws {
    let line = try content(of: "<init>")
    var fields = LineFields(line)
    guard let crossSection = fields.double(), let error = fields.double(), let maximum = fields.double(),
      let id = fields.integer(Int32.self), fields.isAtEnd()
    else { throw fault(columnFault(line, of: "a process of <init>", Self.processColumns)) }
    guard !run.processes.contains(where: { $0.id == id }) else { throw fault("process \(id) is there twice") }
    run.processes.append(
      .init(crossSection: crossSection, crossSectionError: error, maximumWeight: maximum, id: id))
  }

  private func readInitTail() throws {
    while true {
      let text = try content(of: "<init>")
      if text.starts(with: "</init>") { return }
      if text.starts(with: "<event") { throw fault("<init> is not closed before the first event") }
      if text.starts(with: "<generator"), let tag = MarkupTag(text) {
        run.generators.append(try readGenerator(tag, UnsafeRawBufferPointer(rebasing: text[tag.length...])))
      } else {
        run.lines.append(text.text)
        guard run.lines.count < 1_000_000 else { throw fault("<init> has more than a million lines") }
      }
    }
  }

  private func readGenerator(_ tag: MarkupTag, _ first: UnsafeRawBufferPointer) throws -> LesHouchesRun.Generator {
    var text = first.text
    let start = lines.lineNumber
    while !tag.isEmpty, !text.contains("</generator") {
      guard let line = try lines.next(), !line.trimmed.starts(with: "</init") else {
        throw fault("the <generator> that begins here does not end", line: start)
      }
      text += "\n" + line.text
      try checkLength(text)
    }
    let end = text.range(of: "</generator")?.lowerBound ?? text.endIndex
    return .init(
      name: tag["name"] ?? "", version: tag["version"] ?? "",
      text: text[..<end].trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
