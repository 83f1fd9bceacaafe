import AnomalyDetection
import Foundation
import Learning
import NeuralNetworks
import Records
import TestSupport
import Tensors
import Testing

@testable import ModelExchange

/// Scores of anomaly detectors as ONNX Runtime computes them of the files in Tests/Reference/onnx/exports, and as this program does.
@Suite struct DetectorExportTests {
  private static let names = SampleNetworks.scaler.featureNames

  private func rows() throws -> FeatureMatrix { try ONNXReference.read("exports").features(Self.names) }

  /// As the reference's rows are distributed, in quarters, so that rows share places.
  private func background(weights: (Int) -> Float = { _ in 1 }) throws -> BackgroundSample {
    var random = SeedTree(root: 17).child("detectors").stream()
    let values = (0..<120).flatMap { _ in
      zip([0, 5, 1, -30], [1, 3, 0.1, 20]).map { Float((4 * ($0 + $1 * random.normal())).rounded() / 4) }
    }
    return try BackgroundSample(
      features: FeatureMatrix(names: Self.names, values: values), weights: (0..<120).map(weights))
  }

  /// Written out: eigenvectors differ in their last digits from one library to the next.
  private func rotation() throws -> PrincipalComponents {
    let text = """
      {"featureNames": ["met", "Jet2_PT", "eta", "lep_mt"], "means": [0.1, 5.2, 0.95, -30.5], "deviations":
      [1.1, 2.9, 0.4, 19], "variances": [1.6, 1.1, 0.8, 0.5], "rotation": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, -0.5, -0.5,
      0.6, -0.6, 0.374165738677394, -0.374165738677394, 0.374165738677394, -0.374165738677394, -0.6, 0.6]}
      """
    return try JSONDecoder().decode(PrincipalComponents.self, from: Data(text.utf8))
  }

  private func check(_ detector: FittedDetector, _ name: String) async throws {
    try checkExport(ONNXModel(detector), "detector-\(name)", "score", try await detector.scores(rows()))
  }

  @Test func isolationForests() async throws {
    let configuration = IsolationForest.Configuration(trees: 12, subsample: 32, seed: 5)
    let plain = try IsolationForest(fitting: background(), configuration: configuration)
    try await check(FittedDetector(detector: plain), "isolation-forest")
    let rotation = try rotation()
    let turned = try IsolationForest(fitting: rotation.rotated(background()), configuration: configuration)
    try await check(FittedDetector(rotation: rotation, detector: turned), "isolation-forest-rotated")
  }

  @Test func histogramScores() async throws {
    for (name, tolerance) in [("histogram", 0.5), ("histogram-strict", 0)] {
      let configuration = HistogramScore.Configuration(bins: .fixed(7), tolerance: tolerance)
      let detector = try HistogramScore(fitting: background(), configuration: configuration)
      try await check(FittedDetector(detector: detector), name)
    }
    let rotation = try rotation()
    let turned = try HistogramScore(fitting: rotation.rotated(background()))
    try await check(FittedDetector(rotation: rotation, detector: turned), "histogram-rotated")
  }

  @Test func nearestNeighbours() async throws {
    let configuration = NearestNeighbours.Configuration(neighbours: 5)
    let plain = try NearestNeighbours(fitting: background(), configuration: configuration)
    try await check(FittedDetector(detector: plain), "neighbours")
    // Parts of events, many of them and few.
    let weighted = try NearestNeighbours(
      fitting: background { $0 % 4 == 0 ? 3 : 0.4 }, configuration: configuration)
    try await check(FittedDetector(detector: weighted), "neighbours-weighted")
  }

  /// The score of a row of the background is its distance to itself and to four others.
  @Test func coincidentPointsAreNear() async throws {
    let detector = try NearestNeighbours(fitting: background(), configuration: .init(neighbours: 1))
    #expect(try detector.scores(background().features).allSatisfy { $0 == 0 })
  }

  @Test(
    .enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"),
    arguments: ["auto-encoder", "variational", "evidence", "deep-svdd", "deep-svdd-soft"])
  func deepDetectors(name: String) async throws {
    try await check(FittedDetector(detector: deep(name)), name)
  }

  private func deep(_ name: String) throws -> any AnomalyDetector {
    switch name {
    case "auto-encoder":
      let network = try #require(SampleNetworks.networks["auto-encoder"])
      return try AutoEncoder(configuration: .init(), network: network, geometry: NoGeometry())
    case "variational", "evidence":
      let network = try #require(SampleNetworks.networks["variational"])
      var configuration = VariationalAutoEncoder.Configuration()
      (configuration.network.latent, configuration.beta) = (3, 0.7)
      if name == "evidence" { configuration.score = .evidence }
      return try VariationalAutoEncoder(configuration: configuration, network: network, geometry: NoGeometry())
    default:
      let architecture = NetworkArchitecture(inputs: 4) {
        LayerDescription.linear(units: 6, initializer: .lecunNormal)
        LayerDescription.activation(.leakyRelu(slope: 0.01))
        LayerDescription.linear(units: 3, initializer: .lecunNormal)
      }
      let network = SampleNetworks.network(
        "sphere", .values(names: ["z1", "z2", "z3"], means: [0, 0, 0], widths: [1, 1, 1]), architecture)
      return try DeepSVDD(
        configuration: .init(), network: network,
        geometry: .init(centre: [0.1, -0.4, 0.25], radius: name == "deep-svdd-soft" ? 0.8 : 0))
    }
  }

  /// The folder of a detector is a model as any other, whatever its method.
  @Test func foldersAreRead() async throws {
    let rotation = try rotation(), rows = try rows()
    let forest = try IsolationForest(
      fitting: rotation.rotated(background()), configuration: .init(trees: 3, subsample: 16))
    let all: [FittedDetector] = [
      FittedDetector(rotation: rotation, detector: forest),
      FittedDetector(detector: try HistogramScore(fitting: background())),
      FittedDetector(detector: try NearestNeighbours(fitting: background())),
    ]
    for fitted in all {
      try await withTemporaryFolder { folder in
        try fitted.save(to: folder)
        let model = try ModelFile(at: folder)
        #expect(model.featureNames == Self.names)
        #expect(model.outputNames == ["anomaly"])
        #expect(try await model.predictions(rows) == fitted.scores(rows))
        #expect(try model.onnx().data() == ONNXModel(fitted).data())
      }
    }
  }

  @Test func whatCannotBeIsAnError() async throws {
    let fitted = FittedDetector(detector: try HistogramScore(fitting: background()))
    let error = #expect(throws: ONNXError.self) { try ONNXModel(fitted, output: .logits) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("has no logits"))
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("detector.json")
      try Data(#"{"method": "one-class-svm", "schema": 1}"#.utf8).write(to: file)
      let unknown = #expect(throws: AnomalyError.self) { try ModelFile(at: folder) }
      #expect("\(unknown.map { "\($0)" } ?? "")".contains("no method is called 'one-class-svm'"))
      try Data("{}".utf8).write(to: file)
      #expect(throws: AnomalyError.self) { try ModelFile(at: folder) }
      try fitted.save(to: folder)
      try Data("[]".utf8).write(to: folder.appendingPathComponent("rotation.json"))
      let damaged = #expect(throws: AnomalyError.self) { try ModelFile(at: folder) }
      #expect("\(damaged.map { "\($0)" } ?? "")".contains("it is no rotation"))
    }
  }
}
