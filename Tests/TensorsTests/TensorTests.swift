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

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct DeviceTests {
  @Test(arguments: [
    ("cpu", Device.cpu), ("cuda", .cuda(0)), ("cuda:0", .cuda(0)), ("cuda:3", .cuda(3)), ("cuda:", nil),
    ("cuda:-1", nil), ("cuda:x", nil), ("CUDA", nil), ("gpu", nil), ("", nil),
  ])
  func words(word: String, device: Device?) {
    #expect(Device(word: word) == device)
    if let device { #expect(Device(word: device.description) == device) }
  }

  /// The last index that can be: no machine has it.
  @Test func aDeviceThatIsNotThereIsNamed() async throws {
    let found = try await TorchRuntime.description()
    #expect(found.devices.count == found.models.count + 1)
    #expect(found.models.isEmpty == !found.withoutCUDA.isEmpty)
    await #expect {
      try await TorchRuntime.use(.cuda(127))
    } throws: { error in
      guard case TensorError.noDevice(.cuda(127), let devices, let reason) = error else { return false }
      return devices == found.devices && reason == found.withoutCUDA && "\(error)".contains("LIBTORCH=")
    }
    #expect(await TorchActor.run { TorchRuntime.device } == .cpu)
  }
}
