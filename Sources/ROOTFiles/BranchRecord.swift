/// A leaf of a branch, as the tree describes it (TLeaf).
struct LeafRecord: Sendable {
  var className: String
  var name: String
  var title: String
  /// Values an entry, or for each element of a collection.
  var length: Int
  var isUnsigned: Bool
  /// Of a TLeafElement: ROOT's number of the type.
  var type: Int
  /// The leaf that counts the elements; `nil` where their number is fixed.
  var counter: String?

  init(_ object: StreamedObject) {
    className = object.className
    name = object.text("fName") ?? ""
    title = object.text("fTitle") ?? ""
    length = object.integer("fLen") ?? 1
    isUnsigned = object.integer("fIsUnsigned") == 1
    type = object.integer("fType") ?? -1
    counter = object.object("fLeafCount").map { $0.text("fName") ?? "" }
  }

  /// The fixed dimensions in a title, `x[nJet][3]/F` having 3.
  var dimensions: [Int] {
    var found = [Int]()
    for part in title.split(separator: "[").dropFirst(title.hasPrefix("[") ? 0 : 1) {
      guard let size = Int(part.prefix { $0 != "]" }), size >= 0 else { continue }
      found.append(size)
    }
    let product = found.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    if product == length, length > 0 { return found }
    return length == 1 ? [] : [max(length, 0)]
  }
}

/// A branch, as the tree describes it (TBranch, TBranchElement).
struct BranchRecord: Sendable {
  var className: String
  var name: String
  var title: String
  var path: String
  var entryCount: Int
  var objectBytes: Int
  var storedBytes: Int
  var leaves: [LeafRecord]
  var childCount: Int
  var isTopLevel: Bool
  /// Where the baskets lie, how long they are, and their first entries.
  var basketOffsets: [Int]
  var basketEntries: [Int]
  var writtenBaskets: Int
  /// Baskets within the tree's description, by their number.
  var embedded: [Int: EmbeddedBasket]
  /// Of a TBranchElement.
  var ownerClass: String
  var ownerVersion: Int
  var ownerChecksum: UInt32
  var elementIndex: Int
  var elementType: Int
  var streamerType: Int
  var countBranch: String?

  init(_ object: StreamedObject, path: String, isTopLevel: Bool) throws {
    className = object.className
    name = object.text("fName") ?? ""
    title = object.text("fTitle") ?? ""
    self.path = path
    self.isTopLevel = isTopLevel
    entryCount = max(object.integer("fEntries") ?? 0, 0)
    objectBytes = object.integer("fTotBytes") ?? 0
    storedBytes = object.integer("fZipBytes") ?? 0
    leaves = object.objects("fLeaves").map(LeafRecord.init)
    childCount = object.objects("fBranches").count
    basketOffsets = object.integers("fBasketSeek") ?? []
    basketEntries = object.integers("fBasketEntry") ?? []
    writtenBaskets = max(object.integer("fWriteBasket") ?? 0, 0)
    embedded = [:]
    for (index, value) in object.elements("fBaskets").enumerated() {
      if case .object(let basket) = value, let found = EmbeddedBasket(basket) { embedded[index] = found }
    }
    ownerClass = object.text("fClassName") ?? ""
    ownerVersion = object.integer("fClassVersion") ?? 0
    ownerChecksum = UInt32(truncatingIfNeeded: object.integer("fCheckSum") ?? 0)
    elementIndex = object.integer("fID") ?? -1
    elementType = object.integer("fType") ?? 0
    streamerType = object.integer("fStreamerType") ?? -1
    countBranch = object.object("fBranchCount")?.text("fName")
  }
}

/// A basket that was not yet written out when the tree was.
struct EmbeddedBasket: Sendable {
  var entryCount: Int
  /// The entries' data, without the key before them.
  var data: ByteRegion
  var offsets: [Int]?

  init?(_ object: StreamedObject) {
    guard case .bytes(let region)? = object.members["bytes"], let keyBytes = object.integer("fKeylen"),
      let entries = object.integer("fNevBuf"), let last = object.integer("fLast"), keyBytes >= 0, last >= keyBytes,
      let data = try? region.part(from: keyBytes, count: last - keyBytes)
    else { return nil }
    entryCount = entries
    self.data = data
    offsets = object.integers("fEntryOffset").map { $0.prefix(entries).map { $0 - keyBytes } }
  }
}
