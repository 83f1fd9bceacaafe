import ByteIO
import Foundation
import Records
import Synchronization

/// The digests of results that went through a store.
final class UseLog: Sendable {
  private let digests = Mutex<Set<Digest>>([])

  func add(_ digest: Digest) { digests.withLock { _ = $0.insert(digest) } }

  var all: [Digest] { digests.withLock { $0.sorted { $0.hex < $1.hex } } }
}

extension StepStore {
  /// Lists what was found or made since this value was made as what `name` uses: its former list is replaced. For the end
  /// of a run that finished, so that pruning knows what the next one will look for.
  /// - Throws: `FileError`.
  public func recordUse(by name: String) throws {
    try AtomicFile.write(
      try JSONEncoder.canonical.encode(used.all), to: useFolder.appendingPathComponent("\(name).json"))
  }

  /// The results on all lists; `nil` where there is none.
  /// - Throws: `FileError` for a list that cannot be read: what it named must not be taken for unused.
  func usedResults() throws -> Set<Digest>? {
    let files = (try? FileManager.default.contentsOfDirectory(at: useFolder, includingPropertiesForKeys: nil)) ?? []
    let lists = try files.filter { $0.pathExtension == "json" }.map { url in
      do {
        return try JSONDecoder().decode([Digest].self, from: Data(readingFrom: url))
      } catch is DecodingError {
        throw FileError(
          .cannotRead("it is no list of digests; remove it, and the next run writes it again"), path: url.path)
      }
    }
    return lists.isEmpty ? nil : Set(lists.joined())
  }

  private var useFolder: URL { root.appendingPathComponent("used") }
}
