import ByteIO
import Foundation

extension SLHAFile {
  /// Reads a file, plain or gzip.
  /// - Throws: `FileError`, ``GeneratorFileError`` for a line that is not as the accord says, or that says a thing twice.
  public init(contentsOf url: URL) throws {
    let lines = try LineReader(url)
    var reader = SLHAReader(path: url.path, firstLine: 1)
    while let line = try lines.next() { try reader.read(line) }
    self = try reader.finish()
  }

  /// Reads the lines of a text, such as the block `slha` of a Les Houches file's header.
  /// - Parameters:
  ///   - path: what errors call it.
  ///   - firstLine: number of the first line in that file.
  public init(lines: [String], path: String, firstLine: Int = 1) throws {
    var reader = SLHAReader(path: path, firstLine: firstLine)
    for var line in lines { try line.withUTF8 { try reader.read(UnsafeRawBufferPointer($0)) } }
    self = try reader.finish()
  }
}

/// Reads a file line by line.
private struct SLHAReader {
  private let path: String
  private var line: Int
  private var file = SLHAFile(blocks: [], decays: [], crossSections: [])
  private var section = Section.none
  /// What was seen, to find what is there twice.
  private var blockKeys: Set<String> = []
  private var decayKeys: Set<Int> = []
  private var entryKeys: Set<[Int]> = []

  private enum Section { case none, block, decay, crossSection }

  init(path: String, firstLine: Int) {
    self.path = path
    line = firstLine - 1
  }

  private func fault(_ message: String) -> GeneratorFileError {
    GeneratorFileError(path: path, line: line, message: message)
  }

  mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
    line += 1
    let mark = bytes.firstIndex(of: UInt8(ascii: "#"))
    let comment = mark.map { UnsafeRawBufferPointer(rebasing: bytes[($0 + 1)...]).trimmed.text } ?? ""
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<(mark ?? bytes.count)]).trimmed
    if content.isEmpty { return }
    guard !content.contains(0) else { throw fault("holds a zero byte; it is no text file") }
    let words = LineFields.all(content)
    switch words[0].uppercased() {
    case "BLOCK": try beginBlock(words, comment)
    case "DECAY": try beginDecay(words)
    case "XSECTION": try beginCrossSection(words)
    default:
      switch section {
      case .none: throw fault("expected BLOCK or DECAY, found '\(shortened(content.text))'")
      case .block: try readEntry(words, comment)
      case .decay: try readChannel(words)
      case .crossSection: try readCrossSection(words)
      }
    }
  }

  func finish() throws -> SLHAFile {
    guard !file.blocks.isEmpty || !file.decays.isEmpty else {
      throw GeneratorFileError(path: path, line: 0, message: "is no SLHA file: it has neither BLOCK nor DECAY")
    }
    return file
  }

  // MARK: blocks

  /// `BLOCK NAME [arguments] [Q= scale]`
  private mutating func beginBlock(_ words: [String], _ comment: String) throws {
    guard words.count > 1, let first = words[1].first, first.isLetter else { throw fault("BLOCK needs a name") }
    var arguments = Array(words[2...])
    var scale: Double?
    if let place = arguments.firstIndex(where: { $0.uppercased().hasPrefix("Q=") || $0.uppercased() == "Q" }) {
      // Q= 1e3, Q=1e3, Q = 1e3
      let text = arguments[place...].joined().dropFirst(1).drop { $0 == "=" }
      guard let value = number(String(text)), value >= 0 else {
        throw fault("expected a scale behind 'Q=', found '\(shortened(String(text)))'")
      }
      scale = value
      arguments.removeSubrange(place...)
    }
    let name = words[1].uppercased()
    let key = "\(name) \(arguments.joined(separator: " ")) \(scale.map { "\($0)" } ?? "")"
    guard blockKeys.insert(key).inserted else {
      throw fault("block \(name)\(scale.map { " at Q = \($0) GeV" } ?? "") is there twice")
    }
    section = .block
    entryKeys = []
    file.blocks.append(
      .init(name: name, arguments: arguments, scale: scale, entries: [], line: line, comment: comment))
  }

  private mutating func readEntry(_ words: [String], _ comment: String) throws {
    let block = file.blocks.count - 1
    let name = file.blocks[block].name
    let (indices, value) = try SLHABlockForm.of(name).map { try entry(words, of: name, form: $0) } ?? freeEntry(words)
    let key = indices
    // Blocks of other accords repeat their first numbers; messages of SPINFO share an index.
    if case .number = value, !entryKeys.insert(key).inserted {
      throw fault("block \(name): entry \(key.map { "\($0)" }.joined(separator: " ")) is there twice")
    }
    file.blocks[block].entries.append(.init(indices: indices, value: value, line: line, comment: comment))
  }

  /// A line of a block that the accord defines.
  private func entry(
    _ words: [String], of name: String, form: SLHABlockForm
  ) throws -> (indices: [Int], value: SLHAFile.Value) {
    let count = form.indexCount
    guard words.count > count || form.isText else {
      throw fault(
        "block \(name): expected \(count) indices and a value, found '\(shortened(words.joined(separator: " ")))'")
    }
    guard words.count >= count else { throw fault("block \(name): a line without its index") }
    let indices = try words[..<count].map { word in
      guard let index = Int(word) else {
        throw fault("block \(name): expected a whole number as index, found '\(shortened(word))'")
      }
      return index
    }
    if form.isText { return (indices, .text(words[count...].joined(separator: " "))) }
    guard words.count == count + 1 else {
      throw fault("block \(name): expected one value behind \(count) indices, found \(words.count - count)")
    }
    guard let value = number(words[count]) else {
      throw fault("block \(name): expected a number, found '\(shortened(words[count]))'")
    }
    return (indices, .number(value))
  }

  /// A line of any other block: whole numbers, then a number or a text; or several numbers.
  private func freeEntry(_ words: [String]) throws -> (indices: [Int], value: SLHAFile.Value) {
    let indices = Array(words.dropLast().prefix { Int($0) != nil }).compactMap { Int($0) }
    let rest = words[indices.count...]
    if rest.count == 1, let value = number(words[indices.count]) { return (indices, .number(value)) }
    let numbers = words.map(number)
    if numbers.allSatisfy({ $0 != nil }) { return ([], .row(numbers.compactMap { $0 })) }
    // A number beyond the range of doubles or "nan" is no text.
    for word in rest where Double(word) != nil && number(word) == nil {
      throw fault("expected a finite number, found '\(shortened(word))'")
    }
    return (indices, .text(rest.joined(separator: " ")))
  }

  private func number(_ word: String) -> Double? {
    var word = word
    return word.withUTF8 { UnsafeRawBufferPointer($0).double }
  }

  // MARK: decays

  /// `DECAY id width`
  private mutating func beginDecay(_ words: [String]) throws {
    guard words.count == 3, let id = Int(words[1]), let width = number(words[2]) else {
      throw fault("expected 'DECAY id width', found '\(shortened(words.joined(separator: " ")))'")
    }
    guard width >= 0 else { throw fault("the width of \(id) is \(width) GeV") }
    guard decayKeys.insert(id).inserted else { throw fault("the decay of \(id) is there twice") }
    section = .decay
    entryKeys = []
    file.decays.append(.init(id: id, width: width, channels: [], line: line))
  }

  /// `fraction count id id …`
  private mutating func readChannel(_ words: [String]) throws {
    let index = file.decays.count - 1
    let id = file.decays[index].id
    guard words.count >= 3, let fraction = number(words[0]), let count = Int(words[1]) else {
      throw fault(
        "decay of \(id): expected 'fraction count id id …', found '\(shortened(words.joined(separator: " ")))'")
    }
    guard (0.0...1.000_01).contains(fraction) else {
      throw fault("decay of \(id): the branching fraction \(fraction) is not between 0 and 1")
    }
    let products = words[2...].compactMap { Int($0) }
    guard products.count == words.count - 2, count == products.count, count > 0 else {
      throw fault("decay of \(id): expected \(count) ids, found '\(shortened(words[2...].joined(separator: " ")))'")
    }
    guard entryKeys.insert(products.sorted()).inserted else {
      throw fault("decay of \(id): the channel \(products.map { "\($0)" }.joined(separator: " ")) is there twice")
    }
    file.decays[index].channels.append(.init(fraction: fraction, products: products, line: line))
  }

  // MARK: cross-sections

  /// `XSECTION √s id id n id …`
  private mutating func beginCrossSection(_ words: [String]) throws {
    let ids = words.dropFirst(2).compactMap { Int($0) }
    guard words.count > 4, let energy = number(words[1]), energy > 0, ids.count == words.count - 2,
      ids.count - 3 == ids[2]
    else { throw fault("expected 'XSECTION energy id id n id …', found '\(shortened(words.joined(separator: " ")))'") }
    section = .crossSection
    file.crossSections.append(
      .init(collisionEnergy: energy, incoming: Array(ids[..<2]), outgoing: Array(ids[3...]), lines: [], line: line))
  }

  private mutating func readCrossSection(_ words: [String]) throws {
    // The last word is the program's name and version.
    let numbers = words.prefix { number($0) != nil }.compactMap { number($0) }
    guard numbers.count >= 7 else {
      throw fault("cross-section: expected seven numbers, found '\(shortened(words.joined(separator: " ")))'")
    }
    file.crossSections[file.crossSections.count - 1].lines.append(numbers)
  }
}

/// How lines of the accord's own blocks look.
private struct SLHABlockForm {
  var indexCount: Int
  var isText = false

  /// `nil` for blocks that the accord does not define.
  static func of(_ name: String) -> SLHABlockForm? {
    if ["SPINFO", "DCINFO"].contains(name) { return SLHABlockForm(indexCount: 1, isText: true) }
    // Imaginary parts stand in blocks of their own.
    let real = name.hasPrefix("IM") && !name.hasPrefix("IMS") ? String(name.dropFirst(2)) : name
    for (count, names) in known where names.contains(real) || names.contains(name) {
      return SLHABlockForm(indexCount: count)
    }
    return nil
  }

  private static let known: [(Int, Set<String>)] = [
    (0, ["ALPHA"]),
    (
      1,
      [
        "MODSEL", "SMINPUTS", "MINPAR", "EXTPAR", "MASS", "GAUGE", "MSOFT", "HMIX", "QEXTPAR", "VCKMIN", "UPMNSIN",
        "NMSSMRUN", "RVKAPPA", "RVD", "RVSNVEV", "RVM2LH1", "QNUMBERS",
      ]
    ),
    (
      2,
      [
        "NMIX", "UMIX", "VMIX", "STOPMIX", "SBOTMIX", "STAUMIX", "AU", "AD", "AE", "YU", "YD", "YE", "TU", "TD", "TE",
        "TUIN", "TDIN", "TEIN", "MSQ2", "MSL2", "MSU2", "MSD2", "MSE2", "MSQ2IN", "MSL2IN", "MSU2IN", "MSD2IN",
        "MSE2IN", "VCKM", "UPMNS", "USQMIX", "DSQMIX", "SELMIX", "SNUMIX", "SNUSMIX", "SNUAMIX", "NMHMIX", "NMAMIX",
        "NMNMIX", "RVNMIX", "RVUMIX", "RVVMIX", "RVHMIX", "RVAMIX", "RVLMIX",
      ]
    ),
    (3, ["RVLAMLLE", "RVLAMLQD", "RVLAMUDD", "RVTLLE", "RVTLQD", "RVTUDD", "RVLAMLLEIN", "RVLAMLQDIN", "RVLAMUDDIN"]),
  ]
}
