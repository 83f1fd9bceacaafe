import ByteIO
import Foundation

/// Reads a Les Houches file (versions 1 to 3, plain or gzip) event by event, in constant memory.
///
/// Strict: what cannot be read as it is meant is an error with its line, and a file that ends before `</LesHouchesEvents>`
/// is truncated. One owner at a time: not for concurrent use.
public final class LesHouchesReader {
  /// Header and `<init>`.
  public internal(set) var run: LesHouchesRun
  /// Events given so far.
  public private(set) var eventCount = 0
  /// The line at which the last event begins.
  public private(set) var eventLine = 0

  let lines: LineReader
  private var group = 0
  /// The number of the event group that is open; 0 for none.
  var currentGroup: Int { isInGroup ? group : 0 }
  private var isInGroup = false
  private var hasEnded = false

  /// More particles than any event has; a damaged number ends here.
  static let particlesMaximum = 100_000

  /// Opens a file and reads up to its first event.
  /// - Throws: `FileError`, ``GeneratorFileError``.
  public init(_ url: URL) throws {
    lines = try LineReader(url)
    run = LesHouchesRun(beamIDs: .init(0, 0), beamEnergies: .init(0, 0), weightStrategy: 0, processes: [])
    try readHead()
  }

  /// The next event, into a buffer that is reused; `false` at the end of the file.
  /// - Throws: `FileError`, ``GeneratorFileError``.
  public func next(into event: inout LesHouchesEvent) throws -> Bool {
    guard !hasEnded else { return false }
    while let line = try lines.next() {
      let text = line.trimmed
      if text.isEmpty || text[0] == 35 { continue }
      if text.starts(with: "<event>") || text.starts(with: "<event ") {
        eventLine = lines.lineNumber
        try readEvent(text, into: &event)
        eventCount += 1
        return true
      }
      if text.starts(with: "</LesHouchesEvents") {
        try checkEnd()
        return false
      }
      try readBetweenEvents(text)
    }
    throw fault("the file ends without '</LesHouchesEvents>' after \(eventCount) events; it is truncated")
  }

  private func readBetweenEvents(_ text: UnsafeRawBufferPointer) throws {
    if text.starts(with: "<eventgroup>") || text.starts(with: "<eventgroup ") {
      guard !isInGroup else { throw fault("an <eventgroup> within another") }
      isInGroup = true
      group += 1
    } else if text.starts(with: "</eventgroup>") {
      guard isInGroup else { throw fault("'</eventgroup>' without its beginning") }
      isInGroup = false
    } else if text.starts(with: "<!--") {
      _ = try readComment(text)
    } else {
      throw fault("expected '<event>' or '</LesHouchesEvents>', found '\(shortened(text.text))'")
    }
  }

  private func checkEnd() throws {
    hasEnded = true
    guard !isInGroup else { throw fault("the file ends within an <eventgroup>") }
    while let line = try lines.next() {
      let text = line.trimmed
      if text.isEmpty || text[0] == 35 { continue }
      guard !text.starts(with: "<?xml"), !text.starts(with: "<LesHouchesEvents") else {
        throw fault("a second file begins after '</LesHouchesEvents>'; keep the files apart and name them one by one")
      }
      throw fault("expected nothing after '</LesHouchesEvents>', found '\(shortened(text.text))'")
    }
  }

  func fault(_ message: String) -> GeneratorFileError { fault(message, line: lines.lineNumber) }

  func fault(_ message: String, line: Int) -> GeneratorFileError {
    GeneratorFileError(path: lines.url.path, line: line, message: message)
  }

  /// The text of a comment that begins in this line; goes on to its end.
  func readComment(_ first: UnsafeRawBufferPointer) throws -> String {
    let start = lines.lineNumber
    if let end = first.place(of: "-->") {
      try checkNothing(after: end + 3, of: first)
      return UnsafeRawBufferPointer(rebasing: first[4..<max(4, end)]).text
    }
    var text = UnsafeRawBufferPointer(rebasing: first[4...]).text
    while let line = try lines.next() {
      if let end = line.place(of: "-->") {
        text += "\n" + UnsafeRawBufferPointer(rebasing: line[..<end]).text
        try checkNothing(after: end + 3, of: line)
        return text
      }
      text += "\n" + line.text
      try checkLength(text)
    }
    throw fault("the comment that begins here does not end", line: start)
  }

  private func checkNothing(after place: Int, of line: UnsafeRawBufferPointer) throws {
    let rest = UnsafeRawBufferPointer(rebasing: line[place...]).trimmed
    guard rest.isEmpty else { throw fault("expected nothing after '-->', found '\(shortened(rest.text))'") }
  }

  /// A header is text of at most this length; what is longer is no header.
  func checkLength(_ text: String) throws {
    guard text.utf8.count < 1 << 28 else { throw fault("a header or comment of more than 256 MiB") }
  }

  /// The next line that is not blank.
  func content(of what: String) throws -> UnsafeRawBufferPointer {
    while let line = try lines.next() {
      let text = line.trimmed
      if !text.isEmpty { return text }
    }
    throw fault("the file ends within \(what); it is truncated")
  }
}

extension LesHouchesReader {
  /// Calls `body` with each event; the buffer is reused.
  /// - Returns: the number of events.
  @discardableResult
  public func forEach(_ body: (borrowing LesHouchesEvent) throws -> Void) throws -> Int {
    var event = LesHouchesEvent()
    var count = 0
    while try next(into: &event) {
      try body(event)
      count += 1
    }
    return count
  }
}

extension LesHouchesReader {
  /// Passes over events without reading them, for speed: only their ends are looked for.
  /// - Throws: `FileError`; ``GeneratorFileError`` if the file has fewer.
  public func skip(_ count: Int) throws {
    var left = count
    while left > 0, let line = try lines.next() {
      if line.count >= 8, line[0] == 60 || line[0] == 32 || line[0] == 9, line.trimmed.starts(with: "</event>") {
        left -= 1
      }
    }
    guard left == 0 else { throw fault("the file ends \(left) events before the one that is wanted") }
  }
}

extension LesHouchesRun {
  /// How jets of the matrix elements and of the shower are to be merged, as MadGraph's run card in the header says
  /// (`ickkw`): 1 MLM, 2 CKKW, 3 FxFx, 4 UNLOPS; 0 or `nil` for files that need no merging.
  public var merging: Int? {
    let lines = blocks.lazy.flatMap(\.lines).map { Substring($0) }
    for line in lines where line.contains("ickkw") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[1].trimmingCharacters(in: .whitespaces).hasPrefix("ickkw") else { continue }
      if let number = Int(parts[0].trimmingCharacters(in: .whitespaces)) { return number }
    }
    return nil
  }
}
