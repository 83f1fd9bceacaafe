import ByteIO
import Foundation
import Histograms
import Records

extension HistFactoryReader {
  /// Where a histogram is looked for unless an element says otherwise.
  struct Defaults {
    var file: String
    var path: String
  }

  mutating func readChannel(_ path: String, of input: XMLElement) throws -> (Workspace.Channel, observed: [Double]) {
    guard !path.isEmpty else { throw fault(input, "<Input> is empty; it names the file of a channel") }
    let url = folder.resolving(path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else {
      throw fault(
        input, "<Input>: there is no file '\(path)' in \(folder.relativePath); paths are relative to a base folder")
    }
    file = url.lastPathComponent
    let root = try XMLElement.parse(Data(readingFrom: url), file: file)
    guard root.name == "Channel" else {
      throw fault(root, "found <\(root.name)>; the file of a channel holds a <Channel>")
    }
    try check(
      root, attributes: ["Name", "InputFile", "HistoPath", "HistoName"],
      children: ["Data", "StatErrorConfig", "Sample"])
    let name = try required("Name", of: root)
    let defaults = Defaults(file: root["InputFile"] ?? "", path: root["HistoPath"] ?? "")
    for configuration in root.children(named: "StatErrorConfig") { try warnOfErrors(configuration) }
    let samples = try root.children(named: "Sample").map { try sample($0, defaults, channel: name) }
    guard let first = samples.first else { throw fault(root, "<Channel> '\(name)' has no <Sample>") }
    guard let data = root.children(named: "Data").first else {
      warn(root, "'\(name)' has no <Data>: what is expected is taken as observed")
      var sum = [Double](repeating: 0, count: first.data.count)
      for sample in samples where sample.data.count == sum.count {
        for bin in sum.indices { sum[bin] += sample.data[bin] }
      }
      return (.init(name: name, samples: samples), sum)
    }
    try check(data, attributes: ["InputFile", "HistoPath", "HistoName"])
    let observed = try histogram(
      data, file: data["InputFile"] ?? defaults.file, path: data["HistoPath"] ?? defaults.path,
      name: try required("HistoName", of: data))
    return (.init(name: name, samples: samples), observed.sumW)
  }

  private mutating func warnOfErrors(_ element: XMLElement) throws {
    try check(element, attributes: ["RelErrorThreshold", "ConstraintType"])
    if element["ConstraintType"] == "Poisson" {
      warn(element, "statistical uncertainties have Gaussian constraints in a workspace, not Poisson ones")
    }
    if element["RelErrorThreshold"] != nil, try number("RelErrorThreshold", of: element) > 0 {
      warn(element, "RelErrorThreshold is left out, as by pyhf: each bin has its uncertainty, however small")
    }
  }

  private func histogram(_ element: XMLElement, file name: String, path: String, name histogram: String) throws
    -> Histogram1D
  {
    guard !name.isEmpty else { throw fault(element, "<\(element.name)>: no InputFile says where '\(histogram)' is") }
    let folder = path.trimmingCharacters(in: CharacterSet(charactersIn: "/"))
    let candidates = folder.isEmpty ? [histogram] : ["\(folder)/\(histogram)", histogram]
    for candidate in candidates {
      if let found = try source.histogram(candidate, in: name) { return found }
    }
    let near =
      nearestName(to: candidates[0], in: try source.histogramNames(in: name)).map { "; nearest: '\($0)'" } ?? ""
    throw fault(
      element, "<\(element.name)>: \(name) has no histogram '\(candidates.joined(separator: "' or '"))'\(near)")
  }

  // MARK: Samples

  private mutating func sample(_ element: XMLElement, _ above: Defaults, channel: String) throws -> Workspace.Sample {
    try check(
      element, attributes: ["Name", "InputFile", "HistoName", "HistoPath", "NormalizeByTheory"],
      children: ["StatError", "HistoSys", "OverallSys", "ShapeSys", "NormFactor", "ShapeFactor"])
    let defaults = Defaults(file: element["InputFile"] ?? above.file, path: element["HistoPath"] ?? above.path)
    let nominal = try histogram(
      element, file: defaults.file, path: defaults.path, name: try required("HistoName", of: element))
    var sample = Workspace.Sample(name: try required("Name", of: element), data: nominal.sumW)
    if try flag("NormalizeByTheory", of: element) { sample.modifiers.append(.init(name: "lumi", kind: .lumi)) }
    for child in element.children {
      if let modifier = try modifier(child, nominal, defaults, channel: channel) { sample.modifiers.append(modifier) }
    }
    return sample
  }

  private mutating func modifier(
    _ element: XMLElement, _ nominal: Histogram1D, _ defaults: Defaults, channel: String
  ) throws -> Workspace.Modifier? {
    switch element.name {
    case "OverallSys":
      try check(element, attributes: ["Name", "High", "Low"])
      return .init(
        name: try required("Name", of: element),
        kind: .normsys(low: try number("Low", of: element), high: try number("High", of: element)))
    case "NormFactor": return try normFactor(element)
    case "HistoSys": return try histoSys(element, nominal, defaults)
    case "StatError": return try statError(element, nominal, defaults, channel)
    case "ShapeSys":
      try check(element, attributes: ["Name", "HistoName", "HistoPath", "InputFile", "ConstraintType"])
      if let type = element["ConstraintType"], type != "Poisson" {
        warn(
          element,
          "the constraint of '\(element["Name"] ?? "")' is \(type): shapesys has Poisson constraints in a workspace")
      }
      let relative = try variation(element, nominal, file: element["InputFile"], path: element["HistoPath"], defaults)
      return .init(
        name: try required("Name", of: element), kind: .shapesys(zip(nominal.sumW, relative).map { $0 * $1 }))
    default:
      try check(element, attributes: ["Name"])
      return .init(name: try required("Name", of: element), kind: .shapefactor)
    }
  }

  private mutating func normFactor(_ element: XMLElement) throws -> Workspace.Modifier {
    try check(element, attributes: ["Name", "Val", "High", "Low", "Const"])
    let name = try required("Name", of: element)
    let (low, high) = (try number("Low", of: element), try number("High", of: element))
    guard low <= high else {
      throw fault(element, "<NormFactor>: found the range \(low) to \(high); Low is not above High")
    }
    let isConstant: Bool? = element["Const"].map { !$0.isEmpty } == true ? try flag("Const", of: element) : nil
    try addSettings(
      .init(name: name, inits: [try number("Val", of: element)], bounds: [low...high], fixed: isConstant), element)
    return .init(name: name, kind: .normfactor)
  }

  private func histoSys(
    _ element: XMLElement, _ nominal: Histogram1D, _ defaults: Defaults
  ) throws -> Workspace.Modifier {
    let sides = ["High", "Low"].flatMap { ["HistoFile\($0)", "HistoPath\($0)", "HistoName\($0)"] }
    try check(element, attributes: ["Name", "InputFile"] + sides)
    func side(_ name: String) throws -> [Double] {
      let found = try histogram(
        element, file: element["HistoFile\(name)"] ?? element["InputFile"] ?? defaults.file,
        path: element["HistoPath\(name)"] ?? defaults.path, name: try required("HistoName\(name)", of: element))
      return try sameBins(found, nominal, element).sumW
    }
    return .init(
      name: try required("Name", of: element), kind: .histosys(low: try side("Low"), high: try side("High")))
  }

  private func statError(
    _ element: XMLElement, _ nominal: Histogram1D, _ defaults: Defaults, _ channel: String
  ) throws -> Workspace.Modifier? {
    try check(element, attributes: ["Activate", "HistoName", "InputFile", "HistoFile", "HistoPath"])
    guard try flag("Activate", of: element) else { return nil }
    var errors = nominal.errors
    if let name = element["HistoName"], !name.isEmpty {
      let relative = try variation(
        element, nominal, file: element["HistoFile"] ?? element["InputFile"], path: element["HistoPath"], defaults)
      errors = zip(relative, nominal.sumW).map { $0 * $1 }
    }
    return .init(name: "staterror_\(channel)", kind: .staterror(errors))
  }

  /// The histogram that an element names, with the nominal bins.
  private func variation(
    _ element: XMLElement, _ nominal: Histogram1D, file: String?, path: String?, _ defaults: Defaults
  ) throws -> [Double] {
    let found = try histogram(
      element, file: file ?? defaults.file, path: path ?? defaults.path, name: try required("HistoName", of: element))
    return try sameBins(found, nominal, element).sumW
  }

  private func sameBins(_ found: Histogram1D, _ nominal: Histogram1D, _ element: XMLElement) throws -> Histogram1D {
    guard found.binCount == nominal.binCount else {
      throw fault(
        element,
        "<\(element.name)> '\(element["Name"] ?? "")' has \(found.binCount) bins; the sample has \(nominal.binCount)")
    }
    return found
  }
}
