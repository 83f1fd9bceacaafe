import ByteIO
import Foundation

/// Events of `Asciiv3`.
extension HepMCReader {
  /// Weights, tools and attributes of the run, before the first event.
  func readRunInformation() throws {
    guard run.format == .ascii3 else { return }
    while let line = try lines.next() {
      if line.isEmpty { continue }
      guard line.count > 1, line[1] == 32, line[0] != UInt8(ascii: "E") else { return lines.unread() }
      let text = UnsafeRawBufferPointer(rebasing: line[2...]).text
      switch line[0] {
      case UInt8(ascii: "W"):
        guard let count = Int(text.trimmingCharacters(in: .whitespaces)), (0...Self.rowsMaximum).contains(count) else {
          throw fault("expected the number of weights, found '\(shortened(text))'")
        }
      case UInt8(ascii: "N"): run.weightNames = Self.unescaped(text).components(separatedBy: "\n")
      case UInt8(ascii: "T"):
        let parts = Self.unescaped(text).components(separatedBy: "\n")
        guard parts.count == 3 else { throw fault("a tool needs name, version and description, found \(parts.count)") }
        run.tools.append(.init(name: parts[0], version: parts[1], text: parts[2]))
      case UInt8(ascii: "A"):
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        run.attributes.append(
          HepMCAttribute(name: String(parts[0]), text: parts.count > 1 ? Self.unescaped(String(parts[1])) : ""))
      default: throw fault("expected W, N, T, A or E, found '\(shortened(line.text))'")
      }
      guard run.attributes.count + run.tools.count < Self.rowsMaximum else { throw fault("too many attributes") }
    }
  }

  /// `\|` stands for a new line and `\\` for a backslash.
  static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var result = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        result.append(character == "|" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }

  static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == 10 }) else { return text }
    return text.replacing("\\", with: "\\\\").replacing("\n", with: "\\|")
  }

  func readEvent3(_ first: UnsafeRawBufferPointer, into event: inout HepMCEvent) throws {
    let counts = try readFirstLine3(first, into: &event)
    numbers.removeAll()
    while let line = try nextEventLine() {
      guard line.count == 1 || line[1] == 32 else { throw unknown(line) }
      switch line[0] {
      case UInt8(ascii: "P"): try readParticle3(line, counts.particles, into: &event)
      case UInt8(ascii: "V"): try readVertex3(line, counts.vertices, into: &event)
      case UInt8(ascii: "A"): try readAttribute3(line, into: &event)
      case UInt8(ascii: "U"):
        guard event.particles.isEmpty, event.vertices.isEmpty else { throw fault("units after particles") }
        try readUnits(line)
        // The event's own position stands before the units.
        event.position = event.position.map {
          HepMCPosition(x: $0.x * lengthFactor, y: $0.y * lengthFactor, z: $0.z * lengthFactor, t: $0.t * lengthFactor)
        }
      case UInt8(ascii: "W"):
        var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
        try numbers(&fields, of: "weights", into: &event.weights)
      default: throw unknown(line)
      }
    }
    guard event.particles.count == counts.particles else {
      throw fault("has \(event.particles.count) particles, its first line says \(counts.particles)", line: eventLine)
    }
    try finish3(&event)
  }

  private func unknown(_ line: UnsafeRawBufferPointer) -> GeneratorFileError {
    fault("expected a line of an event (U, W, A, P or V), found '\(shortened(line.text))'")
  }

  /// `E number vertices particles [@ x y z t]`
  private func readFirstLine3(
    _ line: UnsafeRawBufferPointer, into event: inout HepMCEvent
  ) throws -> (vertices: Int, particles: Int) {
    var fields = LineFields(line)
    _ = fields.next()
    guard let number = fields.integer(Int.self), let vertices = fields.integer(Int.self),
      let particles = fields.integer(Int.self)
    else {
      throw fault("expected 'E number vertices particles', found '\(shortened(line.text))'")
    }
    for count in [vertices, particles] where !(0...Self.rowsMaximum).contains(count) {
      throw fault("an event of \(count) particles or vertices; expected 0 to \(Self.rowsMaximum)")
    }
    event.number = number
    if !fields.isAtEnd() { event.position = try readPosition(&fields) }
    return (vertices, particles)
  }

  /// `@ x y z t`, the last of its line.
  private func readPosition(_ fields: inout LineFields) throws -> HepMCPosition? {
    guard let mark = fields.next(), mark.count == 1, mark[0] == UInt8(ascii: "@"),
      let position = position(&fields), fields.isAtEnd()
    else { throw fault("expected '@ x y z t' at the end of the line") }
    return position
  }

  private static let particleColumns: [(String, FieldKind)] =
    [("number", .integer), ("origin", .integer), ("id", .integer)]
    + ["px", "py", "pz", "energy", "mass"].map { ($0, .number) } + [("status", .integer)]

  /// `P number origin id px py pz e m status`; the origin is a vertex below 0, a mother above, or neither.
  private func readParticle3(_ line: UnsafeRawBufferPointer, _ count: Int, into event: inout HepMCEvent) throws {
    var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
    guard let number = fields.integer(Int32.self), let origin = fields.integer(Int32.self),
      let id = fields.integer(Int32.self), let px = fields.double(), let py = fields.double(),
      let pz = fields.double(), let energy = fields.double(), let mass = fields.double(),
      let status = fields.integer(Int32.self), fields.isAtEnd()
    else {
      throw fault(columnFault(UnsafeRawBufferPointer(rebasing: line[1...]), of: "a particle", Self.particleColumns))
    }
    guard Int(number) == event.particles.count + 1, event.particles.count < count else {
      throw fault("particle \(number) follows particle \(event.particles.count) of \(count)")
    }
    let vertex = try originVertex(origin, into: &event)
    let divisor = momentumDivisor
    event.particles.append(
      divisor == 1
        ? HepMCParticle(
          id: id, status: status, px: px, py: py, pz: pz, energy: energy, mass: mass, productionVertex: vertex)
        : HepMCParticle(
          id: id, status: status, px: px / divisor, py: py / divisor, pz: pz / divisor, energy: energy / divisor,
          mass: mass / divisor, productionVertex: vertex))
  }

  /// The row of a particle's vertex. A mother without a vertex of its own gets one here.
  private func originVertex(_ origin: Int32, into event: inout HepMCEvent) throws -> Int32 {
    guard origin != 0 else { return -1 }
    if origin < 0 {
      guard let row = numbers.row(of: origin) else {
        throw fault("a particle begins at vertex \(origin), which is not there before it")
      }
      return row
    }
    let mother = Int(origin) - 1
    guard mother < event.particles.count else {
      throw fault("a particle has mother \(origin), which is not there before it")
    }
    if event.particles[mother].endVertex < 0 {
      event.particles[mother].endVertex = Int32(event.vertices.count)
      event.vertices.append(HepMCVertex(incoming: event.incoming.count..<event.incoming.count + 1))
      event.incoming.append(origin - 1)
      _ = numbers.add(0)
    }
    return event.particles[mother].endVertex
  }

  /// `V number status [1,2] [@ x y z t]`
  private func readVertex3(_ line: UnsafeRawBufferPointer, _ count: Int, into event: inout HepMCEvent) throws {
    var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
    guard let number = fields.integer(Int32.self), number < 0, let status = fields.integer(Int32.self),
      let list = fields.next(), list.count >= 2, list[0] == UInt8(ascii: "["), list[list.count - 1] == UInt8(ascii: "]")
    else { throw fault("expected 'V number status [particles]', found '\(shortened(line.text))'") }
    guard event.vertices.count < count else { throw fault("more vertices than the \(count) of the event's first line") }
    let start = event.incoming.count
    if list.count > 2 {
      for word in UnsafeRawBufferPointer(rebasing: list[1..<(list.count - 1)]).split(
        separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      {
        guard let particle = UnsafeRawBufferPointer(rebasing: word).integer(Int32.self), particle > 0 else {
          throw fault("expected numbers of particles, found '\(shortened(list.text))'")
        }
        event.incoming.append(particle - 1)
      }
    }
    let position = fields.isAtEnd() ? nil : try readPosition(&fields)
    guard numbers.add(number) else { throw fault("vertex \(number) is there twice") }
    event.vertices.append(
      HepMCVertex(status: status, position: position, incoming: start..<event.incoming.count))
    let row = Int32(event.vertices.count - 1)
    // A particle may come after the vertex that it goes into.
    for particle in event.incoming[start...] where Int(particle) < event.particles.count {
      try setEnd(of: particle, row, &event)
    }
  }

  private func setEnd(of particle: Int32, _ vertex: Int32, _ event: inout HepMCEvent) throws {
    let found = event.particles[Int(particle)].endVertex
    guard found < 0 || found == vertex else { throw fault("particle \(particle + 1) goes into two vertices") }
    event.particles[Int(particle)].endVertex = vertex
  }

  /// `A owner name text`
  private func readAttribute3(_ line: UnsafeRawBufferPointer, into event: inout HepMCEvent) throws {
    var fields = LineFields(UnsafeRawBufferPointer(rebasing: line[1...]))
    guard let owner = fields.integer(Int32.self), let name = fields.next() else {
      throw fault("expected 'A owner name text', found '\(shortened(line.text))'")
    }
    if owner == 0, name.starts(with: "GenCrossSection") { return try readCrossSection3(&fields, into: &event) }
    if owner == 0, name.starts(with: "GenPdfInfo") { return try readDensities(&fields, into: &event) }
    let from = line.baseAddress.flatMap { base in name.baseAddress.map { base.distance(to: $0) + name.count + 1 } } ?? 0
    let text = from < line.count ? UnsafeRawBufferPointer(rebasing: line[from...]).text : ""
    event.attributes.append(HepMCAttribute(owner: owner, name: name.text, text: Self.unescaped(text)))
  }

  /// `value error accepted attempted`, and `value error` of further weights.
  private func readCrossSection3(_ fields: inout LineFields, into event: inout HepMCEvent) throws {
    var found: [Double] = []
    try numbers(&fields, of: "GenCrossSection", into: &found)
    guard found.count == 2 || found.count >= 4 && found.count % 2 == 0 else {
      throw fault("GenCrossSection: expected value, error, counts and further pairs, found \(found.count) numbers")
    }
    let counts = found.count > 2 ? (Int(exactly: found[2]), Int(exactly: found[3])) : (-1, -1)
    guard let accepted = counts.0, let attempted = counts.1 else {
      throw fault("GenCrossSection: expected whole numbers of events, found \(found[2]) and \(found[3])")
    }
    if found.count > 2 { found.removeSubrange(2..<4) }
    event.crossSection = HepMCCrossSection(
      values: stride(from: 0, to: found.count, by: 2).map { found[$0] },
      errors: stride(from: 1, to: found.count, by: 2).map { found[$0] }, accepted: accepted, attempted: attempted)
  }

  /// `id1 id2 x1 x2 scale xf1 xf2 [set1 set2]`, in both versions.
  func readDensities(_ fields: inout LineFields, into event: inout HepMCEvent) throws {
    guard let id1 = fields.integer(Int32.self), let id2 = fields.integer(Int32.self), let x1 = fields.double(),
      let x2 = fields.double(), let scale = fields.double(), let xf1 = fields.double(), let xf2 = fields.double()
    else { throw fault("parton densities: expected id1 id2 x1 x2 scale xf1 xf2") }
    var sets: (Int32, Int32) = (0, 0)
    if !fields.isAtEnd() {
      guard let set1 = fields.integer(Int32.self), let set2 = fields.integer(Int32.self), fields.isAtEnd() else {
        throw fault("parton densities: expected two numbers of sets at the end")
      }
      sets = (set1, set2)
    }
    event.densities = HepMCDensities(
      id1: id1, id2: id2, x1: x1, x2: x2, scale: scale, xf1: xf1, xf2: xf2, set1: sets.0, set2: sets.1)
  }

  /// What can only be seen when all is there.
  private func finish3(_ event: inout HepMCEvent) throws {
    for row in event.vertices.indices {
      for particle in event.incoming[event.vertices[row].incoming] {
        guard Int(particle) < event.particles.count else {
          throw fault("vertex \(-1 - row) has particle \(particle + 1), the event \(event.particles.count)")
        }
        try setEnd(of: particle, Int32(row), &event)
      }
    }
    for index in event.attributes.indices {
      let owner = event.attributes[index].owner
      if owner < 0, let row = numbers.row(of: owner) { event.attributes[index].owner = -1 - row }
      guard Int(owner) <= event.particles.count, -Int(owner) <= Self.rowsMaximum else {
        throw fault("attribute '\(event.attributes[index].name)' is of particle \(owner), which is not there")
      }
    }
  }
}
