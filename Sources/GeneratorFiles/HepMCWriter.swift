import ByteIO
import Foundation

/// Writes events as HepMC 3's `Asciiv3`, from front to back. Numbers are written so that they are read as the same doubles.
public final class HepMCWriter {
  private let sink: ByteSink
  private let path: String
  private var text = ""
  /// Vertices of the event that are written.
  private var isWritten: [Bool] = []

  /// Makes a file in one piece: it is there whole or not at all. A name that ends in `.gz` is compressed.
  public static func write(to url: URL, run: HepMCRun, events: (HepMCWriter) throws -> Void) throws {
    try AtomicFile.replace(url) { temporary in
      let writer = try HepMCWriter(
        temporary, run: run, namedInErrors: url.path, compression: url.pathExtension == "gz" ? 6 : nil)
      try events(writer)
      try writer.finish()
    }
  }

  /// - Parameters:
  ///   - path: what errors call the file, where it is not `url`.
  ///   - compression: gzip's level; `nil` writes plain text.
  /// - Throws: `FileError`.
  public init(_ url: URL, run: HepMCRun, namedInErrors path: String? = nil, compression: Int? = nil) throws {
    self.path = path ?? url.path
    sink = try ByteSink(url, namedInErrors: self.path, compression: compression)
    let version = run.format == .ascii3 ? run.version : "3.03.00"
    var text = "HepMC::Version \(version)\nHepMC::Asciiv3-START_EVENT_LISTING\n"
    if !run.weightNames.isEmpty {
      text += "W \(run.weightNames.count)\nN \(HepMCReader.escaped(run.weightNames.joined(separator: "\n")))\n"
    }
    for tool in run.tools {
      text += "T \(HepMCReader.escaped([tool.name, tool.version, tool.text].joined(separator: "\n")))\n"
    }
    for attribute in run.attributes { text += "A \(attribute.name) \(HepMCReader.escaped(attribute.text))\n" }
    try sink.write(text)
  }

  /// Ends the file.
  public func finish() throws {
    try sink.write("HepMC::Asciiv3-END_EVENT_LISTING\n\n")
    try sink.finish()
  }

  private func fault(_ message: String) -> GeneratorFileError {
    GeneratorFileError(path: path, line: 0, message: "cannot be written: \(message)")
  }

  /// Adds an event. Vertices must come in the order in which particles first begin at them, as readers give them; one
  /// at which no particle begins cannot be written.
  public func write(_ event: borrowing HepMCEvent) throws {
    text = "E \(event.number) \(event.vertices.count) \(event.particles.count)"
    if let position = event.position { try add(position) }
    text += "\nU GEV MM\nW"
    for weight in event.weights { try add(weight) }
    text += "\n"
    try writeKnowledge(of: event)
    for attribute in event.attributes {
      text += "A \(attribute.owner) \(attribute.name) \(HepMCReader.escaped(attribute.text))\n"
    }
    isWritten = Array(repeating: false, count: event.vertices.count)
    for row in event.particles.indices { try write(row, of: event) }
    try sink.write(text)
  }

  private func writeKnowledge(of event: borrowing HepMCEvent) throws {
    if let found = event.crossSection, !found.values.isEmpty {
      text += "A 0 GenCrossSection"
      try add(found.values[0])
      try add(found.errors[0])
      text += " \(found.accepted) \(found.attempted)"
      for (value, error) in zip(found.values, found.errors).dropFirst() {
        try add(value)
        try add(error)
      }
      text += "\n"
    }
    if let found = event.densities {
      text += "A 0 GenPdfInfo \(found.id1) \(found.id2)"
      for value in [found.x1, found.x2, found.scale, found.xf1, found.xf2] { try add(value) }
      text += " \(found.set1) \(found.set2)\n"
    }
  }

  private func write(_ row: Int, of event: borrowing HepMCEvent) throws {
    let particle = event.particles[row]
    var origin = 0
    if particle.productionVertex >= 0 {
      let index = Int(particle.productionVertex)
      let vertex = event.vertices[index]
      // A vertex of which nothing is to be said is meant by its one mother's number.
      let mother = vertex.incoming.count == 1 ? Int(event.incoming[vertex.incoming.lowerBound]) : Int.max
      let isImplied = mother < row && vertex.status == 0 && vertex.position == nil
      if !isImplied, !isWritten[index] {
        let numbers = event.incoming[vertex.incoming].map { "\($0 + 1)" }.joined(separator: ",")
        text += "V \(-1 - index) \(vertex.status) [\(numbers)]"
        if let position = vertex.position { try add(position) }
        text += "\n"
      }
      isWritten[index] = true
      origin = isImplied ? mother + 1 : -1 - index
    }
    text += "P \(row + 1) \(origin) \(particle.id)"
    for value in [particle.px, particle.py, particle.pz, particle.energy, particle.mass] { try add(value) }
    text += " \(particle.status)\n"
  }

  private func add(_ position: HepMCPosition) throws {
    text += " @"
    for value in [position.x, position.y, position.z, position.t] { try add(value) }
  }

  /// The shortest text that is read as the same double.
  private func add(_ number: Double) throws {
    guard number.isFinite else { throw fault("\(number) is no number of a HepMC file") }
    text += " \(number)"
  }
}
