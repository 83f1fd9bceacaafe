/// How a kind of file names what the toolkit calls `Jet_pt`, `MissingET_MET` and so on.
///
/// Each column is an expression over the columns of the file (see `EventSelection`), in GeV, radians and mm. A column whose
/// branches a file lacks is absent, and says why when it is asked for.
public struct EventSchema: Hashable, Codable, Sendable {
  /// A column and the expressions that may give it; the first whose columns the file has is used.
  public struct Entry: Hashable, Codable, Sendable {
    public var column: String
    public var alternatives: [String]

    public init(_ column: String, _ alternatives: [String]) {
      self.column = column
      self.alternatives = alternatives
    }

    /// What stands before the first underscore.
    var collection: String { String(column.prefix { $0 != "_" }) }
  }

  /// For errors: `delphes`, `nanoaod`, or `the card's`.
  public var name: String
  /// The path of the tree (or RNTuple) in each file.
  public var tree: String
  public var entries: [Entry]
  /// Collections that have no objects in any event.
  public var emptyCollections: [String: [String]]
  /// The generator's weight of an event, by the first of these that the file has.
  public var generatorWeight: [String]
  /// Whether a file without that weight is refused; else each of its events counts 1.
  public var needsGeneratorWeight: Bool
  /// What gives the cross-section in pb as known after each event; the last one counts.
  public var crossSection: String?
  /// The tree whose columns `genEventSumw`, `genEventSumw2` and `genEventCount` add up what was generated, also where the file
  /// holds only some of it.
  public var sumsTree: String?

  public init(
    name: String, tree: String, entries: [Entry] = [], emptyCollections: [String: [String]] = [:],
    generatorWeight: [String] = [], needsGeneratorWeight: Bool = false, crossSection: String? = nil,
    sumsTree: String? = nil
  ) {
    self.name = name
    self.tree = tree
    self.entries = entries
    self.emptyCollections = emptyCollections
    self.generatorWeight = generatorWeight
    self.needsGeneratorWeight = needsGeneratorWeight
    self.crossSection = crossSection
    self.sumsTree = sumsTree
  }

  /// The names of ready-made schemas.
  public static let names = ["delphes", "nanoaod"]

  /// `delphes` or `nanoaod`.
  public init?(named name: String) {
    switch name {
    case "delphes": self = .delphes
    case "nanoaod": self = .nanoaod
    default: return nil
    }
  }

  /// Sets a column, in place of the one of that name.
  public mutating func set(_ column: String, _ expression: String) {
    entries.removeAll { $0.column == column }
    entries.append(Entry(column, [expression]))
  }

  /// Makes a collection one without objects; its members stay those that the schema knows, and `pt`, `eta`, `phi`, `mass`.
  public mutating func setEmpty(_ collection: String) {
    var members = ["pt", "eta", "phi", "mass"]
    for entry in entries where entry.collection == collection {
      let member = String(entry.column.dropFirst(collection.count + 1))
      if !members.contains(member) { members.append(member) }
    }
    entries.removeAll { $0.collection == collection }
    emptyCollections[collection] = members
  }

  /// The columns that the schema knows.
  public var columnNames: [String] {
    entries.map(\.column)
      + emptyCollections.keys.sorted().flatMap { name in (emptyCollections[name] ?? []).map { "\(name)_\($0)" } }
  }
}

extension EventSchema {
  /// Files of Delphes 3: the tree `Delphes` with its default names of collections.
  public static let delphes = EventSchema(
    name: "delphes", tree: "Delphes",
    entries: members(
      "Jet",
      [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("mass", "Mass"), ("flavour", "Flavor"), ("charge", "Charge")])
      + [Entry("Jet_btag", ["bit(Jet_BTag, 0)"]), Entry("Jet_tautag", ["bit(Jet_TauTag, 0)"])]
      + members("FatJet", [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("mass", "Mass")])
      + members("Electron", [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("charge", "Charge")])
      + [Entry("Electron_positive", ["Electron_Charge > 0"])]
      + members("Muon", [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("charge", "Charge")])
      + [Entry("Muon_positive", ["Muon_Charge > 0"])]
      + members("Photon", [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi")])
      + [
        Entry("MissingET_MET", ["MissingET_MET[0]"]), Entry("MissingET_phi", ["MissingET_Phi[0]"]),
        Entry("ScalarHT_HT", ["ScalarHT_HT[0]"]),
        Entry("GenMissingET_MET", ["GenMissingET_MET[0]"]), Entry("GenMissingET_phi", ["GenMissingET_Phi[0]"]),
      ]
      + members("GenJet", [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("mass", "Mass")])
      + members(
        "Particle",
        [
          ("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("mass", "Mass"), ("pid", "PID"), ("status", "Status"),
          ("charge", "Charge"), ("mother", "M1"),
        ]),
    generatorWeight: ["Event_Weight[0]"], crossSection: "Event_CrossSection[0]")

  /// CMS's NanoAOD: the tree `Events`, sums of weights in `Runs`. It has no b-tag of its own: the card says which
  /// discriminator is cut where.
  public static let nanoaod = EventSchema(
    name: "nanoaod", tree: "Events",
    entries: members("Jet", same(["pt", "eta", "phi", "mass"]))
      + [Entry("Jet_flavour", ["Jet_hadronFlavour", "abs(Jet_partonFlavour)"])]
      + members("FatJet", same(["pt", "eta", "phi", "mass"]))
      + members("Electron", same(["pt", "eta", "phi", "charge"]))
      + [Entry("Electron_positive", ["Electron_charge > 0"])]
      + members("Muon", same(["pt", "eta", "phi", "charge"])) + [Entry("Muon_positive", ["Muon_charge > 0"])]
      + members("Photon", same(["pt", "eta", "phi"]))
      + [
        Entry("MissingET_MET", ["MET_pt", "PFMET_pt"]), Entry("MissingET_phi", ["MET_phi", "PFMET_phi"]),
        Entry("GenMissingET_MET", ["GenMET_pt"]), Entry("GenMissingET_phi", ["GenMET_phi"]),
      ]
      + members("GenJet", same(["pt", "eta", "phi", "mass"]))
      + members(
        "Particle",
        [
          ("pt", "pt"), ("eta", "eta"), ("phi", "phi"), ("mass", "mass"), ("pid", "pdgId"), ("status", "status"),
          ("mother", "genPartIdxMother"),
        ], from: "GenPart"),
    generatorWeight: ["genWeight"], sumsTree: "Runs")

  private static func members(
    _ collection: String, _ names: [(member: String, branch: String)], from source: String? = nil
  ) -> [Entry] {
    names.map { Entry("\(collection)_\($0.member)", ["\(source ?? collection)_\($0.branch)"]) }
  }

  private static func same(_ names: [String]) -> [(String, String)] { names.map { ($0, $0) } }
}
