import Foundation

/// The committed reference data `Tests/Reference/<path>`, found from this file's own place in the source tree.
public func referenceURL(_ path: String, file: StaticString = #filePath) -> URL {
  URL(fileURLWithPath: "\(file)")
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Tests/Reference").appendingPathComponent(path)
}

/// The root of the source tree.
public func projectURL(_ path: String, file: StaticString = #filePath) -> URL {
  URL(fileURLWithPath: "\(file)")
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent(path)
}

/// Real data of others (`SEARCHLIGHT_DATA`), or `nil` where the variable is unset: such tests are skipped by name.
public var realDataURL: URL? {
  ProcessInfo.processInfo.environment["SEARCHLIGHT_DATA"].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
}

/// Runs `body` with an empty temporary folder that is removed afterwards.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("searchlight-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The same for asynchronous work.
public func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("searchlight-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
