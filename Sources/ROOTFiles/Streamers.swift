/// One member of a class, as the file describes it (TStreamerElement).
struct StreamerElement: Hashable, Sendable {
  var kind: String
  var name: String
  var title: String
  /// ROOT's number of its type: see ``StreamerType``.
  var type: Int
  /// The number of values of a fixed-size array; 0 for a single value.
  var arrayLength: Int
  var dimensions: [Int]
  var typeName: String
  /// Of a base class.
  var baseVersion: Int
  /// The member that holds the length of a variable-size array.
  var countName: String
  /// Of an STL container.
  var container: Int
  var content: Int
}

/// ROOT's numbers of the types of members (`TVirtualStreamerInfo::EReadWrite`).
enum StreamerType {
  static let base = 0, char = 1, short = 2, int = 3, long = 4, float = 5, counter = 6, charStar = 7, double = 8
  static let double32 = 9, legacyChar = 10, uchar = 11, ushort = 12, uint = 13, ulong = 14, bits = 15, long64 = 16
  static let ulong64 = 17, bool = 18, float16 = 19
  /// Added to a basic type: a fixed-size array, or a variable-size array behind a pointer.
  static let offsetL = 20, offsetP = 40
  static let object = 61, any = 62, objectInPlace = 63, objectPointer = 64, tstring = 65, tobject = 66, tnamed = 67
  static let anyInPlace = 68, anyPointer = 69, anyPointerNoTable = 70, stlPointer = 71
  static let stl = 300, stlString = 365, streamer = 500, streamLoop = 501
}

/// A version of a class, as the file describes it (TStreamerInfo).
struct StreamerInfo: Hashable, Sendable {
  var className: String
  var version: Int
  var checksum: UInt32
  var elements: [StreamerElement]
}

/// The descriptions of classes in a file.
struct StreamerRegistry: Sendable {
  private var infos: [String: [StreamerInfo]] = [:]

  init() {}

  mutating func add(_ info: StreamerInfo) { infos[info.className, default: []].append(info) }

  var classNames: [String] { infos.keys.sorted() }

  /// The description of a version of a class; versions 0 and 1 of classes without a dictionary are told apart by checksum.
  func info(_ className: String, version: Int, checksum: UInt32? = nil) -> StreamerInfo? {
    guard let versions = infos[className] else { return nil }
    if let checksum, let exact = versions.first(where: { $0.checksum == checksum }) { return exact }
    return versions.first { $0.version == version }
  }

  /// The newest description of a class.
  func newest(_ className: String) -> StreamerInfo? { infos[className]?.max { $0.version < $1.version } }

  /// Reads the record of descriptions, itself a list of objects of known layout.
  init(_ region: ByteRegion, keyBytes: Int) throws {
    let reader = ObjectReader(region, origin: keyBytes, streamers: StreamerRegistry())
    let list = try reader.object(ofClass: "TList")
    for info in list.objects() where info.className == "TStreamerInfo" {
      add(
        StreamerInfo(
          className: info.text("fName") ?? "", version: info.integer("fClassVersion") ?? 0,
          checksum: UInt32(truncatingIfNeeded: info.integer("fCheckSum") ?? 0),
          elements: info.objects("fElements").map(StreamerElement.init)))
    }
  }
}

extension StreamerElement {
  init(_ object: StreamedObject) {
    kind = object.className
    name = object.text("fName") ?? ""
    title = object.text("fTitle") ?? ""
    type = object.integer("fType") ?? -1
    arrayLength = object.integer("fArrayLength") ?? 0
    let rank = min(max(object.integer("fArrayDim") ?? 0, 0), 5)
    dimensions = Array((object.integers("fMaxIndex") ?? []).prefix(rank))
    typeName = object.text("fTypeName") ?? ""
    baseVersion = object.integer("fBaseVersion") ?? 0
    countName = object.text("fCountName") ?? ""
    container = object.integer("fSTLtype") ?? 0
    content = object.integer("fCtype") ?? 0
  }
}
