import ByteIO
import Foundation

extension Workspace {
  /// The workspace as pyhf's JSON 1.0.0.
  public var document: JSONValue {
    .object([
      JSONMember("channels", .array(channels.map(\.json))),
      JSONMember("measurements", .array(measurements.map(\.json))),
      JSONMember(
        "observations",
        .array(
          observations.map { .object([JSONMember("data", numbers($0.data)), JSONMember("name", .string($0.name))]) })),
      JSONMember("version", .string("1.0.0")),
    ])
  }

  /// The document's bytes: keys sorted, indented by four, as `json.dumps(…, sort_keys=True, indent=4)` writes them.
  public var encoded: Data { Data((document.text(sortedKeys: true, indent: 4) + "\n").utf8) }

  /// Writes ``encoded``; the file is there whole or not at all.
  public func write(to url: URL) throws { try AtomicFile.write(encoded, to: url) }
}

private func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }

extension Workspace.Channel {
  fileprivate var json: JSONValue {
    .object([JSONMember("name", .string(name)), JSONMember("samples", .array(samples.map(\.json)))])
  }
}

extension Workspace.Sample {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("data", numbers(data)), JSONMember("modifiers", .array(modifiers.map(\.json))),
      JSONMember("name", .string(name)),
    ])
  }
}

extension Workspace.Modifier {
  fileprivate var json: JSONValue {
    let data: JSONValue =
      switch kind {
      case .normfactor, .shapefactor, .lumi: .null
      case .normsys(let low, let high): .object([JSONMember("hi", .number(high)), JSONMember("lo", .number(low))])
      case .histosys(let low, let high):
        .object([JSONMember("hi_data", numbers(high)), JSONMember("lo_data", numbers(low))])
      case .staterror(let errors), .shapesys(let errors): numbers(errors)
      }
    return .object([
      JSONMember("data", data), JSONMember("name", .string(name)), JSONMember("type", .string(kind.type)),
    ])
  }
}

extension Workspace.Measurement {
  fileprivate var json: JSONValue {
    .object([
      JSONMember(
        "config",
        .object([JSONMember("parameters", .array(parameters.map(\.json))), JSONMember("poi", .string(poi))])),
      JSONMember("name", .string(name)),
    ])
  }
}

extension Workspace.ParameterSettings {
  fileprivate var json: JSONValue {
    var members: [JSONMember] = []
    if let auxdata { members.append(JSONMember("auxdata", numbers(auxdata))) }
    if let bounds {
      members.append(JSONMember("bounds", .array(bounds.map { numbers([$0.lowerBound, $0.upperBound]) })))
    }
    if let factors { members.append(JSONMember("factors", numbers(factors))) }
    if let fixed { members.append(JSONMember("fixed", .bool(fixed))) }
    if let inits { members.append(JSONMember("inits", numbers(inits))) }
    members.append(JSONMember("name", .string(name)))
    if let sigmas { members.append(JSONMember("sigmas", numbers(sigmas))) }
    return .object(members)
  }
}
