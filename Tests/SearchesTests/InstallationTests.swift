import Foundation
import Records
import Tensors
import Testing

@testable import Searches

@Suite struct InstallationTests {
  @Test func thisMachineIsDescribed() async throws {
    let found = await Installation.examine()
    // The tests are linked to these libraries, so they must be seen.
    #expect(found.isUsable, "\(found.description)")
    for name in ["FastJet", "HDF5", "Cairo", "OpenSSL"] {
      let component = try #require(found.components.first { $0.name == name })
      #expect(FileManager.default.fileExists(atPath: component.location))
    }
    #expect(found.machine.cores >= 1)
    #expect(found.machine.memoryBytes > 1 << 28)
    #expect(found.machine.cpuClass == currentCPUClass())
  }

  /// LibTorch is loaded, and what it says of itself is shown.
  @Test(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
  func libTorchIsAsked() async throws {
    let found = try #require(await Installation.examine().components.first { $0.name == "LibTorch" })
    let torch = try await TorchRuntime.description()
    #expect(found.state == .present)
    #expect(found.version.hasPrefix("\(torch.version) (cpu") && found.version.contains("\(torch.threads) threads"))
  }

  @Test func onlyWhatEveryCommandNeedsDecides() async {
    var found = await Installation.examine()
    found.components = [
      .init("HDF5", .everything, .present, version: "1.10"),
      .init("LibTorch", .training, .missing, remedy: "dependencies/setup torch"),
    ]
    #expect(found.isUsable)
    #expect(found.description.contains("-- LibTorch  missing\n      dependencies/setup torch"))
    found.components[0].state = .missing
    #expect(!found.isUsable)
  }

  @Test func jsonHoldsTheWhole() async throws {
    let found = await Installation.examine()
    #expect(try JSONDecoder().decode(Installation.self, from: JSONEncoder.canonical.encode(found)) == found)
  }

  @Test func cacheSizeIsTheSumOfItsFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cache-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(Installation.Cache.examined(folder.path).bytes == 0)
    #expect(Installation.Cache.examined(folder.path).freeBytes > 0)
    let inner = folder.appendingPathComponent("lib")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    try Data(count: 1000).write(to: folder.appendingPathComponent("a"))
    try Data(count: 234).write(to: inner.appendingPathComponent("b"))
    #expect(Installation.Cache.examined(folder.path).bytes == 1234)
  }
}
