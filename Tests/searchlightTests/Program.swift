import Foundation
import Records
import TestSupport
import Testing

/// The built program, run as its users run it.
struct Program {
  /// How a process ended.
  struct Ending {
    /// The exit status; the signal's number where one ended it.
    var status: Int32
    var wasKilled: Bool
    var output: String
    var errors: String
  }

  /// The program stands beside the bundle of the tests: one build makes both.
  static let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("searchlight")

  private let process = Process()
  private let texts: URL

  /// Starts `searchlight` with these arguments.
  /// - Parameters:
  ///   - folder: where it runs.
  ///   - fileLimit: no file may become larger, in units of 1024 bytes: writing beyond fails as on a full disk.
  ///   - output: where standard output goes; a file that is read at the end where not told.
  init(_ arguments: [String], in folder: URL, fileLimit: Int? = nil, output: URL? = nil) throws {
    try #require(
      FileManager.default.isExecutableFile(atPath: Self.url.path),
      "\(Self.url.path) is not built: swift build --build-tests")
    texts = folder.appendingPathComponent(".texts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: texts, withIntermediateDirectories: true)
    if let fileLimit {
      // A process that ignores SIGXFSZ is told "file too large" where others are killed; both settings outlive exec.
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "trap '' XFSZ; ulimit -f \(fileLimit); exec \"$0\" \"$@\"", Self.url.path] + arguments
    } else {
      process.executableURL = Self.url
      process.arguments = arguments
    }
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput =
      try output.map(FileHandle.init(forWritingTo:)) ?? Self.writing(texts.appendingPathComponent("output"))
    process.standardError = try Self.writing(texts.appendingPathComponent("errors"))
    try process.run()
  }

  private static func writing(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }

  /// Runs it to its end.
  @discardableResult
  static func run(
    _ arguments: [String], in folder: URL, fileLimit: Int? = nil, output: URL? = nil
  ) async throws -> Ending {
    try await Program(arguments, in: folder, fileLimit: fileLimit, output: output).end()
  }

  /// Waits until `condition` holds and sends the signal; the program must not have ended by then.
  func signal(_ number: Int32, when condition: @escaping @Sendable () -> Bool) async throws {
    let identifier = process.processIdentifier
    // A thread of its own: the tasks of other tests may keep all of Swift's threads busy for longer than a moment lasts.
    let wasSent = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while !condition() {
          // Its process stays known, as a zombie at least, until Foundation has waited for it.
          guard kill(identifier, 0) == 0 else { return continuation.resume(returning: false) }
          usleep(1000)
        }
        continuation.resume(returning: kill(identifier, number) == 0)
      }
    }
    try #require(wasSent, "it ended before the moment came: \(text("errors"))")
  }

  /// Waits for its end.
  func end() async throws -> Ending {
    while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    defer { try? FileManager.default.removeItem(at: texts) }
    return Ending(
      status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      output: text("output"),
      errors: text("errors"))
  }

  private func text(_ name: String) -> String {
    (try? String(contentsOf: texts.appendingPathComponent(name), encoding: .utf8)) ?? ""
  }
}

/// Digests of all files below a folder by their path; what a run keeps for itself (locks, states between attempts) left out.
func contents(of folder: URL) throws -> [String: Digest] {
  var found: [String: Digest] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
    let url = folder.appendingPathComponent(path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue,
      !path.hasSuffix(".lock"), !path.contains("scratch/")
    else { continue }
    found[path] = try Digest.of(fileAt: url)
  }
  return found
}

/// When the files below a folder that `match` were last changed, by their path.
func dates(below folder: URL, _ matches: (String) -> Bool) throws -> [String: Date] {
  var found: [String: Date] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where matches(path) {
    found[path] =
      try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(path).path)[.modificationDate]
      as? Date
  }
  return found
}

/// Whether a file that `matches` lies anywhere below a folder.
func exists(below folder: URL, _ matches: (String) -> Bool) -> Bool {
  // Folders come and go while they are listed.
  guard let paths = FileManager.default.enumerator(atPath: folder.path) else { return false }
  for case let path as String in paths where matches(path) { return true }
  return false
}
