import ByteIO
import Foundation

/// The formats of this module.
public enum GeneratorFileKind: String, Hashable, Codable, Sendable {
  case lesHouches = "Les Houches events"
  case hepMC = "HepMC"
  case slha = "SLHA"

  /// What a file is by its first lines, after decompression; `nil` if it is none of these.
  /// - Throws: `FileError` if it cannot be read.
  public static func detected(in url: URL) throws -> GeneratorFileKind? {
    let stream = try ByteStream(url)
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = try bytes.withUnsafeMutableBytes { try stream.read(into: $0) }
    guard !bytes[..<count].contains(0) else { return nil }
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("<LesHouchesEvents") { return .lesHouches }
      if line.hasPrefix("HepMC::") { return .hepMC }
      let word = line.split(separator: " ").first.map { $0.uppercased() } ?? "#"
      if word == "BLOCK" || word == "DECAY" { return .slha }
      if line.hasPrefix("<!--") {
        // A comment before the root: what it holds does not matter.
        return text.contains("<LesHouchesEvents") ? .lesHouches : nil
      }
      guard word.hasPrefix("#") || line.hasPrefix("<?xml") else { return nil }
    }
    return nil
  }
}

/// What a Les Houches, HepMC or SLHA file holds: read through once, in constant memory.
public struct GeneratorFileInspection: Hashable, Sendable, Encodable {
  /// Sums over the events of a file.
  public struct Events: Hashable, Sendable, Encodable {
    public var events = 0
    public var particles = 0
    /// Outgoing particles (Les Houches status 1, HepMC status 1).
    public var final = 0
    public var vertices: Int?
    /// Σw and Σw² of the nominal weights, and events with a negative one.
    public var sumW = 0.0
    public var sumW2 = 0.0
    public var negative = 0
    /// The most alternative weights of one event.
    public var alternatives = 0
    /// Events by the number of their process.
    public var byProcess: [Int: Int] = [:]

    mutating func add(weight: Double) {
      events += 1
      sumW += weight
      sumW2 += weight * weight
      if weight < 0 { negative += 1 }
    }
  }

  /// `<init>` and header of a Les Houches file.
  public struct LesHouches: Hashable, Sendable, Encodable {
    public var version: String
    public var beamIDs: LesHouchesRun.Pair<Int32>
    public var beamEnergies: LesHouchesRun.Pair<Double>
    public var weightStrategy: Int
    public var processes: [LesHouchesRun.Process]
    public var generators: [LesHouchesRun.Generator]
    /// Names and numbers of lines.
    public var headerBlocks: [String: Int]
    public var weightGroups: [LesHouchesRun.WeightGroup]
    /// In pb, by the weight strategy.
    public var crossSection: Double
  }

  public struct HepMC: Hashable, Sendable, Encodable {
    public var format: HepMCRun.Format
    public var version: String
    public var weightNames: [String]
    /// `name version`
    public var tools: [String]
    /// In pb, of the last event that says.
    public var crossSection: Double?
    public var crossSectionError: Double?
  }

  public struct SLHA: Hashable, Sendable, Encodable {
    public var blocks: [SLHAFile.Block]
    public var decays: [SLHAFile.Decay]
    public var crossSections: [SLHAFile.CrossSection]
  }

  public var file: String
  public var kind: GeneratorFileKind
  public var fileBytes: Int
  public var isCompressed: Bool
  public var lesHouches: LesHouches?
  public var hepMC: HepMC?
  public var slha: SLHA?
  public var events: Events?

  /// Reads the whole file.
  /// - Throws: `FileError`, ``GeneratorFileError``.
  public init(of url: URL, kind: GeneratorFileKind) throws {
    let stream = try ByteStream(url)
    file = url.path
    self.kind = kind
    fileBytes = stream.fileBytes
    isCompressed = stream.isCompressed
    switch kind {
    case .lesHouches: try readLesHouches(url)
    case .hepMC: try readHepMC(url)
    case .slha:
      let content = try SLHAFile(contentsOf: url)
      slha = SLHA(blocks: content.blocks, decays: content.decays, crossSections: content.crossSections)
    }
  }

  private mutating func readLesHouches(_ url: URL) throws {
    let reader = try LesHouchesReader(url)
    let run = reader.run
    var sums = Events()
    try reader.forEach { event in
      sums.add(weight: event.weight)
      sums.particles += event.particles.count
      for particle in event.particles where particle.status == 1 { sums.final += 1 }
      sums.alternatives = max(sums.alternatives, event.weights.count, event.orderedWeights.count)
      sums.byProcess[Int(event.processID), default: 0] += 1
    }
    events = sums
    lesHouches = LesHouches(
      version: run.version, beamIDs: run.beamIDs, beamEnergies: run.beamEnergies, weightStrategy: run.weightStrategy,
      processes: run.processes, generators: run.generators,
      headerBlocks: Dictionary(run.blocks.map { ($0.name, $0.lines.count) }, uniquingKeysWith: +),
      weightGroups: run.weightGroups,
      crossSection: run.crossSectionStrategy == .meanWeight
        ? (sums.events > 0 ? sums.sumW / Double(sums.events) : 0)
        : run.processes.reduce(0) { $0 + $1.crossSection })
  }

  private mutating func readHepMC(_ url: URL) throws {
    let reader = try HepMCReader(url)
    var sums = Events()
    var last: HepMCCrossSection?
    sums.vertices = 0
    try reader.forEach { event in
      sums.add(weight: event.weights.first ?? 1)
      sums.particles += event.particles.count
      for particle in event.particles where particle.status == 1 { sums.final += 1 }
      sums.vertices = (sums.vertices ?? 0) + event.vertices.count
      sums.alternatives = max(sums.alternatives, event.weights.count - 1)
      if let process = event.attribute("signal_process_id").flatMap({ Int($0) }) {
        sums.byProcess[process, default: 0] += 1
      }
      if let found = event.crossSection { last = found }
    }
    events = sums
    hepMC = HepMC(
      format: reader.run.format, version: reader.run.version, weightNames: reader.run.weightNames,
      tools: reader.run.tools.map { "\($0.name) \($0.version)" }, crossSection: last?.values.first,
      crossSectionError: last?.errors.first)
  }
}

extension GeneratorFileInspection: CustomStringConvertible {
  /// For a terminal: a tree.
  public var description: String {
    let size = String(
      format: fileBytes < 1_000_000 ? "%.1f kB" : "%.1f MB", Double(fileBytes) / (fileBytes < 1_000_000 ? 1e3 : 1e6))
    var lines = ["\(file): \(kind.rawValue), \(size)\(isCompressed ? ", gzip" : "")"]
    if let lesHouches { lines += Self.lines(of: lesHouches) }
    if let hepMC { lines += Self.lines(of: hepMC) }
    if let slha { lines += Self.lines(of: slha) }
    if let events { lines += Self.lines(of: events) }
    return lines.joined(separator: "\n")
  }

  private static func number(_ value: Double) -> String { String(format: "%.6g", value) }

  private static func lines(of run: LesHouches) -> [String] {
    var lines = [
      "  version \(run.version)",
      "  beams \(run.beamIDs.first) and \(run.beamIDs.second) of "
        + "\(number(run.beamEnergies.first)) and \(number(run.beamEnergies.second)) GeV",
      "  weights by strategy \(run.weightStrategy), cross-section \(number(run.crossSection)) pb", "  processes",
    ]
    lines += run.processes.map {
      "    \($0.id): \(number($0.crossSection)) ± \(number($0.crossSectionError)) pb"
    }
    if !run.generators.isEmpty { lines.append("  generators") }
    lines += run.generators.map { "    \($0.name) \($0.version)" }
    if !run.headerBlocks.isEmpty { lines.append("  header") }
    lines += run.headerBlocks.sorted { $0.key < $1.key }.map { "    \($0.key): \($0.value) lines" }
    if !run.weightGroups.isEmpty { lines.append("  weight groups") }
    for group in run.weightGroups {
      lines.append("    \(group.name.isEmpty ? "(no name)" : group.name): \(group.weights.count) weights")
    }
    return lines
  }

  private static func lines(of run: HepMC) -> [String] {
    var lines = ["  \(run.format.rawValue), written by HepMC \(run.version)"]
    if !run.tools.isEmpty { lines.append("  tools: \(run.tools.joined(separator: ", "))") }
    if !run.weightNames.isEmpty { lines.append("  weights: \(run.weightNames.joined(separator: ", "))") }
    if let value = run.crossSection {
      lines.append("  cross-section \(number(value)) ± \(number(run.crossSectionError ?? 0)) pb, by the last event")
    }
    return lines
  }

  private static func lines(of content: SLHA) -> [String] {
    var lines: [String] = []
    for block in content.blocks {
      let name = ([block.name] + block.arguments).joined(separator: " ")
      let scale = block.scale.map { ", Q = \(number($0)) GeV" } ?? ""
      lines.append("  block \(name)\(scale): \(block.entries.count) entries")
    }
    for decay in content.decays {
      lines.append("  decay of \(decay.id): \(number(decay.width)) GeV, \(decay.channels.count) channels")
    }
    for section in content.crossSections {
      let ids = section.outgoing.map { "\($0)" }.joined(separator: " ")
      lines.append("  cross-section of \(ids) at \(number(section.collisionEnergy)) GeV: \(section.lines.count) lines")
    }
    return lines
  }

  private static func lines(of events: Events) -> [String] {
    var lines = ["  events: \(events.events)"]
    lines.append("    particles \(events.particles), outgoing \(events.final)")
    if let vertices = events.vertices { lines.append("    vertices \(vertices)") }
    lines.append(
      "    Σw \(number(events.sumW)), √Σw² \(number(events.sumW2.squareRoot())), negative weights \(events.negative)")
    if events.alternatives > 0 { lines.append("    alternative weights \(events.alternatives) an event") }
    for (process, count) in events.byProcess.sorted(by: { $0.key < $1.key }) {
      lines.append("    process \(process): \(count)")
    }
    return lines
  }
}
