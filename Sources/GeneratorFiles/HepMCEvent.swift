/// One event of a HepMC file, version 2 or 3.
///
/// Units are GeV and mm (times as cτ), whatever the file's are. Filled in place by ``HepMCReader/next(into:)`` and reused
/// from event to event.
public struct HepMCEvent: Hashable, Sendable {
  public var number: Int
  public var weights: [Double]
  /// In the order of the file.
  public var particles: [HepMCParticle]
  /// In the order of the file; a vertex with one incoming particle may stand between the lines.
  public var vertices: [HepMCVertex]
  /// Incoming particles of all vertices, one vertex after another.
  public var incoming: [Int32]
  public var crossSection: HepMCCrossSection?
  public var densities: HepMCDensities?
  /// Whatever else is said of the event, its particles and vertices.
  public var attributes: [HepMCAttribute]
  /// Where the event lies, if the file says so.
  public var position: HepMCPosition?

  public init(number: Int = 0, weights: [Double] = [1]) {
    self.number = number
    self.weights = weights
    particles = []
    vertices = []
    incoming = []
    attributes = []
  }

  mutating func removeAll() {
    weights.removeAll(keepingCapacity: true)
    particles.removeAll(keepingCapacity: true)
    vertices.removeAll(keepingCapacity: true)
    incoming.removeAll(keepingCapacity: true)
    attributes.removeAll(keepingCapacity: true)
    crossSection = nil
    densities = nil
    position = nil
  }

  /// Rows of the particles that come into a vertex.
  public func incoming(of vertex: HepMCVertex) -> ArraySlice<Int32> { incoming[vertex.incoming] }

  /// Rows of a particle's mothers.
  public func mothers(of particle: HepMCParticle) -> ArraySlice<Int32> {
    particle.productionVertex < 0 ? [] : incoming(of: vertices[Int(particle.productionVertex)])
  }

  /// The value of an attribute of the event.
  public func attribute(_ name: String) -> String? { attributes.first { $0.owner == 0 && $0.name == name }?.text }

  /// Where a particle was made: its vertex's position, else that of the nearest ancestor that has one, else the event's.
  public func productionPosition(of particle: HepMCParticle) -> HepMCPosition {
    var vertex = particle.productionVertex
    // An ancestor is found within as many steps as there are vertices, or the event runs in a circle.
    for _ in vertices.indices where vertex >= 0 {
      if let position = vertices[Int(vertex)].position { return position }
      guard let mother = incoming(of: vertices[Int(vertex)]).first else { break }
      vertex = particles[Int(mother)].productionVertex
    }
    return position ?? HepMCPosition(x: 0, y: 0, z: 0, t: 0)
  }
}

/// A particle of an event.
public struct HepMCParticle: Hashable, Sendable {
  /// PDG id.
  public var id: Int32
  /// 1 final, 2 decayed, 4 beam, others by generator.
  public var status: Int32
  /// GeV.
  public var px, py, pz, energy, mass: Double
  /// Rows of the vertices at which it begins and ends; −1 for none.
  public var productionVertex, endVertex: Int32

  public init(
    id: Int32, status: Int32, px: Double, py: Double, pz: Double, energy: Double, mass: Double,
    productionVertex: Int32 = -1, endVertex: Int32 = -1
  ) {
    self.id = id
    self.status = status
    self.px = px
    self.py = py
    self.pz = pz
    self.energy = energy
    self.mass = mass
    self.productionVertex = productionVertex
    self.endVertex = endVertex
  }
}

/// A place where particles meet, decay or are made.
public struct HepMCVertex: Hashable, Sendable {
  public var status: Int32
  /// `nil` where the file gives none, or four zeros.
  public var position: HepMCPosition?
  /// Its part of ``HepMCEvent/incoming``.
  public var incoming: Range<Int>

  public init(status: Int32 = 0, position: HepMCPosition? = nil, incoming: Range<Int> = 0..<0) {
    self.status = status
    self.position = position
    self.incoming = incoming
  }
}

/// A place in mm, with its time as ct in mm.
public struct HepMCPosition: Hashable, Sendable {
  public var x, y, z, t: Double

  public init(x: Double, y: Double, z: Double, t: Double) {
    self.x = x
    self.y = y
    self.z = z
    self.t = t
  }

  var isZero: Bool { x == 0 && y == 0 && z == 0 && t == 0 }
}

/// What the generator knew of the cross-section when it wrote the event, in pb.
public struct HepMCCrossSection: Hashable, Sendable {
  /// One value, or one a weight.
  public var values: [Double]
  public var errors: [Double]
  /// Events accepted and tried up to this one; −1 where not known.
  public var accepted, attempted: Int

  public init(values: [Double], errors: [Double], accepted: Int = -1, attempted: Int = -1) {
    precondition(values.count == errors.count, "need an error a value, got \(errors.count) for \(values.count)")
    self.values = values
    self.errors = errors
    self.accepted = accepted
    self.attempted = attempted
  }
}

/// The partons that collided.
public struct HepMCDensities: Hashable, Sendable {
  /// PDG ids, shares of the beams' momenta, x·f(x), numbers of the sets.
  public var id1, id2: Int32
  public var x1, x2: Double
  /// GeV.
  public var scale: Double
  public var xf1, xf2: Double
  public var set1, set2: Int32

  public init(
    id1: Int32, id2: Int32, x1: Double, x2: Double, scale: Double, xf1: Double, xf2: Double, set1: Int32, set2: Int32
  ) {
    self.id1 = id1
    self.id2 = id2
    self.x1 = x1
    self.x2 = x2
    self.scale = scale
    self.xf1 = xf1
    self.xf2 = xf2
    self.set1 = set1
    self.set2 = set2
  }
}

/// A named text about the event, a particle or a vertex.
public struct HepMCAttribute: Hashable, Sendable {
  /// 0: the event; n > 0: particle n, counted from 1; n < 0: vertex −n, counted from 1.
  public var owner: Int32
  public var name, text: String

  public init(owner: Int32 = 0, name: String, text: String) {
    self.owner = owner
    self.name = name
    self.text = text
  }
}

/// What a HepMC file says before its events.
public struct HepMCRun: Hashable, Sendable {
  public enum Format: String, Hashable, Codable, Sendable {
    /// HepMC 2: `IO_GenEvent`
    case genEvent = "IO_GenEvent"
    /// HepMC 3: `Asciiv3`
    case ascii3 = "Asciiv3"
  }

  /// `name`, `version` and `text` of a program that took part.
  public struct Tool: Hashable, Sendable {
    public var name, version, text: String

    public init(name: String, version: String, text: String) {
      self.name = name
      self.version = version
      self.text = text
    }
  }

  public var format: Format
  /// The library's version as the file says.
  public var version: String
  public var weightNames: [String]
  public var tools: [Tool]
  public var attributes: [HepMCAttribute]

  public init(format: Format = .ascii3, version: String = "3.03.00", weightNames: [String] = []) {
    self.format = format
    self.version = version
    self.weightNames = weightNames
    tools = []
    attributes = []
  }
}
