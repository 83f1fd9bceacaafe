import ByteIO
import Foundation
import Records

extension Datacard {
  /// Reads a card.
  /// - Throws: ``ModelFileError``, `FileError`.
  public init(readingFrom url: URL) throws {
    let data = try Data(readingFrom: url)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ModelFileError(file: url.lastPathComponent, line: nil, message: "is no text (UTF-8)")
    }
    try self.init(text, file: url.lastPathComponent)
  }

  /// Reads a card's text. `file` is what errors call it.
  /// - Throws: ``ModelFileError`` at the first line that is not understood, or not supported.
  public init(_ text: String, file: String = "datacard") throws {
    var parser = DatacardParser(file: file)
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() { try parser.read(line, number: index + 1) }
    self = try parser.finish(lines: lines.count)
  }
}

/// Reads a datacard line by line.
struct DatacardParser {
  var card: Datacard
  private var hasBegun = false
  private var declared: [String: (count: Int, line: Int)] = [:]
  private var binLine: (words: [String], line: Int)?
  private var observed: (values: [Double?], bins: [String]?, line: Int)?
  private var processLines: [(words: [String], line: Int)] = []
  /// Whether the rates were read: the nuisances follow.
  private(set) var hasRates = false

  private static let keywords = [
    "imax", "jmax", "kmax", "shapes", "bin", "observation", "process", "rate",
  ]

  init(file: String) { card = Datacard(file: file) }

  func error(_ line: Int?, _ message: String) -> ModelFileError {
    ModelFileError(file: card.file, line: line, message: message)
  }

  mutating func read(_ text: Substring, number line: Int) throws {
    let words = text.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let first = words.first, !first.hasPrefix("--") else { return }
    if hasRates { return try readNuisance(words, line) }
    let keyword = first == "Observation" ? "observation" : first
    let values = Array(words.dropFirst())
    switch keyword {
    case "imax", "jmax", "kmax": try readCount(keyword, values, line)
    case "shapes": try readShapes(values, line)
    case "bin": binLine = (values, line)
    case "observation": try readObservation(values, line)
    case "process": try readProcesses(values, line)
    case "rate": try readRates(values, line)
    default:
      // Titles may stand above the first line that counts.
      guard hasBegun else { return }
      if processLines.count == 2, ["lnN", "lnU", "gmN", "shape", "shape?", "rateParam"].contains(values.first) {
        throw error(line, "the nuisance '\(first)' stands before the line 'rate'")
      }
      let near = nearestName(to: first, in: Self.keywords).map { "; nearest: '\($0)'" } ?? ""
      throw error(
        line, "unknown word '\(first)'\(near); before the rates there are \(Self.keywords.joined(separator: ", "))")
    }
    hasBegun = true
  }

  mutating func finish(lines: Int) throws -> Datacard {
    guard hasRates else {
      let missing = processLines.isEmpty ? "lines 'bin', 'process' and 'rate'" : "line 'rate'"
      throw error(lines, "the card ends without its \(missing)")
    }
    if let (count, line) = declared["kmax"], count != card.nuisances.count {
      throw error(line, "kmax \(count), but there are \(card.nuisances.count) nuisances; '*' counts them")
    }
    try checkRateProducts()
    return card
  }

  // MARK: Numbers

  func number(_ word: String, _ what: String, _ line: Int) throws -> Double {
    guard let value = Double(word), value.isFinite, word.allSatisfy({ $0.isASCII }) else {
      throw error(line, "\(what): found '\(word)'; expected a number")
    }
    return value
  }

  private mutating func readCount(_ keyword: String, _ values: [String], _ line: Int) throws {
    guard declared[keyword] == nil else { throw error(line, "a second line '\(keyword)'") }
    guard let word = values.first else { throw error(line, "\(keyword) has no number; '*' counts for itself") }
    if word == "*" { return }
    guard let count = Int(word), count >= 0 else {
      throw error(line, "\(keyword): found '\(word)'; expected a whole number or '*'")
    }
    declared[keyword] = (count, line)
  }

  // MARK: The lines above the nuisances

  private mutating func readShapes(_ values: [String], _ line: Int) throws {
    guard values.count >= 3 else {
      throw error(line, "a shapes line is 'shapes process bin file histogram [varied histogram]'")
    }
    let isCounted = values[2] == "FAKE"
    guard isCounted || (4...5).contains(values.count) else {
      throw error(
        line, "found \(values.count) words after 'shapes'; expected process, bin, file, histogram [, varied histogram]")
    }
    for name in isCounted ? [] : values[3...] where name.contains(":") {
      throw error(
        line,
        "'\(name)' lies in a RooFit workspace, which is not supported; only histograms (TH1) are: name them as 'folder/name'"
      )
    }
    if let other = card.shapes.first(where: { $0.process == values[0] && $0.bin == values[1] }) {
      throw error(line, "the shapes of '\(values[0])' in '\(values[1])' stand in line \(other.line) already")
    }
    card.shapes.append(
      .init(
        process: values[0], bin: values[1], file: values[2], histogram: isCounted ? nil : values[3],
        varied: isCounted || values.count < 5 ? nil : values[4], line: line))
  }

  private mutating func readObservation(_ values: [String], _ line: Int) throws {
    guard observed == nil else { throw error(line, "a second line 'observation'") }
    let counts: [Double?] = try values.map { word in
      let value = try number(word, "observation", line)
      guard value >= 0 || value == -1 else {
        throw error(line, "observation: found \(word); expected events, or -1 for the histogram's integral")
      }
      return value == -1 ? nil : value
    }
    if let (bins, place) = binLine, bins.count != counts.count {
      throw error(line, "\(counts.count) observations for the \(bins.count) bins of line \(place)")
    }
    observed = (counts, binLine?.words, line)
    binLine = nil
  }

  private mutating func readProcesses(_ values: [String], _ line: Int) throws {
    guard let (bins, place) = binLine else {
      throw error(line, "a line 'bin' with one bin for each process must stand above 'process'")
    }
    guard values.count == bins.count else {
      throw error(line, "\(values.count) processes for the \(bins.count) bins of line \(place)")
    }
    guard processLines.count < 2 else { throw error(line, "a third line 'process'") }
    processLines.append((values, line))
  }

  private mutating func readRates(_ values: [String], _ line: Int) throws {
    guard processLines.count == 2, let (bins, binPlace) = binLine else {
      throw error(line, "two lines 'process' must stand above 'rate': the names, and the numbers (signals 0 or less)")
    }
    let (names, numbers, place) = try namesAndNumbers()
    guard values.count == bins.count else {
      throw error(line, "\(values.count) rates for the \(bins.count) columns of line \(binPlace)")
    }
    var signs: [String: Bool] = [:]
    for (index, bin) in bins.enumerated() {
      let process = names[index]
      let isSignal = numbers[index] <= 0
      guard signs.updateValue(isSignal, forKey: process) ?? isSignal == isSignal else {
        throw error(place, "'\(process)' is a signal (0 or less) in one bin and a background in another")
      }
      if card.columns.contains(where: { $0.bin == bin && $0.process == process }) {
        throw error(binPlace, "the process '\(process)' has two columns in the bin '\(bin)'")
      }
      if !card.bins.contains(bin) { card.bins.append(bin) }
      let rate = try number(values[index], "rate of '\(process)' in '\(bin)'", line)
      guard rate >= 0 || rate == -1 else {
        throw error(
          line,
          "rate of '\(process)' in '\(bin)': found \(values[index]); expected events, or -1 for the histogram's integral"
        )
      }
      card.columns.append(.init(bin: bin, process: process, isSignal: isSignal, rate: rate == -1 ? nil : rate))
    }
    guard signs.values.contains(true) else {
      throw error(place, "no process is a signal: the signal's number is 0 or less")
    }
    try checkCounts(processes: signs.count)
    try assignObservations(binPlace)
    hasRates = true
  }

  private func namesAndNumbers() throws -> (names: [String], numbers: [Int], line: Int) {
    // Either line may hold the names.
    for (first, second) in [(0, 1), (1, 0)] {
      let numbers = processLines[second].words.compactMap { Int($0) }
      let names = processLines[first].words
      if numbers.count == names.count, numbers.isEmpty || Int(names[0]) == nil {
        guard let bad = names.first(where: { Int($0) != nil }) else {
          return (names, numbers, processLines[second].line)
        }
        throw error(processLines[first].line, "found '\(bad)' among the names of processes; expected a name")
      }
    }
    throw error(
      processLines[1].line,
      "one of the two lines 'process' has names, the other whole numbers (signals 0 or less, backgrounds above)")
  }

  private func checkCounts(processes: Int) throws {
    if let (count, line) = declared["imax"], count != card.bins.count {
      throw error(
        line,
        "imax \(count), but there are \(card.bins.count) bins: \(card.bins.joined(separator: ", ")); '*' counts them")
    }
    if let (count, line) = declared["jmax"], count + 1 != processes {
      throw error(
        line, "jmax \(count), but there are \(processes) processes, less one \(processes - 1); '*' counts them")
    }
  }

  private mutating func assignObservations(_ binPlace: Int) throws {
    guard let (values, bins, line) = observed else {
      throw error(binPlace, "there is no line 'observation'")
    }
    let names = bins ?? card.bins
    guard names.count == values.count else {
      throw error(line, "\(values.count) observations for \(names.count) bins: \(names.joined(separator: ", "))")
    }
    for (name, value) in zip(names, values) {
      guard card.observations.updateValue(value, forKey: name) == nil else {
        throw error(line, "the bin '\(name)' is observed twice")
      }
      guard card.bins.contains(name) else {
        throw error(line, "the bin '\(name)' is observed, but nothing is expected in it: it has no process")
      }
    }
    if let missing = card.bins.first(where: { card.observations[$0] == nil }) {
      let near = nearestName(to: missing, in: names).map { "; nearest: '\($0)'" } ?? ""
      throw error(binPlace, "the bin '\(missing)' has processes but no observation\(near)")
    }
  }
}
