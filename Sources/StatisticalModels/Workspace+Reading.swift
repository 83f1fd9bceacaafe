import ByteIO
import Foundation
import Records

extension Workspace {
  /// Reads pyhf's JSON, version 1.0.0, and checks it.
  /// - Throws: ``JSONSyntaxError``, ``WorkspaceError``, ``FileError``.
  public init(readingFrom url: URL) throws {
    try self.init(JSONValue.parse(Data(readingFrom: url), file: url.lastPathComponent), file: url.lastPathComponent)
  }

  /// A workspace from its document. `file` is what errors call it.
  public init(_ document: JSONValue, file: String = "workspace") throws {
    let root = SchemaReader(value: document, file: file, path: "")
    let fields = try root.fields(required: ["channels", "measurements", "observations", "version"])
    let version = try fields["version"].string()
    guard version == "1.0.0" else {
      throw fields["version"].error("found version \"\(version)\"; this program reads 1.0.0")
    }
    self.init(
      channels: try fields["channels"].nonEmpty().map(Self.channel),
      observations: try fields["observations"].nonEmpty().map { item in
        let fields = try item.fields(required: ["name", "data"])
        return Observation(name: try fields["name"].string(), data: try fields["data"].numbers())
      },
      measurements: try fields["measurements"].nonEmpty().map(Self.measurement))
    self.file = file
    self = try validated()
  }

  private static func channel(_ item: SchemaReader) throws -> Channel {
    let fields = try item.fields(required: ["name", "samples"])
    return Channel(
      name: try fields["name"].string(),
      samples: try fields["samples"].nonEmpty().map { sample in
        let fields = try sample.fields(required: ["name", "data", "modifiers"])
        return Sample(
          name: try fields["name"].string(), data: try fields["data"].numbers(),
          modifiers: try fields["modifiers"].items().map(modifier))
      })
  }

  private static func modifier(_ item: SchemaReader) throws -> Modifier {
    let fields = try item.fields(required: ["name", "type", "data"])
    let type = try fields["type"].string()
    let data = fields["data"]
    let kind: Modifier.Kind
    switch type {
    case "normfactor", "shapefactor", "lumi":
      guard data.value == .null else { throw data.error("found \(data.value.kind); a \(type) has null") }
      kind = type == "normfactor" ? .normfactor : type == "lumi" ? .lumi : .shapefactor
    case "normsys":
      let factors = try data.fields(required: ["lo", "hi"])
      kind = .normsys(low: try factors["lo"].number(), high: try factors["hi"].number())
    case "histosys":
      let shapes = try data.fields(required: ["lo_data", "hi_data"])
      kind = .histosys(low: try shapes["lo_data"].numbers(), high: try shapes["hi_data"].numbers())
    case "staterror": kind = .staterror(try data.numbers())
    case "shapesys": kind = .shapesys(try data.numbers())
    default:
      let near = nearestName(to: type, in: Modifier.Kind.allTypes).map { "; nearest: '\($0)'" } ?? ""
      throw fields["type"].error(
        "unknown modifier type '\(type)'\(near); known: \(Modifier.Kind.allTypes.joined(separator: ", "))")
    }
    return Modifier(name: try fields["name"].string(), kind: kind)
  }

  private static func measurement(_ item: SchemaReader) throws -> Measurement {
    let fields = try item.fields(required: ["name", "config"])
    let config = try fields["config"].fields(required: ["poi", "parameters"])
    return Measurement(
      name: try fields["name"].string(), poi: try config["poi"].string(),
      parameters: try config["parameters"].items().map { entry in
        let fields = try entry.fields(
          required: ["name"], optional: ["inits", "bounds", "auxdata", "factors", "sigmas", "fixed"])
        var settings = ParameterSettings(name: try fields["name"].string())
        settings.inits = try fields.optional("inits")?.numbers()
        settings.auxdata = try fields.optional("auxdata")?.numbers()
        settings.factors = try fields.optional("factors")?.numbers()
        settings.sigmas = try fields.optional("sigmas")?.numbers()
        settings.fixed = try fields.optional("fixed")?.bool()
        settings.bounds = try fields.optional("bounds")?.nonEmpty().map { pair in
          let ends = try pair.numbers()
          guard ends.count == 2, ends[0] <= ends[1] else {
            throw pair.error("found \(ends); bounds are [lower, upper] with lower ≤ upper")
          }
          return ends[0]...ends[1]
        }
        return settings
      })
  }
}

/// A place in a document, whose readers name it in errors.
struct SchemaReader {
  let value: JSONValue
  let file: String
  let path: String

  func error(_ message: String) -> WorkspaceError { WorkspaceError(file: file, path: path, message: message) }

  func fields(required: [String], optional: [String] = []) throws -> SchemaFields {
    guard case .object(let members) = value else { throw error("found \(value.kind); expected an object") }
    let known = required + optional
    for member in members where !known.contains(member.key) {
      let near = nearestName(to: member.key, in: known).map { "; nearest: '\($0)'" } ?? ""
      throw error("unknown key '\(member.key)'\(near); allowed: \(known.joined(separator: ", "))")
    }
    for key in required where value[key] == nil { throw error("the key '\(key)' is missing") }
    return SchemaFields(parent: self)
  }

  func items() throws -> [SchemaReader] {
    guard case .array(let items) = value else { throw error("found \(value.kind); expected an array") }
    return items.enumerated().map { SchemaReader(value: $1, file: file, path: "\(path)[\($0)]") }
  }

  func nonEmpty() throws -> [SchemaReader] {
    let all = try items()
    guard !all.isEmpty else { throw error("is empty; at least one entry is needed") }
    return all
  }

  func string() throws -> String {
    guard case .string(let text) = value else { throw error("found \(value.kind); expected a string") }
    return text
  }

  func bool() throws -> Bool {
    guard case .bool(let flag) = value else { throw error("found \(value.kind); expected true or false") }
    return flag
  }

  func number() throws -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: throw error("found \(value.kind); expected a number")
    }
  }

  func numbers() throws -> [Double] { try nonEmpty().map { try $0.number() } }
}

struct SchemaFields {
  let parent: SchemaReader

  subscript(key: String) -> SchemaReader {
    SchemaReader(
      value: parent.value[key] ?? .null, file: parent.file, path: parent.path.isEmpty ? key : "\(parent.path).\(key)")
  }

  func optional(_ key: String) -> SchemaReader? { parent.value[key] == nil ? nil : self[key] }
}
