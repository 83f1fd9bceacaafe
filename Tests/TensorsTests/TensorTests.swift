import Testing

@testable import Tensors

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct TensorTests {
  @Test func arithmeticShapesAndErrors() async throws {
    try await TorchActor.run {
      let a = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
      let b = try Tensor([1, 0, 0, 1] as [Float], shape: [2, 2])
      #expect(try a.matmul(b).floats() == [1, 2, 3, 4])
      #expect(try (a + b).floats() == [2, 2, 3, 5])
      #expect(try a.sum().item() == 10)
      #expect(throws: TensorError.self) { try a.matmul(Tensor([1, 2, 3] as [Float], shape: [3, 1])) }
    }
  }

  @Test func tensorsAreReleased() async throws {
    let before = try await TorchActor.run { try TorchRuntime.liveTensorCount() }
    try await TorchActor.run {
      for _ in 0..<100 { _ = try Tensor.zeros(shape: [10]).selu() }
    }
    // Other suites may hold tensors of their own meanwhile, but not hundreds.
    let after = try await TorchActor.run { try TorchRuntime.liveTensorCount() }
    #expect(after - before < 100)
  }
}
