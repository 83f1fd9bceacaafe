/// Values taken from a jagged column: where they stood, and where those of each row begin now.
///
/// No loop here has a branch that the processor would have to guess: events have one object or none as it happens.
public struct TakenValues {
  /// Not told for a range of rows, whose values stand together.
  public let positions: [Int]
  /// One more than rows, increasing from 0.
  public let offsets: [Int]

  init(offsets: [Int]) {
    positions = []
    self.offsets = offsets
  }

  /// The values of the rows in a range.
  init(rows: Range<Int>, of source: [Int]) {
    positions = []
    let first = source[rows.lowerBound]
    offsets = source[rows.lowerBound...rows.upperBound].withUnsafeBufferPointer { source in
      [Int](unsafeUninitializedCapacity: source.count) { out, count in
        count = source.count
        for row in 0..<count { out[row] = source[row] &- first }
      }
    }
  }

  /// The values of these rows, in that order.
  init(rows: [Int], of source: [Int]) {
    let offsets = [Int](unsafeUninitializedCapacity: rows.count + 1) { out, count in
      out[0] = 0
      for (place, row) in rows.enumerated() { out[place + 1] = out[place] + source[row + 1] - source[row] }
      count = rows.count + 1
    }
    self.offsets = offsets
    positions = [Int](unsafeUninitializedCapacity: offsets[rows.count]) { out, count in
      var place = 0
      for row in rows {
        for position in source[row]..<source[row + 1] {
          out[place] = position
          place &+= 1
        }
      }
      count = place
    }
  }

  /// Each row's value at a position; negative ones count from the end.
  package static func elements(_ index: Int, of offsets: [Int]) -> RowElements {
    let rows = offsets.count - 1
    var positions = [Int](repeating: 0, count: rows)
    var present = [Bool](repeating: false, count: rows)
    var count = 0
    positions.withUnsafeMutableBufferPointer { positions in
      present.withUnsafeMutableBufferPointer { present in
        offsets.withUnsafeBufferPointer { offsets in
          let side = index >= 0 ? 0 : 1
          for row in 0..<rows {
            let position = offsets[row &+ side] &+ index
            let isThere = position >= offsets[row] && position < offsets[row &+ 1]
            positions[row] = isThere ? position : 0
            present[row] = isThere
            count &+= isThere ? 1 : 0
          }
        }
      }
    }
    return RowElements(positions: positions, present: present, count: count)
  }

  /// The values for which the mask is true.
  public init(where mask: [Bool], of source: [Int]) {
    precondition(mask.count == source.last, "a mask of \(mask.count) for \(source.last ?? 0) values")
    positions = mask.truePositions()
    // How many are true before each position.
    let before = mask.withUnsafeBytes { mask in
      [Int](unsafeUninitializedCapacity: mask.count + 1) { out, count in
        count = mask.count + 1
        var sum = 0
        for position in 0..<mask.count {
          out[position] = sum
          sum &+= Int(mask[position])
        }
        out[mask.count] = sum
      }
    }
    offsets = before.withUnsafeBufferPointer { before in
      source.withUnsafeBufferPointer { source in
        [Int](unsafeUninitializedCapacity: source.count) { out, count in
          count = source.count
          for row in 0..<count { out[row] = before[source[row]] }
        }
      }
    }
  }
}

/// One value of each row of a jagged column.
package struct RowElements {
  /// Where it stands; 0 where there is none.
  package var positions: [Int]
  /// Whether the row has it.
  package var present: [Bool]
  /// How many rows do.
  package var count: Int
}

extension [Bool] {
  /// Where the values are true.
  public func truePositions() -> [Int] {
    // Bytes of 0 and 1, which are added: each position is written, and the place moves on where it is wanted.
    withUnsafeBytes { mask in
      [Int](unsafeUninitializedCapacity: mask.count) { out, count in
        var place = 0
        for position in 0..<mask.count {
          out[place] = position
          place &+= Int(mask[position])
        }
        count = place
      }
    }
  }

  /// Keeps what is true in both, and gives how many are.
  package mutating func and(_ other: [Bool]) -> Int {
    precondition(count == other.count, "masks of \(count) and \(other.count) rows")
    return withUnsafeMutableBytes { mask in
      other.withUnsafeBytes { other in
        var sum = 0
        for i in 0..<mask.count {
          mask[i] &= other[i]
          sum &+= Int(mask[i])
        }
        return sum
      }
    }
  }
}

extension [Double] {
  /// As many numbers, of no particular value, for a loop to write: unlike a closure that fills an array, it is compiled with the
  /// operation inside it.
  package init(toOverwrite count: Int) {
    self.init(unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
  }

  /// Which are not 0.
  package var truths: [Bool] {
    withUnsafeBufferPointer { numbers in
      [Bool](unsafeUninitializedCapacity: numbers.count) { out, count in
        count = numbers.count
        for i in numbers.indices { out[i] = numbers[i] != 0 }
      }
    }
  }
}
