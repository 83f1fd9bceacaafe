import Foundation
import Learning
import NeuralNetworks
import Records
import Tensors
import Testing

@testable import AnomalyDetection

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DeepReferenceTests {
  @Test func theSampleIsTheReferences() throws {
    let reference = try DeepReference.read()
    let first = try DeepSample.rows(1, seed: 1), last = try DeepSample.rows(1000, seed: 4, isSignal: true)
    // Logarithms and cosines may differ in the last bit of a double.
    for (found, wanted) in zip(first.values, reference.first) { #expect(abs(found - wanted) < 1e-6) }
    for (found, wanted) in zip(last.values.suffix(DeepSample.columns), reference.last) {
      #expect(abs(found - wanted) < 1e-6)
    }
  }

  /// The means over seeds differ by less than four of their errors, from PyTorch's spread; 0.002 is for its underestimate.
  private func compare(_ name: String, _ fit: (SeedTree) async throws -> some AnomalyDetector) async throws {
    let expected = moments(try #require(try DeepReference.read().aucs[name]))
    var aucs: [Double] = []
    for seed in 0..<3 { aucs.append(try await DeepSample.auc(fit(SeedTree(root: UInt64(seed))))) }
    let mean = aucs.reduce(0, +) / Double(aucs.count)
    let error = expected.deviation * (1.0 / 3 + 1.0 / 8).squareRoot() + 0.002
    #expect(abs(mean - expected.mean) < 4 * error, "\(aucs), PyTorch \(expected)")
  }

  @Test func autoEncodersAreAsGoodAsPyTorchs() async throws {
    try await compare("auto-encoder") {
      try await AutoEncoder.fit(
        DeepSample.background(), validation: DeepSample.validation(), configuration: .small(), seed: $0)
    }
  }

  @Test(arguments: [("one-class", DeepSVDD.Objective.oneClass), ("soft-boundary", .softBoundary(nu: 0.1))])
  func deepSVDDsAreAsGoodAsPyTorchs(name: String, objective: DeepSVDD.Objective) async throws {
    try await compare(name) {
      try await DeepSVDD.fit(
        DeepSample.background(), validation: DeepSample.validation(), configuration: .small(objective), seed: $0)
    }
  }

  @Test func variationalAutoEncodersAreAsGoodAsPyTorchs() async throws {
    try await compare("variational") {
      try await VariationalAutoEncoder.fit(
        DeepSample.background(), validation: DeepSample.validation(), configuration: .small(), seed: $0)
    }
  }
}
