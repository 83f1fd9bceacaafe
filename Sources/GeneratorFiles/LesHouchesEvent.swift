/// One event of a Les Houches file: E. Boos et al., hep-ph/0109068, and J. Alwall et al., hep-ph/0609017.
///
/// Units: GeV, mm. Filled in place by ``LesHouchesReader/next(into:)`` and reused from event to event.
public struct LesHouchesEvent: Hashable, Sendable {
  /// IDPRUP: which of the file's processes.
  public var processID: Int32
  /// XWGTUP; what it means is said by ``LesHouchesRun/weightStrategy``.
  public var weight: Double
  /// SCALUP in GeV; negative where it is not known.
  public var scale: Double
  /// AQEDUP and AQCDUP; negative where they are not known.
  public var alphaQED, alphaQCD: Double
  public var particles: [LesHouchesParticle]
  /// `<rwgt>`: alternatives to ``weight``, by the ids of the file's weight groups.
  public var weights: [LesHouchesWeight]
  /// `<weights>`: alternatives in the order of the file's weight groups.
  public var orderedWeights: [Double]
  /// Attributes of `<scales>`, in the order of the file: `muf`, `mur`, `mups`, ….
  public var scales: [LesHouchesAttribute]
  /// Attributes of `<event>`: `npLO`, `npNLO`.
  public var attributes: [LesHouchesAttribute]
  /// Lines beyond those: comments (`#…`) and blocks of the generator, as they stand in the file.
  public var lines: [String]
  /// Counts the `<eventgroup>`s up to this event's, from 1; 0 outside of any.
  public var group: Int

  public init(
    processID: Int32 = 0, weight: Double = 1, scale: Double = -1, alphaQED: Double = -1, alphaQCD: Double = -1,
    particles: [LesHouchesParticle] = []
  ) {
    self.processID = processID
    self.weight = weight
    self.scale = scale
    self.alphaQED = alphaQED
    self.alphaQCD = alphaQCD
    self.particles = particles
    weights = []
    orderedWeights = []
    scales = []
    attributes = []
    lines = []
    group = 0
  }

  /// Comments, with their `#`.
  public var comments: [String] { lines.filter { $0.hasPrefix("#") } }

  mutating func removeAll() {
    particles.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    orderedWeights.removeAll(keepingCapacity: true)
    scales.removeAll(keepingCapacity: true)
    attributes.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
  }
}

/// One row of an event.
public struct LesHouchesParticle: Hashable, Sendable {
  /// PDG id.
  public var id: Int32
  /// −1 incoming, 1 outgoing, 2 an intermediate resonance, −2 an intermediate space-like line, 3 for the record only,
  /// −9 a beam.
  public var status: Int32
  /// Rows of the first and last mother, from 1; 0 for none.
  public var mother1, mother2: Int32
  /// Colour lines; 0 for none.
  public var colour, anticolour: Int32
  /// GeV.
  public var px, py, pz, energy, mass: Double
  /// cτ in mm.
  public var lifetime: Double
  /// Cosine of the angle between spin and the momentum of the decaying particle in the laboratory; 9 for unknown.
  public var spin: Double

  public init(
    id: Int32, status: Int32, mother1: Int32 = 0, mother2: Int32 = 0, colour: Int32 = 0, anticolour: Int32 = 0,
    px: Double, py: Double, pz: Double, energy: Double, mass: Double, lifetime: Double = 0, spin: Double = 9
  ) {
    self.id = id
    self.status = status
    self.mother1 = mother1
    self.mother2 = mother2
    self.colour = colour
    self.anticolour = anticolour
    self.px = px
    self.py = py
    self.pz = pz
    self.energy = energy
    self.mass = mass
    self.lifetime = lifetime
    self.spin = spin
  }
}

/// One `<wgt>` of an event.
public struct LesHouchesWeight: Hashable, Sendable {
  public var id: String
  public var value: Double

  public init(id: String, value: Double) {
    self.id = id
    self.value = value
  }
}

/// An attribute of a tag.
public struct LesHouchesAttribute: Hashable, Codable, Sendable {
  public var name, value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
