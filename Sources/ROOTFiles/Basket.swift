/// A basket: some entries of one branch, compressed together.
struct Basket: Sendable {
  /// The first entry and the one after the last.
  var entries: Range<Int>
  /// Bytes before the object, from which ROOT counts the offsets.
  var keyBytes: Int
  /// Bytes of the entries' data; offsets may follow.
  var dataBytes: Int
  var objectBytes: Int
  var stored: ByteRegion
  /// Of a basket within the tree's description.
  var embeddedOffsets: [Int]?

  var hasOffsets: Bool { objectBytes > dataBytes || embeddedOffsets != nil }

  /// The basket's object, decompressed into the lane's memory or as it lies in the file.
  func load(_ scratch: Scratch) throws -> LoadedBasket {
    guard stored.count != objectBytes else { return LoadedBasket(basket: self, region: stored) }
    try CompressedBlocks.check(stored, length: objectBytes)
    let buffer = scratch.bytes(objectBytes)
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[0..<objectBytes])
    try CompressedBlocks.decompress(stored, into: room)
    return LoadedBasket(
      basket: self, region: ByteRegion(owner: buffer, bytes: UnsafeRawBufferPointer(room), fileOffset: nil))
  }

  func damaged(_ reason: String) -> ROOTFileError {
    ROOTFileError(.damaged("its basket of entries \(entries) has \(reason)"), byteOffset: stored.fileOffset)
  }
}

/// A basket's bytes, decompressed.
struct LoadedBasket {
  let basket: Basket
  let region: ByteRegion

  var start: UnsafeRawPointer? { region.bytes.baseAddress }

  /// Where each entry begins, and where the last ends; `nil` if the basket does not say.
  ///
  /// The offsets are checked: they begin at 0, do not decrease and end at the data's end.
  func offsets() throws -> [Int]? {
    let count = basket.entries.count
    let end = basket.dataBytes
    var offsets: [Int]
    if let embedded = basket.embeddedOffsets {
      guard embedded.count == count else { throw basket.damaged("\(embedded.count) offsets for \(count) entries") }
      offsets = embedded
    } else {
      guard basket.objectBytes > end else { return nil }
      var cursor = ByteCursor(region, at: end)
      let stated = try cursor.count32(of: 4)
      guard stated >= count else { throw basket.damaged("\(stated) offsets for \(count) entries") }
      let bytes = try cursor.bytes(4 * count)
      let key = basket.keyBytes
      offsets = [Int](unsafeUninitializedCapacity: count + 1) { buffer, initialized in
        for i in 0..<count {
          buffer[i] = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: Int32.self))) - key
        }
        initialized = count
      }
    }
    offsets.append(end)
    var good = offsets[0] == 0 || count == 0
    for i in 0..<count { good = good && offsets[i] <= offsets[i + 1] }
    guard good else { throw basket.damaged("offsets that do not rise from the start to the end of its data") }
    return offsets
  }
}

extension BranchRecord {
  /// The baskets that hold any of the entries, in their order; they join without gaps.
  func baskets(overlapping wanted: Range<Int>, in file: ByteRegion) throws -> [Basket] {
    var found = [Basket]()
    guard !wanted.isEmpty else { return found }
    let written = writtenBaskets
    guard basketOffsets.count >= written, basketEntries.count >= written else {
      throw ROOTFileError(.damaged("it has \(written) baskets, but only \(basketOffsets.count) places of them"))
    }
    let hasLast = embedded[written] != nil && basketEntries.count > written
    for index in 0..<(hasLast ? written + 1 : written) {
      let first = basketEntries[index]
      let isLast = index + 1 == (hasLast ? written + 1 : written)
      let end = isLast ? entryCount : basketEntries[index + 1]
      guard first >= 0, first <= end, end <= entryCount else {
        throw ROOTFileError(.damaged("its basket \(index) has the entries from \(first) to \(end) of \(entryCount)"))
      }
      guard first < wanted.upperBound, end > wanted.lowerBound, first < end else { continue }
      let place = index < basketOffsets.count ? basketOffsets[index] : 0
      if place == 0 || index == written, let basket = embedded[index] {
        found.append(try embeddedBasket(basket, entries: first..<end))
      } else {
        found.append(try basket(at: place, entries: first..<end, in: file))
      }
    }
    let covered = found.reduce(wanted.lowerBound) { $1.entries.lowerBound <= $0 ? $1.entries.upperBound : $0 }
    guard covered >= wanted.upperBound else {
      throw ROOTFileError(.damaged("its baskets do not hold the entries from \(covered) to \(wanted.upperBound)"))
    }
    return found
  }

  private func embeddedBasket(_ basket: EmbeddedBasket, entries: Range<Int>) throws -> Basket {
    guard basket.entryCount == entries.count else {
      throw ROOTFileError(.damaged("its last basket has \(basket.entryCount) entries instead of \(entries.count)"))
    }
    return Basket(
      entries: entries, keyBytes: 0, dataBytes: basket.data.count, objectBytes: basket.data.count, stored: basket.data,
      embeddedOffsets: basket.offsets)
  }

  private func basket(at place: Int, entries: Range<Int>, in file: ByteRegion) throws -> Basket {
    guard place > 0, place < file.count else {
      throw ROOTFileError(.truncated(expectedBytes: place, foundBytes: file.count), byteOffset: file.count)
    }
    var cursor = ByteCursor(file, at: place)
    let key = try KeyRecord(&cursor)
    let header = try BasketHeader(&cursor)
    let dataBytes = header.last - key.headerBytes
    guard header.entryCount == entries.count, dataBytes >= 0, dataBytes <= key.objectBytes else {
      throw ROOTFileError(
        .damaged(
          "a basket of \(header.entryCount) entries and \(dataBytes) bytes, where \(entries.count) entries and at most "
            + "\(key.objectBytes) bytes should be"), byteOffset: place)
    }
    let record = try file.part(from: place, count: key.recordBytes)
    let stored = try record.part(from: key.headerBytes, count: key.storedBytes)
    // Lengths are compared before memory is taken for them.
    if stored.count != key.objectBytes { try CompressedBlocks.check(stored, length: key.objectBytes) }
    return Basket(
      entries: entries, keyBytes: key.headerBytes, dataBytes: dataBytes, objectBytes: key.objectBytes, stored: stored,
      embeddedOffsets: nil)
  }
}
