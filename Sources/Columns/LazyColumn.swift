/// A column whose values are made when they are first asked for; its type and its rows are known before.
public final class LazyColumn {
  public let type: ColumnType
  /// `nil` for a flat column.
  public let offsets: LazyOffsets?
  public let rowCount: Int
  private var source: Source

  private enum Source {
    case made(ColumnValues)
    case part(ColumnValues, Range<Int>)
    /// Those of another column, where its rows or objects were taken.
    case taken(LazyColumn)
    case later(() -> ColumnValues)
  }

  /// All values as doubles; true is 1.
  public private(set) lazy var doubles: [Double] =
    if case .part(let values, let range) = source { values.asDoubles(in: range) } else { values.asDoubles() }

  public convenience init(_ column: Column) {
    self.init(column.values, nil, offsets: column.offsets.map { LazyOffsets(checked: $0) })
  }

  /// A jagged column of these offsets.
  /// - Parameter make: gives as many values as the offsets tell, of this type.
  public convenience init(_ type: ColumnType, _ offsets: LazyOffsets, _ make: @escaping () -> ColumnValues) {
    self.init(type, offsets, .later(make))
  }

  private init(_ type: ColumnType, _ offsets: LazyOffsets, _ source: Source) {
    (self.type, self.offsets, rowCount, self.source) = (type, offsets, offsets.rowCount, source)
  }

  /// A flat column.
  init(_ type: ColumnType, count: Int, _ make: @escaping () -> ColumnValues) {
    (self.type, offsets, rowCount, source) = (type, nil, count, .later(make))
  }

  /// The values in a range of positions, or all.
  init(_ values: ColumnValues, _ range: Range<Int>?, offsets: LazyOffsets?) {
    (type, self.offsets) = (values.type, offsets)
    rowCount = offsets?.rowCount ?? range?.count ?? values.count
    source = range.map { .part(values, $0) } ?? .made(values)
  }

  public var isJagged: Bool { offsets != nil }

  public var values: ColumnValues {
    let made: ColumnValues
    switch source {
    case .made(let values): return values
    case .part(let values, let range): made = values[range]
    case .taken:
      let (column, level) = origin
      made = offsets.map { column.gathered(at: $0.positions(level)) } ?? column.values
    case .later(let make): made = make()
    }
    source = .made(made)
    return made
  }

  /// The objects of this column that the offsets were taken for.
  public func taken(_ offsets: LazyOffsets) -> LazyColumn { LazyColumn(type, offsets, .taken(self)) }

  /// The column that the values are taken from. Objects that were chosen and then taken with their rows are taken from the
  /// collection at once.
  private var origin: (column: LazyColumn, level: LazyOffsets.Level) {
    guard case .taken(let other) = source, let offsets else { return (self, .here) }
    if case .taken(let first) = other.source, offsets.source === other.offsets { return (first, .beforeSource) }
    return (other, .before)
  }

  /// Each row's value at a position (negative ones count from the end) as a double, and whether the row has one; 0 where not.
  ///
  /// Only these values are taken, if the column is not made yet.
  public func elements(_ index: Int) -> (numbers: [Double], present: [Bool]) {
    guard let offsets else { preconditionFailure("a flat column has no elements") }
    let found = offsets.elements(index)
    guard found.count > 0 else { return (Array(repeating: 0, count: rowCount), found.present) }
    let (column, level) = origin
    var numbers = column.gathered(at: offsets.positions(ofElement: index, level)).asDoubles()
    if found.count < rowCount {
      for row in numbers.indices where !found.present[row] { numbers[row] = 0 }
    }
    return (numbers, found.present)
  }

  /// The values at the given positions; those of a part are not copied out of the whole before.
  func gathered(at positions: [Int]) -> ColumnValues {
    if case .part(let values, let range) = source { return values.gathered(at: positions, of: range) }
    return values.gathered(at: positions)
  }

  var made: Column { Column(values, checkedOffsets: offsets?.values) }
}

/// Where the values of each row of a jagged column begin, made when first asked for; the columns of a collection share one.
/// Those of rows or objects that were taken know where these stood.
public final class LazyOffsets {
  public let rowCount: Int
  /// What rows were taken from.
  let source: LazyOffsets?
  private let make: () -> TakenValues
  private lazy var taken = make()

  /// `rowCount + 1` increasing positions from 0.
  public var values: [Int] { taken.offsets }

  /// Positions of values: in the column itself; in the one that its rows or objects were taken from; in the one that those of
  /// the latter were taken from.
  enum Level: Hashable { case here, before, beforeSource }

  /// Where the values stood.
  func positions(_ level: Level) -> [Int] {
    switch level {
    case .here: Array(0..<(values.last ?? 0))
    case .before: taken.positions
    case .beforeSource: beforeSource
    }
  }
  private lazy var beforeSource = source.map { taken.positions.values(of: $0.positions(.before)) } ?? taken.positions

  /// The elements of rows that were asked for, and where they stood: found once for all members of a collection.
  private var knownElements: [Int: RowElements] = [:]
  private var knownPositions: [Element: [Int]] = [:]
  private struct Element: Hashable {
    var index: Int
    var level: Level
  }

  /// Each row's element at a position, negative ones counted from the end.
  func elements(_ index: Int) -> RowElements {
    if let known = knownElements[index] { return known }
    let found = TakenValues.elements(index, of: values)
    knownElements[index] = found
    return found
  }

  /// Where these elements stood; any position where a row has none. There must be values.
  func positions(ofElement index: Int, _ level: Level) -> [Int] {
    let here = elements(index).positions
    if level == .here { return here }
    let element = Element(index: index, level: level)
    if let known = knownPositions[element] { return known }
    let found = here.values(of: positions(level))
    knownPositions[element] = found
    return found
  }

  /// Offsets start at 0 and never decrease.
  public convenience init(_ offsets: [Int]) {
    Column.check(offsets)
    self.init(checked: offsets)
  }

  /// The objects for which a mask is true, of those that `source` tells.
  public convenience init(where mask: [Bool], of source: [Int]) {
    self.init(rowCount: source.count - 1) { TakenValues(where: mask, of: source) }
  }

  convenience init(checked offsets: [Int]) {
    self.init(rowCount: offsets.count - 1) { TakenValues(offsets: offsets) }
  }

  init(rowCount: Int, from source: LazyOffsets? = nil, _ make: @escaping () -> TakenValues) {
    self.rowCount = rowCount
    self.source = source
    self.make = make
  }
}

extension [Int] {
  /// The values of a list at these positions.
  fileprivate func values(of list: [Int]) -> [Int] { ColumnValues.taken(list[...], at: self) }
}
