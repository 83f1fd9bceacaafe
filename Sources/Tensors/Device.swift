internal import CTorch
import Foundation
import Records

/// Where tensors live.
public enum Device: Hashable, Sendable, Codable, CustomStringConvertible {
  case cpu
  case cuda(Int)

  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    }
  }

  /// `cpu`, `cuda` (the first) or `cuda:1`; nil for any other word.
  public init?(word: String) {
    switch word {
    case "cpu": self = .cpu
    case "cuda": self = .cuda(0)
    default:
      guard word.hasPrefix("cuda:"), let index = Int(word.dropFirst(5)), index >= 0 else { return nil }
      self = .cuda(index)
    }
  }

  var index: Int32 {
    switch self {
    case .cpu: CTORCH_CPU
    case .cuda(let index): Int32(index)
    }
  }

  init(index: Int32) { self = index < 0 ? .cpu : .cuda(Int(index)) }
}

extension TorchRuntime {
  /// Where networks are trained and answer in this process, as the size of its team of threads is one for all.
  @TorchActor public private(set) static var device = Device.cpu

  /// The device of the environment variable `SEARCHLIGHT_DEVICE`; nil where it is not set.
  /// - Throws: ``TensorError/unknownDevice(word:)``.
  public static func deviceOfEnvironment() throws -> Device? {
    guard let word = ProcessInfo.processInfo.environment["SEARCHLIGHT_DEVICE"], !word.isEmpty else { return nil }
    guard let device = Device(word: word) else { throw TensorError.unknownDevice(word: word) }
    return device
  }

  /// Trains and answers on `device` from now on. A CUDA device has to be chosen before LibTorch does anything else.
  /// - Throws: ``TensorError/noDevice(device:found:reason:)``, with what would bring it.
  public static func use(_ device: Device) async throws {
    try await TorchActor.run {
      if case .cuda(let index) = device {
        let api = try table()
        let count = Int(api.pointee.cuda_device_count())
        let found = [.cpu] + (0..<count).map(Device.cuda)
        guard index < count else {
          throw TensorError.noDevice(
            device: device, found: found, reason: count > 0 ? "" : String(cString: api.pointee.cuda_state()))
        }
        guard api.pointee.using_device(device.index) == CTORCH_OK else {
          throw TensorError.noDevice(
            device: device, found: found, reason: String(cString: api.pointee.last_error()))
        }
      }
      self.device = device
    }
  }

  /// What shapes the bytes of trained weights and scores beside the program: LibTorch's version and the class of the
  /// processor, or the model of the device.
  /// - Parameter answering: whether ``FusedDenseNetwork/outputs(_:)`` takes part. Where it multiplies by matrix tiles its
  ///   bytes are others, and the class says so: `x86-64 avx512f amx_bf16`.
  public static func libraries(answering: Bool = false) async throws -> [String: String] {
    try await TorchActor.run {
      let version = String(cString: try table().pointee.version())
      switch device {
      case .cpu: return ["cpu": currentCPUClass() + (answering && hasTiles ? " amx_bf16" : ""), "libtorch": version]
      case .cuda(let index): return ["device": try cudaName(index), "libtorch": version]
      }
    }
  }

  /// Whether the room multiplies by matrix tiles, on the conditions of its `TiledNetwork::isSupported`.
  private static let hasTiles =
    ProcessInfo.processInfo.environment["SEARCHLIGHT_TILES"] != "off"
    && currentCPUFeatures().isSuperset(of: ["amx_tile", "amx_bf16", "avx512_bf16", "avx512bw", "avx512dq", "avx512vl"])

  /// The model and architecture of a CUDA device: `NVIDIA H100 80GB HBM3 sm_90`.
  @TorchActor
  static func cudaName(_ index: Int) throws -> String {
    let api = try table()
    var buffer = [CChar](repeating: 0, count: 512)
    try check(api.pointee.cuda_name(Int32(index), &buffer, Int64(buffer.count)), api, "device name", [])
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Files of another LibTorch that `LIBTORCH` names, to be loaded before the room, which then finds them in place of
  /// those it was built with.
  static var preloaded: [String] {
    guard let folder = ProcessInfo.processInfo.environment["LIBTORCH"], !folder.isEmpty else { return [] }
    return ["libc10.so", "libtorch_cpu.so"].map { "\(folder)/lib/\($0)" }
  }
}
