internal import CTorch
import Foundation
import Records

/// LibTorch as a whole: whether it is there, its version, devices and threads.
public enum TorchRuntime {
  private static let loader = RoomLoader(
    room: "CTorch",
    remedy: "run dependencies/setup torch, or ./searchlight train CARD, which does", preloading: preloaded)

  /// Whether the room's library is installed; loading it may still fail and says why.
  public static var isAvailable: Bool { loader.isInstalled }

  /// What `searchlight doctor` shows.
  public struct Description: Hashable, Sendable {
    /// LibTorch's version: `2.11.0`.
    public var version: String
    /// The CPU first, then each CUDA device.
    public var devices: [Device]
    /// The models of the CUDA devices: `NVIDIA H100 80GB HBM3 sm_90`.
    public var models: [String]
    /// Why there is no CUDA device; empty where there is one.
    public var withoutCUDA: String
    /// Threads of LibTorch's team.
    public var threads: Int
  }

  /// Loads the room and describes it.
  /// - Throws: ``RecordError/roomUnavailable(room:tried:reason:remedy:)``.
  public static func description() async throws -> Description {
    try await TorchActor.run {
      let api = try table().pointee
      let cuda = Int(api.cuda_device_count())
      return Description(
        version: String(cString: api.version()), devices: [.cpu] + (0..<cuda).map(Device.cuda),
        models: try (0..<cuda).map(cudaName), withoutCUDA: cuda > 0 ? "" : String(cString: api.cuda_state()),
        threads: Int(api.threads()))
    }
  }

  /// The size of LibTorch's team of threads.
  @TorchActor
  public static func threadCount() throws -> Int { Int(try table().pointee.threads()) }

  /// Sets the size of LibTorch's team of threads. Results do not depend on it.
  @TorchActor
  public static func setThreads(_ count: Int) throws {
    precondition(count > 0, "need at least one thread, got \(count)")
    let api = try table()
    try check(api.pointee.set_threads(Int32(count)), api, "set threads", [])
  }

  /// How many tensors of this process are alive; for tests of ownership.
  @TorchActor
  public static func liveTensorCount() throws -> Int { Int(try table().pointee.live_tensors()) }

  @TorchActor private static var loaded: UnsafePointer<CTorchTable>?

  /// The room's functions, loaded at the first call.
  @TorchActor
  static func table() throws -> UnsafePointer<CTorchTable> {
    if let loaded { return loaded }
    // LibTorch's workers spin while they wait. On a machine that does other work too, the spinning takes the cores from
    // the threads that are waited for: 3 400 to 24 000 rows a second instead of 84 000. About ten microseconds are
    // enough to bridge two matrix products. Must stand before libgomp is loaded; a setting of the user's own stays.
    setenv("GOMP_SPINCOUNT", "200", 0)
    let raw = try loader.load(abi: UInt32(CTORCH_ABI), size: MemoryLayout<CTorchTable>.size)
    let table = raw.assumingMemoryBound(to: CTorchTable.self)
    loaded = table
    return table
  }

  @TorchActor
  static func check(
    _ status: CTorchStatus, _ api: UnsafePointer<CTorchTable>, _ operation: String, _ shapes: [[Int]]
  ) throws {
    guard status != CTORCH_OK else { return }
    let reason = String(cString: api.pointee.last_error())
    throw status == CTORCH_OUT_OF_MEMORY
      ? TensorError.outOfMemory(operation: operation, shapes: shapes, reason: reason)
      : TensorError.failed(operation: operation, shapes: shapes, reason: reason)
  }
}
