import ArgumentParser
import Tensors

extension Device: ExpressibleByArgument {
  public init?(argument: String) { self.init(word: argument) }
}

/// Where networks are trained and answer.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: "Where networks are trained and answer: cpu, cuda or cuda:N. Where not given: SEARCHLIGHT_DEVICE, else cpu.")
  var device: Device?

  /// Before anything else is asked of LibTorch.
  func choose() async throws {
    guard let device = try device ?? TorchRuntime.deviceOfEnvironment(), device != .cpu else { return }
    try await TorchRuntime.use(device)
  }
}
