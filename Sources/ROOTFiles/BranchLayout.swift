/// How the entries of a branch stand in its baskets.
enum BranchLayout: Sendable {
  /// The same number of numbers for each entry.
  case flat(NumberCoding, dimensions: [Int])
  /// Several leaves one after another in each entry.
  case leafList([Leaf])
  /// Any number of elements for each entry, after `headerBytes` bytes that are passed over.
  case jagged(NumberCoding, dimensions: [Int], headerBytes: Int)
  /// Values that are read one after another.
  case streamed(@Sendable () throws -> Decoder)
  /// A node without data of its own.
  case group

  struct Leaf: Hashable, Sendable {
    var name: String
    var coding: NumberCoding
    var dimensions: [Int]
    var byteOffset: Int
  }

  init(_ branch: BranchRecord, streamers: StreamerRegistry) throws {
    if branch.childCount > 0 || branch.elementType == 3 || branch.elementType == 4 {
      // The node of a split collection holds the number of its elements.
      let counts = branch.elementType == 3 || branch.elementType == 4
      self = counts ? .flat(.plain(.int32), dimensions: []) : .group
      return
    }
    guard branch.className == "TBranch" || branch.className == "TBranchElement" else {
      throw ROOTFileError(.unreadable(className: branch.className, reason: "branches of this class are not read"))
    }
    guard let leaf = branch.leaves.first else {
      throw ROOTFileError(.unreadable(className: branch.className, reason: "it has no leaves"))
    }
    if branch.leaves.count > 1 {
      self = try Self.leafList(branch.leaves)
    } else if leaf.className == "TLeafElement" {
      self = try Self.element(branch, leaf, DecoderFactory(streamers: streamers))
    } else if leaf.className == "TLeafC" {
      self = .streamed { TextDecoder() }
    } else {
      let coding = try Self.coding(leaf)
      self =
        leaf.counter == nil
        ? .flat(coding, dimensions: leaf.dimensions)
        : .jagged(coding, dimensions: leaf.dimensions, headerBytes: 0)
    }
  }

  private static func leafList(_ leaves: [LeafRecord]) throws -> BranchLayout {
    var found = [Leaf]()
    var offset = 0
    for leaf in leaves {
      guard leaf.counter == nil else {
        throw ROOTFileError(.unreadable(className: leaf.className, reason: "a leaf list of variable length"))
      }
      let coding = try coding(leaf)
      found.append(Leaf(name: leaf.name, coding: coding, dimensions: leaf.dimensions, byteOffset: offset))
      offset += coding.storedWidth * max(leaf.length, 0)
    }
    return .leafList(found)
  }

  private static func coding(_ leaf: LeafRecord) throws -> NumberCoding {
    switch leaf.className {
    case "TLeafB": return .plain(leaf.isUnsigned ? .uint8 : .int8)
    case "TLeafS": return .plain(leaf.isUnsigned ? .uint16 : .int16)
    case "TLeafI": return .plain(leaf.isUnsigned ? .uint32 : .int32)
    case "TLeafL", "TLeafG": return .plain(leaf.isUnsigned ? .uint64 : .int64)
    case "TLeafF": return .plain(.float32)
    case "TLeafD": return .plain(.float64)
    case "TLeafO": return .plain(.bool)
    case "TLeafD32": return .double32(leaf.title)
    case "TLeafF16": return .float16(leaf.title)
    default:
      throw ROOTFileError(.unreadable(className: leaf.className, reason: "leaves of this class are not read"))
    }
  }

  /// A branch of a member of a class, or of a whole object or container.
  private static func element(
    _ branch: BranchRecord, _ leaf: LeafRecord, _ factory: DecoderFactory
  ) throws -> BranchLayout {
    let isTopLevel = branch.elementIndex < 0 || branch.isTopLevel
    if isTopLevel { return try topLevel(branch, factory) }
    guard
      let info = factory.streamers.info(
        branch.ownerClass, version: branch.ownerVersion, checksum: branch.ownerChecksum)
        ?? factory.streamers.newest(branch.ownerClass),
      info.elements.indices.contains(branch.elementIndex)
    else {
      throw ROOTFileError(
        .unreadable(className: branch.ownerClass, reason: "the file does not describe member \(branch.elementIndex)"))
    }
    let element = info.elements[branch.elementIndex]
    let inCollection = branch.elementType == 31 || branch.elementType == 41
    if element.type < StreamerType.offsetP,
      let coding = NumberCoding(streamerType: element.type % StreamerType.offsetL, title: element.title)
    {
      return inCollection
        ? .jagged(coding, dimensions: leaf.dimensions, headerBytes: 0) : .flat(coding, dimensions: leaf.dimensions)
    }
    if (StreamerType.offsetP..<StreamerType.offsetP + 20).contains(element.type), !inCollection,
      let coding = NumberCoding(streamerType: element.type - StreamerType.offsetP, title: element.title)
    {
      // A byte that says whether there is an array, then the array.
      return .jagged(coding, dimensions: [], headerBytes: 1)
    }
    if !inCollection, let vector = vectorOfNumbers(element.typeName) {
      return .jagged(vector, dimensions: [], headerBytes: 10)
    }
    // Tried once, so that what cannot be read is known when the tree is opened.
    _ = try factory.decoder(for: element, of: info.className)
    guard inCollection else { return .streamed { try factory.decoder(for: element, of: info.className) } }
    let type = CppTypeName(element.typeName)
    let isContainer = type.map(DecoderFactory.isContainer) ?? false
    return .streamed {
      guard isContainer, let type else {
        return RestOfEntryDecoder(hasHeader: false, try factory.decoder(for: element, of: info.className))
      }
      return RestOfEntryDecoder(
        hasHeader: true, try factory.decoder(for: type, hasHeader: false, textHasHeader: false))
    }
  }

  private static func topLevel(_ branch: BranchRecord, _ factory: DecoderFactory) throws -> BranchLayout {
    if let vector = vectorOfNumbers(branch.ownerClass) {
      return .jagged(vector, dimensions: [], headerBytes: 10)
    }
    if let type = CppTypeName(branch.ownerClass), DecoderFactory.isContainer(type) {
      _ = try factory.decoder(for: type, hasHeader: true, textHasHeader: false)
      return .streamed { try factory.decoder(for: type, hasHeader: true, textHasHeader: false) }
    }
    let version = branch.ownerVersion, checksum = branch.ownerChecksum
    _ = try factory.classDecoder(branch.ownerClass, version: version, checksum: checksum)
    return .streamed {
      let decoder = try factory.classDecoder(branch.ownerClass, version: version, checksum: checksum)
      return (decoder as? HeadedDecoder).map(EntryObjectDecoder.init) ?? decoder
    }
  }

  /// The numbers of a `vector` of a basic type, which stand after a header of ten bytes.
  private static func vectorOfNumbers(_ typeName: String) -> NumberCoding? {
    guard let type = CppTypeName(typeName), type.name == "vector", !type.isPointer else { return nil }
    return type.arguments.first?.number
  }
}
