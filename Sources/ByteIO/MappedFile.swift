import Foundation

/// A file's bytes, mapped into memory: only the parts that are looked at are read from the disk.
///
/// The mapping lives as long as this object. The file must not be made shorter by anyone meanwhile: the system then ends
/// a program that looks at what is gone.
public final class MappedFile: Sendable {
  public let path: String
  /// The bytes; valid while this object lives.
  ///
  /// Sendable because the memory is mapped read-only and stays in place until `deinit`.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// - Throws: ``FileError`` if the file is missing, no regular file, or cannot be mapped.
  public init(_ url: URL) throws {
    path = url.path
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "no such file" : String(cString: strerror(errno))
      throw FileError(.cannotRead(reason), path: url.path)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(.cannotRead("no regular file"), path: url.path)
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw FileError(.cannotRead("cannot be mapped: \(String(cString: strerror(errno)))"), path: url.path)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }
}
