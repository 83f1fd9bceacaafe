import EventGeneration
import Foundation
import Records
import Tensors

extension Installation {
  /// Looks at this machine. It starts `swift`, `clang++` and `dpkg-query` where they exist, and loads the rooms that
  /// are installed, because only loading shows whether they work.
  public static func examine() async -> Installation {
    Installation(
      program: searchlightVersion,
      components: linkedLibraries() + tools() + [await torch(), await pythia()],
      machine: .examined(), cache: .examined(RoomLoader.cacheFolder))
  }

  // MARK: Libraries that the program is linked to

  /// The name, and how its file's name starts.
  private static let linked = [
    ("FastJet", "libfastjet.so"), ("HDF5", "libhdf5_serial.so"), ("Cairo", "libcairo.so"), ("LAPACK", "liblapack.so"),
    ("BLAS", "libblas.so"), ("OpenSSL", "libcrypto.so"),
  ]

  /// Looks them up in this process, so that what is shown is what runs. Their versions are those of the Debian packages
  /// that the files belong to.
  private static func linkedLibraries() -> [Component] {
    let maps = kernelText("/proc/self/maps")
    let files = Set(maps.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) })
    return linked.map { name, start in
      // OpenBLAS and others may stand in for the reference BLAS and LAPACK, then under their own folder.
      guard let file = files.sorted().first(where: { ($0 as NSString).lastPathComponent.hasPrefix(start) }) else {
        return Component(name, .everything, .missing, remedy: "dependencies/setup core")
      }
      return Component(name, .everything, .present, version: packageVersion(of: file), location: file)
    }
  }

  /// The version of the Debian package that owns a file, or an empty text.
  private static func packageVersion(of file: String) -> String {
    // Since /lib became a link to /usr/lib, dpkg may know a file under either name.
    let names = file.hasPrefix("/usr/lib") ? [file, String(file.dropFirst(4))] : [file, "/usr" + file]
    for name in names {
      guard let owner = output(of: "dpkg-query", ["-S", name])?.split(separator: " ").first else { continue }
      let package = owner.hasSuffix(":") ? String(owner.dropLast()) : String(owner)
      return output(of: "dpkg-query", ["-W", "-f", "${Version}", package]) ?? ""
    }
    return ""
  }

  // MARK: Tools

  private static func tools() -> [Component] {
    [
      tool("Swift", "swift", ["--version"], remedy: "install Swift 6.3 or later from swift.org"),
      tool("C++ compiler", "clang++", ["--version"], remedy: "it comes with the Swift toolchain"),
      tool("make", "make", ["--version"], remedy: "dependencies/setup core"),
      tool("pip", "python3", ["-m", "pip", "--version"], remedy: "dependencies/setup torch"),
    ]
  }

  private static func tool(_ name: String, _ program: String, _ arguments: [String], remedy: String) -> Component {
    guard let text = output(of: program, arguments), let line = text.split(separator: "\n").first else {
      return Component(name, .building, .missing, remedy: remedy)
    }
    return Component(name, .building, .present, version: String(line))
  }

  // MARK: Rooms

  private static func pythia() async -> Component {
    await room("Pythia", "CPythia", .generating, remedy: "dependencies/setup pythia") { try Generator.version() }
  }

  /// With the devices that this LibTorch can use, which may be fewer than the machine has.
  private static func torch() async -> Component {
    await room("LibTorch", "CTorch", .training, remedy: "dependencies/setup torch") {
      let found = try await TorchRuntime.description()
      let devices = zip(found.devices, [""] + found.models).map { $1.isEmpty ? "\($0)" : "\($0) \($1)" }
      let without = found.withoutCUDA.isEmpty ? "" : "; no CUDA: \(found.withoutCUDA)"
      return "\(found.version) (\(devices.joined(separator: ", ")), \(found.threads) threads\(without))"
    }
  }

  private static func room(
    _ name: String, _ room: String, _ purpose: Purpose, remedy: String, version: () async throws -> String
  ) async -> Component {
    let candidates = RoomLoader(room: room, remedy: remedy).candidates
    guard let file = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      return Component(name, purpose, .missing, remedy: remedy)
    }
    do {
      return Component(name, purpose, .present, version: try await version(), location: file)
    } catch {
      return Component(name, purpose, .broken, location: file, remedy: "\(error); make it again: \(remedy)")
    }
  }
}

extension Installation.Machine {
  static func examined() -> Self {
    let cpuinfo = kernelText("/proc/cpuinfo")
    let flags = Set(field("flags", of: cpuinfo).split(separator: " "))
    let known = ["sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"]
    return Self(
      system: systemName(), processor: field("model name", of: cpuinfo), cpuClass: currentCPUClass(),
      instructionSets: known.filter { flags.contains(Substring($0)) },
      cores: ProcessInfo.processInfo.activeProcessorCount, memoryBytes: ProcessInfo.processInfo.physicalMemory,
      accelerators: accelerators())
  }

  /// The value of the first line `key : value`.
  private static func field(_ key: String, of text: String) -> String {
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      if line[..<colon].trimmingCharacters(in: .whitespaces) == key {
        return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      }
    }
    return ""
  }

  private static func systemName() -> String {
    let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
    let pretty = release.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
    return pretty.map { $0.dropFirst(12).trimmingCharacters(in: ["\""]) }
      ?? ProcessInfo.processInfo.operatingSystemVersionString
  }

  /// The NVIDIA driver lists its devices as files; they are there whether or not this LibTorch can use them.
  private static func accelerators() -> [String] {
    let folder = "/proc/driver/nvidia/gpus"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { name in
      let model = field("Model", of: kernelText("\(folder)/\(name)/information"))
      return model.isEmpty ? name : model
    }
  }
}

extension Installation.Cache {
  static func examined(_ folder: String) -> Self {
    let url = URL(fileURLWithPath: folder, isDirectory: true)
    let keys: Set<URLResourceKey> = [.fileSizeKey, .isRegularFileKey]
    var bytes: UInt64 = 0
    if let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: Array(keys)) {
      for case let file as URL in files {
        guard let values = try? file.resourceValues(forKeys: keys), values.isRegularFile == true else { continue }
        bytes += UInt64(values.fileSize ?? 0)
      }
    }
    // The folder may not be there yet: the disk is that of the nearest one that is.
    var existing = url
    while !FileManager.default.fileExists(atPath: existing.path), existing.path != "/" {
      existing.deleteLastPathComponent()
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: existing.path)
    return Self(folder: folder, bytes: bytes, freeBytes: (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value ?? 0)
  }
}

/// A file of the kernel's own, to its end; empty where there is none. (Such files state no size, and reading them as a
/// `String` ends after the first page.)
private func kernelText(_ path: String) -> String {
  guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
  return String(decoding: data, as: UTF8.self)
}

/// What a program of the search path prints on standard output, without surrounding white space; nil where it is not
/// there or fails.
private func output(of program: String, _ arguments: [String]) -> String? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  process.standardInput = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { return nil }
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}
