extension ROOTArray {
  /// The arrays of several baskets, one after another; all must be of one shape.
  static func joined(_ parts: [ROOTArray]) throws -> ROOTArray {
    guard let first = parts.first else { return .record([], count: 0) }
    if parts.count == 1 { return first }
    switch first {
    case .numbers:
      return .numbers(
        try ROOTNumbers.joined(try parts.map { if case .numbers(let value) = $0 { value } else { throw differ } }))
    case .strings:
      var offsets = [0]
      var bytes = [UInt8]()
      for part in parts {
        guard case .strings(let more, let text) = part else { throw differ }
        offsets.append(contentsOf: more.dropFirst().map { $0 + bytes.count })
        bytes.append(contentsOf: text)
      }
      return .strings(offsets: offsets, bytes: bytes)
    case .fixed(let size, _, _):
      let contents = try parts.map { part -> (ROOTArray, Int) in
        guard case .fixed(size, let content, let count) = part else { throw differ }
        return (content, count)
      }
      return .fixed(size: size, try joined(contents.map(\.0)), count: contents.reduce(0) { $0 + $1.1 })
    case .list: return try joinedLists(parts)
    case .record(let fields, _):
      var columns = fields.map { _ in [ROOTArray]() }
      for part in parts {
        guard case .record(let more, _) = part, more.map(\.name) == fields.map(\.name) else { throw differ }
        for index in more.indices { columns[index].append(more[index].values) }
      }
      return .record(
        try zip(fields, columns).map { ROOTField(name: $0.name, values: try joined($1)) },
        count: parts.reduce(0) { $0 + $1.count })
    case .variant: return try joinedVariants(parts)
    }
  }

  private static var differ: ROOTFileError { ROOTFileError(.damaged("its parts are of different types")) }

  private static func joinedLists(_ parts: [ROOTArray]) throws -> ROOTArray {
    var offsets = [0]
    var contents = [ROOTArray]()
    var base = 0
    for part in parts {
      guard case .list(let more, let content) = part else { throw differ }
      offsets.append(contentsOf: more.dropFirst().map { $0 + base })
      base += more[more.count - 1]
      contents.append(content)
    }
    return .list(offsets: offsets, try joined(contents))
  }

  private static func joinedVariants(_ parts: [ROOTArray]) throws -> ROOTArray {
    var tags = [Int8]()
    var positions = [Int]()
    var columns = [[ROOTArray]]()
    for part in parts {
      guard case .variant(let moreTags, let morePositions, let alternatives) = part else { throw differ }
      if columns.isEmpty { columns = alternatives.map { _ in [] } }
      guard columns.count == alternatives.count else { throw differ }
      let bases = columns.map { $0.reduce(0) { $0 + $1.count } }
      for (tag, position) in zip(moreTags, morePositions) {
        tags.append(tag)
        positions.append(tag >= 0 ? position + bases[Int(tag)] : 0)
      }
      for index in alternatives.indices { columns[index].append(alternatives[index]) }
    }
    return .variant(tags: tags, positions: positions, try columns.map { try joined($0) })
  }
}

extension ROOTNumbers {
  static func joined(_ parts: [ROOTNumbers]) throws -> ROOTNumbers {
    guard let type = parts.first?.type else { return .uint8([]) }
    guard parts.allSatisfy({ $0.type == type }) else {
      throw ROOTFileError(.damaged("its parts are of different types"))
    }
    return make(type, count: parts.reduce(0) { $0 + $1.count }) { destination in
      var done = 0
      for part in parts {
        part.withBytes { bytes in
          if let start = bytes.baseAddress { (destination + done).copyMemory(from: start, byteCount: bytes.count) }
          done += bytes.count
        }
      }
    }
  }
}
