import Cards
import Columns
import EventFiles
import Foundation
import Records
import TestSupport
import Tensors
import Testing

@testable import Searches

/// A search on the small ROOT files of `Tests/Reference/schemas`, which hold the same events in three layouts.
private struct FilesSearch {
  var soft = "files: [soft-delphes.root], schema: delphes, generated: {cross_section: 20 pb}"
  var hard = "files: [hard-delphes.root], schema: delphes, cross_section: 500 fb"
  var features =
    "{jets: count(good_pt), pt: 'good_pt[0]', tags: count(good_btag), MET: MissingET_MET, mu: nMuon, H: 'sum(good_pt)'}"
  var baseline = "sum(good_pt)"

  static let nano =
    "schema: {like: nanoaod, Jet: {btag: Jet_btagDeepFlavB > 0.5}, ScalarHT_HT: LHE_HT}"
  static let own = """
    schema: {tree: ntuples/data, weight: mcWeight, Jet: {pt: jet_pt / 1.024, eta: jet_eta, btag: jet_score > 0.5, unit: MeV}, \
    Muon: {pt: mu_pt / 1024}, Electron: {pt: el_pt / 1024}, MissingET: {MET: met_met / 1.024, unit: MeV}}
    """

  func card() -> String {
    """
    schema: 1
    name: files
    seed: 5
    collision_energy: 13 TeV
    luminosity: 10 fb-1
    samples:
      soft: {role: background, \(soft)}
      hard: {role: signal, \(hard)}
    selection:
      objects: {good: "Jet[Jet_pt > 30 and abs(Jet_eta) < 2.5]"}
      define: {leptons: count(Muon_pt > 25) + count(Electron_pt > 25)}
      cuts: {two jets: ngood >= 2, a tag: any(good_btag), lepton: leptons >= 1}
    features: \(features)
    network: {hidden_layers: 1, units: 8}
    training: {max_epochs: 4, patience: 3, batch: 32}
    fit: {bins: 3, minimum_background: 0.01, minimum_effective: 0.01, baseline: {observable: \(baseline)}}
    """
  }

  /// Writes the card beside the files, in `folder`.
  func write(in folder: URL) throws -> URL {
    for name in ["soft-delphes", "hard-delphes", "soft-nanoaod", "hard-nanoaod", "hard-private"] {
      let place = folder.appendingPathComponent("\(name).root")
      guard !FileManager.default.fileExists(atPath: place.path) else { continue }
      try FileManager.default.createSymbolicLink(at: place, withDestinationURL: referenceURL("schemas/\(name).root"))
    }
    let url = folder.appendingPathComponent("card.yaml")
    try card().write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  func run(in folder: URL, output: String) async throws -> SearchRun.Outcome {
    let place = folder.appendingPathComponent(output)
    let outcome = try await SearchRun(cardURL: write(in: folder), options: .init(output: place)).execute()
    try outcome.writeTables(to: place)
    return outcome
  }

  /// What preparing a sample complains of.
  func complaint(_ sample: Int) throws -> String {
    try withTemporaryFolder { folder in
      do {
        let url = try write(in: folder)
        let card = try SearchCard.read(url)
        let preparation = SamplePreparation(
          card: card, cardPath: url.path, folder: url.deletingLastPathComponent(), scale: 1)
        try preparation.prepare(
          card.samples[sample], from: preparation.inputs(of: card.samples[sample]),
          into: folder.appendingPathComponent("out.h5"), record: RunRecord(command: "test", seed: 1),
          cancellation: CancellationToken())
        return "no complaint"
      } catch { return "\(error)" }
    }
  }
}

/// What awkward's selection keeps of each file.
private struct Selected: Decodable {
  struct Sample: Decodable {
    var count: Int
    var sumW, allW, sumOfGoodPt: Double
  }
  var selected: [String: Sample]

  static func of(_ file: String) throws -> Sample {
    let all = try JSONDecoder().decode(Self.self, from: Data(contentsOf: referenceURL("schemas/expected.json")))
    return try #require(all.selected[file])
  }
}

@Suite struct FilesSampleTests {
  @Test(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
  func fromFilesToLimitsInThreeLayouts() async throws {
    try await withTemporaryFolder { folder in
      let delphes = try await FilesSearch().run(in: folder, output: "delphes")
      let limit = try #require(delphes.tables.limits["hard"]?["hard"])
      #expect(limit.expected.allSatisfy { $0 > 0 && $0.isFinite } && limit.median < 100)
      for (name, sigma) in [("soft", 20_000.0), ("hard", 500)] {
        let expected = try Selected.of("\(name)-delphes.root")
        let sample = try #require(delphes.samples[name])
        #expect(sample.count == expected.count)
        // σ in fb × L in fb⁻¹ × Σw of what is kept / Σw of all.
        let yield = sigma * 10 * expected.sumW / expected.allW
        #expect(abs(sample.weights.reduce(0, +) / yield - 1) < 1e-12)
        #expect(abs(sample.baseline.reduce(0, +) / expected.sumOfGoodPt - 1) < 1e-12)
        #expect(delphes.metadata[name]?.slices.first?.crossSection == sigma / 1000)
      }
      try delphes.writeReport(to: folder.appendingPathComponent("delphes"), formats: [])
      let html = try String(
        contentsOf: folder.appendingPathComponent("delphes/report.html"), encoding: .utf8)
      #expect(html.contains("two jets"))
      // The same events in other layouts give the same tables.
      var other = FilesSearch()
      other.soft = "files: [soft-nanoaod.root], \(FilesSearch.nano), generated: {cross_section: 20 pb}"
      other.hard = "files: ['hard-nano*.root'], \(FilesSearch.nano), cross_section: 500 fb"
      _ = try await other.run(in: folder, output: "nanoaod")
      other.hard = "files: [hard-private.root], \(FilesSearch.own), cross_section: 500 fb"
      _ = try await other.run(in: folder, output: "own")
      let tables = try ["delphes", "nanoaod", "own"].map {
        try Data(contentsOf: folder.appendingPathComponent("\($0)/tables.json"))
      }
      #expect(tables[0] == tables[1] && tables[0] == tables[2])
    }
  }

  /// A skim's weights stand for all events that were generated; a factor is no part of their sum.
  @Test func normalisation() throws {
    func yield(_ search: FilesSearch) throws -> Double {
      try withTemporaryFolder { folder in
        let url = try search.write(in: folder)
        let card = try SearchCard.read(url)
        let preparation = SamplePreparation(
          card: card, cardPath: url.path, folder: url.deletingLastPathComponent(), scale: 1)
        let out = folder.appendingPathComponent("out.h5")
        try preparation.prepare(
          card.samples[0], from: preparation.inputs(of: card.samples[0]), into: out,
          record: RunRecord(command: "test", seed: 1), cancellation: CancellationToken())
        return try PreparedSample(contentsOf: out).weights.reduce(0, +)
      }
    }
    let expected = try Selected.of("soft-delphes.root")
    let all = 12_500 * 10 * expected.sumW / expected.allW
    func close(_ a: Double, _ b: Double) -> Bool { abs(a / b - 1) < 1e-12 }
    var search = FilesSearch()
    // Delphes states 12.5 pb.
    search.soft = "files: [soft-delphes.root], schema: delphes"
    #expect(close(try yield(search), all))
    search.soft = "files: [soft-delphes.root], schema: delphes, weight_factor: 2 + 0 * MissingET_MET"
    #expect(close(try yield(search), 2 * all))
    search.soft = "files: [soft-delphes.root], schema: delphes, generated: {sum_of_weights: 655, events: 2000}"
    #expect(close(try yield(search), all / 10))
    // Twice the same file is no more than once.
    search.soft = "files: [soft-delphes.root, soft-delphes.root], schema: delphes"
    #expect(close(try yield(search), all))
  }

  /// Columns of a friend, here of the same events in another layout, are read with those of the schema.
  @Test func friendsStandBesideTheEvents() throws {
    func prepared(_ soft: String) throws -> (features: [Double], files: [String]) {
      var search = FilesSearch()
      search.soft = soft
      search.features = "{tag: 'sum(Jet_btagDeepFlavB)'}"
      return try withTemporaryFolder { folder in
        let url = try search.write(in: folder)
        let card = try SearchCard.read(url)
        let preparation = SamplePreparation(
          card: card, cardPath: url.path, folder: url.deletingLastPathComponent(), scale: 1)
        let inputs = try preparation.inputs(of: card.samples[0])
        let out = folder.appendingPathComponent("out.h5")
        try preparation.prepare(
          card.samples[0], from: inputs, into: out, record: RunRecord(command: "test", seed: 1),
          cancellation: CancellationToken())
        var batches = try EventTableReader(out).batches(of: 1000)
        let table = try batches.next()
        return (
          try #require(table).doubles("feature_tag"),
          try preparation.friendFiles(of: card.samples[0], inputs).map(\.lastPathComponent)
        )
      }
    }
    let own = try prepared("files: [soft-nanoaod.root], \(FilesSearch.nano), generated: {cross_section: 20 pb}")
    let beside = try prepared("files: [soft-delphes.root], schema: delphes, friends: ['n=soft-nano*.root:Events']")
    #expect(own.features.contains { $0 > 0 } && own.features == beside.features)
    #expect(own.files == [] && beside.files == ["soft-nanoaod.root"])
  }

  @Test(arguments: [
    ("[Delphes]", "these trees are friends in a ring: 'Delphes' → 'Delphes'"),
    ("['soft-nanoaod.root:Evnts']", "its friend 'Evnts' (tree 'Evnts' of FOLDER/soft-nanoaod.root)"),
    ("['soft-nanoaod.root:Runs']", "is a ROOT::RNTuple, expected TTree"),
    ("['soft-n*.root:']", "needs TREE, FILE:TREE or ALIAS=FILE:TREE"),
    ("['none.root:Events']", "set its 'friends' to those that hold it"),
    ("['*-nanoaod.root:Events']", "is of 2 files, the sample of 1"),
  ])
  func friendsThatDoNotFitAreNamed(friends: String, complaint: String) throws {
    var search = FilesSearch()
    search.soft = "files: [soft-delphes.root], schema: delphes, friends: \(friends)"
    let found = try search.complaint(0)
    let parts = complaint.components(separatedBy: "FOLDER")
    #expect(parts.allSatisfy(found.contains), "\(found)")
  }

  // MARK: bad input

  @Test func whatAFileLacksIsNamedWithWhoNeedsIt() throws {
    var search = FilesSearch()
    search.features = "{m: 'FatJet_mass[0]'}"
    let lacking = try search.complaint(0)
    #expect(
      lacking.contains("features.m: the feature 'm' needs 'FatJet_mass', which sample 'soft' lacks: "), "\(lacking)")
    #expect(lacking.contains("soft-delphes.root: 'Delphes' has no 'FatJet_Mass'"), "\(lacking)")
    #expect(lacking.contains("card.yaml:13:"), "\(lacking)")
    search.soft = "files: [soft-delphes.root], schema: {like: delphes, FatJet: none}"
    #expect(try search.complaint(0) == "no complaint")
    search = FilesSearch()
    search.soft = "files: [soft-nanoaod.root], schema: nanoaod, generated: {cross_section: 20 pb}"
    // NanoAOD has no b-tag of its own.
    let tag = try search.complaint(0)
    #expect(tag.contains("no column 'good_btag'"), "\(tag)")
    search.features = "{x: 'good_what[0]'}"
    search.soft = "files: [soft-delphes.root], schema: delphes"
    #expect(try search.complaint(0).contains("no column 'good_what'"))
    search.features = "tz-transfer"
    #expect(
      try search.complaint(0).contains("the feature 'FatJet1_Eta' of the preset 'tz-transfer' needs 'FatJet_eta'"))
  }

  @Test(arguments: [
    ("files: [], schema: delphes", "names no file"),
    ("files: [a.root], schema: delhpes", "nearest: 'delphes'"),
    ("files: [a.root]", "expected a schema"),
    ("files: [a.root], schema: delphes, events: b.h5", "exclude each other"),
    ("title: x", "needs 'events'"),
    ("events: a.h5, tree: Events", "'tree' goes with 'files'"),
    ("events: a.h5, friends: [Events]", "'friends' goes with 'files'"),
    ("files: [a.root], schema: {Jet: {pt: jet_pt}}", "a mapping needs 'tree'"),
    ("files: [a.root], schema: {tree: t, Jet: {pt: jet_pt +}}", "schema.Jet.pt: "),
    ("files: [a.root], schema: {tree: t, Jet: {pt: jet_pt, unit: keV}}", "none of MeV, GeV, TeV"),
    ("files: [a.root], schema: {tree: t, my_Jet: {pt: jet_pt}}", "has no '_'"),
    ("files: [a.root], schema: {tree: t, Jet: nothing}", "'none' for a collection without objects"),
    ("files: [a.root], schema: delphes, generate: [{process: p.yaml, blocks: [1]}]", "is not generated"),
    ("files: [a.root], schema: delphes, generated: {cross_section: 20}", "cross_section"),
  ])
  func cardsThatMakeNoSense(sample: String, complaint: String) throws {
    var search = FilesSearch()
    search.soft = sample
    let found = try search.complaint(0)
    #expect(found.contains(complaint), "\(found)")
    #expect(found.contains("card.yaml:7:"), "\(found)")
  }

  @Test func filesThatAreMissingOrSayTooLittle() throws {
    var search = FilesSearch()
    search.soft = "files: [a.root], schema: delphes"
    #expect(try search.complaint(0).contains("no such file: "))
    search.soft = "files: ['a*.root'], schema: delphes"
    #expect(try search.complaint(0).contains("no file fits "))
    search.soft = "files: [soft-nanoaod.root], \(FilesSearch.nano)"
    #expect(try search.complaint(0).contains("state no cross-section"))
    search.soft = "files: [soft-nanoaod.root], schema: delphes"
    #expect(try search.complaint(0).contains("no object 'Delphes'"))
    search.soft = "files: [soft-delphes.root], schema: delphes, generated: {events: 10}"
    #expect(try search.complaint(0).contains("'generated.events' is 10, but its files hold 200"))
    search.soft = "files: [soft-delphes.root], schema: {like: delphes, weight: Event_Weight}"
    #expect(try search.complaint(0).contains("several values an event; choose one, as in 'Event_Weight[0]'"))
    search.soft = "files: [soft-delphes.root], schema: {like: delphes, weight: 'Event_Weight[0] - 1'}"
    #expect(try search.complaint(0).contains("it must be positive"))
    search.soft = "files: [soft-delphes.root], schema: {like: delphes, Jet: {pt: 'log(Jet_PT - 20)'}}"
    #expect(try search.complaint(0).contains("column 'Jet_pt' holds"))
  }
}
