import Foundation
import Records

/// Files that are there whole or not at all.
public enum AtomicFile {
  /// Writes `data` beside `url` under a temporary name, flushes it to the disk and renames it.
  ///
  /// A kill at any moment leaves the old file or the new one. The parent folder is made if it is missing.
  /// - Throws: ``FileError``.
  public static func write(_ data: Data, to url: URL) throws {
    try replace(url) { temporary in
      let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw FileError(.cannotWrite(systemReason()), path: url.path) }
      defer { close(descriptor) }
      try data.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
          let written = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
          if written < 0 {
            if errno == EINTR { continue }
            throw FileError(.cannotWrite(systemReason()), path: url.path)
          }
          done += written
        }
      }
    }
  }

  /// Lets `produce` write a file under a temporary name beside `url`, then flushes and renames it.
  ///
  /// What a killed process left of the same file is removed. If `produce` throws, the temporary file is removed and `url` is as it was.
  public static func replace<Result>(_ url: URL, produce: (URL) throws -> Result) throws -> Result {
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(.cannotWrite("its folder cannot be made: \(error.localizedDescription)"), path: url.path)
    }
    removeLeftovers(of: url, named: "partial")
    let temporary = temporary(for: url, named: "partial")
    do {
      let result = try produce(temporary)
      try flush(temporary, for: url)
      guard rename(temporary.path, url.path) == 0 else { throw FileError(.cannotWrite(systemReason()), path: url.path) }
      return result
    } catch {
      unlink(temporary.path)
      throw error
    }
  }

  /// The place beside `url` where this process writes: `.<name>.<process>.<kind>`.
  public static func temporary(for url: URL, named kind: String) -> URL {
    url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).\(getpid()).\(kind)")
  }

  /// Removes what killed processes left at such places: that of processes that are gone.
  public static func removeLeftovers(of url: URL, named kind: String) {
    let folder = url.deletingLastPathComponent()
    let prefix = ".\(url.lastPathComponent).", suffix = ".\(kind)"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
      guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.utf8.count > prefix.utf8.count + suffix.utf8.count,
        let owner = pid_t(name.dropFirst(prefix.count).dropLast(suffix.count)), owner > 0, kill(owner, 0) != 0,
        errno == ESRCH
      else { continue }
      unlink(folder.appendingPathComponent(name).path)
    }
  }

  private static func flush(_ temporary: URL, for url: URL) throws {
    let descriptor = open(temporary.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(.cannotWrite(systemReason()), path: url.path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError(.cannotWrite(systemReason()), path: url.path) }
  }

  private static func systemReason() -> String { writeFailure(errno) }
}

/// Why writing failed, from the system's error number, with what would have worked where there is room to make.
public func writeFailure(_ number: Int32) -> String {
  switch number {
  case ENOSPC: "no space left on the device; free some or choose another folder"
  case EDQUOT: "the quota of this user is used up; free some space or choose another folder"
  case EFBIG: "the file would be larger than files may be here; raise the limit (ulimit -f) or choose another folder"
  default: String(cString: strerror(number))
  }
}

/// A file that could not be read or written: which, why, and what would have worked.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    case cannotRead(String)
    case cannotWrite(String)
  }

  public var problem: Problem
  public var path: String

  public init(_ problem: Problem, path: String) {
    self.problem = problem
    self.path = path
  }

  public var description: String {
    switch problem {
    case .cannotRead(let reason): "\(path): cannot be read: \(reason)"
    case .cannotWrite(let reason): "\(path): cannot be written: \(reason)"
    }
  }
}

extension Data {
  /// The bytes of a file, or a ``FileError`` that names it.
  public init(readingFrom url: URL) throws {
    do {
      self = try Data(contentsOf: url)
    } catch {
      let reason = FileManager.default.fileExists(atPath: url.path) ? error.localizedDescription : "no such file"
      throw FileError(.cannotRead(reason), path: url.path)
    }
  }
}
