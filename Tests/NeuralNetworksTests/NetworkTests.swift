import Records
import Tensors
import Testing

@testable import NeuralNetworks

@Suite struct DropoutRuleTests {
  /// The constants of alpha dropout, computed from the formula (Klambauer et al., arXiv:1706.02515).
  @Test(arguments: [
    (0.05, 0.9548444760, 0.0839355722), (0.1, 0.9212845161, 0.1619709701), (0.2, 0.8789035834, 0.3090399621),
  ])
  func alphaConstants(rate: Double, scale: Double, shift: Double) {
    let rule = DropoutRule.alpha(rate: rate)
    // Rates are multiples of 1/65536.
    #expect(abs(rule.scale - scale) < 2e-5)
    #expect(abs(rule.shift - shift) < 2e-5)
    #expect(abs(rule.dropped + 1.7580993408473766) < 1e-12)
  }
}

@Suite struct InitializerTests {
  @Test func varianceIsOneOverFanIn() {
    var random = SeedTree(root: 1).stream()
    let values = Initializer.lecunNormal.values(shape: [400, 100], random: &random).map(Double.init)
    let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    // The variance of a truncated normal's square is below 2σ⁴.
    #expect(abs(variance - 0.01) < 5 * 0.01 * (2 / Double(values.count)).squareRoot())
    #expect(values.allSatisfy { abs($0) <= 2 * 0.1 / Initializer.truncatedWidth + 1e-6 })
  }
}

@Suite struct ArchitectureTests {
  @Test func theTableOfTheStudysNetwork() throws {
    let network = NetworkArchitecture.dense(inputs: 58, hidden: [352, 352, 352], dropping: .alpha(rate: 0.1))
    #expect(network.parameterCount == 58 * 352 + 352 + 2 * (352 * 352 + 352) + 353)
    #expect(network.summary().contains("Total params: 269,633"))
    #expect(throws: NetworkError.self) { try NetworkArchitecture(inputs: 0, layers: []).validated() }
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct GradientTests {
  /// The gradient of a small network's loss against central differences, in double precision where LibTorch has it.
  @Test func gradientsAgreeWithDifferences() async throws {
    try await TorchActor.run {
      let network = try Sequential(
        .dense(inputs: 3, hidden: [5], activation: .selu), .initialized(SeedTree(root: 2)))
      let x = try Tensor([0.1, -0.4, 0.7, 1.2, 0.3, -0.9] as [Float], shape: [2, 3])
      let y = try Tensor([1, 0] as [Float], shape: [2])
      @TorchActor func loss() throws -> Tensor {
        try network(x, mode: .inference).reshaped([2]).binaryCrossEntropy(targets: y)
      }
      try loss().backward()
      for parameter in network.parameters {
        let gradient = try parameter.tensor.gradient().floats()
        var values = try parameter.tensor.floats()
        let shape = parameter.tensor.shape
        for index in values.indices {
          let (old, step) = (values[index], Float(1e-2))
          var results: [Double] = []
          for sign: Float in [1, -1] {
            values[index] = old + sign * step
            results.append(
              try Tensor.withoutGradients {
                try parameter.tensor.assign(Tensor(values, shape: shape))
                return try loss().item()
              })
          }
          values[index] = old
          try Tensor.withoutGradients { try parameter.tensor.assign(Tensor(values, shape: shape)) }
          // Differences of float32 losses at step 1e-2: rounding 1e-5, curvature 1e-4.
          #expect(abs((results[0] - results[1]) / 0.02 - Double(gradient[index])) < 1e-3)
        }
      }
    }
  }
}

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct AlphaDropoutTests {
  /// Alpha dropout keeps mean 0 and variance 1 of unit Gaussians (Klambauer et al., section 2).
  @Test(arguments: [0.05, 0.1, 0.5]) func keepsMeanAndVariance(rate: Double) async throws {
    var random = SeedTree(root: 4).stream()
    let count = 64_000
    let input = (0..<count).map { _ in Float(random.normal()) }
    let out = try await TorchActor.run {
      try AlphaDropout(rate: rate, name: "0")(
        Tensor(input, shape: [500, 128]), mode: .training(masks: SeedTree(root: 5), step: 3)
      ).floats().map(Double.init)
    }
    let mean = out.reduce(0, +) / Double(count)
    let variance = out.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect(abs(mean) < 5 / Double(count).squareRoot())
    // The variance of the square is at most 4 here.
    #expect(abs(variance - 1) < 5 * (4 / Double(count)).squareRoot())
  }

  /// The room's bits are Philox words in the order that the header states.
  @Test func masksArePhiloxWords() async throws {
    let key: UInt64 = 0x0123_4567_89ab_cdef, step: UInt64 = 11, threshold: UInt32 = 20_000
    let (rows, columns) = (3, 200)
    let mask = try await TorchActor.run {
      try Tensor.keepMask(rows: rows, columns: columns, threshold: threshold, key: key, step: step).floats()
    }
    let words = SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
    for row in 0..<rows {
      for column in 0..<columns {
        // Rows start at a new group of 128 numbers; two groups hold 200 columns.
        let group = row * 2 + column / 128, place = column % 128
        let lane = (place % 32) / 2, word = place / 32
        let block = Philox.block(
          counter: SIMD4(UInt32(group * 16 + lane), 0, UInt32(step), 0), key: words)
        let bits = place % 2 == 0 ? block[word] & 0xffff : block[word] >> 16
        #expect(mask[row * columns + column] == (bits >= threshold ? 1 : 0))
      }
    }
  }
}
