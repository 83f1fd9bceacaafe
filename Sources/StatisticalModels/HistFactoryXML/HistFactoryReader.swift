import ByteIO
import Foundation
import Histograms
import Records

/// Reads HistFactory's XML: a `Combination` with its measurements, the files of its channels, and their histograms.
///
/// The workspace is that of `pyhf xml2json`. What neither has a place for is a warning (the constraint terms Gamma and
/// LogNormal, Poisson constraints and thresholds of `StatErrorConfig`) or an error (`Function`, ranges of bins).
public struct HistFactoryReader<Source: HistogramSource> {
  /// What the paths of channels and histograms are relative to.
  public let folder: URL
  let source: Source
  var warnings: [String] = []
  var file = ""
  /// Settings of factors, in the order in which they appear.
  private var settings: [(value: Workspace.ParameterSettings, place: String)] = []

  public init(folder: URL, histograms source: Source) {
    self.folder = folder
    self.source = source
  }

  /// The folder that the paths in a file are relative to: the first of the working directory, the file's own and those above
  /// it from which the first channel is found.
  public static func folder(for url: URL) throws -> URL {
    let root = try XMLElement.parse(Data(readingFrom: url), file: url.lastPathComponent)
    let path = root.children(named: "Input").first.map { trimmed($0.text) } ?? ""
    var candidates = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
    var above = url.standardizedFileURL.deletingLastPathComponent()
    for _ in 0..<6 {
      candidates.append(above)
      above = above.deletingLastPathComponent()
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0.resolving(path).path) }
      ?? candidates[1]
  }

  /// The workspace of a combination.
  /// - Throws: ``ModelFileError``, ``WorkspaceError``, `FileError`, and what the source throws.
  public mutating func read(_ url: URL) throws -> ConvertedWorkspace {
    file = url.lastPathComponent
    let root = try XMLElement.parse(Data(readingFrom: url), file: file)
    guard root.name == "Combination" else {
      throw fault(root, "found <\(root.name)>; the first file of a HistFactory model is a <Combination>")
    }
    try check(root, attributes: ["OutputFilePrefix", "Mode"], children: ["Function", "Input", "Measurement"])
    if let function = root.children(named: "Function").first {
      throw fault(function, "<Function> is not supported: workspaces have no functions of parameters")
    }
    let inputs = root.children(named: "Input")
    guard !inputs.isEmpty else { throw fault(root, "there is no <Input>, the file of a channel") }
    var channels: [Workspace.Channel] = []
    var observations: [Workspace.Observation] = []
    for input in inputs {
      let (channel, data) = try readChannel(trimmed(input.text), of: input)
      channels.append(channel)
      observations.append(.init(name: channel.name, data: data))
    }
    file = url.lastPathComponent
    var measurements: [Workspace.Measurement] = []
    for element in root.children(named: "Measurement") { measurements.append(try measurement(element)) }
    guard !measurements.isEmpty else { throw fault(root, "there is no <Measurement>") }
    var workspace = Workspace(channels: channels, observations: observations, measurements: measurements)
    workspace.file = file
    return ConvertedWorkspace(workspace: try workspace.validated(), warnings: warnings)
  }

  // MARK: Errors and attributes

  func fault(_ element: XMLElement, _ message: String) -> ModelFileError {
    ModelFileError(file: file, line: element.line, message: message)
  }

  mutating func warn(_ element: XMLElement, _ message: String) {
    warnings.append("\(file):\(element.line): \(message)")
  }

  /// Refuses what is not in HistFactory's schema.
  func check(_ element: XMLElement, attributes: [String], children: [String] = []) throws {
    for (name, _) in element.attributes where !attributes.contains(name) {
      let near = nearestName(to: name, in: attributes).map { "; nearest: '\($0)'" } ?? ""
      throw fault(
        element,
        "<\(element.name)> has the unknown attribute '\(name)'\(near); allowed: \(attributes.joined(separator: ", "))")
    }
    for child in element.children where !children.contains(child.name) {
      let near = nearestName(to: child.name, in: children).map { "; nearest: <\($0)>" } ?? ""
      let allowed = children.isEmpty ? "nothing" : children.map { "<\($0)>" }.joined(separator: ", ")
      throw fault(child, "<\(element.name)> holds an unknown <\(child.name)>\(near); allowed: \(allowed)")
    }
  }

  func required(_ name: String, of element: XMLElement) throws -> String {
    guard let value = element[name] else { throw fault(element, "<\(element.name)> lacks the attribute '\(name)'") }
    return value
  }

  func number(_ name: String, of element: XMLElement) throws -> Double {
    let text = trimmed(try required(name, of: element))
    guard let value = Double(text), value.isFinite else {
      throw fault(element, "<\(element.name)>: \(name) is '\(text)'; expected a number")
    }
    return value
  }

  /// A flag, which is true only as HistFactory writes it.
  func flag(_ name: String, of element: XMLElement) throws -> Bool {
    guard let text = element[name].map(trimmed), !text.isEmpty else { return false }
    switch text {
    case "True": return true
    case "False": return false
    default: throw fault(element, "<\(element.name)>: \(name) is '\(text)'; allowed: True, False")
    }
  }

  // MARK: Settings

  mutating func addSettings(_ new: Workspace.ParameterSettings, _ element: XMLElement) throws {
    if let known = settings.first(where: { $0.value.name == new.name }) {
      guard known.value == new else {
        throw fault(element, "the factor '\(new.name)' has another start, range or constness at \(known.place)")
      }
      return
    }
    settings.append((new, "\(file):\(element.line)"))
  }

  private mutating func measurement(_ element: XMLElement) throws -> Workspace.Measurement {
    try check(
      element, attributes: ["Name", "Lumi", "LumiRelErr", "BinLow", "BinHigh", "Mode", "ExportOnly"],
      children: ["POI", "ParamSetting", "ConstraintTerm"])
    for name in ["BinLow", "BinHigh"] where element[name] != nil {
      throw fault(
        element, "<Measurement>: \(name) is not supported; write histograms of the bins that are to be fitted")
    }
    guard let poi = element.children(named: "POI").first.map({ trimmed($0.text) }) else {
      throw fault(element, "<Measurement> lacks its <POI>")
    }
    let lumi = try number("Lumi", of: element)
    let error = lumi * (try number("LumiRelErr", of: element))
    guard lumi > 0, error >= 0 else {
      throw fault(element, "<Measurement>: Lumi is \(lumi) ± \(error); it must be positive, and its error not negative")
    }
    var parameters = [
      Workspace.ParameterSettings(
        name: "lumi", inits: [lumi], bounds: [(lumi - 5 * error)...(lumi + 5 * error)], auxdata: [lumi],
        // Without an uncertainty it is fixed, and its constraint a constant.
        sigmas: [error > 0 ? error : lumi], fixed: error > 0 ? nil : true)
    ]
    var others = settings.map(\.value)
    for setting in element.children(named: "ParamSetting") { try apply(setting, &parameters[0], &others) }
    for term in element.children(named: "ConstraintTerm") {
      try check(term, attributes: ["Type", "RelativeUncertainty"])
      let type = try required("Type", of: term)
      if type != "Gaussian" {
        warn(
          term,
          "the constraint of '\(trimmed(term.text))' is \(type), which workspaces do not have: it is Gaussian here")
      }
    }
    parameters += others
    return .init(name: try required("Name", of: element), poi: poi, parameters: parameters)
  }

  private func apply(
    _ element: XMLElement, _ lumi: inout Workspace.ParameterSettings, _ others: inout [Workspace.ParameterSettings]
  ) throws {
    try check(element, attributes: ["Val", "Const"])
    let isConstant: Bool? = element["Const"].map { !$0.isEmpty } == true ? try flag("Const", of: element) : nil
    let value: Double? = element["Val"].map { !$0.isEmpty } == true ? try number("Val", of: element) : nil
    func set(_ settings: inout Workspace.ParameterSettings) {
      settings.fixed = isConstant ?? settings.fixed
      settings.inits = value.map { [$0] } ?? settings.inits
    }
    for word in element.text.split(whereSeparator: \.isWhitespace).map(String.init) {
      if word == "Lumi" {
        set(&lumi)
        continue
      }
      guard !word.hasPrefix("gamma_") else {
        throw fault(element, "'\(word)' is one of many parameters, which cannot be set one by one in a workspace")
      }
      let name = word.hasPrefix("alpha_") ? String(word.dropFirst(6)) : word
      guard !name.isEmpty else { throw fault(element, "'\(word)' names no parameter") }
      // pyhf's order: what is set goes to the end.
      var entry = Workspace.ParameterSettings(name: name)
      if let index = others.firstIndex(where: { $0.name == name }) { entry = others.remove(at: index) }
      set(&entry)
      others.append(entry)
    }
  }
}

/// Without blanks at its ends.
func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
