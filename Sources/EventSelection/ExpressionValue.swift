import Columns

/// What an expression is worth on a table: one number for all rows, one a row, or several a row.
///
/// Numbers are doubles throughout; booleans are 0 and 1 with `isBoolean` set, so that types can be checked.
struct ExpressionValue: Sendable {
  enum Shape: Sendable { case constant, flat, jagged }

  var shape: Shape
  /// One value, one a row, or all rows' values one after another.
  var numbers: [Double]
  /// For jagged values: row `i` has `offsets[i] ..< offsets[i + 1]`.
  var offsets: [Int] = []
  var isBoolean: Bool
  /// For elements of collections: whether each row has the element. Empty where all have.
  var present: [Bool] = []
  /// Values of an 8-bit column such as `Jet_btag`: numbers that may stand where a condition is needed, true unless 0.
  var isFlag = false
  /// What jagged values belong to: `Jet`, `Jet[Jet_pt > 30]`. Values of different objects do not combine, even where a
  /// batch happens to have as many of one as of the other.
  var objects = ""

  static func constant(_ value: Double, isBoolean: Bool = false) -> ExpressionValue {
    ExpressionValue(shape: .constant, numbers: [value], isBoolean: isBoolean)
  }

  static func flat(_ numbers: [Double], isBoolean: Bool = false) -> ExpressionValue {
    ExpressionValue(shape: .flat, numbers: numbers, isBoolean: isBoolean)
  }

  static func jagged(
    _ numbers: [Double], _ offsets: [Int], of objects: String, isBoolean: Bool = false
  ) -> ExpressionValue {
    var value = ExpressionValue(shape: .jagged, numbers: numbers, offsets: offsets, isBoolean: isBoolean)
    value.objects = objects
    return value
  }

  /// A column's values.
  init(_ column: LazyColumn, name: String) {
    shape = column.isJagged ? .jagged : .flat
    numbers = column.doubles
    offsets = column.offsets?.values ?? []
    isBoolean = column.type == .bool
    isFlag = column.type == .uint8
    // Names that differ before the first underscore are of different collections for certain; the rest the offsets tell.
    objects = column.isJagged ? String(name.prefix { $0 != "_" }) : ""
  }

  init(shape: Shape, numbers: [Double], offsets: [Int] = [], isBoolean: Bool, present: [Bool] = []) {
    self.shape = shape
    self.numbers = numbers
    self.offsets = offsets
    self.isBoolean = isBoolean
    self.present = present
  }

  /// `operation` on each number.
  @inline(__always)
  func map(isBoolean: Bool = false, _ operation: (Double) -> Double) -> ExpressionValue {
    var mapped = [Double](toOverwrite: numbers.count)
    mapped.withUnsafeMutableBufferPointer { out in
      numbers.withUnsafeBufferPointer { numbers in
        for i in numbers.indices { out[i] = operation(numbers[i]) }
      }
    }
    var result = ExpressionValue(shape: shape, numbers: mapped, offsets: offsets, isBoolean: isBoolean)
    result.objects = objects
    return result
  }

  /// `operation` on pairs: constants and flat values are repeated over the values of their row.
  ///
  /// `nil` if both are jagged and of different objects, or with different counts in some row.
  @inline(__always)
  func combined(
    with other: ExpressionValue, isBoolean: Bool = false, _ operation: (Double, Double) -> Double
  ) -> ExpressionValue? {
    guard let (a, b) = aligned(with: other) else { return nil }
    let larger = a.shape == .constant ? b : a
    // A loop for each case, so that the compiler vectorises them with the operation inside.
    var combined = [Double](toOverwrite: larger.numbers.count)
    combined.withUnsafeMutableBufferPointer { out in
      a.numbers.withUnsafeBufferPointer { left in
        b.numbers.withUnsafeBufferPointer { right in
          switch (a.shape, b.shape) {
          case (.constant, _):
            let constant = left[0]
            for i in out.indices { out[i] = operation(constant, right[i]) }
          case (_, .constant):
            let constant = right[0]
            for i in out.indices { out[i] = operation(left[i], constant) }
          default: for i in out.indices { out[i] = operation(left[i], right[i]) }
          }
        }
      }
    }
    var result = ExpressionValue(shape: larger.shape, numbers: combined, offsets: larger.offsets, isBoolean: isBoolean)
    result.objects = larger.objects
    return result
  }

  /// Both with equally many numbers, or constants: a flat one is spread over the other's objects.
  private func aligned(with other: ExpressionValue) -> (ExpressionValue, ExpressionValue)? {
    switch (shape, other.shape) {
    case (.jagged, .jagged): objects == other.objects && offsets == other.offsets ? (self, other) : nil
    case (.jagged, .flat): (self, other.spread(over: self))
    case (.flat, .jagged): (spread(over: other), other)
    default: (self, other)
    }
  }

  /// Each row's value, repeated for each of the row's objects.
  func spread(over other: ExpressionValue) -> ExpressionValue {
    let offsets = other.offsets
    switch shape {
    case .jagged: return self
    case .constant:
      return .jagged(
        Array(repeating: numbers[0], count: offsets.last ?? 0), offsets, of: other.objects, isBoolean: isBoolean)
    case .flat:
      let spread = [Double](unsafeUninitializedCapacity: offsets.last ?? 0) { out, initialized in
        for row in numbers.indices {
          for place in offsets[row]..<offsets[row + 1] { out[place] = numbers[row] }
        }
        initialized = offsets.last ?? 0
      }
      return .jagged(spread, offsets, of: other.objects, isBoolean: isBoolean)
    }
  }

  /// One number a row from each row's values.
  @inline(__always)
  func reduced(isBoolean: Bool = false, _ operation: (UnsafeBufferPointer<Double>) -> Double) -> ExpressionValue {
    var results = [Double](toOverwrite: offsets.count - 1)
    results.withUnsafeMutableBufferPointer { results in
      offsets.withUnsafeBufferPointer { offsets in
        numbers.withUnsafeBufferPointer { numbers in
          for row in results.indices {
            results[row] = operation(UnsafeBufferPointer(rebasing: numbers[offsets[row]..<offsets[row + 1]]))
          }
        }
      }
    }
    return .flat(results, isBoolean: isBoolean)
  }

  /// The number of values of each row.
  static func counts(_ offsets: [Int]) -> ExpressionValue {
    var counts = [Double](toOverwrite: offsets.count - 1)
    counts.withUnsafeMutableBufferPointer { counts in
      offsets.withUnsafeBufferPointer { offsets in
        for row in counts.indices { counts[row] = Double(offsets[row + 1] &- offsets[row]) }
      }
    }
    return .flat(counts)
  }

  /// The values where the mask of the same counts is true.
  func masked(_ mask: ExpressionValue, named name: String) -> ExpressionValue {
    let taken = TakenValues(where: mask.numbers.truths, of: offsets)
    return withValues(taken.positions.map { numbers[$0] }, taken.offsets, of: "\(objects)[\(name)]")
  }

  /// Other values of the same kind.
  func withValues(_ numbers: [Double], _ offsets: [Int], of objects: String) -> ExpressionValue {
    var result = ExpressionValue.jagged(numbers, offsets, of: objects, isBoolean: isBoolean)
    result.isFlag = isFlag
    return result
  }

  /// Each row's value at a position (negative ones count from the end); 0 and not present where the row has none.
  func element(_ index: Int) -> ExpressionValue {
    let found = TakenValues.elements(index, of: offsets)
    let picked = zip(found.positions, found.present).map { $1 ? numbers[$0] : 0 }
    var result = ExpressionValue(shape: .flat, numbers: picked, isBoolean: isBoolean, present: found.present)
    result.isFlag = isFlag
    return result
  }

  /// A column's values at a position of each row, as ``element(_:)`` without the others being made.
  static func element(_ index: Int, of column: LazyColumn) -> ExpressionValue {
    let found = column.elements(index)
    var value = ExpressionValue(
      shape: .flat, numbers: found.numbers, isBoolean: column.type == .bool, present: found.present)
    value.isFlag = column.type == .uint8
    return value
  }

  var shapeName: String {
    switch shape {
    case .constant: "a constant"
    case .flat: "one value an event"
    case .jagged: "several values an event"
    }
  }
}
