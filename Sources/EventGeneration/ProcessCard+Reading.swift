public import Cards
import Foundation
import Records

extension ProcessCard {
  /// Reads a card from a file.
  /// - Throws: `CardError` for anything unknown, missing or out of range; `FileError` if it cannot be read.
  public init(contentsOf url: URL) throws { try self.init(CardValue.read(url)) }

  /// Reads a card from its text; `file` is what errors call it.
  public init(yaml: String, file: String) throws { try self.init(CardValue.parse(yaml, file: file)) }

  /// Reads a card.
  public init(_ card: CardValue) throws {
    let fields = try card.fields([
      "schema", "name", "title", "energy", "crossSection", "pythia", "slha", "hardProcess", "slices", "showerScale",
      "veto",
    ])
    let schema = try fields["schema"].integer(in: 0...)
    guard schema == ProcessCard.schemaVersion else {
      throw fields["schema"].error("is \(schema); this program reads schema \(ProcessCard.schemaVersion)")
    }
    let name = try fields["name"].string()
    guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }) else {
      throw fields["name"].error("'\(name)' is no sample name: use letters, digits, '-' and '_'")
    }
    let settings = try fields["pythia"].ifPresent.map(ProcessCard.readSettings) ?? []
    let hardProcess = try fields["hardProcess"].ifPresent.map(HardProcessChoice.init)
    guard !settings.isEmpty || hardProcess != nil else {
      throw card.error("neither 'pythia' nor 'hardProcess' says what to generate")
    }
    self.init(
      name: name, title: try fields["title"].ifPresent?.string(),
      energy: try fields["energy"].ifPresent?.double(in: 100.0...200_000.0) ?? 13_000,
      crossSectionNote: try fields["crossSection"].string(), settings: settings,
      spectrum: try fields["slha"].ifPresent.map(ProcessCard.readSpectrum), hardProcess: hardProcess,
      slices: try fields["slices"].ifPresent.map(ProcessCard.readSlices) ?? [Slice()],
      showerScale: try fields["showerScale"].ifPresent?.double(in: 5.0...1000.0) ?? 30,
      veto: try fields["veto"].ifPresent.map(ProcessVeto.init))
  }

  /// Settings that the run owns, by their beginnings, and what sets them.
  private static let owned = [
    ("random:", "the run's seed"), ("beams:", "the key 'energy'"), ("main:", "the run"),
    ("phasespace:pthatmin", "the key 'slices'"), ("phasespace:pthatmax", "the key 'slices'"),
    ("slha:file", "the key 'slha', which holds the spectrum itself"),
    ("print:", "the program, which keeps Pythia silent"),
  ]

  /// Reads a list of settings, without those that the run owns.
  public static func readSettings(_ value: CardValue) throws -> [String] {
    try value.list().map { item in
      let line = try item.string().trimmingCharacters(in: .whitespaces)
      guard line.contains("=") else { throw item.mismatch("'name = value'") }
      // Pythia takes lines that start with anything but a letter or a digit for comments.
      guard let first = line.first, first.isASCII, first.isLetter || first.isNumber else {
        throw item.error("Pythia would take '\(line)' for a comment")
      }
      if let (_, owner) = owned.first(where: { line.lowercased().hasPrefix($0.0) }) {
        throw item.error("'\(line)' is not for the card: it is set by \(owner)")
      }
      return line
    }
  }

  /// A spectrum's text. What is in it is for Pythia to judge; that it is one is seen here.
  private static func readSpectrum(_ value: CardValue) throws -> String {
    let text = try value.string()
    let hasBlock = text.split(whereSeparator: \.isNewline).contains { $0.uppercased().hasPrefix("BLOCK") }
    guard hasBlock else { throw value.mismatch("the text of an SLHA spectrum, with lines that begin with BLOCK") }
    return text
  }

  private static func readSlices(_ value: CardValue) throws -> [Slice] {
    var slices: [Slice] = []
    for item in try value.list() {
      let slice = try Slice(item)
      if let previous = slices.last { try check(slice, follows: previous, item) }
      slices.append(slice)
    }
    guard !slices.isEmpty else { throw value.mismatch("at least one slice") }
    return slices
  }

  /// A slice goes on where the one before it ends: in the shower's sum within the same p̂_T, else in p̂_T.
  private static func check(_ slice: Slice, follows previous: Slice, _ item: CardValue) throws {
    func end(_ maximum: Double?) -> String { maximum.map { "at \($0) GeV" } ?? "nowhere" }
    if slice.pTHatMinimum == previous.pTHatMinimum, slice.pTHatMaximum == previous.pTHatMaximum {
      guard let sum = slice.showerSum, let before = previous.showerSum else {
        throw item.error("has the p̂_T of the slice before: give both a 'showerSum' that tells them apart")
      }
      guard sum.minimum == before.maximum else {
        throw item.error(
          "showerSum starts at \(sum.minimum) GeV, the slice before ends \(end(before.maximum)): slices must adjoin")
      }
      return
    }
    guard previous.pTHatMaximum == slice.pTHatMinimum else {
      throw item.error(
        "starts at \(slice.pTHatMinimum) GeV, the slice before ends \(end(previous.pTHatMaximum)): slices must adjoin")
    }
  }
}

extension ProcessCard.Slice {
  fileprivate init(_ value: CardValue) throws {
    let fields = try value.fields(["pTHat", "showerSum", "eventsPerBlock"])
    let pTHat = try fields["pTHat"].ifPresent.map(Self.limits)
    self.init(
      pTHatMinimum: pTHat?.low ?? 0, pTHatMaximum: pTHat?.high,
      showerSum: try fields["showerSum"].ifPresent.map(Self.limits).map { .init(minimum: $0.low, maximum: $0.high) },
      eventsPerBlock: try fields["eventsPerBlock"].ifPresent?.integer(in: 1...1_000_000) ?? 1000)
  }

  private static func limits(_ range: CardValue) throws -> (low: Double, high: Double?) {
    let limits = try range.list()
    guard limits.count == 2 else { throw range.mismatch("two numbers, the second may be null") }
    let low = try limits[0].double(in: 0.0...100_000.0)
    guard let high = try limits[1].ifPresent?.double(in: 0.0...100_000.0) else { return (low, nil) }
    guard high > low else { throw range.error("the upper limit must be above the lower one") }
    return (low, high)
  }
}

extension ProcessCard.HardProcessChoice {
  fileprivate init(_ value: CardValue) throws {
    let fields = try value.fields(["name", "parameters"])
    let name = try fields["name"].choice(HardProcessKind.all.map(\.name))
    guard let kind = HardProcessKind.all.first(where: { $0.name == name }) else {
      throw fields["name"].mismatch("a hard process")
    }
    let given = try fields["parameters"].ifPresent?.fields(kind.parameters.map(\.name))
    var values: [String: Double] = [:]
    for parameter in kind.parameters {
      values[parameter.name] =
        try given?[parameter.name].ifPresent?.double(in: parameter.range) ?? parameter.defaultValue
    }
    self.init(kind: name, parameters: values)
  }
}

extension ProcessVeto {
  fileprivate init(_ value: CardValue) throws {
    self.init()
    let fields = try value.fields(["leptons", "scalarSum", "decays"])
    if let leptons = try fields["leptons"].ifPresent?.fields(["count", "taus", "pt", "eta"]) {
      leptonCount = try leptons["count"].ifPresent?.integer(in: 0...8) ?? 0
      countsTaus = try leptons["taus"].ifPresent?.bool() ?? true
      leptonPtMinimum = try leptons["pt"].ifPresent?.double(in: 0.0...10_000.0) ?? 0
      leptonEtaMaximum = try leptons["eta"].ifPresent?.double(in: 0.0...20.0) ?? 10
    }
    scalarSumMinimum = try fields["scalarSum"].ifPresent?.double(in: 0.0...100_000.0) ?? 0
    decays = try fields["decays"].ifPresent?.list().map(DecayRule.init) ?? []
  }
}

extension ProcessVeto.DecayRule {
  fileprivate init(_ value: CardValue) throws {
    let fields = try value.fields(["parent", "products", "atLeast", "atMost"])
    let products = try fields["products"].list().map { try $0.integer(in: 1...99_999_999) }
    guard products.count == 2 else { throw fields["products"].mismatch("two PDG ids") }
    self.init(
      parent: try fields["parent"].integer(in: 1...99_999_999), products: products,
      atLeast: try fields["atLeast"].ifPresent?.integer(in: 0...8) ?? 1,
      atMost: try fields["atMost"].ifPresent?.integer(in: 0...8) ?? 8)
    guard atLeast <= atMost else { throw value.error("'atLeast' is above 'atMost'") }
  }
}
