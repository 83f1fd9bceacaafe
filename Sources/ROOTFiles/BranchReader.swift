/// Reads a range of entries of one branch.
struct BranchReader {
  let tree: ROOTTree
  let branch: ROOTBranch
  let entries: Range<Int>
  /// Threads for the baskets of this branch.
  let lanes: Int
  /// Where the entries' elements begin, if that is known from the branch that counts them.
  var sharedOffsets: [Int]?
  /// The memory of the thread that reads this branch, where it is one.
  var scratch: Scratch?

  private var record: BranchRecord { branch.record }

  func read() throws -> ROOTArray {
    let layout = try branch.layout.get()
    if case .group = layout { return try group() }
    let baskets = try record.baskets(overlapping: entries, in: tree.file.region)
    switch layout {
    case .flat(let coding, let dimensions): return try flat(coding, dimensions, baskets)
    case .jagged(let coding, let dimensions, let header): return try jagged(coding, dimensions, header, baskets)
    case .streamed(let make): return try streamed(make, baskets)
    case .leafList(let leaves):
      return try streamed(
        {
          RecordDecoder(
            className: "leaf list",
            members: leaves.map { leaf in
              let number: Decoder = NumberDecoder(leaf.coding)
              return (leaf.name, leaf.dimensions.reversed().reduce(number) { FixedDecoder(size: $1, $0) })
            })
        }, baskets)
    case .group: return .record([], count: entries.count)
    }
  }

  /// The branches of a branch that are readable, as a record.
  private func group() throws -> ROOTArray {
    let children = tree.children(of: branch).filter { $0.problem == nil }
    guard !children.isEmpty else {
      throw ROOTFileError(.unreadable(className: branch.className, reason: "none of its branches can be read"))
    }
    let fields = try children.map { child in
      let reader = BranchReader(tree: tree, branch: child, entries: entries, lanes: lanes)
      return try locating(path: tree.file.path, object: "\(tree.path): \(child.path)") {
        ROOTField(name: child.name, values: try reader.read())
      }
    }
    return .record(fields, count: entries.count)
  }

  /// The rows of a basket that are wanted, counted from its first.
  private func rows(of basket: Basket) -> Range<Int> {
    let wanted = basket.entries.clamped(to: entries)
    return wanted.lowerBound - basket.entries.lowerBound..<wanted.upperBound - basket.entries.lowerBound
  }

  private func shaped(_ numbers: ROOTNumbers, _ dimensions: [Int]) -> ROOTArray {
    var result = ROOTArray.numbers(numbers)
    var count = numbers.count
    for size in dimensions.reversed() {
      count = size > 0 ? count / size : 0
      result = .fixed(size: size, result, count: count)
    }
    return result
  }

  private func flat(_ coding: NumberCoding, _ dimensions: [Int], _ baskets: [Basket]) throws -> ROOTArray {
    let perEntry = dimensions.reduce(1, *)
    let entryBytes = perEntry * coding.storedWidth
    for basket in baskets
    where basket.entries.count.multipliedReportingOverflow(by: entryBytes) != (basket.dataBytes, false) {
      throw basket.damaged("\(basket.dataBytes) bytes for \(basket.entries.count) entries of \(entryBytes)")
    }
    let numbers = try ROOTNumbers.make(coding.type, count: entries.count * perEntry) { destination in
      let width = coding.type.width
      try parallelFor(baskets.count, lanes: lanes, scratch: scratch) { index, scratch in
        let basket = baskets[index]
        let rows = rows(of: basket)
        let loaded = try basket.load(scratch)
        guard let start = loaded.start else { return }
        let place = basket.entries.lowerBound + rows.lowerBound - entries.lowerBound
        coding.decode(
          start + rows.lowerBound * entryBytes, count: rows.count * perEntry, to: destination + place * perEntry * width
        )
      }
    }
    return shaped(numbers, dimensions)
  }

  // MARK: Jagged

  /// The part of a basket's elements that is wanted.
  private struct Piece {
    var basket: Basket
    var rows: Range<Int>
    /// Elements before this basket's, and its own.
    var firstItem = 0
    var itemCount = 0
  }

  private func jagged(
    _ coding: NumberCoding, _ dimensions: [Int], _ headerBytes: Int, _ baskets: [Basket]
  ) throws -> ROOTArray {
    let perItem = dimensions.reduce(1, *)
    let form = JaggedForm(coding: coding, itemBytes: perItem * coding.storedWidth, headerBytes: headerBytes)
    guard form.itemBytes > 0 else { throw ROOTFileError(.damaged("its elements have no bytes")) }
    if let sharedOffsets { return try jagged(form, dimensions, baskets, sharedOffsets) }
    let counts = try counts(for: baskets)
    var pieces = [Piece]()
    var total = 0
    let scratch = scratch ?? Scratch()
    for basket in baskets {
      var piece = Piece(basket: basket, rows: rows(of: basket), firstItem: total)
      if piece.rows.count == basket.entries.count {
        piece.itemCount = try form.itemCount(of: basket)
      } else {
        let offsets = try form.offsets(try basket.load(scratch), counts)
        piece.itemCount = try form.items(in: offsets, piece.rows, basket)
      }
      total += piece.itemCount
      pieces.append(piece)
    }
    let all = pieces
    var numbers = ROOTNumbers.uint8([])
    let offsets = try [Int](unsafeUninitializedCapacity: entries.count + 1) { starts, initialized in
      starts[0] = 0
      let places = UncheckedPointer(starts)
      numbers = try ROOTNumbers.make(coding.type, count: total * perItem) { destination in
        try fill(all, form, counts, perItem, destination, places.buffer)
      }
      // Without any element `make` has nothing to fill, but the starts are still to be.
      if total == 0 { for i in 0...entries.count { starts[i] = 0 } }
      initialized = entries.count + 1
    }
    return .list(offsets: offsets, shaped(numbers, dimensions))
  }

  /// Elements whose places are known: many branches share them, and each basket need only hold as many.
  private func jagged(
    _ form: JaggedForm, _ dimensions: [Int], _ baskets: [Basket], _ offsets: [Int]
  ) throws -> ROOTArray {
    let perItem = dimensions.reduce(1, *)
    let scratch = scratch ?? Scratch()
    var starts = [Int]()
    for basket in baskets {
      let rows = rows(of: basket)
      let place = basket.entries.lowerBound + rows.lowerBound - entries.lowerBound
      let wanted = offsets[place + rows.count] - offsets[place]
      let isWhole = rows.count == basket.entries.count
      let own = isWhole ? nil : try form.offsets(try basket.load(scratch), try counts(for: [basket]))
      let found = try own.map { try form.items(in: $0, rows, basket) } ?? form.itemCount(of: basket)
      guard found == wanted else { throw basket.damaged("\(found) elements where \(wanted) were counted") }
      starts.append(own.map { $0[rows.lowerBound] } ?? 0)
    }
    let firsts = starts
    let numbers = try ROOTNumbers.make(form.coding.type, count: offsets[offsets.count - 1] * perItem) { destination in
      let width = form.coding.type.width * perItem
      try parallelFor(baskets.count, lanes: lanes, scratch: scratch) { index, scratch in
        let rows = rows(of: baskets[index])
        let place = baskets[index].entries.lowerBound + rows.lowerBound - entries.lowerBound
        guard let bytes = try baskets[index].load(scratch).start else { return }
        form.coding.decode(
          bytes + firsts[index], count: (offsets[place + rows.count] - offsets[place]) * perItem,
          to: destination + offsets[place] * width)
      }
    }
    return .list(offsets: offsets, shaped(numbers, dimensions))
  }

  private func fill(
    _ pieces: [Piece], _ form: JaggedForm, _ counts: EntryCounts?, _ perItem: Int,
    _ destination: UnsafeMutableRawPointer, _ starts: UnsafeMutableBufferPointer<Int>
  ) throws {
    let width = form.coding.type.width * perItem
    try parallelFor(pieces.count, lanes: lanes, scratch: scratch) { index, scratch in
      let piece = pieces[index]
      let loaded = try piece.basket.load(scratch)
      let offsets = try form.offsets(loaded, counts)
      let place = piece.basket.entries.lowerBound + piece.rows.lowerBound - entries.lowerBound
      let found = try form.decode(
        loaded, offsets: offsets, rows: piece.rows, to: destination + piece.firstItem * width, room: piece.itemCount,
        perItem: perItem, starts: UnsafeMutableBufferPointer(rebasing: starts[(place + 1)...]), base: piece.firstItem)
      guard found == piece.itemCount else {
        throw piece.basket.damaged("\(found) elements where \(piece.itemCount) were counted")
      }
    }
  }

  /// The number of elements of each entry, for baskets that do not state where their entries begin.
  private func counts(for baskets: [Basket]) throws -> EntryCounts? {
    guard let first = baskets.first, let last = baskets.last, baskets.contains(where: { !$0.hasOffsets }) else {
      return nil
    }
    guard let name = record.leaves.first?.counter, let counter = tree.branch(withLeaf: name) else { return nil }
    let range = first.entries.lowerBound..<last.entries.upperBound
    let reader = BranchReader(tree: tree, branch: counter, entries: range, lanes: lanes)
    guard case .flat = try counter.layout.get(), case .numbers(let numbers) = try reader.read(),
      let counts = numbers.integers
    else { throw ROOTFileError(.damaged("its counter '\(name)' holds no integers")) }
    return EntryCounts(firstEntry: range.lowerBound, counts: counts)
  }

  // MARK: Objects

  private func streamed(_ make: @Sendable () throws -> Decoder, _ baskets: [Basket]) throws -> ROOTArray {
    let counts = try counts(for: baskets)
    guard !baskets.isEmpty else { return try make().values() ?? .record([], count: 0) }
    var parts = [ROOTArray?](repeating: nil, count: baskets.count)
    try parts.withUnsafeMutableBufferPointer { parts in
      let out = UncheckedPointer(parts)
      try parallelFor(baskets.count, lanes: lanes, scratch: scratch) { index, scratch in
        let decoder = try make()
        try decode(baskets[index], decoder, counts, scratch, make)
        out.buffer[index] = try decoder.values() ?? .record([], count: rows(of: baskets[index]).count)
      }
    }
    return try ROOTArray.joined(parts.compactMap(\.self))
  }

  private func decode(
    _ basket: Basket, _ decoder: Decoder, _ counts: EntryCounts?, _ scratch: Scratch,
    _ make: @Sendable () throws -> Decoder
  ) throws {
    let loaded = try basket.load(scratch)
    let rows = rows(of: basket)
    if let offsets = try loaded.offsets() {
      for row in rows {
        var cursor = ByteCursor(try loaded.region.part(from: offsets[row], count: offsets[row + 1] - offsets[row]))
        try decoder.decode(&cursor)
        guard cursor.remaining == 0 else {
          throw ROOTFileError(
            .unreadable(
              className: branch.className,
              reason: "\(cursor.remaining) bytes are left of entry "
                + "\(basket.entries.lowerBound + row)"))
        }
      }
      return
    }
    // Without offsets the entries before the wanted ones are read, too, and what they leave is thrown away.
    let passedOver = try make()
    var cursor = ByteCursor(try loaded.region.part(from: 0, count: basket.dataBytes))
    for row in 0..<rows.upperBound {
      let target = row < rows.lowerBound ? passedOver : decoder
      if let rest = target as? RestOfEntryDecoder {
        guard let counts else { throw basket.damaged("no offsets, and no branch counts its elements") }
        try rest.decode(&cursor, elements: try counts.count(basket.entries.lowerBound + row))
      } else {
        try target.decode(&cursor)
      }
    }
    guard cursor.remaining == 0 || rows.upperBound < basket.entries.count else {
      throw basket.damaged("\(cursor.remaining) bytes more than its entries take")
    }
  }
}

/// How many elements each entry has, by a branch of its own.
struct EntryCounts: Sendable {
  var firstEntry: Int
  var counts: [Int]

  func count(_ entry: Int) throws -> Int {
    let index = entry - firstEntry
    guard counts.indices.contains(index), counts[index] >= 0 else {
      throw ROOTFileError(.damaged("its counter has no number for entry \(entry)"))
    }
    return counts[index]
  }
}

/// A buffer that several threads write at disjoint places.
///
/// Sendable because each thread of ``parallelFor(_:lanes:_:)`` writes only the places of its own index.
struct UncheckedPointer<Element>: @unchecked Sendable {
  let buffer: UnsafeMutableBufferPointer<Element>
  init(_ buffer: UnsafeMutableBufferPointer<Element>) { self.buffer = buffer }
}
