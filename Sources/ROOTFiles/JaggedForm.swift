/// How elements of variable number stand in a basket, each of `itemBytes`, after `headerBytes` of each entry.
struct JaggedForm: Sendable {
  var coding: NumberCoding
  var itemBytes: Int
  var headerBytes: Int

  /// All elements of a basket, by the length of its data.
  func itemCount(of basket: Basket) throws -> Int {
    let bytes = basket.dataBytes - headerBytes * basket.entries.count
    guard bytes >= 0, bytes % itemBytes == 0 else {
      throw basket.damaged("\(basket.dataBytes) bytes, which are no whole number of elements of \(itemBytes)")
    }
    return bytes / itemBytes
  }

  /// Where each entry begins: by the basket itself, else by the counts.
  func offsets(_ loaded: LoadedBasket, _ counts: EntryCounts?) throws -> [Int] {
    if let offsets = try loaded.offsets() { return offsets }
    let basket = loaded.basket
    guard let counts else { throw basket.damaged("no offsets, and no branch counts its elements") }
    var offsets = [0]
    offsets.reserveCapacity(basket.entries.count + 1)
    var place = 0
    for entry in basket.entries {
      let (bytes, overflow) = try counts.count(entry).multipliedReportingOverflow(by: itemBytes)
      guard !overflow, bytes <= basket.dataBytes - place else { throw basket.damaged("fewer elements than counted") }
      place += bytes + headerBytes
      offsets.append(place)
    }
    guard place == basket.dataBytes else { throw basket.damaged("more elements than counted") }
    return offsets
  }

  /// The elements in some rows.
  func items(in offsets: [Int], _ rows: Range<Int>, _ basket: Basket) throws -> Int {
    let bytes = offsets[rows.upperBound] - offsets[rows.lowerBound] - headerBytes * rows.count
    guard bytes >= 0, bytes % itemBytes == 0 else { throw basket.damaged("entries of no whole number of elements") }
    return bytes / itemBytes
  }

  /// Decodes the elements of some rows, and writes where each row ends, counted from `base`.
  /// - Returns: the number of elements, never more than `room`.
  func decode(
    _ loaded: LoadedBasket, offsets: [Int], rows: Range<Int>, to destination: UnsafeMutableRawPointer, room: Int,
    perItem: Int, starts: UnsafeMutableBufferPointer<Int>, base: Int
  ) throws -> Int {
    guard let bytes = loaded.start else { return 0 }
    if headerBytes == 0 {
      let first = offsets[rows.lowerBound]
      let count = (offsets[rows.upperBound] - first) / itemBytes
      guard count <= room else { return count }
      guard place(offsets, rows, starts, base) else {
        throw loaded.basket.damaged("entries of no whole number of elements")
      }
      coding.decode(bytes + first, count: count * perItem, to: destination)
      return count
    }
    let width = coding.type.width * perItem
    var done = 0
    for row in rows {
      let length = offsets[row + 1] - offsets[row] - headerBytes
      guard length >= 0, length % itemBytes == 0, done + length / itemBytes <= room else {
        throw loaded.basket.damaged("an entry of \(length + headerBytes) bytes")
      }
      let count = length / itemBytes
      if headerBytes == 10 { try checkVector(bytes + offsets[row], count: count, loaded.basket) }
      coding.decode(bytes + offsets[row] + headerBytes, count: count * perItem, to: destination + done * width)
      done += count
      starts[row - rows.lowerBound] = base + done
    }
    return done
  }

  /// Writes where each row ends; false if one holds a part of an element.
  private func place(
    _ offsets: [Int], _ rows: Range<Int>, _ starts: UnsafeMutableBufferPointer<Int>, _ base: Int
  ) -> Bool {
    let first = offsets[rows.lowerBound]
    return offsets.withUnsafeBufferPointer { offsets in
      if itemBytes & (itemBytes - 1) == 0 {
        let shift = itemBytes.trailingZeroBitCount
        var loose = 0
        for i in 0..<rows.count {
          let bytes = offsets[rows.lowerBound + i + 1] - first
          loose |= bytes & (itemBytes - 1)
          starts[i] = base + bytes >> shift
        }
        return loose == 0
      }
      for i in 0..<rows.count {
        let (count, rest) = (offsets[rows.lowerBound + i + 1] - first).quotientAndRemainder(dividingBy: itemBytes)
        guard rest == 0 else { return false }
        starts[i] = base + count
      }
      return true
    }
  }

  /// A vector's header states its number of elements once more.
  private func checkVector(_ start: UnsafeRawPointer, count: Int, _ basket: Basket) throws {
    let stated = Int32(bigEndian: start.loadUnaligned(fromByteOffset: 6, as: Int32.self))
    guard Int(stated) == count else { throw basket.damaged("a vector of \(stated) in bytes for \(count)") }
  }
}
