import ByteIO
import Foundation

/// Reads a HepMC file (version 2 `IO_GenEvent` or version 3 `Asciiv3`, plain or gzip) event by event, in constant memory.
///
/// Strict: what cannot be read as it is meant is an error with its line, and a file that ends before its
/// `END_EVENT_LISTING` is truncated. One owner at a time: not for concurrent use.
public final class HepMCReader {
  /// What the file says of itself; names of weights may come with the first event.
  public internal(set) var run: HepMCRun
  /// Events given so far.
  public private(set) var eventCount = 0
  /// The line at which the last event begins.
  public private(set) var eventLine = 0

  let lines: LineReader
  private(set) var isListing = false
  /// Factors to GeV and mm of the event that is read: division by the first, product with the second.
  var momentumDivisor = 1.0
  var lengthFactor = 1.0
  /// Reused from event to event; see ``HepMCNumbers``.
  var numbers = HepMCNumbers()

  /// More than any event has; a damaged number ends here.
  static let rowsMaximum = 10_000_000

  /// Opens a file and reads up to its first event.
  /// - Throws: `FileError`, ``GeneratorFileError``.
  public init(_ url: URL) throws {
    lines = try LineReader(url)
    run = HepMCRun(version: "")
    try readHead()
  }

  private func readHead() throws {
    while let line = try lines.next() {
      if line.trimmed.isEmpty { continue }
      guard line.starts(with: "HepMC::") else { break }
      try readMark(line)
      if isListing { return try readRunInformation() }
    }
    throw fault("is no HepMC file: expected 'HepMC::Version' and a line such as 'HepMC::Asciiv3-START_EVENT_LISTING'")
  }

  /// The next event, into a buffer that is reused; `false` at the end of the file.
  /// - Throws: `FileError`, ``GeneratorFileError``.
  public func next(into event: inout HepMCEvent) throws -> Bool {
    while let line = try lines.next() {
      if line.trimmed.isEmpty { continue }
      if line.starts(with: "HepMC::") {
        try readMark(line)
        if isListing { try readRunInformation() }
        continue
      }
      guard isListing, line.starts(with: "E ") else {
        let expected = isListing ? "'E …', the first line of an event" : "nothing outside of an event listing"
        throw fault("expected \(expected), found '\(shortened(line.text))'")
      }
      eventLine = lines.lineNumber
      event.removeAll()
      momentumDivisor = 1
      lengthFactor = 1
      if run.format == .ascii3 { try readEvent3(line, into: &event) } else { try readEvent2(line, into: &event) }
      eventCount += 1
      return true
    }
    guard !isListing else {
      throw fault("the file ends without 'END_EVENT_LISTING' after \(eventCount) events; it is truncated")
    }
    return false
  }

  /// A line that begins with `HepMC::`.
  func readMark(_ line: UnsafeRawBufferPointer) throws {
    let text = line.trimmed.text
    if text.hasPrefix("HepMC::Version ") {
      run.version = String(text.dropFirst(15))
      return
    }
    for format in [HepMCRun.Format.genEvent, .ascii3] {
      if text == "HepMC::\(format.rawValue)-START_EVENT_LISTING" {
        guard !isListing else { throw fault("an event listing within another") }
        isListing = true
        run.format = format
        return
      }
      if text == "HepMC::\(format.rawValue)-END_EVENT_LISTING" {
        guard isListing, run.format == format else { throw fault("the end of an event listing that did not begin") }
        isListing = false
        return
      }
    }
    throw fault("'\(shortened(text))' is unknown; this program reads HepMC's IO_GenEvent and Asciiv3")
  }

  func fault(_ message: String) -> GeneratorFileError { fault(message, line: lines.lineNumber) }

  func fault(_ message: String, line: Int) -> GeneratorFileError {
    GeneratorFileError(path: lines.url.path, line: line, message: message)
  }

  /// The next line of the event; `nil` before the next event or the end of the listing.
  func nextEventLine() throws -> UnsafeRawBufferPointer? {
    while let line = try lines.next() {
      if line.isEmpty { continue }
      if line[0] == UInt8(ascii: "E") || line.starts(with: "HepMC::") {
        lines.unread()
        return nil
      }
      return line
    }
    throw fault("the file ends within the event of line \(eventLine); it is truncated")
  }

  /// `U GEV MM`
  func readUnits(_ line: UnsafeRawBufferPointer) throws {
    let words = LineFields.all(line)
    guard words.count == 3, ["GEV", "MEV"].contains(words[1]), ["MM", "CM"].contains(words[2]) else {
      throw fault("expected units GEV or MEV and MM or CM, found '\(shortened(line.text))'")
    }
    momentumDivisor = words[1] == "GEV" ? 1 : 1000
    lengthFactor = words[2] == "MM" ? 1 : 10
  }

  /// Numbers up to the end of the line.
  func numbers(_ fields: inout LineFields, of what: String, into list: inout [Double]) throws {
    while let word = fields.next() {
      guard let value = word.double else {
        throw fault("\(what): expected a number, found '\(shortened(word.text))'")
      }
      list.append(value)
    }
  }

  /// Four zeros mean that the file knows of no position.
  func position(_ fields: inout LineFields) -> HepMCPosition?? {
    guard let x = fields.double(), let y = fields.double(), let z = fields.double(), let t = fields.double() else {
      return nil
    }
    let position = HepMCPosition(
      x: x * lengthFactor, y: y * lengthFactor, z: z * lengthFactor, t: t * lengthFactor)
    return .some(position.isZero ? nil : position)
  }
}

/// From the file's numbers of vertices to rows.
struct HepMCNumbers {
  /// The number of each row; 0 where the file gives none.
  private var numbers: [Int32] = []
  /// Rows of numbers that are not −1 − row.
  private var rows: [Int32: Int32] = [:]

  mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    if !rows.isEmpty { rows.removeAll(keepingCapacity: true) }
  }

  /// Gives the next row a number, or none by 0.
  /// - Returns: whether the number is new.
  mutating func add(_ number: Int32) -> Bool {
    guard number == 0 || row(of: number) == nil else { return false }
    if number != 0, Int(number) != -1 - numbers.count { rows[number] = Int32(numbers.count) }
    numbers.append(number)
    return true
  }

  func row(of number: Int32) -> Int32? {
    let row = -1 - Int(number)
    if numbers.indices.contains(row), numbers[row] == number { return Int32(row) }
    return rows[number]
  }
}

extension HepMCReader {
  /// Calls `body` with each event; the buffer is reused.
  /// - Returns: the number of events.
  @discardableResult
  public func forEach(_ body: (borrowing HepMCEvent) throws -> Void) throws -> Int {
    var event = HepMCEvent()
    var count = 0
    while try next(into: &event) {
      try body(event)
      count += 1
    }
    return count
  }
}

extension HepMCReader {
  /// Passes over events without reading them, for speed: only their first lines are looked for.
  /// - Throws: `FileError`; ``GeneratorFileError`` if the file has fewer.
  public func skip(_ count: Int) throws {
    var left = count
    while let line = try lines.next() {
      if line.starts(with: "E ") {
        if left == 0 { return lines.unread() }
        left -= 1
      } else if line.starts(with: "HepMC::") {
        lines.unread()
        if left == 0 { return }
        try readMarkAndRun()
      }
    }
    guard left == 0 else { throw fault("the file ends \(left) events before the one that is wanted") }
  }

  private func readMarkAndRun() throws {
    guard let line = try lines.next() else { return }
    try readMark(line)
    if isListing { try readRunInformation() }
  }
}
