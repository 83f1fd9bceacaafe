import Foundation
import Records
import Testing

@testable import Tensors

/// Networks that only answer, which a processor with matrix tiles does otherwise than one that trains.
@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"), .serialized)
struct InferenceTests {
  private static let activations: [FusedActivation] = [
    .selu, .relu, .sigmoid, .tanh, .silu, .leakyRelu(slope: 0.1), .elu(alpha: 0.7), .identity,
  ]

  private static func numbers(_ name: String, _ count: Int, scale: Double = 1) -> [Float] {
    var random = SeedTree(root: 31).child(name).stream()
    return (0..<count).map { _ in Float(random.normal() * scale) }
  }

  @TorchActor
  private static func zeros(_ shape: [Int]) throws -> Tensor {
    try Tensor([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
  }

  @TorchActor
  private static func layers(_ widths: [Int], _ activation: FusedActivation, trains: Bool) throws
    -> [FusedDenseNetwork.Layer]
  {
    try zip(widths, widths.dropFirst()).enumerated().map { index, width in
      let shape = [width.1, width.0]
      let scale = 1 / Double(width.0).squareRoot()
      let weight = try Tensor(Self.numbers("w\(index)", width.0 * width.1, scale: scale), shape: shape)
      let bias = try Tensor(Self.numbers("b\(index)", width.1, scale: 0.1), shape: [width.1])
      var layer = FusedDenseNetwork.Layer(
        weight: weight, bias: bias, weightMoments: trains ? try (zeros(shape), zeros(shape)) : nil,
        biasMoments: trains ? try (zeros([width.1]), zeros([width.1])) : nil)
      layer.activation = index + 2 < widths.count ? activation : .identity
      return layer
    }
  }

  /// The network that trains multiplies in float32.
  @Test(arguments: activations, [[58, 160, 160, 1], [1, 5, 3], [33, 31, 64, 7], [32, 96, 2]])
  func answersAreThoseOfTheTrainingNetwork(activation: FusedActivation, widths: [Int]) async throws {
    try await TorchActor.run {
      let answering = try FusedDenseNetwork(layers: Self.layers(widths, activation, trains: false), largestBatch: 64)
      let training = try FusedDenseNetwork(layers: Self.layers(widths, activation, trains: true), largestBatch: 64)
      for rows in [1, 31, 128, 129, 300] {
        let x = Self.numbers("x", rows * widths[0])
        let found = try answering.outputs(x), expected = try training.outputs(x)
        #expect(found.count == rows * (widths.last ?? 0))
        // Outputs are of order one; float32 sums of 160 terms are good to about 1e-6.
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 5e-6 }, "\(rows) rows")
      }
      #expect(try answering.outputs([]) == [])
    }
  }

  /// Neither the rows beside it nor the number of threads change a row's bits.
  @Test func aRowStandsForItself() async throws {
    try await TorchActor.run {
      let before = try TorchRuntime.threadCount()
      defer { try? TorchRuntime.setThreads(before) }
      let network = try FusedDenseNetwork(layers: Self.layers([58, 96, 3], .selu, trains: false), largestBatch: 1024)
      let x = Self.numbers("x", 700 * 58)
      let all = try network.outputs(x)
      try TorchRuntime.setThreads(1)
      #expect(try network.outputs(x) == all)
      for row in [0, 127, 128, 699] {
        #expect(try network.outputs(Array(x[row * 58..<row * 58 + 58])) == Array(all[row * 3..<row * 3 + 3]), "\(row)")
      }
    }
  }

  /// A processor's class names the tiles exactly where they make other bytes than LibTorch's products.
  @Test func theClassTellsTilesApart() async throws {
    let libraries = try await TorchRuntime.libraries(answering: true), plain = try await TorchRuntime.libraries()
    let isNamed = try #require(libraries["cpu"]).hasSuffix(" amx_bf16")
    #expect(plain["cpu"] == currentCPUClass())
    let isOther = try await TorchActor.run {
      let x = Self.numbers("x", 300 * 58)
      return try FusedDenseNetwork(layers: Self.layers([58, 160, 3], .selu, trains: false), largestBatch: 64).outputs(x)
        != FusedDenseNetwork(layers: Self.layers([58, 160, 3], .selu, trains: true), largestBatch: 64).outputs(x)
    }
    #expect(isNamed == isOther)
  }

  /// Sums of values between 1e-30 and 1e30 keep float32's digits.
  @Test func largeAndSmallValuesKeepTheirDigits() async throws {
    try await TorchActor.run {
      for scale: Float in [1e-30, 1e-10, 1, 1e10, 1e30] {
        let weight = try Tensor([0.1, 0.2, 0.3] as [Float], shape: [1, 3])
        let network = try FusedDenseNetwork(
          layers: [FusedDenseNetwork.Layer(weight: weight, bias: nil)], largestBatch: 4)
        let x: [Float] = [1 / 3 * scale, 2 / 7 * scale, -5 / 11 * scale]
        let exact = zip(x, [0.1, 0.2, 0.3] as [Float]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let found = Double(try network.outputs(x)[0])
        #expect(abs(found - exact) < 2e-7 * 0.3 * Double(scale), "\(scale)")
      }
    }
  }
}
