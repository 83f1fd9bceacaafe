import Foundation

/// Loads a heavy room (a dynamic library with a C header) at first use and finds its table of functions.
///
/// The library exports one function `<Name>_table` that returns a pointer to a C structure whose first two fields are
/// `uint32_t abi` and `uint32_t size` (in bytes); both must match the header that the program was compiled with.
public struct RoomLoader: Sendable {
  /// The room's module name: `CTorch`.
  public let room: String
  /// What brings the library, for the error: `./searchlight train … sets it up`.
  public let remedy: String
  /// Libraries that are loaded first, in this order: the room's own links are then met by them.
  public let preloading: [String]

  public init(room: String, remedy: String, preloading: [String] = []) {
    self.room = room
    self.remedy = remedy
    self.preloading = preloading
  }

  /// Where the library is looked for, in order: `SEARCHLIGHT_ROOMS`, beside the executable, the cache.
  public var candidates: [String] {
    let file = "lib\(room).so"
    let environment = ProcessInfo.processInfo.environment
    var folders = [String]()
    if let rooms = environment["SEARCHLIGHT_ROOMS"], !rooms.isEmpty { folders.append(rooms) }
    if let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      folders.append((executable as NSString).deletingLastPathComponent)
    }
    folders.append(RoomLoader.cacheFolder + "/rooms")
    return folders.map { "\($0)/\(file)" }
  }

  /// `SEARCHLIGHT_CACHE`, else `searchlight` in the user's cache folder.
  public static var cacheFolder: String {
    let environment = ProcessInfo.processInfo.environment
    if let cache = environment["SEARCHLIGHT_CACHE"], !cache.isEmpty { return cache }
    if let base = environment["XDG_CACHE_HOME"], !base.isEmpty { return base + "/searchlight" }
    return (environment["HOME"] ?? "/tmp") + "/.cache/searchlight"
  }

  /// Whether the library's file is there (it may still fail to load).
  public var isInstalled: Bool { candidates.contains { FileManager.default.fileExists(atPath: $0) } }

  /// Loads the library, for the life of the process, and returns its table.
  ///
  /// Deep binding keeps the symbols that LibTorch exports (MKL's BLAS and LAPACK among them) apart from libraries of the
  /// same names in this process. Under a sanitizer it is left out, because sanitizers abort on it.
  /// - Throws: ``RecordError/roomUnavailable(room:tried:reason:remedy:)``.
  public func load(abi: UInt32, size: Int) throws -> UnsafeRawPointer {
    let tried = candidates
    guard let path = tried.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw unavailable(tried, "no such file")
    }
    let deepBind: Int32 = dlsym(nil, "__asan_init") == nil && dlsym(nil, "__tsan_init") == nil ? 0x8 : 0
    for library in preloading where dlopen(library, RTLD_NOW | RTLD_LOCAL | deepBind) == nil {
      throw unavailable([library], dlerror().map { String(cString: $0) } ?? "dlopen failed")
    }
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | deepBind) else {
      throw unavailable([path], dlerror().map { String(cString: $0) } ?? "dlopen failed")
    }
    guard let symbol = dlsym(handle, "\(room)_table") else {
      throw unavailable([path], "it has no function \(room)_table")
    }
    typealias TableFunction = @convention(c) () -> UnsafeRawPointer?
    guard let table = unsafeBitCast(symbol, to: TableFunction.self)() else {
      throw unavailable([path], "\(room)_table returned nothing")
    }
    let found = (abi: table.load(as: UInt32.self), size: Int(table.load(fromByteOffset: 4, as: UInt32.self)))
    guard found.abi == abi, found.size == size else {
      throw unavailable(
        [path], "its table is ABI \(found.abi) of \(found.size) bytes, this program needs ABI \(abi) of \(size) bytes")
    }
    return table
  }

  private func unavailable(_ tried: [String], _ reason: String) -> RecordError {
    .roomUnavailable(room: room, tried: tried, reason: reason, remedy: remedy)
  }
}
