import ByteIO
import Foundation

/// Events of `IO_GenEvent`.
extension HepMCReader {
  /// What the lines of an event say of those that follow, until all is put together.
  struct Pending2 {
    var vertices = 0
    /// Particles still to come of the vertex that was read last: into it, then out of it.
    var incoming = 0
    var outgoing = 0
    /// The end vertex's number of each particle; 0 for none.
    var ends: [Int32] = []
  }

  func readEvent2(_ first: UnsafeRawBufferPointer, into event: inout HepMCEvent) throws {
    numbers.removeAll()
    var pending = Pending2()
    try readFirstLine2(first, &pending, into: &event)
    while let line = try nextEventLine() {
      guard line.count > 1, line[1] == 32 else { throw unknown2(line) }
      switch line[0] {
      case UInt8(ascii: "P"): try readParticle2(line, &pending, into: &event)
      case UInt8(ascii: "V"): try readVertex2(line, &pending, into: &event)
      case UInt8(ascii: "U"):
        guard event.vertices.isEmpty else { throw fault("units after vertices") }
        try readUnits(line)
      case UInt8(ascii: "N"): try readWeightNames2(line)
      case UInt8(ascii: "C"): try readCrossSection2(line, into: &event)
      case UInt8(ascii: "H"):
        let text = UnsafeRawBufferPointer(rebasing: line[2...]).trimmed.text
        event.attributes.append(HepMCAttribute(name: "GenHeavyIon", text: text))
      case UInt8(ascii: "F"):
        var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
        try readDensities(&fields, into: &event)
        // Without a generator's knowledge HepMC 2 writes zeros.
        if event.densities
          == HepMCDensities(
            id1: 0, id2: 0, x1: 0, x2: 0, scale: 0, xf1: 0, xf2: 0, set1: 0, set2: 0)
        {
          event.densities = nil
        }
      default: throw unknown2(line)
      }
    }
    try finish2(pending, &event)
  }

  private func unknown2(_ line: UnsafeRawBufferPointer) -> GeneratorFileError {
    fault("expected a line of an event (N, U, C, H, F, V or P), found '\(shortened(line.text))'")
  }

  /// `E number interactions scale α_s α_QED process signal-vertex vertices beam1 beam2 seeds… weights…`
  private func readFirstLine2(
    _ line: UnsafeRawBufferPointer, _ pending: inout Pending2, into event: inout HepMCEvent
  ) throws {
    var fields = LineFields(line)
    _ = fields.next()
    guard let number = fields.integer(Int.self) else { throw badFirstLine(line) }
    event.number = number
    for name in ["mpi", "event_scale", "alphaQCD", "alphaQED", "signal_process_id", "signal_process_vertex"] {
      guard let word = fields.next(), word.double != nil else { throw badFirstLine(line) }
      event.attributes.append(HepMCAttribute(name: name, text: word.text))
    }
    guard let vertices = fields.integer(Int.self), fields.integer(Int32.self) != nil,
      fields.integer(Int32.self) != nil, let seeds = fields.integer(Int.self)
    else { throw badFirstLine(line) }
    guard (0...Self.rowsMaximum).contains(vertices), (0...Self.rowsMaximum).contains(seeds) else {
      throw fault("an event of \(vertices) vertices and \(seeds) seeds; expected 0 to \(Self.rowsMaximum)")
    }
    pending.vertices = vertices
    for seed in 0..<seeds {
      guard let word = fields.next(), word.double != nil else { throw badFirstLine(line) }
      event.attributes.append(HepMCAttribute(name: "random_states\(seed)", text: word.text))
    }
    guard let weights = fields.integer(Int.self) else { throw badFirstLine(line) }
    try numbers(&fields, of: "weights", into: &event.weights)
    guard event.weights.count == weights else {
      throw fault("expected \(weights) weights at the end of the line, found \(event.weights.count)")
    }
  }

  private func badFirstLine(_ line: UnsafeRawBufferPointer) -> GeneratorFileError {
    fault(
      "expected 'E number interactions scale alphaQCD alphaQED process vertex vertices beam beam seeds weights', "
        + "found '\(shortened(line.text))'")
  }

  /// `N 2 "nominal" "up"`
  private func readWeightNames2(_ line: UnsafeRawBufferPointer) throws {
    var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
    let parts = line.text.split(separator: "\"", omittingEmptySubsequences: false)
    let names = stride(from: 1, to: max(parts.count - 1, 1), by: 2).map { String(parts[$0]) }
    guard let count = fields.integer(Int.self), count == names.count, parts.count % 2 == 1 else {
      throw fault("expected names of weights in quotes and their number, found '\(shortened(line.text))'")
    }
    if run.weightNames != names { run.weightNames = names }
  }

  private func readCrossSection2(_ line: UnsafeRawBufferPointer, into event: inout HepMCEvent) throws {
    var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
    guard let value = fields.double(), let error = fields.double(), fields.isAtEnd() else {
      throw fault("expected 'C cross-section error', found '\(shortened(line.text))'")
    }
    event.crossSection = HepMCCrossSection(values: [value], errors: [error])
  }

  // MARK: vertices and particles

  private static let vertexColumns: [(String, FieldKind)] =
    [("number", .integer), ("id", .integer)] + ["x", "y", "z", "t"].map { ($0, .number) }
    + ["incoming", "outgoing", "weights"].map { ($0, .integer) }

  /// `V number id x y z t incoming outgoing weights…`
  private func readVertex2(
    _ line: UnsafeRawBufferPointer, _ pending: inout Pending2, into event: inout HepMCEvent
  ) throws {
    guard pending.incoming == 0, pending.outgoing == 0 else {
      throw fault("\(pending.incoming + pending.outgoing) particles of the vertex before are missing")
    }
    let text = UnsafeRawBufferPointer(rebasing: line[1...])
    var fields = LineFields(text)
    guard let number = fields.integer(Int32.self), let id = fields.integer(Int32.self),
      let position = position(&fields), let incoming = fields.integer(Int.self),
      let outgoing = fields.integer(Int.self), let weights = fields.integer(Int.self)
    else { throw fault(columnFault(text, of: "a vertex", Self.vertexColumns)) }
    guard number < 0, (0...Self.rowsMaximum).contains(incoming), (0...Self.rowsMaximum).contains(outgoing) else {
      throw fault("vertex \(number) with \(incoming) and \(outgoing) particles; numbers of vertices are negative")
    }
    guard event.vertices.count < pending.vertices else {
      throw fault("more vertices than the \(pending.vertices) of the event's first line")
    }
    guard numbers.add(number) else { throw fault("vertex \(number) is there twice") }
    event.vertices.append(HepMCVertex(status: id, position: position))
    (pending.incoming, pending.outgoing) = (incoming, outgoing)
    var found: [Double] = []
    try numbers(&fields, of: "weights of a vertex", into: &found)
    guard found.count == weights else { throw fault("expected \(weights) weights of a vertex, found \(found.count)") }
    if !found.isEmpty {
      event.attributes.append(
        HepMCAttribute(
          owner: -Int32(event.vertices.count), name: "weights", text: found.map { "\($0)" }.joined(separator: " ")))
    }
  }

  private static let particleColumns: [(String, FieldKind)] =
    [("number", .integer), ("id", .integer)] + ["px", "py", "pz", "energy", "mass"].map { ($0, .number) }
    + [("status", .integer), ("theta", .number), ("phi", .number), ("end", .integer), ("flows", .integer)]

  /// `P number id px py pz e m status θ φ end-vertex flows…`
  private func readParticle2(
    _ line: UnsafeRawBufferPointer, _ pending: inout Pending2, into event: inout HepMCEvent
  ) throws {
    guard pending.incoming + pending.outgoing > 0 else { throw fault("a particle more than its vertex has") }
    var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
    guard fields.integer(Int32.self) != nil, let id = fields.integer(Int32.self), let px = fields.double(),
      let py = fields.double(), let pz = fields.double(), let energy = fields.double(), let mass = fields.double(),
      let status = fields.integer(Int32.self), let theta = fields.double(), let phi = fields.double(),
      let end = fields.integer(Int32.self), let flows = fields.integer(Int.self)
    else {
      throw fault(columnFault(UnsafeRawBufferPointer(rebasing: line[1...]), of: "a particle", Self.particleColumns))
    }
    let vertex = Int32(event.vertices.count - 1)
    let isIncoming = pending.incoming > 0
    if isIncoming { pending.incoming -= 1 } else { pending.outgoing -= 1 }
    let divisor = momentumDivisor
    event.particles.append(
      HepMCParticle(
        id: id, status: status, px: px / divisor, py: py / divisor, pz: pz / divisor, energy: energy / divisor,
        mass: mass / divisor, productionVertex: isIncoming ? -1 : vertex, endVertex: isIncoming ? vertex : -1))
    guard event.particles.count < Self.rowsMaximum else { throw fault("an event of too many particles") }
    pending.ends.append(isIncoming ? 0 : end)
    let owner = Int32(event.particles.count)
    if theta != 0 { event.attributes.append(HepMCAttribute(owner: owner, name: "theta", text: "\(theta)")) }
    if phi != 0 { event.attributes.append(HepMCAttribute(owner: owner, name: "phi", text: "\(phi)")) }
    try readFlows(&fields, flows, owner, into: &event)
  }

  /// Pairs of an index and a colour line.
  private func readFlows(
    _ fields: inout LineFields, _ count: Int, _ owner: Int32, into event: inout HepMCEvent
  ) throws {
    guard (0...100).contains(count) else { throw fault("a particle with \(count) flows") }
    for _ in 0..<count {
      guard let index = fields.integer(Int32.self), let line = fields.integer(Int32.self) else {
        throw fault("expected \(count) pairs of flow index and colour line at the end of a particle")
      }
      event.attributes.append(HepMCAttribute(owner: owner, name: "flow\(index)", text: "\(line)"))
    }
    guard fields.isAtEnd() else { throw fault("a particle's line goes on after its \(count) flows") }
  }

  /// Puts particles to the vertices in which they end.
  private func finish2(_ pending: Pending2, _ event: inout HepMCEvent) throws {
    guard pending.incoming == 0, pending.outgoing == 0 else {
      throw fault("\(pending.incoming + pending.outgoing) particles of the last vertex are missing")
    }
    guard event.vertices.count == pending.vertices else {
      throw fault("has \(event.vertices.count) vertices, its first line says \(pending.vertices)", line: eventLine)
    }
    for (row, end) in pending.ends.enumerated() where end != 0 {
      guard let vertex = numbers.row(of: end) else {
        throw fault("particle \(row + 1) ends in vertex \(end), which the event of line \(eventLine) has not")
      }
      event.particles[row].endVertex = vertex
    }
    var counts = [Int](repeating: 0, count: event.vertices.count + 1)
    for particle in event.particles where particle.endVertex >= 0 { counts[Int(particle.endVertex) + 1] += 1 }
    for row in event.vertices.indices {
      counts[row + 1] += counts[row]
      event.vertices[row].incoming = counts[row]..<counts[row + 1]
    }
    event.incoming.append(contentsOf: repeatElement(0, count: counts[event.vertices.count]))
    for (row, particle) in event.particles.enumerated() where particle.endVertex >= 0 {
      event.incoming[counts[Int(particle.endVertex)]] = Int32(row)
      counts[Int(particle.endVertex)] += 1
    }
  }
}
