/// Makes decoders for classes and members by the file's descriptions.
struct DecoderFactory: Sendable {
  let streamers: StreamerRegistry
  private static let maximumDepth = 20

  private static let sequences: Set<String> = [
    "vector", "list", "deque", "set", "multiset", "unordered_set", "unordered_multiset", "forward_list", "RVec",
    "VecOps::RVec", "ROOT::VecOps::RVec",
  ]
  private static let maps: Set<String> = ["map", "multimap", "unordered_map", "unordered_multimap"]

  /// A member of a class, as it stands within the class's own bytes or in a branch of its own.
  func decoder(
    for element: StreamerElement, of className: String, siblings: [String: Decoder] = [:], depth: Int = 0
  ) throws -> Decoder {
    let type = element.type
    let isArray = element.arrayLength > 0
    switch type {
    case StreamerType.bits: return BitsDecoder()
    case StreamerType.charStar: return TextDecoder(longLength: true)
    case 1..<StreamerType.offsetL:
      let number = NumberDecoder(try number(type, element, className))
      return isArray ? fixed(number, dimensions(of: element)) : number
    case StreamerType.offsetL + 1..<StreamerType.offsetP:
      let coding = try number(type - StreamerType.offsetL, element, className)
      return fixed(NumberDecoder(coding), dimensions(of: element))
    case StreamerType.offsetP + 1..<StreamerType.offsetP + 20:
      guard let counter = siblings[element.countName] else {
        throw unreadable(element, className, "its length '\(element.countName)' is not read")
      }
      return CountedDecoder(
        counter: counter, NumberDecoder(try number(type - StreamerType.offsetP, element, className)))
    case StreamerType.tstring: return TextDecoder()
    case StreamerType.tstring + StreamerType.offsetL: return fixed(TextDecoder(), dimensions(of: element))
    case StreamerType.tobject: return TObjectDecoder()
    case StreamerType.base:
      return try classDecoder(element.name, isBase: true, depth: depth + 1)
    case StreamerType.object, StreamerType.any, StreamerType.objectInPlace, StreamerType.anyInPlace,
      StreamerType.tnamed:
      let name = element.kind == "TStreamerBase" ? element.name : String(element.typeName.prefix { $0 != "*" })
      return try classDecoder(name, isBase: element.kind == "TStreamerBase", depth: depth + 1)
    case StreamerType.object + StreamerType.offsetL, StreamerType.any + StreamerType.offsetL:
      return fixed(try classDecoder(element.typeName, depth: depth + 1), dimensions(of: element))
    case StreamerType.stl, StreamerType.stlString, StreamerType.streamer:
      guard !isArray, let name = CppTypeName(element.typeName) else {
        throw unreadable(element, className, "it is an array of containers")
      }
      return try decoder(for: name, hasHeader: true, textHasHeader: true, depth: depth + 1)
    default:
      throw unreadable(element, className, "ROOT's type \(type) is not known to this reader")
    }
  }

  /// Reads a class by its newest description, or by the one of a version.
  func classDecoder(
    _ className: String, version: Int? = nil, checksum: UInt32? = nil, isBase: Bool = false, depth: Int = 0
  ) throws -> Decoder {
    guard depth < Self.maximumDepth else {
      throw ROOTFileError(.unreadable(className: className, reason: "classes nested deeper than \(Self.maximumDepth)"))
    }
    switch className {
    case "TObject": return TObjectDecoder()
    case "TRef": return ReferenceDecoder()
    case "TRefArray": return ReferenceArrayDecoder()
    case "TString": return TextDecoder()
    case "TDatime": return NumberDecoder(.plain(.uint32))
    default: break
    }
    if let name = CppTypeName(className), name.number != nil || Self.isContainer(name) {
      return try decoder(for: name, hasHeader: true, textHasHeader: true, depth: depth)
    }
    let described =
      version.flatMap { streamers.info(className, version: $0, checksum: checksum) } ?? streamers.newest(className)
    guard let info = described else {
      throw ROOTFileError(.unreadable(className: className, reason: "the file does not describe it"))
    }
    let record = try recordDecoder(info, depth: depth)
    return HeadedDecoder(className: className, version: max(info.version, 0), isBase: isBase, record)
  }

  private func recordDecoder(_ info: StreamerInfo, depth: Int) throws -> RecordDecoder {
    var members = [(name: String, decoder: Decoder)]()
    var siblings = [String: Decoder]()
    for element in info.elements {
      let decoder = try decoder(for: element, of: info.className, siblings: siblings, depth: depth)
      siblings[element.name] = decoder
      if let base = (decoder as? HeadedDecoder), base.isBase, let record = base.content as? RecordDecoder {
        for member in record.members { siblings[member.name] = member.decoder }
      }
      members.append((element.name, decoder))
    }
    return RecordDecoder(className: info.className, members: members)
  }

  /// A type by its C++ name. Containers within containers have no headers of their own; members and top-level ones do.
  func decoder(for type: CppTypeName, hasHeader: Bool, textHasHeader: Bool, depth: Int = 0) throws -> Decoder {
    guard depth < Self.maximumDepth else {
      throw ROOTFileError(.unreadable(className: type.text, reason: "types nested deeper than \(Self.maximumDepth)"))
    }
    if type.isPointer { throw ROOTFileError(.unreadable(className: type.text, reason: "it holds pointers")) }
    if let number = type.number { return NumberDecoder(number) }
    if type.name == "string" || type.name == "TString" {
      return textHasHeader && type.name == "string"
        ? HeadedDecoder(className: "string", version: nil, TextDecoder()) : TextDecoder()
    }
    if Self.sequences.contains(type.name), let content = type.arguments.first {
      let element = try decoder(for: content, hasHeader: false, textHasHeader: false, depth: depth + 1)
      return ListDecoder(typeName: type.text, hasHeader: hasHeader, element)
    }
    if Self.maps.contains(type.name), type.arguments.count >= 2 {
      let key = type.arguments[0], value = type.arguments[1]
      return MapDecoder(
        typeName: type.text, hasHeader: hasHeader,
        key: try decoder(for: key, hasHeader: false, textHasHeader: false, depth: depth + 1),
        keyHasHeader: Self.isContainer(key),
        value: try decoder(for: value, hasHeader: false, textHasHeader: false, depth: depth + 1),
        valueHasHeader: Self.isContainer(value))
    }
    return try classDecoder(type.text, depth: depth + 1)
  }

  static func isContainer(_ type: CppTypeName) -> Bool {
    type.name == "string" || sequences.contains(type.name) || maps.contains(type.name)
  }

  private func dimensions(of element: StreamerElement) -> [Int] {
    let product = element.dimensions.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    return product == element.arrayLength && product > 0 ? element.dimensions : [max(element.arrayLength, 0)]
  }

  private func fixed(_ element: Decoder, _ dimensions: [Int]) -> Decoder {
    dimensions.reversed().reduce(element) { FixedDecoder(size: max($1, 0), $0) }
  }

  private func number(_ type: Int, _ element: StreamerElement, _ className: String) throws -> NumberCoding {
    guard let coding = NumberCoding(streamerType: type, title: element.title) else {
      throw unreadable(element, className, "ROOT's basic type \(type) is not known to this reader")
    }
    return coding
  }

  private func unreadable(_ element: StreamerElement, _ className: String, _ reason: String) -> ROOTFileError {
    ROOTFileError(
      .unreadable(className: className, reason: "its member '\(element.name)' is a \(element.typeName): \(reason)"))
  }
}
