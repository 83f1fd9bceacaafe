import Cards
import Foundation
import Records
import Tensors
import TestSupport
import Testing

@testable import Searches

private func card(_ events: String = "toy: {points: [-1, 0, 1], signal: 300, background: 900}", _ more: String = "")
  -> String
{
  """
  schema: 1
  kind: parametrised
  name: family
  seed: 5
  \(events)
  parameter: {title: θ, train: [-1, 1]}
  network: {hidden: [3], activation: sigmoid, batch: 50, learning_rate: 0.02, max_epochs: 12}
  models:
    parametrised: {trained_on: all, sees_parameter: true}
    others: {trained_on: others, sees_parameter: true}
    dedicated: {trained_on: tested}
    single: {trained_on: [0]}
    mixture: {trained_on: all}
  repeats: 2
  \(more)
  """
}

@Suite struct ParametrizedCardTests {
  private func complaint(_ text: String) -> String {
    do {
      _ = try ParametrizedCard(CardValue.parse(text, file: "p.yaml"))
      return "no complaint"
    } catch { return "\(error)" }
  }

  @Test func cardsAreRead() throws {
    let read = try ParametrizedCard(CardValue.parse(card(), file: "p.yaml"))
    #expect(read.parameter.column == "theta" && read.parameter.train == [-1, 1] && read.features == ["x"])
    #expect(read.source.layout.features == ["x", "theta"])
    #expect(read.network.hiddenUnits == [3] && read.network.classBalance == .equal)
    #expect(read.models.map(\.seesParameter) == [true, true, false, false, false])
    let all: [Float] = [500, 750, 1000]
    #expect(
      read.models.map { $0.training.points(testedAt: 750, all: all) } == [all, [500, 1000], [750], [0], all])
    // At a point that none was trained at, the others are all.
    #expect(ParametrizedCard.TrainingPoints.others.points(testedAt: 600, all: all) == all)
    let table = try ParametrizedCard(
      CardValue.parse(
        card("table: {file: a.h5, layout: higgs}").replacing(", train: [-1, 1]", with: ""), file: "p.yaml"))
    #expect(table.parameter.column == "mass" && table.parameter.train == nil && table.features.count == 28)
    for name in ["card", "toy"] {
      let url = projectURL("Studies/parametrised/\(name).yaml")
      #expect(try CardKind.of(url) == .parametrised)
      #expect(throws: Never.self) { try ParametrizedCard.read(url) }
    }
  }

  @Test func faultsNameTheirLine() {
    #expect(complaint(card("")).contains("name one of table"))
    #expect(complaint(card("toy: {points: [1, 1]}")).contains("expected numbers, each once"))
    #expect(complaint(card("toy: {points: [1], range: [2, 1]}")).contains("the lower one first"))
    #expect(complaint(card("toy: {points: [1], width: 0}")).contains("out of range"))
    #expect(complaint(card("toy: {points: [1]}", "parametr: 1")).contains("nearest: 'parameter'"))
    #expect(
      complaint(card().replacing("title: θ", with: "column: mass")).contains("p.yaml:6: parameter: a toy's parameter"))
    #expect(
      complaint(card("table: {file: a, layout: higgs}").replacing("title: θ", with: "column: m_jj")).contains(
        "'m_jj' is the label or a feature"))
    #expect(
      complaint(card().replacing("trained_on: tested", with: "trained_on: test")).contains(
        "models.dedicated.trained_on: 'test' is none of all, others, tested"))
    #expect(
      complaint(card().replacing("{trained_on: tested}", with: "{}")).contains(
        "expected all, others, tested or a list of points, found nothing"))
    #expect(complaint(card().replacing("hidden: [3], ", with: "")).contains("network.hidden"))
    #expect(complaint(card("toy: {points: [1]}", "inputs: [y]")).contains("'y' is none of x"))
    #expect(complaint(card("toy: {points: [1]}", "figures: {shapes: [z]}")).contains("figures.shapes[0]"))
    #expect(complaint(card().replacing("schema: 1", with: "schema: 3")).contains("schema 3 is unknown"))
  }
}

@Suite(.serialized, .enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct ParametrizedRunTests {
  private func run(
    _ folder: URL, _ text: String, into output: String, cancellation: CancellationToken = CancellationToken(),
    progress: @escaping ProgressHandler = { _ in }
  ) async throws -> ParametrizedRun.Outcome {
    let url = folder.appendingPathComponent("card.yaml")
    try Data(text.utf8).write(to: url)
    let place = folder.appendingPathComponent(output)
    let outcome = try await ParametrizedRun(
      cardURL: url, options: .init(output: place), progress: progress, cancellation: cancellation
    ).execute()
    try outcome.writeTables(to: place)
    try outcome.writeReport(to: place, formats: [])
    return outcome
  }

  /// Equal trainings are made once, results are found again, and another folder has the same bytes.
  @Test func aRunIsRepeatedFromItsStore() async throws {
    try await withTemporaryFolder { folder in
      let text = card().replacing("repeats", with: "figures: {roc: [0], shapes: [x]}\nrepeats")
      let outcome = try await run(folder, text, into: "one")
      // The toy, and two of each: with θ at both points and at one of them; without at both and at each of three.
      let store = StepStore(root: folder.appendingPathComponent("one/store"))
      let entries = try store.list()
      #expect(entries.count == 1 + 2 * 7 && Set(entries.map(\.kind)) == ["toy", "parametrised"])
      #expect(outcome.tables.measures["single"]?[1] == outcome.tables.measures["dedicated"]?[1])
      #expect(outcome.tables.measures["others"]?[1] == outcome.tables.measures["parametrised"]?[1])
      #expect(outcome.tables.points == [-1, 0, 1] && outcome.tables.measures["mixture"]?[2].count == 2)
      let all = outcome.tables.measures.values.joined().joined()
      #expect(all.allSatisfy { (0...1).contains($0.auc) && (1...12).contains($0.epochs) && $0.validationLoss > 0 })
      #expect(try outcome.figures().map(\.name) == ["auc", "response", "roc", "shapes"])
      #expect(outcome.response?.scores.keys.sorted() == [-1, 0, 1])
      _ = try await run(folder, text, into: "one")
      #expect(try store.list() == entries)
      _ = try await run(folder, text, into: "two")
      for name in ["tables.json", "tables.csv", "tables.txt", "report.html", "record.json"] {
        let (a, b) = (folder.appendingPathComponent("one/\(name)"), folder.appendingPathComponent("two/\(name)"))
        #expect(try Data(contentsOf: a) == Data(contentsOf: b), "\(name)")
      }
    }
  }

  @Test func aStoppedRunGoesOn() async throws {
    try await withTemporaryFolder { folder in
      let token = CancellationToken()
      await #expect(throws: RecordError.cancelled) {
        try await run(folder, card(), into: "out", cancellation: token) {
          if $0.stage.hasPrefix("theta 0 without") { token.cancel() }
        }
      }
      let made = try StepStore(root: folder.appendingPathComponent("out/store")).list().count
      #expect((2...14).contains(made))
      let outcome = try await run(folder, card(), into: "out")
      let whole = try await run(folder, card(), into: "whole")
      #expect(outcome.tables == whole.tables)
    }
  }

  @Test func faultsOfTables() async throws {
    try await withTemporaryFolder { folder in
      func complaint(_ rows: [String], _ change: (String) -> String = { $0 }) async -> String {
        let text = card(
          "table: {file: a.csv, layout: {label: label, groups: {x: [x]}}, test: {fraction: 0.4}, validation: 0.4}")
        do {
          try Data((["label,x,mass"] + rows).joined(separator: "\n").utf8).write(
            to: folder.appendingPathComponent("a.csv"))
          _ = try await run(folder, change(text.replacing("[-1, 1]", with: "[1, 2]")), into: "out")
          return "no complaint"
        } catch { return "\(error)" }
      }
      let background = (0..<60).map { "0,\($0),0" }
      func signal(_ mass: Int, _ count: Int = 60) -> [String] { (0..<count).map { "1,\($0),\(mass)" } }
      #expect(
        await complaint(background + signal(1)).contains(
          "parameter.train names mass = 2, where there is no signal; there is at 1"))
      #expect(
        await complaint(background + signal(1) + signal(2, 1)).contains("no signal with mass = 2.0 serves for"))
      #expect(
        await complaint(background + signal(1) + signal(2)).contains("models.single.trained_on names mass = 0"))
      #expect(
        await complaint(background + (0..<200).flatMap { signal($0, 1) }).contains("200 values of 'mass'"))
      #expect(
        await complaint(background + signal(1)) {
          $0.replacing("[1, 2]", with: "[1]").replacing("repeats: 2", with: "repeats: 1")
        }.contains("model 'others' at 1 has no other points"))
      #expect(await complaint([]) { $0.replacing("a.csv", with: "b.csv") }.contains("no such file"))
    }
  }

  /// PyTorch's AUCs of the toy's networks (`Tests/Reference/parametrised`), one a seed, by model and point.
  private struct Peer: Decodable { var results: [String: [String: [Double]]] }

  /// The study's toy against PyTorch with the same recipe. Here as there some trainings stay with one flank of the signal, so that
  /// the best of the seeds are compared. Each has test events of its own, on which an AUC of 0.95 has a standard deviation of
  /// 0.003 for both together (800 and 4000 events here, five times as many there).
  @Test func theToyAgreesWithPyTorch() async throws {
    let peer = try JSONDecoder().decode(Peer.self, from: Data(contentsOf: referenceURL("parametrised/toy.json")))
    let study = String(decoding: try Data(contentsOf: projectURL("Studies/parametrised/toy.yaml")), as: UTF8.self)
    // Of the dedicated networks two are enough: that of θ = 0 is there, and one between the points of the parametrised network.
    let text = study.replacing("trained_on: tested", with: "trained_on: [-1.5]")
      .replacing(/mixture:.*/, with: "").replacing("repeats: 3", with: "repeats: 2")
    try await withTemporaryFolder { folder in
      let outcome = try await run(folder, text, into: "out")
      func best(_ model: String, _ point: Float) throws -> Double {
        let place = try #require(outcome.tables.points.firstIndex(of: point))
        return try #require(outcome.tables.measures[model]?[place].map(\.auc).max())
      }
      for (model, points) in peer.results {
        for (name, expected) in points {
          let point = try #require(Float(name))
          let found = try best(model == "parametrised" ? model : point == 0 ? "single" : "dedicated", point)
          let peerBest = try #require(expected.max())
          #expect(abs(found - peerBest) < 4 * 0.003, "\(model) at \(name): \(found) against \(peerBest)")
        }
      }
      // What the paper shows: one network does for all points, also where it never was; one that saw one point does not.
      let (dedicated, between) = (try best("dedicated", -1.5), try best("parametrised", -1.5))
      #expect(between > dedicated - 0.006)
      for point in outcome.tables.points where abs(point) >= 1 {
        let (parametrised, single) = (try best("parametrised", point), try best("single", point))
        #expect(single < parametrised - 0.1, "θ = \(point)")
      }
    }
  }
}
