/// A process that the generator can make: what collides, what Pythia is told, how the phase space is sliced, what is
/// refused early. Read from YAML by ``init(yaml:file:)``.
public struct ProcessCard: Hashable, Codable, Sendable {
  /// The version of the card's schema that this program reads.
  public static let schemaVersion = 1

  /// `name` (text, required): the sample's name: letters, digits, `-` and `_`.
  public var name: String
  /// `title` (text, the name): for tables and figures.
  public var title: String
  /// `energy` (number, 13000, 100...200000): centre-of-mass energy of the two protons in GeV.
  public var energy: Double
  /// `crossSection` (text, required): what the cross-section of the events includes, shown wherever it is used.
  public var crossSectionNote: String
  /// `pythia` (list of text, empty): lines of Pythia settings, in order. Seed, beams and p̂_T limits are not allowed
  /// here: they come from the run, `energy` and `slices`.
  public var settings: [String]
  /// `slha` (text, none): a spectrum in the SUSY Les Houches Accord (arXiv:0801.0045): masses, mixings, decay tables.
  public var spectrum: String?
  /// `hardProcess`: a process of this program in place of, or beside, Pythia's own.
  public var hardProcess: HardProcessChoice?
  /// `slices` (list, one without limits): exclusive ranges of p̂_T, and within them of the shower's scalar sum, in
  /// rising order.
  public var slices: [Slice]
  /// `showerScale` (number, 30, 5...1000): transverse momentum in GeV down to which showers and multiple interactions
  /// have come when a slice's `showerSum` is tested.
  public var showerScale: Double
  /// `veto`: what is refused before showers.
  public var veto: ProcessVeto?

  public init(
    name: String, title: String? = nil, energy: Double = 13_000, crossSectionNote: String, settings: [String],
    spectrum: String? = nil, hardProcess: HardProcessChoice? = nil, slices: [Slice] = [Slice()],
    showerScale: Double = 30,
    veto: ProcessVeto? = nil
  ) {
    precondition(!slices.isEmpty, "need at least one slice")
    self.name = name
    self.title = title ?? name
    self.energy = energy
    self.crossSectionNote = crossSectionNote
    self.settings = settings
    self.spectrum = spectrum
    self.hardProcess = hardProcess
    self.slices = slices
    self.showerScale = showerScale
    self.veto = veto
  }

  /// A range of the hard process's transverse momentum p̂_T, and of the scalar sum H_T within its shower, generated on its
  /// own.
  public struct Slice: Hashable, Codable, Sendable {
    /// `pTHat` (two numbers, [0, null], 0...100000): limits in GeV; `null` as the upper one leaves it open.
    public var pTHatMinimum: Double
    public var pTHatMaximum: Double?
    /// `showerSum` (two numbers, without limits, 0...100000): limits in GeV on the scalar sum of transverse momenta,
    /// neutrinos left out, of the hard process's decay products and of what showers and multiple interactions have
    /// radiated down to `showerScale`; `null` as the upper one leaves it open.
    public var showerSum: ShowerSum?
    /// `eventsPerBlock` (integer, 1000, 1...1000000): events that leave the generator in one block.
    public var eventsPerBlock: Int

    public init(
      pTHatMinimum: Double = 0, pTHatMaximum: Double? = nil, showerSum: ShowerSum? = nil, eventsPerBlock: Int = 1000
    ) {
      precondition(eventsPerBlock > 0, "need at least one event a block, got \(eventsPerBlock)")
      self.pTHatMinimum = pTHatMinimum
      self.pTHatMaximum = pTHatMaximum
      self.showerSum = showerSum
      self.eventsPerBlock = eventsPerBlock
    }

    /// From `minimum` to below `maximum`, in GeV.
    public struct ShowerSum: Hashable, Codable, Sendable {
      public var minimum: Double
      public var maximum: Double?

      public init(minimum: Double, maximum: Double? = nil) {
        self.minimum = minimum
        self.maximum = maximum
      }
    }

    /// `p̂_T 100–200 GeV, shower sum > 800 GeV`
    public var title: String {
      let first =
        pTHatMinimum == 0 && pTHatMaximum == nil ? "all p̂_T" : Self.text("p̂_T", pTHatMinimum, pTHatMaximum)
      return showerSum.map { "\(first), \(Self.text("shower sum", $0.minimum, $0.maximum))" } ?? first
    }

    private static func text(_ name: String, _ low: Double, _ high: Double?) -> String {
      high.map { "\(name) \(low)–\($0) GeV" } ?? "\(name) > \(low) GeV"
    }
  }

  /// A process of this program, by the name of its kind, with all its parameters.
  public struct HardProcessChoice: Hashable, Codable, Sendable {
    /// `name` (text, required): one of `HardProcessKind.all`.
    public var kind: String
    /// `parameters` (numbers by name): see the kind's list; what is left out takes its default.
    public var parameters: [String: Double]

    public init(kind: String, parameters: [String: Double]) {
      self.kind = kind
      self.parameters = parameters
    }
  }

  /// Settings of one slice, in the order Pythia reads them.
  /// - Parameter eventFile: a Les Houches file in place of Pythia's own processes; beams are then the file's.
  func settings(forSlice index: Int, eventFile: String? = nil) -> [String] {
    if let eventFile { return ["Beams:frameType = 4", "Beams:LHEF = \(eventFile)"] + settings }
    let slice = slices[index]
    var lines = ["Beams:idA = 2212", "Beams:idB = 2212", "Beams:eCM = \(energy)"]
    if let hardProcess, let kind = HardProcessKind.all.first(where: { $0.name == hardProcess.kind }) {
      lines += kind.settings(hardProcess.parameters)
    }
    lines += settings
    // Left alone without limits: Pythia has defaults of its own for processes that diverge at low p̂_T.
    if slice.pTHatMinimum > 0 { lines.append("PhaseSpace:pTHatMin = \(slice.pTHatMinimum)") }
    if let maximum = slice.pTHatMaximum { lines.append("PhaseSpace:pTHatMax = \(maximum)") }
    return lines
  }
}
