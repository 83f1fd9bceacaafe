import Columns
import CoreNumerics
import EventFiles
import Foundation
import Histograms
import Records
import Tensors
import TestSupport
import Testing

@testable import Searches

/// Made-up events of four features. The background is a correlated Gaussian; `odd` lies off its diagonal, where each feature alone
/// looks ordinary, and `far` at large values of all.
private struct AnomalySearch {
  let folder: URL
  var cardURL: URL { folder.appendingPathComponent("card.yaml") }

  init(in folder: URL, card: (String) -> String = { $0 }) throws {
    self.folder = folder
    try card(Self.card).write(to: cardURL, atomically: true, encoding: .utf8)
    for (index, name) in ["soft", "hard", "odd", "far"].enumerated() { try write(name, seed: index) }
  }

  static let card = """
    schema: 1
    name: small
    seed: 11
    collision_energy: 13 TeV
    luminosity: 10 fb-1
    samples:
      soft: {role: background, title: Soft, events: soft.h5}
      hard: {role: background, events: hard.h5}
      odd: {role: signal, events: odd.h5}
      far: {role: signal, events: far.h5}
    selection: {cuts: {all: x > -1e9}}
    features: {x: x, y: y, z: z, u: u}
    network: {hidden_layers: 1, units: 8}
    training: {max_epochs: 3, patience: 2, batch: 256}
    fit: {bins: 8, baseline: {name: sum, observable: x + y + z + u, title: sum, unit: ""}}
    detectors:
      forest: {kind: isolation_forest, title: Forest, rotate: true, trees: 50, subsample: 128}
      boxes: {kind: histogram, rotate: true, bins: 12}
      near: {kind: neighbours, neighbours: 5, reference: 400}
    anomaly:
      combinations: [[forest, near]]
      injection: {fractions: [0.01, 0.2], toys: 1000, experiments: 40, fit_toys: 100}
    """

  private func write(_ name: String, seed: Int) throws {
    let rows = 1500
    var random = SeedTree(root: 31).child(seed).stream()
    var columns: [[Float]] = [[], [], [], []]
    for _ in 0..<rows {
      let common = random.normal()
      for column in 0..<4 {
        let sign = name == "odd" && column % 2 == 1 ? -1.0 : 1
        let shift = name == "far" ? 3.5 : name == "hard" ? 0.3 : 0
        columns[column].append(Float(sign * common + 0.3 * random.normal() + shift))
      }
    }
    let table = try Table(
      zip(["x", "y", "z", "u"], columns).map { ($0, Column($1)) } + [
        ("weight", Column(Array(repeating: name == "odd" || name == "far" ? 1e-5 : 1e-4, count: rows))),
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
  ) async throws -> SearchRun.Outcome {
    let outcome = try await SearchRun(
      cardURL: cardURL, options: .init(output: folder.appendingPathComponent(output), workers: workers),
      progress: progress, cancellation: cancellation
    ).execute()
    try outcome.writeTables(to: folder.appendingPathComponent(output))
    return outcome
  }

  func bytes(_ output: String) throws -> [Data] {
    try ["tables.json", "anomaly.json", "anomaly.csv"].map {
      try Data(contentsOf: folder.appendingPathComponent("\(output)/\($0)"))
    }
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct AnomalySearchTests {
  @Test func detectorsAreRowsOfLimitsAndTheirTablesHold() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await AnomalySearch(in: folder).run("run")
      let tables = outcome.tables
      #expect(
        tables.trainings == [
          "odd", "far", "forest", "boxes", "near", "product-forest-near", "plane-forest-near", "sum",
        ])
      for row in tables.trainings {
        for signal in tables.signals {
          let limit = try #require(tables.limits[row]?[signal])
          #expect(limit.median > 0 && limit.median.isFinite)
        }
      }
      let anomaly = try #require(outcome.anomaly)
      #expect(anomaly.scores == ["forest", "boxes", "near", "sum"])
      let ratio = try #require(anomaly.normalisedToBaseline["near"]?["odd"]).median
      let (own, base) = (tables.limits["near"]?["odd"], tables.limits["sum"]?["odd"])
      #expect(abs(ratio - (try #require(own).median / #require(base).median)) < 1e-12)
      // Off the diagonal nothing is odd but the combination of features: H_T's stand-in sees less than any detector.
      #expect(ratio < 0.5)
      // Composition, overlap and correlation of a score with itself.
      for shares in anomaly.tail.composition.values { #expect(abs(shares.values.reduce(0, +) - 1) < 1e-12) }
      for name in ["background", "odd", "far"] {
        let correlation = try #require(anomaly.correlations[name]), overlap = try #require(anomaly.tail.overlap[name])
        for i in 0..<4 {
          #expect(abs(correlation.spearman[i][i] - 1) < 1e-12 && abs(correlation.pearson[i][i] - 1) < 1e-12)
          #expect(name != "background" || overlap[i][i] == 1)
          for j in 0..<4 { #expect(overlap[i][j] >= 0 && overlap[i][j] <= 1 && overlap[i][j] == overlap[j][i]) }
        }
      }
      let performance = try #require(anomaly.performance["near"]?["far"])
      #expect(performance.auc.value > 0.95 && performance.operatingPoints.count == 2)
      let network = try #require(anomaly.performance["network"]?["far"])
      #expect(network.auc.value > 0.95)
    }
  }

  @Test func aLargeHiddenSignalIsFoundAndASmallOneIsNot() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await AnomalySearch(in: folder) { $0.replacing("[0.01, 0.2]", with: "[0.0001, 0.2]") }.run(
        "run")
      let found = try #require(outcome.anomaly?.injection)
      #expect(found.count == 5 * 2 * 2)
      let near = found.filter { $0.score == "near" && $0.signal == "far" }
      #expect(near[0].fraction == 0.0001 && near[1].fraction == 0.2)
      // 1000 toys see no smaller p-value.
      #expect(near[1].excess[0] == 1.0 / 1001)
      #expect(near[1].foundShare == 1 && near[0].foundShare < 0.1)
      #expect(near[1].fit < 1e-6)
      #expect(near[0].excess[0] > 0.1 && near[0].fit > 0.1)
      // Toys and formula agree within the toys' error where both see something.
      let toys = try #require(near[0].fitToys)
      #expect(abs(toys[0] - near[0].fit) < 5 * max(toys[1], 0.03))
      // μ and events say the same.
      #expect(abs(near[1].events / near[0].events - 2000) < 1e-6 && abs(near[1].mu / near[0].mu - 2000) < 1e-6)
    }
  }

  @Test func sameBytesWithOtherWorkersAndAfterAnInterruption() async throws {
    try await withTemporaryFolder { folder in
      let search = try AnomalySearch(in: folder)
      let outcome = try await search.run("a")
      try outcome.writeReport(to: folder.appendingPathComponent("a"), formats: [.png])
      let html = try String(contentsOf: folder.appendingPathComponent("a/report.html"), encoding: .utf8)
      #expect(html.contains("Anomaly detectors") && html.contains("Hidden signals"))
      for name in ["scores", "detectors", "correlation", "overlap", "composition", "improvement", "injection"] {
        #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("a/figures/\(name).png").path))
      }
      _ = try await search.run("b", workers: 1)
      #expect(try search.bytes("a") == search.bytes("b"))
      let token = CancellationToken()
      await #expect(throws: RecordError.cancelled) {
        _ = try await search.run("c", cancellation: token) {
          if $0.stage == "detect", $0.completed >= 1 { token.cancel() }
        }
      }
      let store = StepStore(root: folder.appendingPathComponent("c/store"))
      #expect(try store.list().filter { $0.kind == "detect" }.count == 1)
      _ = try await search.run("c")
      #expect(try search.bytes("c") == search.bytes("a"))
      let before = try store.list().count
      _ = try await search.run("c")
      #expect(try store.list().count == before)
      #expect(try store.list().allSatisfy { $0.isUsed == true })
    }
  }

  @Test func deepDetectorsAreTunedDecorrelatedAndResumed() async throws {
    try await withTemporaryFolder { folder in
      let search = try AnomalySearch(in: folder) { card in
        let start = card.range(of: "detectors:")!.lowerBound
        return card[..<start] + """
          detectors:
            ae: {kind: auto_encoder, layers: 1, units: 16, latent: 1, max_lr: 0.02, gamma: 0.999, max_epochs: 25, batch: 128}
            free: {kind: auto_encoder, layers: 1, units: 16, latent: 1, max_lr: 0.02, gamma: 0.999, max_epochs: 25, batch: 128,
                   decorrelate: {from: sum, strength: 20}}
            tuned: {kind: deep_svdd, latent: 2, max_epochs: 2, batch: 256, tune: {trials: 2}}
            vae: {kind: variational, layers: 1, units: 8, latent: 2, max_epochs: 2, beta: 0.1}
          """
      }
      let outcome = try await search.run("a")
      let anomaly = try #require(outcome.anomaly)
      #expect(anomaly.injection == nil && outcome.detectors.map(\.name) == ["ae", "free", "tuned", "vae"])
      #expect(outcome.detectors[2].summary.contains("2 latent dimensions"))
      let decorrelation = try #require(anomaly.decorrelation?.first)
      #expect(decorrelation.variable == "sum" && decorrelation.detectors == ["free"])
      let (plain, free) = (try #require(decorrelation.scores["ae"]), try #require(decorrelation.scores["free"]))
      #expect(free != plain && (0...1).contains(free.distanceCorrelation))
      for measures in decorrelation.scores.values { #expect((0...1).contains(measures.sculpting)) }
      try outcome.writeReport(to: folder.appendingPathComponent("a"), formats: [.png])
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("a/figures/decorrelation.png").path))
      // Stopped within a training, then within the search for the best network.
      for stage in ["detect ae", "trials"] {
        let token = CancellationToken()
        await #expect(throws: RecordError.cancelled) {
          _ = try await search.run("b", cancellation: token) {
            if $0.stage == stage, $0.completed >= 1 { token.cancel() }
          }
        }
      }
      _ = try await search.run("b")
      #expect(try search.bytes("a") == search.bytes("b"))
      let kinds = try StepStore(root: folder.appendingPathComponent("b/store")).list().map(\.kind)
      #expect(kinds.filter { $0 == "detect" }.count == 4 && kinds.filter { $0 == "tune" }.count == 1)
    }
  }

  private func complaint(_ old: String, _ new: String) throws -> String {
    try withTemporaryFolder { folder in
      let search = try AnomalySearch(in: folder) { $0.replacing(old, with: new) }
      do {
        _ = try SearchCard.read(search.cardURL)
        return "no complaint"
      } catch { return "\(error)" }
    }
  }

  @Test func badCardsAreNamed() throws {
    #expect(try complaint("kind: histogram", "kind: histogramm").contains("nearest: 'histogram'"))
    #expect(
      try complaint("subsample: 128", "subsampel: 128").contains("unknown key 'subsampel'; nearest: 'subsample'"))
    #expect(try complaint("{kind: histogram, rotate: true, bins: 12}", "{rotate: true}").contains("needs a 'kind'"))
    #expect(try complaint("boxes:", "odd:").contains("'odd' cannot name a detector"))
    #expect(try complaint("boxes:", "sum:").contains("'sum' cannot name a detector"))
    #expect(try complaint("[[forest, near]]", "[[forest, naer]]").contains("no detector 'naer'; nearest: 'near'"))
    #expect(try complaint("[[forest, near]]", "[[forest, forest]]").contains("two or more different detectors"))
    #expect(try complaint("[0.01, 0.2]", "[0.2, 0.01]").contains("fractions must rise"))
    #expect(try complaint("bins: 12", "bins: 1").contains("out of range"))
    #expect(try complaint("neighbours: 5, reference: 400", "neighbours: 5, reference: 4").contains("out of range"))
    #expect(try complaint("neighbours: 5, reference: 400", "tune: {trials: 3}").contains("'tune' is for deep kinds"))
    func deep(_ keys: String) throws -> String {
      try complaint("{kind: histogram, rotate: true, bins: 12}", "{kind: deep_svdd, \(keys)}")
    }
    #expect(try deep("rotate: true").contains("'rotate' is for shallow kinds"))
    #expect(try deep("nu: 0.2").contains("belongs to 'objective: soft_boundary'"))
    #expect(try deep("preset: papre").contains("nearest: 'paper'"))
    #expect(try deep("max_lr: 0").contains("out of range"))
    #expect(try deep("decorrelate: {from: x}").contains("expected a number"))
    let text = AnomalySearch.card
    let detectors = text[text.range(of: "detectors:")!.lowerBound..<text.range(of: "anomaly:")!.lowerBound]
    #expect(try complaint(String(detectors), "").contains("no detector 'forest'"))
    let rest = text[text.range(of: "detectors:")!.lowerBound...]
    #expect(try complaint(String(rest), "anomaly: {fraction: 0.2}").contains("'anomaly' needs 'detectors'"))
  }
}
