import ByteIO
import Foundation

/// Writes a Les Houches file, from front to back. Numbers are written so that they are read as the same doubles.
///
/// ```swift
/// try LesHouchesWriter.write(to: url, run: run) { writer in try writer.write(event) }
/// ```
public final class LesHouchesWriter {
  private let sink: ByteSink
  private let path: String
  private var group = 0
  private var text = ""

  /// Makes a file in one piece: it is there whole or not at all. A name that ends in `.gz` is compressed.
  public static func write(
    to url: URL, run: LesHouchesRun, events: (LesHouchesWriter) throws -> Void
  ) throws {
    try AtomicFile.replace(url) { temporary in
      let writer = try LesHouchesWriter(
        temporary, run: run, namedInErrors: url.path, compression: url.pathExtension == "gz" ? 6 : nil)
      try events(writer)
      try writer.finish()
    }
  }

  /// - Parameters:
  ///   - path: what errors call the file, where it is not `url`.
  ///   - compression: gzip's level; `nil` writes plain text.
  /// - Throws: `FileError`; ``GeneratorFileError`` for what no file can hold.
  public init(_ url: URL, run: LesHouchesRun, namedInErrors path: String? = nil, compression: Int? = nil) throws {
    self.path = path ?? url.path
    sink = try ByteSink(url, namedInErrors: self.path, compression: compression)
    try writeHead(run)
  }

  /// Ends the file.
  public func finish() throws {
    if group > 0 { try sink.write("</eventgroup>\n") }
    try sink.write("</LesHouchesEvents>\n")
    try sink.finish()
  }

  private func fault(_ message: String) -> GeneratorFileError {
    GeneratorFileError(path: path, line: 0, message: "cannot be written: \(message)")
  }

  // MARK: head

  private func writeHead(_ run: LesHouchesRun) throws {
    text = "<LesHouchesEvents version=\"\(run.version)\">\n"
    for comment in run.comments {
      guard !comment.contains("-->") else { throw fault("a comment holds '-->'") }
      text += "<!--\(comment)-->\n"
    }
    if !run.blocks.isEmpty || !run.weightGroups.isEmpty {
      text += "<header>\n"
      for block in run.blocks {
        guard !block.lines.contains(where: { $0.contains("</\(block.name)>") }) else {
          throw fault("the header block \(block.name) holds its own end")
        }
        text += "<\(block.name)>\n" + block.lines.map { $0 + "\n" }.joined() + "</\(block.name)>\n"
      }
      if !run.weightGroups.isEmpty { writeWeightGroups(run.weightGroups) }
      text += "</header>\n"
    }
    try writeInit(run)
    try sink.write(text)
  }

  private func writeWeightGroups(_ groups: [LesHouchesRun.WeightGroup]) {
    text += "<initrwgt>\n"
    for group in groups {
      if !group.attributes.isEmpty { text += "<weightgroup\(MarkupTag.text(group.attributes))>\n" }
      for weight in group.weights {
        let attributes = MarkupTag.text([LesHouchesAttribute("id", weight.id)] + weight.attributes)
        text += "<weight\(attributes)>\(weight.text)</weight>\n"
      }
      if !group.attributes.isEmpty { text += "</weightgroup>\n" }
    }
    text += "</initrwgt>\n"
  }

  private func writeInit(_ run: LesHouchesRun) throws {
    text += "<init>\n"
    add(run.beamIDs.first, run.beamIDs.second)
    try add(run.beamEnergies.first, run.beamEnergies.second)
    add(run.densityGroups.first, run.densityGroups.second, run.densitySets.first, run.densitySets.second)
    text += " \(run.weightStrategy) \(run.processes.count)\n"
    for process in run.processes {
      try add(process.crossSection, process.crossSectionError, process.maximumWeight)
      text += " \(process.id)\n"
    }
    for generator in run.generators {
      let attributes = [LesHouchesAttribute("name", generator.name), LesHouchesAttribute("version", generator.version)]
      text += "<generator\(MarkupTag.text(attributes))>\(generator.text)</generator>\n"
    }
    text += run.lines.map { $0 + "\n" }.joined() + "</init>\n"
  }

  // MARK: events

  /// Adds an event.
  public func write(_ event: borrowing LesHouchesEvent) throws {
    text.removeAll(keepingCapacity: true)
    if event.group != group {
      text += (group > 0 ? "</eventgroup>\n" : "") + (event.group > 0 ? "<eventgroup>\n" : "")
      group = event.group
    }
    text += "<event\(MarkupTag.text(event.attributes))>\n \(event.particles.count) \(event.processID)"
    try add(event.weight, event.scale, event.alphaQED, event.alphaQCD)
    text += "\n"
    for particle in event.particles { try write(particle) }
    for line in event.lines { text += line + "\n" }
    if !event.weights.isEmpty {
      text += "<rwgt>\n"
      for weight in event.weights {
        text += "<wgt\(MarkupTag.text([LesHouchesAttribute("id", weight.id)]))>"
        try add(weight.value)
        text += " </wgt>\n"
      }
      text += "</rwgt>\n"
    }
    if !event.orderedWeights.isEmpty {
      text += "<weights>"
      for weight in event.orderedWeights { try add(weight) }
      text += " </weights>\n"
    }
    if !event.scales.isEmpty { text += "<scales\(MarkupTag.text(event.scales))></scales>\n" }
    text += "</event>\n"
    try sink.write(text)
  }

  private func write(_ particle: LesHouchesParticle) throws {
    add(
      particle.id, particle.status, particle.mother1, particle.mother2, particle.colour, particle.anticolour)
    try add(particle.px, particle.py, particle.pz, particle.energy, particle.mass, particle.lifetime, particle.spin)
    text += "\n"
  }

  private func add(_ numbers: Int32...) {
    for number in numbers { text += " \(number)" }
  }

  /// The shortest text that is read as the same double.
  private func add(_ numbers: Double...) throws {
    for number in numbers {
      guard number.isFinite else { throw fault("\(number) is no number of a Les Houches file") }
      text += " \(number)"
    }
  }
}
