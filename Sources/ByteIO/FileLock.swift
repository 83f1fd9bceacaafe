import Foundation

/// A lock that one process holds on a file of its own, for as long as this value lives. The operating system frees that of a killed process.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock on `url`, an empty file that is made where it is missing and stays; nil if another process, or another value of
  /// this one, holds it.
  /// - Throws: ``FileError`` if the file cannot be made.
  public init?(_ url: URL) throws {
    descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(.cannotWrite(writeFailure(errno)), path: url.path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
