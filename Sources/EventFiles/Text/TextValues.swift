import ByteIO
import Columns

/// A pass over a part of a text that reads values into columns.
struct TextValuePass: Sendable {
  /// What becomes of a column of the file.
  enum Action: Sendable {
    case skip
    /// One number a row, to an output of numbers.
    case number(Int)
    case whole(Int)
    case truth(Int)
    /// One of the values of a jagged output's row.
    case element(Int, isLast: Bool)
  }

  /// A column that comes out.
  struct Output: Sendable {
    var name: String
    var type: ColumnType
    var isJagged: Bool
  }

  let fields: TextFields
  let actions: [Action]
  let outputs: [Output]
  /// For errors.
  let names: [String]

  struct Outcome: Sendable {
    var columns: [Column]
    var rows: Int
  }

  func run(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) throws(TextFault) -> Outcome {
    let most = countRowEnds(UnsafeBufferPointer(start: start, count: end - start))
    let rooms = outputs.map { OutputRoom($0, rows: most) }
    var rows = 0
    var p = fields.rowStart(start, end: end)
    while p < end {
      try readRow(&p, end, row: rows, rooms)
      rows += 1
      p = fields.rowStart(p, end: end)
    }
    return Outcome(columns: rooms.map { $0.column(rows: rows) }, rows: rows)
  }

  @inline(__always)
  private func readRow(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, row: Int, _ rooms: [OutputRoom]
  ) throws(TextFault) {
    let rowStart = p
    for column in actions.indices {
      if column > 0 {
        guard let next = fields.nextField(p, end: end) else { throw TextFault(p, tooFew(column, actions.count)) }
        p = next
      }
      switch actions[column] {
      case .number(let slot):
        if let (value, next) = DecimalParser.double(p, end: end), fields.stops[Int(next.pointee)] {
          rooms[slot].doubles[row] = value
          p = next
        } else {
          rooms[slot].doubles[row] = try slowNumber(&p, end, column)
        }
      case .skip:
        if p.pointee != TextFields.quote {
          while !fields.stops[Int(p.pointee)] { p += 1 }
        } else {
          p = try fields.field(at: p, end: end).next
        }
      case .whole(let slot): rooms[slot].integers[row] = try whole(&p, end, column)
      case .truth(let slot): rooms[slot].integers[row] = try truth(&p, end, column)
      case .element(let slot, let isLast): try element(&p, end, column, row: row, isLast: isLast, rooms[slot])
      }
    }
    if fields.nextField(p, end: end) != nil { throw TextFault(rowStart, tooMany(actions.count)) }
  }

  private func unfit(_ field: TextFields.Field, _ place: UnsafePointer<UInt8>, _ column: Int, _ expected: String)
    -> TextFault
  {
    let shown = field.text.count > 40 ? field.text.prefix(40) + "…" : Substring(field.text)
    return TextFault(place, "'\(shown)' in column '\(names[column])' is no \(expected)")
  }

  private func slowNumber(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ column: Int
  ) throws(TextFault) -> Double {
    let field = try fields.field(at: p, end: end)
    guard let value = fields.number(field) else { throw unfit(field, p, column, "number") }
    p = field.next
    return value
  }

  private func whole(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ column: Int
  ) throws(TextFault) -> Int64 {
    if let (value, next) = DecimalParser.integer(p, end: end), fields.stops[Int(next.pointee)] {
      p = next
      return value
    }
    let field = try fields.field(at: p, end: end)
    guard let value = Int64(field.text) else { throw unfit(field, p, column, "whole number of 64 bits") }
    p = field.next
    return value
  }

  private func truth(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ column: Int
  ) throws(TextFault) -> Int64 {
    let field = try fields.field(at: p, end: end)
    let values = ["0": false, "1": true]
    guard let value = TextFields.truth(field.text) ?? values[field.text] else {
      throw unfit(field, p, column, "truth value (true, false, 0, 1)")
    }
    p = field.next
    return value ? 1 : 0
  }

  private func element(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ column: Int, row: Int, isLast: Bool,
    _ room: OutputRoom
  ) throws(TextFault) {
    let place = p
    if fields.stops[Int(p.pointee)] {
      room.rowHasEnded = true
    } else if p.pointee == TextFields.quote, case let field = try fields.field(at: p, end: end), field.text.isEmpty {
      // A row that has no other field is written so, as an empty line is none.
      p = field.next
      room.rowHasEnded = true
    } else {
      guard !room.rowHasEnded else {
        throw TextFault(place, "column '\(names[column])' has a value, but the one before it has none in this row")
      }
      switch room.type {
      case .float32, .float64: room.list(number: try elementNumber(&p, end, column))
      case .bool: room.list(integer: try truth(&p, end, column))
      case .int32, .int64, .uint8: room.list(integer: try whole(&p, end, column))
      }
    }
    if isLast {
      room.offsets.append(room.listed)
      room.rowHasEnded = false
    }
  }

  private func elementNumber(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ column: Int
  ) throws(TextFault) -> Double {
    if let (value, next) = DecimalParser.double(p, end: end), fields.stops[Int(next.pointee)] {
      p = next
      return value
    }
    return try slowNumber(&p, end, column)
  }
}

/// Where the values of one output go while a part is read.
final class OutputRoom {
  let type: ColumnType
  let isJagged: Bool
  /// One a row, for a flat output of numbers; else of no length.
  let doubles: UnsafeMutablePointer<Double>
  /// One a row, for a flat output of whole numbers or truth values.
  let integers: UnsafeMutablePointer<Int64>
  var listedDoubles: [Double] = []
  var listedIntegers: [Int64] = []
  var offsets = [0]
  var rowHasEnded = false

  init(_ output: TextValuePass.Output, rows: Int) {
    type = output.type
    isJagged = output.isJagged
    let isReal = type == .float32 || type == .float64
    doubles = .allocate(capacity: isJagged || !isReal ? 1 : rows)
    integers = .allocate(capacity: isJagged || isReal ? 1 : rows)
  }

  deinit {
    doubles.deallocate()
    integers.deallocate()
  }

  var listed: Int { max(listedDoubles.count, listedIntegers.count) }

  func list(number: Double) { listedDoubles.append(number) }
  func list(integer: Int64) { listedIntegers.append(integer) }

  func column(rows: Int) -> Column {
    let integers = UnsafeBufferPointer(start: integers, count: isJagged ? 0 : rows)
    let doubles = UnsafeBufferPointer(start: doubles, count: isJagged ? 0 : rows)
    guard isJagged else { return Column(Self.values(type, doubles, integers)) }
    return listedDoubles.withUnsafeBufferPointer { doubles in
      listedIntegers.withUnsafeBufferPointer { Column(Self.values(type, doubles, $0), offsets: offsets) }
    }
  }

  private static func values(
    _ type: ColumnType, _ doubles: UnsafeBufferPointer<Double>, _ integers: UnsafeBufferPointer<Int64>
  ) -> ColumnValues {
    switch type {
    case .float64: .float64(Array(doubles))
    case .float32: .float32(doubles.map { Float($0) })
    case .int64: .int64(Array(integers))
    case .int32: .int32(integers.map { Int32(clamping: $0) })
    case .uint8: .uint8(integers.map { UInt8(clamping: $0) })
    case .bool: .bool(integers.map { $0 != 0 })
    }
  }
}
