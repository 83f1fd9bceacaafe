import Columns
import EventFiles
import Foundation
import Histograms
import Records
import StatisticalModels
import Inference
import TestSupport
import Tensors
import Testing

@testable import Searches

/// A small search on made-up events: two backgrounds and a signal at higher H_T.
struct SmallSearch {
  let folder: URL
  var cardURL: URL { folder.appendingPathComponent("card.yaml") }

  init(in folder: URL, cut: String = "ScalarHT_HT > 100") throws {
    self.folder = folder
    try Self.card(cut).write(to: cardURL, atomically: true, encoding: .utf8)
    for (index, (name, mean)) in [("soft", 250.0), ("hard", 350), ("signal", 600)].enumerated() {
      try write(name, mean: mean, rows: 1500, seed: index)
    }
  }

  static func card(_ cut: String) -> String {
    """
    schema: 1
    name: small
    seed: 5
    collision_energy: 13 TeV
    luminosity: 10 fb-1
    samples:
      soft: {role: background, events: soft.h5}
      hard: {role: background, events: hard.h5}
      signal: {role: signal, events: signal.h5}
    selection:
      cuts: {"H_T": "\(cut)"}
    features: {HT: ScalarHT_HT, MET: MissingET_MET, jets: count(Jet_pt)}
    network: {hidden_layers: 2, units: 16}
    training: {max_epochs: 8, patience: 3, batch: 128}
    fit:
      bins: 5
      uncertainties: {luminosity: 0.03, normalisation: {soft: 0.1}}
    """
  }

  func write(_ name: String, mean: Double, rows: Int, seed: Int, weight: Double = 0.05, damage: Bool = false) throws {
    var random = SeedTree(root: 9).child(seed).stream()
    var met: [Float] = [], ht: [Float] = [], jets: [Float] = []
    var offsets = [0]
    for row in 0..<rows {
      ht.append(Float(mean + 80 * random.normal()))
      met.append(damage && row == 7 ? .nan : Float(50 * random.uniform() + mean / 10))
      for _ in 0..<(2 + random.integer(below: 3)) { jets.append(Float(30 + 100 * random.uniform())) }
      offsets.append(jets.count)
    }
    let table = try Table([
      ("ScalarHT_HT", Column(ht)), ("MissingET_MET", Column(met)), ("Jet_pt", Column(.float32(jets), offsets: offsets)),
      ("weight", Column(Array(repeating: weight, count: rows))),
      ("event_slice", Column(.int32(Array(repeating: 0, count: rows)))),
      ("event_block", Column(.int32(Array(repeating: 0, count: rows)))),
      ("event_index", Column(.int32((0..<rows).map(Int32.init)))),
    ])
    let writer = try EventTableWriter(folder.appendingPathComponent("\(name).h5"), metadata: SampleMetadata(name: name))
    try writer.append(table)
    try writer.finish(record: RunRecord(command: "test", seed: 1))
  }

  func run(
    _ output: String, workers: Int = 2, cancellation: CancellationToken = .init(),
    progress: @escaping ProgressHandler = { _ in }
  )
    async throws -> SearchRun.Outcome
  {
    let outcome = try await SearchRun(
      cardURL: cardURL, options: .init(output: folder.appendingPathComponent(output), workers: workers),
      progress: progress, cancellation: cancellation
    ).execute()
    try outcome.writeTables(to: folder.appendingPathComponent(output))
    return outcome
  }

  func tables(_ output: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent("\(output)/tables.json"))
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct SearchRunTests {
  @Test func fromCardToLimitsAndReport() async throws {
    try await withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      let outcome = try await search.run("run")
      let limit = try #require(outcome.tables.limits["signal"]?["signal"])
      #expect(limit.expected.allSatisfy { $0 > 0 && $0.isFinite })
      #expect(zip(limit.expected, limit.expected.dropFirst()).allSatisfy(<))
      #expect(outcome.tables.normalised["signal"]?["signal"]?.median == 1)
      #expect(outcome.tables.trainings == ["signal", "HT"])
      let object = try #require(JSONSerialization.jsonObject(with: search.tables("run")) as? [String: Any])
      #expect(
        Set(object.keys) == [
          "schema", "luminosity_ifb", "signals", "trainings", "limits", "normalised", "limits_with_uncertainties",
          "limits_of_perfect_simulation", "unit_mu", "observation",
        ])
      // With more uncertainties the limit is no better.
      let extended = try #require(outcome.tables.limitsWithUncertainties?["signal"]?["signal"])
      #expect(extended.median >= limit.median * (1 - 1e-6))
      let perfect = try #require(outcome.tables.limitsOfPerfectSimulation?["signal"]?["signal"])
      #expect(perfect.median <= limit.median * (1 + 1e-6))
      // The workspace on disk gives the limit of the table.
      let workspace = try Workspace(readingFrom: folder.appendingPathComponent("run/workspaces/signal/signal.json"))
      #expect(abs(try Model(workspace).upperLimit().median / limit.median - 1) < 1e-6)
      try outcome.writeReport(to: folder.appendingPathComponent("run"), formats: [.png])
      let html = try String(contentsOf: folder.appendingPathComponent("run/report.html"), encoding: .utf8)
      #expect(html.contains("<svg") && html.contains("Cut flow"))
      // What the network is worth: its area with an uncertainty, and the same numbers in the file.
      let diagnostics = try #require(outcome.diagnostics["signal"])
      let area = try #require(diagnostics.areaUnderCurve["test"])
      #expect(area.value > 0.9 && area.uncertainty > 0 && area.uncertainty < 0.02)
      #expect(diagnostics.counting.byLuminosity.map(\.luminosity).contains(3000))
      #expect(Set(diagnostics.cutViews.map(\.feature)) == ["HT", "MET", "jets"])
      let stored = try JSONDecoder().decode(
        SearchDiagnostics.self, from: Data(contentsOf: folder.appendingPathComponent("run/diagnostics.json")))
      #expect(stored.trainings == outcome.diagnostics && stored.classes == nil && outcome.warnings.isEmpty)
      #expect(html.contains("Diagnostics") && html.contains("Kolmogorov"))
    }
  }

  /// One network for three classes, with synthetic rows of the rarer ones; the tables are those of the card without it.
  @Test func severalClasses() async throws {
    try await withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      try search.write("hard", mean: 350, rows: 500, seed: 1)
      _ = try await search.run("plain")
      let card = try String(contentsOf: search.cardURL, encoding: .utf8)
      func write(_ classes: String) throws {
        try (card + "\nclasses: \(classes)\n").write(to: search.cardURL, atomically: true, encoding: .utf8)
      }
      try write(
        "{samples: {low: soft, middle: [hard], new: signal}, weights: {middle: 2}, resampling: {smote: {ratio: 0.8}}}")
      let outcome = try await search.run("plain")
      let classes = try #require(outcome.classes)
      #expect(classes.classes == ["low", "middle", "new"])
      // H_T of 250, 350 and 600 ± 80: the first two overlap, the last hardly.
      let told = classes.confusion.normalized(.byTruth)
      #expect((told[2][2]?.value ?? 0) > 0.85 && (told[0][2]?.value ?? 1) < 0.05)
      #expect(classes.areaUnderCurve[2].value > 0.95 && classes.accuracy > 0.7)
      let tables = try search.tables("plain")
      try write("{samples: {low: soft, middle: [hard, signal]}}")
      let two = try await search.run("plain")
      #expect(two.classes?.confusion.classes == ["low", "middle"])
      #expect(try search.tables("plain") == tables)
      try outcome.writeReport(to: folder.appendingPathComponent("plain"), formats: [.svg])
      let figures = folder.appendingPathComponent("plain/figures")
      #expect(
        FileManager.default.fileExists(atPath: figures.appendingPathComponent("classes-confusion-by-truth.svg").path))
      func complaint(_ classes: String) -> String {
        do {
          try write(classes)
          _ = try SearchCard.read(search.cardURL)
          return "no complaint"
        } catch { return "\(error)" }
      }
      #expect(complaint("{samples: {a: soft, b: [soft]}}").contains("'soft' stands in two classes"))
      #expect(complaint("{samples: {a: soft, b: hart}}").contains("nearest: 'hard'"))
      #expect(complaint("{samples: {a: soft}}").contains("two or more classes"))
      #expect(complaint("{samples: {a: soft, b: hard}, weights: {c: 1}}").contains("no class 'c'"))
      #expect(
        complaint("{samples: {a: soft, b: hard}, resampling: {smote: {}, oversample: 1}}").contains("name one of"))
    }
  }

  @Test func sameBytesAgainWithOtherWorkersAndAfterAnInterruption() async throws {
    try await withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      _ = try await search.run("a")
      _ = try await search.run("b", workers: 1)
      #expect(try search.tables("a") == search.tables("b"))
      let token = CancellationToken()
      await #expect(throws: RecordError.cancelled) {
        _ = try await search.run("c", cancellation: token) {
          if $0.stage.hasPrefix("train"), $0.completed >= 2 { token.cancel() }
        }
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("c/tables.json").path))
      _ = try await search.run("c")
      #expect(try search.tables("c") == search.tables("a"))
      // Everything is found the second time.
      let before = try StepStore(root: folder.appendingPathComponent("a/store")).list().count
      _ = try await search.run("a")
      #expect(try StepStore(root: folder.appendingPathComponent("a/store")).list().count == before)
    }
  }

  @Test func featuresOfAllSamplesGoToOneTable() throws {
    try withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      func write(_ name: String) throws -> (table: Table, bytes: Data) {
        let url = folder.appendingPathComponent("\(name).h5")
        let run = try SearchRun(cardURL: search.cardURL, options: .init(output: folder.appendingPathComponent(name)))
        #expect(try run.writeFeatures(to: url).map(\.sample) == ["soft", "hard", "signal"])
        return (try EventTableReader(url).read(), try Data(contentsOf: url))
      }
      let (table, bytes) = try write("a")
      #expect(try write("b").bytes == bytes)
      #expect(table.names == ["label", "HT", "MET", "jets", "weight"])
      let labels = try table.doubles("label")
      #expect(labels.filter { $0 == 1 }.count == 1500 && labels.filter { $0 == 0 }.count > 2900)
      // Mixed, and each label with its own sample's values.
      #expect((400...600).contains(Int(labels.prefix(1500).reduce(0, +))))
      let signal = zip(labels, try table.doubles("HT")).filter { $0.0 == 1 }.map(\.1)
      #expect(abs(signal.reduce(0, +) / 1500 - 600) < 10)
      // 0.05 pb an event at 10 fb⁻¹.
      #expect(try table.doubles("weight").allSatisfy { abs($0 - 500) < 1e-9 })
      // A family's mass has a column of its own.
      let text = String(decoding: try Data(contentsOf: search.cardURL), as: UTF8.self)
      try Data(text.replacing("role: signal,", with: "role: signal, mass: 0.5 TeV,").utf8).write(to: search.cardURL)
      let family = try write("c").table
      #expect(family.names == ["label", "HT", "MET", "jets", "mass", "weight"])
      #expect(try zip(labels, family.doubles("mass")).allSatisfy { $1 == 500 * $0 })
    }
  }

  @Test func aCutThatWasLeftOutIsAWarning() async throws {
    try await withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      #expect(try await search.run("run").warnings.isEmpty)
      let url = folder.appendingPathComponent("soft.h5")
      let reader = try EventTableReader(url)
      var metadata = reader.metadata
      metadata.cutFlows["nominal"] = CutFlow(steps: [
        .init(name: "all events"), .init(name: "hard", expression: "ScalarHT_HT > 150"),
      ])
      let table = try reader.read()
      let writer = try EventTableWriter(url, metadata: metadata)
      try writer.append(table)
      try writer.finish(record: reader.record)
      let warnings = try await search.run("run").warnings
      #expect(warnings.count == 1 && warnings[0].contains("'hard' (ScalarHT_HT > 150)"), "\(warnings)")
    }
  }

  private func failure(_ prepare: (SmallSearch) throws -> Void) async throws -> String {
    try await withTemporaryFolder { folder in
      let search = try SmallSearch(in: folder)
      try prepare(search)
      do {
        _ = try await search.run("run")
        return "no error"
      } catch {
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("run/tables.json").path))
        return "\(error)"
      }
    }
  }

  @Test func badSamplesAreNamed() async throws {
    let missing = try await failure {
      try FileManager.default.removeItem(at: $0.folder.appendingPathComponent("hard.h5"))
    }
    #expect(missing.contains("hard.h5; set its 'events' to the file that holds them"), "\(missing)")
    let truncated = try await failure {
      let url = $0.folder.appendingPathComponent("hard.h5")
      try Data(contentsOf: url).prefix(4000).write(to: url)
    }
    #expect(
      truncated.contains("hard.h5: is truncated") && truncated.contains("copy or generate it again"), "\(truncated)")
    let foreign = try await failure {
      try Data("a,b\n1,2\n".utf8).write(to: $0.folder.appendingPathComponent("hard.h5"))
    }
    #expect(foreign.contains("hard.h5: is no HDF5 file"), "\(foreign)")
    let damaged = try await failure { try $0.write("soft", mean: 250, rows: 100, seed: 0, damage: true) }
    #expect(
      damaged.contains("soft.h5: column 'MissingET_MET' holds nan in row 7; expected finite numbers"), "\(damaged)")
    let negative = try await failure { try $0.write("soft", mean: 250, rows: 100, seed: 0, weight: -1) }
    #expect(negative.contains("the sum of weights is -100.0 in") && negative.contains("soft.h5"), "\(negative)")
    let zero = try await failure { try $0.write("soft", mean: 250, rows: 100, seed: 0, weight: 0) }
    #expect(zero.contains("the sum of weights is 0.0 in") && zero.contains("must be positive"), "\(zero)")
    // Two events: no part of them can stand for the sample.
    let few = try await failure { try $0.write("soft", mean: 250, rows: 2, seed: 0) }
    #expect(few.contains("soft") && few.contains("both must be positive"), "\(few)")
    let lacking = try await failure { search in
      let url = search.folder.appendingPathComponent("soft.h5")
      let reader = try EventTableReader(url)
      var table = try reader.read()
      table.remove("ScalarHT_HT")
      try table.add("ScalarHT_TH", Column(Array(repeating: Float(500), count: table.rowCount)))
      let writer = try EventTableWriter(url, metadata: reader.metadata)
      try writer.append(table)
      try writer.finish(record: reader.record)
    }
    #expect(lacking.contains("'ScalarHT_HT'") && lacking.contains("nearest: 'ScalarHT_TH'"), "\(lacking)")
  }

  @Test func badCardsAreNamed() async throws {
    func edited(_ old: String, _ new: String) async throws -> String {
      try await failure { search in
        let text = SmallSearch.card("ScalarHT_HT > 100").replacing(old, with: new)
        try text.write(to: search.cardURL, atomically: true, encoding: .utf8)
      }
    }
    #expect(
      try await edited("luminosity: 10 fb-1", "luminosty: 10 fb-1").contains(
        "card.yaml:5: unknown key 'luminosty'; nearest: 'luminosity'"))
    #expect(try await edited("10 fb-1", "10 fb").contains("unknown unit 'fb'"))
    #expect(try await edited("MissingET_MET,", "MissingET_MTE,").contains("nearest: 'MissingET_MET'"))
    #expect(try await edited("ScalarHT_HT > 100", "ScalarHT_HT > 1e6").contains("no event passes the selection"))
    #expect(
      try await edited("network:", "figures: {key_features: [jtes]}\nnetwork:").contains(
        "'jtes' is no feature of the card; nearest: 'jets'"))
    #expect(try await edited("soft: 0.1", "sfot: 0.1").contains("no background 'sfot'"))
    #expect(try await edited("signal: {role", "HT: {role").contains("'HT' cannot name a sample"))
    #expect(
      try await edited("{HT: ScalarHT_HT, MET: MissingET_MET, jets: count(Jet_pt)}", "{}").contains("needs features"))
  }
}

@Suite struct ProductionCardTests {
  private func complaint(samples: String, energy: String = "13 TeV") throws -> String {
    try withTemporaryFolder { folder in
      let process = """
        schema: 1
        name: z
        crossSection: "LO"
        pythia: ["WeakSingleBoson:ffbar2gmZ = on"]
        slices: [{pTHat: [0, null], eventsPerBlock: 10}]
        """
      for name in ["z.yaml", "again.yaml"] {
        try process.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
      }
      let card = """
        schema: 1
        name: small
        seed: 5
        collision_energy: \(energy)
        luminosity: 10 fb-1
        generation: {detector: \(projectURL("Detectors/cms.yaml").path)}
        samples:
          z: {role: background, events: z.h5, generate: \(samples)}
          s: {role: signal, events: s.h5}
        selection: {cuts: {all: ScalarHT_HT > 0}}
        features: tz-transfer
        """
      let url = folder.appendingPathComponent("card.yaml")
      try card.write(to: url, atomically: true, encoding: .utf8)
      do {
        let read = try SearchCard.read(url)
        _ = try SampleProduction(card: read, cardURL: url, sample: read.samples[0])
        return "no complaint"
      } catch { return "\(error)" }
    }
  }

  @Test func whatWouldGoWrongInSilenceIsRefused() throws {
    #expect(try complaint(samples: "[{process: z.yaml, blocks: [1]}]") == "no complaint")
    #expect(try complaint(samples: "[{process: z.yaml, blocks: [1]}]", energy: "14 TeV").contains("is for 13000.0 GeV"))
    #expect(try complaint(samples: "[{process: z.yaml, blocks: [0]}]").contains("card.yaml:8"))
    let twice = try complaint(samples: "[{process: z.yaml, blocks: [1]}, {process: again.yaml, blocks: [1]}]")
    #expect(twice.contains("of sample 'z' are called 'z': they would share seeds"), "\(twice)")
  }
}

@Suite struct StudyCardTests {
  /// The study's card, its process cards and its detector card are read and fit together.
  @Test func theStudysCardIsWhole() throws {
    let url = projectURL("Studies/tz-transfer/card.yaml")
    let card = try SearchCard.read(url)
    #expect(card.signals.count == 7 && card.backgrounds.count == 3)
    for sample in card.samples {
      let production = try SampleProduction(card: card, cardURL: url, sample: sample)
      #expect(!production.blocks.isEmpty)
    }
    _ = try card.compiledFeatures(file: url.path)
  }
}
