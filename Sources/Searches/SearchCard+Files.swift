import Cards
import EventSchemas
import EventSelection

extension SearchCard.Files {
  /// The keys of a sample that belong to `files`; `nil` where there is no `files`.
  init?(_ fields: CardFields) throws {
    guard let list = fields["files"].ifPresent else {
      for key in ["schema", "tree", "friends", "weight_factor", "generated"] where !fields[key].isMissing {
        throw fields[key].error("'\(key)' goes with 'files'")
      }
      return nil
    }
    paths = try list.list().map { try $0.string() }
    guard !paths.isEmpty else { throw list.error("names no file") }
    schema = try EventSchema(fields["schema"])
    tree = try fields["tree"].ifPresent?.string()
    friends = try fields["friends"].ifPresent?.list().map { try $0.string() }
    weightFactor = try fields["weight_factor"].ifPresent.map { try $0.expression() }
    if let value = fields["generated"].ifPresent { generated = try SearchCard.Generated(value) }
  }
}

extension SearchCard.Generated {
  init(_ value: CardValue) throws {
    let fields = try value.fields(["cross_section", "sum_of_weights", "events"])
    crossSection = try fields["cross_section"].ifPresent?
      .quantity(["pb": 1, "fb": 1e-3], in: Double.leastNormalMagnitude...)
    sumOfWeights = try fields["sum_of_weights"].ifPresent?.double(in: Double.leastNormalMagnitude...)
    events = try fields["events"].ifPresent?.integer(in: 1...)
  }
}

extension EventSchema {
  /// Members of collections that a `unit` scales.
  private static let energies: Set<String> = ["pt", "mass", "energy", "e", "et", "px", "py", "pz", "MET", "HT"]
  private static let units = ["MeV": 1e-3, "GeV": 1, "TeV": 1e3]
  private static let keys = ["like", "tree", "weight", "unit"]

  /// The name of a schema, or a mapping: `{like: delphes, Muon: {pt: MuonTight_PT, …}, FatJet: none}`.
  init(_ value: CardValue) throws {
    if let name = try? value.string() {
      guard let schema = EventSchema(named: try value.choice(Self.names)) else { throw value.mismatch("\(name)") }
      self = schema
      return
    }
    let entries = try value.ifPresent?.entries() ?? []
    guard !entries.isEmpty else {
      throw value.mismatch("a schema (\(Self.names.joined(separator: ", "))) or a mapping of columns")
    }
    let settings = Dictionary(entries.filter { Self.keys.contains($0.key) }.map { ($0.key, $0.value) }) { first, _ in
      first
    }
    if let base = settings["like"] {
      guard let schema = EventSchema(named: try base.choice(Self.names)) else { throw base.mismatch("a schema") }
      self = schema
      name += " with changes"
    } else {
      guard settings["tree"] != nil else {
        throw value.error("a mapping needs 'tree', where the events are, or 'like', a schema that it changes")
      }
      self.init(name: "the card's", tree: "")
    }
    if let path = settings["tree"] { tree = try path.string() }
    if let weight = settings["weight"] {
      generatorWeight = [try weight.expression()]
      needsGeneratorWeight = true
    }
    let factor = try settings["unit"].map { Self.units[try $0.choice(["MeV", "GeV", "TeV"])] ?? 1 } ?? 1
    for (key, entry) in entries where !Self.keys.contains(key) { try add(key, entry, factor: factor) }
  }

  /// A collection `Jet: {pt: …, unit: MeV}`, an empty one `FatJet: none`, or a single column `ScalarHT_HT: …`.
  private mutating func add(_ name: String, _ value: CardValue, factor: Double) throws {
    guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }), name.first?.isLetter == true
    else {
      throw value.error("'\(name)' is no name of a collection or column: letters, digits and _")
    }
    if let text = try? value.string() {
      if text == "none" {
        setEmpty(name)
      } else {
        guard name.contains("_") else {
          throw value.mismatch("a mapping of members to expressions, or 'none' for a collection without objects")
        }
        set(name, try value.expression())
      }
      return
    }
    guard !name.contains("_") else {
      throw value.error(
        "a collection's name has no '_': what stands before the first one in 'Jet_pt' is the collection")
    }
    let members = try value.entries()
    var own = factor
    if let unit = members.first(where: { $0.key == "unit" }) {
      own = Self.units[try unit.value.choice(["MeV", "GeV", "TeV"])] ?? 1
    }
    for (member, expression) in members where member != "unit" {
      let text = try expression.expression()
      let isScaled = own != 1 && Self.energies.contains(member)
      set("\(name)_\(member)", isScaled ? "(\(text)) * \(own)" : text)
    }
  }
}

extension CardValue {
  /// A text that parses as an expression.
  fileprivate func expression() throws -> String {
    let text = try string()
    do { _ = try ColumnExpression(parsing: text) } catch let fault as ExpressionError { throw error(fault.description) }
    return text
  }
}
