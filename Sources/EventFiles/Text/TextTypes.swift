import ByteIO
import Columns

/// What the fields of a column looked like so far.
struct FieldKinds: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  static let whole = FieldKinds(rawValue: 1)
  static let real = FieldKinds(rawValue: 2)
  static let truth = FieldKinds(rawValue: 4)
  static let missing = FieldKinds(rawValue: 8)
  static let text = FieldKinds(rawValue: 16)

  /// No further field changes the type that the column gets.
  var isSettled: Bool { contains(.text) || contains(.real) && !contains(.truth) }

  /// `nil` for a column of texts.
  var type: ColumnType? {
    if contains(.text) || contains(.truth) && !isDisjoint(with: [.whole, .real, .missing]) { return nil }
    if contains(.truth) { return .bool }
    return self == .whole ? .int64 : .float64
  }
}

/// A pass over a part of a text that finds what its columns hold.
struct TextTypePass {
  let fields: TextFields
  /// Columns whose type is known already are skipped.
  let settled: [Bool]

  struct Outcome: Sendable {
    var kinds: [FieldKinds]
    var rows: Int
  }

  func run(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) throws(TextFault) -> Outcome {
    var kinds = [FieldKinds](repeating: [], count: settled.count)
    var rows = 0
    var p = fields.rowStart(start, end: end)
    while p < end {
      let row = p
      for column in settled.indices {
        if column > 0 {
          guard let next = fields.nextField(p, end: end) else {
            throw TextFault(p, tooFew(column, settled.count))
          }
          p = next
        }
        if settled[column], p.pointee != TextFields.quote {
          while !fields.stops[Int(p.pointee)] { p += 1 }
        } else {
          let (kind, next) = try self.kind(at: p, end: end)
          kinds[column].insert(kind)
          p = next
        }
      }
      if fields.nextField(p, end: end) != nil { throw TextFault(row, tooMany(settled.count)) }
      rows += 1
      p = fields.rowStart(p, end: end)
    }
    return Outcome(kinds: kinds, rows: rows)
  }

  private func kind(
    at p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(TextFault) -> (FieldKinds, UnsafePointer<UInt8>) {
    if let (_, next) = DecimalParser.integer(p, end: end), fields.stops[Int(next.pointee)] { return (.whole, next) }
    if let (_, next) = DecimalParser.double(p, end: end), fields.stops[Int(next.pointee)] { return (.real, next) }
    let field = try fields.field(at: p, end: end)
    return (Self.kind(of: field, fields), field.next)
  }

  static func kind(of field: TextFields.Field, _ fields: TextFields) -> FieldKinds {
    if fields.missing.contains(field.text) { return .missing }
    if Int64(field.text) != nil { return .whole }
    if DecimalParser.double(field.text) != nil { return .real }
    return TextFields.truth(field.text) != nil ? .truth : .text
  }
}

func tooFew(_ found: Int, _ expected: Int) -> String {
  "the row has \(found) field\(found == 1 ? "" : "s"), expected \(expected) as in the first row"
}

func tooMany(_ expected: Int) -> String { "the row has more than \(expected) fields, which the first row has" }
