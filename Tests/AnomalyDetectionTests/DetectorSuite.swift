import Foundation
import Learning
import Records
import TestSupport
import Testing

@testable import AnomalyDetection

/// What the suite asks of a detector beside scores: that it is kept and comes back.
protocol KeptDetector: AnomalyDetector, Equatable {
  func save(to url: URL) throws
  init(contentsOf url: URL) throws
}

extension IsolationForest: KeptDetector {}
extension HistogramScore: KeptDetector {}
extension NearestNeighbours: KeptDetector {}
extension AutoEncoder: KeptDetector {}
extension DeepSVDD: KeptDetector {}
extension VariationalAutoEncoder: KeptDetector {}

/// What every detector has to do.
/// - Parameters:
///   - leastAUC: for signal that lies off the background's space; 0.5 for a method that cannot see it.
///   - spread: by how much AUCs of equal fits may differ because random numbers fall on other rows or columns.
func checkAnomalyDetector<Detector: KeptDetector>(
  _ kind: Detector.Type, leastAUC: Double, spread: Double, fit: (BackgroundSample) async throws -> Detector
) async throws {
  let background = try DeepSample.background(1500)
  let rows = try DeepSample.rows(200, seed: 5)
  let detector = try await fit(background)
  #expect(try await fit(background) == detector, "the same fit gives another detector")
  #expect(!detector.summary.isEmpty)

  let scores = try await detector.scores(rows)
  #expect(scores.count == 200 && scores.allSatisfy(\.isFinite))
  #expect(try await detector.scores(rows.rows([])) == [])
  // A row's score does not depend on the rows beside it, but for the rounding of matrix products of another height.
  let turned = try await detector.scores(rows.rows(Array((0..<200).reversed())))
  let alone = try await detector.scores(rows.rows([7]))
  for (one, other) in zip(scores + [scores[7]], turned.reversed() + alone) {
    #expect(abs(one - other) <= 1e-4 * max(1, abs(one)))
  }
  let far = try FeatureMatrix(names: rows.names, values: rows.values.map { $0 * 10 + 20 })
  #expect(try await detector.scores(far).min() ?? 0 > scores.sorted()[100], "far events are not more anomalous")
  let auc = try await DeepSample.auc(detector)
  #expect(auc > leastAUC)

  try await checkWeights(background, auc, spread, fit)
  try await checkColumnOrder(background, auc, spread, fit)
  try await checkStorage(detector, rows)
  try await checkBadInput(detector, rows)
}

/// Rows of weight 0 do not count, and weight 2 is the same as two rows.
private func checkWeights<Detector: KeptDetector>(
  _ background: BackgroundSample, _ auc: Double, _ spread: Double, _ fit: (BackgroundSample) async throws -> Detector
) async throws {
  let count = background.features.rowCount
  let intruders = try DeepSample.rows(count, seed: 6, isSignal: true)
  let mixture = try FeatureMatrix(
    names: background.features.names, values: background.features.values + intruders.values.map { 5 * $0 })
  let weightless = (0..<2 * count).map { Float($0 < count ? 1 : 0) }
  let clean = try await DeepSample.auc(fit(BackgroundSample(features: mixture, weights: weightless)))
  #expect(abs(clean - auc) < spread, "rows of weight 0 count: AUC \(clean), \(auc) without them")

  let weights = (0..<count).map { Float($0 % 3 == 0 ? 3 : 1) }
  let copies = (0..<count).flatMap { Array(repeating: $0, count: $0 % 3 == 0 ? 3 : 1) }
  let weighted = try await DeepSample.auc(fit(BackgroundSample(features: background.features, weights: weights)))
  let copied = try await DeepSample.auc(fit(BackgroundSample(features: background.features.rows(copies))))
  #expect(abs(weighted - copied) < spread, "AUC \(weighted) with weights, \(copied) with copies")
}

private func checkColumnOrder<Detector: KeptDetector>(
  _ background: BackgroundSample, _ auc: Double, _ spread: Double, _ fit: (BackgroundSample) async throws -> Detector
) async throws {
  let other = try await DeepSample.auc(
    fit(BackgroundSample(features: DeepSample.turned(background.features))),
    background: DeepSample.turned(DeepSample.rows(1000, seed: 3)),
    signal: DeepSample.turned(DeepSample.rows(1000, seed: 4, isSignal: true)))
  #expect(abs(other - auc) < spread, "AUC \(auc), \(other) with columns in another order")
}

private func checkStorage<Detector: KeptDetector>(_ detector: Detector, _ rows: FeatureMatrix) async throws {
  try await withTemporaryFolder { folder in
    let url = folder.appendingPathComponent("detector")
    try detector.save(to: url)
    let again = try Detector(contentsOf: url)
    #expect(again == detector)
    #expect(try await again.scores(rows) == detector.scores(rows))
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    let files = isFolder.boolValue ? try FileManager.default.contentsOfDirectory(atPath: url.path) : [""]
    for file in files {
      let place = file.isEmpty ? url : url.appendingPathComponent(file)
      let whole = try Data(contentsOf: place)
      try whole.dropLast(whole.count / 3).write(to: place)
      #expect(throws: (any Error).self, "a torn \(file) is read") { try Detector(contentsOf: url) }
      try whole.write(to: place)
    }
    #expect(throws: (any Error).self) { try Detector(contentsOf: folder.appendingPathComponent("none")) }
  }
}

private func checkBadInput<Detector: KeptDetector>(_ detector: Detector, _ rows: FeatureMatrix) async throws {
  let foreign = try FeatureMatrix(names: rows.names.map { $0 + "y" }, values: rows.values)
  await #expect(throws: LearningError.wrongColumnCount(expected: rows.names, found: foreign.names)) {
    _ = try await detector.scores(foreign)
  }
  var broken = rows
  broken[4, 1] = .nan
  await #expect(throws: LearningError.notFinite(value: "nan", column: "feature 'x1'", row: 4)) {
    _ = try await detector.scores(broken)
  }
}
