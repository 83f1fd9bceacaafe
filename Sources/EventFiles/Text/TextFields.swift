import ByteIO
import Foundation

/// How fields stand in a text: what both passes over it, the one that finds types and the one that reads values, share.
struct TextFields: Sendable {
  let delimiter: UInt8
  /// Blanks and tabs, any number of them, separate fields.
  let separatesByBlanks: Bool
  let comment: UInt8?
  let missing: Set<String>
  /// By byte: whether an unquoted field ends there.
  let stops: [Bool]

  static let quote = UInt8(ascii: "\""), lineFeed = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")
  private static let blank = UInt8(ascii: " "), tab = UInt8(ascii: "\t")

  init(_ delimiter: TextTableOptions.Delimiter, _ options: TextTableOptions) {
    self.delimiter = delimiter.byte
    separatesByBlanks = delimiter == .blanks
    comment = options.comment
    missing = options.missing
    var stops = [Bool](repeating: false, count: 256)
    for byte in [delimiter.byte, Self.lineFeed, Self.carriageReturn] { stops[Int(byte)] = true }
    if delimiter == .blanks { stops[Int(Self.tab)] = true }
    self.stops = stops
  }

  /// The content of a field, and the byte behind it.
  struct Field {
    var text: String
    var isQuoted: Bool
    var next: UnsafePointer<UInt8>
  }

  /// Any field, in full generality: quotes with doubled quotes in them, blanks around it.
  func field(at start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) throws(TextFault) -> Field {
    var p = start
    while p < end, isPadding(p.pointee) { p += 1 }
    guard p < end, p.pointee == Self.quote else {
      let first = p
      while p < end, !stops[Int(p.pointee)] { p += 1 }
      var last = p
      while last > first, isPadding((last - 1).pointee) { last -= 1 }
      let text = String(decoding: UnsafeBufferPointer(start: first, count: last - first), as: UTF8.self)
      return Field(text: text, isQuoted: false, next: p)
    }
    return try quotedField(at: p, end: end)
  }

  private func quotedField(at start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) throws(TextFault) -> Field {
    var bytes: [UInt8] = []
    var p = start + 1
    while true {
      guard p < end else { throw TextFault(start, "a quote that is not closed") }
      if p.pointee == Self.quote {
        p += 1
        guard p < end, p.pointee == Self.quote else { break }
      }
      bytes.append(p.pointee)
      p += 1
    }
    while p < end, isPadding(p.pointee) { p += 1 }
    guard p < end, stops[Int(p.pointee)] else { throw TextFault(p, "text after a closing quote") }
    return Field(text: String(decoding: bytes, as: UTF8.self), isQuoted: true, next: p)
  }

  /// Blanks around a field, where they are no delimiters.
  private func isPadding(_ byte: UInt8) -> Bool {
    !separatesByBlanks && byte != delimiter && (byte == Self.blank || byte == Self.tab)
  }

  /// The first row at or after `p` that is neither empty nor a comment, without leading blanks where these separate.
  @inline(__always)
  func rowStart(_ p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    var p = p
    while p < end {
      let first = separatesByBlanks ? skippingBlanks(p, end) : p
      guard first < end else { return end }
      if first.pointee == Self.lineFeed {
        p = first + 1
      } else if first.pointee == Self.carriageReturn {
        p = first + 1
      } else if let comment, first.pointee == comment {
        guard let feed = memchr(first, Int32(Self.lineFeed), end - first) else { return end }
        p = UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) + 1
      } else {
        return first
      }
    }
    return end
  }

  @inline(__always)
  private func skippingBlanks(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    var p = p
    while p < end, p.pointee == Self.blank || p.pointee == Self.tab { p += 1 }
    return p
  }

  /// Over the delimiter at `p` to the next field; `nil` at the end of the row.
  @inline(__always)
  func nextField(_ p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
    guard p < end else { return nil }
    if separatesByBlanks {
      let next = skippingBlanks(p, end)
      return next < end && next.pointee != Self.lineFeed && next.pointee != Self.carriageReturn ? next : nil
    }
    return p.pointee == delimiter ? p + 1 : nil
  }

  /// All fields of the row at `p`, and the byte behind the last.
  func row(
    at start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(TextFault) -> (fields: [Field], next: UnsafePointer<UInt8>) {
    var fields: [Field] = []
    var p = start
    while true {
      let field = try field(at: p, end: end)
      fields.append(field)
      guard let next = nextField(field.next, end: end) else { return (fields, field.next) }
      p = next
    }
  }

  /// A field's number; missing ones are NaN. `nil` for other texts.
  func number(_ field: Field) -> Double? { missing.contains(field.text) ? .nan : DecimalParser.double(field.text) }

  static func truth(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }
}

/// What is wrong in a block, and where.
struct TextFault: Error {
  /// Compared with the start of the block only while the block is there.
  nonisolated(unsafe) var place: UnsafePointer<UInt8>
  var message: String

  init(_ place: UnsafePointer<UInt8>, _ message: String) {
    self.place = place
    self.message = message
  }

  func located(in block: TextBlocks.Block, path: String) -> EventFileError {
    guard let base = block.bytes.baseAddress else { return EventFileError(.cannotRead(message), path: path) }
    let offset = min(max(place - base, 0), block.bytes.count)
    let before = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: block.bytes[..<offset]))
    let lineStart = before.lastIndex(of: TextFields.lineFeed).map { $0 + 1 } ?? 0
    return EventFileError(
      .inText(line: block.line + countLines(before), column: offset - lineStart + 1, reason: message), path: path)
  }
}

/// Runs a pass over the rows of a block on all cores, each on its part; results in the order of the parts.
func overLanes<Value: Sendable>(
  _ block: TextBlocks.Block, path: String,
  _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>) throws(TextFault) -> Value
) throws -> [Value] {
  guard let base = block.bytes.baseAddress else { return [] }
  let bounds = laneBounds(block)
  let results = LaneResults<Value>(count: bounds.count - 1)
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let work = body
    nonisolated(unsafe) let base = base
    @Sendable func run(_ lane: Int) {
      do throws(TextFault) {
        results.set(lane, .success(try work(base + bounds[lane], base + bounds[lane + 1])))
      } catch {
        results.set(lane, .failure(error))
      }
    }
    if bounds.count == 2 {
      run(0)
    } else {
      DispatchQueue.concurrentPerform(iterations: bounds.count - 1) { run($0) }
    }
  }
  do throws(TextFault) {
    return try results.all()
  } catch {
    throw error.located(in: block, path: path)
  }
}

/// Where each core's part begins: at rows, about as long each. Within quotes line breaks end no rows: then there is one part.
private func laneBounds(_ block: TextBlocks.Block) -> [Int] {
  let count = block.bytes.count
  let lanes = block.hasQuotes || count < 1 << 16 ? 1 : max(1, ProcessInfo.processInfo.activeProcessorCount)
  guard lanes > 1, let base = block.bytes.baseAddress else { return [0, count] }
  var bounds = [0]
  for lane in 1..<lanes {
    let target = max(count * lane / lanes, bounds[bounds.count - 1])
    guard target < count, let feed = memchr(base + target, Int32(TextFields.lineFeed), count - target) else { break }
    bounds.append(UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) - base + 1)
  }
  return bounds + [count]
}

/// Results by lane. Each lane writes its own place, and all have ended before they are read.
private final class LaneResults<Value: Sendable>: @unchecked Sendable {
  private let places: UnsafeMutableBufferPointer<Result<Value, TextFault>?>

  init(count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  deinit {
    places.deinitialize()
    places.deallocate()
  }

  func set(_ lane: Int, _ result: Result<Value, TextFault>) { places[lane] = result }

  func all() throws(TextFault) -> [Value] {
    var values: [Value] = []
    for place in places {
      if let place { values.append(try place.get()) }
    }
    return values
  }
}
