import Columns
import Foundation
import Records
import TestSupport
import Testing

@testable import EventSchemas

/// What awkward makes of each file's columns.
struct ExpectedColumns: Decodable {
  var columns: [String: [String: String]]

  static func read() throws -> ExpectedColumns {
    try JSONDecoder().decode(Self.self, from: Data(contentsOf: referenceURL("schemas/expected.json")))
  }
}

/// The digest that `make_data.py` describes.
func columnDigest(_ column: Column) -> String {
  var bytes = Data()
  if let offsets = column.offsets {
    for (low, high) in zip(offsets, offsets.dropFirst()) {
      withUnsafeBytes(of: Int64(high - low).littleEndian) { bytes.append(contentsOf: $0) }
    }
  }
  for value in column.values.asDoubles() {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }
  return String(Digest.of(bytes).hex.prefix(16))
}

func small(_ name: String) -> URL { referenceURL("schemas/\(name).root") }

@Suite struct SchemaReaderTests {
  /// All columns of a schema equal those of awkward, and no others are there, however the events are cut into batches.
  static func compare(_ url: URL, _ schema: EventSchema, batch: Int) throws {
    let expected = try #require(ExpectedColumns.read().columns[url.lastPathComponent])
    let reader = try SchemaReader([url], schema: schema)
    let names = reader.columnNames
    #expect(Set(names) == Set(expected.keys).subtracting(["generator_weight"]))
    var whole = Table()
    var weights = [Double]()
    var batches = reader.batches(of: batch, columns: names)
    while let next = try batches.next() {
      #expect(next.firstEntry == weights.count)
      try whole.append(next.table)
      weights += next.generatorWeights
    }
    #expect(columnDigest(Column(weights)) == expected["generator_weight"])
    for name in names { #expect(columnDigest(try whole.column(name)) == expected[name], "\(name)") }
  }

  @Test(
    arguments: ["soft", "hard"], [("delphes", 1000), ("nanoaod", 1000), ("delphes", 37), ("nanoaod", 7)])
  func awkwardMakesTheSameColumns(name: String, schema: (String, Int)) throws {
    let known = try #require(EventSchema(named: schema.0))
    try Self.compare(small("\(name)-\(schema.0)"), known, batch: schema.1)
  }

  @Test(
    .enabled(if: realDataURL != nil, "needs SEARCHLIGHT_DATA"),
    arguments: [
      ("delphes_10ev", "delphes"), ("nanoAOD_2015_CMS_Open_Data_ttbar", "nanoaod"), ("nano_dy", "nanoaod"),
    ])
  func awkwardMakesTheSameColumnsOfRealFiles(name: String, schema: String) throws {
    let url = try #require(realDataURL).appendingPathComponent("root/\(name).root")
    for batch in [3, 1000] { try Self.compare(url, #require(EventSchema(named: schema)), batch: batch) }
  }

  /// What the three layouts hold of the same events is the same.
  @Test func layoutsAgree() throws {
    var own = EventSchema(name: "private", tree: "ntuples/data", generatorWeight: ["mcWeight"])
    for (column, expression) in [
      ("Jet_pt", "(jet_pt) / 1024"), ("Jet_eta", "jet_eta"), ("Jet_btag", "jet_score > 0.5"),
      ("MissingET_MET", "met_met / 1024"), ("Muon_positive", "mu_q > 0"),
    ] { own.set(column, expression) }
    var nano = EventSchema.nanoaod
    nano.set("Jet_btag", "Jet_btagDeepFlavB > 0.5")
    let columns = ["Jet_pt", "Jet_eta", "Jet_btag", "MissingET_MET", "Muon_positive"]
    let tables = try [("delphes", EventSchema.delphes), ("nanoaod", nano), ("private", own)].map { name, schema in
      var batches = try SchemaReader([small("hard-\(name)")], schema: schema).batches(of: 1000, columns: columns)
      return try #require(try batches.next()).table
    }
    for column in columns {
      let digests = try tables.map { columnDigest(try $0.column(column)) }
      #expect(Set(digests).count == 1, "\(column)")
    }
    #expect(tables.allSatisfy { $0["Jet_btag"]?.values.type == .uint8 })
  }

  @Test func filesFollowOneAnother() throws {
    let files = ["soft-delphes", "hard-delphes"].map(small)
    let reader = try SchemaReader(files, schema: .delphes)
    #expect(reader.entryCounts == [200, 160])
    var places = [[Int]]()
    var batches = reader.batches(of: 150, columns: ["MissingET_MET"])
    while let batch = try batches.next() { places.append([batch.file, batch.firstEntry, batch.table.rowCount]) }
    #expect(places == [[0, 0, 150], [0, 150, 50], [1, 0, 150], [1, 150, 10]])
  }

  /// Delphes' weights are added up and its cross-section is read; NanoAOD's sums are those of `Runs`.
  @Test func whatWasGenerated() throws {
    let delphes = try SchemaReader([small("soft-delphes"), small("hard-delphes")], schema: .delphes).generatedSums()
    let nano = try SchemaReader([small("soft-nanoaod"), small("hard-nanoaod")], schema: .nanoaod).generatedSums()
    #expect(delphes.crossSection == 12.5)
    #expect(nano.crossSection == nil)
    #expect(delphes.events == 360 && nano.events == 360)
    #expect(delphes.sumW == nano.sumW && delphes.sumW2 == nano.sumW2 && delphes.sumW > 0)
    var blind = EventSchema.nanoaod
    blind.sumsTree = nil
    let added = try SchemaReader([small("soft-nanoaod"), small("hard-nanoaod")], schema: blind).generatedSums()
    #expect(added == nano)
  }

  /// Edge: no objects, flags that count, and columns of the file itself.
  @Test func emptyCollectionsAndColumnsOfTheFile() throws {
    var schema = EventSchema.nanoaod
    schema.setEmpty("FatJet")
    schema.setEmpty("Photon")
    let reader = try SchemaReader([small("hard-nanoaod")], schema: schema)
    #expect(try reader.known(among: ["LHE_HT", "FatJet_mass", "Jet_btagDeepFlavB", "Jet_what", "Jet_btag"]).count == 3)
    let table = try reader.emptyTable(["FatJet_pt", "FatJet_mass", "LHE_HT", "Jet_btagDeepFlavB"])
    #expect(table["FatJet_mass"]?.isJagged == true && table["LHE_HT"]?.isJagged == false && table.rowCount == 0)
    var batches = reader.batches(of: 100, columns: ["FatJet_pt"])
    #expect(try #require(try batches.next()).table["FatJet_pt"]?.offsets == Array(repeating: 0, count: 101))
  }

  // MARK: bad input

  @Test func whatIsLackingSaysWhy() throws {
    let url = small("hard-nanoaod")
    let reader = try SchemaReader([url], schema: .nanoaod)
    #expect(reader.lacking["FatJet_pt"]?.hasPrefix("\(url.path): 'Events' has no 'FatJet_pt'") == true)
    #expect(reader.lacking["Jet_flavour"] == nil)
    #expect(throws: (any Error).self) { try SchemaReader([url], schema: .delphes) }
    var schema = EventSchema.nanoaod
    schema.generatorWeight = ["mcWeight"]
    schema.needsGeneratorWeight = true
    let fault = #expect(throws: SchemaError.self) { try SchemaReader([url], schema: schema) }
    #expect(fault?.problem.contains("no 'mcWeight'") == true)
  }

  @Test func membersOfDifferentObjectsAreRefused() throws {
    var schema = EventSchema.nanoaod
    schema.set("Jet_phi", "Muon_phi")
    var batches = try SchemaReader([small("hard-nanoaod")], schema: schema).batches(
      of: 100, columns: ["Jet_pt", "Jet_phi"])
    let fault = #expect(throws: SchemaError.self) { try batches.next() }
    #expect(fault?.problem.contains("'Jet_pt' and 'Jet_phi' count different objects in entry 0") == true)
  }
}
