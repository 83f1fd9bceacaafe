import ByteIO
import Cards
import Columns
import EventFiles
import Foundation
import Records
import Tensors
import TestSupport
import Testing

@testable import Searches

/// A table of two classes: `a` and `b` say little each, their product `p` much.
private func writeTable(_ url: URL, rows: Int, header: Bool = true) throws {
  var random = SeedTree(root: 3).child("comparison").stream()
  var text = header ? "b,label,a,p,unused\n" : ""
  for _ in 0..<rows {
    let label = random.integer(below: 2)
    let a = random.normal() + 0.2 * Double(label)
    let b = random.normal() * (label == 1 ? 1 : -1) + (a > 0 ? 0.8 : -0.8) * (label == 1 ? 1 : -1)
    text += header ? "\(b),\(label),\(a),\(a * b),x\n" : "\(label),\(a),\(b),\(a * b)\n"
  }
  try Data(text.utf8).write(to: url)
}

private func card(_ table: String, _ more: String = "") -> String {
  """
  schema: 1
  kind: comparison
  name: small
  seed: 5
  table: \(table)
  inputs: {low: [low], all: [low, high]}
  models:
    shallow: {kind: network, hidden: [16], activation: tanh, optimizer: adam, learning_rate: 0.01, max_epochs: 6, batch: 50}
    baldi: {kind: network, recipe: baldi, hidden: [8, 8], max_epochs: 2}
    trees: {kind: trees, trees: 30, maximum_depth: 3, patience: 5}
  repeats: 2
  \(more)
  """
}

private let layout = "layout: {label: label, groups: {low: [a, b], high: [p]}}"

@Suite struct ComparisonCardTests {
  private func complaint(_ text: String) -> String {
    do {
      _ = try ComparisonCard(CardValue.parse(text, file: "c.yaml"))
      return "no complaint"
    } catch { return "\(error)" }
  }

  @Test func cardsAreRead() throws {
    let read = try ComparisonCard(CardValue.parse(card("{file: a.csv, layout: higgs}"), file: "c.yaml"))
    #expect(read.columns(of: read.inputs[1]).count == 28 && read.columns(of: read.inputs[0]).count == 21)
    #expect(read.discovery == ComparisonCard.Discovery() && read.table.test == .fraction(0.2))
    guard case .network(let baldi) = read.models[1].method else {
      Issue.record("no network")
      return
    }
    #expect(baldi.hiddenUnits == [8, 8] && baldi.batchSize == 100 && baldi.weightDecay == 1e-5)
    #expect(ComparisonLayout.susy.features.count == 18)
    #expect(throws: Never.self) { try baldi.validated() }
  }

  @Test func faultsNameTheirLine() {
    let source = "{file: a.csv, layout: higgs}"
    #expect(
      complaint(card("{file: a.csv, layout: higs}")).contains(
        "c.yaml:5: table.layout: 'higs' is none of higgs, susy; nearest: 'higgs'"))
    #expect(complaint(card("{layout: susy}")).contains("table.file"))
    #expect(
      complaint(card(source).replacing("all: [low, high]", with: "all: [low, deep]")).contains(
        "'deep' is none of low, high"))
    #expect(
      complaint(card(source).replacing("kind: network, hidden: [16]", with: "kind: netwerk, hidden: [16]")).contains(
        "nearest: 'network'"))
    #expect(complaint(card(source).replacing("hidden: [16], ", with: "")).contains("models.shallow.hidden"))
    #expect(
      complaint(card(source).replacing("optimizer: adam", with: "optimizer: adam, momentum: 0.5")).contains(
        "momentum: goes with optimizer: sgd, rmsprop, which is adam here"))
    #expect(
      complaint(card("{file: a.csv, layout: higgs, test: {last: 5, fraction: 0.1}}")).contains("name one of last"))
    #expect(complaint(card("{file: a, layout: {label: y, groups: {g: [y]}}}")).contains("'y' stands twice"))
    #expect(complaint(card(source).replacing("repeats: 2", with: "repeat: 2")).contains("nearest: 'repeats'"))
  }

  @Test func kindsAreTold() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("c.yaml")
      try Data(card("{file: a.csv, layout: higgs}").utf8).write(to: url)
      #expect(try CardKind.of(url) == .comparison)
      try Data("name: x\n".utf8).write(to: url)
      #expect(try CardKind.of(url) == .search)
      try Data("kind: serch\n".utf8).write(to: url)
      #expect(throws: CardError.self) { try CardKind.of(url) }
    }
  }
}

@Suite struct ComparisonTableTests {
  private func read(_ url: URL, _ keys: String = "") throws -> ComparisonTable { try read([url], keys) }

  private func read(_ urls: [URL], _ keys: String = "") throws -> ComparisonTable {
    let card = try ComparisonCard(CardValue.parse(card("{file: a, \(layout)\(keys)}"), file: "c.yaml"))
    return try ComparisonTable(urls, card.table, progress: { _ in }, cancellation: CancellationToken())
  }

  /// Columns are found by their names, or by their places in files without names; both give the same table.
  @Test func namesAndPlaces() throws {
    try withTemporaryFolder { folder in
      let (named, bare) = (folder.appendingPathComponent("a.csv"), folder.appendingPathComponent("b.csv"))
      try writeTable(named, rows: 300)
      try writeTable(bare, rows: 300, header: false)
      let converted = folder.appendingPathComponent("c.h5")
      _ = try TableConversion(from: named, to: converted).run()
      let expected = try read(named)
      for url in [bare, converted] {
        let table = try read(url)
        #expect(table.labels == expected.labels && table.parts == expected.parts)
        #expect(try table.matrix(["p", "a"], part: .test) == expected.matrix(["p", "a"], part: .test))
      }
      #expect(
        try expected.matrix(["p"], part: .train).values == expected.values(of: "p", rows: expected.rows(of: .train)))
      #expect(try read(named, ", rows: 200").labels == Array(expected.labels[..<200]))
      let last = try read(named, ", test: {last: 50}, validation: 0.3")
      #expect(last.rows(of: .test) == Array(250..<300))
      #expect((45...105).contains(last.rows(of: .validation).count))
    }
  }

  /// Files of one pattern are one table, in the order of their names.
  @Test func portionsAreOneTable() throws {
    try withTemporaryFolder { folder in
      let whole = folder.appendingPathComponent("whole.csv")
      try writeTable(whole, rows: 300)
      for (name, entries) in [("part-b.h5", 120..<300), ("part-a.csv", 0..<120), ("other.csv", 0..<5)] {
        var conversion = TableConversion(from: whole, to: folder.appendingPathComponent(name))
        conversion.entries = entries
        _ = try conversion.run()
      }
      let files = try filesMatching(folder.appendingPathComponent("part-*"))
      #expect(files.map(\.lastPathComponent) == ["part-a.csv", "part-b.h5"])
      let (expected, found) = (try read(whole), try read(files))
      #expect(found.labels == expected.labels && found.parts == expected.parts)
      #expect(try found.matrix(["p", "a"], part: .train) == expected.matrix(["p", "a"], part: .train))
      #expect(try read(files, ", rows: 200").labels == Array(expected.labels[..<200]))
      #expect(throws: SampleError.self) { try tableFiles(folder.appendingPathComponent("none-*")) }
    }
  }

  /// 11 million rows of HIGGS, as the README says; and text is told its rows from its first megabyte.
  @Test func memoryIsToldBefore() throws {
    #expect(abs(Double(ComparisonTable.estimatedBytes(rows: 11_000_000, features: 28, widest: 28)) / 1e9 - 5.1) < 0.1)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      try writeTable(url, rows: 60_000, header: false)
      var options = TextTableOptions()
      options.types = .all(.float32)
      let estimate = try TextTable(url, options: options).estimatedEntryCount()
      #expect(abs(estimate - 60_000) < 600)
    }
  }

  @Test func faults() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.csv")
      func complaint(_ text: String, _ keys: String = "") -> String {
        do {
          try Data(text.utf8).write(to: url)
          _ = try read(url, keys)
          return "no complaint"
        } catch { return "\(error)" }
      }
      #expect(complaint("label,a,p\n1,2,3\n").contains("no column 'b'"))
      #expect(complaint("1,2\n").contains("expected 4 columns"))
      #expect(complaint("2,1,1,1\n").contains("the label 'label' is 2.0 in row 1"))
      #expect(complaint("1,1,1,1\n0,1,nan,1\n").contains("column 'b' is nan in row 2"))
      #expect(complaint("1,1,1,1\n1,1,1,1\n").contains("none with label 0"))
      #expect(complaint("1,1,1,1\n0,1,1,1\n", ", test: {last: 2}").contains("none are left to train on"))
      #expect(complaint("label,a,b,p\n1,x,1,1\n").contains(":2:3: 'x' in column 'a' is no number"))
    }
  }
}

@Suite struct ComparisonMeasureTests {
  private func measure(_ scores: [Float], _ labels: [Float]) throws -> ComparisonMeasure {
    let half = LabelledScores(scores: scores, labels: labels)
    return try ComparisonMeasure(
      validation: half, test: half, discovery: ComparisonCard.Discovery(), epochs: 1, validationLoss: 0)
  }

  @Test func scoresThatSayNothingOrAll() throws {
    var random = SeedTree(root: 8).stream()
    let labels = (0..<20_000).map { Float($0 % 2) }
    let nothing = try measure(labels.map { _ in Float(random.uniform()) }, labels)
    // 100 events on 1000 ± 50 (CoreNumerics, against pyhf); a cut or a shape gains what chance gives.
    #expect(abs(nothing.auc - 0.5) < 0.015)
    #expect(nothing.significanceOfShape > 1.66 && nothing.significanceOfShape < 2.2)
    #expect(nothing.significanceOfCut > 1.6 && nothing.significanceOfCut < 2.0)
    let much = try measure(labels.map { Float(random.normal()) + 2 * $0 }, labels)
    // ∫ of two normal distributions 2 apart: Φ(√2).
    #expect(abs(much.auc - 0.9214) < 0.01)
    #expect(much.significanceOfShape > much.significanceOfCut && much.significanceOfCut > 4)
    #expect(much.bins > 10 && much.backgroundEfficiency < 0.1)
  }

  /// Only the order of scores counts.
  @Test func orderAlone() throws {
    var random = SeedTree(root: 9).stream()
    let labels = (0..<4000).map { Float($0 % 2) }
    let scores = labels.map { Float(random.normal()) + $0 }
    let (a, b) = (try measure(scores, labels), try measure(scores.map { 1 / (1 + exp(-$0)) }, labels))
    #expect(a.auc == b.auc && a.significanceOfCut == b.significanceOfCut && a.bins == b.bins)
    #expect(abs(a.significanceOfShape - b.significanceOfShape) < 1e-9)
  }
}

@Suite(.serialized, .enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ComparisonRunTests {
  private func run(_ folder: URL, _ text: String, into output: String) async throws -> ComparisonRun.Outcome {
    let url = folder.appendingPathComponent("card.yaml")
    try Data(text.utf8).write(to: url)
    let place = folder.appendingPathComponent(output)
    let outcome = try await ComparisonRun(cardURL: url, options: .init(output: place)).execute()
    try outcome.writeTables(to: place)
    try outcome.writeReport(to: place, formats: [])
    return outcome
  }

  /// The product of two features is learnt where it is not given; results are stored, and the same bytes in another folder.
  @Test func aRunIsRepeatedFromItsStore() async throws {
    try await withTemporaryFolder { folder in
      try writeTable(folder.appendingPathComponent("a.csv"), rows: 1500)
      let text = card("{file: a.csv, \(layout)}", "figures: {features: {all: [a, b, p]}}")
      let outcome = try await run(folder, text, into: "one")
      let shallow = try #require(outcome.tables.value(.auc, inputs: "all", model: "shallow"))
      #expect(shallow.mean > 0.6 && shallow.spread < 0.1)
      let trees = try #require(outcome.tables.value(.auc, inputs: "low", model: "trees"))
      #expect(trees.mean > 0.6)
      #expect(outcome.tables.measures["low"]?["baldi"]?.count == 2)
      let store = StepStore(root: folder.appendingPathComponent("one/store"))
      let entries = try store.list()
      #expect(entries.count == 12 && entries.allSatisfy { $0.kind == "compare" })
      let again = try await run(folder, text, into: "one")
      let listed = try store.list()
      #expect(again.tables == outcome.tables && listed == entries)
      _ = try await run(folder, text, into: "two")
      for name in ["tables.json", "tables.csv", "tables.txt", "report.html", "record.json"] {
        let (a, b) = (folder.appendingPathComponent("one/\(name)"), folder.appendingPathComponent("two/\(name)"))
        #expect(try Data(contentsOf: a) == Data(contentsOf: b), "\(name)")
      }
      let report = String(
        decoding: try Data(contentsOf: folder.appendingPathComponent("one/report.html")), as: UTF8.self)
      #expect(report.contains("Area under the ROC curve on") && report.contains("<svg"))
    }
  }

  /// A run that is stopped goes on: what was trained is not trained again.
  @Test func aStoppedRunGoesOn() async throws {
    try await withTemporaryFolder { folder in
      try writeTable(folder.appendingPathComponent("a.csv"), rows: 600)
      let url = folder.appendingPathComponent("card.yaml")
      try Data(card("{file: a.csv, \(layout)}").utf8).write(to: url)
      let token = CancellationToken()
      let options = ComparisonRun.Options(output: folder.appendingPathComponent("out"))
      await #expect(throws: RecordError.cancelled) {
        try await ComparisonRun(
          cardURL: url, options: options,
          progress: { if $0.stage.hasPrefix("baldi on low 2") { token.cancel() } }, cancellation: token
        ).execute()
      }
      let store = StepStore(root: folder.appendingPathComponent("out/store"))
      #expect(try (1...4).contains(store.list().count))
      let outcome = try await ComparisonRun(cardURL: url, options: options).execute()
      let whole = try await ComparisonRun(
        cardURL: url, options: .init(output: folder.appendingPathComponent("whole"))
      ).execute()
      #expect(outcome.tables == whole.tables)
    }
  }

  /// PyTorch's training of the same networks on the same rows (`Tests/Reference/comparison`), mean and spread over ten seeds.
  private struct Peer: Decodable {
    struct Result: Decodable {
      var mean: Double
      var spread: Double
    }
    var results: [String: Result]
  }

  /// Two low-level inputs' worth of the study on 7000 real rows, in half a minute.
  static func excerptCard(_ table: URL) -> String {
    """
    schema: 1
    kind: comparison
    name: excerpt
    seed: 1
    table: {file: "\(table.path)", layout: higgs, test: {last: 1400}, validation: 0.1}
    inputs: {low: [low], complete: [low, high]}
    models:
      shallow: {kind: network, hidden: [300], activation: tanh, optimizer: adam, batch: 100, patience: 5}
      deep: {kind: network, hidden: [100, 100, 100], activation: tanh, optimizer: adam, batch: 100, patience: 5}
      trees: {kind: trees, trees: 300, maximum_depth: 5, patience: 0}
    repeats: 4
    """
  }

  @Test(.enabled(if: realDataURL != nil)) func theExcerptOfHIGGS() async throws {
    let table = try #require(realDataURL).appendingPathComponent("higgs/lightgbm_binary.train.tsv")
    let peer = try JSONDecoder().decode(Peer.self, from: Data(contentsOf: referenceURL("comparison/networks.json")))
    try await withTemporaryFolder { folder in
      let outcome = try await run(folder, Self.excerptCard(table), into: "out")
      #expect(outcome.tables.rows["test"] == 1400)
      for (name, expected) in peer.results {
        let parts = name.split(separator: "/").map(String.init)
        let found = try #require(outcome.tables.value(.auc, inputs: parts[0], model: parts[1]))
        // Means of four and of ten trainings, whose spread is that of one. The rows that end trainings are others, which moves the
        // mean of all seeds here by as much as a training.
        let error = expected.spread * (1.0 / 4 + 1.0 / 10 + 1).squareRoot()
        #expect(abs(found.mean - expected.mean) < 3 * error, "\(name): \(found) against \(expected)")
        #expect(found.spread < 4 * expected.spread, "\(name)")
      }
      let low = try #require(outcome.tables.value(.auc, inputs: "low", model: "shallow"))
      let complete = try #require(outcome.tables.value(.auc, inputs: "complete", model: "shallow"))
      #expect(complete.mean > low.mean + 0.05)
      // XGBoost from Python on other rows of the set: 0.78 (300 trees of depth 5).
      let trees = try #require(outcome.tables.value(.auc, inputs: "complete", model: "trees"))
      #expect(abs(trees.mean - 0.78) < 0.03)
      #expect(outcome.tables.value(.significanceOfShape, inputs: "complete", model: "shallow")?.mean ?? 0 > 2)
    }
  }
}
