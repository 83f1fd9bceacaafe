import ByteIO
import Foundation
import Records

/// The results of steps, each under the digest of all that went into it.
///
/// A result is a folder `<kind>/<digest>/` that appears by one rename, with `step.json`: what it is and the digests of its
/// files. A step that is asked for again with the same inputs is found; a killed one leaves nothing but a `.partial` folder.
public struct StepStore: Sendable {
  public let root: URL
  /// What was found or made since this value was made.
  let used = UseLog()

  public init(root: URL) { self.root = root }

  /// What a step's result depends on. Its canonical JSON gives the digest.
  public struct Key: Hashable, Codable, Sendable {
    /// What is done: `train`.
    public var kind: String
    /// The step's own version: raised when its code changes results.
    public var version: Int
    /// Configuration values by name, as canonical JSON texts.
    public var configuration: [String: String]
    /// Digests of inputs by name.
    public var inputs: [String: Digest]
    /// Versions of libraries that shape the bytes.
    public var libraries: [String: String]

    public init(
      kind: String, version: Int, configuration: [String: String] = [:], inputs: [String: Digest] = [:],
      libraries: [String: String] = [:]
    ) {
      self.kind = kind
      self.version = version
      self.configuration = configuration
      self.inputs = inputs
      self.libraries = libraries
    }

    public func digest() throws -> Digest { Digest.of(try JSONEncoder.canonical.encode(self)) }
  }

  /// A value for ``Key/configuration``: canonical JSON in one line.
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The description beside a result's files.
  struct Manifest: Hashable, Codable, Sendable {
    var schema = 1
    var key: Key
    var files: [String: Digest]
  }

  /// A stored result: its folder and the digest of its content.
  public struct Result: Hashable, Sendable {
    public let folder: URL
    /// The digest of the manifest: what later steps take as their input.
    public let digest: Digest
    /// Whether it was found rather than made.
    public let reused: Bool

    public func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
  }

  /// The folder in which a step that can itself be resumed keeps its state between attempts.
  public func scratch(for key: Key) throws -> URL {
    let folder = root.appendingPathComponent("scratch/\(key.kind)-\(try key.digest().short)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// The result of `key`, made by `produce` (which writes into the folder it is given) unless it is there.
  public func result(for key: Key, produce: (URL) throws -> Void) throws -> Result {
    if let found = try find(key) { return found }
    let partial = try begin(key)
    do {
      try produce(partial)
      return try commit(key, partial)
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw error
    }
  }

  /// The same for asynchronous work.
  public func result(for key: Key, produce: (URL) async throws -> Void) async throws -> Result {
    if let found = try find(key) { return found }
    let partial = try begin(key)
    do {
      try await produce(partial)
      return try commit(key, partial)
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw error
    }
  }

  /// The stored result of a key; `nil` if there is none or if its manifest cannot be read.
  public func find(_ key: Key) throws -> Result? {
    let folder = try self.folder(of: key)
    let manifestURL = folder.appendingPathComponent("step.json")
    guard let data = try? Data(contentsOf: manifestURL),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data), manifest.key == key
    else { return nil }
    let digest = Digest.of(data)
    used.add(digest)
    return Result(folder: folder, digest: digest, reused: true)
  }

  private func folder(of key: Key) throws -> URL {
    root.appendingPathComponent(key.kind).appendingPathComponent(try key.digest().hex)
  }

  private func begin(_ key: Key) throws -> URL {
    let partial = root.appendingPathComponent(key.kind).appendingPathComponent("\(try key.digest().hex).partial")
    try? FileManager.default.removeItem(at: partial)
    do {
      try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: true)
    } catch {
      throw FileError(.cannotWrite(error.localizedDescription), path: partial.path)
    }
    return partial
  }

  private func commit(_ key: Key, _ partial: URL) throws -> Result {
    var files = [String: Digest]()
    for name in try FileManager.default.subpathsOfDirectory(atPath: partial.path) {
      let url = partial.appendingPathComponent(name)
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue {
        files[name] = try Digest.of(fileAt: url)
      }
    }
    let data = try JSONEncoder.canonical.encode(Manifest(key: key, files: files))
    try AtomicFile.write(data, to: partial.appendingPathComponent("step.json"))
    let folder = try self.folder(of: key)
    // A folder whose manifest could not be read is a broken result.
    try? FileManager.default.removeItem(at: folder)
    guard rename(partial.path, folder.path) == 0 else {
      throw FileError(.cannotWrite(writeFailure(errno)), path: folder.path)
    }
    let digest = Digest.of(data)
    used.add(digest)
    return Result(folder: folder, digest: digest, reused: false)
  }
}

extension StepStore {
  /// One stored result, for listings.
  public struct Entry: Hashable, Codable, Sendable {
    public var kind: String
    public var digest: String
    public var configuration: [String: String]
    public var bytes: Int
    public var files: Int
    /// Files that are missing or whose digest differs; only filled by ``check()``, but for an unreadable `step.json`.
    public var damaged: [String]
    /// Whether the last finished run of a card or sample used it; `nil` where none has left its list.
    public var isUsed: Bool?
  }

  /// All results, by kind and digest.
  public func list() throws -> [Entry] { try entries(checking: false) }

  /// All results, each file read and compared with its digest.
  public func check() throws -> [Entry] { try entries(checking: true) }

  /// What ``prune()`` did.
  public struct Pruning: Hashable, Codable, Sendable {
    public var removed: Int
    public var kept: Int
    /// Leftovers of stopped steps included.
    public var freedBytes: Int
  }

  /// Removes leftovers of stopped steps, damaged results, and the results that no finished run used last; where no run has
  /// left its list, all that are whole are kept.
  public func prune() throws -> Pruning {
    let all = try manifests()
    let whole = all.filter { folder, manifest, _ in manifest.map { damagedFiles(of: $0, in: folder).isEmpty } ?? false }
    let kept = Set(whole.compactMap(\.digest))
    let freed = try prune(keeping: try usedResults().map(kept.intersection) ?? kept)
    let left = try manifests().count
    return Pruning(removed: all.count - left, kept: left, freedBytes: freed)
  }

  /// Removes every result that is not among `kept`, and all leftovers; returns the number of bytes freed.
  public func prune(keeping kept: Set<Digest>) throws -> Int {
    var freed = 0
    for (folder, manifest, digest) in try manifests() where manifest == nil || digest.map(kept.contains) != true {
      freed += size(of: folder)
      try FileManager.default.removeItem(at: folder)
    }
    let scratch = root.appendingPathComponent("scratch")
    if FileManager.default.fileExists(atPath: scratch.path) {
      freed += size(of: scratch)
      try FileManager.default.removeItem(at: scratch)
    }
    return freed
  }

  private func entries(checking: Bool) throws -> [Entry] {
    let used = try usedResults()
    return try manifests().map { folder, manifest, digest in
      guard let manifest, let digest else {
        return Entry(
          kind: folder.deletingLastPathComponent().lastPathComponent, digest: folder.lastPathComponent,
          configuration: [:], bytes: size(of: folder), files: 0, damaged: ["step.json"],
          isUsed: used.map { _ in false })
      }
      let damaged = checking ? damagedFiles(of: manifest, in: folder) : []
      return Entry(
        kind: manifest.key.kind, digest: folder.lastPathComponent, configuration: manifest.key.configuration,
        bytes: size(of: folder), files: manifest.files.count, damaged: damaged,
        isUsed: used.map { $0.contains(digest) })
    }
  }

  private func damagedFiles(of manifest: Manifest, in folder: URL) -> [String] {
    manifest.files.filter { (try? Digest.of(fileAt: folder.appendingPathComponent($0.key))) != $0.value }.keys.sorted()
  }

  private func manifests() throws -> [(folder: URL, manifest: Manifest?, digest: Digest?)] {
    let manager = FileManager.default
    guard manager.fileExists(atPath: root.path) else { return [] }
    var found = [(folder: URL, manifest: Manifest?, digest: Digest?)]()
    for kind in try manager.contentsOfDirectory(atPath: root.path).sorted()
    where !["scratch", "used"].contains(kind) && !kind.hasPrefix(".") {
      let kindFolder = root.appendingPathComponent(kind)
      for name in (try? manager.contentsOfDirectory(atPath: kindFolder.path).sorted()) ?? [] {
        let folder = kindFolder.appendingPathComponent(name)
        let data = try? Data(contentsOf: folder.appendingPathComponent("step.json"))
        found.append(
          (folder, data.flatMap { try? JSONDecoder().decode(Manifest.self, from: $0) }, data.map { Digest.of($0) }))
      }
    }
    return found
  }

  private func size(of folder: URL) -> Int {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
    return names.reduce(0) { total, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(name).path)
      return total + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
    }
  }
}

/// A lock on a folder, held for the life of the process: two runs of one card do not mix.
public final class RunLock: Sendable {
  private let lock: FileLock

  /// - Throws: ``RunLockError`` if another process holds it.
  public init(folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    guard let lock = try FileLock(folder.appendingPathComponent(".lock")) else {
      throw RunLockError(folder: folder.path)
    }
    self.lock = lock
  }
}

public struct RunLockError: Error, Hashable, Sendable, CustomStringConvertible {
  public var folder: String
  public var description: String {
    "\(folder): another run is at work there; wait for it, or choose another folder (--output, of generate --store)"
  }
}
