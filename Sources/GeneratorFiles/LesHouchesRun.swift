/// What a Les Houches file says before its events: header and `<init>` block.
public struct LesHouchesRun: Hashable, Sendable {
  /// `1.0`, `2.0` or `3.0`, as the file says.
  public var version: String
  /// Text of comments before `<init>`, without their marks.
  public var comments: [String]
  /// Blocks of the header, in the order of the file; weight groups are not among them.
  public var blocks: [HeaderBlock]
  public var weightGroups: [WeightGroup]
  /// IDBMUP: PDG ids.
  public var beamIDs: Pair<Int32>
  /// EBMUP in GeV.
  public var beamEnergies: Pair<Double>
  /// PDFGUP and PDFSUP: author groups and sets of the parton densities.
  public var densityGroups, densitySets: Pair<Int32>
  /// IDWTUP: ±1 to ±4, what weights mean. See ``crossSectionStrategy``.
  public var weightStrategy: Int
  public var processes: [Process]
  public var generators: [Generator]
  /// Further lines of `<init>`, as they stand in the file.
  public var lines: [String]

  /// Of the first and the second beam.
  public struct Pair<Value: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
    public var first, second: Value

    public init(_ first: Value, _ second: Value) {
      self.first = first
      self.second = second
    }
  }

  /// `<slha>…</slha>` and the like.
  public struct HeaderBlock: Hashable, Sendable {
    public var name: String
    /// Lines between the tags.
    public var lines: [String]
    /// Line of the file at which the text begins.
    public var line: Int

    public init(name: String, lines: [String], line: Int = 0) {
      self.name = name
      self.lines = lines
      self.line = line
    }
  }

  /// One process of `<init>`.
  public struct Process: Hashable, Codable, Sendable {
    /// XSECUP ± XERRUP in pb.
    public var crossSection, crossSectionError: Double
    /// XMAXUP.
    public var maximumWeight: Double
    /// LPRUP.
    public var id: Int32

    public init(crossSection: Double, crossSectionError: Double, maximumWeight: Double, id: Int32) {
      self.crossSection = crossSection
      self.crossSectionError = crossSectionError
      self.maximumWeight = maximumWeight
      self.id = id
    }
  }

  /// `<generator name="…" version="…">…</generator>`
  public struct Generator: Hashable, Codable, Sendable {
    public var name, version, text: String

    public init(name: String, version: String, text: String = "") {
      self.name = name
      self.version = version
      self.text = text
    }
  }

  /// `<weightgroup>` with its `<weight>`s. Weights outside of any group have one of their own without attributes.
  public struct WeightGroup: Hashable, Codable, Sendable {
    /// `name` or `type`, `combine`, …
    public var attributes: [LesHouchesAttribute]
    public var weights: [Weight]

    public init(attributes: [LesHouchesAttribute] = [], weights: [Weight] = []) {
      self.attributes = attributes
      self.weights = weights
    }

    /// The group's `name`, else its `type`.
    public var name: String {
      (attributes.first { $0.name == "name" } ?? attributes.first { $0.name == "type" })?.value ?? ""
    }
  }

  /// `<weight id="1001">muR=1 muF=2</weight>`
  public struct Weight: Hashable, Codable, Sendable {
    public var id: String
    /// Attributes beside the id: `MUF`, `MUR`, `PDF`.
    public var attributes: [LesHouchesAttribute]
    public var text: String

    public init(id: String, attributes: [LesHouchesAttribute] = [], text: String = "") {
      self.id = id
      self.attributes = attributes
      self.text = text
    }
  }

  public init(
    version: String = "3.0", beamIDs: Pair<Int32>, beamEnergies: Pair<Double>, weightStrategy: Int, processes: [Process]
  ) {
    self.version = version
    comments = []
    blocks = []
    weightGroups = []
    self.beamIDs = beamIDs
    self.beamEnergies = beamEnergies
    densityGroups = Pair(-1, -1)
    densitySets = Pair(-1, -1)
    self.weightStrategy = weightStrategy
    self.processes = processes
    generators = []
    lines = []
  }

  /// The first header block of a name.
  public func block(_ name: String) -> HeaderBlock? { blocks.first { $0.name == name } }

  /// √s in GeV, masses of the beams left out.
  public var collisionEnergy: Double { 2 * (beamEnergies.first * beamEnergies.second).squareRoot() }

  /// Where the sample's cross-section is found, by |IDWTUP|.
  public enum CrossSectionStrategy: String, Hashable, Codable, Sendable {
    /// ±1 and ±4: events weigh what they contribute in pb; the mean weight is the cross-section.
    case meanWeight
    /// ±2 and ±3: the sum over the processes of `<init>`.
    case processes
  }

  public var crossSectionStrategy: CrossSectionStrategy {
    abs(weightStrategy) == 1 || abs(weightStrategy) == 4 ? .meanWeight : .processes
  }
}
